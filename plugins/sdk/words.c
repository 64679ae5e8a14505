/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.c - what keyword search calls a word.
 *
 * The table says what is no plain letter beyond ASCII. It goes by blocks of the code, not
 * by each character's category, so that it is short enough to be a part of a pattern that
 * a database keeps, and so that no library's edition of Unicode decides what is found.
 */
#include "internal.h"

/* Ascending, apart from each other. */
static const struct range {
    uint32_t first, last;
    int alone;
} ranges[] = {
    { 0x80, 0xA9, 0 },        /* signs of Latin-1 */
    { 0xAB, 0xB1, 0 },        /* and on, around its ordinals */
    { 0xB4, 0xB4, 0 },        /* acute */
    { 0xB6, 0xB8, 0 },        /* pilcrow, middle dot, cedilla */
    { 0xBB, 0xBB, 0 },        /* closing quote */
    { 0xBF, 0xBF, 0 },        /* turned question mark */
    { 0xD7, 0xD7, 0 },        /* times */
    { 0xF7, 0xF7, 0 },        /* divided by */
    { 0x37E, 0x37E, 0 },      /* Greek question mark */
    { 0x387, 0x387, 0 },      /* Greek middle dot */
    { 0x55A, 0x55F, 0 },      /* Armenian punctuation */
    { 0x589, 0x58A, 0 },      /* and its full stop, hyphen */
    { 0x5BE, 0x5BE, 0 },      /* Hebrew hyphen */
    { 0x5F3, 0x5F4, 0 },      /* Hebrew quotes */
    { 0x600, 0x60F, 0 },      /* Arabic signs */
    { 0x61B, 0x61F, 0 },      /* Arabic semicolon to question mark */
    { 0x66A, 0x66D, 0 },      /* Arabic percent to star */
    { 0x6D4, 0x6D4, 0 },      /* Urdu full stop */
    { 0x964, 0x965, 0 },      /* dandas */
    { 0xE3F, 0xE3F, 0 },      /* baht */
    { 0x1100, 0x11FF, 1 },    /* letters of Hangul */
    { 0x2000, 0x206F, 0 },    /* general punctuation */
    { 0x207A, 0x207E, 0 },    /* raised signs */
    { 0x208A, 0x208E, 0 },    /* lowered signs */
    { 0x20A0, 0x20CF, 0 },    /* currencies */
    { 0x2190, 0x245F, 0 },    /* arrows to control pictures */
    { 0x249C, 0x2BFF, 0 },    /* drawings, dingbats, arrows */
    { 0x2E00, 0x2E7F, 0 },    /* more punctuation */
    { 0x2E80, 0x2FDF, 1 },    /* radicals */
    { 0x2FE0, 0x3004, 0 },    /* CJK punctuation */
    { 0x3005, 0x3007, 1 },    /* repetition, closing, zero */
    { 0x3008, 0x3020, 0 },    /* brackets */
    { 0x3021, 0x3029, 1 },    /* Hangzhou numerals */
    { 0x302A, 0x3030, 0 },    /* tone marks, wavy dash */
    { 0x3031, 0x3035, 1 },    /* kana repetition */
    { 0x3036, 0x3037, 0 },    /* postal mark, line feed */
    { 0x3038, 0x303C, 1 },    /* Hangzhou numerals, masu */
    { 0x303D, 0x3040, 0 },    /* alternation, half fill */
    { 0x3041, 0x3098, 1 },    /* Hiragana */
    { 0x3099, 0x309C, 0 },    /* voicing marks */
    { 0x309D, 0x309F, 1 },    /* Hiragana repetition */
    { 0x30A0, 0x30A0, 0 },    /* double hyphen */
    { 0x30A1, 0x30FA, 1 },    /* Katakana */
    { 0x30FB, 0x30FB, 0 },    /* middle dot */
    { 0x30FC, 0x318F, 1 },    /* Katakana, Bopomofo, letters of Hangul */
    { 0x3190, 0x319F, 0 },    /* annotation */
    { 0x31A0, 0x31BF, 1 },    /* Bopomofo */
    { 0x31C0, 0x31EF, 0 },    /* strokes */
    { 0x31F0, 0x31FF, 1 },    /* Katakana */
    { 0x3200, 0x33FF, 0 },    /* enclosed and squared */
    { 0x3400, 0x4DBF, 1 },    /* ideographs, extension A */
    { 0x4DC0, 0x4DFF, 0 },    /* hexagrams */
    { 0x4E00, 0x9FFF, 1 },    /* ideographs */
    { 0xA960, 0xA97F, 1 },    /* letters of Hangul */
    { 0xAC00, 0xD7FF, 1 },    /* Hangul */
    { 0xE000, 0xF8FF, 0 },    /* private use */
    { 0xF900, 0xFAFF, 1 },    /* ideographs for compatibility */
    { 0xFE00, 0xFE1F, 0 },    /* variation selectors, upright punctuation */
    { 0xFE30, 0xFE6F, 0 },    /* upright and small punctuation */
    { 0xFEFF, 0xFF0F, 0 },    /* byte order mark, wide punctuation */
    { 0xFF1A, 0xFF20, 0 },    /* wide punctuation */
    { 0xFF3B, 0xFF40, 0 },    /* wide punctuation */
    { 0xFF5B, 0xFF65, 0 },    /* wide punctuation */
    { 0xFF66, 0xFFDF, 1 },    /* narrow kana and Hangul */
    { 0xFFE0, 0xFFFF, 0 },    /* wide signs, specials */
    { 0x1AFF0, 0x1B16F, 1 },  /* more kana */
    { 0x1D000, 0x1D3FF, 0 },  /* music, tallies */
    { 0x1F000, 0x1FAFF, 0 },  /* emoji, games, arrows */
    { 0x20000, 0x3FFFF, 1 },  /* ideographs, extensions B and on */
    { 0xE0000, 0x10FFFF, 0 }, /* tags, private use */
};

