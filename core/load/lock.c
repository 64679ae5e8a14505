/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - how many of the host's locks this thread holds. */
#include "lock.h"

#ifdef OV_TEST_HOOKS
__thread int lock_held;
#endif
