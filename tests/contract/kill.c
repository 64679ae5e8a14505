/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill - a writer is killed at a random moment, again and again, and nothing is lost.
 *
 *     kill --ini FILE [--profile P] [--plugin-path DIR] [--number ROUNDS] [--seed S]
 *          [--scratch] [--settle MS]
 *
 * In each round one process writes (upsert, update, delete, delete by filter, index
 * change, open, checkpoint), another reads, and the writer dies by SIGKILL at a random
 * moment, mostly of an operation. A third process then looks by scan, fetch, count
 * and search: every acknowledged operation is there, the one under way wholly or not at
 * all. Each answer of the reader must have been the state after some number of
 * operations that could have been committed when it asked.
 *
 * A server may go on for a moment with what the dead client sent: --settle is how long
 * it is given before anybody looks.
 *
 * The parent opens nothing, so that each process has a host of its own.
 */
#include "arguments.h"
#include "load.h"
#include "side.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Between the processes. */
struct shared {
    atomic_llong started; /* operations that began, and those that were answered */
    atomic_llong acked;
    atomic_int kind;    /* of the one under way */
    atomic_int reading; /* the reader has an answer */
    atomic_int stop;
    atomic_llong reads;
    struct load load; /* at the beginning of the round */
    struct load_state found;
    char reason[600];
};

struct program {
    struct arguments arguments;
    struct shared *shared;
    uint64_t random;
    int rounds, in_flight, kinds[LOAD_KINDS];
    int64_t acked, reads;
};

static struct side *open_side(struct program *program)
{
    struct place place = arguments_place(&program->arguments);
    struct ov_error err = OV_ERROR_INIT;
    struct side *side = side_store(&place, &err);

    if (side == NULL)
        snprintf(program->shared->reason, sizeof(program->shared->reason),
                 "cannot open: %s %s", err.where, err.message);
    return side;
}

static void pause_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&time, NULL);
}

/* ---------------------------------------------------------------------- the writer */

/* A provider need not know checkpoints, and an index need not be there to be dropped. */
static int is_fine(const json_t *answer, enum load_kind kind)
{
    const char *status = side_status(answer);

    return strcmp(status, "OV_OK") == 0 ||
           (kind == LOAD_CHECKPOINT && strcmp(status, "OV_UNSUPPORTED") == 0);
}

static int write_on(struct program *program)
{
    struct shared *shared = program->shared;
    struct load load = shared->load;
    struct side *side = open_side(program);

    if (side == NULL)
        return 1;
    for (int64_t k = 0;; k++) {
        enum load_kind kind;
        json_t *step = load_step(&load, k, &kind), *answer;

        atomic_store(&shared->kind, kind);
        atomic_store(&shared->started, k + 1);
        if (step != NULL) {
            answer = side->act(side, step);
            if (!is_fine(answer, kind)) {
                snprintf(shared->reason, sizeof(shared->reason), "%s: %s %s",
                         load_kind_names[kind], side_status(answer),
                         json_string_value(json_object_get(answer, "message")));
                return 1;
            }
            json_decref(answer);
            json_decref(step);
        }
        atomic_store(&shared->acked, k + 1);
    }
}

/* ---------------------------------------------------------------------- the reader */

static json_t *everything(void)
{
    return json_pack("{s:s,s:[s,s]}", "do", "scan", "fields", "stamp", "grp");
}

static json_t *ask(struct side *side, json_t *step)
{
    json_t *answer = side->act(side, step);

    json_decref(step);
    return answer;
}

/* Is seen the state after k operations, for some k from 'from' to 'to'? load stands at
 * *at operations and moves on to the first that fits. */
static int find_state(struct load *load, int64_t *at, int64_t from, int64_t to,
                      const struct load_state *seen)
{
    enum load_kind kind;

    while (*at < from)
        json_decref(load_step(load, (*at)++, &kind));
    for (;;) {
        if (load_same(&load->state, seen))
            return 1;
        if (*at == to)
            return 0;
        json_decref(load_step(load, (*at)++, &kind));
    }
}

