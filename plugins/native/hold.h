/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.h - locks that end with the descriptor they were taken through, and not before.
 *
 * Record locks of the older kind belong to the process: it loses all it has on a file
 * when it closes any descriptor of it, as a backup tool or a hash in the same process
 * does. These belong to the open file (F_OFD_SETLK). A forked child would hold them as
 * well, so the descriptors are closed in it.
 */
#ifndef OV_NATIVE_HOLD_H
#define OV_NATIVE_HOLD_H

#include <sys/types.h>

/* A descriptor to lock through; mode is for O_CREAT. -1: errno says why. Yours:
 * hold_close. */
int hold_open(const char *path, int flags, mode_t mode);
void hold_close(int fd); /* and what it holds; keeps errno */

/* Does the system, with this file system, have such locks? */
int hold_works(int fd);
/* kind: F_RDLCK, F_WRLCK, F_UNLCK. 0, or an error number; EAGAIN: somebody is in the way.
 * Without such locks the older kind is taken. */
int hold_lock(int fd, int kind, off_t at, off_t n);
/* Would F_WRLCK meet another's lock? Its pid, where the system tells: else -1; 0: no. */
pid_t hold_asked(int fd, off_t at, off_t n);

#endif
