/* SPDX-License-Identifier: Apache-2.0 */
/* Collection and index metas: what is taken, what is refused and where, what is kept. */
#include "language.h"

#include <ov/store.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "{'FieldName':'id','FieldType':'string','IsPrimaryKey':true}"
#define V4 "{'FieldName':'v','FieldType':'vector','Dim':4}"

static const struct schema *made;

static void begin(void)
{
    arena_begin();
    made = NULL;
}

static void end(void)
{
    schema_unref(made);
    arena_end();
}

static int32_t make(const char *meta)
{
    return schema_of_meta("c", json(meta), NULL, &plain_settings, &made, &err);
}

/* The fields that cross the border: "name:type:flags:dim ...". */
static const char *border(const struct schema *schema)
{
    static char text[4096];
    size_t n = 0;
    uint32_t i;

    text[0] = '\0';
    for (i = 0; i < schema->ov->n_fields; i++) {
        const struct ov_field *field = schema->ov->fields[i];

        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s:%u:%u:%u",
                              i > 0 ? " " : "", (int)field->name.n, field->name.p,
                              field->type, field->flags, field->dim);
    }
    return text;
}

static const char *visible(const struct schema *schema)
{
    static char text[4096];
    size_t n = 0;
    uint32_t i;

    text[0] = '\0';
    for (i = 0; i < schema->n_visible; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? " " : "",
                              schema->fields[schema->visible[i]].name);
    return text;
}

static const struct field *field(const char *name)
{
    const struct field *found = schema_find(made, ov_str_of(name));

    ck_assert_msg(found != NULL, "no field %s", name);
    return found;
}

START_TEST(each_type_becomes_its_column_and_dates_places_and_paths_get_a_twin)
{
    made = d1_schema();
    ck_assert_str_eq(border(made),
                     "id:5:1:0 vector:8:0:4 sparse_vector:9:0:0 uri:5:4:0 s:5:0:0 "
                     "txt:5:0:0 i:2:0:0 f:3:0:0 b:1:0:0 ls:6:0:0 li:7:0:0 d:4:2:0 "
                     "g:10:2:0 nx:5:0:0 pic:5:0:0 film:5:0:0 parent_uri:5:0:0 "
                     "_ov_text_uri:5:34:0 _ov_text_d:5:34:0 _ov_text_g:5:34:0");
    ck_assert_str_eq(visible(made),
                     "id vector sparse_vector uri s txt i f b ls li d g nx "
                     "pic film parent_uri");
    ck_assert_uint_eq(made->n_fields, 20);
    ck_assert_uint_eq(made->ov->key, 0);
    ck_assert_uint_eq(made->expiry, OV_NONE);
    ck_assert_uint_eq(field("uri")->twin, 17);
    ck_assert_uint_eq(field("d")->twin, 18);
    ck_assert_uint_eq(field("g")->twin, 19);
    ck_assert_uint_eq(field("s")->twin, OV_NONE);
    ck_assert_int_eq(field("f")->kind, KIND_FLOAT32);
    ck_assert_int_eq(field("vector")->required, 1);
    ck_assert_int_eq(field("pic")->required, 0);
    ck_assert_ptr_null(schema_find(made, ov_str_of("_ov_text_uri")));
    ck_assert_ptr_null(schema_find(made, ov_str_of("nope")));
    ck_assert_int_eq(made->fields[17].kind, KIND_HOST);
}
END_TEST

START_TEST(a_schema_without_a_key_gets_one_that_the_meta_does_not_show)
{
    ck_ok(make("{'Fields':[" V4 ",{'FieldName':'p','FieldType':'path'}]}"));
    ck_assert_str_eq(border(made), "v:8:0:4 p:5:4:0 AUTO_ID:2:1:0 _ov_text_p:5:34:0");
    ck_assert_str_eq(visible(made), "v p AUTO_ID");
    ck_assert_uint_eq(made->ov->key, 2);
    ck_assert_int_eq(field("AUTO_ID")->kind, KIND_INT64);
    ck_prints(made->meta, "{'CollectionName':'c','Fields':[" V4
                          ",{'FieldName':'p','FieldType':'path'}]}");
}
END_TEST

/* ------------------------------------------------------------------- refusals */

