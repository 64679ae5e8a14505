/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.c - one folder, one engine: made by the first session of this process that
 * opens it, shared by the others, gone with the last.
 *
 * Two engines on one folder would be two writers, and have everything in memory twice.
 * Device and inode of the folder tell whether two paths are one.
 */
#include "native.h"

#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How late a waiter notices that its call was cancelled. */
#define SLICE_NS 20000000

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct engine *registry;

/* ThreadSanitizer does not know pthread_mutex_clocklock, and would take what the mutex
 * guards for unguarded. */
#if !defined(__SANITIZE_THREAD__) && defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define SLICE_CLOCK CLOCK_REALTIME
#define lock_until(mutex, until) pthread_mutex_timedlock(mutex, until)
#else
#define SLICE_CLOCK CLOCK_MONOTONIC
#define lock_until(mutex, until) pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, until)
#endif

int32_t engine_lock(pthread_mutex_t *mutex, const struct ov_call *call,
                    struct ov_error *err)
{
    struct timespec until;

    while (pthread_mutex_trylock(mutex) != 0) {
        if (ov_checkpoint(call, err) != OV_OK)
            return err->code;
        clock_gettime(SLICE_CLOCK, &until);
        until.tv_nsec += SLICE_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        if (lock_until(mutex, &until) == 0)
            return OV_OK;
    }
    return OV_OK;
}

int32_t engine_blame(const char *what, const char *path, struct ov_error *err)
{
    int reason = errno;

    return ov_fail(err, conn_status_of_system(reason), "cannot %s '%.200s': %s", what,
                   path, strerror(reason));
}

