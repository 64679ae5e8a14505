/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native.h - what the files of this provider share.
 *
 * An engine is one folder with one SQLite file, shared by every session of the process
 * that opened it. A collection has its truth in the file and its image in memory. Locks,
 * in the order in which they may be taken together:
 *
 *   engine->write   the writing connection, its transaction and the group that shares it
 *   coll->apply     coll->conn, and replacing or changing the image
 *   engine->lists   the catalogue's connection and the list of collections
 *   image->lock     pins, keys, the published number
 *
 *   group->lock     how the writes of a group ended
 *
 * While own is set on a collection, this process is inside a write transaction on it:
 * nobody else can commit, so the image is the latest state and readers need not ask the
 * file. The writer publishes under apply after COMMIT.
 */
#ifndef OV_NATIVE_H
#define OV_NATIVE_H

#include "image.h"
#include "store.h"

#include <sys/types.h>

#define NATIVE_FORMAT 1
#define NATIVE_FILE "store.db"
#define NATIVE_WRITER "writer"
/* No label, change, version, epoch, edition or id is beyond it: counting on from there
 * would overflow, and no store gets there by counting. */
#define NUMBER_MOST (INT64_MAX / 2)
/* Keys that the log of changes remembers for other processes. */
#define LOG_ROWS 50000

struct coll;
struct txn;

/* The names under which others find a store; by each the file that was there. */
enum place_name {
    PLACE_FOLDER,
    PLACE_FILE,
    PLACE_LOG,
    PLACE_INDEX,
    PLACE_WRITER,
    N_PLACES
};
struct place {
    dev_t device;
    ino_t inode; /* 0: there was none, or it is of no matter */
};
#define PLACE_BYTES 4200 /* a path's most, with what SQLite appends */

/* Writes that lie in one open transaction and wait for its COMMIT. */
struct group {
    struct txn *first, *last; /* guarded by engine->write, as is records */
    int64_t records;
    uint32_t n;       /* writes; atomic: read without the lock too */
    uint32_t waiting; /* threads that wait for engine->write; atomic */
    pthread_mutex_t lock;
    pthread_cond_t ended;
};

struct engine {
    struct engine *next; /* in the registry, whose lock guards refs too */
    uint32_t refs;
    dev_t device;
    ino_t inode;
    uint64_t store; /* for the log */
    char *folder, *file, *writer_file;
    struct place places[N_PLACES];
    int64_t looked_ns; /* at them; atomic */
    int lost;          /* one led elsewhere: for good; atomic */
    const char *sync;  /* "FULL" or "NORMAL" */

    pthread_mutex_t write;
    struct conn writer;
    int writer_fd; /* -1, or held: this process is the writer */
    int log_fd;    /* -1, or to look at the log's salts, which were these last */
    unsigned char log_salts[8];
    int made;      /* the tables are of this engine's making */
    int closed;    /* read as it lies there: it may not be written */
    int reader_fd; /* then; -1, or keeps others from beginning to write */
    struct group group;

    pthread_mutex_t lists;
    struct conn catalog;
    struct coll *colls;

    pthread_t checkpointer;
    struct conn moves; /* the thread's */
    int has_checkpointer;
    pthread_mutex_t wake_lock;
    pthread_cond_t wake;
    int log_pages, stopping; /* guarded by wake_lock */
};

/* Statements on the writing connection; guarded by engine->write. */
struct writes {
    sqlite3_stmt *insert, *change, *remove, *log, *words_add, *words_remove;
};

struct coll {
    struct coll *next; /* guarded by engine->lists, as is refs */
    struct engine *engine;
    uint32_t refs; /* open tables and running catalogue calls */
    int64_t id;
    unsigned char uuid[16];
    struct writes writes;
    uint32_t n_writes; /* atomic */
    uint32_t key;      /* ordinal, which never changes; atomic */