static const struct {
    const char *meta;
    const char *at;
    const char *says;
} bad[] = {
    { "[]", "", "not an object" },
    { "{}", "/Fields", "not a list" },
    { "{'Fields':{}}", "/Fields", "not a list" },
    { "{'Fields':[1]}", "/Fields/0", "not an object" },
    { "{'Fields':[" ID ",{'FieldType':'int64'}]}", "/Fields/1/FieldName",
      "no FieldName" },
    { "{'Fields':[{'FieldName':7,'FieldType':'int64'}]}", "/Fields/0/FieldName",
      "FieldName" },
    { "{'Fields':[{'FieldName':'a'}]}", "/Fields/0/FieldType", "'a' has no FieldType" },
    { "{'Fields':[{'FieldName':'a','FieldType':'Int64'}]}", "/Fields/0/FieldType",
      "'Int64'" },
    { "{'Fields':[{'FieldName':'a','FieldType':'float64'}]}", "/Fields/0/FieldType",
      "'float64'" },
    { "{'Fields':[{'FieldName':'','FieldType':'int64'}]}", "/Fields/0/FieldName", "''" },
    { "{'Fields':[{'FieldName':'1a','FieldType':'int64'}]}", "/Fields/0/FieldName",
      "'1a'" },
    { "{'Fields':[{'FieldName':'_a','FieldType':'int64'}]}", "/Fields/0/FieldName",
      "'_a'" },
    { "{'Fields':[{'FieldName':'a-b','FieldType':'int64'}]}", "/Fields/0/FieldName",
      "'a-b'" },
    { "{'Fields':[{'FieldName':'a b','FieldType':'int64'}]}", "/Fields/0/FieldName",
      "'a b'" },
    { "{'Fields':[{'FieldName':'a\xE2\x82\xAC','FieldType':'int64'}]}",
      "/Fields/0/FieldName", "letters" },
    { "{'Fields':[{'FieldName':'_ov_text_a','FieldType':'int64'}]}",
      "/Fields/0/FieldName", "the host's" },
    { "{'Fields':[" ID "," ID "]}", "/Fields/1", "'id' is there twice" },
    { "{'Fields':[" ID ",{'FieldName':'k','FieldType':'int64','IsPrimaryKey':true}]}",
      "/Fields/1", "both primary keys" },
    { "{'Fields':[{'FieldName':'k','FieldType':'path','IsPrimaryKey':true}]}",
      "/Fields/0/IsPrimaryKey", "of type path" },
    { "{'Fields':[{'FieldName':'k','FieldType':'int64','IsPrimaryKey':1}]}",
      "/Fields/0/IsPrimaryKey", "neither true nor false" },
    { "{'Fields':[{'FieldName':'AUTO_ID','FieldType':'int64'}]}", "", "AUTO_ID" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector'}]}", "/Fields/0/Dim", "no Dim" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':0}]}", "/Fields/0/Dim",
      "'v'" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':2}]}", "/Fields/0/Dim",
      "multiple of 4" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':6}]}", "/Fields/0/Dim",
      "multiple of 4" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':4100}]}", "/Fields/0/Dim",
      "4100" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':'8'}]}", "/Fields/0/Dim",
      "Dim" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':4.5}]}", "/Fields/0/Dim",
      "Dim" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':9223372036854775807}]}",
      "/Fields/0/Dim", "Dim" },
    { "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':4,'DefaultValue':[1,2,3,4]}"
      "]}",
      "/Fields/0/DefaultValue", "type vector" },
    { "{'Fields':[{'FieldName':'a','FieldType':'int64','DefaultValue':1.5}]}",
      "/Fields/0/DefaultValue", "type int64" },
    { "{'Fields':[{'FieldName':'a','FieldType':'int64','DefaultValue':1e30}]}",
      "/Fields/0/DefaultValue", "type int64" },
    { "{'Fields':[{'FieldName':'a','FieldType':'string','DefaultValue':1}]}",
      "/Fields/0/DefaultValue", "type string" },
    { "{'Fields':[{'FieldName':'a','FieldType':'bool','DefaultValue':2}]}",
      "/Fields/0/DefaultValue", "type bool" },
    { "{'Fields':[{'FieldName':'a','FieldType':'bool','DefaultValue':'ye'}]}",
      "/Fields/0/DefaultValue", "type bool" },
    { "{'Fields':[{'FieldName':'a','FieldType':'list<string>','DefaultValue':[1]}]}",
      "/Fields/0/DefaultValue", "list<string>" },
    { "{'Fields':[{'FieldName':'a','FieldType':'list<int64>','DefaultValue':'1;x'}]}",
      "/Fields/0/DefaultValue", "list<int64>" },
    { "{'Fields':[{'FieldName':'a','FieldType':'date_time','DefaultValue':'soon'}]}",
      "/Fields/0/DefaultValue", "date_time" },
    { "{'Fields':[{'FieldName':'a','FieldType':'date_time','DefaultValue':0}]}",
      "/Fields/0/DefaultValue", "date_time" },
    { "{'Fields':[{'FieldName':'a','FieldType':'geo_point','DefaultValue':'200,0'}]}",
      "/Fields/0/DefaultValue", "geo_point" },
    { "{'Fields':[{'FieldName':'a','FieldType':'sparse_vector','DefaultValue':{'x':'y'}}]"
      "}",
      "/Fields/0/DefaultValue", "sparse_vector" },
    { "{'Fields':[{'FieldName':'a','FieldType':'video','DefaultValue':'x'}]}",
      "/Fields/0/DefaultValue", "video" },
    { "{'Fields':[" ID ",{'FieldName':'g','FieldType':'geo_point'},"
      "{'FieldName':'g_lat','FieldType':'float32'}]}",
      "/Fields/2", "'g_lat'" },
    { "{'Fields':[{'FieldName':'g_lon','FieldType':'float32'}," ID
      ",{'FieldName':'g','FieldType':'geo_point'}]}",
      "/Fields/0", "'g_lon'" },
    { "{'Fields':[" ID "],'Description':7}", "/Description", "not a text" },
    { "{'Fields':[" ID "],'FullText':{}}", "/FullText", "not a list" },
    { "{'Fields':[" ID "],'FullText':['id']}", "/FullText/0", "not an object" },
    { "{'Fields':[" ID "],'FullText':[{'Field':'x'}]}", "/FullText/0/Field", "'x'" },
    { "{'Fields':[" V4 "],'FullText':[{'Field':'v'}]}", "/FullText/0/Field",
      "type vector" },
    { "{'Fields':[" ID "],'ScalarIndex':'id'}", "/ScalarIndex", "not a list" },
    { "{'Fields':[" ID "],'ScalarIndex':['id','y']}", "/ScalarIndex/1", "'y'" },
    { "{'Fields':[" ID "],'ScalarIndex':[1]}", "/ScalarIndex/0", "no field" },
};

START_TEST(a_bad_meta_is_refused_with_its_place)
{
    ck_fails(OV_INVALID, make(bad[_i].meta));
    ck_says(bad[_i].says);
    ck_at(bad[_i].at);
    ck_assert_ptr_null(made);
}
END_TEST

static const char *const good[] = {
    "{'Fields':[]}",
    "{'Fields':[" ID "],'Unknown':{'x':[1,2.0]}}",
    "{'Fields':[{'FieldName':'\xC3\xA9t\xC3\xA9_2','FieldType':'int64'}]}",
    "{'Fields':[{'FieldName':'\xE4\xB8\xAD\xE6\x96\x87','FieldType':'int64'}]}",
    "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':4096,'Extra':1}]}",
    "{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':8.0}]}",
    "{'Fields':[{'FieldName':'k','FieldType':'int64','IsPrimaryKey':null,'DefaultValue':"
    "null}]}",
    "{'Fields':[" ID "],'Description':null,'FullText':null,'ScalarIndex':null}",
    "{'Fields':[" ID
    ",{'FieldName':'t','FieldType':'text'}],'FullText':[{'Field':'t'},{}]}",
};

START_TEST(a_good_meta_is_taken_and_kept_word_for_word)
{
    char expected[1024];

    ck_ok(make(good[_i]));
    snprintf(expected, sizeof(expected), "{'CollectionName':'c',%s", good[_i] + 1);
    ck_prints(made->meta, expected);
}
END_TEST

