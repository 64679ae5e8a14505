/* SPDX-License-Identifier: Apache-2.0 */
/* script.c - rules read, calls counted, faults made to order. */
#include "script.h"

#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RULES 16

enum action { ACTION_FAIL, ACTION_BLOCK, ACTION_WAIT, ACTION_LIE, ACTION_SHOUT };

struct rule {
    enum operation operation;
    uint64_t first, last;
    enum action action;
    int32_t code;
    uint32_t flags, after_ms, ms;
    int64_t row;
    int done; /* serve first */
    enum lie lie;
};

struct script {
    struct script *next;
    char *text;
    struct rule rules[MAX_RULES];
    uint32_t n_rules;
    uint64_t counts[N_OPERATIONS];
    uint32_t running, overlap;
};

static const char *const names[N_OPERATIONS] = {
    [OP_OPEN] = "open",
    [OP_CLOSE] = "close",
    [OP_ABILITY] = "ability",
    [OP_PING] = "ping",
    [OP_ACT] = "act",
    [OP_LIST] = "collection_list",
    [OP_CREATE] = "collection_create",
    [OP_DROP] = "collection_drop",
    [OP_COLLECTION_OPEN] = "collection_open",
    [OP_COLLECTION_CLOSE] = "collection_close",
    [OP_DESCRIBE] = "collection_describe",
    [OP_ALTER] = "collection_alter",
    [OP_INDEX_PUT] = "index_put",
    [OP_INDEX_DROP] = "index_drop",
    [OP_UPSERT] = "upsert",
    [OP_UPDATE] = "update",
    [OP_REMOVE] = "remove",
    [OP_REMOVE_WHERE] = "remove_where",
    [OP_TRUNCATE] = "truncate",
    [OP_FETCH] = "fetch",
    [OP_SEARCH] = "search",
    [OP_SCAN] = "scan",
    [OP_COUNT] = "count",
    [OP_BULK_BEGIN] = "bulk_begin",
    [OP_BULK_END] = "bulk_end",
};

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct script *scripts;

/* ------------------------------------------------------------------- parse */

static int parse_operation(const char *word, struct rule *rule)
{
    int i;

    for (i = 0; i < N_OPERATIONS; i++)
        if (strcmp(names[i], word) == 0) {
            rule->operation = (enum operation)i;
            return 0;
        }
    return -1;
}

static int parse_calls(const char *word, struct rule *rule)
{
    char *end;

    rule->first = 1;
    rule->last = UINT64_MAX;
    if (strcmp(word, "*") == 0)
        return 0;
    rule->first = rule->last = strtoull(word, &end, 10);
    if (*end == '-')
        rule->last = end[1] == '\0' ? UINT64_MAX : strtoull(end + 1, &end, 10);
    return rule->first == 0 ? -1 : 0;
}

static int parse_action(const char *word, struct rule *rule)
{
    int32_t code;

    static const char *const words[] = { [ACTION_BLOCK] = "block",
                                         [ACTION_WAIT] = "wait",
                                         [ACTION_LIE] = "lie",
                                         [ACTION_SHOUT] = "shout" };

    rule->action = ACTION_FAIL;
    for (int i = ACTION_BLOCK; i <= ACTION_SHOUT; i++)
        if (strcmp(words[i], word) == 0)
            rule->action = (enum action)i;
    for (code = OV_INVALID; rule->action == ACTION_FAIL && code <= OV_INTERNAL; code++)
        if (strcmp(ov_status_name(code), word) == 0)
            rule->code = code;
    return rule->action == ACTION_FAIL && rule->code == OV_OK ? -1 : 0;
}

static int parse_lie(const char *word, struct rule *rule)
{
    static const char *const words[] = { "nothing", "more",   "short", "order",
                                         "nan",     "offset", "huge" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], word) == 0)
            rule->lie = (enum lie)(i + 1);
    return rule->lie == LIE_NONE ? -1 : 0;
}

