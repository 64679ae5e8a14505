/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter language on collection D1 of contract 10: the tree that each filter becomes
 * and the place where each broken one is refused. Numbers in the tables are case numbers
 * of the contract; what only a store can decide is not here.
 */
#include "language.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct schema *schema;

static void begin(void)
{
    arena_begin();
    schema = d1_schema();
}

static void end(void)
{
    schema_unref(schema);
    arena_end();
}

static void ck_becomes(const struct ov_doc *doc, const char *shown)
{
    struct filter filter;
    const struct ov_doc *tree = NULL;

    ck_ok(filter_compile(schema, doc, arena, &filter, &err));
    if (filter.kind == FILTER_SOME)
        ck_ok(ov_filter_check(schema->ov, &filter.ov, &err));
    ck_ok(filter_show(schema, &filter, arena, &tree, &err));
    ck_prints(tree, shown);
}

#define ALL "{'op':'all'}"
#define NONE "{'op':'none'}"
#define M(f, c) "{'op':'must','field':'" f "','conds':[" c "]}"
#define P(f, c, p) "{'op':'must','field':'" f "','conds':[" c "],'para':'" p "'}"
#define N(f, c) "{'op':'must_not','field':'" f "','conds':[" c "]}"
#define R(f, b) "{'op':'range','field':'" f "'," b "}"
#define RO(f, b) "{'op':'range_out','field':'" f "'," b "}"
#define AND(a, b) "{'op':'and','conds':[" a "," b "]}"
#define OR(a, b) "{'op':'or','conds':[" a "," b "]}"
#define GEO(b) "{'op':'geo_range','field':'g'," b "}"
#define TEXT(op, f, key, s) "{'op':'" op "','field':'" f "','" key "':'" s "'}"
/* Shown. */
#define IN(f, v) "{'op':'in','field':'" f "','values':[" v "]}"
#define NOT(x) "{'op':'not','conds':[" x "]}"
#define PATH(l, v) "{'op':'path','field':'uri','levels':" l ",'values':[" v "]}"
#define VALUE(op, f, v) "{'op':'" op "','field':'" f "','value':'" v "'}"
#define NULLS(f) "{'op':'is_null','field':'" f "'}"

