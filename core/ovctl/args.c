/* SPDX-License-Identifier: Apache-2.0 */
/* args.c - which option belongs to which command, and how each is written. */
#include "args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIT(command) (1u << (command))
#define ALL (~0u)
#define ASKS (BIT(COMMAND_SEARCH) | BIT(COMMAND_SCAN))
#define FILTERS (ASKS | BIT(COMMAND_DELETE) | BIT(COMMAND_COUNT) | BIT(COMMAND_EXPLAIN))

static const struct {
    const char *name;
    const char *usage;
} commands[N_COMMANDS] = {
    [COMMAND_PLUGINS] = { "plugins", "plugins [--explain]\n"
                                     "plugins show NAME\n" },
    [COMMAND_DOCTOR] = { "doctor", "doctor\n" },
    [COMMAND_INIT] = { "init", "init [--dim N | --schema FILE.json] "
                               "[--distance cosine|ip|l2] [--sparse-weight A]\n"
                               "     [--dry-run]\n" },
    [COMMAND_IMPORT] = { "import", "import FILE.jsonl|-\n" },
    [COMMAND_EXPORT] = { "export", "export [FILE]\n" },
    [COMMAND_GET] = { "get", "get [--fields A,B] ID...\n" },
    [COMMAND_DELETE] = { "delete", "delete ID... | --filter JSON\n" },
    [COMMAND_COUNT] = { "count", "count [--filter JSON] [--group-by F]\n" },
    [COMMAND_SEARCH] = { "search",
                         "search (--vector JSON | --vector-of ID | --vector-file F) "
                         "[--sparse JSON]\n"
                         "       [--filter JSON] [--limit N] [--offset N] "
                         "[--fields A,B] [--exact]\n"
                         "search --text WORDS [...]\n" },
    [COMMAND_SCAN] = { "scan", "scan [--order-by F] [--desc] [--filter JSON] [--limit N] "
                               "[--offset N]\n"
                               "     [--fields A,B]\n" },
    [COMMAND_EXPLAIN] = { "explain", "explain --filter JSON\n"
                                     "explain search|scan|count ...\n" },
    [COMMAND_ACT] = { "act", "act NAME [WORD...]\n" },
};

static const char whole_usage[] =
    "ovctl [-c ov.ini] [--profile NAME] [--plugin-path DIR] [--json] COMMAND\n"
    "\n"
    "  plugins [--explain]        what is there, and why or why not\n"
    "  plugins show NAME          what a provider can do, and its options\n"
    "  doctor                     what is wrong, and the fix\n"
    "  init                       make schema, table and indexes, or what is missing\n"
    "  import FILE|-              records as JSON lines\n"
    "  export [FILE]              the same, the other way\n"
    "  get ID...                  records by their key\n"
    "  delete ID... | --filter J  records by their key, or all that match\n"
    "  count                      records, by group if wanted\n"
    "  search                     the nearest to a vector, or by words\n"
    "  scan                       records in order\n"
    "  explain                    the typed tree of a filter, the plan of a search\n"
    "  act NAME [WORD...]         an action of the provider\n"
    "\n"
    "ovctl COMMAND --help shows the options of a command; ovctl(1) has it all.\n";

enum kind { FLAG, VALUE };

