/* SPDX-License-Identifier: Apache-2.0 */
#include "language.h"

#include <stdlib.h>
#include <string.h>

struct ov_arena *arena;

const struct ov_settings plain_settings = {
    .size = sizeof(struct ov_settings),
    .backend = "native",
    .table = "context",
    .index_name = "default",
    .index_kind = "auto",
    .metric = OV_COSINE,
};

void arena_begin(void)
{
    arena = ov_arena_new();
    ck_assert_ptr_nonnull(arena);
}

void arena_end(void)
{
    ov_arena_free(arena);
    arena = NULL;
}

static char *with_quotes(const char *text)
{
    char *copy = strdup(text), *p;

    ck_assert_ptr_nonnull(copy);
    for (p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

const struct ov_doc *json(const char *text)
{
    char *copy = with_quotes(text);
    struct ov_doc *doc = NULL;
    struct ov_error why = OV_ERROR_INIT;
    int32_t code = ov_doc_parse(arena, ov_str_of(copy), &doc, &why);

    ck_assert_msg(code == OV_OK, "%s: %s", text, why.message);
    free(copy);
    return doc;
}

void ck_prints(const struct ov_doc *doc, const char *text)
{
    char *copy = with_quotes(text), *printed = NULL;
    struct ov_error why = OV_ERROR_INIT;
    size_t n = 0;

    ck_assert_ptr_nonnull(doc);
    ck_assert_int_eq(ov_doc_print(doc, &printed, &n, &why), OV_OK);
    ck_assert_str_eq(printed, copy);
    ck_assert_uint_eq(n, strlen(copy));
    free(printed);
    free(copy);
}

const struct schema *d1_schema(void)
{
    static const char meta[] =
        "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true},"
        "{'FieldName':'vector','FieldType':'vector','Dim':4},"
        "{'FieldName':'sparse_vector','FieldType':'sparse_vector'},"
        "{'FieldName':'uri','FieldType':'path'},{'FieldName':'s','FieldType':'string'},"
        "{'FieldName':'txt','FieldType':'text'},{'FieldName':'i','FieldType':'int64'},"
        "{'FieldName':'f','FieldType':'float32'},{'FieldName':'b','FieldType':'bool'},"
        "{'FieldName':'ls','FieldType':'list<string>'},"
        "{'FieldName':'li','FieldType':'list<int64>'},"
        "{'FieldName':'d','FieldType':'date_time'},"
        "{'FieldName':'g','FieldType':'geo_point'},{'FieldName':'nx','FieldType':'string'"
        "},"
        "{'FieldName':'pic','FieldType':'image','DefaultValue':''},"
        "{'FieldName':'film','FieldType':'video','DefaultValue':{}},"
        "{'FieldName':'parent_uri','FieldType':'string'}],"
        "'ScalarIndex':['uri','s','txt','i','f','b','ls','li','d','g']}";
    const struct schema *schema = NULL;
    struct ov_error why = OV_ERROR_INIT;
    int32_t code = schema_of_meta("D1", json(meta), NULL, &plain_settings, &schema, &why);

    ck_assert_msg(code == OV_OK, "%s", why.message);
    return schema;
}