void engine_sync_folder(const struct engine *engine)
{
    int fd = open(engine->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

/* The folder with all that is missing above it. */
int32_t engine_make_folder(const char *folder, struct ov_error *err)
{
    char *path = strdup(folder), *at;
    struct stat info;
    int32_t status = OV_OK;

    if (path == NULL)
        return ov_no_memory(err);
    for (at = path + 1; status == OV_OK && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (stat(path, &info) != 0 && mkdir(path, 0700) != 0 && errno != EEXIST)
            status = engine_blame("make the folder", path, err);
        *at = '/';
    }
    if (status == OV_OK && mkdir(path, 0700) != 0 && errno != EEXIST)
        status = engine_blame("make the folder", path, err);
    free(path);
    return status;
}

/* SQLite would make it readable for everybody; the log files take its mode. */
static int32_t make_file(const struct engine *engine, struct ov_error *err)
{
    int fd = open(engine->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno == EEXIST ? OV_OK : engine_blame("make", engine->file, err);
    close(fd);
    engine_sync_folder(engine);
    return OV_OK;
}

static char *join(const char *folder, const char *name)
{
    char *path = malloc(strlen(folder) + strlen(name) + 2);

    if (path != NULL) {
        strcpy(path, folder);
        strcat(path, "/");
        strcat(path, name);
    }
    return path;
}

/* The program may go to another folder later; links stay as they are written. */
static char *absolute(const char *folder)
{
    char *here, *path;

    if (folder[0] == '/')
        return strdup(folder);
    here = getcwd(NULL, 0);
    if (here == NULL)
        return strdup(folder);
    path = join(here, folder);
    free(here);
    return path;
}

int32_t engine_names(struct engine *engine, const char *folder, struct ov_error *err)
{
    engine->folder = absolute(folder);
    if (engine->folder != NULL) {
        engine->file = join(engine->folder, NATIVE_FILE);
        engine->writer_file = join(engine->folder, NATIVE_WRITER);
    }
    return engine->file != NULL && engine->writer_file != NULL ? OV_OK
                                                               : ov_no_memory(err);
}

void engine_forget_names(struct engine *engine)
{
    free(engine->folder);
    free(engine->file);
    free(engine->writer_file);
}

static void destroy(struct engine *engine)
{
    checkpoint_stop(engine);
    conn_close(&engine->catalog);
    if (place_check(engine, NULL) == OV_OK &&
        (engine->writer_fd >= 0 || (engine->made && lock_take(engine, NULL) == OV_OK)))
        conn_close_last(&engine->writer);
    conn_close(&engine->writer);
    lock_drop(engine);
    group_clear(&engine->group);
    pthread_mutex_destroy(&engine->write);
    pthread_mutex_destroy(&engine->lists);
    pthread_mutex_destroy(&engine->wake_lock);
    pthread_cond_destroy(&engine->wake);
    if (engine->log_fd >= 0)
        close(engine->log_fd);
    if (engine->reader_fd >= 0)
        hold_close(engine->reader_fd);
    engine_forget_names(engine);
    free(engine);
}

int32_t engine_connect(struct engine *engine, struct conn *conn,
                       const struct ov_call *call, struct ov_error *err)
{
    if (place_check(engine, err) != OV_OK ||
        (engine->closed
             ? conn_open_closed(conn, engine->file, call, err)
             : conn_open(conn, engine->file, engine->sync, call, err)) != OV_OK)
        return err->code;
    if (place_check(engine, err) != OV_OK)
        conn_close(conn);
    return err->code;
}

/* The file is there, and stays the one that was noted before it was opened. */
static int32_t connect(struct engine *engine, const struct ov_call *call,
                       struct ov_error *err)
{
    place_note(engine, PLACE_FOLDER);
    place_note(engine, PLACE_FILE);
    if ((closed_is_needed(engine) && closed_take(engine, err) != OV_OK) ||
        mark_check(engine, err) != OV_OK ||
        engine_connect(engine, &engine->writer, call, err) != OV_OK ||
        engine_connect(engine, &engine->catalog, call, err) != OV_OK ||
        catalog_prepare(engine, call, err) != OV_OK)
        return err->code;
    place_note(engine, PLACE_LOG);
    place_note(engine, PLACE_INDEX);
    return place_check(engine, err);
}

static int32_t create(const char *folder, const char *sync, const struct ov_call *call,
                      struct engine **out, struct ov_error *err)
{
    struct engine *engine = calloc(1, sizeof(*engine));

    if (engine == NULL)
        return ov_no_memory(err);
    engine->refs = 1;
    engine->writer_fd = -1;
    engine->sync = sync;
    pthread_mutex_init(&engine->write, NULL);
    group_init(&engine->group);
    pthread_mutex_init(&engine->lists, NULL);
    pthread_mutex_init(&engine->wake_lock, NULL);
    pthread_cond_init(&engine->wake, NULL);
    engine->log_fd = engine->reader_fd = -1;
    if (engine_names(engine, folder, err) == OV_OK && make_file(engine, err) == OV_OK &&
        connect(engine, call, err) == OV_OK) {
        conn_serve(&engine->writer, NULL);
        conn_serve(&engine->catalog, NULL);
        if (!engine->closed)
            checkpoint_start(engine);
        *out = engine;
        return OV_OK;
    }
    destroy(engine);
    return err->code;
}

/* Is there a file, however broken, that a session could open? */
static int has_store(const char *folder)
{
    struct stat info;
    char *file = join(folder, NATIVE_FILE);
    int has = file == NULL || stat(file, &info) == 0 || errno != ENOENT;

    free(file);
    return has;
}

/* One whose files were taken away writes no more, and is in nobody's way. */
static int is_there(struct engine *engine)
{
    if (place_check(engine, NULL) != OV_STALE)
        return 1;
    (void)group_enter(engine, NULL, NULL);
    group_commit(engine);
    lock_drop(engine);
    group_leave(engine);
    return 0;
}

static int32_t open_engine(const struct ov_session *session, const struct ov_call *call,
                           struct engine **out, struct ov_error *err)
{
    const char *folder = session->folder;
    struct engine *engine = NULL;
    struct stat info;

    if (engine_make_folder(folder, err) != OV_OK)
        return err->code;
    if (stat(folder, &info) != 0)
        return engine_blame("open the folder", folder, err);
    if (!S_ISDIR(info.st_mode))
        return ov_fail(err, OV_INVALID, "'%s' is not a folder", folder);
    if (engine_lock(&registry_lock, call, err) != OV_OK)
        return err->code;
    for (engine = registry; engine != NULL; engine = engine->next)
        if (engine->device == info.st_dev && engine->inode == info.st_ino &&
            is_there(engine))
            break;
    if (engine != NULL) {
        engine->refs++;
    } else if (create(folder, session->sync, call, &engine, err) == OV_OK) {
        engine->device = info.st_dev;
        engine->inode = info.st_ino;
        engine->store = session->store;
        engine->next = registry;
        registry = engine;
    }
    pthread_mutex_unlock(&registry_lock);
    if (engine == NULL)
        return err->code;
    *out = engine;
    return OV_OK;
}

int32_t engine_of(struct ov_session *session, int make, const struct ov_call *call,
                  struct engine **out, struct ov_error *err)
{
    struct engine *engine = __atomic_load_n(&session->engine, __ATOMIC_ACQUIRE);
    int32_t status = OV_OK;

    if (engine == NULL) {
        if (engine_lock(&session->opening, call, err) != OV_OK)
            return err->code;
        engine = session->engine;
        if (engine == NULL && (make || has_store(session->folder)))
            status = open_engine(session, call, &engine, err);
        __atomic_store_n(&session->engine, engine, __ATOMIC_RELEASE);
        pthread_mutex_unlock(&session->opening);
    }
    if (status == OV_OK)
        *out = engine;
    return status;
}

void engine_close(struct engine *engine)
{
    struct engine **at = &registry;

    if (engine == NULL)
        return;
    pthread_mutex_lock(&registry_lock);
    if (--engine->refs == 0) {
        while (*at != engine)
            at = &(*at)->next;
        *at = engine->next;
        destroy(engine);
    }
    pthread_mutex_unlock(&registry_lock);
}
