/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - candidates of the search path, each loaded once in a child of its own.
 *
 * Loading runs a stranger's constructors. In a child a crash is a verdict about one
 * file; here it would be the end of the command.
 */
#ifndef OVCTL_PROBE_H
#define OVCTL_PROBE_H

#include "ctl.h"

/* A list of objects: path, name, version, vendor, aliases, abi, status, verdict, stage,
 * reason, remedy, warning; in the order of the path. Usable candidates were probed. */
struct ov_doc *probe_candidates(struct ctl *ctl);

#endif
