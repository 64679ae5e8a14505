/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.c - the provider's table: what must be there is, what may be missing is made.
 *
 * A provider of an older minor fills less of the table, one of a newer minor no more
 * than we gave it room for. After this no call site tests a pointer.
 */
#include "loader.h"
#include "lock.h"
#include "options.h"
#include "services.h"
#include "values.h"

#include <ov/sdk.h>

#include <string.h>

/* -------------------------------------------------------------------- stand-ins */

static int32_t ping_unsupported(struct ov_session *session, const struct ov_call *call,
                                struct ov_error *err)
{
    (void)session;
    (void)call;
    return ov_fail(err, OV_UNSUPPORTED, "the provider has no operation 'ping'");
}

static int32_t act_unsupported(struct ov_session *session, const struct ov_call *call,
                               struct ov_str action, const struct ov_str *words,
                               uint32_t n_words, struct ov_error *err)
{
    (void)session;
    (void)call;
    (void)words;
    (void)n_words;
    return ov_fail(err, OV_UNSUPPORTED,
                   "the provider has no operation 'act', so no action '%.*s'",
                   (int)(action.n < 64 ? action.n : 64), action.n > 0 ? action.p : "");
}

static int32_t bulk_begin_unsupported(struct ov_table *table, const struct ov_call *call,
                                      struct ov_error *err)
{
    (void)table;
    (void)call;
    return ov_fail(err, OV_UNSUPPORTED, "the provider has no operation 'bulk_begin'");
}

static int32_t bulk_end_unsupported(struct ov_table *table, const struct ov_call *call,
                                    struct ov_error *err)
{
    (void)table;
    (void)call;
    return ov_fail(err, OV_UNSUPPORTED, "the provider has no operation 'bulk_end'");
}

static void add_stand_ins(struct ov_backend *table)
{
    if (table->ping == NULL)
        table->ping = ping_unsupported;
    if (table->act == NULL)
        table->act = act_unsupported;
    /* One without the other would leave a table in bulk for ever. */
    if (table->bulk_begin == NULL || table->bulk_end == NULL) {
        table->bulk_begin = bulk_begin_unsupported;
        table->bulk_end = bulk_end_unsupported;
    }
}

/* ------------------------------------------------------------------------ table */

#define OPERATION(name)                          \
    {                                            \
#name, offsetof(struct ov_backend, name) \
    }

static const struct {
    const char *name;
    size_t offset;
} required[] = {
    OPERATION(describe),
    OPERATION(open),
    OPERATION(close),
    OPERATION(ability),
    OPERATION(collection_list),
    OPERATION(collection_create),
    OPERATION(collection_drop),
    OPERATION(collection_open),
    OPERATION(collection_close),
    OPERATION(collection_describe),
    OPERATION(collection_alter),
    OPERATION(index_put),
    OPERATION(index_drop),
    OPERATION(upsert),
    OPERATION(update),
    OPERATION(remove),
    OPERATION(remove_where),
    OPERATION(truncate),
    OPERATION(fetch),
    OPERATION(search),
    OPERATION(scan),
    OPERATION(count),
};

typedef void operation_fn(void);

static int check_operations(const struct ov_backend *table, struct finding *finding)
{
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        operation_fn *operation;

        memcpy(&operation, (const char *)table + required[i].offset, sizeof(operation));
        if (operation == NULL &&
            verdict_give(finding, VERDICT_OPERATION,
                         "the required operation '%s' is missing", required[i].name))
            return 1;
    }
    return 0;
}

/* Room behind the table, to notice who writes past it. */
struct guarded {
    struct ov_backend table;
    unsigned char fence[256];
};

#define FENCE 0xA5

static int check_size(const struct guarded *guarded, struct finding *finding)
{
    const size_t first = offsetof(struct ov_backend, describe);
    uint32_t size = guarded->table.size;

    for (size_t i = 0; i < sizeof(guarded->fence); i++)
        if (guarded->fence[i] != FENCE)
            return verdict_give(finding, VERDICT_TABLE_SIZE,
                                "it wrote past the end of the table it was given");
    if (size < first || size > sizeof(guarded->table) || (size - first) % sizeof(void *))
        return verdict_give(finding, VERDICT_TABLE_SIZE,
                            "it filled %u bytes of a table of %zu", size,
                            sizeof(guarded->table));
    return 0;
}

