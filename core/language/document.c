/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.c - trees of values in an arena.
 *
 * A list or an object is a node with more behind it: its capacity and, once an object
 * has many members, a table of their names, so that a name that is there already is
 * found at once however large the object is. Only what ov_doc_list and ov_doc_object
 * made may grow.
 */
#include <ov/document.h>
#include <ov/sdk.h>

#include <string.h>

#define FEW_MEMBERS 16u

struct container {
    struct ov_doc doc;
    uint64_t capacity;
    uint64_t n_slots; /* a power of two, more than twice capacity; 0: no table yet */
    uint32_t *slots;  /* 1 + ordinal of a member; 0: free */
};

static struct ov_doc *make(struct ov_arena *arena, uint32_t kind, size_t bytes)
{
    struct ov_doc *doc = ov_arena_take(arena, bytes);

    if (doc != NULL) {
        memset(doc, 0, bytes);
        doc->kind = kind;
    }
    return doc;
}

struct ov_doc *ov_doc_null(struct ov_arena *arena)
{
    return make(arena, OV_DOC_NULL, sizeof(struct ov_doc));
}

struct ov_doc *ov_doc_bool(struct ov_arena *arena, int value)
{
    struct ov_doc *doc = make(arena, OV_DOC_BOOL, sizeof(struct ov_doc));

    if (doc != NULL)
        doc->u.i = value != 0;
    return doc;
}

struct ov_doc *ov_doc_int(struct ov_arena *arena, int64_t value)
{
    struct ov_doc *doc = make(arena, OV_DOC_INT, sizeof(struct ov_doc));

    if (doc != NULL)
        doc->u.i = value;
    return doc;
}

struct ov_doc *ov_doc_real(struct ov_arena *arena, double value)
{
    struct ov_doc *doc = make(arena, OV_DOC_REAL, sizeof(struct ov_doc));

    if (doc != NULL)
        doc->u.f = value;
    return doc;
}

struct ov_doc *ov_doc_text(struct ov_arena *arena, struct ov_str text)
{
    struct ov_str copy = ov_arena_text(arena, text);
    struct ov_doc *doc = copy.p != NULL ? make(arena, OV_DOC_TEXT, sizeof(*doc)) : NULL;

    if (doc != NULL) {
        doc->n = copy.n;
        doc->u.text = copy.p;
    }
    return doc;
}

struct ov_doc *ov_doc_floats(struct ov_arena *arena, const float *floats, uint64_t n)
{
    struct ov_doc *doc = make(arena, OV_DOC_FLOATS, sizeof(struct ov_doc));

    if (doc != NULL) {
        doc->n = n;
        doc->u.floats = floats;
    }
    return doc;
}

struct ov_doc *ov_doc_list(struct ov_arena *arena)
{
    return make(arena, OV_DOC_LIST, sizeof(struct container));
}

struct ov_doc *ov_doc_object(struct ov_arena *arena)
{
    return make(arena, OV_DOC_OBJECT, sizeof(struct container));
}

/* Room for one entry more: a larger array when the present one is full. */
static void *grow(struct ov_arena *arena, const void *entries, uint64_t n,
                  uint64_t *capacity, size_t entry_bytes)
{
    uint64_t wanted = *capacity == 0 ? 4 : *capacity * 2;
    void *larger;

    if (wanted > UINT32_MAX / 4)
        return NULL;
    larger = ov_arena_take(arena, (size_t)wanted * entry_bytes);
    if (larger == NULL)
        return NULL;
    if (n > 0)
        memcpy(larger, entries, (size_t)n * entry_bytes);
    *capacity = wanted;
    return larger;
}

