/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - the one way to fail. */
#include <ov/sdk.h>

#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    "OV_OK",          "OV_INVALID",   "OV_NOT_FOUND", "OV_NO_RECORD", "OV_EXISTS",
    "OV_UNSUPPORTED", "OV_LIMIT",     "OV_DENIED",    "OV_BUSY",      "OV_UNAVAILABLE",
    "OV_DEADLINE",    "OV_CANCELLED", "OV_STALE",     "OV_CORRUPT",   "OV_NO_SPACE",
    "OV_CLOSED",      "OV_FORKED",    "OV_INTERNAL",
};

const char *ov_status_name(int32_t code)
{
    size_t n = sizeof(names) / sizeof(names[0]);

    return names[code >= 0 && (size_t)code < n ? (size_t)code : n - 1];
}

void ov_error_reset(struct ov_error *err)
{
    static const struct ov_error ready = OV_ERROR_INIT;

    if (err != NULL)
        *err = ready;
}

/* Take the bytes of a character that did not fit as a whole off the end. */
static void cut_at_character(char *text)
{
    size_t n = strlen(text), i = n;

    while (i > 0 && ((unsigned char)text[i - 1] & 0xC0) == 0x80)
        i--;
    if (i > 0 && (unsigned char)text[i - 1] >= 0xC0)
        i--;
    text[i] = '\0';
}

int32_t ov_fail_va(struct ov_error *err, int32_t code, const char *format, va_list list)
{
    int wanted;

    if (err == NULL || err->code != OV_OK)
        return code;
    err->code = code;
    wanted = vsnprintf(err->message, sizeof(err->message), format, list);
    if (wanted >= (int)sizeof(err->message)) {
        err->flags |= OV_ERR_CUT;
        cut_at_character(err->message);
    }
    ov_line_tame(err->message);
    return code;
}

int32_t ov_fail(struct ov_error *err, int32_t code, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    code = ov_fail_va(err, code, format, list);
    va_end(list);
    return code;
}

int32_t ov_no_memory(struct ov_error *err)
{
    return ov_fail(err, OV_NO_SPACE, "out of memory");
}
