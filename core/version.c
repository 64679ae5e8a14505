/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - which host this is, for programs that load it. */
#include <ov/host.h>

const char *ov_host_version(void)
{
    return OV_HOST_VERSION;
}
