/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - from the INI file down to the index, each step a check with its remedy.
 *
 * The first step that fails ends the way down, since the others need it. What the
 * provider finds by its own action "doctor" stands between ours.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

struct report {
    struct ctl *ctl;
    struct ov_doc *checks;
    int ok;
};

static void add_check(struct report *report, const char *name, int ok, const char *detail,
                      const char *remedy)
{
    struct ov_doc *check = make_object(report->ctl);

    set_text(report->ctl, check, "name", name);
    set_bool(report->ctl, check, "ok", ok);
    set_text(report->ctl, check, "detail", detail);
    set_text(report->ctl, check, "remedy", remedy);
    append(report->ctl, report->checks, check);
    report->ok &= ok;
}

/* The error of a step, with its place. */
static int failed(struct report *report, const char *name, const char *remedy)
{
    const struct ov_error *err = &report->ctl->err;
    char detail[600];

    snprintf(detail, sizeof(detail), "%s%s%s (%s)", err->where,
             err->where[0] != '\0' ? ": " : "", err->message, ov_status_name(err->code));
    add_check(report, name, 0, detail, remedy);
    return -1;
}

/* A store in files of one's own: no address to connect to, no password. */
static int is_embedded(const struct ctl *ctl)
{
    struct ov_error ignored = OV_ERROR_INIT;
    const struct ov_description *description;
    const char *name;
    int path = 0;

    if (ctl->host == NULL || ov_host_describe(ctl->host, ctl->settings.backend,
                                              &description, &name, &ignored) != OV_OK)
        return 0;
    for (uint32_t i = 0; i < description->n_options; i++) {
        uint32_t kind = description->options[i]->kind;

        if (kind == OV_OPTION_URL || kind == OV_OPTION_SECRET)
            return 0;
        path |= kind == OV_OPTION_PATH;
    }
    return path;
}

/* What an error asks for, wherever it comes up; else what the step usually needs. */
static const char *remedy_of(const struct ctl *ctl, const char *usual)
{
    int embedded = is_embedded(ctl);

    switch (ctl->err.code) {
    case OV_CORRUPT:
        return embedded ? "take a backup back: ovctl act restore FILE"
                        : "restore a backup";
    case OV_DENIED:
        return embedded ? "see to the user's rights on the store's folder and its files"
                        : "see to the user's rights, and to the password if there is one";
    case OV_NO_SPACE:
        return "see to disk, memory and quotas";
    case OV_BUSY:
        return "wait until the other one has finished";
    case OV_UNAVAILABLE:
        return embedded ? "see whether the store's folder and its file system are there"
                        : "see whether the database is running";
    case OV_DEADLINE:
        return embedded ? "wait until others have finished, or raise 'timeout'"
                        : "see whether the database is running";
    default:
        return usual;
    }
}

/* ----------------------------------------------------------------------- steps */

static int check_config(struct report *report)
{
    struct ctl *ctl = report->ctl;
    char detail[600];

    if (open_config(ctl) != OV_OK)
        return failed(report, "config", "correct the INI file, or name another by -c");
    snprintf(detail, sizeof(detail), "%s: backend %s, table %s", ctl->file,
             ctl->settings.backend, ctl->settings.table);
    add_check(report, "config", 1, detail, "");
    return 0;
}

static int check_provider(struct report *report)
{
    struct ctl *ctl = report->ctl;
    const struct ov_description *description;
    const char *name;
    char detail[300];

    if (open_host(ctl) != OV_OK ||
        ov_host_describe(ctl->host, ctl->settings.backend, &description, &name,
                         &ctl->err) != OV_OK)
        return failed(report, "provider", "ovctl plugins --explain says what was found");
    snprintf(detail, sizeof(detail), "%s: %s", name,
             description->text != NULL ? description->text : "loaded");
    add_check(report, "provider", 1, detail, "");
    return 0;
}

/* The remedy, then the statements that belong to the problem, each ended by itself. */
static const char *whole_remedy(struct ctl *ctl, const struct note *note)
{
    static const char who[] = "an administrator must run:";
    size_t n = strlen(note->remedy), room = n + sizeof(who) + 2;
    const struct note *at;
    char *text;

    for (at = note->next; at != NULL && at->kind == OV_NOTE_STATEMENT; at = at->next)
        room += strlen(at->text) + 1;
    text = need(ov_arena_take(ctl->arena, room));
    memcpy(text, note->remedy, n + 1);
    for (at = note->next; at != NULL && at->kind == OV_NOTE_STATEMENT; at = at->next)
        n += (size_t)snprintf(text + n, room - n, "%s%s %s",
                              at == note->next && n > 0 ? "; " : "",
                              at == note->next ? who : "", at->text);
    return text;
}

static void take_findings(struct report *report)
{
    for (const struct note *note = report->ctl->notes; note != NULL; note = note->next)
        if (note->kind == OV_NOTE_CHECK || note->kind == OV_NOTE_PROBLEM)
            add_check(report, note->name, note->kind == OV_NOTE_CHECK, note->text,
                      whole_remedy(report->ctl, note));
}

