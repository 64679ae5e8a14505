/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust.h - who besides root and this process's user can change a file or its way.
 *
 * Looked at are modes, owners, groups and POSIX access lists. NFS access lists and what a
 * server of a network file system does with them are not seen here.
 */
#ifndef OV_CORE_TRUST_H
#define OV_CORE_TRUST_H

#include <ov/status.h>

#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

/* For whom it must be trustworthy. */
struct trust {
    uid_t user;
    int raised; /* privileges: what is a warning becomes a refusal */
};
struct trust trust_of_process(void);

enum trust_fault {
    TRUST_GOOD,
    TRUST_WRITABLE, /* others may write it, or put something else in its place */
    TRUST_OWNER     /* it belongs to neither root nor the user */
};
#define TRUST_WHY 96
/* One file or directory. next: what it holds of the way to the file, NULL for the file
 * itself. why: "has mode 0777: everybody may write it", when it is not good. */
enum trust_fault trust_judge(const struct trust *trust, const char *path,
                             const struct stat *info, const struct stat *next,
                             char why[TRUST_WHY]);

/* What an operator's file says is obeyed, so its whole way is judged, and a foreign owner
 * of it is refused. fd is the file, opened by this name. OV_DENIED says who and what can
 * be done. A pipe, and what the caller opened before (/dev/stdin), is the caller's. */
int32_t trust_orders(int fd, const char *path, struct ov_error *err);

/* A file with a secret: OV_DENIED when others may write it or put another in its place.
 * who: "everybody" when others may read it, "" when they may not. */
int32_t trust_secret(const char *path, char who[40], struct ov_error *err);

/* ---------------------------------------------------------- trust_others.c */

enum trust_right { TRUST_WRITE = 2, TRUST_READ = 4 };

/* Has somebody besides root, the user and the entry's owner this right, by the bits for
 * others, the group or an access list? 1, and who. */
int trust_others_may(const struct trust *trust, enum trust_right right, const char *path,
                     const struct stat *info, char who[40]);
/* By these files: is this group nobody's but the owner's? */
int trust_group_private(FILE *users, FILE *groups, const struct trust *trust, uid_t owner,
                        gid_t group);
/* Of n bytes of an access list: the first entry that gives the right to another user, or
 * to a group of several; 1, and who. */
int trust_list_gives(const struct trust *trust, enum trust_right right,
                     const unsigned char *list, size_t n, const struct stat *info,
                     char who[40]);

#endif
