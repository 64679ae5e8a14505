/* SPDX-License-Identifier: Apache-2.0 */
/* script.h - everything that lacks, as SQL for an administrator to run as one file. */
#ifndef OV_PGVECTOR_SCRIPT_H
#define OV_PGVECTOR_SCRIPT_H

#include "audit.h"

/* One note OV_NOTE_STATEMENT a statement, in the order in which they must be run; none
 * when nothing lacks. The row of the catalogue is there. */
void script_say(struct ov_session *session, const struct ov_call *call,
                const struct shape *shape, const struct audit *audit);

/* The same for the whole way to a collection that shall be like this, from the extension
 * to its row. Nothing is changed. */
int32_t script_plan(struct ov_session *session, const struct ov_call *call,
                    struct shape *want, struct ov_error *err);
/* The action "plan": that, of one word, which is a schema as ov_schema_encode makes it.
 */
int32_t script_act(struct ov_session *session, const struct ov_call *call,
                   const struct ov_str *words, uint32_t n_words, struct ov_error *err);

#endif
