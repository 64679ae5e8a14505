/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.c - getaddrinfo waits for name servers as long as resolv.conf says and cannot
 * be stopped, so it runs on a thread of its own, and who asked stops waiting when it is
 * time. The thread then ends by itself, with what it was given; it lives no longer than
 * the system's own limit for a look-up, and only so many of them do at once.
 */
#include "resolve.h"

#include "link.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNANSWERED_MOST 32
#define STACK_BYTES ((size_t)512 << 10)

struct lookup {
    int refs;  /* who asked, and the thread */
    int ready; /* eventfd */
    int code;
    struct addresses found;
    char host[256];
};

static int unanswered;

static void unref(struct lookup *l)
{
    if (__atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    close(l->ready);
    free(l);
}

static int look_up(const char *host, int flags, struct addresses *out)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = flags };
    struct addrinfo *list = NULL;
    int code = getaddrinfo(host, NULL, &hints, &list);

    out->n = 0;
    if (code != 0)
        return code;
    for (const struct addrinfo *a = list; a != NULL && out->n < ADDRESSES_MOST;
         a = a->ai_next)
        if (getnameinfo(a->ai_addr, a->ai_addrlen, out->list[out->n], ADDRESS_BYTES, NULL,
                        0, NI_NUMERICHOST) == 0)
            out->n++;
    freeaddrinfo(list);
    return out->n > 0 ? 0 : EAI_NONAME;
}

static void *run(void *ctx)
{
    struct lookup *l = ctx;
    uint64_t one = 1;
    ssize_t written;

    l->code = look_up(l->host, 0, &l->found);
    __atomic_sub_fetch(&unanswered, 1, __ATOMIC_ACQ_REL);
    do
        written = write(l->ready, &one, sizeof(one));
    while (written < 0 && errno == EINTR);
    unref(l);
    return NULL;
}

/* No signal of the program's is ever handled on it. */
static int start_thread(struct lookup *l)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int failed;

    if (pthread_attr_init(&attributes) != 0)
        return 0;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, &attributes, run, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed == 0;
}

static struct lookup *start(const char *host)
{
    struct lookup *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return NULL;
    l->refs = 2;
    l->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    memcpy(l->host, host, strlen(host) + 1);
    if (l->ready >= 0 && start_thread(l))
        return l;
    if (l->ready >= 0)
        close(l->ready);
    free(l);
    return NULL;
}

static int32_t await(const struct lookup *l, const struct ov_call *call, int64_t limit)
{
    struct pollfd fds[2] = { { .fd = l->ready, .events = POLLIN },
                             { .fd = call->cancel_fd, .events = POLLIN } };

    for (;;) {
        int n;

        if (call->cancelled != NULL && __atomic_load_n(call->cancelled, __ATOMIC_ACQUIRE))
            return OV_CANCELLED;
        n = poll(fds, 2, link_ms_until(link_earlier(call->deadline_ns, limit)));
        if (n < 0 && errno != EINTR)
            return OV_NO_SPACE;
        if (n > 0 && fds[0].revents != 0)
            return OV_OK;
        if (n > 0 && fds[1].revents != 0)
            return OV_CANCELLED;
        if (call->deadline_ns != 0 && link_now() >= call->deadline_ns)
            return OV_DEADLINE;
        if (limit != 0 && link_now() >= limit)
            return OV_UNAVAILABLE;
    }
}

static int32_t refuse(const char *host, const char *why, struct ov_error *err)
{
    ov_fail(err, OV_UNAVAILABLE, "host '%s' has no address: %s", host, why);
    err->flags |= OV_ERR_RETRYABLE;
    return OV_UNAVAILABLE;
}

static int32_t ask(const char *host, const struct ov_call *call, int64_t limit,
                   struct addresses *out, struct ov_error *err)
{
    struct lookup *l;
    int32_t status;

    if (__atomic_add_fetch(&unanswered, 1, __ATOMIC_ACQ_REL) > UNANSWERED_MOST) {
        __atomic_sub_fetch(&unanswered, 1, __ATOMIC_ACQ_REL);
        return refuse(host, "too many look-ups of names are still unanswered", err);
    }
    l = start(host);
    if (l == NULL) {
        __atomic_sub_fetch(&unanswered, 1, __ATOMIC_ACQ_REL);
        return ov_no_memory(err);
    }
    status = await(l, call, limit);
    if (status == OV_DEADLINE || status == OV_CANCELLED)
        ov_fail(err, status, "%s while the address of host '%s' was looked up",
                status == OV_DEADLINE ? "the deadline passed" : "cancelled", host);
    else if (status == OV_UNAVAILABLE)
        refuse(host, "the name service has not answered in time", err);
    else if (status != OV_OK)
        ov_no_memory(err);
    else if (l->code != 0)
        status = refuse(host, gai_strerror(l->code), err);
    else
        *out = l->found;
    unref(l);
    return status;
}

int32_t resolve(const char *host, const struct ov_call *call, int64_t limit,
                struct addresses *out, struct ov_error *err)
{
    struct addresses found;

    if (strlen(host) >= sizeof(((struct lookup *)0)->host))
        return ov_fail(err, OV_INVALID, "a host's name in 'url' is over 255 bytes");
    if (look_up(host, AI_NUMERICHOST, &found) == 0) {
        *out = found;
        return OV_OK;
    }
    return ask(host, call, limit, out, err);
}