static const struct option {
    const char *name;
    enum kind kind;
    uint32_t commands;
    size_t offset;
} options[] = {
    { "--config", VALUE, ALL, offsetof(struct args, config) },
    { "--profile", VALUE, ALL, offsetof(struct args, profile) },
    { "--plugin-path", VALUE, ALL, offsetof(struct args, plugin_path) },
    { "--json", FLAG, ALL, offsetof(struct args, json) },
    { "--help", FLAG, ALL, offsetof(struct args, help) },
    { "--version", FLAG, ALL, offsetof(struct args, version) },
    { "--explain", FLAG, BIT(COMMAND_PLUGINS), offsetof(struct args, explain) },
    { "--dim", VALUE, BIT(COMMAND_INIT), offsetof(struct args, dim) },
    { "--schema", VALUE, BIT(COMMAND_INIT), offsetof(struct args, schema) },
    { "--distance", VALUE, BIT(COMMAND_INIT), offsetof(struct args, distance) },
    { "--sparse-weight", VALUE, BIT(COMMAND_INIT), offsetof(struct args, sparse_weight) },
    { "--dry-run", FLAG, BIT(COMMAND_INIT), offsetof(struct args, dry_run) },
    { "--vector", VALUE, BIT(COMMAND_SEARCH), offsetof(struct args, vector) },
    { "--vector-of", VALUE, BIT(COMMAND_SEARCH), offsetof(struct args, vector_of) },
    { "--vector-file", VALUE, BIT(COMMAND_SEARCH), offsetof(struct args, vector_file) },
    { "--sparse", VALUE, BIT(COMMAND_SEARCH), offsetof(struct args, sparse) },
    { "--text", VALUE, BIT(COMMAND_SEARCH), offsetof(struct args, text) },
    { "--exact", FLAG, BIT(COMMAND_SEARCH), offsetof(struct args, exact) },
    { "--filter", VALUE, FILTERS, offsetof(struct args, filter) },
    { "--group-by", VALUE, BIT(COMMAND_COUNT), offsetof(struct args, group_by) },
    { "--order-by", VALUE, BIT(COMMAND_SCAN), offsetof(struct args, order_by) },
    { "--desc", FLAG, BIT(COMMAND_SCAN), offsetof(struct args, desc) },
    { "--limit", VALUE, ASKS, offsetof(struct args, limit) },
    { "--offset", VALUE, ASKS, offsetof(struct args, offset) },
    { "--fields", VALUE, ASKS | BIT(COMMAND_GET), offsetof(struct args, fields) },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

const char *args_usage(enum command command)
{
    return command == COMMAND_NONE ? whole_usage : commands[command].usage;
}

const char *args_command_name(enum command command)
{
    return commands[command].name;
}

static enum command find_command(const char *word)
{
    for (int i = 1; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, word) == 0)
            return (enum command)i;
    return COMMAND_NONE;
}

static const struct option *find_option(const char *word, size_t n)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strncmp(options[i].name, word, n) == 0 && options[i].name[n] == '\0')
            return &options[i];
    return NULL;
}

__attribute__((format(printf, 2, 3))) static int fault(struct args *args,
                                                       const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(args->fault, sizeof(args->fault), format, list);
    va_end(list);
    return -1;
}

/* "--name value" or "--name=value"; *i goes behind what was used. */
static int take_option(struct args *args, int argc, char **argv, int *i, uint32_t *used)
{
    const char *word = argv[*i], *equals = strchr(word, '='), *value = NULL;
    size_t n = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct option *option = find_option(word, n);
    char *at;

    if (strcmp(word, "-c") == 0)
        option = &options[0];
    if (strcmp(word, "-h") == 0)
        option = find_option("--help", strlen("--help"));
    if (option == NULL)
        return fault(args, "there is no option '%.*s'", n > 64 ? 64 : (int)n, word);
    at = (char *)args + option->offset;
    if (option->kind == FLAG) {
        if (equals != NULL)
            return fault(args, "'%s' takes no value", option->name);
        *(int *)(void *)at = 1;
    } else {
        value = equals != NULL ? equals + 1 : NULL;
        if (value == NULL && *i + 1 < argc)
            value = argv[++*i];
        if (value == NULL)
            return fault(args, "'%s' wants a value", word);
        if (*(const char **)(void *)at != NULL)
            return fault(args, "'%s' is given twice", option->name);
        *(const char **)(void *)at = value;
    }
    *used |= 1u << (option - options);
    return 0;
}

static int take_word(struct args *args, const char *word)
{
    if (args->command == COMMAND_NONE) {
        args->command = find_command(word);
        return args->command != COMMAND_NONE
                   ? 0
                   : fault(args, "there is no command '%.64s'", word);
    }
    if (args->command == COMMAND_EXPLAIN && args->explained == COMMAND_NONE &&
        args->n_words == 0) {
        args->explained = find_command(word);
        if (args->explained != COMMAND_SEARCH && args->explained != COMMAND_SCAN &&
            args->explained != COMMAND_COUNT)
            return fault(args, "'%.64s' cannot be explained: search, scan and count can",
                         word);
        return 0;
    }
    args->words[args->n_words++] = word;
    return 0;
}

