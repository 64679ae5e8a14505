/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.c - one fault each, inside a module that is loaded like a provider.
 *
 * Nothing here is ever linked into anything else. The volatile values keep a compiler
 * from seeing the fault and leaving it out.
 */
#include <pthread.h>
#include <stdlib.h>

#define VISIBLE __attribute__((visibility("default")))

VISIBLE int ov_backend_get(const char *fault);
VISIBLE const unsigned int ov_backend_abi_version = 0;

static volatile int zero;
static int shared_word;

static int overflow(void)
{
    char *bytes = calloc(1, (size_t)(8 + zero));
    int value = bytes != NULL ? ((volatile char *)bytes)[8 + zero] : 0;

    free(bytes);
    return value;
}

static int leak(void)
{
    void *volatile lost = malloc((size_t)(64 + zero));

    lost = NULL;
    return lost != NULL;
}

static int undefined(void)
{
    volatile int large = 0x7fffffff;

    return large + 1 + zero;
}

static void *increment(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++)
        shared_word++;
    return NULL;
}

static int race(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, increment, NULL) != 0)
            abort();
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return shared_word;
}

int ov_backend_get(const char *fault)
{
    switch (fault[0]) {
    case 'o':
        return overflow();
    case 'l':
        return leak();
    case 'u':
        return undefined();
    case 'r':
        return race();
    default:
        return 0;
    }
}
