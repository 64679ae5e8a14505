/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c - the object on standard output, or the line on standard error.
 */
#include "ctl.h"

#include "progress.h"
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* need() has no ctl. */
static int answers_in_json;

void answer_in_json(int truth)
{
    answers_in_json = truth;
}

void *need(void *memory)
{
    if (memory != NULL)
        return memory;
    if (answers_in_json)
        puts("{\"error\":{\"code\":\"OV_NO_SPACE\",\"message\":\"out of memory\","
             "\"where\":\"\"}}");
    else
        fputs("ovctl: out of memory\n", stderr);
    exit(EXIT_FAILURE);
}

/* ------------------------------------------------------------------ documents */

struct ov_doc *make_object(struct ctl *ctl)
{
    return need(ov_doc_object(ctl->arena));
}

struct ov_doc *make_list(struct ctl *ctl)
{
    return need(ov_doc_list(ctl->arena));
}

struct ov_doc *make_text(struct ctl *ctl, const char *text)
{
    struct ov_str whole = ov_str_of(text);

    /* A path is of any bytes; JSON is not, and the answer is worth more than they. */
    return need(ov_doc_text(ctl->arena,
                            ov_utf8_valid(whole) ? whole : ov_str_of(plain(ctl, text))));
}

void append(struct ctl *ctl, struct ov_doc *list, const struct ov_doc *item)
{
    if (ov_doc_append(ctl->arena, list, item) != OV_OK)
        need(NULL);
}

void set(struct ctl *ctl, struct ov_doc *object, const char *name,
         const struct ov_doc *value)
{
    if (ov_doc_set(ctl->arena, object, ov_str_of(name), value) != OV_OK)
        need(NULL);
}

void set_text(struct ctl *ctl, struct ov_doc *object, const char *name, const char *text)
{
    set(ctl, object, name, make_text(ctl, text != NULL ? text : ""));
}

void set_int(struct ctl *ctl, struct ov_doc *object, const char *name, int64_t value)
{
    set(ctl, object, name, need(ov_doc_int(ctl->arena, value)));
}

void set_real(struct ctl *ctl, struct ov_doc *object, const char *name, double value)
{
    set(ctl, object, name,
        need(isfinite(value) ? ov_doc_real(ctl->arena, value) : ov_doc_null(ctl->arena)));
}

void set_bool(struct ctl *ctl, struct ov_doc *object, const char *name, int value)
{
    set(ctl, object, name, need(ov_doc_bool(ctl->arena, value)));
}

const char *show(struct ctl *ctl, const struct ov_doc *value)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_str text;
    char *json;
    size_t n;

    if (value == NULL || value->kind == OV_DOC_NULL)
        return "";
    if (value->kind == OV_DOC_TEXT)
        return value->u.text;
    if (ov_doc_print(value, &json, &n, &err) != OV_OK)
        return "?";
    text = ov_arena_text(ctl->arena, (struct ov_str){ json, n + 1 });
    free(json);
    return need((void *)(uintptr_t)text.p);
}

const char *plain(struct ctl *ctl, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = memcpy(need(ov_arena_take(ctl->arena, n)), text, n);

    text_tame(copy);
    return copy;
}

/* -------------------------------------------------------------------- answers */

int done(struct ctl *ctl, const struct ov_doc *answer)
{
    struct ov_error err = OV_ERROR_INIT;
    char *json;
    size_t n;

    progress_end();
    if (ov_doc_print(answer, &json, &n, &err) != OV_OK) {
        ctl->err = err;
        return fail(ctl);
    }
    fwrite(json, 1, n, stdout);
    putchar('\n');
    free(json);
    return EXIT_SUCCESS;
}

static const char *kind_of(const struct note *note)
{
    static const char *const kinds[] = { "",         "action", "check",    "problem",
                                         "progress", "plan",   "statement" };

    return note->kind < sizeof(kinds) / sizeof(kinds[0]) ? kinds[note->kind] : "";
}

struct ov_doc *list_notes(struct ctl *ctl)
{
    struct ov_doc *notes = make_list(ctl);

    for (const struct note *note = ctl->notes; note != NULL; note = note->next) {
        struct ov_doc *one = make_object(ctl);

        set_text(ctl, one, "kind", kind_of(note));
        set_text(ctl, one, "name", note->name);
        set_text(ctl, one, "text", note->text);
        set_text(ctl, one, "remedy", note->remedy);
        append(ctl, notes, one);
    }
    return notes;
}