static int check_store(struct report *report)
{
    struct ctl *ctl = report->ctl;
    int32_t status = attach_store(ctl);

    take_findings(report);
    if (status != OV_OK)
        return failed(report, "open",
                      remedy_of(ctl, "correct the INI file; the provider's options are "
                                     "shown by: ovctl plugins show NAME"));
    add_check(report, "open", 1, "the store is open", "");
    if (ov_store_ping(ctl->store, &ctl->options, &ctl->err) == OV_OK)
        add_check(report, "ping", 1, "the store answers", "");
    else if (ctl->err.code != OV_UNSUPPORTED)
        return failed(report, "ping",
                      remedy_of(ctl, "see whether what the store needs is there"));
    ov_error_reset(&ctl->err);
    return 0;
}

static int ask_provider(struct report *report)
{
    struct ctl *ctl = report->ctl;
    int32_t status;

    if (!has_action(ov_store_description(ctl->store)->actions, "doctor"))
        return 0;
    ctl->notes = NULL;
    ctl->next_note = &ctl->notes;
    status = ov_store_act(ctl->store, "doctor", NULL, 0, &ctl->options, &ctl->err);
    take_findings(report);
    ctl->notes = NULL;
    ctl->next_note = &ctl->notes;
    if (status == OV_OK)
        return 0;
    /* The action may end with what it has just said. */
    return report->ok ? failed(report, "provider's checks", remedy_of(ctl, "")) : -1;
}

static int check_collection(struct report *report)
{
    struct ctl *ctl = report->ctl;
    char detail[300];

    if (open_collection(ctl) != OV_OK)
        return failed(report, "collection", remedy_of(ctl, "run ovctl init"));
    snprintf(detail, sizeof(detail), "'%s' is there", ctl->settings.table);
    add_check(report, "collection", 1, detail, "");
    return 0;
}

static int check_dimension(struct report *report)
{
    struct ctl *ctl = report->ctl;
    const char *name;
    int64_t dim = 0;
    char detail[300];
    int ok;

    if (find_field(ctl, "vector", &name, &dim) != OV_OK)
        return failed(report, "dimension", remedy_of(ctl, ""));
    ok = ctl->settings.dimension == 0 || dim == ctl->settings.dimension;
    if (ok)
        snprintf(detail, sizeof(detail), "'%s' has %lld", name, (long long)dim);
    else
        snprintf(detail, sizeof(detail), "'%s' has %lld, the INI file says %u", name,
                 (long long)dim, ctl->settings.dimension);
    add_check(
        report, "dimension", ok, detail,
        ok ? ""
           : "correct 'dimension', or choose another 'table' and make it by ovctl init");
    return 0;
}

static void check_index(struct report *report)
{
    static const char *const metrics[] = { "", "cosine", "ip", "l2" };
    struct ctl *ctl = report->ctl;
    const struct ov_doc *meta, *distance;
    const char *wanted = metrics[ctl->settings.metric & 3], *has;
    char detail[300];

    if (ov_index_meta(ctl->collection, ctl->settings.index_name, ctl->arena, &meta,
                      &ctl->options, &ctl->err) != OV_OK) {
        failed(report, "index", remedy_of(ctl, "run ovctl init"));
        return;
    }
    snprintf(detail, sizeof(detail), "'%s' is there", ctl->settings.index_name);
    add_check(report, "index", 1, detail, "");
    distance = ov_doc_get(ov_doc_get(meta, "VectorIndex"), "Distance");
    has =
        distance != NULL && distance->kind == OV_DOC_TEXT ? distance->u.text : "unknown";
    if (strcmp(has, wanted) == 0)
        snprintf(detail, sizeof(detail), "%s", has);
    else
        snprintf(detail, sizeof(detail), "the index has %s, the INI file says %s", has,
                 wanted);
    add_check(report, "distance", strcmp(has, wanted) == 0, detail,
              strcmp(has, wanted) == 0
                  ? ""
                  : "correct 'distance', or name another index by 'index_name'");
}

static void examine(struct report *report)
{
    if (check_config(report) != 0 || check_provider(report) != 0 ||
        check_store(report) != 0)
        return;
    /* A database that lacks a right has no collection to look at either. */
    if (ask_provider(report) != 0 || check_collection(report) != 0 ||
        check_dimension(report) != 0)
        return;
    check_index(report);
}

/* ---------------------------------------------------------------------- answer */

static void print_checks(const struct report *report)
{
    for (uint64_t i = 0; i < report->checks->n; i++) {
        const struct ov_doc *check = report->checks->u.items[i];
        int ok = ov_doc_get(check, "ok")->u.i != 0;
        const char *remedy = ov_doc_str(ov_doc_get(check, "remedy")).p;
        const char *on = "", *off = "";

        if (report->ctl->colour) {
            on = ok ? "\033[32m" : "\033[31m";
            off = "\033[0m";
        }
        printf("%s%-7s%s %s: %s\n", on, ok ? "ok" : "PROBLEM", off,
               plain(report->ctl, ov_doc_str(ov_doc_get(check, "name")).p),
               plain(report->ctl, ov_doc_str(ov_doc_get(check, "detail")).p));
        if (!ok && remedy != NULL && remedy[0] != '\0')
            printf("        remedy: %s\n", plain(report->ctl, remedy));
    }
    puts(report->ok ? "all is well" : "something is wrong");
}

int run_doctor(struct ctl *ctl)
{
    struct report report = { .ctl = ctl, .checks = make_list(ctl), .ok = 1 };
    struct ov_doc *answer = make_object(ctl);

    examine(&report);
    if (ctl->args.json) {
        set_bool(ctl, answer, "ok", report.ok);
        set(ctl, answer, "checks", report.checks);
        if (done(ctl, answer) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    } else {
        print_checks(&report);
    }
    return report.ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