START_TEST(limits_of_names_and_descriptions_are_counted_in_characters)
{
    char name[600] = "", meta[200000];
    char *text = malloc(65536 * 2 + 1);
    int i;

    for (i = 0; i < 128; i++)
        strcat(name, "\xC3\xA9");
    snprintf(meta, sizeof(meta), "{'Fields':[{'FieldName':'%s','FieldType':'path'}]}",
             name);
    ck_ok(make(meta));
    ck_assert_str_eq(made->fields[made->fields[0].twin].name, "_ov_text_0");
    schema_unref(made);
    made = NULL;
    strcat(name, "e");
    snprintf(meta, sizeof(meta), "{'Fields':[{'FieldName':'%s','FieldType':'path'}]}",
             name);
    ck_fails(OV_INVALID, make(meta));
    ck_at("/Fields/0/FieldName");
    for (i = 0; i < 65536; i++)
        memcpy(text + (ptrdiff_t)i * 2, "\xC3\xA9", 2);
    text[65535 * 2] = '\0';
    snprintf(meta, sizeof(meta), "{'Fields':[],'Description':'%s'}", text);
    ck_ok(make(meta));
    text[65535 * 2] = '\xC3';
    text[65536 * 2] = '\0';
    snprintf(meta, sizeof(meta), "{'Fields':[],'Description':'%s'}", text);
    schema_unref(made);
    made = NULL;
    ck_fails(OV_INVALID, make(meta));
    ck_at("/Description");
    free(text);
}
END_TEST

START_TEST(collection_names_may_hold_anything_but_controls)
{
    static const char *const names[] = { "", "a\nb", "\x7F", "\xC2\x85", "\xFF" };
    char many[130];
    size_t i;

    ck_ok(schema_of_meta("context_bench_2026-01-01 10:00/x", json("{'Fields':[" ID "]}"),
                         NULL, &plain_settings, &made, &err));
    ck_prints(made->meta,
              "{'CollectionName':'context_bench_2026-01-01 10:00/x','Fields':[" ID "]}");
    schema_unref(made);
    made = NULL;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_fails(OV_INVALID, schema_of_meta(names[i], json("{'Fields':[" ID "]}"), NULL,
                                            &plain_settings, &made, &err));
        ck_says("collection name");
    }
    memset(many, 'x', 129);
    many[129] = '\0';
    ck_fails(OV_INVALID, schema_of_meta(many, json("{'Fields':[]}"), NULL,
                                        &plain_settings, &made, &err));
}
END_TEST

START_TEST(values_that_json_cannot_carry_are_refused_before_anything_is_kept)
{
    struct ov_doc *meta = ov_doc_object(arena);

    ov_doc_set(arena, meta, ov_str_of("Fields"), json("[]"));
    ov_doc_set(arena, meta, ov_str_of("Extra"), ov_doc_real(arena, NAN));
    ck_fails(OV_INVALID, schema_of_meta("c", meta, NULL, &plain_settings, &made, &err));
    ck_says("NaN");
}
END_TEST

START_TEST(more_fields_than_a_collection_may_have_are_over_the_limit)
{
    struct ov_doc *meta = ov_doc_object(arena), *fields = ov_doc_list(arena);
    int i;

    for (i = 0; i < 2049; i++)
        ov_doc_append(arena, fields, json("{'FieldName':'a','FieldType':'int64'}"));
    ov_doc_set(arena, meta, ov_str_of("Fields"), fields);
    ck_fails(OV_LIMIT, schema_of_meta("c", meta, NULL, &plain_settings, &made, &err));
    ck_at("/Fields");
}
END_TEST

/* ------------------------------------------------------------------- defaults */

static const struct {
    const char *type;
    const char *given; /* NULL: none */
    const char *fill;
    uint32_t border; /* enum ov_type of the border's fill */
    const char *text;
    int64_t i;
    double f;
} defaults[] = {
    { "int64", NULL, "0", OV_INT64, NULL, 0, 0 },
    { "int64", "9", "9", OV_INT64, NULL, 9, 0 },
    { "int64", "'-12'", "-12", OV_INT64, NULL, -12, 0 },
    { "int64", "3.0", "3", OV_INT64, NULL, 3, 0 },
    { "int64", "true", "1", OV_INT64, NULL, 1, 0 },
    { "float32", NULL, "0.0", OV_FLOAT64, NULL, 0, 0 },
    { "float32", "0.1", "0.1", OV_FLOAT64, NULL, 0, 0.1 },
    { "float32", "'3'", "3.0", OV_FLOAT64, NULL, 0, 3 },
    { "bool", NULL, "false", OV_BOOL, NULL, 0, 0 },
    { "bool", "'YES'", "true", OV_BOOL, NULL, 1, 0 },
    { "bool", "0", "false", OV_BOOL, NULL, 0, 0 },
    { "string", NULL, "''", OV_TEXT, "", 0, 0 },
    { "string", "'x'", "'x'", OV_TEXT, "x", 0, 0 },
    { "text", "'x'", "'x'", OV_TEXT, "x", 0, 0 },
    { "image", NULL, "''", OV_TEXT, "", 0, 0 },
    { "path", NULL, "''", OV_TEXT, "", 0, 0 },
    { "path", "'a//b/'", "'a//b/'", OV_TEXT, "/a/b", 0, 0 },
    { "date_time", NULL, "''", OV_NULL, NULL, 0, 0 },
    { "date_time", "'2026-01-01T00:00:00Z'", "'2026-01-01T00:00:00Z'", OV_NULL, NULL, 0,
      0 },
    { "geo_point", "'1,2'", "'1,2'", OV_NULL, NULL, 0, 0 },
    { "list<string>", NULL, "[]", OV_NULL, NULL, 0, 0 },
    { "list<string>", "'a;;b'", "['a','','b']", OV_NULL, NULL, 0, 0 },
    { "list<int64>", "['1',2,3.0]", "[1,2,3]", OV_NULL, NULL, 0, 0 },
    { "sparse_vector", NULL, "{}", OV_NULL, NULL, 0, 0 },
    { "sparse_vector", "{'x':1}", "{'x':1}", OV_NULL, NULL, 0, 0 },
    { "video", NULL, "{}", OV_TEXT, "{}", 0, 0 },
    { "video", "{'u':1}", "{'u':1}", OV_TEXT, "{\"u\":1}", 0, 0 },
};