static const struct {
    const char *id;
    const char *filter;
    const char *shown;
} becomes[] = {
    { "1", "{}", ALL },
    { "1", "null", ALL },
    { "2", M("s", "'alpha'"), IN("s", "'alpha'") },
    { "3", M("s", "'beta','alpha','beta'"), IN("s", "'alpha','beta'") },
    { "5", M("s", "''"), IN("s", "''") },
    { "6", M("s", "'al;be'"), IN("s", "'al;be'") },
    { "8", M("s", ""), NONE },
    { "9", N("s", ""), ALL },
    { "10", M("s", "7"), IN("s", "'7'") },
    { "10", M("s", "7.0,true,1.5"), IN("s", "'1','1.5','7'") },
    { "11", M("i", "'7'"), IN("i", "7") },
    { "12", M("i", "'012','+7','7.0',' 7','','-0'"), NONE },
    { "12", M("i", "'9223372036854775808','-9223372036854775808'"),
      IN("i", "-9223372036854775808") },
    { "13", M("i", "0"), IN("i", "0") },
    { "14", M("b", "true"), IN("b", "true") },
    { "14", M("b", "1"), IN("b", "true") },
    { "14", M("b", "'1'"), IN("b", "true") },
    { "14", M("b", "1.0"), IN("b", "true") },
    { "15", M("b", "'true'"), NONE },
    { "16", M("b", "false"), IN("b", "false") },
    { "16", M("b", "'0'"), IN("b", "false") },
    { "16", M("b", "0,1"), ALL },
    { "16", M("b", "2"), NONE },
    { "17", M("ls", "'lang=en'"), IN("ls", "'lang=en'") },
    { "18", M("ls", "'lang=fr','team=a'"), IN("ls", "'lang=fr','team=a'") },
    { "19", M("ls", "'team=a;b'"), IN("ls", "'team=a;b'") },
    { "21", M("ls", "''"), IN("ls", "''") },
    { "22", M("li", "20"), IN("li", "20") },
    { "22", M("li", "'20'"), IN("li", "20") },
    { "23", M("li", "-3"), IN("li", "-3") },
    { "24", M("txt", "'fox'"), IN("txt", "'fox'") },
    { "25", M("nx", "'z'"), IN("nx", "'z'") },
    { "26", N("nx", "'z'"), NOT(IN("nx", "'z'")) },
    { "28", N("s", "'alpha'"), NOT(IN("s", "'alpha'")) },
    { "31", M("i", "7.0"), IN("i", "7") },
    { "31", M("i", "7.5,1e30,-1e30"), NONE },
    { "31", M("i", "9.2233720368547758e18"), NONE },
    { "31", M("i", "true"), IN("i", "1") },
    { "32", M("f", "1.5"), IN("f", "1.5") },
    { "32", M("f", "1,-0.0"), IN("f", "0.0,1.0") },
    { "32", M("f", "9007199254740993"), NONE },
    { "32", M("f", "'1.5'"), NONE },
    { "", M("pic", "'x'"), IN("pic", "'x'") },
    { "", M("film", "'{}'"), NONE },
    { "", N("g", "'1,2'"), ALL },
    { "", M("vector", "1"), NONE },
    { "", N("sparse_vector", "'x'"), ALL },
    { "", "{'op':'must','field':['i','s'],'conds':[1]}", IN("i", "1") },
    { "", "{'op':'must','field':'i','conds':[1],'extra':{}}", IN("i", "1") },
    /* paths */
    { "33", M("uri", "'/docs'"), PATH("-1", "'/docs'") },
    { "33", P("uri", "'/docs'", ""), PATH("-1", "'/docs'") },
    { "34", P("uri", "'/docs'", "-d=0"), PATH("0", "'/docs'") },
    { "35", P("uri", "'/docs'", "-d=1"), PATH("1", "'/docs'") },
    { "36", P("uri", "'/docs'", " - d = 2 , 3 -x=4"), PATH("2", "'/docs'") },
    { "36", P("uri", "'/docs'", "-d=002-e"), PATH("2", "'/docs'") },
    { "37", P("uri", "'/docs/'", "-d=-7"), PATH("-1", "'/docs'") },
    { "37b", P("uri", "'/s0'", "-d=99"), PATH("99", "'/s0'") },
    { "37b", P("uri", "'/s0'", "-d=99999999999999999999999"), PATH("-1", "'/s0'") },
    { "37b", P("uri", "'/s0'", "-d=-0"), PATH("0", "'/s0'") },
    { "38", P("uri", "'docs'", "-d=0"), PATH("0", "'/docs'") },
    { "40", P("uri", "'/'", "-d=0"), PATH("0", "''") },
    { "41", P("uri", "''", "-d=1"), PATH("1", "''") },
    { "42", P("uri", "'/'", "-d=-1"), ALL },
    { "42", M("uri", "'/docs','//'"), ALL },
    { "43", P("uri", "'/docs2','/docs'", "-d=1"), PATH("1", "'/docs','/docs2'") },
    { "44", P("uri", "'/docs//guide/extra/'", "-d=0"), PATH("0", "'/docs/guide/extra'") },
    { "45", N("uri", "'/docs'"), NOT(PATH("-1", "'/docs'")) },
    { "46", "{'op':'must_not','field':'uri','conds':['/docs'],'para':'-d=0'}",
      NOT(PATH("0", "'/docs'")) },
    { "", M("uri", "7"), NONE },
    { "", M("uri", ""), NONE },
    { "", P("s", "'x'", "-d=3"), IN("s", "'x'") },
    { "47", AND(N("uri", "'/docs/guide'"), M("b", "true")),
      "{'op':'and','conds':[" NOT(PATH("-1", "'/docs/guide'")) "," IN("b", "true") "]}" },
    { "48", AND(M("b", "true"), N("uri", "'/docs/guide'")),
      "{'op':'and','conds':[" IN("b", "true") "," NOT(PATH("-1", "'/docs/guide'")) "]}" },
    { "49", OR(M("i", "100"), N("uri", "'/docs'")),
      "{'op':'or','conds':[" IN("i", "100") "," NOT(PATH("-1", "'/docs'")) "]}" },
    { "50", TEXT("prefix", "uri", "prefix", "/docs"), VALUE("prefix", "uri", "/docs") },
    { "146", TEXT("prefix", "uri", "prefix", "docs/"), VALUE("prefix", "uri", "/docs/") },
    { "146", TEXT("prefix", "uri", "prefix", "kb://docs//a/"),
      VALUE("prefix", "uri", "/kb:/docs/a/") },
    { "146", TEXT("contains", "uri", "substring", "kb://docs"),
      VALUE("contains", "uri", "kb:/docs") },
    { "146", TEXT("contains", "s", "substring", "kb://docs"),
      VALUE("contains", "s", "kb://docs") },
    { "146", TEXT("prefix", "s", "prefix", "docs/"), VALUE("prefix", "s", "docs/") },
    { "146", TEXT("contains", "uri", "substring", "docs/"),
      VALUE("contains", "uri", "docs/") },
    { "51", TEXT("contains", "uri", "substring", "guide"),
      VALUE("contains", "uri", "guide") },
    { "52", TEXT("regex", "uri", "pattern", "\\\\.md$"),
      VALUE("regex", "uri", "\\\\.md$") },
    /* addresses */
    { "133", M("uri", "' viking://resources/p/ '"), PATH("-1", "'/resources/p'") },
    { "133", M("parent_uri", "'viking://a/b/'"), IN("parent_uri", "'/a/b'") },
    { "133", M("s", "'viking://a/b/'"), IN("s", "'viking://a/b/'") },
    { "133", P("uri", "'viking://'", "-d=0"), PATH("0", "''") },
    { "137", TEXT("contains", "uri", "substring", "viking://x/a.md#"),
      VALUE("contains", "uri", "/x/a.md#") },
    { "137", TEXT("prefix", "uri", "prefix", "viking://x"),
      VALUE("prefix", "uri", "/x") },
    { "137", TEXT("regex", "uri", "pattern", "viking://x"),
      VALUE("regex", "uri", "viking://x") },
    /* ranges */
    { "54", R("i", "'gte':2,'lt':7"), "{'op':'range','field':'i','gte':2,'lt':7}" },
    { "55", R("i", "'gt':2,'lte':7"), "{'op':'range','field':'i','gt':2,'lte':7}" },
    { "56", R("i", "'gte':7,'gt':2"), "{'op':'range','field':'i','gte':7}" },
    { "56", R("i", "'lte':7,'lt':2"), "{'op':'range','field':'i','lte':7}" },
    { "57", R("i", "'gte':5,'lte':1"), NONE },
    { "57", R("i", "'gt':5,'lt':6"), NONE },
    { "57", R("i", "'gt':5,'lte':5"), NONE },
    { "57", R("i", "'gte':5,'lte':5"), "{'op':'range','field':'i','gte':5,'lte':5}" },
    { "58", R("i", "'gte':2.5"), "{'op':'range','field':'i','gte':3}" },
    { "58", R("i", "'gt':2.5"), "{'op':'range','field':'i','gte':3}" },
    { "58", R("i", "'gt':2.0"), "{'op':'range','field':'i','gt':2}" },
    { "58", R("i", "'lte':-2.5"), "{'op':'range','field':'i','lte':-3}" },
    { "58", R("i", "'lt':2.5"), "{'op':'range','field':'i','lte':2}" },
    { "58", R("i", "'gte':1e30"), NONE },
    { "58", R("i", "'lte':1e30"), ALL },
    { "58", R("i", "'gte':-1e30,'lt':5"), "{'op':'range','field':'i','lt':5}" },
    { "58", R("i", "'gt':9223372036854775807"), NONE },
    { "58", R("i", "'lt':-9223372036854775808"), NONE },
    { "58", R("i", "'gte':-9223372036854775808"), ALL },
    { "58", R("i", "'gte':9223372036854775807"),
      "{'op':'range','field':'i','gte':9223372036854775807}" },
    { "59", R("f", "'gt':0"), "{'op':'range','field':'f','gt':0.0}" },
    { "59", R("f", "'lt':-0.0"), "{'op':'range','field':'f','lt':0.0}" },
    { "59", R("f", "'gte':0.5,'lte':1.5"),
      "{'op':'range','field':'f','gte':0.5,'lte':1.5}" },
    { "59", R("f", "'gte':9007199254740993"),
      "{'op':'range','field':'f','gt':9007199254740992.0}" },
    { "59", R("f", "'lt':9007199254740993"),
      "{'op':'range','field':'f','lte':9007199254740992.0}" },
    { "59", R("f", "'gt':9007199254740995"),
      "{'op':'range','field':'f','gte':9007199254740996.0}" },
    { "59", R("f", "'lte':9007199254740995"),
      "{'op':'range','field':'f','lt':9007199254740996.0}" },
    { "59", R("f", "'gt':1,'lt':1"), NONE },
    { "60", R("s", "'gte':1"), NONE },
    { "60", R("b", "'gte':1"), NONE },
    { "60", R("li", "'gte':10"), NONE },
    { "60", R("uri", "'gte':10"), NONE },
    { "60", RO("s", "'gte':10"), NONE },
    { "62", RO("i", "'gte':2,'lte':5"),
      "{'op':'or','conds':[{'op':'range','field':'i','lt':2},"
      "{'op':'range','field':'i','gt':5}]}" },
    { "63", RO("i", "'gt':2,'lt':5"),
      "{'op':'or','conds':[{'op':'range','field':'i','lte':2},"
      "{'op':'range','field':'i','gte':5}]}" },
    { "64", RO("i", "'gte':5"), "{'op':'range','field':'i','lt':5}" },
    { "64", RO("i", "'lte':5"), "{'op':'range','field':'i','gt':5}" },
    { "64", RO("i", "'gt':5,'lte':2"),
      "{'op':'or','conds':[{'op':'range','field':'i','lt':2},"
      "{'op':'range','field':'i','gte':5}]}" },
    { "64", RO("i", "'gte':1e30,'lte':5"), "{'op':'range','field':'i','lt':5}" },
    { "64", RO("i", "'gte':1e30"), ALL },
    { "64", RO("i", "'lte':1e30"), NONE },
    { "64", RO("i", "'gte':2.5"), "{'op':'range','field':'i','lt':3}" },
    { "", R("i", "'center':[12],'radius':1"),
      "{'op':'range','field':'i','gte':11,'lte':13}" },
    { "", R("i", "'center':[12],'radius':1.9"),
      "{'op':'range','field':'i','gte':11,'lte':13}" },
    { "", R("i", "'center':[12.5],'radius':1"),
      "{'op':'range','field':'i','gte':12,'lte':13}" },
    { "", R("i", "'center':[9223372036854775807],'radius':1"),
      "{'op':'range','field':'i','gte':9223372036854775806}" },
    { "", R("i", "'center':[0],'radius':1e300"), ALL },
    { "", R("i", "'center':[9223372036854775807],'radius':9223372036854775808.0"),
      "{'op':'range','field':'i','gte':-1}" },
    { "", R("f", "'center':[1],'radius':0.5"),
      "{'op':'range','field':'f','gte':0.5,'lte':1.5}" },
    { "", RO("i", "'center':[12],'radius':1"),
      "{'op':'or','conds':[{'op':'range','field':'i','lt':11},"
      "{'op':'range','field':'i','gt':13}]}" },
    { "", R("d", "'center':['2026-03-01T00:00:00Z'],'radius':1500"),
      "{'op':'range','field':'d','gte':'2026-02-28T23:59:58.500Z',"
      "'lte':'2026-03-01T00:00:01.500Z'}" },
    { "", R("d", "'center':[1],'radius':0.7"),
      "{'op':'range','field':'d','gte':'1970-01-01T00:00:00.001Z',"
      "'lte':'1970-01-01T00:00:00.001Z'}" },
    { "", R("d", "'center':[0],'radius':1e308"), NOT(NULLS("d")) },
    /* dates */
    { "65", M("d", "'2026-03-01T00:00:00Z','2026-02-28T19:00:00-05:00'"),
      IN("d", "'2026-03-01T00:00:00.000Z'") },
    { "65", M("d", "1772323200000,1772323200000.9"),
      IN("d", "'2026-03-01T00:00:00.000Z'") },
    { "65", M("d", "''"), NONE },
    { "65", N("d", "''"), ALL },
    { "65", M("d", "9223372036854775807,-1e300"), NONE },
    { "66", R("d", "'gte':'2026-03-01T00:00:00Z','lt':'2026-03-02T00:00:00Z'"),
      "{'op':'range','field':'d','gte':'2026-03-01T00:00:00.000Z',"
      "'lt':'2026-03-02T00:00:00.000Z'}" },
    { "67", "{'op':'time_range','field':'d','gt':'2026-03-01T00:00:00+00:00'}",
      "{'op':'range','field':'d','gt':'2026-03-01T00:00:00.000Z'}" },
    { "68", RO("d", "'gte':'2026-03-01T00:00:00Z','lte':'2026-03-02T00:00:00Z'"),
      "{'op':'or','conds':[{'op':'range','field':'d','lt':'2026-03-01T00:00:00.000Z'},"
      "{'op':'range','field':'d','gt':'2026-03-02T00:00:00.000Z'}]}" },
    { "68", R("d", "'gte':-9223372036854775808"), NOT(NULLS("d")) },
    { "68", R("d", "'gte':9223372036854775807"), NONE },
    { "68", RO("d", "'gte':9223372036854775807"), NOT(NULLS("d")) },
    { "68", RO("d", "'lte':1e300,'gte':-1e300"), NONE },
    { "71", M("d", "'2026-03-01T00:00:00'"), IN("d", "'2026-03-01T00:00:00.000Z'") },
    /* places */
    { "72", GEO("'center':'2.35,48.85','radius':'500m'"),
      "{'op':'within','field':'g','longitude':2.35,'latitude':48.85,"
      "'degrees':0.0044915558749550845}" },
    { "72", GEO("'center':[2.35,48.85],'radius':111320"),
      "{'op':'within','field':'g','longitude':2.35,'latitude':48.85,'degrees':1.0}" },
    { "72", GEO("'center':[0,-0.0],'radius':' 111.32 KM '"),
      "{'op':'within','field':'g','longitude':0.0,'latitude':0.0,'degrees':1.0}" },
    { "72", GEO("'center':[0,0],'radius':'111320'"),
      "{'op':'within','field':'g','longitude':0.0,'latitude':0.0,'degrees':1.0}" },
    { "73", GEO("'center':'180,0','radius':222640"),
      "{'op':'within','field':'g','longitude':180.0,'latitude':0.0,'degrees':2.0}" },
    { "74", GEO("'center':'2.35,48.85','radius':'0m'"), NONE },
    { "74", GEO("'center':'2.35,48.85','radius':-5"), NONE },
    { "74", GEO("'center':'2.35,48.85','radius':'1e300km'"), NOT(NULLS("g")) },
    /* text */
    { "75", TEXT("prefix", "s", "prefix", "alpha"), VALUE("prefix", "s", "alpha") },
    { "75", TEXT("prefix", "s", "prefix", ""), NONE },
    { "76", TEXT("contains", "i", "substring", "7"), VALUE("contains", "i", "7") },
    { "76", TEXT("contains", "ls", "substring", "team"),
      VALUE("contains", "ls", "team") },
    { "76", TEXT("contains", "li", "substring", "-"), VALUE("contains", "li", "-") },
    { "76", TEXT("contains", "b", "substring", "1"), IN("b", "true") },
    { "76", TEXT("prefix", "b", "prefix", "0"), IN("b", "false") },
    { "76", TEXT("prefix", "b", "prefix", "10"), NONE },
    { "76", TEXT("regex", "b", "pattern", "[01]"), ALL },
    { "76", TEXT("regex", "b", "pattern", "^0$"), IN("b", "false") },
    { "76", TEXT("contains", "f", "substring", "1"), NONE },
    { "76", TEXT("contains", "g", "substring", "1"), NONE },
    { "76", TEXT("regex", "vector", "pattern", "1"), NONE },
    { "76", TEXT("contains", "film", "substring", "x"), NONE },
    { "77", TEXT("regex", "s", "pattern", "^al"), VALUE("regex", "s", "^al") },
    { "77", TEXT("regex", "s", "pattern", ""), NONE },
    { "78", TEXT("contains", "txt", "substring", "fox"),
      VALUE("contains", "txt", "fox") },
    /* structure */
    { "79", AND(M("b", "true"), R("i", "'lt':3")),
      "{'op':'and','conds':[" IN("b", "true") ",{'op':'range','field':'i','lt':3}]}" },
    { "80", AND(M("s", ""), M("b", "true")), NONE },
    { "81", OR(M("s", ""), M("i", "7")), IN("i", "7") },
    { "82", OR(M("i", "7"), M("s", "")), IN("i", "7") },
    { "83", AND(OR(M("i", "1"), M("i", "2")), N("b", "true")),
      "{'op':'and','conds':[{'op':'or','conds':[" IN("i", "1") "," IN("i", "2") "]}," NOT(
          IN("b", "true")) "]}" },
    { "84", OR(AND(M("i", "1"), M("b", "true")), AND(M("i", "5"), M("s", "'gamma'"))),
      "{'op':'or','conds':[{'op':'and','conds':[" IN("i", "1") "," IN(
          "b", "true") "]},"
                       "{'op':'and','conds':[" IN("i", "5") "," IN("s",
                                                                   "'gamma'") "]}]}" },
    { "", AND(AND(M("i", "1"), M("i", "2")), AND(M("i", "3"), M("i", "4"))),
      "{'op':'and','conds':[" IN("i", "1") "," IN("i", "2") "," IN("i", "3") "," IN(
          "i", "4") "]}" },
    { "", AND(AND(M("i", "1"), N("s", "")), "{'op':'or','conds':[" M("i", "5") "]}"),
      "{'op':'and','conds':[" IN("i", "1") "," IN("i", "5") "]}" },
    { "", OR(M("i", "1"), N("s", "")), ALL },
    { "", "{'op':'and','conds':[{'op':'and','conds':[" N("s", "") "]}]}", ALL },
    { "90", "{'filter':" M("i", "1") ",'sorter':{}}", IN("i", "1") },
    { "90", "{'filter':{}}", ALL },
    { "90", "{'filter':null}", ALL },
    { "91", M("i", "9223372036854775807"), IN("i", "9223372036854775807") },
    { "142", AND(M("s", "'x'"), OR(N("nx", "'inherit','restricted'"), M("ls", "'1:u'"))),
      "{'op':'and','conds':[" IN("s", "'x'") ",{'op':'or','conds':[" NOT(
          IN("nx", "'inherit','restricted'")) "," IN("ls", "'1:u'") "]}]}" },
};

