/* SPDX-License-Identifier: Apache-2.0 */
/* harness.c - services, settings and records for tests on a real server. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char url[512];
struct ov_call call;
struct ov_session *session;
struct ov_table *table;
struct text notes;
struct ov_result result = { .size = sizeof(result) };
static const char *overrides[OPTIONS];

static void quiet(uint64_t store, uint32_t level, struct ov_str message)
{
    (void)store;
    (void)level;
    (void)message;
}

static int32_t secret(uint64_t store, uint32_t option, char *buffer, uint64_t capacity,
                      uint64_t *length)
{
    const char *text = option == OPTION_URL ? url : "";

    (void)store;
    *length = strlen(text);
    if (*length > capacity)
        return OV_LIMIT;
    memcpy(buffer, text, *length);
    return OV_OK;
}

static const struct ov_services services = { sizeof(services), OV_ABI_MINOR, quiet,
                                             secret };

static void take_note(void *ctx, const struct ov_note *note)
{
    (void)ctx;
    text_format(&notes, "%u ", note->kind);
    text_bytes(&notes, note->name.p, note->name.n);
    text_add(&notes, ": ");
    text_bytes(&notes, note->text.p, note->text.n);
    if (note->remedy.n > 0) {
        text_add(&notes, " => ");
        text_bytes(&notes, note->remedy.p, note->remedy.n);
    }
    text_add(&notes, "\n");
}

void use_ini(const char *which)
{
    char command[512], line[512];
    FILE *pipe;

    snprintf(command, sizeof(command), "%s ini '%s' %s", OV_TEST_PG_SCRIPT,
             getenv("OV_TEST_PG_DIR"), which);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    url[0] = '\0';
    while (fgets(line, sizeof(line), pipe) != NULL)
        if (strncmp(line, "url = ", 6) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(url, sizeof(url), "%.500s", line + 6);
        }
    ck_assert_int_eq(pclose(pipe), 0);
    ck_assert_str_ne(url, "");
}

void set_option(const char *name, const char *value)
{
    for (uint32_t i = 0; i < OPTIONS; i++)
        if (strcmp(options_description.options[i]->name, name) == 0) {
            overrides[i] = value;
            return;
        }
    ck_abort_msg("no option '%s'", name);
}

void reset_options(void)
{
    memset(overrides, 0, sizeof(overrides));
}

static void read_option(uint32_t i, struct ov_scalar *out)
{
    const struct ov_option *option = options_description.options[i];
    const char *text = overrides[i] != NULL ? overrides[i] : option->fallback;
    char *end;

    memset(out, 0, sizeof(*out));
    if (text == NULL || option->kind == OV_OPTION_SECRET || option->kind == OV_OPTION_URL)
        return;
    if (option->kind == OV_OPTION_TEXT || option->kind == OV_OPTION_WORD) {
        out->type = OV_TEXT;
        out->u.s = ov_str_of(text);
        return;
    }
    out->type = OV_INT64;
    out->u.i = strtoll(text, &end, 10);
    if (option->kind == OV_OPTION_MS && strcmp(end, "s") == 0)
        out->u.i *= 1000;
}

void read_options(struct ov_scalar settings[OPTIONS])
{
    session_services = &services;
    memset(&call, 0, sizeof(call));
    call.size = sizeof(call);
    call.cancel_fd = -1;
    call.now_us = INT64_C(1700000000000000);
    call.note = take_note;
    text_clear(&notes);
    for (uint32_t i = 0; i < OPTIONS; i++)
        read_option(i, &settings[i]);
}

int32_t try_open(struct ov_session **out)
{
    struct ov_scalar settings[OPTIONS];

    read_options(settings);
    return session_open(1, settings, &call, out, &err);
}

const char *admin(const char *sql)
{
    static char answer[4096];
    char conninfo[512] = "";
    char path[512];
    size_t n;
    char *text;
    PGconn *conn;
    PGresult *r;

    snprintf(path, sizeof(path), "%s/admin", getenv("OV_TEST_PG_DIR"));
    text = read_text(path, &n);
    ck_assert_ptr_nonnull(text);
    snprintf(conninfo, sizeof(conninfo), "%.400s", text);
    free(text);
    conn = PQconnectdb(conninfo);
    ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
    r = PQexec(conn, "SET client_min_messages = error");
    PQclear(r);
    r = PQexec(conn, sql);
    ck_assert_msg(PQresultStatus(r) == PGRES_TUPLES_OK ||
                      PQresultStatus(r) == PGRES_COMMAND_OK,
                  "%s: %s", sql, PQerrorMessage(conn));
    answer[0] = '\0';
    if (PQntuples(r) > 0)
        snprintf(answer, sizeof(answer), "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    PQfinish(conn);
    return answer;
}

void admin_in(const char *database, const char *sql)
{
    char path[512];
    struct text conninfo = { 0 };
    char *text;
    PGconn *conn;
    PGresult *r;

    snprintf(path, sizeof(path), "%s/admin", getenv("OV_TEST_PG_DIR"));
    text = read_text(path, NULL);
    ck_assert_ptr_nonnull(text);
    text_add(&conninfo, text);
    text_add(&conninfo, " dbname=");
    text_add(&conninfo, database);
    free(text);
    conn = PQconnectdb(conninfo.p);
    text_clear(&conninfo);
    ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
    r = PQexec(conn, sql);
    ck_assert_msg(PQresultStatus(r) == PGRES_COMMAND_OK ||
                      PQresultStatus(r) == PGRES_TUPLES_OK,
                  "%s: %s", sql, PQerrorMessage(conn));
    PQclear(r);
    PQfinish(conn);
}

int run_statements(const char *database)
{
    char *line = notes.p, *end;
    int n = 0;

    while (line != NULL && *line != '\0') {
        end = strchr(line, '\n');
        *end = '\0';
        if (line[0] == '0' + OV_NOTE_STATEMENT) {
            admin_in(database, strstr(line, ": ") + 2);
            n++;
        }
        line = end + 1;
    }
    notes.n = 0;
    return n;
}

int problems(void)
{
    int n = 0;

    for (const char *p = notes.p; p != NULL && *p != '\0'; p = strchr(p, '\n') + 1)
        n += p[0] == '0' + OV_NOTE_PROBLEM;
    return n;
}

int32_t doctor(void)
{
    notes.n = 0;
    if (notes.p != NULL)
        notes.p[0] = '\0';
    return doctor_act(session, &call, ov_str_of("doctor"), NULL, 0, &err);
}

void open_store(const char *schema)
{
    struct text sql = { 0 };

    text_add(&sql, "DROP SCHEMA IF EXISTS ");
    text_name(&sql, schema);
    text_add(&sql, " CASCADE");
    admin(sql.p);
    text_clear(&sql);
    if (url[0] == '\0')
        use_ini("--socket");
    set_option("schema", schema);
    ck_ok(try_open(&session));
}

void close_store(void)
{
    if (table != NULL)
        collection_close(table);
    table = NULL;
    if (session != NULL)
        session_close(session);
    session = NULL;
    text_clear(&notes);
}

#define TEXT(NAME)                                  \
    {                                               \
        (char *)(uintptr_t)(NAME), sizeof(NAME) - 1 \
    }
#define FIELD(TYPE, FLAGS, DIM, NAME)                                \
    {                                                                \
        sizeof(struct ov_field), (TYPE), (FLAGS), (DIM), TEXT(NAME), \
        {                                                            \
            0                                                        \
        }                                                            \
    }

const struct ov_schema *docs_schema(const char *kind, uint32_t metric)
{
    static struct ov_field list[F_COUNT] = {
        FIELD(OV_TEXT, OV_FIELD_KEY, 0, "id"),
        FIELD(OV_TEXT, OV_FIELD_PATH, 0, "path"),
        FIELD(OV_INT64, 0, 0, "level"),
        FIELD(OV_FLOAT64, 0, 0, "score"),
        FIELD(OV_TIME, OV_FIELD_NULLABLE, 0, "at"),
        FIELD(OV_TEXT_LIST, 0, 0, "tags"),
        FIELD(OV_INT64_LIST, 0, 0, "nums"),
        FIELD(OV_GEO, OV_FIELD_NULLABLE, 0, "place"),
        FIELD(OV_VECTOR, 0, 4, "vec"),
        FIELD(OV_SPARSE, 0, 0, "sparse"),
        FIELD(OV_TEXT, OV_FIELD_FULLTEXT, 0, "body"),
        FIELD(OV_TIME, OV_FIELD_NULLABLE | OV_FIELD_EXPIRY | OV_FIELD_HOST, 0,
              "_ov_expires"),
    };
    static const struct ov_field *fields[F_COUNT];
    static const uint32_t scalars[] = { F_PATH, F_LEVEL, F_SCORE, F_AT,
                                        F_TAGS, F_NUMS,  F_BODY };
    static struct ov_index index;
    static const struct ov_index *indexes[] = { &index };
    static struct ov_schema schema;

    for (uint32_t f = 0; f < F_COUNT; f++) {
        fields[f] = &list[f];
        if (!(list[f].flags & OV_FIELD_NULLABLE) && list[f].type <= OV_TEXT)
            list[f].fill = (struct ov_scalar){ list[f].type, 0, { 0 } };
    }
    list[F_BODY].fill.u.s = ov_str_of("a 'default' \\ \t\xe2\x80\xae of ours");
    index = (struct ov_index){ .size = sizeof(index),
                               .metric = metric,
                               .dense = F_VEC,
                               .sparse = F_SPARSE,
                               .n_scalars = 7,
                               .scalars = scalars,
                               .alpha = 0.5,
                               .name = TEXT("default"),
                               .kind = ov_str_of(kind),
                               .meta = TEXT("{\"a\":\"b\"}") };
    schema = (struct ov_schema){ .size = sizeof(schema),
                                 .n_fields = F_COUNT,
                                 .n_indexes = 1,
                                 .key = F_ID,
                                 .fields = fields,
                                 .indexes = indexes,
                                 .name = TEXT("docs"),
                                 .meta = TEXT("{}") };
    return &schema;
}

void create_docs(const char *kind, uint32_t metric)
{
    ck_ok(collection_create(session, &call, docs_schema(kind, metric), &err));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
}

static void add_doc(struct ov_rows *rows, const struct doc *doc)
{
    const int64_t text_end[2] = { 0, doc->tag != NULL ? (int64_t)strlen(doc->tag) : 0 };
    const int64_t term_end[2] = { 0, doc->term != NULL ? (int64_t)strlen(doc->term) : 0 };
    const double place[2] = { doc->lon, doc->lat };
    struct ov_cell cells[F_COUNT] = { { 0 } };

    cells[F_ID] = ov_text_cell(ov_str_of(doc->id));
    cells[F_PATH] = ov_text_cell(ov_str_of(doc->path));
    cells[F_LEVEL] = ov_int_cell(OV_INT64, doc->level);
    cells[F_SCORE] = ov_float_cell(doc->score);
    if (doc->at != 0)
        cells[F_AT] = ov_int_cell(OV_TIME, doc->at);
    cells[F_TAGS] = (struct ov_cell){ .type = OV_TEXT_LIST,
                                      .n = doc->tag != NULL,
                                      .u.offsets = text_end,
                                      .bytes = doc->tag };
    cells[F_NUMS] =
        (struct ov_cell){ .type = OV_INT64_LIST, .n = 1, .u.ints = &doc->level };
    if (doc->lon != 0 || doc->lat != 0)
        cells[F_PLACE] = (struct ov_cell){ .type = OV_GEO, .n = 2, .u.reals = place };
    cells[F_VEC] = ov_vector_cell(doc->vec, 4);
    cells[F_SPARSE] = (struct ov_cell){ .type = OV_SPARSE,
                                        .n = doc->term != NULL,
                                        .u.offsets = term_end,
                                        .bytes = doc->term,
                                        .weights = &doc->weight };
    cells[F_BODY] = ov_text_cell(ov_str_of(doc->body));
    if (doc->expires != 0)
        cells[F_EXPIRES] = ov_int_cell(OV_TIME, doc->expires);
    for (uint32_t f = 0; f < F_COUNT; f++)
        ov_rows_add(rows, &cells[f]);
}

int32_t upsert_docs(const struct doc *docs, int n)
{
    const struct ov_schema *schema = docs_schema("flat", OV_COSINE);
    struct ov_column columns[F_COUNT];
    uint32_t fields[F_COUNT];
    struct ov_rows *rows;
    struct ArrowArray array;
    const struct ov_batch batch = { sizeof(batch), F_COUNT, fields, &array };
    const struct ov_batch *batches[] = { &batch };
    int32_t status;

    for (uint32_t f = 0; f < F_COUNT; f++) {
        fields[f] = f;
        columns[f] =
            (struct ov_column){ schema->fields[f]->type, schema->fields[f]->dim,
                                (schema->fields[f]->flags & OV_FIELD_NULLABLE) != 0 };
    }
    rows = ov_rows_new(columns, F_COUNT);
    if (rows == NULL)
        return ov_no_memory(&err);
    for (int i = 0; i < n; i++)
        add_doc(rows, &docs[i]);
    ov_error_reset(&err);
    status = ov_rows_finish(rows, &array, &err);
    if (status != OV_OK)
        return status;
    status = write_upsert(table, &call, batches, 1, &err);
    array.release(&array);
    return status;
}

void release(struct ov_result *r)
{
    if (r->rows.release != NULL)
        r->rows.release(&r->rows);
    memset(r, 0, sizeof(*r));
    r->size = sizeof(*r);
}

const char *ids(struct ov_result *r)
{
    static char out[8192];
    size_t at = 0;

    out[0] = '\0';
    for (int64_t row = 0; row < r->rows.length; row++) {
        struct ov_cell cell;

        ov_array_cell(&r->rows, 0, row, OV_TEXT, 0, &cell);
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%.*s", row > 0 ? " " : "",
                               (int)cell.n, cell.u.text);
    }
    release(r);
    return out;
}

double score_of(const struct ov_result *r, int64_t row)
{
    struct ov_cell cell;

    ov_array_cell(&r->rows, 1, row, OV_FLOAT64, 0, &cell);
    return cell.u.f;
}

int run_with_server(Suite *suite)
{
    if (getenv("OV_TEST_PG_DIR") == NULL) {
        printf("# skipped: OV_TEST_PG_DIR names no server (scripts/pg run COMMAND...)\n");
        return 77;
    }
    return run_suite(suite);
}

void server_do(const char *command, const char *argument)
{
    char line[600];

    snprintf(line, sizeof(line), "%s %s '%s' %s >/dev/null", OV_TEST_PG_SCRIPT, command,
             getenv("OV_TEST_PG_DIR"), argument);
    ck_assert_msg(system(line) == 0, "%s", line);
}

const char *server_fact(const char *name)
{
    static char value[512];
    char path[512];
    char *text, *at;
    size_t n = strlen(name);

    snprintf(path, sizeof(path), "%s/server", getenv("OV_TEST_PG_DIR"));
    text = read_text(path, NULL);
    ck_assert_ptr_nonnull(text);
    value[0] = '\0';
    for (at = text; at != NULL && *at != '\0'; at = strchr(at, '\n') + 1)
        if (strncmp(at, name, n) == 0 && at[n] == '=')
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + n + 1, "\n"),
                     at + n + 1);
    free(text);
    ck_assert_str_ne(value, "");
    return value;
}

/* The runner's programs do not outlive a test; the server does, so it is started here. */
int run_with_own_server(Suite *suite, const char *flag)
{
    const char *base = getenv("TMPDIR");
    char folder[256], line[600];
    int status;

    if (getenv("OV_TEST_PG_DIR") == NULL)
        return run_with_server(suite);
    snprintf(folder, sizeof(folder), "%s/ov-pg-own-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(line, sizeof(line), "%s start '%s' %s", OV_TEST_PG_SCRIPT, folder, flag);
    if (system(line) != 0) {
        printf("# the server does not start\n");
        return 1;
    }
    setenv("OV_TEST_PG_DIR", folder, 1);
    status = run_suite(suite);
    snprintf(line, sizeof(line), "%s stop '%s'", OV_TEST_PG_SCRIPT, folder);
    return system(line) == 0 ? status : 1;
}
