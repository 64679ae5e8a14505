/* SPDX-License-Identifier: Apache-2.0 */
/* cancel.h - what a call needs of a cancel object. */
#ifndef OV_CORE_CANCEL_H
#define OV_CORE_CANCEL_H

#include <ov/store.h>

struct ov_cancel {
    uint32_t word; /* non-zero once fired */
    int fd;        /* readable once fired */
};

#endif
