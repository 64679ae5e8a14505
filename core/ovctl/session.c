/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - from the INI file to an open collection, and back; notes and signals on
 * the way.
 */
#include "ctl.h"

#include "progress.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t interrupted;
static struct ov_cancel *on_signal;

static void take_signal(int number)
{
    interrupted = number;
    ov_cancel_fire(on_signal);
}

/* What is ignored, as by a shell for what runs in the background, stays so. */
static void watch(int number)
{
    struct sigaction action = { .sa_handler = take_signal,
                                .sa_flags = (int)SA_RESETHAND };
    struct sigaction before;

    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

/* The second Ctrl-C ends the program as ever. */
void watch_signals(struct ctl *ctl)
{
    if (ov_cancel_new(&ctl->cancel, &ctl->err) != OV_OK)
        need(NULL);
    on_signal = ctl->cancel;
    watch(SIGINT);
    watch(SIGTERM);
}

int32_t fail_cancelled(struct ctl *ctl)
{
    return ov_fail(&ctl->err, OV_CANCELLED, "cancelled");
}

/* ---------------------------------------------------------------------- notes */

static const char *keep(struct ctl *ctl, struct ov_str text)
{
    struct ov_str copy;
    char *end = need(ov_arena_take(ctl->arena, text.n + 1));

    copy.p = end;
    if (text.n > 0)
        memcpy(end, text.p, text.n);
    end[text.n] = '\0';
    /* A plan has lines; nothing else in a note is for the terminal to obey. */
    text_tame_lines(end);
    return copy.p;
}

/* Host and provider may both say what was made. */
static int said_already(const struct ctl *ctl, const struct note *note)
{
    for (const struct note *old = ctl->notes; old != NULL; old = old->next)
        if (old->kind == OV_NOTE_ACTION && note->kind == OV_NOTE_ACTION &&
            strcmp(old->text, note->text) == 0)
            return 1;
    return 0;
}

static void take_note(void *ctx, const struct ov_note *note)
{
    struct ctl *ctl = ctx;
    struct note *kept;

    if (note->kind == OV_NOTE_PROGRESS) {
        progress_show(keep(ctl, note->name), note->value, note->total);
        return;
    }
    kept = need(ov_arena_take(ctl->arena, sizeof(*kept)));
    kept->next = NULL;
    kept->kind = note->kind;
    kept->name = keep(ctl, note->name);
    kept->text = keep(ctl, note->text);
    kept->remedy = keep(ctl, note->remedy);
    if (said_already(ctl, kept))
        return;
    *ctl->next_note = kept;
    ctl->next_note = &kept->next;
}

/* -------------------------------------------------------------------- opening */

/* -c, $OV_CONFIG, ./ov.ini, /etc/ov/ov.ini. */
static const char *choose_file(const struct ctl *ctl)
{
    const char *given = ctl->args.config;

    if (given != NULL)
        return given;
    given = secure_getenv("OV_CONFIG");
    if (given != NULL && given[0] != '\0')
        return given;
    if (access("ov.ini", F_OK) == 0)
        return "ov.ini";
    return access("/etc/ov/ov.ini", F_OK) == 0 ? "/etc/ov/ov.ini" : NULL;
}

int32_t open_config(struct ctl *ctl)
{
    int32_t status;

    ctl->settings.size = sizeof(ctl->settings);
    ctl->file = choose_file(ctl);
    if (ctl->file == NULL)
        return ov_fail(&ctl->err, OV_NOT_FOUND,
                       "no INI file: neither -c, $OV_CONFIG, ./ov.ini nor "
                       "/etc/ov/ov.ini");
    status = ov_config_read(ctl->file, &ctl->config, &ctl->err);
    if (status != OV_OK)
        return status;
    return ov_config_settings(ctl->config, ctl->args.profile, &ctl->settings, &ctl->err);
}

/* What is typed counts from where it is typed; the host wants whole paths. */
static int32_t make_absolute(struct ctl *ctl, const char *list, const char **out)
{
    char *here = getcwd(NULL, 0), *text;
    size_t n = 0, room = strlen(list) + 1;

    if (here == NULL)
        return ov_fail(&ctl->err, OV_INVALID, "the working directory cannot be read");
    for (const char *p = list; p != NULL; p = strchr(p + 1, ':'))
        room += strlen(here) + 1;
    text = need(ov_arena_take(ctl->arena, room));
    for (const char *p = list; *p != '\0';) {
        size_t step = strcspn(p, ":");

        if (step > 0 && p[0] != '/')
            n += (size_t)snprintf(text + n, room - n, "%s/", here);
        step += p[step] == ':';
        memcpy(text + n, p, step);
        n += step;
        p += step;
    }
    text[n] = '\0';
    free(here);
    *out = text;
    return OV_OK;
}

/* A host alone takes the INI file for its plugin_path, if there is one. */
int32_t open_host(struct ctl *ctl)
{
    struct ov_host_options options = { .size = sizeof(options) };
    int32_t status;

    if (ctl->args.plugin_path != NULL &&
        make_absolute(ctl, ctl->args.plugin_path, &options.plugin_path) != OV_OK)
        return ctl->err.code;
    if (options.plugin_path == NULL && ctl->config == NULL) {
        ctl->file = choose_file(ctl);
        if (ctl->file != NULL) {
            status = ov_config_read(ctl->file, &ctl->config, &ctl->err);
            if (status != OV_OK)
                return status;
        }
    }
    if (options.plugin_path == NULL && ctl->config != NULL)
        options.plugin_path = ov_config_plugin_path(ctl->config);
    return ov_host_open(&options, &ctl->host, &ctl->err);
}

int32_t attach_store(struct ctl *ctl)
{
    ctl->options = (struct ov_call_options){ .size = sizeof(ctl->options),
                                             .cancel = ctl->cancel,
                                             .note = take_note,
                                             .note_ctx = ctl };
    return ov_store_open(ctl->host, ctl->config, ctl->args.profile, &ctl->options,
                         &ctl->store, &ctl->err);
}

int has_action(const char *actions, const char *action)
{
    size_t n = strlen(action);

    for (const char *p = actions; p != NULL && *p != '\0';) {
        size_t step = strcspn(p, " ");

        if (step == n && memcmp(p, action, n) == 0)
            return 1;
        p += step + strspn(p + step, " ");
    }
    return 0;
}

int32_t open_store(struct ctl *ctl)
{
    int32_t status = open_config(ctl);

    if (status == OV_OK)
        status = open_host(ctl);
    return status == OV_OK ? attach_store(ctl) : status;
}

int32_t open_collection(struct ctl *ctl)
{
    int32_t status = ctl->store == NULL ? open_store(ctl) : OV_OK;
    size_t n;

    if (status != OV_OK)
        return status;
    status = ov_store_collection(ctl->store, ctl->settings.table, &ctl->options,
                                 &ctl->collection, &ctl->err);
    n = strlen(ctl->err.message);
    if (status == OV_NOT_FOUND)
        snprintf(ctl->err.message + n, sizeof(ctl->err.message) - n,
                 "; 'ovctl init' makes it");
    return status;
}

void close_all(struct ctl *ctl)
{
    ov_collection_free(ctl->collection);
    ov_store_free(ctl->store);
    ov_host_close(ctl->host);
    ov_config_free(ctl->config);
    ov_arena_free(ctl->arena);
    free(ctl->args.words);
    /* A signal may still come: the object that it fires stays. */
}