static int check_options(struct args *args, uint32_t used)
{
    uint32_t allowed = BIT(args->command);

    if (args->explained != COMMAND_NONE)
        allowed |= BIT(args->explained);
    for (size_t i = 0; i < N_OPTIONS; i++)
        if ((used & 1u << i) != 0 && (options[i].commands & allowed) == 0)
            return fault(args, "'%s' has no option '%s'", commands[args->command].name,
                         options[i].name);
    return 0;
}

/* How many words each command wants. */
static int check_words(struct args *args)
{
    uint32_t n = args->n_words;
    const char *name = commands[args->command].name;

    switch (args->command) {
    case COMMAND_PLUGINS:
        if (n == 0 || (n == 2 && strcmp(args->words[0], "show") == 0 && !args->explain))
            return 0;
        return fault(args,
                     "'plugins' is followed by nothing, by --explain or by show NAME");
    case COMMAND_GET:
        return n > 0 ? 0 : fault(args, "'get' wants at least one ID");
    case COMMAND_DELETE:
        if ((n > 0) == (args->filter != NULL))
            return fault(args, "'delete' wants either IDs or --filter");
        return 0;
    case COMMAND_IMPORT:
        return n == 1 ? 0
                      : fault(args, "'import' wants one file, or - for standard input");
    case COMMAND_EXPORT:
        return n <= 1 ? 0 : fault(args, "'export' wants one file at most");
    case COMMAND_ACT:
        return n > 0 ? 0 : fault(args, "'act' wants the name of an action");
    case COMMAND_EXPLAIN:
        if (args->explained == COMMAND_NONE && args->filter == NULL)
            return fault(args, "'explain' wants --filter, or a search, scan or count");
        break;
    case COMMAND_DOCTOR:
    case COMMAND_INIT:
    case COMMAND_COUNT:
    case COMMAND_SEARCH:
    case COMMAND_SCAN:
    case COMMAND_NONE:
    case N_COMMANDS:
        break;
    }
    return n == 0 ? 0 : fault(args, "'%s' does not take '%.64s'", name, args->words[0]);
}

static int check_search(struct args *args)
{
    int vectors =
        (args->vector != NULL) + (args->vector_of != NULL) + (args->vector_file != NULL);

    if (args->command != COMMAND_SEARCH && args->explained != COMMAND_SEARCH)
        return 0;
    if (vectors > 1)
        return fault(args,
                     "of --vector, --vector-of and --vector-file one is wanted, not %d",
                     vectors);
    if (args->text != NULL && (vectors > 0 || args->sparse != NULL))
        return fault(args, "--text stands without a vector");
    if (args->text == NULL && vectors == 0 && args->sparse == NULL)
        return fault(args,
                     "'search' wants --vector, --vector-of, --vector-file or --text");
    return 0;
}

static int check_init(struct args *args)
{
    if (args->dim != NULL && args->schema != NULL)
        return fault(args, "of --dim and --schema one is wanted");
    if (args->distance != NULL && strcmp(args->distance, "cosine") != 0 &&
        strcmp(args->distance, "ip") != 0 && strcmp(args->distance, "l2") != 0)
        return fault(args, "--distance is '%.64s': cosine, ip or l2", args->distance);
    return 0;
}

/* A wrong line is answered in JSON too, when it asks for it. */
static int wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return 1;
    return 0;
}

int args_read(struct args *args, int argc, char **argv)
{
    uint32_t used = 0;
    int ended = 0;

    memset(args, 0, sizeof(*args));
    args->json = wants_json(argc, argv);
    args->words = calloc((size_t)argc + 1, sizeof(*args->words));
    if (args->words == NULL)
        return fault(args, "out of memory");
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        int status;

        if (!ended && strcmp(word, "--") == 0) {
            ended = 1;
            continue;
        }
        if (!ended && word[0] == '-' && word[1] != '\0')
            status = take_option(args, argc, argv, &i, &used);
        else
            status = take_word(args, word);
        if (status != 0)
            return status;
    }
    if (args->help || args->version)
        return 0;
    if (args->command == COMMAND_NONE)
        return fault(args, "a command is wanted");
    if (check_options(args, used) != 0 || check_words(args) != 0 ||
        check_search(args) != 0)
        return -1;
    return check_init(args);
}
