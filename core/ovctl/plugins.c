/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.c - what is on the search path, why or why not, and what one provider can do.
 */
#include "probe.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const struct ov_doc *object, const char *name)
{
    const char *text = ov_doc_str(ov_doc_get(object, name)).p;

    return text != NULL ? text : "";
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* ------------------------------------------------------------------------ list */

/* Files that nobody took for providers are for --explain. */
static void list_plugins(struct ctl *ctl, const struct ov_doc *list)
{
    static const char *const heads[] = { "name",   "version", "abi",
                                         "status", "verdict", "path" };
    struct table *table = table_new(ctl->arena, 6);
    uint64_t others = 0;

    for (uint32_t i = 0; i < 6; i++)
        table_head(table, i, heads[i], 0);
    for (uint64_t i = 0; i < list->n; i++) {
        const struct ov_doc *one = list->u.items[i];

        if (strcmp(text_of(one, "verdict"), "OV-LOAD-FILE-NAME") == 0) {
            others++;
            continue;
        }
        for (uint32_t j = 0; j < 6; j++)
            table_add(table, text_of(one, heads[j]));
    }
    if (others < list->n)
        table_print(table, stdout, ctl->terminal, ctl->colour);
    if (others > 0)
        printf("(%llu other file%s: --explain)\n", (unsigned long long)others,
               others == 1 ? "" : "s");
}

static void explain_identity(struct ctl *ctl, const struct ov_doc *one)
{
    static const struct {
        const char *before, *member;
    } parts[] = {
        { "  ", "name" }, { " ", "version" }, { ", ABI ", "abi" }, { ", ", "vendor" }
    };

    if (text_of(one, "abi")[0] == '\0')
        return;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (text_of(one, parts[i].member)[0] != '\0')
            printf("%s%s", parts[i].before, plain(ctl, text_of(one, parts[i].member)));
}

static void explain_one(struct ctl *ctl, const struct ov_doc *one)
{
    static const struct {
        const char *before, *member;
    } parts[] = { { "also called: ", "aliases" },
                  { "warning: ", "warning" },
                  { "remedy: ", "remedy" } };

    printf("  %-8s %s", text_of(one, "status"),
           plain(ctl, base_of(text_of(one, "path"))));
    explain_identity(ctl, one);
    printf("\n           %s", text_of(one, "verdict"));
    if (text_of(one, "reason")[0] != '\0')
        printf(": %s", plain(ctl, text_of(one, "reason")));
    putchar('\n');
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (text_of(one, parts[i].member)[0] != '\0')
            printf("           %s%s\n", parts[i].before,
                   plain(ctl, text_of(one, parts[i].member)));
}

/* Under each directory what lies in it. */
static void explain_plugins(struct ctl *ctl, const struct ov_doc *list)
{
    const char *before = "";
    size_t n_before = 0;

    for (uint64_t i = 0; i < list->n; i++) {
        const char *path = text_of(list->u.items[i], "path");
        size_t n = (size_t)(base_of(path) - path);

        if (i == 0 || n != n_before || strncmp(path, before, n) != 0)
            puts(plain(ctl,
                       need((void *)(uintptr_t)ov_arena_text(
                                ctl->arena, (struct ov_str){ path, n > 1 ? n - 1 : n })
                                .p)));
        before = path;
        n_before = n;
        explain_one(ctl, list->u.items[i]);
    }
}

static int answer_plugins(struct ctl *ctl, const struct ov_doc *list)
{
    static const char *const members[] = { "name",   "version", "path",   "abi",
                                           "status", "verdict", "reason", "remedy" };
    struct ov_doc *answer = make_object(ctl), *out = make_list(ctl);

    for (uint64_t i = 0; i < list->n; i++) {
        const struct ov_doc *one = list->u.items[i];
        struct ov_doc *object = make_object(ctl);

        for (size_t j = 0; j < sizeof(members) / sizeof(members[0]); j++)
            set_text(ctl, object, members[j], text_of(one, members[j]));
        if (text_of(one, "warning")[0] != '\0')
            set_text(ctl, object, "warning", text_of(one, "warning"));
        append(ctl, out, object);
    }
    set(ctl, answer, "plugins", out);
    return done(ctl, answer);
}

/* ------------------------------------------------------------------------ show */

static const char *const kinds[] = { "",     "text", "int",  "real",   "bool", "duration",
                                     "size", "path", "word", "secret", "url" };

static void add_option(struct ctl *ctl, struct ov_doc *list,
                       const struct ov_option *option)
{
    struct ov_doc *object = make_object(ctl);

    set_text(ctl, object, "name", option->name);
    set_text(ctl, object, "kind", option->kind <= 10 ? kinds[option->kind] : "");
    if (option->fallback != NULL)
        set_text(ctl, object, "default", option->fallback);
    else
        set(ctl, object, "default", need(ov_doc_null(ctl->arena)));
    set_bool(ctl, object, "required", (option->flags & OV_OPTION_REQUIRED) != 0);
    set_text(ctl, object, "text", option->text);
    if (option->words != NULL)
        set_text(ctl, object, "words", option->words);
    append(ctl, list, object);
}

static void add_words(struct ctl *ctl, struct ov_doc *list, const char *words,
                      const char *before)
{
    char item[128];

    while (words != NULL && *words != '\0') {
        size_t n = strcspn(words, " ");

        snprintf(item, sizeof(item), "%s%.*s", before, (int)n, words);
        if (n > 0)
            append(ctl, list, make_text(ctl, item));
        words += n + strspn(words + n, " ");
    }
}

/* Static abilities: index kinds and actions. What a server can is doctor's. */
static struct ov_doc *describe_provider(struct ctl *ctl, const struct ov_doc *found,
                                        const struct ov_description *description)
{
    struct ov_doc *object = make_object(ctl), *options = make_list(ctl);
    struct ov_doc *can = make_list(ctl);

    set_text(ctl, object, "name", text_of(found, "name"));
    set_text(ctl, object, "aliases", text_of(found, "aliases"));
    set_text(ctl, object, "version", text_of(found, "version"));
    for (uint32_t i = 0; i < description->n_options; i++)
        add_option(ctl, options, description->options[i]);
    set(ctl, object, "options", options);
    add_words(ctl, can, description->index_kinds, "index ");
    add_words(ctl, can, description->actions, "act ");
    set(ctl, object, "can", can);
    return object;
}

static void show_provider(struct ctl *ctl, const struct ov_doc *found,
                          const struct ov_description *description)
{
    struct table *table = table_new(ctl->arena, 5);
    static const char *const heads[] = { "option", "kind", "default", "required",
                                         "text" };

    printf("%s %s", text_of(found, "name"), text_of(found, "version"));
    if (text_of(found, "vendor")[0] != '\0')
        printf(", %s", text_of(found, "vendor"));
    printf("\n%s\n", description->text != NULL ? description->text : "");
    if (text_of(found, "aliases")[0] != '\0')
        printf("also called: %s\n", text_of(found, "aliases"));
    if (description->index_kinds != NULL)
        printf("index kinds: %s\n", description->index_kinds);
    if (description->actions != NULL)
        printf("actions: %s\n", description->actions);
    if (description->n_options == 0)
        return;
    putchar('\n');
    for (uint32_t i = 0; i < 5; i++)
        table_head(table, i, heads[i], 0);
    for (uint32_t i = 0; i < description->n_options; i++) {
        const struct ov_option *option = description->options[i];

        table_add(table, option->name);
        table_add(table, option->kind == OV_OPTION_WORD && option->words != NULL
                             ? option->words
                             : kinds[option->kind <= 10 ? option->kind : 0]);
        table_add(table, option->fallback != NULL ? option->fallback : "");
        table_add(table, (option->flags & OV_OPTION_REQUIRED) != 0 ? "yes" : "");
        table_add(table, option->text != NULL ? option->text : "");
    }
    table_print(table, stdout, ctl->terminal, ctl->colour);
}

static int has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = words; (p = strstr(p, word)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return 1;
    return 0;
}

/* The candidate that a name means: not one that crashed in its child. */
static const struct ov_doc *find_candidate(const struct ov_doc *list, const char *name)
{
    const struct ov_doc *refused = NULL;

    for (uint64_t i = 0; i < list->n; i++) {
        const struct ov_doc *one = list->u.items[i];

        if (strcmp(text_of(one, "name"), name) != 0 &&
            !has_word(text_of(one, "aliases"), name))
            continue;
        if (strcmp(text_of(one, "status"), "usable") == 0)
            return one;
        if (refused == NULL && strcmp(text_of(one, "status"), "refused") == 0)
            refused = one;
    }
    return refused;
}

static int show_plugin(struct ctl *ctl, const char *name)
{
    const struct ov_doc *list = probe_candidates(ctl);
    const struct ov_doc *found = find_candidate(list, name);
    const struct ov_description *description;

    if (found != NULL && strcmp(text_of(found, "status"), "usable") != 0)
        return fail_with(ctl, OV_NOT_FOUND, "", "provider '%.64s' is refused: %s: %s",
                         name, text_of(found, "verdict"), text_of(found, "reason"));
    if (ov_host_describe(ctl->host, name, &description, NULL, &ctl->err) != OV_OK)
        return fail(ctl);
    if (ctl->args.json)
        return done(ctl, describe_provider(ctl, found != NULL ? found : make_object(ctl),
                                           description));
    show_provider(ctl, found != NULL ? found : make_object(ctl), description);
    return EXIT_SUCCESS;
}

int run_plugins(struct ctl *ctl)
{
    const struct ov_doc *list;

    if (open_host(ctl) != OV_OK)
        return fail(ctl);
    if (ctl->args.n_words == 2)
        return show_plugin(ctl, ctl->args.words[1]);
    list = probe_candidates(ctl);
    if (ctl->args.json)
        return answer_plugins(ctl, list);
    if (list->n == 0)
        puts("there is nothing on the plugin path");
    else if (ctl->args.explain)
        explain_plugins(ctl, list);
    else
        list_plugins(ctl, list);
    return EXIT_SUCCESS;
}
