/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arguments.c - see arguments.h.
 */
#include "arguments.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

/* "env:NAME" is the file that the environment names. */
static int add_ini(struct arguments *arguments, const char *word)
{
    const char *file = word;

    if (strncmp(word, "env:", 4) == 0) {
        file = getenv(word + 4);
        if (file == NULL || *file == '\0') {
            printf("# skipped: %s is not set (it names the INI file of a server)\n",
                   word + 4);
            return 77;
        }
    }
    if (arguments->n_ini == MAX_STORES)
        return 2;
    arguments->ini[arguments->n_ini++] = file;
    return 0;
}

static int make_scratch(struct arguments *arguments)
{
    const char *top = getenv("TMPDIR");

    snprintf(arguments->scratch, sizeof(arguments->scratch), "%s/ov-contract-XXXXXX",
             top != NULL ? top : "/tmp");
    if (mkdtemp(arguments->scratch) == NULL) {
        perror(arguments->scratch);
        return 2;
    }
    setenv("OV_TEST_DIR", arguments->scratch, 1);
    return 0;
}

static int take_flag(struct arguments *arguments, const char *word)
{
    if (strcmp(word, "--oracle") == 0)
        arguments->oracle = 1;
    else if (strcmp(word, "--verbose") == 0)
        arguments->verbose = 1;
    else if (strcmp(word, "--first") == 0)
        arguments->first = 1;
    else if (strcmp(word, "--scratch") == 0)
        return make_scratch(arguments);
    else
        return -1;
    return 0;
}

static int take_pair(struct arguments *arguments, const char *word, const char *value)
{
    if (strcmp(word, "--cases") == 0)
        arguments->cases = value;
    else if (strcmp(word, "--case") == 0)
        arguments->one = value;
    else if (strcmp(word, "--steps") == 0)
        arguments->steps = value;
    else if (strcmp(word, "--locale") == 0)
        arguments->locale = value;
    else if (strcmp(word, "--plugin-path") == 0)
        arguments->plugin_path = value;
    else if (strcmp(word, "--profile") == 0)
        arguments->profile = value;
    else if (strcmp(word, "--ini") == 0)
        return add_ini(arguments, value);
    else if (strcmp(word, "--seed") == 0)
        arguments->seed = strtoll(value, NULL, 10);
    else if (strcmp(word, "--number") == 0)
        arguments->count = strtoll(value, NULL, 10);
    else if (strcmp(word, "--settle") == 0)
        arguments->settle_ms = strtoll(value, NULL, 10);
    else if (strcmp(word, "--worlds") == 0)
        arguments->worlds = strtoll(value, NULL, 10);
    else
        return -1;
    return 0;
}

/* Kept by the processes that this one starts. */
static void name_collection(const char *program)
{
    const char *slash = strrchr(program, '/');
    char name[64];

    snprintf(name, sizeof(name), "%.40s_%d", slash != NULL ? slash + 1 : program,
             (int)getpid());
    setenv("OV_TEST_COLLECTION", name, 0);
}

int arguments_read(struct arguments *arguments, int argc, char **argv)
{
    memset(arguments, 0, sizeof(*arguments));
    name_collection(argv[0]);
    arguments->program = argv[0];
    for (int i = 1; i < argc; i++) {
        int status = take_flag(arguments, argv[i]);
        if (status < 0 && i + 1 < argc) {
            status = take_pair(arguments, argv[i], argv[i + 1]);
            i++;
        }
        if (status < 0)
            fprintf(stderr, "%s: '%s' makes no sense\n", argv[0], argv[i]);
        if (status != 0) {
            arguments_clear(arguments);
            return status < 0 ? 2 : status;
        }
    }
    if (!arguments->oracle && arguments->n_ini == 0) {
        fprintf(stderr, "%s: --oracle or --ini FILE\n", argv[0]);
        return 2;
    }
    return 0;
}

int arguments_again(const struct arguments *arguments, const char **words)
{
    const char *const names[] = { "--cases", "--locale", "--plugin-path", "--profile" };
    const char *const values[] = { arguments->cases, arguments->locale,
                                   arguments->plugin_path, arguments->profile };
    int n = 0;

    words[n++] = arguments->program;
    if (arguments->oracle)
        words[n++] = "--oracle";
    for (int i = 0; i < 4; i++)
        if (values[i] != NULL) {
            words[n++] = names[i];
            words[n++] = values[i];
        }
    for (int i = 0; i < arguments->n_ini; i++) {
        words[n++] = "--ini";
        words[n++] = arguments->ini[i];
    }
    return n;
}

struct place arguments_place(const struct arguments *arguments)
{
    return (struct place){ arguments->ini[0], arguments->profile,
                           arguments->plugin_path };
}

struct side *arguments_side(const struct arguments *arguments)
{
    struct place place = arguments_place(arguments);
    struct ov_error err = OV_ERROR_INIT;
    struct side *side;

    if (arguments->oracle)
        return side_oracle();
    side = side_store(&place, &err);
    if (side == NULL)
        fprintf(stderr, "%s: %s %s\n", place.ini, err.where, err.message);
    return side;
}

void arguments_clear(struct arguments *arguments)
{
    if (*arguments->scratch != '\0')
        (void)nftw(arguments->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
