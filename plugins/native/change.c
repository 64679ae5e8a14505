/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change.c - who sees which slot: keys, views, births and deaths.
 *
 * Readers load died before born, writers store born before died: a reader that meets a
 * slot which is being used again either sees the old death or the new UINT64_MAX birth.
 */
#include "image.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- keys */

static uint32_t hash_key(const struct image *image, const struct ov_cell *key)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ image->seed;
    const unsigned char *at = (const unsigned char *)&key->u.i;
    uint64_t n = 8, i;

    if (key->type == OV_TEXT) {
        at = (const unsigned char *)key->u.text;
        n = key->n;
    }
    for (i = 0; i < n; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t *bucket_of(struct image *image, uint32_t hash)
{
    return &image->buckets[hash & (image->n_buckets - 1)];
}

static uint32_t *next_of(struct image *image, uint32_t slot)
{
    return &image->blocks[slot / BLOCK_ROWS]->next[slot % BLOCK_ROWS];
}

static uint32_t *before_of(struct image *image, uint32_t slot)
{
    return &image->blocks[slot / BLOCK_ROWS]->before[slot % BLOCK_ROWS];
}

/* To the front of the list. */
static void push(struct image *image, uint32_t slot)
{
    struct block *block = image->blocks[slot / BLOCK_ROWS];
    uint32_t *bucket = bucket_of(image, block->hash[slot % BLOCK_ROWS]);

    block->before[slot % BLOCK_ROWS] = NO_SLOT;
    block->next[slot % BLOCK_ROWS] = *bucket;
    if (*bucket != NO_SLOT)
        *before_of(image, *bucket) = slot;
    *bucket = slot;
}

/* From the end, so that the newest stays first: a key that is often written has a long
 * list, and its first one is what is asked for. Longer lists are slow, not wrong: without
 * memory the table stays as it is. */
static void grow_buckets(struct image *image)
{
    uint32_t n = 2 * image->n_buckets, slot, i, before;
    uint32_t *old = image->buckets, n_old = image->n_buckets, *grown;

    grown = malloc(n * sizeof(*grown));
    if (grown == NULL)
        return;
    memset(grown, 0xff, n * sizeof(*grown));
    image->buckets = grown;
    image->n_buckets = n;
    for (i = 0; i < n_old; i++) {
        for (slot = old[i]; slot != NO_SLOT && *next_of(image, slot) != NO_SLOT;)
            slot = *next_of(image, slot);
        for (; slot != NO_SLOT; slot = before) {
            before = *before_of(image, slot);
            push(image, slot);
        }
    }
    free(old);
}

static void link_key(struct image *image, uint32_t slot)
{
    struct block *block = image->blocks[slot / BLOCK_ROWS];
    uint32_t row = slot % BLOCK_ROWS;
    struct ov_cell key;

    image_cell(image, block, row, image->shape->schema->key, &key);
    block->hash[row] = hash_key(image, &key);
    pthread_mutex_lock(&image->lock);
    if (++image->n_keys > image->n_buckets && image->n_buckets < UINT32_C(1) << 30)
        grow_buckets(image);
    push(image, slot);
    pthread_mutex_unlock(&image->lock);
}

/* The lock is held. */
static void unlink_key(struct image *image, uint32_t slot)
{
    struct block *block = image->blocks[slot / BLOCK_ROWS];
    uint32_t next = block->next[slot % BLOCK_ROWS];
    uint32_t before = block->before[slot % BLOCK_ROWS];

    if (before == NO_SLOT)
        *bucket_of(image, block->hash[slot % BLOCK_ROWS]) = next;
    else
        *next_of(image, before) = next;
    if (next != NO_SLOT)
        *before_of(image, next) = before;
    image->n_keys--;
}

/* ------------------------------------------------------------------ reading */

void view_take(struct image *image, struct shape *shape, struct view *view)
{
    view->image = image_ref(image);
    view->shape = shape_ref(shape);
    view->schema = shape->schema;
    pthread_mutex_lock(&image->lock);
    view->snap = view->pin.snap = image->published;
    view->blocks = image->blocks;
    view->n_blocks = image->n_blocks;
    view->n_slots = image->n_slots;
    view->pin.after = &image->pins;
    view->pin.before = image->pins.before;
    view->pin.before->after = &view->pin;
    image->pins.before = &view->pin;
    pthread_mutex_unlock(&image->lock);
}

void view_drop(struct view *view)
{
    pthread_mutex_lock(&view->image->lock);
    view->pin.before->after = view->pin.after;
    view->pin.after->before = view->pin.before;
    pthread_mutex_unlock(&view->image->lock);
    image_unref(view->image);
    shape_unref(view->shape);
}

static int is_visible(const struct block *block, uint32_t row, uint64_t snap)
{
    uint64_t died = __atomic_load_n(&block->died[row], __ATOMIC_ACQUIRE);

    return died > snap && __atomic_load_n(&block->born[row], __ATOMIC_RELAXED) <= snap;
}

void block_visible(const struct block *block, uint64_t snap, uint64_t mask[BLOCK_WORDS])
{
    uint64_t full = __atomic_load_n(&block->full_since, __ATOMIC_ACQUIRE);
    uint32_t i;

    if (full != 0 && full <= snap) {
        memset(mask, 0xff, BLOCK_WORDS * sizeof(*mask));
        return;
    }
    memset(mask, 0, BLOCK_WORDS * sizeof(*mask));
    for (i = 0; i < BLOCK_ROWS; i++)
        mask[i / 64] |= (uint64_t)is_visible(block, i, snap) << (i % 64);
}

uint32_t view_find(const struct view *view, const struct ov_cell *key)
{
    struct image *image = view->image;
    uint32_t hash = hash_key(image, key), slot;
    struct ov_cell other;

    pthread_mutex_lock(&image->lock);
    for (slot = *bucket_of(image, hash); slot != NO_SLOT;) {
        const struct block *block = image->blocks[slot / BLOCK_ROWS];
        uint32_t row = slot % BLOCK_ROWS;

        if (block->hash[row] == hash && is_visible(block, row, view->snap)) {
            image_cell(image, block, row, image->shape->schema->key, &other);
            if (ov_cell_compare(key, &other) == 0)
                break;
        }
        slot = block->next[row];
    }
    pthread_mutex_unlock(&image->lock);
    return slot;
}

int view_expired(const struct view *view, uint32_t slot, int64_t now_us)
{
    struct ov_cell cell;

    if (view->image->expiry == OV_NONE)
        return 0;
    view_cell(view, slot, view->image->expiry, &cell);
    return cell.type != OV_NULL && cell.u.i <= now_us;
}

/* ------------------------------------------------------------------ changes */

void change_begin(struct change *change, struct image *image)
{
    memset(change, 0, sizeof(*change));
    change->image = image;
}

static int append(uint32_t **list, size_t *n, size_t *room, uint32_t slot)
{
    size_t more = *room > 0 ? 2 * *room : 64;
    uint32_t *grown;

    if (*n == *room) {
        grown = realloc(*list, more * sizeof(*grown));
        if (grown == NULL)
            return -1;
        *list = grown;
        *room = more;
    }
    (*list)[(*n)++] = slot;
    return 0;
}

static void put_back(struct image *image, uint32_t slot)
{
    struct block *block = image->blocks[slot / BLOCK_ROWS];

    free(block->body[slot % BLOCK_ROWS]);
    block->body[slot % BLOCK_ROWS] = NULL;
    block->link[slot % BLOCK_ROWS] = image->first_free;
    image->first_free = slot;
}

int32_t change_add(struct change *change, int64_t label, const struct buffer *body,
                   const float *vectors, struct ov_error *err)
{
    struct image *image = change->image;
    unsigned char *copy = malloc(body->n);
    uint32_t slot = NO_SLOT, row;
    struct block *block;

    if (copy != NULL)
        slot = image_take_slot(image);
    if (slot == NO_SLOT ||
        append(&change->fresh, &change->n_fresh, &change->room_fresh, slot) != 0) {
        free(copy);
        if (slot != NO_SLOT)
            put_back(image, slot);
        return ov_no_memory(err);
    }
    block = image->blocks[slot / BLOCK_ROWS];
    row = slot % BLOCK_ROWS;
    __atomic_store_n(&block->born[row], UINT64_MAX, __ATOMIC_RELAXED);
    __atomic_store_n(&block->died[row], UINT64_MAX, __ATOMIC_RELEASE);
    memcpy(copy, body->bytes, body->n);
    block->body[row] = copy;
    block->label[row] = label;
    image_fill(image, block, row, vectors);
    link_key(image, slot);
    return OV_OK;
}

int32_t change_kill(struct change *change, uint32_t slot, struct ov_error *err)
{
    if (append(&change->dead, &change->n_dead, &change->room_dead, slot) != 0)
        return ov_no_memory(err);
    return OV_OK;
}

/* What died before the oldest pin is seen by nobody. */
static void reclaim(struct image *image)
{
    uint64_t oldest;

    pthread_mutex_lock(&image->lock);
    oldest =
        image->pins.after == &image->pins ? image->published : image->pins.after->snap;
    while (image->first_dead != NO_SLOT) {
        uint32_t slot = image->first_dead;
        struct block *block = image->blocks[slot / BLOCK_ROWS];

        if (block->died[slot % BLOCK_ROWS] > oldest)
            break;
        image->first_dead = block->link[slot % BLOCK_ROWS];
        unlink_key(image, slot);
        put_back(image, slot);
    }
    if (image->first_dead == NO_SLOT)
        image->last_dead = NO_SLOT;
    pthread_mutex_unlock(&image->lock);
}

/* To the list of the dead, oldest first. The block may have become full between the
 * stamp and now, by an earlier change. */
static void bury(struct image *image, uint32_t slot)
{
    struct block *block = image->blocks[slot / BLOCK_ROWS];

    __atomic_store_n(&block->full_since, 0, __ATOMIC_RELEASE);
    block->n_live--;
    image->n_live--;
    block->link[slot % BLOCK_ROWS] = NO_SLOT;
    if (image->last_dead == NO_SLOT)
        image->first_dead = slot;
    else
        image->blocks[image->last_dead / BLOCK_ROWS]
            ->link[image->last_dead % BLOCK_ROWS] = slot;
    image->last_dead = slot;
}

void change_stamp(struct change *change, uint64_t number)
{
    struct image *image = change->image;
    size_t i;

    for (i = 0; i < change->n_dead; i++) {
        uint32_t slot = change->dead[i];
        struct block *block = image->blocks[slot / BLOCK_ROWS];

        __atomic_store_n(&block->full_since, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&block->died[slot % BLOCK_ROWS], number, __ATOMIC_RELEASE);
    }
    for (i = 0; i < change->n_fresh; i++) {
        uint32_t slot = change->fresh[i];

        __atomic_store_n(&image->blocks[slot / BLOCK_ROWS]->born[slot % BLOCK_ROWS],
                         number, __ATOMIC_RELEASE);
    }
}

void change_forget(struct change *change)
{
    free(change->fresh);
    free(change->dead);
    memset(change, 0, sizeof(*change));
}

void change_show(struct change *change, uint64_t number)
{
    struct image *image = change->image;
    size_t i;

    for (i = 0; i < change->n_dead; i++)
        bury(image, change->dead[i]);
    for (i = 0; i < change->n_fresh; i++) {
        struct block *block = image->blocks[change->fresh[i] / BLOCK_ROWS];

        image->n_live++;
        if (++block->n_live == BLOCK_ROWS)
            __atomic_store_n(&block->full_since, number, __ATOMIC_RELEASE);
    }
    pthread_mutex_lock(&image->lock);
    image->published = number;
    pthread_mutex_unlock(&image->lock);
    reclaim(image);
    change_forget(change);
}

void change_commit(struct change *change, uint64_t number)
{
    change_stamp(change, number);
    change_show(change, number);
}

/* All rows of a block that is full live at the published number. */
static void revive(struct image *image, uint32_t slot)
{
    struct block *block = image->blocks[slot / BLOCK_ROWS];

    __atomic_store_n(&block->died[slot % BLOCK_ROWS], UINT64_MAX, __ATOMIC_RELEASE);
    if (block->n_live == BLOCK_ROWS && block->full_since == 0)
        __atomic_store_n(&block->full_since, image->published, __ATOMIC_RELEASE);
}

void change_abort(struct change *change)
{
    struct image *image = change->image;
    size_t i;

    for (i = 0; i < change->n_dead; i++)
        revive(image, change->dead[i]);
    if (change->n_fresh > 0) {
        pthread_mutex_lock(&image->lock);
        for (i = 0; i < change->n_fresh; i++)
            unlink_key(image, change->fresh[i]);
        pthread_mutex_unlock(&image->lock);
    }
    for (i = 0; i < change->n_fresh; i++) {
        uint32_t slot = change->fresh[i];

        __atomic_store_n(&image->blocks[slot / BLOCK_ROWS]->born[slot % BLOCK_ROWS],
                         UINT64_MAX, __ATOMIC_RELEASE);
        put_back(image, slot);
    }
    change_forget(change);
}