#define N_RANGES ((uint32_t)(sizeof(ranges) / sizeof(ranges[0])))

enum kind { APART, LETTER, ALONE };

int ov_word_range(uint32_t i, uint32_t *first, uint32_t *last, int *alone)
{
    if (i >= N_RANGES)
        return 0;
    *first = ranges[i].first;
    *last = ranges[i].last;
    *alone = ranges[i].alone;
    return 1;
}

static enum kind kind_of_ascii(uint32_t c)
{
    uint32_t small = c | 0x20;

    return (c >= '0' && c <= '9') || (small >= 'a' && small <= 'z') ? LETTER : APART;
}

static enum kind kind_of(uint32_t point)
{
    uint32_t low = 0, high = N_RANGES;

    if (point < 0x80)
        return kind_of_ascii(point);
    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (ranges[middle].last < point)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == N_RANGES || point < ranges[low].first)
        return LETTER;
    return ranges[low].alone ? ALONE : APART;
}

/* The character at *at, which moves behind it. Bytes that are no UTF-8 stand apart. */
static enum kind step(const char **at, const char *end)
{
    uint32_t point = text_next(at, end);

    if (point != 0)
        return kind_of(point);
    ++*at;
    return APART;
}

struct ov_str ov_word_next(struct ov_str *text)
{
    const char *begin = text->p, *end = text->n > 0 ? begin + text->n : begin,
               *at = begin;
    enum kind kind = APART;
    struct ov_str word;

    while (at < end && kind == APART) {
        begin = at;
        kind = step(&at, end);
    }
    word = (struct ov_str){ begin, kind == APART ? 0 : (uint64_t)(at - begin) };
    while (at < end && kind == LETTER) {
        kind = step(&at, end);
        if (kind == LETTER)
            word.n = (uint64_t)(at - begin);
    }
    if (word.n > 0)
        at = word.p + word.n;
    text->p = at;
    text->n = (uint64_t)(end - at);
    return word;
}
