/* SPDX-License-Identifier: Apache-2.0 */
/*
 * differential - random worlds, put to the oracle and to stores, answers compared.
 *
 *     differential --ini FILE [--ini FILE ...] [--plugin-path DIR] [--seed S]
 *                  [--number CASES] [--worlds W] [--scratch] [--verbose] [--first]
 *     differential --oracle ...       makes the worlds, compares nothing
 *     differential --steps FILE ...   the steps of a file, every answer printed
 *
 * World w is made of seed S + w. A disagreement is printed with its seed, made small and
 * written out as steps; --seed of that world and --worlds 1 shows it again. Statistics
 * say what was asked: operators, and how many filters left nothing or everything.
 * Ends with 1 on a disagreement or when a share is not what it should be.
 */
#include "arguments.h"
#include "compare.h"
#include "generate.h"
#include "shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_DISAGREEMENTS 5

struct tally {
    const char *name;
    int64_t n;
};

struct program {
    struct arguments arguments;
    struct side *stores[MAX_STORES];
    int n_stores;
    struct tally ops[16];
    struct tally verbs[24];
    int64_t cases;
    int64_t filters, empty, full, refused;
    int disagreements;
};

static void add_to(struct tally *tallies, const char *name)
{
    while (tallies->name != NULL && strcmp(tallies->name, name) != 0)
        tallies++;
    if (tallies->name == NULL)
        tallies->name = strdup(name);
    tallies->n++;
}

/* --------------------------------------------------------------------- statistics */

static void tally_filter(struct program *program, const json_t *filter)
{
    const char *op = json_string_value(json_object_get(filter, "op"));
    const json_t *child;
    size_t i;

    if (json_object_get(filter, "filter") != NULL)
        tally_filter(program, json_object_get(filter, "filter"));
    if (op == NULL)
        return;
    add_to(program->ops, op);
    if (strcmp(op, "and") == 0 || strcmp(op, "or") == 0)
        json_array_foreach(json_object_get(filter, "conds"), i, child)
            tally_filter(program, child);
}

static int64_t ask_count(struct side *oracle, const json_t *like, const json_t *filter,
                         int64_t now_us)
{
    json_t *step = json_pack("{s:s,s:I}", "do", "count", "now_us", (json_int_t)now_us);
    json_t *answer;
    int64_t n;

    if (filter != NULL)
        json_object_set(step, "filter", (json_t *)filter);
    if (json_object_get(like, "collection") != NULL)
        json_object_set(step, "collection", json_object_get(like, "collection"));
    answer = oracle->act(oracle, step);
    n = json_is_integer(json_object_get(answer, "count"))
            ? json_integer_value(json_object_get(answer, "count"))
            : -1;
    json_decref(answer);
    json_decref(step);
    return n;
}

static void tally_step(struct program *program, struct side *oracle, const json_t *step)
{
    const json_t *filter = json_object_get(step, "filter");
    int64_t now = json_integer_value(json_object_get(step, "now_us")), n, all;

    add_to(program->verbs, json_string_value(json_object_get(step, "do")));
    if (json_object_size(filter) == 0)
        return;
    n = ask_count(oracle, step, filter, now);
    if (n < 0) {
        program->refused++;
        return;
    }
    tally_filter(program, filter);
    all = ask_count(oracle, step, NULL, now);
    program->filters++;
    program->empty += n == 0;
    program->full += n == all && all > 0;
}

/* ----------------------------------------------------------------------- a world */

static void print_steps(const json_t *steps)
{
    const json_t *step;
    size_t i;

    json_array_foreach((json_t *)steps, i, step)
    {
        char *text = json_dumps(step, JSON_COMPACT);
        printf("    %s\n", text);
        free(text);
    }
}

static void report(struct program *program, uint64_t seed, json_t *steps, int which,
                   const char *reason)
{
    struct side *store = program->stores[which];
    char again[2400];

    program->disagreements++;
    printf("DISAGREEMENT case %lld, seed %llu step %zu, %s: %s\n",
           (long long)program->cases, (unsigned long long)seed,
           json_array_size(steps) - 1, store->name, reason);
    if (program->arguments.first)
        return;
    if (replay(steps, store, again, sizeof(again)) != (int)json_array_size(steps) - 1) {
        printf("  not seen again when replayed\n");
        return;
    }
    if (!program->arguments.verbose)
        shrink(steps, store, 300);
    (void)replay(steps, store, again, sizeof(again));
    printf("  made small: %s\n", again);
    print_steps(steps);
}

/* The step on every side; the store that differs, or -1. */
static int play(struct program *program, struct side *oracle, const json_t *step,
                char *reason, size_t room)
{
    json_t *expected = oracle->act(oracle, step);
    int found = -1;

    for (int i = 0; i < program->n_stores && found < 0; i++) {
        json_t *answer = program->stores[i]->act(program->stores[i], step);
        if (compare_answers(step, expected, answer, reason, room) != 0)
            found = i;
        json_decref(answer);
    }
    json_decref(expected);
    return found;
}

static void run_world(struct program *program, uint64_t seed, int64_t n)
{
    struct side *oracle = side_oracle();
    json_t *steps = json_array(), *drop, *step;
    struct world world;
    char reason[2400];
    int found;

    g_world(&world, seed);
    drop = g_drop(&world);
    for (int i = 0; i < program->n_stores; i++)
        json_decref(program->stores[i]->act(program->stores[i], drop));
    step = g_create(&world);
    for (int64_t i = 0; i <= n; i++) {
        json_array_append_new(steps, step);
        tally_step(program, oracle, step);
        program->cases++;
        found = play(program, oracle, step, reason, sizeof(reason));
        if (found >= 0) {
            report(program, seed, steps, found, reason);
            break;
        }
        step = g_step(&world, ask_count(oracle, drop, NULL, world.now_us + 1000000));
        if (i == n)
            json_decref(step);
    }
    for (int i = 0; i < program->n_stores; i++)
        json_decref(program->stores[i]->act(program->stores[i], drop));
    json_decref(drop);
    json_decref(steps);
    oracle->free(oracle);
}

