/* SPDX-License-Identifier: Apache-2.0 */
/*
 * narrow.c - a leaf over texts, decided by the numbers of names.h as far as they go.
 *
 * A number says for certain that a text is another one or this one; only rows without a
 * number, and paths that are narrowed but not decided, are looked at themselves.
 */
#include "native.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define NAME_ABSENT 0xfffeu /* of a text that no row has under a number */

static uint16_t wanted(const struct name_list *names, struct ov_str text)
{
    uint16_t number = names_find(names, text);

    return number != 0 ? number : NAME_ABSENT;
}

static struct ov_str text_at(const struct ov_filter *filter, uint32_t value)
{
    struct ov_cell cell = ov_scalar_cell(&filter->values[value]);

    return (struct ov_str){ cell.u.text, cell.n };
}

static void plan_in(struct hint *hint, const struct name_list *names,
                    const struct ov_filter *filter, const struct ov_node *node)
{
    uint32_t i;

    if (node->n_values > HINT_VALUES)
        return;
    for (i = 0; i < node->n_values; i++)
        hint->wanted[i] = wanted(names, text_at(filter, node->first_value + i));
    hint->n = node->n_values;
}

static void plan_path(struct hint *hint, const struct name_list *stems,
                      const struct ov_filter *filter, const struct ov_node *node)
{
    struct ov_str scope;
    uint64_t depth;

    if (node->n_values != 1)
        return;
    scope = text_at(filter, node->first_value);
    depth = ov_path_depth(scope);
    hint->decides = node->arg < 0 && depth <= IMAGE_STEMS;
    for (; hint->n < depth && hint->n < IMAGE_STEMS; hint->n++)
        hint->wanted[hint->n] = wanted(&stems[hint->n], names_stem(scope, hint->n + 1));
}

void narrow_plan(struct hint *hints, const struct view *view,
                 const struct ov_filter *filter)
{
    struct image *image = view->image;
    uint32_t i;

    pthread_mutex_lock(&image->lock);
    for (i = 0; i < filter->n_nodes; i++) {
        const struct ov_node *node = &filter->nodes[i];
        const struct name_list *names;

        if ((node->op != OV_IN && node->op != OV_PATH) || node->field >= image->n_fields)
            continue;
        names = &image->names[node->field * (1 + IMAGE_STEMS)];
        if (!image_has_names(image, node->field))
            continue;
        if (node->op == OV_IN)
            plan_in(&hints[i], names, filter, node);
        else
            plan_path(&hints[i], names + 1, filter, node);
        hints[i].is_path = node->op == OV_PATH;
    }
    pthread_mutex_unlock(&image->lock);
}

/* Only words in which every row matters are compared whole: the others may hold rows
 * that are being written. */
static uint64_t equal(const uint16_t *at, uint16_t number, uint64_t in)
{
    uint64_t pass = 0, rest;
    uint32_t i;

#if defined(__SSE2__)
    if (in == UINT64_MAX) {
        __m128i wide = _mm_set1_epi16((short)number);

        for (i = 0; i < 64; i += 16) {
            __m128i low = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
            __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(at + i + 8));
            __m128i both =
                _mm_packs_epi16(_mm_cmpeq_epi16(low, wide), _mm_cmpeq_epi16(high, wide));

            pass |= (uint64_t)(uint32_t)_mm_movemask_epi8(both) << i;
        }
        return pass;
    }
#endif
    for (rest = in; rest != 0; rest &= rest - 1) {
        i = (uint32_t)__builtin_ctzll(rest);
        pass |= (uint64_t)(at[i] == number) << i;
    }
    return pass;
}

static void narrow_in(const struct hint *hint, const uint16_t *numbers, uint64_t in,
                      uint64_t *sure, uint64_t *open)
{
    uint32_t i;

    *open = equal(numbers, 0, in);
    *sure = 0;
    for (i = 0; i < hint->n; i++)
        *sure |= equal(numbers, hint->wanted[i], in & ~*sure);
}

static void narrow_path(const struct hint *hint, const uint16_t *stems, uint64_t in,
                        uint64_t *sure, uint64_t *open)
{
    uint64_t same = in, unknown = 0;
    uint32_t i;

    for (i = 0; i < hint->n && (same | unknown) != 0; i++) {
        uint64_t left = same | unknown;

        same = equal(stems + i * BLOCK_ROWS, hint->wanted[i], left);
        unknown = equal(stems + i * BLOCK_ROWS, 0, left);
    }
    *sure = hint->decides ? same : 0;
    *open = hint->decides ? unknown : same | unknown;
}

void narrow_block(const struct hint *hint, const struct column *column,
                  const uint64_t in[BLOCK_WORDS], uint64_t sure[BLOCK_WORDS],
                  uint64_t open[BLOCK_WORDS])
{
    uint32_t w;

    for (w = 0; w < BLOCK_WORDS; w++)
        if (in[w] == 0)
            sure[w] = open[w] = 0;
        else if (hint->is_path)
            narrow_path(hint, column->stems + w * 64, in[w], &sure[w], &open[w]);
        else
            narrow_in(hint, column->names + w * 64, in[w], &sure[w], &open[w]);
}