START_TEST(a_filter_becomes_its_tree)
{
    ck_becomes(json(becomes[_i].filter), becomes[_i].shown);
}
END_TEST

START_TEST(no_filter_at_all_is_all)
{
    ck_becomes(NULL, ALL);
}
END_TEST

static const struct {
    const char *id;
    const char *filter;
    const char *at;
    const char *says;
} refused[] = {
    { "27", M("nope", "'z'"), "/field", "'nope'" },
    { "27", N("nope", "'z'"), "/field", "'nope'" },
    { "60", R("nope", "'gte':1"), "/field", "'nope'" },
    { "85", OR(M("i", "1"), M("nope", "1")), "/conds/1/field", "'nope'" },
    { "", M("_ov_text_uri", "'x'"), "/field", "'_ov_text_uri'" },
    { "53", P("uri", "'/docs'", "-d=abc"), "/para", "'-d=abc'" },
    { "53", P("uri", "'/docs'", "-d="), "/para", "'-d='" },
    { "53", P("uri", "'/docs'", "-d=-"), "/para", "'-d=-'" },
    { "53", P("uri", "'/docs'", "-d=1x"), "/para", "'-d=1x'" },
    { "53", P("uri", "'/docs'", "d=1"), "/para", "'d=1'" },
    { "53", P("uri", "'/docs'", "1"), "/para", "'1'" },
    { "53", P("uri", "'/docs'", " "), "/para", "' '" },
    { "53", "{'op':'must','field':'uri','conds':['/docs'],'para':3}", "/para", "para" },
    { "53", "{'op':'must','field':'uri','conds':['/docs'],'para':null}", "/para",
      "para" },
    { "53", "{'op':'must','field':'s','conds':['x'],'para':'x'}", "/para", "'x'" },
    { "61", R("s", "'gte':'a'"), "/gte", "'s'" },
    { "61", "{'op':'range','field':'i'}", "", "no bound" },
    { "61", R("i", "'gte':'2'"), "/gte", "'i'" },
    { "61", R("i", "'gte':null,'lte':3"), "/gte", "'i'" },
    { "61", R("i", "'gte':true"), "/gte", "'i'" },
    { "61", R("i", "'gte':5,'gt':null"), "/gt", "'i'" },
    { "61", RO("i", "'from':1"), "", "no bound" },
    { "61", R("i", "'lt':[1]"), "/lt", "'i'" },
    { "", R("i", "'center':12,'radius':1"), "/center", "list" },
    { "", R("i", "'center':[],'radius':1"), "/center", "list" },
    { "", R("i", "'center':[1,2],'radius':1"), "/center", "list" },
    { "", R("i", "'center':['x'],'radius':1"), "/center/0", "no number" },
    { "", R("i", "'center':[1]"), "/radius", "no number" },
    { "", R("i", "'center':[1],'radius':'1'"), "/radius", "no number" },
    { "", R("i", "'center':[1],'radius':-1"), "/radius", "negative" },
    { "", R("i", "'center':[1],'radius':1,'gte':2"), "/center", "beside" },
    { "69", M("d", "'garbage'"), "/conds/0", "'garbage'" },
    { "69", M("d", "'2026-03-01T00:00:00Z','2026-13-01'"), "/conds/1", "'2026-13-01'" },
    { "69", R("d", "'gte':'bad'"), "/gte", "'bad'" },
    { "69", R("d", "'gte':''"), "/gte", "" },
    { "69", R("d", "'gte':true"), "/gte", "time" },
    { "69", M("d", "true"), "/conds/0", "time" },
    { "70", "{'op':'time_range','field':'i','gte':1}", "/field", "'i'" },
    { "74", GEO("'center':'200,0','radius':'1m'"), "/center", "'200,0'" },
    { "74", GEO("'center':[200,0],'radius':'1m'"), "/center", "-180..180" },
    { "74", GEO("'center':[0,-91],'radius':'1m'"), "/center", "-180..180" },
    { "74", GEO("'center':['0',0],'radius':'1m'"), "/center", "-180..180" },
    { "74", GEO("'center':[0],'radius':'1m'"), "/center", "neither" },
    { "74", GEO("'center':'here','radius':'1m'"), "/center", "'here'" },
    { "74", GEO("'radius':'1m'"), "/center", "neither" },
    { "74", GEO("'center':[0,0]"), "/radius", "radius" },
    { "74", GEO("'center':[0,0],'radius':'far'"), "/radius", "'far'" },
    { "74", GEO("'center':[0,0],'radius':'10mi'"), "/radius", "'10mi'" },
    { "74", GEO("'center':[0,0],'radius':'km'"), "/radius", "'km'" },
    { "74", GEO("'center':[0,0],'radius':null"), "/radius", "radius" },
    { "74", "{'op':'geo_range','field':'s','center':'0,0','radius':1}", "/field", "'s'" },
    { "", TEXT("contains", "d", "substring", "2026"), "/field", "'d'" },
    { "", TEXT("prefix", "d", "prefix", ""), "/field", "'d'" },
    { "", "{'op':'contains','field':'s'}", "/substring", "substring" },
    { "", "{'op':'contains','field':'s','substring':7}", "/substring", "substring" },
    { "", "{'op':'prefix','field':'s','prefix':null}", "/prefix", "prefix" },
    { "", "{'op':'prefix','field':'f'}", "/prefix", "prefix" },
    { "", "{'op':'regex','field':'s'}", "/pattern", "pattern" },
    { "77", TEXT("regex", "s", "pattern", "("), "/pattern", "" },
    { "77", TEXT("regex", "s", "pattern", "a(?=b)"), "/pattern", "" },
    { "77", TEXT("regex", "s", "pattern", "\\\\1"), "/pattern", "" },
    { "77", TEXT("regex", "f", "pattern", "("), "/pattern", "" },
    { "77", TEXT("regex", "b", "pattern", "["), "/pattern", "" },
    { "86", "{'op':'bogus'}", "/op", "'bogus'" },
    { "86", "{'op':'MUST','field':'s','conds':['x']}", "/op", "'MUST'" },
    { "86", "{'op':'label_in','labels':[1]}", "/op", "'label_in'" },
    { "86", "{'op':'must','field':'s'}", "/conds", "not a list" },
    { "86", "{'op':'must','conds':['x']}", "/field", "no field" },
    { "86", "{'op':'must','field':7,'conds':['x']}", "/field", "no field" },
    { "86", "{'op':'must','field':[],'conds':['x']}", "/field", "no field" },
    { "86", "{'op':'must','field':'s','conds':'x'}", "/conds", "not a list" },
    { "86", "{'op':'must_not','field':'s','conds':null}", "/conds", "not a list" },
    { "86", M("s", "null"), "/conds/0", "no text" },
    { "86", M("s", "'x',['y']"), "/conds/1", "no text" },
    { "86", M("g", "{}"), "/conds/0", "no text" },
    { "86", M("i", "1,'2'"), "/conds/1", "texts and numbers" },
    { "86", M("s", "'x',true"), "/conds/1", "texts and numbers" },
    { "86", "{'field':'s','conds':['x']}", "/op", "no op" },
    { "86", "{'op':1}", "/op", "no op" },
    { "86", "[]", "", "not an object" },
    { "86", "'x'", "", "not an object" },
    { "86", "{'sorter':{}}", "/op", "no op" },
    { "87", "{'op':'or','conds':[]}", "/conds", "empty" },
    { "87", "{'op':'and','conds':[]}", "/conds", "empty" },
    { "87", "{'op':'and'}", "/conds", "not a list" },
    { "87", "{'op':'or','conds':{}}", "/conds", "not a list" },
    { "88", AND(M("b", "true"), "{}"), "/conds/1/op", "no op" },
    { "88", OR(M("b", "true"), "null"), "/conds/1", "not an object" },
    { "88", OR(M("b", "true"), "7"), "/conds/1", "not an object" },
    { "89", AND(M("s", "'acme'"), "{'op':'bogus'}"), "/conds/1/op", "'bogus'" },
    { "89", AND(M("s", "'acme'"), "{'op':'or','conds':[]}"), "/conds/1/conds", "empty" },
    { "89", AND(M("s", ""), OR(M("i", "1"), M("i", "null"))), "/conds/1/conds/1/conds/0",
      "no text" },
    { "90", "{'filter':{'op':'bogus'}}", "/filter/op", "'bogus'" },
    { "90", "{'filter':{'filter':{}}}", "/filter/op", "no op" },
    { "90", "{'filter':[]}", "/filter", "not an object" },
    { "90", "{'op':'must','field':'i','conds':[1],'filter':{}}", "/filter", "beside" },
    { "90", AND(M("b", "true"), "{'op':'must','field':'i','conds':[1],'filter':{}}"),
      "/conds/1/filter", "beside" },
};

