/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cancel.c - one store and one write, both allowed in a signal handler.
 *
 * The word is for loops that look now and then, the descriptor for those that sleep in
 * poll. It is never read, so it stays readable for every call that carries it.
 */
#include "cancel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int32_t ov_cancel_new(struct ov_cancel **out, struct ov_error *err)
{
    struct ov_cancel *cancel = calloc(1, sizeof(*cancel));

    if (cancel == NULL)
        return ov_no_memory(err);
    cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->fd < 0) {
        free(cancel);
        return ov_fail(err, OV_NO_SPACE, "no descriptor for a cancel object: %s",
                       strerror(errno));
    }
    *out = cancel;
    return OV_OK;
}

void ov_cancel_fire(struct ov_cancel *cancel)
{
    static const uint64_t one = 1;
    int saved = errno;
    ssize_t ignored;

    __atomic_store_n(&cancel->word, 1, __ATOMIC_RELEASE);
    ignored = write(cancel->fd, &one, sizeof(one));
    (void)ignored; /* full: it is readable already */
    errno = saved;
}

void ov_cancel_free(struct ov_cancel *cancel)
{
    if (cancel == NULL)
        return;
    close(cancel->fd);
    free(cancel);
}
