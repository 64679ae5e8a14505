/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services.c - what providers ask of the host, by the number of a store.
 *
 * A number that is not entered, or not any more, is answered and not looked up in freed
 * memory: services_leave waits for those who are inside. Nothing is called under the
 * lock, so a log function may take its time.
 */
#include "services.h"

#include "lock.h"
#include "options.h"
#include "provider.h"

#include <stdlib.h>

struct entry {
    struct entry *next;
    uint64_t store;
    struct ov_host *host;
    const char *profile;
    const struct options *options;
    unsigned inside;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static struct entry *entries;
static uint64_t last;

static struct entry **find(uint64_t store)
{
    struct entry **at = &entries;

    while (*at != NULL && (*at)->store != store)
        at = &(*at)->next;
    return at;
}

static struct entry *go_in(uint64_t store)
{
    struct entry *entry;

    lock_take(&lock);
    entry = *find(store);
    if (entry != NULL)
        entry->inside++;
    lock_leave(&lock);
    return entry;
}

static void go_out(struct entry *entry)
{
    lock_take(&lock);
    if (--entry->inside == 0)
        pthread_cond_broadcast(&left);
    lock_leave(&lock);
}

static void pass_log(uint64_t store, uint32_t level, struct ov_str message)
{
    struct entry *entry = go_in(store);

    if (entry == NULL)
        return;
    host_log_text(entry->host, level, entry->profile, message);
    go_out(entry);
}

static int32_t pass_secret(uint64_t store, uint32_t option, char *buffer,
                           uint64_t capacity, uint64_t *length)
{
    struct entry *entry = go_in(store);
    int32_t status = OV_INVALID;

    if (entry == NULL)
        return OV_INVALID;
    if (entry->options != NULL && option < entry->options->n)
        status = options_secret(entry->options, option, buffer, capacity, length);
    go_out(entry);
    return status;
}

const struct ov_services *services_table(void)
{
    static const struct ov_services table = {
        .size = sizeof(table),
        .abi_minor = OV_ABI_MINOR,
        .log = pass_log,
        .secret = pass_secret,
    };

    return &table;
}

uint64_t services_enter(struct ov_host *host, const char *profile,
                        const struct options *options)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    uint64_t store;

    if (entry == NULL)
        return 0;
    entry->host = host;
    entry->profile = profile;
    entry->options = options;
    lock_take(&lock);
    store = entry->store = ++last;
    entry->next = entries;
    entries = entry;
    lock_leave(&lock);
    return store;
}

void services_leave(uint64_t store)
{
    struct entry **at, *entry;

    lock_take(&lock);
    at = find(store);
    entry = *at;
    if (entry != NULL)
        *at = entry->next;
    while (entry != NULL && entry->inside > 0)
        lock_wait(&left, &lock);
    lock_leave(&lock);
    free(entry);
}
