/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - from true names to names that PostgreSQL can carry.
 *
 * The server cuts a name at 63 bytes with no more than a notice, and two long names then
 * are one. What is made here never reaches that length.
 */
#include "text.h"

#include <stdio.h>
#include <string.h>

#define MOST (NAME_BYTES - 1)

/* FNV-1a in 64 bits, and a final stir so that short texts differ in all digits. */
static uint64_t digest(uint64_t h, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)bytes[i]) * 1099511628211u;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ (h >> 32);
}

#define DIGEST_START 14695981039346656037u

/* Bytes of text that fit into room without cutting a character. */
static size_t cut(const char *text, size_t n, size_t room)
{
    if (n <= room)
        return n;
    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    return room;
}

static void make(char out[NAME_BYTES], struct ov_str name)
{
    size_t n = cut(name.p, name.n, MOST - 17);

    if (n > 0)
        memcpy(out, name.p, n);
    snprintf(out + n, NAME_BYTES - n, "#%016llx",
             (unsigned long long)digest(DIGEST_START, name.p, name.n));
}

static void keep(char out[NAME_BYTES], struct ov_str name)
{
    memcpy(out, name.p, name.n);
    out[name.n] = '\0';
}

static int is_plain(struct ov_str name)
{
    return name.n > 0 && name.n <= MOST && memchr(name.p, '#', name.n) == NULL;
}

static int is_system_column(struct ov_str name)
{
    static const char *const taken[] = { "ctid", "xmin", "xmax",    "cmin",
                                         "cmax", "oid",  "tableoid" };

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strlen(taken[i]) == name.n && memcmp(taken[i], name.p, name.n) == 0)
            return 1;
    return 0;
}

void name_column(char out[NAME_BYTES], struct ov_str name)
{
    if (is_plain(name) && !is_system_column(name))
        keep(out, name);
    else
        make(out, name);
}

void name_table(char out[NAME_BYTES], struct ov_str name)
{
    if (is_plain(name) && (name.n < 3 || memcmp(name.p, "ov_", 3) != 0))
        keep(out, name);
    else
        make(out, name);
}

void name_part(char out[NAME_BYTES], const char *table, const char *what,
               const char *purpose)
{
    uint64_t h = digest(DIGEST_START, table, strlen(table) + 1);
    size_t a = cut(table, strlen(table), 21), b = cut(what, strlen(what), 17);

    h = digest(h, what, strlen(what) + 1);
    h = digest(h, purpose, strlen(purpose));
    snprintf(out, NAME_BYTES, "%.*s#%.*s#%s#%016llx", (int)a, table, (int)b, what,
             purpose, (unsigned long long)h);
}

void name_beside(char out[NAME_BYTES], const char *column, const char *purpose)
{
    size_t n = strlen(column), more = strlen(purpose) + 1;

    if (n + 1 + more > NAME_BYTES) {
        name_part(out, column, "", purpose);
        return;
    }
    memcpy(out, column, n);
    out[n] = '#';
    memcpy(out + n + 1, purpose, more);
}