START_TEST(a_broken_filter_is_refused_with_its_place)
{
    struct filter filter = { FILTER_SOME, { 0 } };

    ck_fails(OV_INVALID,
             filter_compile(schema, json(refused[_i].filter), arena, &filter, &err));
    ck_at(refused[_i].at);
    ck_says(refused[_i].says);
    ck_assert_int_eq(filter.kind, FILTER_SOME);
    ck_assert_uint_eq(filter.ov.size, 0);
}
END_TEST

START_TEST(a_naive_time_is_utc_whatever_the_zone_of_the_process)
{
    setenv("TZ", "Asia/Tokyo", 1);
    ck_becomes(json(M("d", "'2026-03-01T00:00:00'")),
               IN("d", "'2026-03-01T00:00:00.000Z'"));
}
END_TEST

/* A list of one value that no JSON text can give. */
static const struct ov_doc *must_of(const char *field, const struct ov_doc *value)
{
    struct ov_doc *doc = ov_doc_copy(arena, json("{'op':'must'}"));
    struct ov_doc *conds = ov_doc_list(arena);

    ov_doc_append(arena, conds, value);
    ov_doc_set(arena, doc, ov_str_of("field"), ov_doc_text(arena, ov_str_of(field)));
    ov_doc_set(arena, doc, ov_str_of("conds"), conds);
    return doc;
}

