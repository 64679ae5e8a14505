/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c - this program again, for one file, with a pipe to tell the verdict by.
 *
 * The child looks at the file's directory alone, loads the one provider that is asked
 * for, and writes the candidate as a line of JSON to descriptor 3. Its other descriptors
 * lead nowhere, so a provider that prints disturbs nobody. What ends without a word has
 * crashed; what does not end within the limit is ended.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 5000
#define ANSWER_FD 3

static const char *const status_names[] = { "usable", "refused", "ignored" };

/* ------------------------------------------------------------------ candidates */

struct gathering {
    struct ctl *ctl;
    struct ov_doc *list;
    const char *path; /* only this one, or NULL */
};

static struct ov_doc *describe(struct ctl *ctl, const struct ov_candidate *candidate)
{
    struct ov_doc *object = make_object(ctl);
    char abi[32] = "";

    if (candidate->abi != 0)
        snprintf(abi, sizeof(abi), "%u.%u", candidate->abi >> 16,
                 candidate->abi & 0xFFFF);
    set_text(ctl, object, "name", candidate->name);
    set_text(ctl, object, "version", candidate->version);
    set_text(ctl, object, "path", candidate->path);
    set_text(ctl, object, "abi", abi);
    set_text(ctl, object, "status", status_names[candidate->status % 3]);
    set_text(ctl, object, "verdict", candidate->verdict);
    set_text(ctl, object, "reason", candidate->reason);
    set_text(ctl, object, "remedy", candidate->remedy);
    set_text(ctl, object, "stage", candidate->stage);
    set_text(ctl, object, "warning", candidate->warning);
    set_text(ctl, object, "vendor", candidate->vendor);
    set_text(ctl, object, "aliases", candidate->aliases);
    return object;
}

static void gather(void *ctx, const struct ov_candidate *candidate)
{
    struct gathering *g = ctx;

    if (g->path != NULL &&
        (candidate->path == NULL || strcmp(candidate->path, g->path) != 0))
        return;
    append(g->ctl, g->list, describe(g->ctl, candidate));
}

/* ----------------------------------------------------------------------- child */

static void quieten(void)
{
    const struct rlimit none = { 0, 0 };
    int null = open("/dev/null", O_RDWR | O_NOCTTY);

    (void)setrlimit(RLIMIT_CORE, &none);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        if (null > ANSWER_FD)
            close(null);
    }
}

static void write_all(const char *text, size_t n)
{
    while (n > 0) {
        ssize_t put = write(ANSWER_FD, text, n);

        if (put < 0 && errno != EINTR)
            return;
        text += put > 0 ? put : 0;
        n -= put > 0 ? (size_t)put : 0;
    }
}

int run_probe(const char *folder, const char *path)
{
    struct ctl ctl = { .err = OV_ERROR_INIT };
    struct ov_host_options options = { .size = sizeof(options), .plugin_path = folder };
    struct gathering g = { .ctl = &ctl, .path = path };
    const struct ov_description *description;
    char *json;
    size_t n;

    quieten();
    ctl.arena = need(ov_arena_new());
    if (ov_host_open(&options, &ctl.host, &ctl.err) != OV_OK)
        return EXIT_FAILURE;
    g.list = make_list(&ctl);
    ov_host_candidates(ctl.host, gather, &g);
    if (g.list->n != 1)
        return EXIT_FAILURE;
    /* Whatever comes of it is in the candidate's verdict. */
    (void)ov_host_describe(ctl.host, ov_doc_str(ov_doc_get(g.list->u.items[0], "name")).p,
                           &description, NULL, &ctl.err);
    g.list = make_list(&ctl);
    ov_host_candidates(ctl.host, gather, &g);
    if (g.list->n == 1 &&
        ov_doc_print(g.list->u.items[0], &json, &n, &ctl.err) == OV_OK) {
        json[n] = '\n';
        write_all(json, n + 1);
    }
    /* The provider's handlers at exit are not what is looked at. */
    _exit(EXIT_SUCCESS);
}

/* ---------------------------------------------------------------------- parent */

static pid_t start_child(const char *folder, const char *path, int *answer)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        char *const words[] = { (char *)(uintptr_t) "ovctl",
                                (char *)(uintptr_t) "--probe", (char *)(uintptr_t)folder,
                                (char *)(uintptr_t)path, NULL };

        if (ends[1] == ANSWER_FD)
            fcntl(ANSWER_FD, F_SETFD, 0);
        else
            dup2(ends[1], ANSWER_FD);
        setpgid(0, 0);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        execv("/proc/self/exe", words);
        _exit(127);
    }
    close(ends[1]);
    *answer = ends[0];
    if (child < 0)
        close(ends[0]);
    else
        (void)setpgid(child, child); /* whoever of the two is first */
    return child;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A line, or until the child is gone. 0 when the time was over. */