START_TEST(a_default_fills_the_record_and_the_column)
{
    char meta[256];
    const struct ov_scalar *fill;

    snprintf(meta, sizeof(meta), "{'Fields':[{'FieldName':'a','FieldType':'%s'%s%s}]}",
             defaults[_i].type, defaults[_i].given != NULL ? ",'DefaultValue':" : "",
             defaults[_i].given != NULL ? defaults[_i].given : "");
    ck_ok(make(meta));
    ck_prints(field("a")->fill, defaults[_i].fill);
    fill = &made->ov->fields[0]->fill;
    ck_assert_uint_eq(fill->type, defaults[_i].border);
    if (fill->type == OV_TEXT)
        ck_assert(ov_str_equal(fill->u.s, ov_str_of(defaults[_i].text)));
    else if (fill->type == OV_FLOAT64)
        ck_assert(!(fill->u.f < defaults[_i].f || fill->u.f > defaults[_i].f));
    else if (fill->type != OV_NULL)
        ck_assert_int_eq(fill->u.i, defaults[_i].i);
}
END_TEST

/* ----------------------------------------------------------- the provider's side */

/* What a provider that keeps one blob would describe. */
static struct ov_schema *through_a_provider(const struct ov_schema *schema)
{
    void *bytes = NULL;
    size_t n = 0;
    struct ov_schema *back = NULL;

    ck_ok(ov_schema_encode(schema, &bytes, &n, &err));
    ck_ok(ov_schema_decode(bytes, n, &back, &err));
    free(bytes);
    return back;
}

static void ck_same_schema(const struct schema *a, const struct schema *b)
{
    char text[4096];
    uint32_t i;

    snprintf(text, sizeof(text), "%s", border(a));
    ck_assert_str_eq(text, border(b));
    snprintf(text, sizeof(text), "%s", visible(a));
    ck_assert_str_eq(text, visible(b));
    ck_assert(ov_doc_equal(a->meta, b->meta));
    ck_assert(ov_str_equal(a->ov->meta, b->ov->meta));
    ck_assert_uint_eq(a->ov->key, b->ov->key);
    ck_assert_uint_eq(a->expiry, b->expiry);
    ck_assert_uint_eq(a->ov->n_indexes, b->ov->n_indexes);
    for (i = 0; i < a->n_fields; i++) {
        ck_assert_str_eq(a->fields[i].name, b->fields[i].name);
        ck_assert_int_eq(a->fields[i].kind, b->fields[i].kind);
        ck_assert_uint_eq(a->fields[i].twin, b->fields[i].twin);
        ck_assert_int_eq(a->fields[i].required, b->fields[i].required);
        ck_assert_uint_eq(a->fields[i].ordinal, i);
        ck_assert((a->fields[i].fill == NULL) == (b->fields[i].fill == NULL));
        if (a->fields[i].fill != NULL)
            ck_assert(ov_doc_equal(a->fields[i].fill, b->fields[i].fill));
    }
    for (i = 0; i < a->ov->n_indexes; i++)
        ck_assert(index_same(a->ov->indexes[i], b->ov->indexes[i]));
}

START_TEST(a_schema_comes_back_from_a_provider_as_it_went)
{
    struct ov_schema *described;
    const struct schema *back = NULL;

    made = d1_schema();
    described = through_a_provider(made->ov);
    ck_ok(schema_of_provider(described, &back, &err));
    free(described);
    ck_same_schema(made, back);
    schema_unref(back);
}
END_TEST

/* Damage that no provider noticed: filters would be made by the meta and answered by
 * the flags. */
START_TEST(a_description_that_contradicts_itself_or_its_meta_is_corrupt)
{
    struct ov_schema *described;
    struct ov_field *path;
    const struct schema *back = NULL;
    uint32_t at;

    ck_ok(make("{'Fields':[" V4 ",{'FieldName':'p','FieldType':'path'},"
               "{'FieldName':'n','FieldType':'int64'}]}"));
    described = through_a_provider(made->ov);
    at = ov_schema_field(described, ov_str_of(_i < 2 ? "p" : "n"));
    path = (struct ov_field *)(uintptr_t)described->fields[at];
    if (_i == 0)
        path->flags &= ~(uint32_t)OV_FIELD_PATH;
    else if (_i == 1)
        path->dim = 7;
    else
        path->flags |= OV_FIELD_EXPIRY;

    ck_fails(OV_CORRUPT, schema_of_provider(described, &back, &err));

    ck_says(_i < 2 ? "'p'" : "'n'");
    ck_assert_ptr_null(back);
    free(described);
}
END_TEST

START_TEST(a_description_survives_byte_for_byte)
{
    struct ov_doc *meta = ov_doc_copy(arena, json("{'Fields':[" V4 "]}"));
    static const char text[] = "base \xC3\xA9\t\"q\"\\\n\n[openviking.embedding]\n"
                               "{\"dimension\": 4, \"model\": \"\xE4\xB8\xAD\"}";
    struct ov_schema *described;
    const struct schema *back = NULL;

    ov_doc_set(arena, meta, ov_str_of("Description"),
               ov_doc_text(arena, ov_str_of(text)));
    ck_ok(schema_of_meta("c", meta, NULL, &plain_settings, &made, &err));
    described = through_a_provider(made->ov);
    ck_ok(schema_of_provider(described, &back, &err));
    free(described);
    ck_assert_str_eq(ov_doc_str(ov_doc_get(back->meta, "Description")).p, text);
    ck_same_schema(made, back);
    schema_unref(back);
}
END_TEST

/* A table that the host did not make. */
static struct ov_schema *adopted_table(void)
{
    static struct ov_field key = { sizeof(key), OV_TEXT,        OV_FIELD_KEY,
                                   0,           { "my-id", 5 }, { OV_TEXT, 0, { 0 } } };
    static struct ov_field vector = { sizeof(key), OV_VECTOR, 0, 3, { "v", 1 }, { 0 } };
    static struct ov_field path = {
        sizeof(key), OV_TEXT,      OV_FIELD_PATH | OV_FIELD_FULLTEXT,
        0,           { "uri", 3 }, { OV_TEXT, 0, { 0 } }
    };
    static struct ov_field time = { sizeof(key), OV_TIME,     OV_FIELD_NULLABLE,
                                    0,           { "at", 2 }, { 0 } };
    static const struct ov_field *fields[] = { &key, &vector, &path, &time };
    static struct ov_schema table = { sizeof(table),   4,          0, 0, fields, NULL,
                                      { "legacy", 6 }, { NULL, 0 } };