static int read_on(struct program *program)
{
    struct shared *shared = program->shared;
    struct load load = shared->load;
    struct side *side = open_side(program);
    int64_t at = 0;

    if (side == NULL)
        return 1;
    while (!atomic_load(&shared->stop)) {
        int64_t from = atomic_load(&shared->acked), to;
        json_t *answer = ask(side, everything());
        struct load_state seen;

        to = atomic_load(&shared->started);
        if (strcmp(side_status(answer), "OV_OK") != 0) {
            snprintf(shared->reason, sizeof(shared->reason), "the reader: %s %s",
                     side_status(answer),
                     json_string_value(json_object_get(answer, "message")));
            return 1;
        }
        if (load_read(json_object_get(answer, "hits"), &seen) != 0 ||
            !find_state(&load, &at, from > at ? from : at, to, &seen)) {
            snprintf(shared->reason, sizeof(shared->reason),
                     "the reader saw no state between %lld and %lld operations",
                     (long long)from, (long long)to);
            return 1;
        }
        json_decref(answer);
        atomic_fetch_add(&shared->reads, 1);
        atomic_store(&shared->reading, 1);
        pause_ms(1);
    }
    side->free(side);
    return 0;
}

/* --------------------------------------------------------------------- the verdict */

static int says(struct shared *shared, const char *what, int64_t have, int64_t want)
{
    if (have == want)
        return 1;
    snprintf(shared->reason, sizeof(shared->reason), "%s gives %lld instead of %lld",
             what, (long long)have, (long long)want);
    return 0;
}

static int fetch_agrees(struct shared *shared, struct side *side)
{
    json_t *keys = json_array(), *answer, *rows;
    char id[16];
    int good = 1;

    for (int i = 0; i < LOAD_RECORDS; i++) {
        snprintf(id, sizeof(id), "k%03d", i);
        json_array_append_new(keys, json_string(id));
    }
    answer = ask(side, json_pack("{s:s,s:o}", "do", "fetch", "keys", keys));
    rows = json_object_get(answer, "rows");
    for (int i = 0; i < LOAD_RECORDS && good; i++) {
        const json_t *row = json_array_get(rows, (size_t)i);
        const char *body = json_string_value(json_object_get(row, "body"));
        good =
            says(shared, "fetch", json_integer_value(json_object_get(row, "stamp")),
                 shared->found.stamp[i]) &&
            (shared->found.stamp[i] == 0 || says(shared, "the length of a text",
                                                 (int64_t)strlen(body ? body : ""), 399));
    }
    json_decref(answer);
    return good;
}

/* By count, by count of a group, by search, by fetch: all of the same state. */
static int all_agree(struct shared *shared, struct side *side)
{
    int64_t n = load_count(&shared->found), group = 0;
    json_t *answer = ask(side, json_pack("{s:s}", "do", "count"));
    int good =
        says(shared, "count", json_integer_value(json_object_get(answer, "count")), n);

    json_decref(answer);
    for (int i = 0; i < LOAD_RECORDS; i++)
        group += shared->found.stamp[i] != 0 && shared->found.group[i] == 7;
    answer = ask(side, json_pack("{s:s,s:{s:s,s:s,s:[i]}}", "do", "count", "filter", "op",
                                 "must", "field", "grp", "conds", 7));
    good = good && says(shared, "count of a group",
                        json_integer_value(json_object_get(answer, "count")), group);
    json_decref(answer);
    answer = ask(side, json_pack("{s:s,s:i,s:[f,f,f,f,f,f,f,f],s:[s]}", "do", "search",
                                 "limit", 1000, "dense", 0., 0., 0., 0., 0., 0., 0., 0.,
                                 "fields", "stamp"));
    good = good && says(shared, "search",
                        (int64_t)json_array_size(json_object_get(answer, "hits")), n);
    json_decref(answer);
    return good && fetch_agrees(shared, side);
}

/* The state after all acknowledged operations, or after the one under way as well. */
static int look(struct program *program)
{
    struct shared *shared = program->shared;
    int64_t acked = atomic_load(&shared->acked), started = atomic_load(&shared->started);
    struct side *side = open_side(program);

    struct load load = shared->load;
    int64_t at = 0;
    json_t *answer;
    int good;

    if (side == NULL)
        return 1;
    pause_ms((long)program->arguments.settle_ms);
    answer = ask(side, everything());
    good = load_read(json_object_get(answer, "hits"), &shared->found) == 0 &&
           find_state(&load, &at, acked, started, &shared->found);
    if (!good)
        snprintf(shared->reason, sizeof(shared->reason),
                 "neither the state after %lld operations nor after %lld",
                 (long long)acked, (long long)started);
    json_decref(answer);
    good = good && all_agree(shared, side);
    side->free(side);
    return !good;
}

/* ----------------------------------------------------------------------- the rounds */

static pid_t begin(struct program *program, int (*act)(struct program *program))
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(act(program));
    return child;
}