void print_notes(const struct ctl *ctl, int with_statements)
{
    for (const struct note *note = ctl->notes; note != NULL; note = note->next) {
        if (note->kind == OV_NOTE_STATEMENT && !with_statements)
            continue;
        printf("%s%s%s%s\n", note->kind == OV_NOTE_PROBLEM ? "PROBLEM " : "", note->name,
               note->name[0] != '\0' ? ": " : "", note->text);
        if (note->remedy[0] != '\0')
            printf("  remedy: %s\n", note->remedy);
    }
}

void print_statements(const struct ctl *ctl)
{
    int any = 0;

    for (const struct note *note = ctl->notes; note != NULL; note = note->next) {
        if (note->kind != OV_NOTE_STATEMENT)
            continue;
        if (!any)
            puts("an administrator must run:");
        any = 1;
        printf("  %s\n", note->text);
    }
}

static struct ov_doc *list_statements(struct ctl *ctl)
{
    struct ov_doc *list = NULL;

    for (const struct note *note = ctl->notes; note != NULL; note = note->next)
        if (note->kind == OV_NOTE_STATEMENT) {
            if (list == NULL)
                list = make_list(ctl);
            append(ctl, list, make_text(ctl, note->text));
        }
    return list;
}

static void answer_error(struct ctl *ctl, const char *code, const char *message,
                         const char *where)
{
    struct ov_doc *answer = make_object(ctl), *error = make_object(ctl);
    struct ov_doc *statements = list_statements(ctl);

    set_text(ctl, error, "code", code);
    set_text(ctl, error, "message", message);
    set_text(ctl, error, "where", where);
    if (ctl->err.provider_code[0] != '\0')
        set_text(ctl, error, "provider_code", ctl->err.provider_code);
    if (statements != NULL)
        set(ctl, error, "statements", statements);
    set(ctl, answer, "error", error);
    if (ctl->notes != NULL)
        set(ctl, answer, "notes", list_notes(ctl));
    if (ctl->imported >= 0)
        set_int(ctl, answer, "imported", ctl->imported);
    done(ctl, answer);
}

int fail(struct ctl *ctl)
{
    struct ov_error *err = &ctl->err;
    const char *code = ov_status_name(err->code);

    progress_end();
    /* Which of the parts noticed it first is nobody's concern. */
    if (err->code == OV_CANCELLED && interrupted)
        snprintf(err->message, sizeof(err->message), "cancelled%s",
                 (err->flags & OV_ERR_UNCERTAIN) != 0 ? "; the last write may be in"
                                                      : "");
    if (err->message[0] == '\0')
        snprintf(err->message, sizeof(err->message), "%s", code);
    text_tame(err->message);
    text_tame(err->where);
    text_tame(err->provider_code);
    if (ctl->args.json) {
        answer_error(ctl, code, err->message, err->where);
        return EXIT_FAILURE;
    }
    print_notes(ctl, 0);
    print_statements(ctl);
    fflush(stdout);
    if (output_is_broken())
        return EXIT_FAILURE; /* by SIGPIPE in a moment; nobody reads, nothing is wrong */
    fprintf(stderr, "ovctl: %s%s%s", err->where, err->where[0] != '\0' ? ": " : "",
            err->message);
    if (err->provider_code[0] != '\0')
        fprintf(stderr, " [%s]", err->provider_code);
    if (ctl->imported >= 0)
        fprintf(stderr, "; %lld records are in", (long long)ctl->imported);
    fputc('\n', stderr);
    return EXIT_FAILURE;
}

int fail_with(struct ctl *ctl, int32_t code, const char *where, const char *format, ...)
{
    va_list list;

    ov_error_reset(&ctl->err);
    va_start(list, format);
    ov_fail_va(&ctl->err, code, format, list);
    va_end(list);
    snprintf(ctl->err.where, sizeof(ctl->err.where), "%s", where);
    return fail(ctl);
}

int usage(struct ctl *ctl, const char *format, ...)
{
    char message[512];
    va_list list;

    va_start(list, format);
    vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    text_tame(message);
    if (ctl->args.json)
        answer_error(ctl, "OV_USAGE", message, "");
    else if (ctl->args.command == COMMAND_NONE)
        fprintf(stderr, "ovctl: %s; see 'ovctl --help'\n", message);
    else
        fprintf(stderr, "ovctl: %s; see 'ovctl %s --help'\n", message,
                args_command_name(ctl->args.command));
    return 2;
}
