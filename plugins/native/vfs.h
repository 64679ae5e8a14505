/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vfs.h - SQLite's file system with locks that no stranger's close() takes away.
 */
#ifndef OV_NATIVE_VFS_H
#define OV_NATIVE_VFS_H

#include "store.h"

/* The name to open a store's file by; NULL: the usual one, for want of memory. */
const char *vfs_name(void);
/* Are this connection's locks those of vfs.c? They are not where the system has none. */
int vfs_holds(sqlite3 *db);

#endif