static int ended_well(pid_t child)
{
    int status = 0;

    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static int prepare(struct program *program)
{
    struct side *side = open_side(program);

    if (side == NULL)
        return 1;
    (void)side_do(side, json_pack("{s:s}", "do", "drop"));
    if (!side_do(side, load_create()))
        return 1;
    side->free(side);
    return 0;
}

static uint64_t draw(struct program *program)
{
    program->random ^= program->random << 13;
    program->random ^= program->random >> 7;
    program->random ^= program->random << 17;
    return program->random;
}

/* Until the writer is at work (and did not end by itself). */
static int await_work(struct program *program, pid_t writer)
{
    for (int i = 0; i < 10000; i++) {
        if (atomic_load(&program->shared->acked) > 0)
            return 1;
        if (waitpid(writer, NULL, WNOHANG) != 0)
            return 0;
        pause_ms(1);
    }
    return 0;
}

static int is_flying(const struct shared *shared)
{
    return atomic_load(&shared->started) > atomic_load(&shared->acked);
}

/* A moment drawn evenly; in nine of ten rounds drawn again, soon after, while nothing is
 * under way: how much of its time a writer spends between two operations depends on the
 * build and on who else is on the machine. */
static void await_moment(struct program *program)
{
    int tries = draw(program) % 10 == 0 ? 0 : 1000;

    pause_ms((long)(draw(program) % 300));
    while (tries-- > 0 && !is_flying(program->shared))
        pause_ms(1 + (long)(draw(program) % 4));
}

static int kill_one(struct program *program)
{
    struct shared *shared = program->shared;
    pid_t writer, reader;
    int flying, kind;

    atomic_store(&shared->started, 0);
    atomic_store(&shared->acked, 0);
    atomic_store(&shared->stop, 0);
    writer = begin(program, write_on);
    if (!await_work(program, writer))
        return -1;
    reader = begin(program, read_on);
    await_moment(program);
    kill(writer, SIGKILL);
    (void)waitpid(writer, NULL, 0);
    flying = is_flying(shared);
    kind = atomic_load(&shared->kind);
    pause_ms(5);
    atomic_store(&shared->stop, 1);
    if (!ended_well(reader) || *shared->reason != '\0')
        return -1;
    program->in_flight += flying;
    program->kinds[kind] += flying;
    if (!ended_well(begin(program, look)))
        return -1;
    return 0;
}

static int run_rounds(struct program *program)
{
    struct shared *shared = program->shared;

    for (program->rounds = 0; program->rounds < program->arguments.count;
         program->rounds++) {
        shared->load.seed = draw(program);
        if (kill_one(program) != 0) {
            printf("FAILED round %d: %s\n", program->rounds, shared->reason);
            return 1;
        }
        program->acked += atomic_load(&shared->acked);
        shared->load.stamp += atomic_load(&shared->started) + 1;
        shared->load.state = shared->found;
    }
    program->reads = atomic_load(&shared->reads);
    return 0;
}

static int judge(struct program *program, int failed)
{
    int enough = program->in_flight * 10 >= program->rounds * 9;

    printf("# killed in:");
    for (int i = 0; i < LOAD_KINDS; i++)
        printf(" %s %d%s", load_kind_names[i], program->kinds[i],
               i + 1 < LOAD_KINDS ? "," : "\n");
    if (!failed && !enough)
        printf("FAILED only %d of %d rounds had an operation under way\n",
               program->in_flight, program->rounds);
    if (!failed && program->reads < program->rounds)
        printf("FAILED the reader read only %lld times\n", (long long)program->reads);
    failed = failed || !enough || program->reads < program->rounds;
    printf("# kill: %d passed, %d failed, 0 skipped\n", program->rounds, failed);
    printf("%d rounds, in flight in %d, %lld operations acknowledged, none lost; "
           "%lld reads beside them, each of a committed state%s\n",
           program->rounds, program->in_flight, (long long)program->acked,
           (long long)program->reads, failed ? " - NOT SO" : "");
    return failed;
}

int main(int argc, char **argv)
{
    struct program program = { 0 };
    int status = arguments_read(&program.arguments, argc, argv);

    if (status != 0)
        return status;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (program.arguments.count == 0)
        program.arguments.count = 50;
    program.random = (uint64_t)program.arguments.seed * 2654435761u + 88172645463325252u;
    program.shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    program.shared->load.stamp = 1;
    if (!ended_well(begin(&program, prepare))) {
        printf("FAILED to prepare: %s\n", program.shared->reason);
        status = 1;
    } else {
        status = judge(&program, run_rounds(&program));
    }
    arguments_clear(&program.arguments);
    return status;
}
