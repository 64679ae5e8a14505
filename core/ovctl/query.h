/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query.h - a search, a scan or a count as the command line says it.
 */
#ifndef OVCTL_QUERY_H
#define OVCTL_QUERY_H

#include "ctl.h"

struct question {
    struct ov_query query;     /* of a search */
    struct ov_listing listing; /* of a scan */
    const struct ov_doc *filter;
    struct ov_str text;
};

/* -1 when the answer has been given, by the status. The collection is open afterwards. */
int question_read(struct ctl *ctl, enum command command, struct question *out,
                  int *status);
/* OV_OK, or what fail() says. */
int32_t question_ask(struct ctl *ctl, enum command command,
                     const struct question *question, struct ov_page *page);

#endif
