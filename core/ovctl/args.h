/* SPDX-License-Identifier: Apache-2.0 */
/*
 * args.h - the words of the command line, sorted.
 *
 * Global options stand before or after the command; "--" ends options, so that ids may
 * begin with '-'. An option that the command does not take is wrong usage.
 */
#ifndef OVCTL_ARGS_H
#define OVCTL_ARGS_H

#include <stddef.h>
#include <stdint.h>

enum command {
    COMMAND_NONE = 0,
    COMMAND_PLUGINS,
    COMMAND_DOCTOR,
    COMMAND_INIT,
    COMMAND_IMPORT,
    COMMAND_EXPORT,
    COMMAND_GET,
    COMMAND_DELETE,
    COMMAND_COUNT,
    COMMAND_SEARCH,
    COMMAND_SCAN,
    COMMAND_EXPLAIN,
    COMMAND_ACT,
    N_COMMANDS
};

struct args {
    enum command command;
    enum command explained; /* of "explain search ..." */
    int json, help, version;
    int explain, desc, exact, dry_run;
    const char *config, *profile, *plugin_path;
    const char *dim, *schema, *distance, *sparse_weight;
    const char *vector, *vector_of, *vector_file, *sparse, *text;
    const char *filter, *group_by, *order_by, *limit, *offset, *fields;
    const char **words; /* what is no option */
    uint32_t n_words;
    char fault[256]; /* "" or what is wrong */
};

/* 0, or -1 with fault set; json is right in either case. words is the caller's to free.
 */
int args_read(struct args *args, int argc, char **argv);

/* How a command is written; of COMMAND_NONE, all of it. Ends with a newline. */
const char *args_usage(enum command command);

/* Does the command take this long option? For the completion's test. */
const char *args_command_name(enum command command);

#endif