    pthread_mutex_t apply;
    struct conn conn;
    sqlite3_stmt *ask; /* PRAGMA data_version: has anybody committed? */
    int64_t seen;      /* its answer when the image was last current */
    int own, gone;
    int64_t staged; /* the last number in the open transaction, 0: none; engine->write */
    int words_suspect; /* damage was met: the next write makes them anew; engine->write */
    int64_t version, epoch; /* of the schema, of the rows as a whole */
    int64_t words_edition;  /* of the full-text table */
    struct shape *shape;
    struct image *image;

    pthread_mutex_t words_lock;
    struct conn words; /* opened by the first keyword search */
    pthread_mutex_t keys_lock;
    struct conn keys; /* opened by the first page by key */
};

struct ov_session {
    struct engine *engine; /* atomic; NULL while nothing is stored there */
    pthread_mutex_t opening;
    char *folder;
    const char *sync;
    uint64_t store;
};

struct ov_table {
    struct ov_session *session;
    struct coll *coll;
};

extern const struct ov_services *native_services;

/* ----------------------------------------------------------------- engine.c */

/* The engine of the session's folder, which is made when make is set and it is not there;
 * else NULL is the answer then: who only reads a mistyped path leaves nothing there. */
int32_t engine_of(struct ov_session *session, int make, const struct ov_call *call,
                  struct engine **out, struct ov_error *err);
void engine_close(struct engine *engine);
/* Take a mutex by the call's deadline. */
int32_t engine_lock(pthread_mutex_t *mutex, const struct ov_call *call,
                    struct ov_error *err);

/* Says why the system, in errno, does not let us. */
int32_t engine_blame(const char *what, const char *path, struct ov_error *err);

/* Opens a connection to the store, if it is still where it was. */
int32_t engine_connect(struct engine *engine, struct conn *conn,
                       const struct ov_call *call, struct ov_error *err);

/* folder, file, writer_file; engine_forget_names. */
int32_t engine_names(struct engine *engine, const char *folder, struct ov_error *err);
void engine_forget_names(struct engine *engine);
int32_t engine_make_folder(const char *folder, struct ov_error *err);
void engine_sync_folder(const struct engine *engine);

/* ------------------------------------------------------------- checkpoint.c */

/* Starts the thread; without one SQLite checkpoints inside commits. */
void checkpoint_start(struct engine *engine);
void checkpoint_stop(struct engine *engine);

/* ------------------------------------------------------------------- lock.c */

/* This process becomes the writer, or OV_BUSY names the process that is. */
int32_t lock_take(struct engine *engine, struct ov_error *err);
void lock_drop(struct engine *engine);
/* The pid of the process that writes, 0: nobody, -1: one that cannot be named. */
pid_t lock_holder(const struct engine *engine);

/* ---------------------------------------------------------------- catalog.c */

int32_t catalog_prepare(struct engine *engine, const struct ov_call *call,
                        struct ov_error *err);
/* OV_EXISTS, OV_UNSUPPORTED: the file is not a store that this program reads. */
int32_t catalog_is_ours(struct conn *conn, const char *file, struct ov_error *err);
int32_t catalog_list(struct engine *engine, const struct ov_call *call, ov_name_fn *take,
                     void *ctx, struct ov_error *err);
int32_t catalog_create(struct engine *engine, const struct ov_call *call,
                       const struct ov_schema *schema, struct ov_error *err);
int32_t catalog_drop(struct engine *engine, const struct ov_call *call,
                     struct ov_str name, struct ov_error *err);
/* *out is yours: catalog_release. */
int32_t catalog_open(struct engine *engine, const struct ov_call *call,
                     struct ov_str name, struct coll **out, struct ov_error *err);
void catalog_release(struct coll *coll);

/* ------------------------------------------------------------------ alter.c */

int32_t alter_schema(struct coll *coll, const struct ov_call *call,
                     const struct ov_schema *schema, struct ov_error *err);
int32_t alter_index_put(struct coll *coll, const struct ov_call *call,
                        const struct ov_index *index, struct ov_error *err);
int32_t alter_index_drop(struct coll *coll, const struct ov_call *call,
                         struct ov_str name, struct ov_error *err);