START_TEST(values_that_only_other_producers_give_are_refused)
{
    static const float floats[] = { 1, 2 };
    struct ov_str nul = { "a\0b", 3 };
    struct filter filter;
    const struct ov_doc *bad[] = {
        must_of("i", ov_doc_real(arena, NAN)),
        must_of("s", ov_doc_real(arena, INFINITY)),
        must_of("s", ov_doc_text(arena, nul)),
        must_of("s", ov_doc_text(arena, ov_str_of("\xFF"))),
        must_of("uri", ov_doc_text(arena, nul)),
        must_of("li", ov_doc_floats(arena, floats, 2)),
    };
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_fails(OV_INVALID, filter_compile(schema, bad[i], arena, &filter, &err));
        ck_at("/conds/0");
    }
}
END_TEST

START_TEST(messages_stay_one_valid_line_whatever_the_filter_says)
{
    struct ov_doc *doc = ov_doc_object(arena);
    struct filter filter;
    const char *p;

    ov_doc_set(arena, doc, ov_str_of("op"),
               ov_doc_text(arena, ov_str_of("a\nb\xFF\x01")));
    ck_fails(OV_INVALID, filter_compile(schema, doc, arena, &filter, &err));
    ck_assert_int_eq(ov_utf8_valid(ov_str_of(err.message)), 1);
    for (p = err.message; *p != '\0'; p++)
        ck_assert_int_ge((unsigned char)*p, ' ');
}
END_TEST

