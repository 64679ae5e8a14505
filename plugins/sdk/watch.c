/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - a look at the call's clock after so much work. */
#include <ov/sdk.h>

/* Between two looks, a millisecond or less: a unit is a few nanoseconds. */
#define UNITS_BETWEEN_LOOKS 100000u

void ov_watch_begin(struct ov_watch *watch, const struct ov_call *call,
                    struct ov_error *err)
{
    watch->call = call;
    watch->err = err;
    watch->left = 0;
    watch->code = OV_OK;
    (void)ov_watch_look(watch);
}

int32_t ov_watch_look(struct ov_watch *watch)
{
    if (watch->code == OV_OK && watch->call != NULL)
        watch->code = ov_checkpoint(watch->call, watch->err);
    watch->left = watch->code == OV_OK ? UNITS_BETWEEN_LOOKS : 0;
    return watch->code;
}