/* ------------------------------------------------------------------- sync.c */

/* Opens the connection of a collection and reads its image. */
int32_t sync_load(struct coll *coll, const struct ov_call *call, struct ov_error *err);
void sync_unload(struct coll *coll);
/* The state of now, or OV_STALE. Yours: view_drop. */
int32_t sync_view(struct coll *coll, const struct ov_call *call, struct view *view,
                  struct ov_error *err);
/* The same without a view: brings image and shape up to now. apply is held. */
int32_t sync_current(struct coll *coll, const struct ov_call *call, struct ov_error *err);
/* Begins a reading transaction on conn, and gives the view of the state that it sees: the
 * file may be a commit ahead of the image. Yours: view_drop, conn_rollback. */
int32_t sync_together(struct coll *coll, struct conn *conn, const struct ov_call *call,
                      struct view *view, struct ov_error *err);
/* A key as a column of the file has it. */
void sync_key(sqlite3_stmt *statement, int column, struct ov_cell *key);
/* A whole new image from what conn sees; used by writers inside their transaction. */
int32_t sync_read_image(struct coll *coll, struct conn *conn, struct shape *shape,
                        int64_t change, struct image **out, struct ov_error *err);

/* -------------------------------------------------------------------- txn.c */

/* How a write stands with the group that it joined. */
enum txn_state {
    TXN_OPEN,   /* has not ended */
    TXN_ENDED,  /* is in the file and in the image, or failed: its error says so */
    TXN_UNDONE, /* left no trace, through no fault of its own: write it again */
};

/* A write in progress: the transaction is open, the image is current, others wait. */
struct txn {
    struct coll *coll;
    struct conn *conn;
    const struct ov_call *call;
    struct view view; /* the state before */
    struct change change;
    int64_t number;      /* of the last change so far */
    int64_t label;       /* the next free one */
    struct image *image; /* replaces the collection's, or NULL */
    struct shape *shape; /* replaces the collection's, or NULL */
    int64_t version, epoch, words;
    int words_broken;  /* the full-text table is damaged: commit makes it anew */
    int words_damaged; /* that came out after it had been written to */
    int again;         /* it can be written once more */
    int alone;         /* shares its COMMIT with nobody */
    int touched; /* a statement that writes has begun; it may have ended and failed */
    /* In the group. */
    struct txn *before, *after;
    struct ov_error *err;
    enum txn_state state; /* guarded by group->lock */
};

/* A transaction that shares its COMMIT with nobody. */
int32_t txn_begin(struct coll *coll, const struct ov_call *call, struct txn *txn,
                  struct ov_error *err);
/* One of these ends it. commit rolls back when it fails. */
int32_t txn_commit(struct txn *txn, struct ov_error *err);
void txn_abort(struct txn *txn);

/* A write of records that shares its COMMIT with those of other threads, unless alone is
 * set: others wait for what is staged. stage puts it into the transaction; it may be
 * called again, after all trace of the first time is gone. */
typedef int32_t stage_fn(struct txn *txn, void *ctx, struct ov_error *err);
int32_t txn_write(struct coll *coll, const struct ov_call *call, int alone,
                  stage_fn *stage, void *ctx, struct ov_error *err);

/* For group.c, after COMMIT or ROLLBACK. Neither can fail. */
void txn_show(struct txn *txn);
void txn_undo(struct txn *txn);

/* ------------------------------------------------------------------ group.c */

void group_init(struct group *group);
void group_clear(struct group *group);
/* Takes engine->write; call NULL: however long it takes. */
int32_t group_enter(struct engine *engine, const struct ov_call *call,
                    struct ov_error *err);
/* Gives it back. With nobody waiting for it the group is committed before. */
void group_leave(struct engine *engine);
/* These want engine->write. */
void group_add(struct txn *txn);
void group_commit(struct engine *engine);
/* The open transaction is lost: the writes in it have to be written again. */
void group_undo(struct engine *engine);
/* Waits, without a lock, for the end of a write that was added. */
void group_wait(struct txn *txn);

