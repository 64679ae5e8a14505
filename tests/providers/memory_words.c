/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory_words.c - keyword search, the simple way: the case of letters beyond ASCII
 * counts here.
 */
#include "memory.h"

/* Of the helper library; the headers of release 1.0 do not know it yet. */
struct ov_str ov_word_next(struct ov_str *text);

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int same_word(struct ov_str a, struct ov_str b)
{
    uint64_t i;

    for (i = 0; a.n == b.n && i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return 0;
    return a.n == b.n;
}

static int is_among(struct ov_str word, struct ov_str query)
{
    struct ov_str other = ov_word_next(&query);

    while (other.n > 0 && !same_word(word, other))
        other = ov_word_next(&query);
    return other.n > 0;
}

static double count_hits(struct ov_str text, struct ov_str query)
{
    struct ov_str word;
    double hits = 0;

    while ((word = ov_word_next(&text)).n > 0)
        hits += is_among(word, query);
    return hits;
}

double memory_keyword_score(const struct ov_schema *schema, struct ov_str query,
                            const struct ov_cell *record)
{
    struct ov_cell element;
    double hits = 0;
    uint64_t i, n;
    uint32_t f;

    for (f = 0; f < schema->n_fields; f++) {
        if ((schema->fields[f]->flags & OV_FIELD_FULLTEXT) == 0)
            continue;
        n = record[f].type == OV_TEXT_LIST ? record[f].n : record[f].type == OV_TEXT;
        for (i = 0; i < n; i++) {
            element = ov_cell_element(&record[f], i);
            hits += count_hits((struct ov_str){ element.u.text, element.n }, query);
        }
    }
    return hits;
}