    return &table;
}

START_TEST(an_adopted_table_gets_a_meta_made_of_its_columns)
{
    const struct schema *more = NULL;

    ck_ok(schema_of_provider(adopted_table(), &made, &err));
    ck_prints(made->meta,
              "{'CollectionName':'legacy','Fields':["
              "{'FieldName':'my-id','FieldType':'string','IsPrimaryKey':true},"
              "{'FieldName':'v','FieldType':'vector','Dim':3},"
              "{'FieldName':'uri','FieldType':'path'},"
              "{'FieldName':'at','FieldType':'date_time'}]}");
    ck_assert_uint_eq(field("uri")->twin, OV_NONE);
    ck_assert_str_eq(visible(made), "my-id v uri at");
    /* And it grows like any other, old names and dimensions untouched. */
    ck_ok(schema_update(made, json("[{'FieldName':'d2','FieldType':'date_time'}]"), NULL,
                        &more, &err));
    ck_assert_str_eq(border(more), "my-id:5:1:0 v:8:0:3 uri:5:20:0 at:4:2:0 d2:4:2:0 "
                                   "_ov_text_d2:5:34:0");
    schema_unref(more);
}
END_TEST

static const struct {
    const char *meta;
    const char *says;
} damaged[] = {
    { "{", "the stored meta of 'legacy'" },
    { "[]", "not the host's" },
    { "{'ov':2,'meta':{'Fields':[]}}", "not the host's" },
    { "{'ov':1,'meta':[]}", "not the host's" },
    { "{'ov':1,'meta':{}}", "not a list" },
    { "{'ov':1,'meta':{'Fields':[{'FieldName':'gone','FieldType':'int64'}]}}",
      "'gone' of the meta is not in the database" },
    { "{'ov':1,'meta':{'Fields':[{'FieldName':'v','FieldType':'int64'}]}}", "'v'" },
    { "{'ov':1,'meta':{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':4}]}}",
      "'v'" },
    { "{'ov':1,'meta':{'Fields':[{'FieldName':'my-id','FieldType':'string'}]}}",
      "'my-id'" },
};

