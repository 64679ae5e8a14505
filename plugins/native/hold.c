/* SPDX-License-Identifier: Apache-2.0 */
/* hold.c - locks of open files, and the list of their descriptors that a fork empties. */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(F_OFD_SETLK)
#define SET F_OFD_SETLK
#define GET F_OFD_GETLK
#else
#define SET F_SETLK
#define GET F_GETLK
#endif

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t watching = PTHREAD_ONCE_INIT;
static int *list, n_list, room, is_watched;

static void before_fork(void)
{
    pthread_mutex_lock(&list_lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&list_lock);
}

/* The child has not opened them, and must not keep from others what its parent held. */
static void in_child(void)
{
    while (n_list > 0)
        (void)close(list[--n_list]);
    pthread_mutex_unlock(&list_lock);
}

static void watch(void)
{
    is_watched = pthread_atfork(before_fork, after_fork, in_child) == 0;
}

/* list_lock is held. */
static int make_room(void)
{
    int wider = room > 0 ? 2 * room : 32;
    int *grown;

    if (n_list < room)
        return 0;
    grown = realloc(list, (size_t)wider * sizeof(*grown));
    if (grown == NULL)
        return -1;
    list = grown;
    room = wider;
    return 0;
}

int hold_open(const char *path, int flags, mode_t mode)
{
    int fd = -1;

    pthread_once(&watching, watch);
    pthread_mutex_lock(&list_lock);
    if (!is_watched || make_room() != 0) {
        errno = ENOMEM;
    } else {
        fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
        if (fd >= 0)
            list[n_list++] = fd;
    }
    pthread_mutex_unlock(&list_lock);
    return fd;
}

void hold_close(int fd)
{
    int before = errno, i;

    pthread_mutex_lock(&list_lock);
    for (i = 0; i < n_list && list[i] != fd; i++)
        ;
    if (i < n_list) {
        list[i] = list[--n_list];
        (void)close(fd);
    }
    if (n_list == 0) {
        free(list);
        list = NULL;
        room = 0;
    }
    pthread_mutex_unlock(&list_lock);
    errno = before;
}

static struct flock make(int kind, off_t at, off_t n)
{
    struct flock lock;

    memset(&lock, 0, sizeof(lock)); /* l_pid has to be 0 */
    lock.l_type = (short)kind;
    lock.l_whence = SEEK_SET;
    lock.l_start = at;
    lock.l_len = n;
    return lock;
}

int hold_works(int fd)
{
    struct flock lock = make(F_WRLCK, 0, 1);

    return SET != F_SETLK && fcntl(fd, GET, &lock) == 0;
}

int hold_lock(int fd, int kind, off_t at, off_t n)
{
    struct flock lock = make(kind, at, n);
    int code;

    do
        code = fcntl(fd, SET, &lock);
    while (code != 0 && errno == EINTR);
    if (code != 0 && errno == EINVAL && SET != F_SETLK)
        code = fcntl(fd, F_SETLK, &lock);
    if (code == 0)
        return 0;
    return errno == EACCES ? EAGAIN : errno;
}

pid_t hold_asked(int fd, off_t at, off_t n)
{
    struct flock lock = make(F_WRLCK, at, n);

    if (fcntl(fd, GET, &lock) != 0 && (lock.l_pid = 0, fcntl(fd, F_GETLK, &lock)) != 0)
        return -1;
    if (lock.l_type == F_UNLCK)
        return 0;
    return lock.l_pid > 0 ? lock.l_pid : -1;
}
