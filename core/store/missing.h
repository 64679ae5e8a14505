/* SPDX-License-Identifier: Apache-2.0 */
/* missing.h - which records an update did not find. */
#ifndef OV_CORE_MISSING_H
#define OV_CORE_MISSING_H

#include "call.h"

/* After OV_NO_RECORD: puts the keys into the message. A provider names one row, the
 * caller wants them all; what is found now, later than the update looked, is only for
 * the message. When that fails the error stays as it is. */
void missing_name(struct call *call, const struct ov_doc *records);

#endif
