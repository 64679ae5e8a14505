/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder.h - a plugin folder of a test's own, filled from the zoo.
 *
 * Objects are copied to another name and then renamed, as an operator should do it.
 */
#ifndef OV_TEST_FOLDER_H
#define OV_TEST_FOLDER_H

#include <ov/host.h>

extern char folder[512];      /* "" before make_folder */
extern char extra_path[1024]; /* what stands on the search path behind it */

void make_folder(void);
/* folder/file, and libov_backend_OBJECT.so; static memory, up to four at once. */
const char *in_folder(const char *file);
const char *so_name(const char *object);
/* A file of the zoo to a path; an object into the folder. */
void put_file(const char *from, const char *to);
void put(const char *object);
/* A host that looks there and nowhere else. */
struct ov_host *open_host(void);

/* What a host says of the candidate whose path ends so; n: how many there are. */
struct found {
    const char *wanted;
    int n;
    uint32_t status;
    uint32_t generation;
    char verdict[64], stage[32], reason[400], remedy[300], warning[512];
};
struct found look(struct ov_host *host, const char *wanted);

#endif
