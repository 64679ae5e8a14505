/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h - actions: what is wrong here, and how much is in it. */
#ifndef OV_PGVECTOR_DOCTOR_H
#define OV_PGVECTOR_DOCTOR_H

#include "session.h"

int32_t doctor_act(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err);

#endif
