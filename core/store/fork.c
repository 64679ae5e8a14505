/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork.c - the page that a child finds wiped.
 *
 * getpid is a system call and would cost as much as the whole dispatch. MADV_WIPEONFORK
 * is in Linux since 4.14; where the kernel refuses it, a fork handler does the wiping,
 * which misses only a child made by clone without the C library.
 */
#include "fork.h"

#include <ov/sdk.h>

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

static const unsigned char unwatched = 1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned char *page;

const volatile unsigned char *fork_mark = &unwatched;

static void wipe(void)
{
    *page = 0;
}

static void map_page(void)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return;
    page = memory;
    if (madvise(memory, bytes, MADV_WIPEONFORK) != 0)
        pthread_atfork(NULL, NULL, wipe);
    *page = 1;
    fork_mark = page;
}

int32_t fork_watch(struct ov_error *err)
{
    pthread_once(&once, map_page);
    if (page == NULL)
        return ov_no_memory(err);
    return fork_check(err);
}

int32_t fork_refuse(struct ov_error *err)
{
    return ov_fail(err, OV_FORKED,
                   "this process was forked from the one that opened the store");
}

int32_t fork_check(struct ov_error *err)
{
    return *fork_mark != 0 ? OV_OK : fork_refuse(err);
}