/* ------------------------------------------------------------------ write.c */

int32_t write_records(struct coll *coll, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      int merge, struct ov_error *err);
int32_t write_remove(struct coll *coll, const struct ov_call *call,
                     const struct ov_batch *keys, uint64_t *removed,
                     struct ov_error *err);
int32_t write_remove_where(struct coll *coll, const struct ov_call *call,
                           const struct ov_filter *filter, uint64_t *removed,
                           struct ov_error *err);
/* Expired records go from the file too. */
int32_t write_purge(struct coll *coll, const struct ov_call *call, uint64_t *removed,
                    struct ov_error *err);
int32_t write_truncate(struct coll *coll, const struct ov_call *call,
                       struct ov_error *err);
void write_forget(struct coll *coll); /* finalizes the statements */

/* ------------------------------------------------------------------ words.c */

/* The full-text table over the fields with OV_FIELD_FULLTEXT; nothing without them. */
int32_t words_create(struct conn *conn, int64_t id, int64_t edition,
                     const struct ov_schema *schema, struct ov_error *err);
int32_t words_drop(struct conn *conn, int64_t id, int64_t edition, struct ov_error *err);
/* The table anew, for this schema, with the rows that the transaction leaves. */
int32_t words_rebuild(struct txn *txn, const struct ov_schema *schema, int with_rows,
                      struct ov_error *err);
int32_t words_add(struct txn *txn, int64_t label, const struct ov_cell *cells,
                  struct ov_error *err);
int32_t words_remove(struct txn *txn, uint32_t slot, struct ov_error *err);
int32_t words_empty(struct txn *txn, struct ov_error *err);
/* OV_CORRUPT when the table contradicts itself. */
int32_t words_check(struct txn *txn, struct ov_error *err);
int words_same(const struct ov_schema *a, const struct ov_schema *b);
/* How many fields have words. */
uint32_t words_fields(const struct ov_schema *schema);
#define WORDS_NAME 48
/* The table's name, written into name. */
const char *words_table(char name[WORDS_NAME], int64_t id, int64_t edition);
/* OV_CORRUPT: the table holds what this program would not put there. */
int32_t words_today(struct conn *conn, int64_t id, int64_t edition, struct ov_error *err);

/* ------------------------------------------------------------------- heal.c */

/* Is this what a damaged full-text table answers? */
int heal_is_damage(int32_t status);
/* All full-text tables of the collection go, readable or not. */
int32_t heal_drop(struct conn *conn, int64_t id, struct ov_error *err);
/* OV_CORRUPT when keyword searches would fail or miss records. The collection's fields
 * have words; the file is only read. */
int32_t heal_look(struct conn *conn, int64_t id, struct ov_error *err);

/* -------------------------------------------------------------------- ask.c */

/* One record that has a word, as the file ranks it. */
struct word_hit {
    uint32_t slot;
    double score;
};
struct word_hits {
    struct word_hit *list; /* yours: free */
    size_t n;
};

/* view is the state in which the file was asked. */
int32_t words_search(struct coll *coll, const struct ov_call *call, struct ov_str text,
                     struct view *view, struct word_hits *hits, struct ov_error *err);

/* ----------------------------------------------------------------- narrow.c */

#define HINT_VALUES 8u

/* What the numbers of texts say on a leaf; n 0: nothing. */
struct hint {
    uint32_t n;
    int is_path, decides;         /* decides: a path with all numbers equal is within */
    uint16_t wanted[HINT_VALUES]; /* of the values, or of the scope's stems */
};

/* One for each node of the filter, cleared before. */
void narrow_plan(struct hint *hints, const struct view *view,
                 const struct ov_filter *filter);
/* Of the rows in: those that pass for sure, and those that have to be looked at. */
void narrow_block(const struct hint *hint, const struct column *column,
                  const uint64_t in[BLOCK_WORDS], uint64_t sure[BLOCK_WORDS],
                  uint64_t open[BLOCK_WORDS]);

/* ----------------------------------------------------------------- filter.c */