/* ------------------------------------------------------------------ steps of a file */

static json_t *read_steps(const char *file)
{
    FILE *in = fopen(file, "r");
    json_t *steps = json_array(), *step;

    while (in != NULL && (step = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL)) != NULL)
        json_array_append_new(steps, step);
    if (in != NULL)
        fclose(in);
    return steps;
}

static void print_answer(const char *who, const json_t *answer)
{
    char *text = json_dumps(answer, JSON_COMPACT);

    printf("%s %s\n", who, text);
    free(text);
}

/* Every answer of every side to the steps of a file, one below the other. */
static int run_file(struct program *program)
{
    struct side *oracle = side_oracle();
    json_t *steps = read_steps(program->arguments.steps), *step, *a, *b;
    char reason[2400];
    int bad = 0;
    size_t i;

    json_array_foreach(steps, i, step)
    {
        a = oracle->act(oracle, step);
        print_answer(oracle->name, a);
        for (int k = 0; k < program->n_stores; k++) {
            b = program->stores[k]->act(program->stores[k], step);
            print_answer(program->stores[k]->name, b);
            if (compare_answers(step, a, b, reason, sizeof(reason)) != 0) {
                printf("DISAGREEMENT step %zu: %s\n", i, reason);
                bad = 1;
            }
            json_decref(b);
        }
        json_decref(a);
    }
    json_decref(steps);
    oracle->free(oracle);
    return bad;
}

/* ------------------------------------------------------------------------ the end */

static void print_tallies(const char *title, struct tally *tallies)
{
    printf("# %s:", title);
    for (; tallies->name != NULL; tallies++) {
        printf(" %s %lld", tallies->name, (long long)tallies->n);
        free((char *)tallies->name);
    }
    printf("\n");
}

static int judge(struct program *program, int64_t worlds, double seconds)
{
    static const char *const ops[] = { "and",    "or",        "must",       "must_not",
                                       "range",  "range_out", "time_range", "geo_range",
                                       "prefix", "contains",  "regex" };
    double empty = (double)program->empty / (double)(program->filters + 1);
    double full = (double)program->full / (double)(program->filters + 1);
    int bad = program->disagreements > 0;

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]) && program->cases >= 1000; i++) {
        const struct tally *t = program->ops;
        while (t->name != NULL && strcmp(t->name, ops[i]) != 0)
            t++;
        if (t->name == NULL) {
            printf("no filter had the operator %s\n", ops[i]);
            bad = 1;
        }
    }
    print_tallies("steps", program->verbs);
    print_tallies("operators", program->ops);
    printf(
        "# filters %lld: %.1f %% left nothing, %.1f %% left everything; refused %lld\n",
        (long long)program->filters, 100 * empty, 100 * full,
        (long long)program->refused);
    if (program->filters > 100 && (empty >= 0.5 || full >= 0.5)) {
        printf("a share of half or more: the filters say too little\n");
        bad = 1;
    }
    printf("# differential: %lld passed, %d failed, 0 skipped\n",
           (long long)worlds - program->disagreements, bad);
    printf("%lld cases in %lld worlds from seed %lld, %d disagreements, "
           "%.1f s\n",
           (long long)program->cases, (long long)worlds,
           (long long)program->arguments.seed, program->disagreements, seconds);
    return bad;
}

static int open_stores(struct program *program)
{
    for (int i = 0; i < program->arguments.n_ini; i++) {
        struct place place = { program->arguments.ini[i], program->arguments.profile,
                               program->arguments.plugin_path };
        struct ov_error err = OV_ERROR_INIT;
        program->stores[i] = side_store(&place, &err);
        if (program->stores[i] == NULL) {
            fprintf(stderr, "%s: %s %s\n", place.ini, err.where, err.message);
            return -1;
        }
        program->n_stores++;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct program program = { 0 };
    struct timespec from, to;
    int64_t worlds, each;
    int most;
    int status = arguments_read(&program.arguments, argc, argv);

    if (status != 0)
        return status;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (program.arguments.count == 0)
        program.arguments.count = 1000;
    worlds = program.arguments.worlds;
    if (worlds == 0)
        worlds = program.arguments.count / 150 > 20 ? program.arguments.count / 150 : 20;
    each = (program.arguments.count + worlds - 1) / worlds;
    if (open_stores(&program) != 0)
        return 2;
    if (program.arguments.steps != NULL)
        return run_file(&program);
    clock_gettime(CLOCK_MONOTONIC, &from);
    most = program.arguments.first ? 1 : MAX_DISAGREEMENTS;
    for (int64_t w = 0; w < worlds && program.disagreements < most; w++)
        run_world(&program, (uint64_t)(program.arguments.seed + w), each - 1);
    clock_gettime(CLOCK_MONOTONIC, &to);
    status = judge(&program, worlds,
                   (double)(to.tv_sec - from.tv_sec) +
                       (double)(to.tv_nsec - from.tv_nsec) / 1e9);
    for (int i = 0; i < program.n_stores; i++)
        program.stores[i]->free(program.stores[i]);
    arguments_clear(&program.arguments);
    return status;
}
