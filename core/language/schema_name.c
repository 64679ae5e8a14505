/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_name.c - which names OpenViking would take.
 *
 * It asks Python's str.isalpha for the first character and str.isalnum or '_' for the
 * others. The tables behind those are 20 KB and change every year, so outside ASCII
 * every character counts as a letter except those that cannot be one: controls,
 * blanks, punctuation, symbols, private use and noncharacters, by the blocks in which
 * Unicode keeps them. What passes here and not there is a rare sign in a name that
 * somebody chose; the providers quote names whatever they hold.
 */
#include "schema_parts.h"

#include <ov/sdk.h>

#define MAX_CHARACTERS 128u

struct block {
    uint32_t first;
    uint32_t last;
};

static const struct block no_letters[] = {
    { 0x80, 0xA9 }, /* C1 controls, Latin-1 punctuation */
    { 0xAB, 0xB1 },       { 0xB4, 0xB4 },     { 0xB6, 0xB8 },       { 0xBB, 0xBB },
    { 0xBF, 0xBF },       { 0xD7, 0xD7 },     { 0xF7, 0xF7 },       { 0x2C2, 0x2C5 },
    { 0x300, 0x36F },                                             /* combining marks */
    { 0x1680, 0x1680 },   { 0x180E, 0x180E }, { 0x2000, 0x206F }, /* punctuation */
    { 0x20A0, 0x20FF }, /* currency, combining marks for symbols */
    { 0x2190, 0x245F }, /* arrows, operators, technical, control pictures */
    { 0x2500, 0x2BFF }, /* boxes, shapes, dingbats, arrows */
    { 0x2E00, 0x2E7F }, /* supplemental punctuation */
    { 0x2FF0, 0x3004 },   { 0x3007, 0x3020 }, { 0x302A, 0x3030 }, /* CJK symbols */
    { 0xD800, 0xF8FF }, /* surrogates, private use */
    { 0xFE00, 0xFE6F }, /* variation selectors, small forms */
    { 0xFEFF, 0xFEFF },   { 0xFF01, 0xFF0F }, { 0xFF1A, 0xFF20 },   { 0xFF3B, 0xFF40 },
    { 0xFF5B, 0xFF65 },   { 0xFFE0, 0xFFFF }, { 0x1F000, 0x1FAFF }, /* pictographs */
    { 0xE0000, 0x10FFFF } /* tags, private use */
};

/* The code point at *i of a valid text; moves on. */
static uint32_t next_character(struct ov_str text, uint64_t *i)
{
    unsigned char lead = (unsigned char)text.p[(*i)++];
    uint32_t c = lead;
    int more = 0;

    if (lead >= 0xF0) {
        c = lead & 0x07;
        more = 3;
    } else if (lead >= 0xE0) {
        c = lead & 0x0F;
        more = 2;
    } else if (lead >= 0xC0) {
        c = lead & 0x1F;
        more = 1;
    }
    for (; more > 0; more--)
        c = c << 6 | ((unsigned char)text.p[(*i)++] & 0x3F);
    return c;
}

uint64_t name_length(struct ov_str text)
{
    uint64_t n = 0, i;

    for (i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    return n;
}

static int is_letter(uint32_t c)
{
    size_t i;

    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    for (i = 0; i < sizeof(no_letters) / sizeof(no_letters[0]); i++)
        if (c >= no_letters[i].first && c <= no_letters[i].last)
            return 0;
    return 1;
}

int32_t name_check(struct ov_str name, const char *what, const struct place *place,
                   struct ov_error *err)
{
    uint64_t i = 0;
    uint32_t c;

    if (name.n == 0 || !ov_utf8_valid(name) || name_length(name) > MAX_CHARACTERS)
        return place_fail(place, err, OV_INVALID,
                          "the %s name '%s' has not 1 to %u characters of UTF-8", what,
                          place_show(name).text, MAX_CHARACTERS);
    while (i < name.n) {
        int first = i == 0;

        c = next_character(name, &i);
        if (is_letter(c) || (!first && (c == '_' || (c >= '0' && c <= '9'))))
            continue;
        return place_fail(place, err, OV_INVALID,
                          "the %s name '%s' is not a letter followed by letters, digits "
                          "and '_'",
                          what, place_show(name).text);
    }
    return OV_OK;
}

int32_t name_check_collection(struct ov_str name, struct ov_error *err)
{
    uint64_t i = 0;
    uint32_t c;

    if (name.n == 0 || !ov_utf8_valid(name) || name_length(name) > MAX_CHARACTERS)
        return ov_fail(err, OV_INVALID,
                       "the collection name '%s' has not 1 to %u characters of UTF-8",
                       place_show(name).text, MAX_CHARACTERS);
    while (i < name.n) {
        c = next_character(name, &i);
        if (c < 0x20 || (c >= 0x7F && c < 0xA0))
            return ov_fail(err, OV_INVALID,
                           "the collection name '%s' has the control character U+%04X",
                           place_show(name).text, c);
    }
    return OV_OK;
}
