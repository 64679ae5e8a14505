/* SPDX-License-Identifier: Apache-2.0 */
/*
 * params.h - bound values in PostgreSQL's binary form.
 *
 * Each params_ function returns the number n of the $n it made. Running out of memory
 * is remembered (failed) and asked for once, by who runs the statement.
 */
#ifndef OV_PGVECTOR_PARAMS_H
#define OV_PGVECTOR_PARAMS_H

#include <ov/sdk.h>

/* Types of the catalogue whose numbers never change. */
enum oid {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_POINT = 600,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_BOOLS = 1000,
    OID_INT4S = 1007,
    OID_TEXTS = 1009,
    OID_INT8S = 1016,
    OID_POINTS = 1017,
    OID_FLOAT4S = 1021,
    OID_FLOAT8S = 1022,
    OID_TIMES = 1185,
    OID_TIME = 1184
};

/* The protocol counts parameters in 16 bits. */
#define PARAMS_MOST 65000

struct param {
    uint32_t oid;
    int32_t length; /* -1: NULL */
    size_t at;
};

struct params {
    struct param *list;
    int n;
    int room;
    char *bytes;
    size_t n_bytes;
    size_t bytes_room;
    int failed;
    size_t array_at; /* of the array that is being built */
    uint32_t array_n;
};

void params_clear(struct params *params);

int params_null(struct params *params, uint32_t oid);
int params_bool(struct params *params, int value);
int params_int4(struct params *params, int32_t value);
int params_int8(struct params *params, int64_t value);
int params_float8(struct params *params, double value);
int params_text(struct params *params, struct ov_str value);
int params_bytes(struct params *params, const void *bytes, size_t n);
int params_time(struct params *params, int64_t micros);
int params_vector(struct params *params, uint32_t oid, const float *floats, uint32_t dim);
/* By its type. */
int params_scalar(struct params *params, const struct ov_scalar *value);

/* One dimension: begin, any number of elements, end (which returns $n). oid is the
 * array's, element its elements'. */
void params_array_begin(struct params *params, uint32_t oid, uint32_t element);
void params_array_cell(struct params *params, const struct ov_cell *cell);
void params_array_null(struct params *params);
void params_array_text(struct params *params, struct ov_str value);
void params_array_float4(struct params *params, float value);
void params_array_int4(struct params *params, int32_t value);
int params_array_end(struct params *params);

/* Microseconds since 1970 to the server's since 2000; what it cannot hold becomes an
 * infinity, which no stored value is. */
int64_t params_server_time(int64_t micros);
int64_t params_host_time(int64_t server);

uint32_t params_type(uint32_t type);  /* of enum ov_type, scalars and geo */
uint32_t params_types(uint32_t type); /* of an array of it */

#endif