START_TEST(a_meta_that_does_not_fit_the_database_is_damage)
{
    struct ov_schema table = *adopted_table();
    char text[256], *p;

    snprintf(text, sizeof(text), "%s", damaged[_i].meta);
    for (p = text; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    table.meta = ov_str_of(text);
    ck_fails(OV_CORRUPT, schema_of_provider(&table, &made, &err));
    ck_says(damaged[_i].says);
    ck_assert_ptr_null(made);
}
END_TEST

/* ------------------------------------------------------------------- growing */

START_TEST(extending_adds_what_is_missing_and_keeps_every_ordinal)
{
    const struct schema *want = NULL, *more = NULL, *again = NULL;

    ck_ok(make("{'Fields':[" ID "," V4 ",{'FieldName':'p','FieldType':'path'}],"
               "'ScalarIndex':['p'],'Description':'d'}"));
    ck_ok(schema_of_meta("other",
                         json("{'Fields':[{'FieldName':'at','FieldType':'date_time'}," V4
                              "," ID ",{'FieldName':'p','FieldType':'path'},"
                              "{'FieldName':'n','FieldType':'int64','DefaultValue':9}],"
                              "'ScalarIndex':['n','p'],'FullText':[{'Field':'p'}],"
                              "'Description':'e'}"),
                         NULL, &plain_settings, &want, &err));
    ck_ok(schema_extend(made, want, 1, &more, &err));
    ck_assert_str_eq(border(more),
                     "id:5:1:0 v:8:0:4 p:5:20:0 _ov_text_p:5:34:0 at:4:2:0 n:2:0:0 "
                     "_ov_text_at:5:34:0 _ov_expires:4:42:0");
    ck_assert_str_eq(visible(more), "id v p at n");
    ck_assert_uint_eq(more->expiry, 7);
    ck_prints(more->meta,
              "{'CollectionName':'c','Fields':[" ID "," V4
              ",{'FieldName':'p','FieldType':'path'},"
              "{'FieldName':'at','FieldType':'date_time'},"
              "{'FieldName':'n','FieldType':'int64','DefaultValue':9}],"
              "'ScalarIndex':['p','n'],'Description':'d','FullText':[{'Field':'p'}]}");
    ck_assert_uint_eq(more->ov->n_indexes, 1);
    ck_ok(schema_extend(more, want, 1, &again, &err));
    ck_assert_ptr_null(again);
    ck_ok(schema_extend(made, made, 0, &again, &err));
    ck_assert_ptr_null(again);
    schema_unref(want);
    schema_unref(more);
}
END_TEST

static const struct {
    const char *want;
    const char *says;
} differing[] = {
    { "{'Fields':[" ID ",{'FieldName':'v','FieldType':'vector','Dim':8}]}",
      "'v' has 4 dimensions, not 8" },
    { "{'Fields':[" ID ",{'FieldName':'v','FieldType':'int64'}]}",
      "'v' is of type vector, not int64" },
    { "{'Fields':[{'FieldName':'k','FieldType':'string','IsPrimaryKey':true}]}",
      "the key is 'id', not 'k'" },
    { "{'Fields':[" V4 "]}", "the key is 'id', not 'AUTO_ID'" },
    { "{'Fields':[{'FieldName':'id','FieldType':'int64','IsPrimaryKey':true}]}",
      "'id' is of type string, not int64" },
    { "{'Fields':[" ID ",{'FieldName':'w','FieldType':'vector','Dim':4}]}", "'w'" },
};

START_TEST(extending_by_what_differs_is_refused)
{
    const struct schema *want = NULL, *more = NULL;

    ck_ok(make("{'Fields':[" ID "," V4 "]}"));
    ck_ok(schema_of_meta("c", json(differing[_i].want), NULL, &plain_settings, &want,
                         &err));
    ck_fails(OV_EXISTS, schema_extend(made, want, 0, &more, &err));
    ck_says(differing[_i].says);
    ck_assert_ptr_null(more);
    schema_unref(want);
}
END_TEST

START_TEST(an_update_appends_fields_and_replaces_the_description)
{
    const struct schema *more = NULL, *same = NULL;
    struct ov_str text = ov_str_of("new"), empty = ov_str_of("");

    ck_ok(make("{'Fields':[" ID ",{'FieldName':'a','FieldType':'text'}]}"));
    ck_ok(schema_update(made,
                        json("[{'FieldName':'a','FieldType':'string'},"
                             "{'FieldName':'n','FieldType':'int64'}]"),
                        &text, &more, &err));
    ck_prints(more->meta, "{'CollectionName':'c','Fields':[" ID
                          ",{'FieldName':'a','FieldType':'text'},"
                          "{'FieldName':'n','FieldType':'int64'}],'Description':'new'}");
    ck_ok(schema_update(more, NULL, &empty, &same, &err));
    ck_assert_str_eq(ov_doc_str(ov_doc_get(same->meta, "Description")).p, "");
    schema_unref(same);
    ck_ok(schema_update(more, NULL, NULL, &same, &err));
    ck_assert_ptr_eq(same, more);
    schema_unref(same);
    schema_unref(more);
}
END_TEST

static const struct {
    const char *fields;
    int32_t code;
    const char *at;
} bad_updates[] = {
    { "{}", OV_INVALID, "" },
    { "[{'FieldName':'n','FieldType':'what'}]", OV_INVALID, "/0/FieldType" },
    { "[{'FieldName':'9','FieldType':'int64'}]", OV_INVALID, "/0/FieldName" },
    { "[{'FieldName':'n','FieldType':'int64'},{'FieldName':'n','FieldType':'int64'}]",
      OV_INVALID, "/1" },
    { "[{'FieldName':'id','FieldType':'int64'}]", OV_EXISTS, "" },
    { "[{'FieldName':'id','FieldType':'string'}]", OV_EXISTS, "" },
    { "[{'FieldName':'k','FieldType':'string','IsPrimaryKey':true}]", OV_EXISTS, "" },
    { "[{'FieldName':'w','FieldType':'vector','Dim':4}]", OV_EXISTS, "" },
    { "[{'FieldName':'g_lon','FieldType':'int64'}]", OV_INVALID, "" },
};

START_TEST(a_bad_update_is_refused)
{
    const struct schema *more = NULL;

    ck_ok(make("{'Fields':[" ID ",{'FieldName':'g','FieldType':'geo_point'}]}"));
    ck_fails(bad_updates[_i].code,
             schema_update(made, json(bad_updates[_i].fields), NULL, &more, &err));
    ck_at(bad_updates[_i].at);
    ck_assert_ptr_null(more);
}
END_TEST

START_TEST(a_grown_schema_comes_back_from_a_provider_as_it_went)
{
    const struct schema *more = NULL, *back = NULL;
    struct ov_schema *described;

    ck_ok(make("{'Fields':[" V4 ",{'FieldName':'p','FieldType':'path'}]}"));
    ck_ok(schema_update(
        made,
        json("[{'FieldName':'g','FieldType':'geo_point'},"
             "{'FieldName':'l','FieldType':'list<int64>','DefaultValue':[7]}]"),
        NULL, &more, &err));
    schema_unref(made);
    ck_ok(schema_extend(more, more, 1, &made, &err));
    described = through_a_provider(made->ov);
    ck_ok(schema_of_provider(described, &back, &err));
    free(described);
    ck_same_schema(made, back);
    schema_unref(back);
    schema_unref(more);
}
END_TEST

/* ------------------------------------------------------------------- indexes */

static const char collection[] =
    "{'Fields':[" ID "," V4 ",{'FieldName':'s','FieldType':'sparse_vector'},"
    "{'FieldName':'a','FieldType':'int64'},{'FieldName':'b','FieldType':'path'}],"
    "'ScalarIndex':['b','a','v']}";

static const struct ov_index *index_of(const char *meta, const char *index_kind)
{
    struct ov_settings settings = plain_settings;
    const struct ov_index *index = NULL;

    settings.index_kind = index_kind;
    ck_ok(index_of_meta(made, json(meta), &settings, arena, &index, &err));
    return index;
}

static const struct {
    const char *meta;
    const char *index_kind;
    const char *kind;
    uint32_t metric;
    uint32_t sparse;
    double alpha;
    const char *shown;
} index_metas[] = {
    { "{'IndexName':'default','VectorIndex':{'IndexType':'flat','Distance':'cosine',"
      "'Quant':'int8'},'ScalarIndex':['b','a']}",
      "auto", "auto", OV_COSINE, OV_NONE, 0,
      "{'IndexName':'default','VectorIndex':{'IndexType':'flat','Distance':'cosine',"
      "'Quant':'int8'},'ScalarIndex':['a','b'],'CollectionName':'c'}" },
    { "{'IndexName':'i','VectorIndex':{'IndexType':'flat_hybrid','Distance':'l2',"
      "'EnableSparse':true,'SearchWithSparseLogitAlpha':0.25}}",
      "hnsw", "hnsw", OV_L2, 2, 0.25,
      "{'IndexName':'i','VectorIndex':{'IndexType':'flat_hybrid','Distance':'l2',"
      "'EnableSparse':true,'SearchWithSparseLogitAlpha':0.25},'ScalarIndex':[],"
      "'CollectionName':'c'}" },
    { "{'IndexName':'i','VectorIndex':{'IndexType':'flat','EnableSparse':true}}", "flat",
      "flat", OV_IP, 2, 0.5,
      "{'IndexName':'i','VectorIndex':{'IndexType':'flat_hybrid','Distance':'ip',"
      "'EnableSparse':true},'ScalarIndex':[],'CollectionName':'c'}" },
    { "{'IndexName':'i','VectorIndex':{'IndexType':'hnsw_hybrid','EnableSparse':false}}",
      "flat", "hnsw", OV_IP, OV_NONE, 0,
      "{'IndexName':'i','VectorIndex':{'IndexType':'hnsw_hybrid','Distance':'ip',"
      "'EnableSparse':false},'ScalarIndex':[],'CollectionName':'c'}" },
    { "{'IndexName':'i','VectorIndex':{'IndexType':'hnsw_hybrid',"
      "'SearchWithSparseLogitAlpha':2}}",
      "flat", "hnsw", OV_IP, 2, 2,
      "{'IndexName':'i','VectorIndex':{'IndexType':'hnsw_hybrid','Distance':'ip',"
      "'SearchWithSparseLogitAlpha':2},'ScalarIndex':[],'CollectionName':'c'}" },
    { "{'IndexName':'i','ScalarIndex':['v','s','a','a'],'Description':'x'}", "auto",
      "auto", OV_IP, OV_NONE, 0,
      "{'IndexName':'i','VectorIndex':{'IndexType':'flat','Distance':'ip'},"
      "'ScalarIndex':['a'],'CollectionName':'c','Description':'x'}" },
};

START_TEST(an_index_meta_becomes_an_index_and_is_shown_truthfully)
{
    const struct ov_index *index;
    const struct ov_doc *shown = NULL;

    ck_ok(make(collection));
    index = index_of(index_metas[_i].meta, index_metas[_i].index_kind);
    ck_assert(ov_str_equal(index->kind, ov_str_of(index_metas[_i].kind)));
    ck_assert_uint_eq(index->metric, index_metas[_i].metric);
    ck_assert_uint_eq(index->dense, 1);
    ck_assert_uint_eq(index->sparse, index_metas[_i].sparse);
    ck_assert(
        !(index->alpha < index_metas[_i].alpha || index->alpha > index_metas[_i].alpha));
    ck_ok(index_show(made, index, arena, &shown, &err));
    ck_prints(shown, index_metas[_i].shown);
}
END_TEST

static const struct {
    const char *meta;
    const char *at;
    const char *says;
} bad_indexes[] = {
    { "[]", "", "not an object" },
    { "{}", "/IndexName", "no IndexName" },
    { "{'IndexName':'9'}", "/IndexName", "'9'" },
    { "{'IndexName':'i','VectorIndex':[]}", "/VectorIndex", "not an object" },
    { "{'IndexName':'i','VectorIndex':{'IndexType':'FLAT'}}", "/VectorIndex/IndexType",
      "'FLAT'" },
    { "{'IndexName':'i','VectorIndex':{'IndexType':'tree'}}", "/VectorIndex/IndexType",
      "'tree'" },
    { "{'IndexName':'i','VectorIndex':{'IndexType':'_hybrid'}}", "/VectorIndex/IndexType",
      "'_hybrid'" },
    { "{'IndexName':'i','VectorIndex':{'IndexType':1}}", "/VectorIndex/IndexType",
      "text" },
    { "{'IndexName':'i','VectorIndex':{'Distance':'hamming'}}", "/VectorIndex/Distance",
      "'hamming'" },
    { "{'IndexName':'i','VectorIndex':{'Distance':''}}", "/VectorIndex/Distance", "''" },
    { "{'IndexName':'i','VectorIndex':{'Quant':'int4'}}", "/VectorIndex/Quant",
      "'int4'" },
    { "{'IndexName':'i','VectorIndex':{'EnableSparse':1}}", "/VectorIndex/EnableSparse",
      "neither" },
    { "{'IndexName':'i','VectorIndex':{'SearchWithSparseLogitAlpha':-1}}",
      "/VectorIndex/SearchWithSparseLogitAlpha", "number from 0" },
    { "{'IndexName':'i','VectorIndex':{'SearchWithSparseLogitAlpha':true}}",
      "/VectorIndex/SearchWithSparseLogitAlpha", "number from 0" },
    { "{'IndexName':'i','ScalarIndex':{}}", "/ScalarIndex", "not a list" },
    { "{'IndexName':'i','ScalarIndex':['a','q']}", "/ScalarIndex/1", "'q'" },
    { "{'IndexName':'i','ScalarIndex':[null]}", "/ScalarIndex/0", "no field" },
    { "{'IndexName':'i','Description':1}", "/Description", "text" },
};

START_TEST(a_bad_index_meta_is_refused_with_its_place)
{
    const struct ov_index *index = NULL;
    char list[256], place[64];

    ck_ok(make(collection));
    ck_fails(OV_INVALID, index_of_meta(made, json(bad_indexes[_i].meta), &plain_settings,
                                       arena, &index, &err));
    ck_at(bad_indexes[_i].at);
    ck_says(bad_indexes[_i].says);
    ck_assert_ptr_null(index);
    schema_unref(made);
    made = NULL;
    /* The same in a list of them. */
    snprintf(list, sizeof(list), "[{'IndexName':'z'},%s]", bad_indexes[_i].meta);
    snprintf(place, sizeof(place), "/1%s", bad_indexes[_i].at);
    ck_fails(OV_INVALID, schema_of_meta("c", json(collection), json(list),
                                        &plain_settings, &made, &err));
    ck_at(place);
    ck_says(bad_indexes[_i].says);
}
END_TEST

START_TEST(without_index_metas_the_settings_make_one)
{
    struct ov_settings settings = plain_settings;
    const struct ov_doc *shown = NULL;

    settings.sparse_weight = 0.3;
    settings.metric = OV_L2;
    settings.index_name = "main";
    ck_ok(schema_of_meta("c", json(collection), NULL, &settings, &made, &err));
    ck_assert_uint_eq(made->ov->n_indexes, 1);
    ck_ok(index_show(made, made->ov->indexes[0], arena, &shown, &err));
    ck_prints(shown,
              "{'IndexName':'main','VectorIndex':{'IndexType':'flat_hybrid',"
              "'Distance':'l2','EnableSparse':true,'SearchWithSparseLogitAlpha':0.3},"
              "'ScalarIndex':['a','b'],'CollectionName':'c'}");
    schema_unref(made);
    made = NULL;
    ck_fails(OV_INVALID, schema_of_meta("c", json("{'Fields':[" V4 "]}"), NULL, &settings,
                                        &made, &err));
    ck_says("sparse");
    ck_at("");
}
END_TEST

START_TEST(an_index_list_may_be_empty_and_names_no_index_twice)
{
    ck_ok(
        schema_of_meta("c", json(collection), json("[]"), &plain_settings, &made, &err));
    ck_assert_uint_eq(made->ov->n_indexes, 0);
    schema_unref(made);
    made = NULL;
    ck_fails(OV_INVALID, schema_of_meta("c", json(collection),
                                        json("[{'IndexName':'i'},{'IndexName':'i'}]"),
                                        &plain_settings, &made, &err));
    ck_at("/1");
    ck_fails(OV_INVALID, schema_of_meta("c", json(collection), json("{}"),
                                        &plain_settings, &made, &err));
    ck_fails(OV_INVALID,
             schema_of_meta("c", json("{'Fields':[" ID "]}"), json("[{'IndexName':'i'}]"),
                            &plain_settings, &made, &err));
    ck_says("vector field");
}
END_TEST

START_TEST(two_indexes_are_the_same_when_they_answer_and_hint_alike)
{
    const struct ov_index *index, *other;

    ck_ok(make(collection));
    index = index_of("{'IndexName':'i','ScalarIndex':['a','b']}", "auto");
    other =
        index_of("{'IndexName':'i','ScalarIndex':['b','a'],'Description':'x'}", "auto");
    ck_assert_int_eq(index_same(index, other), 1);
    ck_assert_int_eq(
        index_same(index, index_of("{'IndexName':'i','ScalarIndex':['b']}", "auto")), 0);
    ck_assert_int_eq(
        index_same(index, index_of("{'IndexName':'i','ScalarIndex':['a','b']}", "hnsw")),
        0);
    other = index_of("{'IndexName':'i','ScalarIndex':['a','b'],"
                     "'VectorIndex':{'Distance':'l2'}}",
                     "auto");
    ck_assert_int_eq(index_same(index, other), 0);
    index = index_of("{'IndexName':'i','VectorIndex':{'EnableSparse':true}}", "auto");
    other = index_of("{'IndexName':'i','VectorIndex':{'EnableSparse':true,"
                     "'SearchWithSparseLogitAlpha':0.4}}",
                     "auto");
    ck_assert_int_eq(index_same(index, other), 0);
}
END_TEST

START_TEST(an_index_without_a_meta_of_ours_is_shown_by_what_it_is)
{
    static const uint32_t scalars[] = { 3 };
    struct ov_index index = { .size = sizeof(index),
                              .metric = OV_L2,
                              .dense = 1,
                              .sparse = 2,
                              .n_scalars = 1,
                              .scalars = scalars,
                              .alpha = 0.5,
                              .name = { "found", 5 },
                              .kind = { "hnsw", 4 } };
    const struct ov_doc *shown = NULL;

    ck_ok(make(collection));
    ck_ok(index_show(made, &index, arena, &shown, &err));
    ck_prints(shown,
              "{'IndexName':'found','VectorIndex':{'IndexType':'hnsw_hybrid',"
              "'Distance':'l2','EnableSparse':true,'SearchWithSparseLogitAlpha':0.5},"
              "'ScalarIndex':['a'],'CollectionName':'c'}");
    index.meta = ov_str_of("{");
    ck_fails(OV_CORRUPT, index_show(made, &index, arena, &shown, &err));
    ck_says("'found'");
}
END_TEST

START_TEST(the_context_collection_has_eighteen_fields_and_twelve_indexed)
{
    ck_ok(schema_of_meta("context", ov_context_meta(arena, 1024), NULL, &plain_settings,
                         &made, &err));
    ck_assert_uint_eq(made->n_visible, 18);
    ck_assert_uint_eq(ov_doc_get(made->meta, "ScalarIndex")->n, 12);
    ck_assert_uint_eq(made->ov->indexes[0]->n_scalars, 12);
    ck_assert_str_eq(
        visible(made),
        "id uri type context_type vector sparse_vector created_at updated_at "
        "active_count level name description tags search_tags abstract content "
        "account_id owner_user_id");
    ck_assert_uint_eq(made->ov->fields[field("vector")->ordinal]->dim, 1024);
    ck_assert_uint_eq(made->ov->fields[field("content")->ordinal]->flags,
                      OV_FIELD_FULLTEXT);
}
END_TEST

#define ADD_LOOP(tests, name, table) \
    tcase_add_loop_test(tests, name, 0, (int)(sizeof(table) / sizeof(table[0])))

static Suite *suite(void)
{
    Suite *whole = suite_create("schema");
    TCase *tests = tcase_create("schema");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests,
                   each_type_becomes_its_column_and_dates_places_and_paths_get_a_twin);
    tcase_add_test(tests, a_schema_without_a_key_gets_one_that_the_meta_does_not_show);
    ADD_LOOP(tests, a_bad_meta_is_refused_with_its_place, bad);
    ADD_LOOP(tests, a_good_meta_is_taken_and_kept_word_for_word, good);
    tcase_add_test(tests, limits_of_names_and_descriptions_are_counted_in_characters);
    tcase_add_test(tests, collection_names_may_hold_anything_but_controls);
    tcase_add_test(tests,
                   values_that_json_cannot_carry_are_refused_before_anything_is_kept);
    tcase_add_test(tests, more_fields_than_a_collection_may_have_are_over_the_limit);
    ADD_LOOP(tests, a_default_fills_the_record_and_the_column, defaults);
    tcase_add_test(tests, a_schema_comes_back_from_a_provider_as_it_went);
    tcase_add_loop_test(
        tests, a_description_that_contradicts_itself_or_its_meta_is_corrupt, 0, 3);
    tcase_add_test(tests, a_description_survives_byte_for_byte);
    tcase_add_test(tests, an_adopted_table_gets_a_meta_made_of_its_columns);
    ADD_LOOP(tests, a_meta_that_does_not_fit_the_database_is_damage, damaged);
    tcase_add_test(tests, extending_adds_what_is_missing_and_keeps_every_ordinal);
    ADD_LOOP(tests, extending_by_what_differs_is_refused, differing);
    tcase_add_test(tests, an_update_appends_fields_and_replaces_the_description);
    ADD_LOOP(tests, a_bad_update_is_refused, bad_updates);
    tcase_add_test(tests, a_grown_schema_comes_back_from_a_provider_as_it_went);
    ADD_LOOP(tests, an_index_meta_becomes_an_index_and_is_shown_truthfully, index_metas);
    ADD_LOOP(tests, a_bad_index_meta_is_refused_with_its_place, bad_indexes);
    tcase_add_test(tests, without_index_metas_the_settings_make_one);
    tcase_add_test(tests, an_index_list_may_be_empty_and_names_no_index_twice);
    tcase_add_test(tests, two_indexes_are_the_same_when_they_answer_and_hint_alike);
    tcase_add_test(tests, an_index_without_a_meta_of_ours_is_shown_by_what_it_is);
    tcase_add_test(tests, the_context_collection_has_eighteen_fields_and_twelve_indexed);
    suite_add_tcase(whole, tests);
    return whole;
}

int main(void)
{
    return run_suite(suite());
}
