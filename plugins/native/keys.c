/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - a page of records by key: it begins at its cursor.
 *
 * The file has its keys in order, so a page is found there and costs what is in it; the
 * records themselves are the image's. Without this each page of an export would look at
 * all records. A filter that passes few records is better answered from the columns:
 * when walking along the keys turns out to be the longer way, it is given up.
 */
#include "native.h"

#include <stdlib.h>

/* More than that is no page. */
#define MOST_PAGE 65536u
/* Keys between two looks at how the filter does. */
#define FIRST_ESTIMATE 1024u
/* Records of which the columns are looked at while one key is walked along. */
#define COLUMNS_A_KEY 64u
/* What a key costs, in units of ov_watch. */
#define KEY_UNITS 64

struct walk {
    struct coll *coll;
    const struct ov_scan *request;
    const struct view *view;
    struct sieve sieve;
    uint64_t wanted, walked;
    struct order *out;
    int given_up;
};

static uint64_t wanted_of(const struct ov_scan *request)
{
    return request->limit > UINT64_MAX - request->offset
               ? UINT64_MAX
               : request->limit + request->offset;
}

int keys_can(const struct ov_call *call, const struct ov_scan *request, uint32_t key)
{
    return (request->order == OV_NONE || request->order == key) &&
           (call->flags & OV_CALL_EXPLAIN) == 0 && wanted_of(request) <= MOST_PAGE;
}

/* By what has passed so far: would the columns be the shorter way? */
static int is_the_longer_way(const struct walk *walk)
{
    uint64_t passed = walk->out->n > 0 ? walk->out->n : 1;
    uint64_t left = (walk->wanted - walk->out->n) * walk->walked / passed;

    return left > walk->view->n_slots / COLUMNS_A_KEY;
}

static int32_t prepare(struct walk *walk, sqlite3_stmt **statement, struct ov_error *err)
{
    const struct ov_scalar *after = walk->request->after_key;
    int down = walk->request->order != OV_NONE && walk->request->descending != 0;
    int32_t status;

    status =
        conn_prepare(&walk->coll->keys, statement, err,
                     "SELECT key FROM r%lld%s ORDER BY key%s", (long long)walk->coll->id,
                     after == NULL ? ""
                     : down        ? " WHERE key<?1"
                                   : " WHERE key>?1",
                     down ? " DESC" : "");
    if (status != OV_OK || after == NULL)
        return status;
    if (after->type == OV_TEXT)
        bind_text(*statement, 1, after->u.s.p, after->u.s.n);
    else
        (void)sqlite3_bind_int64(*statement, 1, after->u.i);
    return OV_OK;
}

/* A key that the image lacks is a contradiction that is not looked into here. */
static int32_t step_all(struct walk *walk, sqlite3_stmt *statement, struct ov_error *err)
{
    struct ov_cell key;
    uint32_t slot;
    int step = 1;

    while (walk->out->n < walk->wanted && !walk->given_up &&
           (step = conn_step(&walk->coll->keys, statement, err)) > 0) {
        sync_key(statement, 0, &key);
        slot = view_find(walk->view, &key);
        if (ov_watch_spend(&walk->sieve.watch, KEY_UNITS) != OV_OK)
            return err->code;
        if (slot != NO_SLOT && sieve_slot(&walk->sieve, slot))
            walk->out->items[walk->out->n++] = slot;
        walk->walked++;
        walk->given_up =
            slot == NO_SLOT ||
            (walk->request->filter != NULL && walk->walked >= FIRST_ESTIMATE &&
             (walk->walked & (walk->walked - 1)) == 0 && is_the_longer_way(walk));
    }
    return step >= 0 ? walk->sieve.watch.code : err->code;
}

static int32_t walk_keys(struct walk *walk, const struct ov_call *call,
                         struct ov_error *err)
{
    size_t most =
        walk->wanted < walk->view->n_slots ? (size_t)walk->wanted : walk->view->n_slots;
    sqlite3_stmt *statement = NULL;

    if (sieve_init(&walk->sieve, walk->view, walk->request->filter, call, err) != OV_OK)
        return err->code;
    walk->out->items = malloc((most + 1) * sizeof(*walk->out->items));
    if (walk->out->items == NULL)
        ov_no_memory(err);
    else if (prepare(walk, &statement, err) == OV_OK)
        (void)step_all(walk, statement, err);
    sqlite3_finalize(statement);
    sieve_clear(&walk->sieve);
    return err->code;
}

/* keys_lock is held. */
static int32_t find_page(struct coll *coll, const struct ov_call *call,
                         const struct ov_scan *request, struct view *view,
                         struct order *out, struct ov_error *err)
{
    struct walk walk = { .coll = coll,
                         .request = request,
                         .view = view,
                         .wanted = wanted_of(request),
                         .out = out };

    if (coll->keys.db == NULL &&
        engine_connect(coll->engine, &coll->keys, call, err) != OV_OK)
        return err->code;
    conn_serve(&coll->keys, call);
    if (sync_together(coll, &coll->keys, call, view, err) == OV_OK) {
        if (walk_keys(&walk, call, err) != OV_OK || walk.given_up)
            view_drop(view);
        conn_rollback(&coll->keys);
    }
    conn_serve(&coll->keys, NULL);
    if (err->code == OV_OK && walk.given_up)
        return OV_UNSUPPORTED;
    return err->code;
}

int32_t keys_page(struct coll *coll, const struct ov_call *call,
                  const struct ov_scan *request, struct view *view, struct order *out,
                  struct ov_error *err)
{
    struct ov_error own = OV_ERROR_INIT;
    int32_t status;

    if (engine_lock(&coll->keys_lock, call, err) != OV_OK)
        return err->code;
    status = find_page(coll, call, request, view, out, &own);
    pthread_mutex_unlock(&coll->keys_lock);
    if (status == OV_OK)
        return OV_OK;
    free(out->items);
    out->items = NULL;
    out->n = 0;
    /* An index of the file that is damaged is no reason to refuse what the image has. */
    if (status == OV_CANCELLED || status == OV_DEADLINE || status == OV_STALE ||
        status == OV_NO_SPACE) {
        *err = own;
        return status;
    }
    return OV_UNSUPPORTED;
}
