/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.h - a loaded provider, as the rest of the host sees it.
 *
 * Made by the loader, never freed, never changed: any thread may call through table.
 * Every operation of the table is set; optional ones that the provider lacks are
 * stand-ins.
 */
#ifndef OV_CORE_PROVIDER_H
#define OV_CORE_PROVIDER_H

#include <ov/backend.h>
#include <ov/host.h>

struct gate;

struct provider {
    const char *name;
    const char *version;
    const char *path;
    uint32_t abi;
    uint32_t generation; /* 0 for the first file of that path */
    const struct ov_description *description;
    struct ov_backend table;
    struct gate *gate; /* of an OV_SERIAL provider: the one for all its stores */
};

/* The newest usable provider of that name or alias, loaded now if need be. When the file
 * was replaced by one that is refused, that is the one loaded before. */
int32_t host_provider(struct ov_host *host, const char *name, const struct provider **out,
                      struct ov_error *err);

/* To whoever the host's options named. store may be NULL. */
void host_log(struct ov_host *host, uint32_t level, const char *store, const char *format,
              ...) __attribute__((format(printf, 4, 5)));
void host_log_text(struct ov_host *host, uint32_t level, const char *store,
                   struct ov_str message);

#endif
