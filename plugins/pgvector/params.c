/* SPDX-License-Identifier: Apache-2.0 */
/* params.c - the binary form: big-endian numbers, lengths before elements. */
#include "params.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_2000 INT64_C(946684800000000) /* microseconds from 1970 */
/* 4714-11-24 BC and 294277-01-01, between which timestamptz lies, from 2000. */
#define TIME_FIRST (-INT64_C(211813488000000000))
#define TIME_END INT64_C(9223371331200000000)

void params_clear(struct params *params)
{
    free(params->list);
    free(params->bytes);
    memset(params, 0, sizeof(*params));
}

static void *add_bytes(struct params *params, size_t n)
{
    size_t room = params->bytes_room != 0 ? params->bytes_room : 512;
    char *bytes;

    if (params->failed)
        return NULL;
    while (room - params->n_bytes < n)
        room *= 2;
    if (room != params->bytes_room) {
        bytes = realloc(params->bytes, room);
        if (bytes == NULL) {
            params->failed = 1;
            return NULL;
        }
        params->bytes = bytes;
        params->bytes_room = room;
    }
    params->n_bytes += n;
    return params->bytes + params->n_bytes - n;
}

static void put(struct params *params, const void *bytes, size_t n)
{
    void *to = add_bytes(params, n);

    if (to != NULL && n > 0)
        memcpy(to, bytes, n);
}

static void put_32(struct params *params, uint32_t value)
{
    value = htobe32(value);
    put(params, &value, sizeof(value));
}

static void put_64(struct params *params, uint64_t value)
{
    value = htobe64(value);
    put(params, &value, sizeof(value));
}

static void put_double(struct params *params, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    put_64(params, bits);
}

static void put_float(struct params *params, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    put_32(params, bits);
}

/* pgvector's send format: int16 dimensions, int16 zero, then the elements. */
static void put_vector(struct params *params, const float *floats, uint32_t dim)
{
    unsigned char *to = add_bytes(params, 4 + 4 * (size_t)dim);

    if (to == NULL)
        return;
    to[0] = (unsigned char)(dim >> 8);
    to[1] = (unsigned char)dim;
    to[2] = to[3] = 0;
    to += 4;
    for (uint32_t i = 0; i < dim; i++, to += 4) {
        uint32_t bits;

        memcpy(&bits, floats + i, 4);
        bits = htobe32(bits);
        memcpy(to, &bits, 4);
    }
}

/* The parameter whose bytes begin at `at` and end here. */
static int close_param(struct params *params, uint32_t oid, size_t at)
{
    struct param *list;
    int room;

    if (params->failed)
        return params->n + 1;
    if (params->n_bytes - at > INT32_MAX) {
        params->failed = 1;
        return params->n + 1;
    }
    if (params->n == params->room) {
        room = params->room != 0 ? 2 * params->room : 16;
        list = realloc(params->list, (size_t)room * sizeof(*list));
        if (list == NULL) {
            params->failed = 1;
            return params->n + 1;
        }
        params->list = list;
        params->room = room;
    }
    params->list[params->n].oid = oid;
    params->list[params->n].length = (int32_t)(params->n_bytes - at);
    params->list[params->n].at = at;
    return ++params->n;
}

int params_null(struct params *params, uint32_t oid)
{
    int n = close_param(params, oid, params->n_bytes);

    if (!params->failed)
        params->list[n - 1].length = -1;
    return n;
}

int params_bool(struct params *params, int value)
{
    size_t at = params->n_bytes;
    char byte = value != 0;

    put(params, &byte, 1);
    return close_param(params, OID_BOOL, at);
}

int params_int4(struct params *params, int32_t value)
{
    size_t at = params->n_bytes;

    put_32(params, (uint32_t)value);
    return close_param(params, OID_INT4, at);
}

int params_int8(struct params *params, int64_t value)
{
    size_t at = params->n_bytes;

    put_64(params, (uint64_t)value);
    return close_param(params, OID_INT8, at);
}

int params_float8(struct params *params, double value)
{
    size_t at = params->n_bytes;

    put_double(params, value);
    return close_param(params, OID_FLOAT8, at);
}

int params_text(struct params *params, struct ov_str value)
{
    size_t at = params->n_bytes;

    put(params, value.p, value.n);
    return close_param(params, OID_TEXT, at);
}

int params_bytes(struct params *params, const void *bytes, size_t n)
{
    size_t at = params->n_bytes;

    put(params, bytes, n);
    return close_param(params, OID_BYTEA, at);
}

int64_t params_server_time(int64_t micros)
{
    int64_t time;

    if (__builtin_sub_overflow(micros, EPOCH_2000, &time) || time < TIME_FIRST)
        return INT64_MIN;
    return time >= TIME_END ? INT64_MAX : time;
}

int64_t params_host_time(int64_t server)
{
    int64_t time;

    if (__builtin_add_overflow(server, EPOCH_2000, &time))
        return server < 0 ? INT64_MIN : INT64_MAX;
    return time;
}

