/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c - actions of the provider. */
#include "doctor.h"

#include "job.h"

int32_t doctor_act(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err)
{
    struct env env;
    int32_t status;

    (void)words;
    (void)n_words;
    if (!ov_str_equal(action, ov_str_of("doctor")))
        return ov_fail(err, OV_UNSUPPORTED, "no action '%.*s'", (int)action.n, action.p);
    status = session_look(session, call, err);
    if (status != OV_OK)
        return status;
    env = session_env(session);
    ov_say(call, OV_NOTE_CHECK, "server", NULL, "PostgreSQL %d.%d", env.server / 10000,
           env.server % 10000);
    return OV_OK;
}