static int fetch_table(ov_backend_get_fn *entry, struct ov_backend *out,
                       struct finding *finding)
{
    struct guarded guarded = { .table = { .size = sizeof(struct ov_backend) } };
    struct ov_error err = OV_ERROR_INIT;
    int32_t status;
    uint32_t size;

    memset(guarded.fence, FENCE, sizeof(guarded.fence));
    LOCK_NONE_HELD();
    status = entry(services_table(), &guarded.table, &err);
    if (status != OV_OK &&
        verdict_give(finding, VERDICT_GET_FAILED, "ov_backend_get: %s: %.*s",
                     ov_status_name(status),
                     (int)strnlen(err.message, sizeof(err.message)), err.message))
        return 1;
    if (check_size(&guarded, finding))
        return 1;
    size = guarded.table.size;
    memset(out, 0, sizeof(*out));
    memcpy(out, &guarded.table, size < sizeof(*out) ? size : sizeof(*out));
    out->size = sizeof(*out);
    return 0;
}

/* ------------------------------------------------------------------ description */

static int is_name(const char *name)
{
    size_t n;

    if (name == NULL || name[0] < 'a' || name[0] > 'z')
        return 0;
    n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n < 64 && name[n] == '\0';
}

static int is_reserved(const char *name)
{
    static const char *const keys[] = { "backend",       "table",    "index_name",
                                        "index_kind",    "distance", "dimension",
                                        "sparse_weight", "timeout",  "isolation",
                                        "plugin_path" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(keys[i], name) == 0)
            return 1;
    return 0;
}

static int same_key(const struct ov_description *description, uint32_t a, uint32_t b)
{
    return strcmp(description->options[a]->name, description->options[b]->name) == 0;
}

/* Words with one blank between them, of what stands in a file without quotes: "auto flat
 * hnsw". Several in one ("flat,hnsw"), or one twice, could not be told apart by a user.
 */
static int are_words(const char *words)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";

    if (words == NULL || !ov_utf8_valid(ov_str_of(words)))
        return 0;
    for (const char *at = words;;) {
        size_t n = strspn(at, letters);
        const char *rest = at + n + 1;
        char word[64];

        if (n == 0 || n >= sizeof(word) || (at[n] != ' ' && at[n] != '\0'))
            return 0;
        memcpy(word, at, n);
        word[n] = '\0';
        if (at[n] == '\0')
            return 1;
        if (values_among(rest, word))
            return 0;
        at = rest;
    }
}

static int is_line(const char *text)
{
    char copy[1024];

    if (text == NULL)
        return 1;
    if (strlen(text) >= sizeof(copy))
        return 0;
    strcpy(copy, text);
    ov_line_tame(copy);
    return strcmp(copy, text) == 0;
}

static int check_kind(const struct ov_option *option, struct finding *finding)
{
    struct ov_error err = OV_ERROR_INIT;

    if (option->kind < OV_OPTION_TEXT || option->kind > OV_OPTION_URL)
        return verdict_give(finding, VERDICT_OPTION_KIND,
                            "option '%s' has the unknown kind %u", option->name,
                            option->kind);
    if (option->kind == OV_OPTION_WORD && !are_words(option->words))
        return verdict_give(finding, VERDICT_OPTION_KIND,
                            "option '%s' is one of words, and its words are '%.100s'",
                            option->name, option->words == NULL ? "" : option->words);
    /* Not (a <= b): a bound may be no number. */
    if (!(option->low <= option->high))
        return verdict_give(finding, VERDICT_OPTION_KIND,
                            "option '%s' is bounded from %g to %g", option->name,
                            option->low, option->high);
    if (option_fallback_check(option, &err) != OV_OK &&
        verdict_give(finding, VERDICT_OPTION_FALLBACK,
                     "the fallback of an option is refused by its own kind: %s",
                     err.message))
        return 1;
    return 0;
}