int params_time(struct params *params, int64_t micros)
{
    size_t at = params->n_bytes;

    put_64(params, (uint64_t)params_server_time(micros));
    return close_param(params, OID_TIME, at);
}

int params_vector(struct params *params, uint32_t oid, const float *floats, uint32_t dim)
{
    size_t at = params->n_bytes;

    put_vector(params, floats, dim);
    return close_param(params, oid, at);
}

int params_scalar(struct params *params, const struct ov_scalar *value)
{
    switch (value->type) {
    case OV_BOOL:
        return params_bool(params, value->u.i != 0);
    case OV_INT64:
        return params_int8(params, value->u.i);
    case OV_FLOAT64:
        return params_float8(params, value->u.f);
    case OV_TIME:
        return params_time(params, value->u.i);
    case OV_TEXT:
        return params_text(params, value->u.s);
    default:
        return params_null(params, OID_TEXT);
    }
}

void params_array_begin(struct params *params, uint32_t oid, uint32_t element)
{
    params->array_at = params->n_bytes;
    params->array_n = 0;
    put_32(params, oid); /* kept here until the end */
    put_32(params, 1);   /* dimensions */
    put_32(params, 0);   /* has nulls */
    put_32(params, element);
    put_32(params, 0); /* elements */
    put_32(params, 1); /* first subscript */
}

static void set_32(struct params *params, size_t at, uint32_t value)
{
    value = htobe32(value);
    memcpy(params->bytes + at, &value, sizeof(value));
}

void params_array_null(struct params *params)
{
    put_32(params, UINT32_MAX);
    params->array_n++;
    if (!params->failed)
        set_32(params, params->array_at + 8, 1);
}

void params_array_text(struct params *params, struct ov_str value)
{
    put_32(params, (uint32_t)value.n);
    put(params, value.p, value.n);
    params->array_n++;
}

void params_array_float4(struct params *params, float value)
{
    put_32(params, 4);
    put_float(params, value);
    params->array_n++;
}

void params_array_int4(struct params *params, int32_t value)
{
    put_32(params, 4);
    put_32(params, (uint32_t)value);
    params->array_n++;
}

static void put_8_bytes(struct params *params, uint64_t value)
{
    put_32(params, 8);
    put_64(params, value);
    params->array_n++;
}

static void put_geo(struct params *params, const double *lon_lat)
{
    put_32(params, 16);
    put_double(params, lon_lat[0]);
    put_double(params, lon_lat[1]);
    params->array_n++;
}

/* Lists and sparse vectors have no place in an array of PostgreSQL's: see encode.c. */
void params_array_cell(struct params *params, const struct ov_cell *cell)
{
    uint64_t bits;
    char byte;

    switch (cell->type) {
    case OV_BOOL:
        byte = cell->u.i != 0;
        params_array_text(params, (struct ov_str){ &byte, 1 });
        return;
    case OV_INT64:
        put_8_bytes(params, (uint64_t)cell->u.i);
        return;
    case OV_FLOAT64:
        memcpy(&bits, &cell->u.f, sizeof(bits));
        put_8_bytes(params, bits);
        return;
    case OV_TIME:
        put_8_bytes(params, (uint64_t)params_server_time(cell->u.i));
        return;
    case OV_TEXT:
        params_array_text(params, (struct ov_str){ cell->u.text, cell->n });
        return;
    case OV_VECTOR:
        put_32(params, (uint32_t)(4 + 4 * cell->n));
        put_vector(params, cell->u.floats, (uint32_t)cell->n);
        params->array_n++;
        return;
    case OV_GEO:
        put_geo(params, cell->u.reals);
        return;
    default:
        params_array_null(params);
    }
}

int params_array_end(struct params *params)
{
    uint32_t oid;

    if (params->failed)
        return params->n + 1;
    memcpy(&oid, params->bytes + params->array_at, sizeof(oid));
    set_32(params, params->array_at + 16, params->array_n);
    return close_param(params, be32toh(oid), params->array_at + 4);
}

uint32_t params_type(uint32_t type)
{
    static const uint32_t oids[] = { 0,        OID_BOOL, OID_INT8, OID_FLOAT8,
                                     OID_TIME, OID_TEXT, OID_TEXT, OID_TEXT,
                                     0,        OID_TEXT, OID_POINT };

    return type < sizeof(oids) / sizeof(oids[0]) ? oids[type] : 0;
}

uint32_t params_types(uint32_t type)
{
    static const uint32_t oids[] = { 0,         OID_BOOLS, OID_INT8S, OID_FLOAT8S,
                                     OID_TIMES, OID_TEXTS, OID_TEXTS, OID_TEXTS,
                                     0,         OID_TEXTS, OID_POINTS };

    return type < sizeof(oids) / sizeof(oids[0]) ? oids[type] : 0;
}
