/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - a call's deadline, its cancellation and its notes. */
#include <ov/sdk.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

static int64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int32_t ov_checkpoint(const struct ov_call *call, struct ov_error *err)
{
    if (call->cancelled != NULL &&
        __atomic_load_n(call->cancelled, __ATOMIC_ACQUIRE) != 0)
        return ov_fail(err, OV_CANCELLED, "cancelled");
    if (call->deadline_ns != 0 && monotonic_ns() >= call->deadline_ns)
        return ov_fail(err, OV_DEADLINE, "the deadline has passed");
    return OV_OK;
}

int32_t ov_call_wait_ms(const struct ov_call *call)
{
    int64_t left;

    if (call->deadline_ns == 0)
        return -1;
    left = call->deadline_ns - monotonic_ns();
    if (left <= 0)
        return 0;
    left = (left - 1) / NS_PER_MS + 1;
    return left > INT32_MAX ? INT32_MAX : (int32_t)left;
}

static void send(const struct ov_call *call, uint32_t kind, const char *name,
                 const char *remedy, struct ov_str text)
{
    struct ov_note note = { .size = sizeof(note), .kind = kind };

    note.name = ov_str_of(name);
    note.remedy = ov_str_of(remedy);
    note.text = text;
    call->note(call->note_ctx, &note);
}

void ov_say(const struct ov_call *call, uint32_t kind, const char *name,
            const char *remedy, const char *format, ...)
{
    char brief[512], *text = brief;
    size_t room = sizeof(brief);
    va_list list;
    int n;

    if (call->note == NULL)
        return;
    va_start(list, format);
    n = vsnprintf(brief, sizeof(brief), format, list);
    va_end(list);
    if (n < 0)
        return;
    if ((size_t)n >= sizeof(brief) && (text = malloc((size_t)n + 1)) != NULL) {
        room = (size_t)n + 1;
        va_start(list, format);
        n = vsnprintf(text, room, format, list);
        va_end(list);
    }
    if (text == NULL) /* a note that is cut is better than none */
        text = brief;
    if ((size_t)n >= room)
        n = (int)room - 1;
    send(call, kind, name, remedy,
         (struct ov_str){ text, ov_text_tame(text, (uint64_t)n, 1) });
    if (text != brief)
        free(text);
}

void ov_progress(const struct ov_call *call, const char *name, double value, double total)
{
    struct ov_note note = { .size = sizeof(note), .kind = OV_NOTE_PROGRESS };

    if (call->note == NULL)
        return;
    note.name = ov_str_of(name);
    note.value = value;
    note.total = total;
    call->note(call->note_ctx, &note);
}