/* For a SECRET or URL option X, X_file and X_env are keys as well. */
static int is_form_of(const struct ov_option *secret, const struct ov_option *other)
{
    size_t n = strlen(secret->name);

    return (secret->kind == OV_OPTION_SECRET || secret->kind == OV_OPTION_URL) &&
           strncmp(other->name, secret->name, n) == 0 &&
           (strcmp(other->name + n, "_file") == 0 ||
            strcmp(other->name + n, "_env") == 0);
}

static int check_option(const struct ov_description *description, uint32_t n,
                        struct finding *finding)
{
    const struct ov_option *option = description->options[n];

    if (option == NULL || option->size < sizeof(*option))
        return verdict_give(finding, VERDICT_DESCRIPTION,
                            "option number %u is no option of ABI 1", n);
    if (!is_name(option->name))
        return verdict_give(finding, VERDICT_OPTION_NAME,
                            "option number %u is named '%.64s', not [a-z][a-z0-9_]*", n,
                            option->name == NULL ? "" : option->name);
    if (is_reserved(option->name) &&
        verdict_give(finding, VERDICT_OPTION_RESERVED,
                     "option '%s' is a key of the host's own", option->name))
        return 1;
    for (uint32_t i = 0; i < n; i++) {
        const struct ov_option *other = description->options[i];

        if (same_key(description, i, n) &&
            verdict_give(finding, VERDICT_OPTION_TWICE, "option '%s' is declared twice",
                         option->name))
            return 1;
        if ((is_form_of(option, other) || is_form_of(other, option)) &&
            verdict_give(finding, VERDICT_OPTION_TWICE,
                         "options '%s' and '%s' are one: the shorter is a secret",
                         other->name, option->name))
            return 1;
    }
    if (!is_line(option->text) || !is_line(option->fallback))
        return verdict_give(finding, VERDICT_DESCRIPTION,
                            "a text of option '%s' is not one line of UTF-8",
                            option->name);
    return check_kind(option, finding);
}

static int check_words(const struct ov_description *description, struct finding *finding)
{
    if (description->index_kinds != NULL && !are_words(description->index_kinds))
        return verdict_give(
            finding, VERDICT_DESCRIPTION,
            "its index kinds are '%.100s', not words with a blank between "
            "them",
            description->index_kinds);
    if (description->actions != NULL && !are_words(description->actions))
        return verdict_give(finding, VERDICT_DESCRIPTION,
                            "its actions are '%.100s', not words with a blank between "
                            "them",
                            description->actions);
    if (!is_line(description->text))
        return verdict_give(finding, VERDICT_DESCRIPTION,
                            "what it says of itself is not one line of UTF-8");
    return 0;
}

static int check_description(const struct ov_description *description,
                             struct finding *finding)
{
    if (description == NULL)
        return verdict_set(finding, VERDICT_DESCRIPTION, "describe() gives nothing");
    if (description->size < sizeof(*description))
        return verdict_give(finding, VERDICT_DESCRIPTION,
                            "the description has %u bytes, in ABI 1 at least %zu",
                            description->size, sizeof(*description));
    if (description->threads > OV_FREE &&
        verdict_give(finding, VERDICT_DESCRIPTION, "the level of threads %u is unknown",
                     description->threads))
        return 1;
    if (description->n_options > 1024 ||
        (description->n_options > 0 && description->options == NULL))
        return verdict_give(finding, VERDICT_DESCRIPTION,
                            "it declares %u options in a list that is not there",
                            description->n_options);
    if (check_words(description, finding))
        return 1;
    for (uint32_t i = 0; i < description->n_options; i++)
        if (check_option(description, i, finding))
            return 1;
    return 0;
}

void bind_provider(ov_backend_get_fn *entry, struct provider *provider,
                   struct finding *finding)
{
    if (fetch_table(entry, &provider->table, finding) ||
        check_operations(&provider->table, finding))
        return;
    add_stand_ins(&provider->table);
    provider->description = provider->table.describe();
    (void)check_description(provider->description, finding);
}
