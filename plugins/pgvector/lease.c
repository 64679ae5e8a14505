/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - rows of "ov#loads". */
#include "lease.h"

#include <string.h>

/* Longer than a program that embeds texts lets pass between two batches; who comes back
 * later finds, at worst, that somebody built the index meanwhile. */
#define LEASE "interval '2 minutes'"
#define RENEW_NS INT64_C(20000000000)

static void add_loads(struct text *sql, const struct ov_session *session)
{
    text_qualified(sql, session->settings.schema, "ov#loads");
}

/* Is the table there, and may the role use it? */
static int32_t look(struct job *job, int *there, int *usable, struct ov_error *err)
{
    struct statement *s = job_add(job);
    struct text name = { 0 };
    int32_t status;

    add_loads(&name, job->session);
    text_add(&s->sql,
             "SELECT to_regclass($1) IS NOT NULL, coalesce((SELECT "
             "bool_and(has_table_privilege(to_regclass($1), w)) FROM "
             "unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS w), false)");
    params_text(&s->params, ov_str_of(name.p != NULL ? name.p : ""));
    job->no_memory |= name.failed;
    text_clear(&name);
    status = job_run(job, err);
    if (status == OV_OK) {
        *there = job_bool(s->result, 0, 0);
        *usable = job_bool(s->result, 0, 1);
    }
    job_reset(job);
    return status;
}

static int32_t create(struct job *job, struct ov_error *err)
{
    struct text sql = { 0 };

    text_add(&sql, "CREATE TABLE ");
    add_loads(&sql, job->session);
    text_add(&sql, " (load bigint PRIMARY KEY, table_name pg_catalog.text COLLATE "
                   "pg_catalog.\"C\" NOT NULL, until timestamp with time zone NOT NULL)");
    return job_text_do(job, &sql, err);
}

static void add_renewal(struct job *job, const struct shape *shape, int64_t load)
{
    struct statement *s = job_add(job);

    text_add(&s->sql, "INSERT INTO ");
    add_loads(&s->sql, job->session);
    text_add(&s->sql, " AS l (load, table_name, until) VALUES ($1, $2, "
                      "clock_timestamp() + " LEASE ") "
                      "ON CONFLICT (load) DO UPDATE SET until = EXCLUDED.until");
    params_int8(&s->params, load);
    params_text(&s->params, ov_str_of(shape->table));
}

int32_t lease_take(struct job *job, const struct shape *shape, int64_t load,
                   struct ov_error *err)
{
    struct statement *s;
    int there = 0, usable = 0;
    int32_t status = look(job, &there, &usable, err);

    if (status == OV_OK && !there) {
        status = create(job, err);
        usable = 1;
    }
    if (status != OV_OK || !usable)
        return status;
    /* What others left; one at a time, by the lock of the schema. */
    s = job_add(job);
    text_add(&s->sql, "DELETE FROM ");
    add_loads(&s->sql, job->session);
    text_add(&s->sql, " AS l WHERE l.until < clock_timestamp()");
    add_renewal(job, shape, load);
    status = job_run(job, err);
    job_reset(job);
    return status;
}

int32_t lease_is_on(struct job *job, const struct shape *shape, int *on,
                    struct ov_error *err)
{
    struct statement *s;
    int there = 0, usable = 0;
    int32_t status = look(job, &there, &usable, err);

    *on = 0;
    if (status != OV_OK || !usable)
        return status;
    s = job_add(job);
    text_add(&s->sql, "SELECT EXISTS (SELECT 1 FROM ");
    add_loads(&s->sql, job->session);
    text_add(&s->sql, " AS l WHERE l.table_name = $1 AND l.until > clock_timestamp())");
    params_text(&s->params, ov_str_of(shape->table));
    status = job_run(job, err);
    if (status == OV_OK)
        *on = job_bool(s->result, 0, 0);
    job_reset(job);
    return status;
}

static void run_alone(struct job *job)
{
    struct ov_error ignored = OV_ERROR_INIT;

    (void)job_run(job, &ignored);
    job_end(job);
}

void lease_renew(struct ov_table *table, const struct ov_call *call)
{
    int64_t load = __atomic_load_n(&table->load, __ATOMIC_RELAXED), now = link_now();
    int64_t renewed = __atomic_load_n(&table->renewed, __ATOMIC_RELAXED);
    struct shape *shape;
    struct job job;

    if (load == 0 || now - renewed < RENEW_NS ||
        !__atomic_compare_exchange_n(&table->renewed, &renewed, now, 0, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return;
    shape = table_shape(table);
    job_init(&job, table->session, call, JOB_WRITE);
    add_renewal(&job, shape, load);
    run_alone(&job);
    shape_unref(shape);
}

void lease_end(struct ov_table *table, const struct ov_call *call)
{
    int64_t load = __atomic_exchange_n(&table->load, 0, __ATOMIC_RELAXED);
    struct statement *s;
    struct job job;

    if (load == 0)
        return;
    job_init(&job, table->session, call, JOB_WRITE);
    s = job_add(&job);
    text_add(&s->sql, "DELETE FROM ");
    add_loads(&s->sql, table->session);
    text_add(&s->sql, " AS l WHERE l.load = $1");
    params_int8(&s->params, load);
    run_alone(&job);
}