/* ---------------------------------------------------------------------- limits */

/* n operators around one leaf, and and or by turns, each with a leaf beside it. */
static const struct ov_doc *nested(int n)
{
    const struct ov_doc *doc = json(M("i", "1"));
    int i;

    for (i = 0; i < n; i++) {
        struct ov_doc *conds = ov_doc_list(arena), *outer = ov_doc_object(arena);

        ov_doc_append(arena, conds, json(M("i", "2")));
        ov_doc_append(arena, conds, doc);
        ov_doc_set(arena, outer, ov_str_of("op"),
                   ov_doc_text(arena, ov_str_of(i % 2 == 0 ? "and" : "or")));
        ov_doc_set(arena, outer, ov_str_of("conds"), conds);
        doc = outer;
    }
    return doc;
}

START_TEST(thirty_two_levels_pass_and_one_more_is_over_the_limit)
{
    struct filter filter;

    ck_ok(filter_compile(schema, nested(31), arena, &filter, &err));
    ck_ok(ov_filter_check(schema->ov, &filter.ov, &err));
    ck_fails(OV_LIMIT, filter_compile(schema, nested(32), arena, &filter, &err));
    ck_says("32");
    ck_fails(OV_LIMIT, filter_compile(schema, nested(5000), arena, &filter, &err));
}
END_TEST

