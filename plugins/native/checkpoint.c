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

#include <signal.h>

#define SOME_PAGES 1000
#define MOST_PAGES 16000

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

static void checkpoint(struct engine *engine, int pages)
{
    int log = 0, done = 0;

    (void)sqlite3_wal_checkpoint_v2(engine->moves.db, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                    &log, &done);
    if (pages < MOST_PAGES)
        return;
    pthread_mutex_lock(&engine->write);
    (void)sqlite3_wal_checkpoint_v2(engine->moves.db, NULL, SQLITE_CHECKPOINT_RESTART,
                                    &log, &done);
    pthread_mutex_unlock(&engine->write);
}

static void *run(void *ctx)
{
    struct engine *engine = ctx;
    int pages;

    pthread_mutex_lock(&engine->wake_lock);
    while (!engine->stopping) {
        if (engine->log_pages < SOME_PAGES) {
            pthread_cond_wait(&engine->wake, &engine->wake_lock);
            continue;
        }
        pages = engine->log_pages;
        engine->log_pages = 0;
        pthread_mutex_unlock(&engine->wake_lock);
        checkpoint(engine, pages);
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
    if (conn_open(&engine->moves, engine->file, engine->sync, NULL, NULL) == OV_OK &&
        start_quiet(engine) == 0) {
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