int32_t ov_doc_append(struct ov_arena *arena, struct ov_doc *list,
                      const struct ov_doc *item)
{
    struct container *inside = (struct container *)list;
    const struct ov_doc **items;

    if (item == NULL)
        return OV_NO_SPACE;
    if (list->kind != OV_DOC_LIST)
        return OV_INVALID;
    if (list->n == inside->capacity) {
        items = grow(arena, list->u.items, list->n, &inside->capacity, sizeof(*items));
        if (items == NULL)
            return OV_NO_SPACE;
        list->u.items = items;
    }
    items = (const struct ov_doc **)(uintptr_t)list->u.items;
    items[list->n++] = item;
    return OV_OK;
}

/* FNV-1a, 64 bit. Callers are not trusted, but all they can reach is a long chain in
 * an object of their own. */
static uint64_t hash_name(struct ov_str name)
{
    uint64_t hash = 14695981039346656037u, i;

    for (i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

/* The slot of the name, or the free one where it belongs. */
static uint32_t *find_slot(const struct container *inside, struct ov_str name)
{
    uint64_t mask = inside->n_slots - 1, at = hash_name(name) & mask;

    while (inside->slots[at] != 0 &&
           !ov_str_equal(inside->doc.u.members[inside->slots[at] - 1].name, name))
        at = (at + 1) & mask;
    return &inside->slots[at];
}

static int rebuild_slots(struct ov_arena *arena, struct container *inside)
{
    uint64_t i, n_slots = inside->capacity * 4;
    uint32_t *slots = ov_arena_take(arena, (size_t)n_slots * sizeof(*slots));

    /* Without a table names are compared one by one: an old one would fill up. */
    inside->n_slots = 0;
    if (slots == NULL)
        return 0;
    memset(slots, 0, (size_t)n_slots * sizeof(*slots));
    inside->slots = slots;
    inside->n_slots = n_slots;
    for (i = 0; i < inside->doc.n; i++)
        *find_slot(inside, inside->doc.u.members[i].name) = (uint32_t)i + 1;
    return 1;
}

static int has_member(const struct container *inside, struct ov_str name)
{
    uint64_t i;

    if (inside->n_slots > 0)
        return *find_slot(inside, name) != 0;
    for (i = 0; i < inside->doc.n; i++)
        if (ov_str_equal(inside->doc.u.members[i].name, name))
            return 1;
    return 0;
}

static int make_room(struct ov_arena *arena, struct container *inside)
{
    struct ov_member *members;

    if (inside->doc.n < inside->capacity)
        return 1;
    members = grow(arena, inside->doc.u.members, inside->doc.n, &inside->capacity,
                   sizeof(*members));
    if (members == NULL)
        return 0;
    inside->doc.u.members = members;
    return inside->capacity <= FEW_MEMBERS || rebuild_slots(arena, inside);
}

int32_t ov_doc_set(struct ov_arena *arena, struct ov_doc *object, struct ov_str name,
                   const struct ov_doc *value)
{
    struct container *inside = (struct container *)object;
    struct ov_member *members;

    if (value == NULL)
        return OV_NO_SPACE;
    if (object->kind != OV_DOC_OBJECT || has_member(inside, name))
        return OV_INVALID;
    name = ov_arena_text(arena, name);
    if (name.p == NULL || !make_room(arena, inside))
        return OV_NO_SPACE;
    members = (struct ov_member *)(uintptr_t)object->u.members;
    members[object->n].name = name;
    members[object->n].value = value;
    if (inside->n_slots > 0)
        *find_slot(inside, name) = (uint32_t)object->n + 1;
    object->n++;
    return OV_OK;
}

static struct ov_doc *copy_floats(struct ov_arena *arena, const struct ov_doc *doc)
{
    size_t bytes = (size_t)doc->n * sizeof(float);
    float *floats = ov_arena_take(arena, bytes);

    if (floats == NULL)
        return NULL;
    if (bytes > 0)
        memcpy(floats, doc->u.floats, bytes);
    return ov_doc_floats(arena, floats, doc->n);
}

static struct ov_doc *copy_list(struct ov_arena *arena, const struct ov_doc *doc)
{
    struct ov_doc *copy = ov_doc_list(arena);
    uint64_t i;

    for (i = 0; copy != NULL && i < doc->n; i++)
        if (ov_doc_append(arena, copy, ov_doc_copy(arena, doc->u.items[i])) != OV_OK)
            return NULL;
    return copy;
}

static struct ov_doc *copy_object(struct ov_arena *arena, const struct ov_doc *doc)
{
    struct ov_doc *copy = ov_doc_object(arena);
    uint64_t i;

    for (i = 0; copy != NULL && i < doc->n; i++)
        if (ov_doc_set(arena, copy, doc->u.members[i].name,
                       ov_doc_copy(arena, doc->u.members[i].value)) != OV_OK)
            return NULL;
    return copy;
}

struct ov_doc *ov_doc_copy(struct ov_arena *arena, const struct ov_doc *doc)
{
    struct ov_doc *copy;

    switch ((enum ov_doc_kind)doc->kind) {
    case OV_DOC_TEXT:
        return ov_doc_text(arena, ov_doc_str(doc));
    case OV_DOC_LIST:
        return copy_list(arena, doc);
    case OV_DOC_OBJECT:
        return copy_object(arena, doc);
    case OV_DOC_FLOATS:
        return copy_floats(arena, doc);
    case OV_DOC_NULL:
    case OV_DOC_BOOL:
    case OV_DOC_INT:
    case OV_DOC_REAL:
        break;
    }
    copy = ov_arena_take(arena, sizeof(*copy));
    if (copy != NULL)
        *copy = *doc;
    return copy;
}

const struct ov_doc *ov_doc_get(const struct ov_doc *object, const char *name)
{
    struct ov_str wanted = ov_str_of(name);
    uint64_t i;

    if (object == NULL || object->kind != OV_DOC_OBJECT)
        return NULL;
    for (i = 0; i < object->n; i++)
        if (ov_str_equal(object->u.members[i].name, wanted))
            return object->u.members[i].value;
    return NULL;
}

struct ov_str ov_doc_str(const struct ov_doc *text)
{
    struct ov_str str = { "", 0 };

    if (text != NULL && text->kind == OV_DOC_TEXT) {
        str.p = text->u.text;
        str.n = text->n;
    }
    return str;
}

static int equal_objects(const struct ov_doc *a, const struct ov_doc *b)
{
    uint64_t i;

    /* Names do not repeat, so equal numbers and one inclusion are enough. */
    for (i = 0; i < a->n; i++) {
        const struct ov_doc *other = NULL;
        uint64_t k;

        for (k = 0; k < b->n && other == NULL; k++)
            if (ov_str_equal(b->u.members[(i + k) % b->n].name, a->u.members[i].name))
                other = b->u.members[(i + k) % b->n].value;
        if (other == NULL || !ov_doc_equal(a->u.members[i].value, other))
            return 0;
    }
    return 1;
}

int ov_doc_equal(const struct ov_doc *a, const struct ov_doc *b)
{
    uint64_t i;

    if (a->kind != b->kind || a->n != b->n)
        return 0;
    switch ((enum ov_doc_kind)a->kind) {
    case OV_DOC_NULL:
        return 1;
    case OV_DOC_BOOL:
    case OV_DOC_INT:
        return a->u.i == b->u.i;
    case OV_DOC_REAL:
        return a->u.f == b->u.f;
    case OV_DOC_TEXT:
        return ov_str_equal(ov_doc_str(a), ov_doc_str(b));
    case OV_DOC_OBJECT:
        return equal_objects(a, b);
    case OV_DOC_FLOATS:
        for (i = 0; i < a->n; i++)
            if (a->u.floats[i] != b->u.floats[i])
                return 0;
        return 1;
    case OV_DOC_LIST:
        for (i = 0; i < a->n; i++)
            if (!ov_doc_equal(a->u.items[i], b->u.items[i]))
                return 0;
        return 1;
    }
    return 0;
}
