/* SPDX-License-Identifier: Apache-2.0 */
/* dependency.c - libraries that zoo objects need; which one is chosen by a switch. */
#include <ov/backend.h>

#if defined(ABSENT)
OV_EXPORT int zoo_elsewhere(void);
int zoo_elsewhere(void)
{
    return 1;
}
#elif defined(MIDDLE)
int zoo_elsewhere(void);
OV_EXPORT int zoo_middle(void);
int zoo_middle(void)
{
    return zoo_elsewhere();
}
#elif defined(VERSIONED)
OV_EXPORT int zoo_versioned(void);
int zoo_versioned(void)
{
    return 1;
}
#elif defined(ENTRY)
/* A whole provider's entry, in a library: what merely links to it is none. */
OV_EXPORT int32_t zoo_entry_elsewhere(const struct ov_services *services,
                                      struct ov_backend *out, struct ov_error *err);
#define ov_backend_get zoo_entry
#define ov_backend_abi_version zoo_abi_version
#define ZOO_NAME "entry"
int32_t zoo_entry(const struct ov_services *services, struct ov_backend *out,
                  struct ov_error *err);
#include "zoo.c"
#undef ov_backend_get
int32_t zoo_entry_elsewhere(const struct ov_services *services, struct ov_backend *out,
                            struct ov_error *err)
{
    return zoo_entry(services, out, err);
}
OV_EXPORT int32_t ov_backend_get(const struct ov_services *services,
                                 struct ov_backend *out, struct ov_error *err)
{
    return zoo_entry(services, out, err);
}
#endif
