/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - one line that is written over itself. */
#include "progress.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_NS INT64_C(100000000)
#define LABEL 24 /* columns */

static int64_t shown_at;
static int is_shown;

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int columns(void)
{
    const char *term = getenv("TERM");
    struct winsize size;

    if (!isatty(STDERR_FILENO) || (term != NULL && strcmp(term, "dumb") == 0))
        return 0;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    return 80;
}

static void draw_bar(const char *label, int n_label, double share, int width)
{
    int room = width - n_label - 10, full;

    if (share < 0)
        share = 0;
    if (share > 1)
        share = 1;
    room = room > 50 ? 50 : room < 4 ? 4 : room;
    full = (int)(share * room);
    fprintf(stderr, "\r%.*s [", n_label, label);
    for (int i = 0; i < room; i++)
        fputc(i < full ? '#' : ' ', stderr);
    fprintf(stderr, "] %3d %%", (int)(share * 100));
}

void progress_show(const char *what, double value, double total)
{
    int64_t t = now();
    int width;
    size_t taken;
    char label[128];

    if (is_shown && t - shown_at < INTERVAL_NS && value < total)
        return;
    width = columns();
    if (width == 0)
        return;
    snprintf(label, sizeof(label), "%s", what);
    text_tame(label);
    label[text_front(label, LABEL, &taken)] = '\0';
    if (total > 0)
        draw_bar(label, (int)strlen(label), value / total, width);
    else
        fprintf(stderr, "\r%s %.0f", label, value);
    fflush(stderr);
    is_shown = 1;
    shown_at = t;
}

void progress_end(void)
{
    if (!is_shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    is_shown = 0;
}
