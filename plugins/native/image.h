/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - a collection in memory: columns, vectors, keys. Derived, disposable.
 *
 * Rows lie in slots, slots in blocks of 1024. What a slot holds never changes while
 * anybody may look at it: an update makes a new slot and lets the old one die. A slot
 * has two change numbers, born and died; a reader that pinned change number s sees the
 * slots with born <= s < died, one state from its first row to its last, and neither
 * waits for a writer nor makes one wait. A slot is used again when no pin can see it.
 *
 * One thread at a time stages and commits (the collection's lock); any number read.
 */
#ifndef OV_NATIVE_IMAGE_H
#define OV_NATIVE_IMAGE_H

#include "codec.h"
#include "names.h"

#include <pthread.h>

#define BLOCK_ROWS 1024u
#define BLOCK_WORDS (BLOCK_ROWS / 64)
#define NO_SLOT UINT32_MAX
#define IMAGE_STEMS 6u /* segments of a path that have numbers of their own */

/* A schema shared by reference count. */
struct shape {
    uint32_t refs;
    struct ov_schema *schema;
};

struct shape *shape_new(struct ov_schema *schema); /* takes it; NULL: no memory */
struct shape *shape_ref(struct shape *shape);
void shape_unref(struct shape *shape);

/* values: int64_t, double, struct ov_str or dim floats a row, by the field's type; NULL
 * for a type that is read from the body. */
struct column {
    void *values;
    unsigned char *null; /* of a nullable field */
    double *norms;       /* |x| of a vector */
    uint16_t *names;     /* of a text: its number */
    uint16_t *stems;     /* of a path: BLOCK_ROWS numbers of its first segment, then
                            of its first two, ...; NAME_NONE where it has fewer */
};

struct block {
    uint64_t born[BLOCK_ROWS]; /* UINT64_MAX: not yet */
    uint64_t died[BLOCK_ROWS]; /* UINT64_MAX: lives */
    int64_t label[BLOCK_ROWS]; /* the row's number in the file */
    unsigned char *body[BLOCK_ROWS];
    /* Of the key; its bucket's list, the newest first. */
    uint32_t hash[BLOCK_ROWS], next[BLOCK_ROWS], before[BLOCK_ROWS];
    uint32_t link[BLOCK_ROWS]; /* free list or list of the dead */
    uint64_t full_since;       /* all rows live from here on; 0: no */
    uint32_t n_live;
    struct column columns[];
};

struct pin {
    struct pin *before, *after;
    uint64_t snap;
};

struct image {
    uint32_t refs;
    uint32_t n_fields, expiry;
    struct shape *shape;
    struct block **blocks; /* the present directory */
    uint32_t n_blocks, room_blocks, n_slots;
    void *retired; /* directories that readers may still hold */
    uint32_t first_free, first_dead, last_dead;
    uint64_t n_live;
    int64_t last_label;
    /* Of each field its texts, then its stems of one segment, of two, ...; one thread
     * adds, holding lock, and may look without it. */
    struct name_list *names;

    pthread_mutex_t lock; /* of what follows */
    uint64_t published;
    struct pin pins; /* ring, oldest first */
    uint32_t *buckets;
    uint32_t n_buckets, n_keys;
    uint32_t seed;
};

struct image *image_new(struct shape *shape); /* NULL without memory */
struct image *image_ref(struct image *image);
void image_unref(struct image *image);

/* ------------------------------------------------------------------ reading */

/* One consistent state. */
struct view {
    struct image *image;
    struct shape *shape;
    const struct ov_schema *schema;
    struct block *const *blocks;
    uint32_t n_slots, n_blocks;
    uint64_t snap;
    struct pin pin;
};

void view_take(struct image *image, struct shape *shape, struct view *view);
void view_drop(struct view *view);

/* Bit i: row i of the block is there at snap. */
void block_visible(const struct block *block, uint64_t snap, uint64_t mask[BLOCK_WORDS]);
void image_cell(const struct image *image, const struct block *block, uint32_t row,
                uint32_t field, struct ov_cell *out);
static inline void view_cell(const struct view *view, uint32_t slot, uint32_t field,
                             struct ov_cell *out)
{
    image_cell(view->image, view->blocks[slot / BLOCK_ROWS], slot % BLOCK_ROWS, field,
               out);
}
/* NO_SLOT when there is none at snap; an expired one counts as there. */
uint32_t view_find(const struct view *view, const struct ov_cell *key);
int view_expired(const struct view *view, uint32_t slot, int64_t now_us);

static inline int image_has_names(const struct image *image, uint32_t field)
{
    const struct ov_field *at = image->shape->schema->fields[field];

    return at->type == OV_TEXT && (at->flags & OV_FIELD_KEY) == 0;
}

/* ------------------------------------------------------------------ changes */

/* What becomes visible, and what stops being so, in one step. */
struct change {
    struct image *image;
    uint32_t *fresh, *dead;
    size_t n_fresh, n_dead, room_fresh, room_dead;
};

void change_begin(struct change *change, struct image *image);
/* A new row, invisible as yet. body and vectors are copied. */
int32_t change_add(struct change *change, int64_t label, const struct buffer *body,
                   const float *vectors, struct ov_error *err);
int32_t change_kill(struct change *change, uint32_t slot, struct ov_error *err);
/* None of these can fail. stamp numbers the births and deaths: a view that looks at this
 * number sees them, nobody else does. show publishes the number, after which the change
 * is over; so it is after abort, stamped or not. The last one stamped is aborted first.
 */
void change_stamp(struct change *change, uint64_t number);
void change_show(struct change *change, uint64_t number);
void change_commit(struct change *change, uint64_t number); /* stamp and show */
void change_abort(struct change *change);
/* The same for a change of an image that goes altogether. */
void change_forget(struct change *change);

/* Between image.c and change.c. */
uint32_t image_take_slot(struct image *image);
void image_fill(struct image *image, struct block *block, uint32_t row,
                const float *vectors);

#endif