START_TEST(lowering_may_not_grow_over_the_depth_either)
{
    struct ov_doc *doc = ov_doc_copy(arena, nested(31));
    const struct ov_doc *inner = doc;
    struct filter filter;
    int i;

    /* The innermost leaf becomes a NOT of a leaf: one level more than was written. */
    for (i = 0; i < 31; i++)
        inner = ov_doc_get(inner, "conds")->u.items[1];
    *(struct ov_doc *)(uintptr_t)inner = *json(N("i", "1"));
    ck_fails(OV_LIMIT, filter_compile(schema, doc, arena, &filter, &err));
}
END_TEST

static const struct ov_doc *wide(int n)
{
    struct ov_doc *conds = ov_doc_list(arena), *doc = ov_doc_object(arena);
    const struct ov_doc *leaf = json(M("i", "1"));
    int i;

    for (i = 0; i < n; i++)
        ov_doc_append(arena, conds, leaf);
    ov_doc_set(arena, doc, ov_str_of("op"), ov_doc_text(arena, ov_str_of("or")));
    ov_doc_set(arena, doc, ov_str_of("conds"), conds);
    return doc;
}

START_TEST(four_thousand_and_ninety_six_nodes_pass_and_one_more_is_over_the_limit)
{
    struct filter filter;

    ck_ok(filter_compile(schema, wide(4095), arena, &filter, &err));
    ck_assert_uint_eq(filter.ov.n_nodes, 4096);
    ck_ok(ov_filter_check(schema->ov, &filter.ov, &err));
    ck_fails(OV_LIMIT, filter_compile(schema, wide(4096), arena, &filter, &err));
    ck_says("4096");
}
END_TEST

