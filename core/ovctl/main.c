/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - the operator's command: one word, one answer.
 *
 * Status 0: done. 1: the operation failed, also when standard output could not take the
 * answer. 2: wrong usage. With --json each of them is one object on standard output.
 * What a signal stopped says how far it is and then ends by that signal, so that a
 * shell's loop ends with it; where the reader of a pipe goes away, that signal is
 * SIGPIPE.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int (*const commands[N_COMMANDS])(struct ctl *ctl) = {
    [COMMAND_PLUGINS] = run_plugins, [COMMAND_DOCTOR] = run_doctor,
    [COMMAND_INIT] = run_init,       [COMMAND_IMPORT] = run_import,
    [COMMAND_EXPORT] = run_export,   [COMMAND_GET] = run_get,
    [COMMAND_DELETE] = run_delete,   [COMMAND_COUNT] = run_count,
    [COMMAND_SEARCH] = run_search,   [COMMAND_SCAN] = run_scan,
    [COMMAND_EXPLAIN] = run_explain, [COMMAND_ACT] = run_act,
};

/* A standard descriptor that is closed would go to the next file that is opened. The
 * stand-in is the wrong way round, so that using it is still an error. */
static void fill_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_NOCTTY);
}

static void look_at_terminal(struct ctl *ctl)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    struct winsize size;

    if (!isatty(STDOUT_FILENO))
        return;
    ctl->terminal = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        ctl->terminal = size.ws_col;
    ctl->colour = (no_color == NULL || no_color[0] == '\0') &&
                  (term == NULL || strcmp(term, "dumb") != 0);
}

static int show_help(struct ctl *ctl)
{
    const char *text = args_usage(ctl->args.command);
    struct ov_doc *answer;

    if (!ctl->args.json) {
        fputs(text, stdout);
        return EXIT_SUCCESS;
    }
    answer = make_object(ctl);
    set_text(ctl, answer, "usage", text);
    return done(ctl, answer);
}

static int show_version(struct ctl *ctl)
{
    struct ov_doc *answer;

    if (!ctl->args.json) {
        printf("ovctl %s\n", ov_host_version());
        return EXIT_SUCCESS;
    }
    answer = make_object(ctl);
    set_text(ctl, answer, "version", ov_host_version());
    return done(ctl, answer);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
    int status = args_read(&ctl->args, argc, argv);

    answer_in_json(ctl->args.json);
    ctl->arena = need(ov_arena_new());
    if (status != 0)
        return usage(ctl, "%s", ctl->args.fault);
    if (ctl->args.version)
        return show_version(ctl);
    if (ctl->args.help)
        return show_help(ctl);
    watch_signals(ctl);
    return commands[ctl->args.command](ctl);
}

static int pipes_are_told; /* SIGPIPE was ignored when the program began */

int output_is_broken(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO };

    return ferror(stdout) && !pipes_are_told && poll(&out, 1, 0) == 1 &&
           (out.revents & POLLERR) != 0;
}

static void die_by(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

/* What was printed is known to be out only now. */
static int flush(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout) && close(STDOUT_FILENO) == 0)
        return status;
    if (output_is_broken())
        die_by(SIGPIPE);
    fprintf(stderr, "ovctl: standard output: %s\n",
            errno != 0 ? strerrordesc_np(errno) : "write error");
    return status == EXIT_SUCCESS ? EXIT_FAILURE : status;
}

int main(int argc, char **argv)
{
    struct ctl ctl = { .imported = -1, .err = OV_ERROR_INIT };
    int status;

    fill_descriptors();
    if (argc == 4 && strcmp(argv[1], "--probe") == 0)
        return run_probe(argv[2], argv[3]);
    pipes_are_told = signal(SIGPIPE, SIG_IGN) == SIG_IGN;
    look_at_terminal(&ctl);
    ctl.next_note = &ctl.notes;
    status = run(&ctl, argc, argv);
    close_all(&ctl);
    status = flush(status);
    if (interrupted != 0)
        die_by(interrupted);
    return status;
}
