/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contract - every case of the contract, put to one provider or to the oracle.
 *
 *     contract --cases FILE (--oracle | --ini FILE [--profile P]) [--plugin-path DIR]
 *              [--case ID] [--locale NAME] [--scratch]
 *
 * --scratch makes a folder for the INI's ${OV_TEST_DIR} and removes it at the end.
 * Prints a line for each case and, last, the counts. "elsewhere" is a case that no store
 * can decide (the adapter's) or that needs what the oracle has not (a disk, threads);
 * "exception" one that the provider declares. Neither is counted. Ends with 1 when one
 * failed, with 77 when the store is not configured.
 */
#include "arguments.h"
#include "cases.h"
#include "threads_case.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    struct arguments arguments;
    struct cases cases;
    struct side *side;
    const char *fixture;
    int passed, failed;
};

/* -------------------------------------------------------- another process */

static void exec_case(struct program *program, const char *id, const json_t *env)
{
    const char *words[MAX_ARGUMENTS + 4], *name;
    const json_t *value;
    int n = arguments_again(&program->arguments, words);

    json_object_foreach((json_t *)env, name, value)
        setenv(name, json_string_value(value), 1);
    words[n++] = "--case";
    words[n++] = id;
    words[n] = NULL;
    execv("/proc/self/exe", (char *const *)words);
    _exit(126);
}

static int run_case(void *ctx, const char *id, const json_t *step,
                    struct verdict *verdict)
{
    struct program *program = ctx;
    int dies = json_is_true(json_object_get(step, "dies")), status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        exec_case(program, id, json_object_get(step, "env"));
    if (child < 0 || waitpid(child, &status, 0) != child)
        verdict_fail(verdict, "no process for case %s", id);
    else if (dies ? !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
                  : !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        verdict_fail(verdict, "case %s in a process of its own: wait status %x", id,
                     (unsigned)status);
    return !verdict->failed;
}

static int threads(void *ctx, struct verdict *verdict)
{
    struct program *program = ctx;
    struct place place = arguments_place(&program->arguments);
    char reason[512];

    if (threads_case(&place, reason, sizeof(reason)) != 0)
        verdict_fail(verdict, "%s", reason);
    return !verdict->failed;
}

/* ------------------------------------------------------------------- one case */

/* Is the id one of the words? */
static int is_listed(const char *words, const char *id)
{
    size_t n = strlen(id);

    while (words != NULL && *words != '\0') {
        size_t word = strcspn(words, " ");
        if (word == n && strncmp(words, id, n) == 0)
            return 1;
        words += word;
        words += strspn(words, " ");
    }
    return 0;
}

static void put_case(struct program *program, const json_t *one)
{
    const struct special special = { program, run_case, threads };
    const char *id = json_string_value(json_object_get(one, "id"));
    const char *text = json_string_value(json_object_get(one, "text"));
    const char *skip = json_string_value(json_object_get(one, "skip"));
    struct verdict verdict = { 0 };

    if (skip == NULL && program->arguments.oracle)
        skip = json_string_value(json_object_get(one, "skip_oracle"));
    if (skip != NULL) {
        printf("elsewhere %s %s (%s)\n", id, text, skip);
        return;
    }
    case_run(&program->cases, one, program->side, &special, &program->fixture, &verdict);
    if (program->arguments.one != NULL && verdict.failed) {
        fprintf(stderr, "# %s %s: %s\n", id, text, verdict.reason);
        program->failed++;
    } else if (!verdict.failed) {
        printf("ok %s %s\n", id, text);
        program->passed++;
    } else if (is_listed(program->side->exceptions, id)) {
        printf("exception %s %s (declared)\n", id, text);
    } else {
        printf("FAILED %s %s: %s\n", id, text, verdict.reason);
        program->failed++;
    }
}

/* One case alone, in this process: its end is what the other process looks at. */
static int run_one(struct program *program)
{
    const json_t *one = cases_find(&program->cases, program->arguments.one);

    if (one == NULL) {
        fprintf(stderr, "no case '%s'\n", program->arguments.one);
        return 2;
    }
    put_case(program, one);
    fflush(stdout);
    if (program->failed == 0 && json_is_true(json_object_get(one, "dies")))
        raise(SIGKILL);
    return program->failed != 0;
}

static int run_all(struct program *program)
{
    const json_t *one;
    size_t i;

    json_array_foreach(program->cases.list, i,
                       one) if (!json_is_true(json_object_get(one, "part")))
        put_case(program, one);
    (void)side_do(program->side, json_pack("{s:s}", "do", "drop"));
    printf("# contract %s: %d passed, %d failed, 0 skipped\n", program->side->name,
           program->passed, program->failed);
    return program->failed != 0;
}

static int set_locale(const char *name)
{
    if (name == NULL)
        return 0;
    if (setlocale(LC_ALL, name) == NULL ||
        strcmp(localeconv()->decimal_point, ",") != 0) {
        fprintf(stderr, "locale '%s' is not there, or has no decimal comma\n", name);
        return -1;
    }
    printf("# locale %s: the decimal point is '%s'\n", name, localeconv()->decimal_point);
    return 0;
}

int main(int argc, char **argv)
{
    struct program program = { 0 };
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    status = arguments_read(&program.arguments, argc, argv);
    if (status != 0)
        return status;
    if (set_locale(program.arguments.locale) != 0 ||
        cases_read(program.arguments.cases, &program.cases) != 0)
        return 2;
    program.side = arguments_side(&program.arguments);
    if (program.side == NULL)
        return 2;
    status = program.arguments.one != NULL ? run_one(&program) : run_all(&program);
    program.side->free(program.side);
    cases_clear(&program.cases);
    arguments_clear(&program.arguments);
    return status;
}
