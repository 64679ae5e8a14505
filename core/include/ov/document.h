/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/document.h - a value with structure: records, filters and schemas on their way in,
 * metadata on its way out.
 *
 * JSON text is one producer of documents, a Python object another: the host's parsers
 * read documents, never text. A document is a tree of nodes in one arena; free the root
 * and all is gone. Texts are UTF-8 with a length.
 */
#ifndef OV_DOCUMENT_H
#define OV_DOCUMENT_H

#include <ov/value.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ov_doc_kind {
    OV_DOC_NULL = 0,
    OV_DOC_BOOL = 1,
    OV_DOC_INT = 2,  /* fits int64 */
    OV_DOC_REAL = 3, /* may be NaN or infinite when it does not come from JSON */
    OV_DOC_TEXT = 4,
    OV_DOC_LIST = 5,
    OV_DOC_OBJECT = 6, /* members in the order given, no name twice */
    OV_DOC_FLOATS = 7  /* a list of float32 in one piece: vectors from buffers */
};

/* One node. Read it freely; make it with the functions below. */
struct ov_doc {
    uint32_t kind; /* enum ov_doc_kind */
    uint32_t reserved;
    uint64_t n; /* bytes, elements or members */
    union {
        int64_t i; /* INT; BOOL: 0 or 1 */
        double f;
        const char *text; /* TEXT; ends with NUL as well */
        const struct ov_doc *const *items;
        const struct ov_member *members;
        const float *floats;
    } u;
};

struct ov_member {
    struct ov_str name;
    const struct ov_doc *value;
};

/* The memory of documents: everything made in it lives until it is freed. One thread
 * at a time. */
struct ov_arena;
struct ov_arena *ov_arena_new(void); /* NULL without memory */
void ov_arena_free(struct ov_arena *arena);
/* Forget all that was made, keep the memory. */
void ov_arena_reset(struct ov_arena *arena);
/* Aligned to 16 bytes, not zeroed; NULL without memory. */
void *ov_arena_take(struct ov_arena *arena, size_t bytes);
struct ov_str ov_arena_text(struct ov_arena *arena, struct ov_str text); /* a copy */

/* Makers; NULL without memory. Texts are copied, floats and children borrowed from
 * whoever keeps them as long as the arena. */
struct ov_doc *ov_doc_null(struct ov_arena *arena);
struct ov_doc *ov_doc_bool(struct ov_arena *arena, int value);
struct ov_doc *ov_doc_int(struct ov_arena *arena, int64_t value);
struct ov_doc *ov_doc_real(struct ov_arena *arena, double value);
struct ov_doc *ov_doc_text(struct ov_arena *arena, struct ov_str text);
struct ov_doc *ov_doc_floats(struct ov_arena *arena, const float *floats, uint64_t n);
/* Growing containers. Append refuses (OV_INVALID) a name that is there already. */
struct ov_doc *ov_doc_list(struct ov_arena *arena);
struct ov_doc *ov_doc_object(struct ov_arena *arena);
int32_t ov_doc_append(struct ov_arena *arena, struct ov_doc *list,
                      const struct ov_doc *item);
int32_t ov_doc_set(struct ov_arena *arena, struct ov_doc *object, struct ov_str name,
                   const struct ov_doc *value);
/* A deep copy into another arena. */
struct ov_doc *ov_doc_copy(struct ov_arena *arena, const struct ov_doc *doc);

/* The member of that name, or NULL; NULL too when object is none. */
const struct ov_doc *ov_doc_get(const struct ov_doc *object, const char *name);
struct ov_str ov_doc_str(const struct ov_doc *text); /* empty for other kinds */
int ov_doc_equal(const struct ov_doc *a, const struct ov_doc *b);

/*
 * One JSON value (RFC 8259) that fills the whole text. Refused with OV_INVALID and the
 * place in err->where ("line 3"): duplicate names, invalid UTF-8, lone surrogates,
 * U+0000, numbers beyond int64 or double, more than 64 levels. Integers are exact.
 */
int32_t ov_doc_parse(struct ov_arena *arena, struct ov_str json, struct ov_doc **out,
                     struct ov_error *err);
/* JSON text, one line, ends with NUL: yours, free(). Reals in their shortest form,
 * OV_DOC_FLOATS as float32; OV_INVALID for NaN and infinity. */
int32_t ov_doc_print(const struct ov_doc *doc, char **out, size_t *n,
                     struct ov_error *err);

#ifdef __cplusplus
}
#endif
#endif
