/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust_others.c - whom a mode, a group or an access list lets read or write.
 *
 * A group is its owner's alone when it has the owner's number or is the owner's own in
 * /etc/passwd, and when those files name nobody else in it; a group that they do not know
 * is believed only by its number. The files are read here and not asked for through
 * NSS, which would load libraries and may wait for a server.
 *
 * An access list (acl(5)) takes the place of the group's bits in the mode, which then
 * are its mask. It is read as the kernel gives it, so no library is needed.
 */
#include "trust.h"

#include <endian.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/xattr.h>

#define LINE 8192

static int known(const struct trust *trust, uid_t owner, uid_t user)
{
    return user == 0 || user == owner || user == trust->user;
}

/* 1: a user of this name, and it is one of those. */
static int name_is_known(FILE *users, const struct trust *trust, uid_t owner,
                         const char *name)
{
    char line[LINE];
    struct passwd entry, *got;

    rewind(users);
    while (fgetpwent_r(users, &entry, line, sizeof(line), &got) == 0)
        if (strcmp(entry.pw_name, name) == 0)
            return known(trust, owner, entry.pw_uid);
    return 0;
}

int trust_group_private(FILE *users, FILE *groups, const struct trust *trust, uid_t owner,
                        gid_t group)
{
    int own = (gid_t)owner == group, number;
    char line[LINE];
    struct passwd user, *got_user;
    struct group entry, *got;

    while ((number = fgetpwent_r(users, &user, line, sizeof(line), &got_user)) == 0) {
        if (user.pw_gid != group)
            continue;
        if (!known(trust, owner, user.pw_uid))
            return 0;
        own = own || user.pw_uid == owner;
    }
    if (number != ENOENT)
        return 0;
    while ((number = fgetgrent_r(groups, &entry, line, sizeof(line), &got)) == 0)
        for (char **name = entry.gr_mem; entry.gr_gid == group && *name != NULL; name++)
            if (!name_is_known(users, trust, owner, *name))
                return 0;
    return number == ENOENT && own;
}

static int is_private(const struct trust *trust, uid_t owner, gid_t group)
{
    FILE *users = fopen("/etc/passwd", "re");
    FILE *groups = fopen("/etc/group", "re");
    int private = (gid_t)owner == group;

    if (users != NULL && groups != NULL)
    private = trust_group_private(users, groups, trust, owner, group);
    if (users != NULL)
        fclose(users);
    if (groups != NULL)
        fclose(groups);
    return private;
}

/* linux/posix_acl_xattr.h: a version, then entries, little-endian. */
struct list_entry {
    uint16_t tag, rights;
    uint32_t id;
};
enum { LIST_USER = 0x02, LIST_OWN_GROUP = 0x04, LIST_GROUP = 0x08 };

int trust_list_gives(const struct trust *trust, enum trust_right right,
                     const unsigned char *list, size_t n, const struct stat *info,
                     char who[40])
{
    for (size_t at = 4; at + sizeof(struct list_entry) <= n;
         at += sizeof(struct list_entry)) {
        struct list_entry entry;
        uint32_t id;
        int tag;

        memcpy(&entry, list + at, sizeof(entry));
        tag = le16toh(entry.tag);
        id = tag == LIST_OWN_GROUP ? info->st_gid : le32toh(entry.id);
        if ((le16toh(entry.rights) & right) == 0)
            continue;
        if (tag == LIST_USER && !known(trust, info->st_uid, id)) {
            snprintf(who, 40, "user %u, by its access list,", (unsigned int)id);
            return 1;
        }
        if ((tag == LIST_GROUP || tag == LIST_OWN_GROUP) &&
            !is_private(trust, info->st_uid, id)) {
            snprintf(who, 40, "group %u, by its access list,", (unsigned int)id);
            return 1;
        }
    }
    return 0;
}

int trust_others_may(const struct trust *trust, enum trust_right right, const char *path,
                     const struct stat *info, char who[40])
{
    unsigned char list[4096];
    ssize_t n;

    if ((info->st_mode & (mode_t)right) != 0) {
        snprintf(who, 40, "everybody");
        return 1;
    }
    if ((info->st_mode & (mode_t)right << 3) == 0)
        return 0;
    n = lgetxattr(path, "system.posix_acl_access", list, sizeof(list));
    if (n > 4)
        return trust_list_gives(trust, right, list, (size_t)n, info, who);
    if (n < 0 && errno == ERANGE) {
        snprintf(who, 40, "a long access list");
        return 1;
    }
    if (is_private(trust, info->st_uid, info->st_gid))
        return 0;
    snprintf(who, 40, "group %u", (unsigned int)info->st_gid);
    return 1;
}