static const struct ov_doc *many_values(int n)
{
    struct ov_doc *conds = ov_doc_list(arena);
    struct ov_doc *doc = ov_doc_copy(arena, json("{'op':'must','field':'i'}"));
    int i;

    for (i = 0; i < n; i++)
        ov_doc_append(arena, conds, ov_doc_int(arena, (i * 7919L) % n));
    ov_doc_set(arena, doc, ov_str_of("conds"), conds);
    return doc;
}

START_TEST(sixty_five_thousand_values_pass_and_one_more_is_over_the_limit)
{
    struct filter filter;

    ck_ok(filter_compile(schema, many_values(65536), arena, &filter, &err));
    ck_assert_uint_eq(filter.ov.n_values, 65536);
    ck_ok(ov_filter_check(schema->ov, &filter.ov, &err));
    ck_fails(OV_LIMIT, filter_compile(schema, many_values(65537), arena, &filter, &err));
    ck_says("65537");
}
END_TEST

START_TEST(a_pattern_over_one_kibibyte_is_over_the_limit)
{
    char pattern[1026];
    struct ov_doc *doc = ov_doc_copy(arena, json("{'op':'regex','field':'s'}"));
    struct filter filter;

    memset(pattern, 'a', sizeof(pattern) - 1);
    pattern[sizeof(pattern) - 1] = '\0';
    ov_doc_set(arena, doc, ov_str_of("pattern"), ov_doc_text(arena, ov_str_of(pattern)));
    ck_fails(OV_LIMIT, filter_compile(schema, doc, arena, &filter, &err));
    ck_at("/pattern");
}
END_TEST

/* -------------------------------------------------------------------- push-down */

START_TEST(an_operator_that_the_provider_lacks_is_named)
{
    struct filter filter;
    uint64_t all = (1u << (OV_IS_NULL + 1)) - 2;

    ck_ok(filter_compile(schema,
                         json(AND(M("i", "1"), TEXT("regex", "s", "pattern", "x"))),
                         arena, &filter, &err));
    ck_ok(filter_served(&filter, all, "p", &err));
    ck_fails(OV_UNSUPPORTED, filter_served(&filter, all & ~(1u << OV_REGEX), "p", &err));
    ck_says("'regex'");
    ck_says("'p'");
    ck_assert_uint_eq(err.node, 2);
    ck_fails(OV_UNSUPPORTED, filter_served(&filter, 0, "p", &err));
    ck_says("'and'");
    ck_ok(filter_compile(schema, NULL, arena, &filter, &err));
    ck_ok(filter_served(&filter, 0, "p", &err));
}
END_TEST

#define ADD_LOOP(tests, name, table) \
    tcase_add_loop_test(tests, name, 0, (int)(sizeof(table) / sizeof(table[0])))

static Suite *suite(void)
{
    Suite *whole = suite_create("filter");
    TCase *tests = tcase_create("filter");

    tcase_add_checked_fixture(tests, begin, end);
    ADD_LOOP(tests, a_filter_becomes_its_tree, becomes);
    tcase_add_test(tests, no_filter_at_all_is_all);
    ADD_LOOP(tests, a_broken_filter_is_refused_with_its_place, refused);
    tcase_add_test(tests, a_naive_time_is_utc_whatever_the_zone_of_the_process);
    tcase_add_test(tests, values_that_only_other_producers_give_are_refused);
    tcase_add_test(tests, messages_stay_one_valid_line_whatever_the_filter_says);
    tcase_add_test(tests, thirty_two_levels_pass_and_one_more_is_over_the_limit);
    tcase_add_test(tests, lowering_may_not_grow_over_the_depth_either);
    tcase_add_test(
        tests, four_thousand_and_ninety_six_nodes_pass_and_one_more_is_over_the_limit);
    tcase_add_test(tests, sixty_five_thousand_values_pass_and_one_more_is_over_the_limit);
    tcase_add_test(tests, a_pattern_over_one_kibibyte_is_over_the_limit);
    tcase_add_test(tests, an_operator_that_the_provider_lacks_is_named);
    suite_add_tcase(whole, tests);
    return whole;
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    return run_suite(suite());
}
