/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.c - where every public member lies, checked at compile time.
 *
 * A line is added when a header grows and never changed: a provider that was built years
 * ago counts on it. Atoms keep their size (SIZE), records may become longer (GROWS).
 * Compiled against the present headers (PRESENT), and against each frozen set. Places
 * hold for 64-bit pointers; the host refuses providers of another machine anyway.
 */
#include <ov/sdk.h>

#define SIZE(STRUCT, BYTES) \
    _Static_assert(sizeof(struct STRUCT) == (BYTES), #STRUCT " changed its size")
#define GROWS(STRUCT, BYTES) \
    _Static_assert(sizeof(struct STRUCT) >= (BYTES), #STRUCT " became shorter")
#define FIELD(STRUCT, MEMBER, AT, BYTES)                                \
    _Static_assert(offsetof(struct STRUCT, MEMBER) == (AT) &&           \
                       sizeof(((struct STRUCT *)0)->MEMBER) == (BYTES), \
                   #STRUCT "." #MEMBER " moved or changed its width")
#define VALUE(NAME, NUMBER) _Static_assert((NAME) == (NUMBER), #NAME " changed")

/* clang-format off */
/* ov/status.h */
SIZE(ov_error, 512);
FIELD(ov_error, size, 0, 4);
FIELD(ov_error, code, 4, 4);
FIELD(ov_error, flags, 8, 4);
FIELD(ov_error, retry_after_ms, 12, 4);
FIELD(ov_error, row, 16, 8);
FIELD(ov_error, field, 24, 4);
FIELD(ov_error, node, 28, 4);
FIELD(ov_error, provider_code, 32, 32);
FIELD(ov_error, where, 64, 96);
FIELD(ov_error, message, 160, 352);
VALUE(OV_OK, 0);
VALUE(OV_INVALID, 1);
VALUE(OV_NOT_FOUND, 2);
VALUE(OV_NO_RECORD, 3);
VALUE(OV_EXISTS, 4);
VALUE(OV_UNSUPPORTED, 5);
VALUE(OV_LIMIT, 6);
VALUE(OV_DENIED, 7);
VALUE(OV_BUSY, 8);
VALUE(OV_UNAVAILABLE, 9);
VALUE(OV_DEADLINE, 10);
VALUE(OV_CANCELLED, 11);
VALUE(OV_STALE, 12);
VALUE(OV_CORRUPT, 13);
VALUE(OV_NO_SPACE, 14);
VALUE(OV_CLOSED, 15);
VALUE(OV_FORKED, 16);
VALUE(OV_INTERNAL, 17);
VALUE(OV_ERR_RETRYABLE, 1);
VALUE(OV_ERR_UNCERTAIN, 2);
VALUE(OV_ERR_PARTIAL, 4);
VALUE(OV_ERR_CUT, 8);

/* ov/value.h */
SIZE(ov_str, 16);
FIELD(ov_str, p, 0, 8);
FIELD(ov_str, n, 8, 8);
SIZE(ov_scalar, 24);
FIELD(ov_scalar, type, 0, 4);
FIELD(ov_scalar, reserved, 4, 4);
FIELD(ov_scalar, u.i, 8, 8);
FIELD(ov_scalar, u.f, 8, 8);
FIELD(ov_scalar, u.s, 8, 16);
SIZE(ov_sparse, 24);
FIELD(ov_sparse, n, 0, 8);
FIELD(ov_sparse, terms, 8, 8);
FIELD(ov_sparse, weights, 16, 8);
VALUE(OV_NULL, 0);
VALUE(OV_BOOL, 1);
VALUE(OV_INT64, 2);
VALUE(OV_FLOAT64, 3);
VALUE(OV_TIME, 4);
VALUE(OV_TEXT, 5);
VALUE(OV_TEXT_LIST, 6);
VALUE(OV_INT64_LIST, 7);
VALUE(OV_VECTOR, 8);
VALUE(OV_SPARSE, 9);
VALUE(OV_GEO, 10);

/* ov/filter.h */
SIZE(ov_node, 32);
FIELD(ov_node, op, 0, 2);
FIELD(ov_node, flags, 2, 2);
FIELD(ov_node, field, 4, 4);
FIELD(ov_node, span, 8, 4);
FIELD(ov_node, n_children, 12, 4);
FIELD(ov_node, first_value, 16, 4);
FIELD(ov_node, n_values, 20, 4);
FIELD(ov_node, arg, 24, 8);
GROWS(ov_filter, 32);
FIELD(ov_filter, size, 0, 4);
FIELD(ov_filter, n_nodes, 4, 4);
FIELD(ov_filter, n_values, 8, 4);
FIELD(ov_filter, reserved, 12, 4);
FIELD(ov_filter, nodes, 16, 8);
FIELD(ov_filter, values, 24, 8);
VALUE(OV_AND, 1);
VALUE(OV_OR, 2);
VALUE(OV_NOT, 3);
VALUE(OV_IN, 4);
VALUE(OV_RANGE, 5);
VALUE(OV_PATH, 6);
VALUE(OV_PREFIX, 7);
VALUE(OV_CONTAINS, 8);
VALUE(OV_REGEX, 9);
VALUE(OV_WITHIN, 10);
VALUE(OV_IS_NULL, 11);
VALUE(OV_RANGE_LOW, 1);
VALUE(OV_RANGE_LOW_OPEN, 2);
VALUE(OV_RANGE_HIGH, 4);
VALUE(OV_RANGE_HIGH_OPEN, 8);

/* ov/schema.h */
GROWS(ov_field, 56);
FIELD(ov_field, size, 0, 4);
FIELD(ov_field, type, 4, 4);
FIELD(ov_field, flags, 8, 4);
FIELD(ov_field, dim, 12, 4);
FIELD(ov_field, name, 16, 16);
FIELD(ov_field, fill, 32, 24);
GROWS(ov_index, 88);
FIELD(ov_index, size, 0, 4);
FIELD(ov_index, state, 4, 4);
FIELD(ov_index, metric, 8, 4);
FIELD(ov_index, dense, 12, 4);
FIELD(ov_index, sparse, 16, 4);
FIELD(ov_index, n_scalars, 20, 4);
FIELD(ov_index, scalars, 24, 8);
FIELD(ov_index, alpha, 32, 8);
FIELD(ov_index, name, 40, 16);
FIELD(ov_index, kind, 56, 16);
FIELD(ov_index, meta, 72, 16);
GROWS(ov_schema, 64);
FIELD(ov_schema, size, 0, 4);
FIELD(ov_schema, n_fields, 4, 4);
FIELD(ov_schema, n_indexes, 8, 4);
FIELD(ov_schema, key, 12, 4);
FIELD(ov_schema, fields, 16, 8);
FIELD(ov_schema, indexes, 24, 8);
FIELD(ov_schema, name, 32, 16);
FIELD(ov_schema, meta, 48, 16);
VALUE(OV_FIELD_KEY, 1);
VALUE(OV_FIELD_NULLABLE, 2);
VALUE(OV_FIELD_PATH, 4);
VALUE(OV_FIELD_EXPIRY, 8);
VALUE(OV_FIELD_FULLTEXT, 16);
VALUE(OV_FIELD_HOST, 32);
VALUE(OV_FIELD_ABSENT, 64);
VALUE(OV_COSINE, 1);
VALUE(OV_IP, 2);
VALUE(OV_L2, 3);
VALUE(OV_INDEX_READY, 0);
VALUE(OV_INDEX_BUILDING, 1);
VALUE(OV_INDEX_BROKEN, 2);

/* ov/batch.h */
SIZE(ArrowSchema, 72);
FIELD(ArrowSchema, format, 0, 8);
FIELD(ArrowSchema, name, 8, 8);
FIELD(ArrowSchema, metadata, 16, 8);
FIELD(ArrowSchema, flags, 24, 8);
FIELD(ArrowSchema, n_children, 32, 8);
FIELD(ArrowSchema, children, 40, 8);
FIELD(ArrowSchema, dictionary, 48, 8);
FIELD(ArrowSchema, release, 56, 8);
FIELD(ArrowSchema, private_data, 64, 8);
SIZE(ArrowArray, 80);
FIELD(ArrowArray, length, 0, 8);
FIELD(ArrowArray, null_count, 8, 8);
FIELD(ArrowArray, offset, 16, 8);
FIELD(ArrowArray, n_buffers, 24, 8);
FIELD(ArrowArray, n_children, 32, 8);
FIELD(ArrowArray, buffers, 40, 8);
FIELD(ArrowArray, children, 48, 8);
FIELD(ArrowArray, dictionary, 56, 8);
FIELD(ArrowArray, release, 64, 8);
FIELD(ArrowArray, private_data, 72, 8);
GROWS(ov_batch, 24);
FIELD(ov_batch, size, 0, 4);
FIELD(ov_batch, n_columns, 4, 4);
FIELD(ov_batch, fields, 8, 8);
FIELD(ov_batch, array, 16, 8);
GROWS(ov_result, 88);
FIELD(ov_result, size, 0, 4);
FIELD(ov_result, flags, 4, 4);
FIELD(ov_result, rows, 8, 80);
VALUE(OV_RESULT_APPROXIMATE, 1);

/* ov/call.h */
GROWS(ov_note, 72);
FIELD(ov_note, size, 0, 4);
FIELD(ov_note, kind, 4, 4);
FIELD(ov_note, name, 8, 16);
FIELD(ov_note, text, 24, 16);
FIELD(ov_note, remedy, 40, 16);
FIELD(ov_note, value, 56, 8);
FIELD(ov_note, total, 64, 8);
GROWS(ov_call, 64);
FIELD(ov_call, size, 0, 4);
FIELD(ov_call, flags, 4, 4);
FIELD(ov_call, deadline_ns, 8, 8);
FIELD(ov_call, now_us, 16, 8);
FIELD(ov_call, id, 24, 8);
FIELD(ov_call, cancelled, 32, 8);
FIELD(ov_call, cancel_fd, 40, 4);
FIELD(ov_call, reserved, 44, 4);
FIELD(ov_call, note, 48, 8);
FIELD(ov_call, note_ctx, 56, 8);
VALUE(OV_NOTE_ACTION, 1);
VALUE(OV_NOTE_CHECK, 2);
VALUE(OV_NOTE_PROBLEM, 3);
VALUE(OV_NOTE_PROGRESS, 4);
VALUE(OV_NOTE_PLAN, 5);
VALUE(OV_NOTE_STATEMENT, 6);
VALUE(OV_CALL_EXPLAIN, 1);
VALUE(OV_CALL_STALE_OK, 2);

/* ov/request.h */
GROWS(ov_fetch, 24);
FIELD(ov_fetch, size, 0, 4);
FIELD(ov_fetch, n_fields, 4, 4);
FIELD(ov_fetch, fields, 8, 8);
FIELD(ov_fetch, keys, 16, 8);
GROWS(ov_search, 96);
FIELD(ov_search, size, 0, 4);
FIELD(ov_search, flags, 4, 4);
FIELD(ov_search, index, 8, 16);
FIELD(ov_search, n_queries, 24, 4);
FIELD(ov_search, dim, 28, 4);
FIELD(ov_search, dense, 32, 8);
FIELD(ov_search, sparse, 40, 8);
FIELD(ov_search, text, 48, 8);
FIELD(ov_search, filter, 56, 8);
FIELD(ov_search, limit, 64, 8);
FIELD(ov_search, offset, 72, 8);
FIELD(ov_search, n_fields, 80, 4);
FIELD(ov_search, reserved, 84, 4);
FIELD(ov_search, fields, 88, 8);
GROWS(ov_scan, 64);
FIELD(ov_scan, size, 0, 4);
FIELD(ov_scan, order, 4, 4);
FIELD(ov_scan, descending, 8, 4);
FIELD(ov_scan, n_fields, 12, 4);
FIELD(ov_scan, fields, 16, 8);
FIELD(ov_scan, filter, 24, 8);
FIELD(ov_scan, after_value, 32, 8);
FIELD(ov_scan, after_key, 40, 8);
FIELD(ov_scan, limit, 48, 8);
FIELD(ov_scan, offset, 56, 8);
GROWS(ov_count, 16);
FIELD(ov_count, size, 0, 4);
FIELD(ov_count, group, 4, 4);
FIELD(ov_count, filter, 8, 8);
VALUE(OV_SEARCH_EXACT, 1);

/* ov/describe.h */
GROWS(ov_option, 64);
FIELD(ov_option, size, 0, 4);
FIELD(ov_option, kind, 4, 4);
FIELD(ov_option, flags, 8, 4);
FIELD(ov_option, reserved, 12, 4);
FIELD(ov_option, name, 16, 8);
FIELD(ov_option, fallback, 24, 8);
FIELD(ov_option, words, 32, 8);
FIELD(ov_option, text, 40, 8);
FIELD(ov_option, low, 48, 8);
FIELD(ov_option, high, 56, 8);
GROWS(ov_ability, 64);
FIELD(ov_ability, size, 0, 4);
FIELD(ov_ability, can, 4, 4);
FIELD(ov_ability, ops, 8, 8);
FIELD(ov_ability, metrics, 16, 8);
FIELD(ov_ability, max_dim, 24, 4);
FIELD(ov_ability, max_fields, 28, 4);
FIELD(ov_ability, max_key_bytes, 32, 8);
FIELD(ov_ability, max_text_bytes, 40, 8);
FIELD(ov_ability, max_batch_rows, 48, 8);
FIELD(ov_ability, max_batch_bytes, 56, 8);
GROWS(ov_description, 56);
FIELD(ov_description, size, 0, 4);
FIELD(ov_description, threads, 4, 4);
FIELD(ov_description, n_options, 8, 4);
FIELD(ov_description, reserved, 12, 4);
FIELD(ov_description, options, 16, 8);
FIELD(ov_description, index_kinds, 24, 8);
FIELD(ov_description, actions, 32, 8);
FIELD(ov_description, exceptions, 40, 8);
FIELD(ov_description, text, 48, 8);
VALUE(OV_OPTION_TEXT, 1);
VALUE(OV_OPTION_INT, 2);
VALUE(OV_OPTION_REAL, 3);
VALUE(OV_OPTION_BOOL, 4);
VALUE(OV_OPTION_MS, 5);
VALUE(OV_OPTION_BYTES, 6);
VALUE(OV_OPTION_PATH, 7);
VALUE(OV_OPTION_WORD, 8);
VALUE(OV_OPTION_SECRET, 9);
VALUE(OV_OPTION_URL, 10);
VALUE(OV_OPTION_REQUIRED, 1);
VALUE(OV_CAN_ATOMIC, 1);
VALUE(OV_CAN_HYBRID, 2);
VALUE(OV_CAN_SPARSE_ONLY, 4);
VALUE(OV_CAN_KEYWORD, 8);
VALUE(OV_CAN_EXPLAIN, 16);
VALUE(OV_CAN_SHARED, 32);
VALUE(OV_CAN_HOST_FILTER, 64);
VALUE(OV_SERIAL, 0);
VALUE(OV_SERIAL_STORE, 1);
VALUE(OV_FREE, 2);

/* ov/backend.h */
GROWS(ov_services, 24);
FIELD(ov_services, size, 0, 4);
FIELD(ov_services, abi_minor, 4, 4);
FIELD(ov_services, log, 8, 8);
FIELD(ov_services, secret, 16, 8);
GROWS(ov_backend, 216);
FIELD(ov_backend, size, 0, 4);
FIELD(ov_backend, abi_minor, 4, 4);
FIELD(ov_backend, describe, 8, 8);
FIELD(ov_backend, open, 16, 8);
FIELD(ov_backend, close, 24, 8);
FIELD(ov_backend, ability, 32, 8);
FIELD(ov_backend, ping, 40, 8);
FIELD(ov_backend, act, 48, 8);
FIELD(ov_backend, collection_list, 56, 8);
FIELD(ov_backend, collection_create, 64, 8);
FIELD(ov_backend, collection_drop, 72, 8);
FIELD(ov_backend, collection_open, 80, 8);
FIELD(ov_backend, collection_close, 88, 8);
FIELD(ov_backend, collection_describe, 96, 8);
FIELD(ov_backend, collection_alter, 104, 8);
FIELD(ov_backend, index_put, 112, 8);
FIELD(ov_backend, index_drop, 120, 8);
FIELD(ov_backend, upsert, 128, 8);
FIELD(ov_backend, update, 136, 8);
FIELD(ov_backend, remove, 144, 8);
FIELD(ov_backend, remove_where, 152, 8);
FIELD(ov_backend, truncate, 160, 8);
FIELD(ov_backend, fetch, 168, 8);
FIELD(ov_backend, search, 176, 8);
FIELD(ov_backend, scan, 184, 8);
FIELD(ov_backend, count, 192, 8);
FIELD(ov_backend, bulk_begin, 200, 8);
FIELD(ov_backend, bulk_end, 208, 8);
SIZE(ov_backend_note, 256);
FIELD(ov_backend_note, name_bytes, 0, 4);
FIELD(ov_backend_note, desc_bytes, 4, 4);
FIELD(ov_backend_note, type, 8, 4);
FIELD(ov_backend_note, owner, 12, 4);
FIELD(ov_backend_note, format, 16, 4);
FIELD(ov_backend_note, abi, 20, 4);
FIELD(ov_backend_note, abi_needed, 24, 4);
FIELD(ov_backend_note, flags, 28, 4);
FIELD(ov_backend_note, name, 32, 32);
FIELD(ov_backend_note, version, 64, 32);
FIELD(ov_backend_note, vendor, 96, 32);
FIELD(ov_backend_note, aliases, 128, 128);
VALUE(OV_LOG_ERROR, 1);
VALUE(OV_LOG_WARNING, 2);
VALUE(OV_LOG_INFO, 3);
VALUE(OV_LOG_DEBUG, 4);

/* ov/sdk.h */
GROWS(ov_cell, 40);
FIELD(ov_cell, type, 0, 4);
FIELD(ov_cell, reserved, 4, 4);
FIELD(ov_cell, n, 8, 8);
FIELD(ov_cell, u.i, 16, 8);
FIELD(ov_cell, u.f, 16, 8);
FIELD(ov_cell, u.text, 16, 8);
FIELD(ov_cell, u.ints, 16, 8);
FIELD(ov_cell, u.offsets, 16, 8);
FIELD(ov_cell, u.floats, 16, 8);
FIELD(ov_cell, u.reals, 16, 8);
FIELD(ov_cell, bytes, 24, 8);
FIELD(ov_cell, weights, 32, 8);
GROWS(ov_column, 12);
FIELD(ov_column, type, 0, 4);
FIELD(ov_column, dim, 4, 4);
FIELD(ov_column, nullable, 8, 4);
#ifdef PRESENT
/* Since 1.0. */
GROWS(ov_watch, 32);
FIELD(ov_watch, call, 0, 8);
FIELD(ov_watch, err, 8, 8);
FIELD(ov_watch, left, 16, 8);
FIELD(ov_watch, code, 24, 4);
#endif
/* clang-format on */