static int read_answer(int fd, char *text, size_t room, size_t *n)
{
    int64_t limit = now_ms() + LIMIT_MS;

    for (*n = 0;;) {
        struct pollfd waiting = { .fd = fd, .events = POLLIN };
        int64_t left = limit - now_ms();
        ssize_t got;

        if (left <= 0 || interrupted)
            return 0;
        if (poll(&waiting, 1, (int)left) <= 0)
            continue;
        got = read(fd, text + *n, room - *n);
        if (got <= 0)
            return 1;
        *n += (size_t)got;
        if (*n == room || text[*n - 1] == '\n')
            return 1;
    }
}

static int is_outcome(struct ov_str name)
{
    static const char *const names[] = { "status", "verdict", "stage", "reason",
                                         "remedy" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (ov_str_equal(name, ov_str_of(names[i])))
            return 1;
    return 0;
}

/* What the whole path says of the candidate, with the outcome of its child. */
static struct ov_doc *merge(struct ctl *ctl, const struct ov_doc *before,
                            const struct ov_doc *after)
{
    struct ov_doc *object = make_object(ctl);

    for (uint64_t i = 0; i < before->n; i++) {
        struct ov_str name = before->u.members[i].name;
        const struct ov_doc *value = before->u.members[i].value, *theirs = NULL;

        for (uint64_t j = 0; j < after->n; j++)
            if (ov_str_equal(after->u.members[j].name, name))
                theirs = after->u.members[j].value;
        if (theirs != NULL && (is_outcome(name) || value->n == 0))
            value = theirs;
        if (ov_doc_set(ctl->arena, object, name, value) != OV_OK)
            need(NULL);
    }
    return object;
}

static struct ov_doc *crashed(struct ctl *ctl, const char *reason)
{
    struct ov_doc *object = make_object(ctl);

    set_text(ctl, object, "status", "refused");
    set_text(ctl, object, "verdict", "OV-LOAD-CRASHED");
    set_text(ctl, object, "stage", "load");
    set_text(ctl, object, "reason", reason);
    set_text(ctl, object, "remedy",
             "tell the provider's vendor; until then take the file out of the directory");
    return object;
}

static void how_it_ended(int status, int in_time, char *text, size_t room)
{
    if (!in_time)
        snprintf(text, room, "loading it did not end within %d s", LIMIT_MS / 1000);
    else if (WIFSIGNALED(status))
        snprintf(text, room, "loading it ended the process by signal %d (%s)",
                 WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
    else
        snprintf(text, room, "loading it ended the process with status %d",
                 WEXITSTATUS(status));
}

static const struct ov_doc *probe_one(struct ctl *ctl, const struct ov_doc *before)
{
    const char *path = ov_doc_str(ov_doc_get(before, "path")).p;
    const char *slash = strrchr(path, '/');
    char *folder = need(strndup(path, slash == NULL ? 0 : (size_t)(slash - path)));
    char text[16384], reason[160];
    struct ov_error err = OV_ERROR_INIT;
    struct ov_doc *after;
    size_t n = 0;
    int fd, status = 0, in_time;
    pid_t child = start_child(folder[0] != '\0' ? folder : "/", path, &fd);

    free(folder);
    if (child < 0)
        return before;
    in_time = read_answer(fd, text, sizeof(text), &n);
    close(fd);
    /* Done with, whatever it is waiting for, and whatever it has started. */
    kill(-child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (n > 0 && in_time &&
        ov_doc_parse(ctl->arena, (struct ov_str){ text, n }, &after, &err) == OV_OK)
        return merge(ctl, before, after);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return before; /* no /proc: what preflight said is all there is */
    how_it_ended(status, in_time, reason, sizeof(reason));
    return merge(ctl, before, crashed(ctl, reason));
}

struct ov_doc *probe_candidates(struct ctl *ctl)
{
    struct gathering g = { .ctl = ctl, .list = make_list(ctl) };
    struct ov_doc *out = make_list(ctl);

    ov_host_candidates(ctl->host, gather, &g);
    for (uint64_t i = 0; i < g.list->n; i++) {
        const struct ov_doc *one = g.list->u.items[i];
        int usable =
            ov_str_equal(ov_doc_str(ov_doc_get(one, "status")), ov_str_of("usable"));

        append(ctl, out, usable ? probe_one(ctl, one) : one);
    }
    return out;
}
