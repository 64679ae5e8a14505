/* SPDX-License-Identifier: Apache-2.0 */
/* faults.c - providers whose constructor does what only a child of ours should meet. */
#include <ov/backend.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
OV_BACKEND_DECLARE(TEXT(FAULT), "", "1.0.0", "ov tests");

__attribute__((constructor)) static void misbehave(void)
{
#if defined(FAULT_HANGS)
    for (;;)
        pause();
#elif defined(FAULT_ENDS)
    _exit(0);
#elif defined(FAULT_PRINTS)
    /* Wherever it can reach, and a child of its own that stays. */
    for (int fd = 0; fd < 3; fd++)
        dprintf(fd, "a provider was here\n");
    if (fork() == 0) {
        alarm(60);
        pause();
        _exit(0);
    }
#endif
}

int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err)
{
    (void)services;
    (void)out;
    err->code = OV_INTERNAL;
    snprintf(err->message, sizeof(err->message), "nothing is here");
    return OV_INTERNAL;
}
