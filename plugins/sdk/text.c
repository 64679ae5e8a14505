/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - bytes with a length, and what is UTF-8. */
#include "internal.h"

#include <string.h>

struct ov_str ov_str_of(const char *text)
{
    struct ov_str str = { text, text == NULL ? 0 : strlen(text) };

    return str;
}

int ov_str_equal(struct ov_str a, struct ov_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int ov_str_compare(struct ov_str a, struct ov_str b)
{
    uint64_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (order == 0)
        order = (a.n > b.n) - (a.n < b.n);
    return (order > 0) - (order < 0);
}

uint32_t text_next(const char **at, const char *end)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *)*at;
    unsigned int n, i;
    uint32_t point = p[0];

    if (point < 0x80) {
        *at += point != 0;
        return point;
    }
    n = point >= 0xF0 ? 4 : point >= 0xE0 ? 3 : 2;
    if (point < 0xC2 || point > 0xF4 || end - *at < (ptrdiff_t)n)
        return 0;
    point &= 0x7Fu >> n;
    for (i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (p[i] & 0x3Fu);
    }
    if (point < least[n] || point > OV_CODE_POINT_MAX ||
        (point >= 0xD800 && point <= 0xDFFF))
        return 0;
    *at += n;
    return point;
}

unsigned int text_put(uint32_t point, char out[4])
{
    unsigned int n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4, i;
    static const unsigned int lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

    for (i = n; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3F));
    out[0] = (char)(lead[n] | point);
    return n;
}

/* Most text is ASCII: eight bytes at a time, none above 0x7F and none zero. */
static const char *skip_ascii(const char *p, const char *end)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;

    while (end - p >= 8) {
        memcpy(&word, p, 8);
        if (((word | (word - ones)) & high) != 0)
            break;
        p += 8;
    }
    return p;
}

int ov_utf8_valid(struct ov_str text)
{
    const char *p = text.p, *end = text.n == 0 ? p : p + text.n;

    while (p < end) {
        p = skip_ascii(p, end);
        if (p < end && text_next(&p, end) == 0)
            return 0;
    }
    return 1;
}

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

struct ov_str text_trim(struct ov_str text)
{
    while (text.n > 0 && is_blank(text.p[0])) {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}
