/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/sdk.h - what makes a provider short: the helper library libov_sdk.a.
 *
 * Nothing here crosses the border; a provider links what it uses and keeps it hidden.
 * Every function may be called on any thread. Where two ways of doing a thing would let
 * providers disagree (paths, times, scores, patterns, the meaning of a filter), the
 * rule is here, in one place.
 */
#ifndef OV_SDK_H
#define OV_SDK_H

#include <ov/backend.h>

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ outcome */

/* Fail in one line: return ov_fail(err, OV_NOT_FOUND, "no index '%s'", name). Sets code
 * and message when err is not NULL and has no code yet; returns code. A message that is
 * too long is cut at a whole character and flagged OV_ERR_CUT. */
int32_t ov_fail(struct ov_error *err, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int32_t ov_fail_va(struct ov_error *err, int32_t code, const char *format, va_list list);

/* ov_fail(err, OV_NO_SPACE, "out of memory"). */
int32_t ov_no_memory(struct ov_error *err);

/* "OV_NOT_FOUND"; "OV_INTERNAL" for a number that is none. Static. */
const char *ov_status_name(int32_t code);

/* An error made ready for a call. */
void ov_error_reset(struct ov_error *err);

/* OV_OK, OV_CANCELLED or OV_DEADLINE. Call it every few milliseconds of work. */
int32_t ov_checkpoint(const struct ov_call *call, struct ov_error *err);

/*
 * A checkpoint by work done, for loops of which one round may take long: a text may have
 * a byte or a hundred million. Spend a unit for each few nanoseconds of work: a byte that
 * is looked at, a comparison, a step. Every 100,000 units there is a look at the clock;
 * once that found the call over, code says so and stays. The struct is the caller's, for
 * one thread.
 */
struct ov_watch {
    const struct ov_call *call; /* NULL: there is no clock */
    struct ov_error *err;       /* gets the reason; may be NULL */
    uint64_t left;              /* units until the next look */
    int32_t code;               /* OV_OK, OV_CANCELLED or OV_DEADLINE */
};
/* Looks at once. */
void ov_watch_begin(struct ov_watch *watch, const struct ov_call *call,
                    struct ov_error *err);
int32_t ov_watch_look(struct ov_watch *watch);

/* watch may be NULL: OV_OK. */
static inline int32_t ov_watch_spend(struct ov_watch *watch, uint64_t units)
{
    if (watch == NULL)
        return OV_OK;
    if (units < watch->left) {
        watch->left -= units;
        return OV_OK;
    }
    return ov_watch_look(watch);
}

/* Milliseconds until the deadline, rounded up, 0 when it has passed, -1 for none: the
 * argument that poll() wants. */
int32_t ov_call_wait_ms(const struct ov_call *call);

/* A note to whoever listens to this call. name and remedy may be NULL. */
void ov_say(const struct ov_call *call, uint32_t kind, const char *name,
            const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void ov_progress(const struct ov_call *call, const char *name, double value,
                 double total);

/* --------------------------------------------------------------------- text */

struct ov_str ov_str_of(const char *text); /* NULL gives the empty string */
int ov_str_equal(struct ov_str a, struct ov_str b);
int ov_str_compare(struct ov_str a, struct ov_str b); /* by bytes: -1, 0, 1 */
int ov_utf8_valid(struct ov_str text);                /* and without U+0000 */

/* Text of others on its way to people: what a terminal obeys (C0, U+007F to U+009F), line
 * separators, the marks that turn the order of reading and bytes that are no UTF-8 become
 * '?', line breaks and tabs a blank. lines: '\n' stays. In place; returns the new length.
 * ov_fail and ov_say do it to what they make. */
uint64_t ov_text_tame(char *text, uint64_t n, int lines);
void ov_line_tame(char *line); /* the same, with NUL at its end */
/* 1 when what stands at at (before end) would be replaced; *n: its bytes. */
int ov_text_unshown(const char *at, const char *end, uint64_t *n);

/* -------------------------------------------------------------------- words */

/*
 * The words of keyword search, in records and in queries alike: a word is a run of
 * letters and digits; an ideograph, a kana and a Hangul syllable is a word by itself;
 * everything else separates words. Case does not matter, accents do. (Other scripts
 * that are written without blanks, such as Thai, are not cut: a run of them is a word.)
 */

/* The next word of *text, which moves behind it; n 0 when there is none. The case of its
 * letters is as it was. */
struct ov_str ov_word_next(struct ov_str *text);

/* For providers whose database cuts the words: the i-th range, ascending, of code points
 * beyond ASCII that are no plain letters; each of them is a word by itself (alone) or
 * separates words. 0: there is none. */
int ov_word_range(uint32_t i, uint32_t *first, uint32_t *last, int *alone);

/* -------------------------------------------------------------------- cells */

/*
 * One value of a batch or of a record: a view, valid as long as what it views.
 * type OV_NULL: no value. n counts bytes of a text, elements, dimensions or terms.
 */
struct ov_cell {
    uint32_t type;
    uint32_t reserved;
    uint64_t n;
    union {
        int64_t i;              /* OV_BOOL, OV_INT64, OV_TIME */
        double f;               /* OV_FLOAT64 */
        const char *text;       /* OV_TEXT */
        const int64_t *ints;    /* OV_INT64_LIST */
        const int64_t *offsets; /* OV_TEXT_LIST, OV_SPARSE: n + 1, into bytes */
        const float *floats;    /* OV_VECTOR */
        const double *reals;    /* OV_GEO: longitude, latitude */
    } u;
    const char *bytes;    /* OV_TEXT_LIST, OV_SPARSE: the texts, end to end */
    const float *weights; /* OV_SPARSE */
};

/* The value at (column, row) of an array whose columns have these types; dim is needed
 * for OV_VECTOR. The array is trusted: check it first with ov_array_check. */
void ov_array_cell(const struct ArrowArray *array, uint32_t column, int64_t row,
                   uint32_t type, uint32_t dim, struct ov_cell *out);

/* The same for a batch: type and dim come from the schema. */
void ov_batch_cell(const struct ov_schema *schema, const struct ov_batch *batch,
                   uint32_t column, int64_t row, struct ov_cell *out);

/* One column as the border knows it. */
struct ov_column {
    uint32_t type;
    uint32_t dim;      /* OV_VECTOR */
    uint32_t nullable; /* may hold nulls */
};

/* Is the array what batch.h promises? Lengths, offsets ascending, buffers there,
 * null counts, UTF-8, finite floats. OV_INVALID names the column. */
int32_t ov_array_check(const struct ArrowArray *array, const struct ov_column *columns,
                       uint32_t n_columns, struct ov_error *err);

struct ov_cell ov_null_cell(void);
struct ov_cell ov_int_cell(uint32_t type, int64_t value); /* BOOL, INT64, TIME */
struct ov_cell ov_float_cell(double value);
struct ov_cell ov_text_cell(struct ov_str text);
struct ov_cell ov_vector_cell(const float *floats, uint64_t dim);
struct ov_cell ov_scalar_cell(const struct ov_scalar *scalar);
/* What a record holds in a field that was not written: the fill, [], {}, no value. */
struct ov_cell ov_fill_cell(const struct ov_field *field);

/* Total order within a type; nulls last. Text, paths and keys by bytes; lists and
 * vectors by elements. */
int ov_cell_compare(const struct ov_cell *a, const struct ov_cell *b);

/* A copy in memory of its own, to be cleared. -1 without memory, out untouched. */
int ov_cell_copy(const struct ov_cell *cell, struct ov_cell *out);
void ov_cell_clear(struct ov_cell *copy);

/* The element type of a list, any other type itself. */
uint32_t ov_element_type(uint32_t type);
/* Element i of a list cell as a scalar cell; i < n. */
struct ov_cell ov_cell_element(const struct ov_cell *list, uint64_t i);

/* ------------------------------------------------------------------ schemas */

/* A deep copy in one block: free() it. Records of another minor are cut or extended
 * with zeros. NULL without memory. */
struct ov_schema *ov_schema_copy(const struct ov_schema *schema);
/* OV_NONE when there is none of that name. */
uint32_t ov_schema_field(const struct ov_schema *schema, struct ov_str name);
const struct ov_index *ov_schema_index(const struct ov_schema *schema,
                                       struct ov_str name);
/* Ordinal of the first field with this flag, or OV_NONE. */
uint32_t ov_schema_flagged(const struct ov_schema *schema, uint32_t flag);
/* Is the schema what schema.h promises: types, flags, dimensions, ordinals, names? Its
 * lists are trusted to have their lengths. OV_INVALID names the field or index. */
int32_t ov_schema_check(const struct ov_schema *schema, struct ov_error *err);

/* The whole schema as bytes, for a provider that keeps one blob a collection. *bytes is
 * yours: free(). Decode gives one block as ov_schema_copy does; OV_CORRUPT on bytes
 * that are not ours, and on a schema that ov_schema_check refuses. */
int32_t ov_schema_encode(const struct ov_schema *schema, void **bytes, size_t *n,
                         struct ov_error *err);
int32_t ov_schema_decode(const void *bytes, size_t n, struct ov_schema **out,
                         struct ov_error *err);

/* For Arrow libraries: the ArrowSchema of these columns, yours through its release. */
int32_t ov_arrow_schema(const struct ov_column *columns, const char *const *names,
                        uint32_t n_columns, struct ArrowSchema *out,
                        struct ov_error *err);

/* ------------------------------------------------------------------ filters */

/* One cell a field, by ordinal; only those that the filter names are looked at. */
typedef void ov_filter_cell_fn(void *ctx, uint32_t field, struct ov_cell *out);

/* A filter made ready: patterns compiled, values sorted. Borrows filter and schema. */
struct ov_matcher;
int32_t ov_matcher_new(const struct ov_schema *schema, const struct ov_filter *filter,
                       struct ov_matcher **out, struct ov_error *err);
void ov_matcher_free(struct ov_matcher *matcher);
/* 1 or 0. record: n_fields cells. Any number of threads at once. */
int ov_matcher_match(const struct ov_matcher *matcher, const struct ov_cell *record);
/* The same, one leaf and value at a time, for a provider that keeps columns. */
int ov_matcher_leaf(const struct ov_matcher *matcher, uint32_t node,
                    const struct ov_cell *value);

/* The same three within a call: they spend what they do, in long texts and lists too.
 * When the watch has ended the answer means nothing. watch may be NULL. */
int32_t ov_matcher_new_watched(const struct ov_schema *schema,
                               const struct ov_filter *filter, struct ov_watch *watch,
                               struct ov_matcher **out, struct ov_error *err);
int ov_matcher_match_watched(const struct ov_matcher *matcher,
                             const struct ov_cell *record, struct ov_watch *watch);
int ov_matcher_leaf_watched(const struct ov_matcher *matcher, uint32_t node,
                            const struct ov_cell *value, struct ov_watch *watch);

/* Is the filter what filter.h promises for this schema? For tests and careful
 * providers. */
int32_t ov_filter_check(const struct ov_schema *schema, const struct ov_filter *filter,
                        struct ov_error *err);

/*
 * The pattern dialect of OV_REGEX, the same on every provider: literals, '.' (any
 * character but newline), classes with ranges and negation, \d \w \s and their
 * capitals (ASCII), ^ and $ (of the whole text), groups, '|', * + ? {m} {m,} {m,n} up
 * to 255, escapes of punctuation, \t \n \r. No back-reference, look-around, \b, lazy
 * or possessive repetition. At most 1 KiB. Characters are UTF-8 code points. Matching
 * is linear in the text (K. Thompson, "Regular Expression Search Algorithm", CACM 11(6),
 * 1968): no pattern is slow, but a large one may do a thousand steps a character.
 */
struct ov_pattern;
/* OV_INVALID; *at is the byte offset of the fault. OV_LIMIT when it is too large. */
int32_t ov_pattern_new(struct ov_str text, struct ov_pattern **out, uint64_t *at,
                       struct ov_error *err);
void ov_pattern_free(struct ov_pattern *pattern);
int ov_pattern_match(const struct ov_pattern *pattern, struct ov_str text); /* 1, 0 */
/* The same within a call, as ov_matcher_match_watched. */
int ov_pattern_match_watched(const struct ov_pattern *pattern, struct ov_str text,
                             struct ov_watch *watch);
/* The same pattern in PostgreSQL's advanced syntax, (?p) mode: yours, free(). NULL
 * without memory. */
char *ov_pattern_to_are(const struct ov_pattern *pattern);

/* ------------------------------------------------------- paths, times, places */

/* The canonical form into buffer of at least text.n + 1 bytes (no NUL is written):
 * leading '/' added, empty segments dropped, the root "". Returns the length. */
uint64_t ov_path_canonical(struct ov_str text, char *buffer);
/* Segments of a canonical path: 0 for the root. */
uint64_t ov_path_depth(struct ov_str path);
/* Is path the scope or at most levels below it (-1: any)? Both canonical. */
int ov_path_within(struct ov_str path, struct ov_str scope, int64_t levels);

/* ISO 8601 as Python 3.11's datetime.fromisoformat reads it (blanks around, a trailing Z
 * and, as in 3.14, 24:00 allowed), without an offset UTC whatever the zone of the
 * process; cut to whole milliseconds. OV_INVALID names the text. */
int32_t ov_time_parse(struct ov_str text, int64_t *micros, struct ov_error *err);
/* YYYY-MM-DDTHH:MM:SS.mmmZ; returns the length. Years 1 to 9999. */
#define OV_TIME_TEXT 32
uint64_t ov_time_print(int64_t micros, char buffer[OV_TIME_TEXT]);

/* "lon,lat"; blanks around numbers allowed. OV_INVALID. */
int32_t ov_geo_parse(struct ov_str text, double lon_lat[2], struct ov_error *err);
#define OV_GEO_TEXT 64
uint64_t ov_geo_print(const double lon_lat[2], char buffer[OV_GEO_TEXT]);

/* Numbers, whatever the locale. Shortest text that reads back the same. */
#define OV_NUMBER_TEXT 32
uint64_t ov_double_print(double value, char buffer[OV_NUMBER_TEXT]);
uint64_t ov_float_print(float value, char buffer[OV_NUMBER_TEXT]);
uint64_t ov_int_print(int64_t value, char buffer[OV_NUMBER_TEXT]);
/* The whole text, or OV_INVALID; no blanks, no hexadecimal, finite. */
int32_t ov_double_parse(struct ov_str text, double *out);
int32_t ov_int_parse(struct ov_str text, int64_t *out);

/* ------------------------------------------------------------------- scores */

/* By the rules of schema.h, in double precision, the plain way: what faster kernels are
 * tested against. */
double ov_score_dense(uint32_t metric, const float *query, const float *record,
                      uint64_t dim);
/* sparse: an OV_SPARSE cell, or OV_NULL for a record without terms. */
double ov_score_sparse(uint32_t metric, const struct ov_sparse *query,
                       const struct ov_cell *record);
/* The score of one record for query number q of a request. record: one cell a field. */
double ov_score(const struct ov_index *index, const struct ov_search *request, uint32_t q,
                const struct ov_cell *record);

/* ----------------------------------------------------- making arrays: results */

/*
 * Row by row into columns. Adding cannot fail on its own: a builder that ran out of
 * memory remembers, and finish says so.
 *
 *     struct ov_rows *rows = ov_rows_new(columns, n);
 *     ov_rows_add(rows, &cell) ...         next column, then next row
 *     return ov_rows_finish(rows, &out->rows, err);
 */
struct ov_rows;
struct ov_rows *ov_rows_new(const struct ov_column *columns, uint32_t n_columns);
void ov_rows_add(struct ov_rows *rows, const struct ov_cell *cell);
int64_t ov_rows_count(const struct ov_rows *rows);
uint64_t ov_rows_bytes(const struct ov_rows *rows);
/* Frees rows in any case; *out is yours through its release, on any thread. */
int32_t ov_rows_finish(struct ov_rows *rows, struct ArrowArray *out,
                       struct ov_error *err);
void ov_rows_free(struct ov_rows *rows);

/* The columns of an answer: key, for a search score and query, then the fields. Returns
 * how many; columns has room for n_fields + 3. */
uint32_t ov_result_columns(const struct ov_schema *schema, int search,
                           const uint32_t *fields, uint32_t n_fields,
                           struct ov_column *columns);

#ifdef __cplusplus
}
#endif
#endif
