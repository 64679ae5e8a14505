/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services.h - what a provider may ask of the host: log and secrets.
 *
 * The table is process-wide and static; the store number that each call carries says
 * whom it is about. Numbers are never used twice.
 */
#ifndef OV_CORE_SERVICES_H
#define OV_CORE_SERVICES_H

#include <ov/backend.h>
#include <ov/host.h>

struct options;

const struct ov_services *services_table(void);

/* A number for a store. host, profile and options are borrowed until services_leave. 0:
 * no memory. */
uint64_t services_enter(struct ov_host *host, const char *profile,
                        const struct options *options);
void services_leave(uint64_t store);

#endif
