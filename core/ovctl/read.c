/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.c - arguments to what the host takes: documents, numbers, files, field lists and
 * keys. What is no number at all is wrong usage; one that is out of range is the host's
 * to refuse.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int32_t read_json(struct ctl *ctl, const char *option, const char *text,
                  const struct ov_doc **out)
{
    struct ov_doc *doc;
    char place[96];
    int32_t status = ov_doc_parse(ctl->arena, ov_str_of(text), &doc, &ctl->err);

    if (status == OV_OK) {
        *out = doc;
        return OV_OK;
    }
    snprintf(place, sizeof(place), "%s%s%.64s", option,
             ctl->err.where[0] != '\0' ? " " : "", ctl->err.where);
    memcpy(ctl->err.where, place, sizeof(place));
    return status;
}

int32_t read_filter(struct ctl *ctl, const struct ov_doc **out)
{
    *out = NULL;
    return ctl->args.filter == NULL ? OV_OK
                                    : read_json(ctl, "--filter", ctl->args.filter, out);
}

int read_number(struct ctl *ctl, const char *option, const char *text, int64_t *out)
{
    if (text == NULL || ov_int_parse(ov_str_of(text), out) == OV_OK)
        return 0;
    usage(ctl, "'%s' wants a whole number, not '%.64s'", option, text);
    return -1;
}

static int32_t fail_read(struct ctl *ctl, const char *file, int number)
{
    int32_t code = OV_INVALID;

    if (number == ENOENT || number == ENOTDIR)
        code = OV_NOT_FOUND;
    else if (number == EACCES || number == EPERM)
        code = OV_DENIED;
    else if (number == EINTR)
        return fail_cancelled(ctl);
    return ov_fail(&ctl->err, code, "'%s' cannot be read: %s", file,
                   strerrordesc_np(number));
}

int32_t read_file(struct ctl *ctl, const char *file, struct ov_str *out)
{
    int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    char *text = NULL;
    size_t used = 0, room = 0;
    ssize_t got;

    if (fd < 0)
        return fail_read(ctl, file, errno);
    do {
        if (room - used < 65536) {
            char *grown;

            room = 2 * room + 262144;
            grown = need(ov_arena_take(ctl->arena, room));
            if (used > 0)
                memcpy(grown, text, used);
            text = grown;
        }
        got = read(fd, text + used, room - used - 1);
        used += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR && !interrupted));
    if (got < 0) {
        int number = errno;

        if (fd != STDIN_FILENO)
            close(fd);
        return fail_read(ctl, file, number);
    }
    if (fd != STDIN_FILENO)
        close(fd);
    text[used] = '\0';
    out->p = text;
    out->n = used;
    return OV_OK;
}

/* --------------------------------------------------------------------- schema */

static int32_t read_meta(struct ctl *ctl, const struct ov_doc **fields)
{
    const struct ov_doc *meta;
    int32_t status =
        ov_collection_meta(ctl->collection, ctl->arena, &meta, &ctl->options, &ctl->err);

    if (status != OV_OK)
        return status;
    *fields = ov_doc_get(meta, "Fields");
    if (*fields == NULL || (*fields)->kind != OV_DOC_LIST)
        return ov_fail(&ctl->err, OV_INTERNAL, "the collection's meta has no Fields");
    return OV_OK;
}

static int is_text(const struct ov_doc *field, const char *member, const char *text)
{
    return ov_str_equal(ov_doc_str(ov_doc_get(field, member)), ov_str_of(text));
}

int32_t find_field(struct ctl *ctl, const char *type, const char **name, int64_t *dim)
{
    const struct ov_doc *fields, *value;
    int32_t status = read_meta(ctl, &fields);

    if (status != OV_OK)
        return status;
    *name = "";
    for (uint64_t i = 0; i < fields->n; i++) {
        if (!is_text(fields->u.items[i], "FieldType", type))
            continue;
        value = ov_doc_get(fields->u.items[i], "Dim");
        *name = ov_doc_str(ov_doc_get(fields->u.items[i], "FieldName")).p;
        *dim = value != NULL && value->kind == OV_DOC_INT ? value->u.i : 0;
        break;
    }
    return OV_OK;
}

/* "a,b,c"; a name holds no comma, since it is letters, digits and '_'. */
static int32_t split_fields(struct ctl *ctl, struct ov_projection *out)
{
    const char *p = ctl->args.fields;
    const char **names =
        need(ov_arena_take(ctl->arena, (strlen(p) + 1) * sizeof(*names)));
    uint32_t n = 0;

    for (;; p++) {
        size_t step = strcspn(p, ",");
        char *name = need(ov_arena_take(ctl->arena, step + 1));

        if (step == 0)
            return ov_fail(&ctl->err, OV_INVALID, "'--fields' holds an empty name");
        memcpy(name, p, step);
        name[step] = '\0';
        names[n++] = name;
        p += step;
        if (*p == '\0')
            break;
    }
    out->fields = names;
    out->n_fields = n;
    return OV_OK;
}