static int parse_flag(const char *word, struct rule *rule)
{
    if (strcmp(word, "retryable") == 0)
        rule->flags |= OV_ERR_RETRYABLE;
    else if (strcmp(word, "uncertain") == 0)
        rule->flags |= OV_ERR_UNCERTAIN;
    else if (strcmp(word, "partial") == 0)
        rule->flags |= OV_ERR_PARTIAL;
    else if (strcmp(word, "done") == 0)
        rule->done = 1;
    else if (strncmp(word, "after=", 6) == 0)
        rule->after_ms = (uint32_t)strtoul(word + 6, NULL, 10);
    else if (strncmp(word, "row=", 4) == 0)
        rule->row = strtoll(word + 4, NULL, 10);
    else if (strncmp(word, "ms=", 3) == 0)
        rule->ms = (uint32_t)strtoul(word + 3, NULL, 10);
    else if (strncmp(word, "as=", 3) == 0)
        return parse_lie(word + 3, rule);
    else
        return -1;
    return 0;
}

/* text is taken apart. */
static int parse_rule(char *text, struct rule *rule)
{
    static int (*const steps[])(const char *,
                                struct rule *) = { parse_operation, parse_calls,
                                                   parse_action, parse_flag };
    char *rest = NULL, *word = strtok_r(text, " \t", &rest);
    size_t n = 0;

    rule->row = -1;
    for (; word != NULL; word = strtok_r(NULL, " \t", &rest)) {
        if (steps[n](word, rule) != 0)
            return -1;
        n += n < 3;
    }
    return n == 3 ? 0 : -1;
}

static int32_t parse(struct script *script, struct ov_error *err)
{
    char *copy = strdup(script->text), *rest = NULL, *text;
    int32_t code = OV_OK;

    if (copy == NULL)
        return ov_no_memory(err);
    for (text = strtok_r(copy, ",", &rest); code == OV_OK && text != NULL;
         text = strtok_r(NULL, ",", &rest)) {
        if (script->n_rules == MAX_RULES ||
            parse_rule(text, &script->rules[script->n_rules]) != 0)
            code = ov_fail(err, OV_INVALID, "script: rule %u is none: '%s'",
                           script->n_rules + 1, script->text);
        script->n_rules++;
    }
    free(copy);
    return code;
}

static void free_script(struct script *script)
{
    if (script != NULL)
        free(script->text);
    free(script);
}

int32_t script_find(struct ov_str text, struct script **out, struct ov_error *err)
{
    struct script *script;
    int32_t code = OV_OK;

    pthread_mutex_lock(&list_lock);
    for (script = scripts; script != NULL; script = script->next)
        if (ov_str_equal(ov_str_of(script->text), text))
            break;
    if (script == NULL) {
        script = calloc(1, sizeof(*script));
        if (script == NULL ||
            (script->text = strndup(text.n == 0 ? "" : text.p, text.n)) == NULL)
            code = ov_no_memory(err);
        else
            code = parse(script, err);
        if (code == OV_OK) {
            script->next = scripts;
            scripts = script;
        } else {
            free_script(script);
        }
    }
    pthread_mutex_unlock(&list_lock);
    if (code == OV_OK)
        *out = script;
    return code;
}

/* -------------------------------------------------------------------- serve */

static int32_t fail_by(const struct rule *rule, struct ov_error *err)
{
    ov_fail(err, rule->code, "scripted failure of %s", names[rule->operation]);
    if (err != NULL) {
        err->flags |= rule->flags;
        err->retry_after_ms = rule->after_ms;
        err->row = rule->row;
        snprintf(err->provider_code, sizeof(err->provider_code), "SCRIPT");
    }
    return rule->code;
}

/* As a provider does that does not use the SDK. */
static int32_t shout(const struct ov_call *call, struct ov_error *err)
{
    static const char text[] = "a\033[2J\xC2\x9B\xE2\x80\xAEz";
    struct ov_note note = { .size = sizeof(note), .kind = OV_NOTE_ACTION };

    note.name = note.text = note.remedy = ov_str_of(text);
    if (call->note != NULL)
        call->note(call->note_ctx, &note);
    err->code = OV_DENIED;
    strcpy(err->message, text);
    strcpy(err->provider_code, "A\033B");
    return OV_DENIED;
}