/* A filter made ready for one view, on one thread. */
struct sieve {
    const struct view *view;
    const struct ov_filter *filter; /* or NULL */
    struct ov_matcher *matcher;
    struct hint *hints; /* one a node */
    int64_t now_us;
    struct ov_watch watch; /* once it has ended, what passes means nothing */
};

/* Call and err are kept for the watch. */
int32_t sieve_init(struct sieve *sieve, const struct view *view,
                   const struct ov_filter *filter, const struct ov_call *call,
                   struct ov_error *err);
void sieve_clear(struct sieve *sieve);
/* The rows of a block that are there, live and pass. */
void sieve_block(struct sieve *sieve, uint32_t block, uint64_t mask[BLOCK_WORDS]);
int sieve_slot(struct sieve *sieve, uint32_t slot);

int32_t sieve_count(struct sieve *sieve, uint64_t *total, struct ov_error *err);
struct slots {
    uint32_t *list; /* yours: free */
    size_t n;
};

/* The slots that pass. */
int32_t sieve_slots(struct sieve *sieve, struct slots *out, struct ov_error *err);

/* ------------------------------------------------------------------ order.c */

/* Below 0 when item a comes first. Never 0 for two items, or they change places. */
typedef int order_fn(const void *ctx, uint64_t a, uint64_t b);

struct order {
    order_fn *compare;
    const void *ctx;
    uint64_t *items;
    size_t n;
    struct ov_watch watch; /* of order_first; a long comparison spends on it */
};

/* Brings the first k to the front, in order, and cuts n to them; looks at the clock. */
int32_t order_first(struct order *order, size_t k, const struct ov_call *call,
                    struct ov_error *err);

/* ------------------------------------------------------------------ keys.c */

/* Is the request a page by key? Then the slots of it, the first offset + limit behind the
 * cursor, and the view that they are of (yours: free, view_drop). OV_UNSUPPORTED without
 * an error: it has to be answered from the columns. */
int keys_can(const struct ov_call *call, const struct ov_scan *request, uint32_t key);
int32_t keys_page(struct coll *coll, const struct ov_call *call,
                  const struct ov_scan *request, struct view *view, struct order *out,
                  struct ov_error *err);

/* --------------------------------------------------- read.c search.c count.c */

int32_t read_fetch(struct coll *coll, const struct ov_call *call,
                   const struct ov_fetch *request, struct ov_result *out,
                   struct ov_error *err);
int32_t read_scan(struct coll *coll, const struct ov_call *call,
                  const struct ov_scan *request, struct ov_result *out,
                  struct ov_error *err);
int32_t read_count(struct coll *coll, const struct ov_call *call,
                   const struct ov_count *request, uint64_t *total,
                   struct ov_result *groups, struct ov_error *err);
int32_t read_search(struct coll *coll, const struct ov_call *call,
                    const struct ov_search *request, struct ov_result *out,
                    struct ov_error *err);
void read_add_fields(struct ov_rows *rows, const struct view *view, uint32_t slot,
                     const uint32_t *fields, uint32_t n_fields);
struct ov_rows *read_rows(const struct view *view, int search, const uint32_t *fields,
                          uint32_t n_fields);
/* The notes of an explain. */
void read_explain(const struct ov_call *call, const struct view *view,
                  const char *strategy, uint64_t candidates);
/* Ascending by key. */
int read_compare_keys(const struct view *view, uint32_t a, uint32_t b);

/* ----------------------------------------------------------------- backup.c */

int32_t backup_run(struct engine *engine, const struct ov_call *call,
                   const struct ov_str *words, uint32_t n_words, struct ov_error *err);
/* open: the store as it is open here, or NULL. It is stale afterwards. */
int32_t restore_run(struct ov_session *session, struct engine *open,
                    const struct ov_call *call, const struct ov_str *words,
                    uint32_t n_words, struct ov_error *err);

/* ----------------------------------------------------------------- action.c */

int32_t action_run(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err);

#include "files.h"

#endif
