/* SPDX-License-Identifier: Apache-2.0 */
/* cells.c - single values out of an answer in PostgreSQL's binary form. */
#include "job.h"

#include <endian.h>
#include <string.h>

static uint64_t bits_64(const PGresult *result, int row, int column)
{
    uint64_t value = 0;

    if (PQgetlength(result, row, column) == 8)
        memcpy(&value, PQgetvalue(result, row, column), 8);
    return be64toh(value);
}

int64_t job_int8(const PGresult *result, int row, int column)
{
    return (int64_t)bits_64(result, row, column);
}

int32_t job_int4(const PGresult *result, int row, int column)
{
    uint32_t value = 0;

    if (PQgetlength(result, row, column) == 4)
        memcpy(&value, PQgetvalue(result, row, column), 4);
    return (int32_t)be32toh(value);
}

double job_float8(const PGresult *result, int row, int column)
{
    uint64_t bits = bits_64(result, row, column);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

int job_bool(const PGresult *result, int row, int column)
{
    return PQgetlength(result, row, column) == 1 &&
           PQgetvalue(result, row, column)[0] != 0;
}

struct ov_str job_text(const PGresult *result, int row, int column)
{
    return (struct ov_str){ PQgetvalue(result, row, column),
                            (uint64_t)PQgetlength(result, row, column) };
}

int64_t job_affected(const PGresult *result)
{
    int64_t n = 0;

    return ov_int_parse(ov_str_of(PQcmdTuples((PGresult *)(uintptr_t)result)), &n) ==
                   OV_OK
               ? n
               : 0;
}