static int32_t block(const struct ov_call *call, struct ov_error *err)
{
    struct pollfd cancel = { call->cancel_fd, POLLIN, 0 };
    int32_t wait;

    while (ov_checkpoint(call, err) == OV_OK) {
        wait = ov_call_wait_ms(call);
        if (call->cancel_fd < 0 && (wait < 0 || wait > 10))
            wait = 10;
        poll(&cancel, 1, wait);
    }
    return err->code;
}

static const struct rule *find_rule(const struct script *script, enum operation operation,
                                    uint64_t call)
{
    uint32_t i;

    for (i = 0; i < script->n_rules; i++) {
        const struct rule *rule = &script->rules[i];

        if (rule->operation == operation && rule->first <= call && call <= rule->last)
            return rule;
    }
    return NULL;
}

static void enter(struct script *script)
{
    uint32_t running = __atomic_add_fetch(&script->running, 1, __ATOMIC_ACQ_REL);
    uint32_t most = __atomic_load_n(&script->overlap, __ATOMIC_ACQUIRE);

    while (running > most &&
           !__atomic_compare_exchange_n(&script->overlap, &most, running, 0,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        ;
}

int32_t script_begin(struct script *script, enum operation operation,
                     const struct ov_call *call, const struct rule **late,
                     struct ov_error *err)
{
    uint64_t n = __atomic_add_fetch(&script->counts[operation], 1, __ATOMIC_ACQ_REL);
    const struct rule *rule = find_rule(script, operation, n);

    *late = NULL;
    enter(script);
    if (rule == NULL || call == NULL)
        return OV_OK;
    if (rule->action == ACTION_BLOCK)
        return block(call, err);
    if (rule->action == ACTION_WAIT) {
        poll(NULL, 0, (int)rule->ms);
        return OV_OK;
    }
    if (rule->action == ACTION_SHOUT)
        return shout(call, err);
    if (!rule->done && rule->action != ACTION_LIE)
        return fail_by(rule, err);
    *late = rule;
    return OV_OK;
}

int32_t script_end(struct script *script, const struct rule *late, int32_t code,
                   struct ov_error *err)
{
    __atomic_sub_fetch(&script->running, 1, __ATOMIC_ACQ_REL);
    return code == OV_OK && late != NULL && late->action != ACTION_LIE
               ? fail_by(late, err)
               : code;
}

/* --------------------------------------------------------------------- lies */

enum lie script_lie(const struct rule *late)
{
    return late == NULL ? LIE_NONE : late->lie;
}

void script_spoil(enum lie lie, struct ov_result *result)
{
    struct ArrowArray *rows = &result->rows, *last;
    void *values;

    if (lie == LIE_NONE || rows->release == NULL)
        return;
    last = rows->children[rows->n_children - 1];
    values = (void *)(uintptr_t)rows->children[lie == LIE_OFFSET ? 0 : 1]->buffers[1];
    switch (lie) {
    case LIE_NOTHING:
        rows->release(rows);
        memset(rows, 0, sizeof(*rows));
        break;
    case LIE_SHORT:
        last->length--;
        break;
    case LIE_ORDER:
        ((double *)values)[0] = -5;
        break;
    case LIE_NAN:
        ((double *)values)[1] = NAN;
        break;
    case LIE_OFFSET:
        ((int64_t *)values)[1] = 1 << 20;
        break;
    case LIE_NONE:
    case LIE_MORE:
    case LIE_HUGE:
        break;
    }
}

void script_report(const struct script *script, const struct ov_call *call)
{
    int i;

    for (i = 0; i < N_OPERATIONS; i++)
        ov_say(call, OV_NOTE_CHECK, names[i], NULL, "%llu",
               (unsigned long long)__atomic_load_n(&script->counts[i], __ATOMIC_ACQUIRE));
    ov_say(call, OV_NOTE_CHECK, "overlap", NULL, "%u",
           __atomic_load_n(&script->overlap, __ATOMIC_ACQUIRE));
}

void script_reset(struct script *script)
{
    int i;

    for (i = 0; i < N_OPERATIONS; i++)
        __atomic_store_n(&script->counts[i], 0, __ATOMIC_RELEASE);
    __atomic_store_n(&script->overlap, 0, __ATOMIC_RELEASE);
}