/* A collection that was made without a key has one under this name. */
static int has_field(const struct ov_doc *fields, struct ov_str name)
{
    int has_key = 0;

    for (uint64_t i = 0; i < fields->n; i++) {
        const struct ov_doc *is_key = ov_doc_get(fields->u.items[i], "IsPrimaryKey");

        if (ov_str_equal(ov_doc_str(ov_doc_get(fields->u.items[i], "FieldName")), name))
            return 1;
        has_key |= is_key != NULL && is_key->kind == OV_DOC_BOOL && is_key->u.i != 0;
    }
    return !has_key && ov_str_equal(name, ov_str_of("AUTO_ID"));
}

/* To the host a name that nobody knows is a field without a value, as OpenViking expects;
 * who types one has mistyped it, and a must_not of it would meet every record. */
static int32_t refuse_field(struct ctl *ctl, const char *option, struct ov_str name)
{
    snprintf(ctl->err.where, sizeof(ctl->err.where), "%s", option);
    return ov_fail(&ctl->err, OV_INVALID, "no field '%.*s' in collection '%s'",
                   name.n < 128 ? (int)name.n : 128, name.p, ctl->settings.table);
}

static int32_t check_fields(struct ctl *ctl, const struct ov_projection *asked)
{
    const struct ov_doc *fields;
    int32_t status = read_meta(ctl, &fields);

    for (uint32_t i = 0; status == OV_OK && i < asked->n_fields; i++)
        if (!has_field(fields, ov_str_of(asked->fields[i])))
            return refuse_field(ctl, "--fields", ov_str_of(asked->fields[i]));
    return status;
}

static int32_t check_nodes(struct ctl *ctl, const struct ov_doc *fields,
                           const struct ov_doc *node)
{
    int32_t status = OV_OK;

    for (uint64_t i = 0; status == OV_OK && node->kind == OV_DOC_LIST && i < node->n; i++)
        status = check_nodes(ctl, fields, node->u.items[i]);
    for (uint64_t i = 0; status == OV_OK && node->kind == OV_DOC_OBJECT && i < node->n;
         i++) {
        const struct ov_member *member = &node->u.members[i];

        if (ov_str_equal(member->name, ov_str_of("field")) &&
            member->value->kind == OV_DOC_TEXT &&
            !has_field(fields, ov_doc_str(member->value)))
            return refuse_field(ctl, "--filter", ov_doc_str(member->value));
        status = check_nodes(ctl, fields, member->value);
    }
    return status;
}

int32_t check_filter(struct ctl *ctl, const struct ov_doc *filter)
{
    const struct ov_doc *fields;
    int32_t status = filter == NULL ? OV_OK : read_meta(ctl, &fields);

    return filter == NULL || status != OV_OK ? status : check_nodes(ctl, fields, filter);
}

int32_t read_fields(struct ctl *ctl, enum fields_wanted wanted, struct ov_projection *out)
{
    const struct ov_doc *fields;
    const char **names;
    int32_t status;

    *out = (struct ov_projection){ .size = sizeof(*out) };
    if (ctl->args.fields != NULL) {
        status = split_fields(ctl, out);
        return status == OV_OK ? check_fields(ctl, out) : status;
    }
    if (wanted == FIELDS_ALL)
        return OV_OK;
    status = read_meta(ctl, &fields);
    if (status != OV_OK)
        return status;
    names = need(ov_arena_take(ctl->arena, (fields->n + 1) * sizeof(*names)));
    for (uint64_t i = 0; i < fields->n; i++)
        if (!is_text(fields->u.items[i], "FieldType", "vector") &&
            !is_text(fields->u.items[i], "FieldType", "sparse_vector"))
            names[out->n_fields++] =
                ov_doc_str(ov_doc_get(fields->u.items[i], "FieldName")).p;
    out->fields = names;
    return OV_OK;
}

/* An integer key when the key field is one, or when there is none: AUTO_ID. */
static int32_t has_integer_keys(struct ctl *ctl, int *truth)
{
    const struct ov_doc *fields, *is_key;
    int32_t status = read_meta(ctl, &fields);

    if (status != OV_OK)
        return status;
    *truth = 1;
    for (uint64_t i = 0; i < fields->n; i++) {
        is_key = ov_doc_get(fields->u.items[i], "IsPrimaryKey");
        if (is_key != NULL && is_key->kind == OV_DOC_BOOL && is_key->u.i != 0)
            *truth = is_text(fields->u.items[i], "FieldType", "int64");
    }
    return OV_OK;
}

int32_t read_keys(struct ctl *ctl, const char *const *words, uint32_t n,
                  const struct ov_doc **out)
{
    struct ov_doc *list = make_list(ctl);
    int integers;
    int32_t status = has_integer_keys(ctl, &integers);

    if (status != OV_OK)
        return status;
    for (uint32_t i = 0; i < n; i++) {
        int64_t number;

        if (integers && ov_int_parse(ov_str_of(words[i]), &number) == OV_OK)
            append(ctl, list, need(ov_doc_int(ctl->arena, number)));
        else
            append(ctl, list, make_text(ctl, words[i]));
    }
    *out = list;
    return OV_OK;
}
