/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.c - the thread that moves the log into the file.
 *
 * A checkpoint syncs twice and copies megabytes; inside a commit it would be the whole
 * of the slowest percent. The thread does not stop writers, so under a writer that never
 * rests the log might grow without end: beyond MOST_PAGES it takes the writers' lock
 * once and starts the log anew.
 */
#include "native.h"

#include <limits.h>
#include <signal.h>

#define SOME_PAGES 1000
#define MOST_PAGES 16000
#define RESTART_PATIENCE_MS 100

static int note_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct engine *engine = ctx;

    (void)db, (void)name;
    pthread_mutex_lock(&engine->wake_lock);
    engine->log_pages = pages;
    if (pages >= SOME_PAGES)
        pthread_cond_signal(&engine->wake);
    pthread_mutex_unlock(&engine->wake_lock);
    return SQLITE_OK;
}

/* Readers of another process can keep the log from being begun anew; then the next try
 * comes when it is twice as long, for each of them stops the writers a while. */
static void checkpoint(struct engine *engine, int pages, int *restart_at)
{
    int code;

    (void)sqlite3_wal_checkpoint_v2(engine->moves.db, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                    NULL, NULL);
    if (pages < *restart_at)
        return;
    (void)group_enter(engine, NULL, NULL);
    group_commit(engine);
    code = sqlite3_wal_checkpoint_v2(engine->moves.db, NULL, SQLITE_CHECKPOINT_RESTART,
                                     NULL, NULL);
    group_leave(engine);
    *restart_at = code == SQLITE_OK || pages > INT_MAX / 2 ? MOST_PAGES : 2 * pages;
}

static void *run(void *ctx)
{
    struct engine *engine = ctx;
    int pages, restart_at = MOST_PAGES;

    pthread_mutex_lock(&engine->wake_lock);
    while (!engine->stopping) {
        if (engine->log_pages < SOME_PAGES) {
            pthread_cond_wait(&engine->wake, &engine->wake_lock);
            continue;
        }
        pages = engine->log_pages;
        engine->log_pages = 0;
        pthread_mutex_unlock(&engine->wake_lock);
        checkpoint(engine, pages, &restart_at);
        pthread_mutex_lock(&engine->wake_lock);
    }
    pthread_mutex_unlock(&engine->wake_lock);
    return NULL;
}

/* The program's signals are its own: the thread takes none. */
static int start_quiet(struct engine *engine)
{
    sigset_t all, before;
    int code;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&engine->checkpointer, NULL, run, engine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

void checkpoint_start(struct engine *engine)
{
    struct ov_error fault = OV_ERROR_INIT;
    int opened = engine_connect(engine, &engine->moves, NULL, &fault) == OV_OK;

    if (opened)
        sqlite3_busy_timeout(engine->moves.db, RESTART_PATIENCE_MS);
    if (opened && start_quiet(engine) == 0) {
        engine->has_checkpointer = 1;
        sqlite3_wal_hook(engine->writer.db, note_pages, engine);
        return;
    }
    conn_close(&engine->moves);
    sqlite3_wal_autocheckpoint(engine->writer.db, SOME_PAGES);
}

void checkpoint_stop(struct engine *engine)
{
    if (!engine->has_checkpointer)
        return;
    pthread_mutex_lock(&engine->wake_lock);
    engine->stopping = 1;
    pthread_cond_signal(&engine->wake);
    pthread_mutex_unlock(&engine->wake_lock);
    pthread_join(engine->checkpointer, NULL);
    engine->has_checkpointer = 0;
    conn_close(&engine->moves);
}
