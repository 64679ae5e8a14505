/* SPDX-License-Identifier: Apache-2.0 */
/* arrow_schema.c - the ArrowSchema of columns, for Arrow libraries. */
#include <ov/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every node owns its memory: a consumer may move children out. */
struct node {
    struct ArrowSchema *children[2];
    struct ArrowSchema slots[2];
    char format[24];
    char name[];
};

static void release(struct ArrowSchema *schema)
{
    int64_t i;

    for (i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
    schema->release = NULL;
    free(schema->private_data);
}

static void release_top(struct ArrowSchema *schema)
{
    int64_t i;

    for (i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
    schema->release = NULL;
    free(schema->children);
}

static const char *format_of(uint32_t type)
{
    static const char *const formats[] = {
        [OV_BOOL] = "b",        [OV_INT64] = "l",    [OV_FLOAT64] = "g",
        [OV_TIME] = "tsu:UTC",  [OV_TEXT] = "U",     [OV_TEXT_LIST] = "+L",
        [OV_INT64_LIST] = "+L", [OV_VECTOR] = "+w:", [OV_SPARSE] = "+s",
        [OV_GEO] = "+w:2",
    };

    return type >= OV_BOOL && type <= OV_GEO ? formats[type] : NULL;
}

static struct node *make(struct ArrowSchema *out, const char *format, const char *name,
                         int nullable)
{
    size_t bytes = strlen(name) + 1;
    struct node *node = calloc(1, sizeof(*node) + bytes);

    if (node == NULL)
        return NULL;
    memcpy(node->name, name, bytes);
    snprintf(node->format, sizeof(node->format), "%s", format);
    node->children[0] = &node->slots[0];
    node->children[1] = &node->slots[1];
    *out = (struct ArrowSchema){ .format = node->format,
                                 .name = node->name,
                                 .flags = nullable ? ARROW_FLAG_NULLABLE : 0,
                                 .children = node->children,
                                 .release = release,
                                 .private_data = node };
    return node;
}

/* One more child below out; its node, or NULL. */
static struct node *make_child(struct ArrowSchema *out, const char *format,
                               const char *name)
{
    struct node *node = make(out->children[out->n_children], format, name, 0);

    out->n_children += node != NULL;
    return node;
}

static int make_sparse(struct ArrowSchema *out)
{
    return make_child(out, "+L", "terms") == NULL ||
           make_child(out->children[0], "U", "item") == NULL ||
           make_child(out, "+L", "weights") == NULL ||
           make_child(out->children[1], "f", "item") == NULL;
}

static int make_column(struct ArrowSchema *out, const struct ov_column *column,
                       const char *name)
{
    static const char *const items[] = {
        [OV_TEXT_LIST] = "U", [OV_INT64_LIST] = "l", [OV_VECTOR] = "f", [OV_GEO] = "g"
    };
    struct node *node = make(out, format_of(column->type), name, column->nullable != 0);

    if (node == NULL)
        return -1;
    if (column->type == OV_VECTOR)
        snprintf(node->format, sizeof(node->format), "+w:%u", column->dim);
    if (column->type == OV_SPARSE)
        return make_sparse(out);
    if (column->type >= OV_TEXT_LIST)
        return make_child(out, items[column->type], "item") == NULL;
    return 0;
}

int32_t ov_arrow_schema(const struct ov_column *columns, const char *const *names,
                        uint32_t n_columns, struct ArrowSchema *out, struct ov_error *err)
{
    struct ArrowSchema top = { .format = "+s", .name = "", .release = release_top };
    struct ArrowSchema *slots;
    int32_t code = OV_OK;
    uint32_t c;

    top.children = calloc(n_columns + 1, sizeof(*top.children) + sizeof(*slots));
    if (top.children == NULL)
        return ov_no_memory(err);
    slots = (struct ArrowSchema *)(void *)(top.children + n_columns + 1);
    for (c = 0; code == OV_OK && c < n_columns; c++) {
        top.children[c] = &slots[c];
        if (format_of(columns[c].type) == NULL) {
            code =
                ov_fail(err, OV_INVALID, "column %u has no type %u", c, columns[c].type);
            break;
        }
        if (make_column(&slots[c], &columns[c], names[c]) != 0)
            code = ov_no_memory(err);
        top.n_children += slots[c].release != NULL;
    }
    if (code != OV_OK)
        top.release(&top);
    else
        *out = top;
    return code;
}
