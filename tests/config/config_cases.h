/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_cases.h - the bad files: one fault each, with the place and what the message
 * says. Shared by the suite and by whoever wants to see them all.
 */
#ifndef OV_TEST_CONFIG_CASES_H
#define OV_TEST_CONFIG_CASES_H

#define GOOD "[storage.vectordb]\nbackend = memory\n"
#define L50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

struct bad_file {
    const char *text;
    const char *where;
    const char *says;
};

static const struct bad_file bad_files[] = {
    /* The shape of lines. */
    { "backend = memory\n", "t.ini:1", "'backend' stands before the first section" },
    { "\n; c\nbackend = memory\n", "t.ini:3", "before the first section" },
    { GOOD "path\n", "t.ini:3", "no 'key = value'" },
    { GOOD "path ./data\n", "t.ini:3", "no 'key = value'" },
    { GOOD "path: ./data\n", "t.ini:3", "no 'key = value'" },
    { GOOD "path =\n", "t.ini:3", "'path' has no value" },
    { GOOD "path = ; a comment\n", "t.ini:3", "'path' has no value" },
    { GOOD "= x\n", "t.ini:3", "a key is of a-z" },
    { GOOD "Path = x\n", "t.ini:3", "a key is of a-z" },
    { GOOD "p-ath = x\n", "t.ini:3", "a key is of a-z" },
    { GOOD "1path = x\n", "t.ini:3", "a key is of a-z" },
    { GOOD "p ath = x\n", "t.ini:3", "a key is of a-z" },
    { GOOD L50 " = x\n", "t.ini:3", "longer than 49 bytes" },
    { GOOD " path = x\n", "t.ini:3", "indented" },
    { GOOD "\tpath = x\n", "t.ini:3", "indented" },
    { GOOD "path = a\n   b\n", "t.ini:4", "indented" },
    { GOOD "  [host]\n", "t.ini:3", "indented" },
    { GOOD "path = a\x01z\n", "t.ini:3", "control byte 0x01" },
    { GOOD "path = a\x7Fz\n", "t.ini:3", "control byte 0x7f" },
    { GOOD "path = a\rz\n", "t.ini:3", "control byte 0x0d" },
    { GOOD "; comment \x02\n", "t.ini:3", "control byte 0x02" },
    { GOOD "path = a\xFFz\n", "t.ini:3", "not UTF-8" },
    { GOOD "path = \xC3\n", "t.ini:3", "not UTF-8" },
    /* Quotes and comments. */
    { GOOD "path = \"abc\n", "t.ini:3", "quotes of 'path' are not closed" },
    { GOOD "path = \"abc\"\"\n", "t.ini:3", "not closed" },
    { GOOD "path = \"abc\" def\n", "t.ini:3", "goes on behind its double quotes" },
    { GOOD "path = \"abc\"def\n", "t.ini:3", "goes on behind" },
    { GOOD "password = abc ;def\n", "t.ini:3", "'password' holds ' ;'" },
    { GOOD "password = abc #def\n", "t.ini:3", "'password' holds ' #'" },
    { GOOD "path = ./data # here\n", "t.ini:3", "'path' holds ' #'" },
    /* Variables. */
    { GOOD "path = ${OV_TEST_UNSET}\n", "t.ini:3",
      "'path' needs the environment variable 'OV_TEST_UNSET'" },
    { GOOD "path = ${}\n", "t.ini:3", "no ${NAME}" },
    { GOOD "path = ${A B}\n", "t.ini:3", "no ${NAME}" },
    { GOOD "path = ${HOME\n", "t.ini:3", "no ${NAME}" },
    { GOOD "path = a$b\n", "t.ini:3", "single '$'" },
    { GOOD "path = a$\n", "t.ini:3", "single '$'" },
    { GOOD "path = a$$$b\n", "t.ini:3", "single '$'" },
    { GOOD "path = ${OV_TEST_LINES}\n", "t.ini:3", "not one line of UTF-8" },
    { GOOD "path = ${OV_TEST_BYTES}\n", "t.ini:3", "not one line of UTF-8" },
    /* Sections. */
    { "[storage.vectordb\nbackend = memory\n", "t.ini:1", "[name]" },
    { "[storage.vectordb] x\nbackend = memory\n", "t.ini:1", "[name]" },
    { GOOD "[host\nplugin_path = /a\n", "t.ini:3", "[name]" },
    { "[]\n", "t.ini:1", "1 to 49 bytes" },
    { "[storage.vectordb:" L50 "]\n", "t.ini:1", "1 to 49 bytes" },
    { "[a ;b]\n", "t.ini:1", "neither ';' nor '['" },
    { "[[host]]\n", "t.ini:1", "[name]" },
    { "[[host]\n", "t.ini:1", "neither ';' nor '['" },
    { "[hots]\n", "t.ini:1", "did you mean 'host'" },
    { "[storage.vectorbd]\n", "t.ini:1", "did you mean 'storage.vectordb'" },
    { "[storage]\n", "t.ini:1", "section 'storage' is not known" },
    { "[Host]\n", "t.ini:1", "'Host' is not known" },
    { "[ host ]\n", "t.ini:1", "not known" },
    { "[storage.vectordb:]\n", "t.ini:1", "the name of a profile" },
    { "[storage.vectordb:a b]\n", "t.ini:1", "the name of a profile" },
    { GOOD "[storage.vectordb]\nbackend = x\n", "t.ini:3",
      "'storage.vectordb' stands twice, first in line 1" },
    { GOOD "[storage.vectordb:a]\nbackend = x\n[storage.vectordb:a]\n", "t.ini:5",
      "first in line 3" },
    { "[host]\n[host]\n", "t.ini:2", "'host' stands twice, first in line 1" },
    /* The host's own keys. */
    { "[host]\nplugin_paht = /a\n", "t.ini:2", "did you mean 'plugin_path'" },
    { "[host]\nbackend = native\n", "t.ini:2", "belongs into [storage.vectordb]" },
    { "[host]\nplugin_path = /a\nplugin_path = /b\n", "t.ini:3", "first in line 2" },
    { "[host]\nplugin_path = /a::/b\n", "t.ini:2", "empty directory" },
    { "[host]\nplugin_path = \"\"\n", "t.ini:2", "empty directory" },
    { "[host]\n[storage.vectordb]\n", "t.ini:2", "[storage.vectordb] has no 'backend'" },
    { GOOD "[storage.vectordb:x]\npath = a\n", "t.ini:3",
      "[storage.vectordb:x] has no 'backend'" },
    { GOOD "path = a\npath = b\n", "t.ini:4", "'path' is set twice, first in line 3" },
    { "[storage.vectordb]\nbackend = Memory\n", "t.ini:2", "'backend' is 'Memory'" },
    { "[storage.vectordb]\nbackend = \"\"\n", "t.ini:2", "'backend' is ''" },
    { GOOD "table = \"\"\n", "t.ini:3", "'table' is empty" },
    { GOOD "table = " L50 L50 L50 "\n", "t.ini:3", "'table' is longer than 128" },
    { GOOD "table = \"a\tb\"\n", "t.ini:3", "'table' holds a control character" },
    { GOOD "index_name = \"\"\n", "t.ini:3", "'index_name' is empty" },
    { GOOD "index_kind = a/b\n", "t.ini:3", "'index_kind' is 'a/b'" },
    { GOOD "distance = cosin\n", "t.ini:3", "did you mean 'cosine'" },
    { GOOD "distance = euclid\n", "t.ini:3", "'distance' is 'euclid': cosine, ip or l2" },
    { GOOD "dimension = 0\n", "t.ini:3", "'dimension' is '0'" },
    { GOOD "dimension = -4\n", "t.ini:3", "'dimension' is '-4'" },
    { GOOD "dimension = 4.0\n", "t.ini:3", "'dimension' is '4.0'" },
    { GOOD "dimension = 1000001\n", "t.ini:3", "from 1 to 1000000" },
    { GOOD "dimension = 99999999999999999999\n", "t.ini:3", "'dimension'" },
    { GOOD "sparse_weight = -0.1\n", "t.ini:3", "'sparse_weight' is '-0.1'" },
    { GOOD "sparse_weight = 0,5\n", "t.ini:3", "'sparse_weight' is '0,5'" },
    { GOOD "sparse_weight = nan\n", "t.ini:3", "'sparse_weight' is 'nan'" },
    { GOOD "sparse_weight = inf\n", "t.ini:3", "'sparse_weight' is 'inf'" },
    { GOOD "sparse_weight = 1e999\n", "t.ini:3", "'sparse_weight'" },
    { GOOD "timeout = 30\n", "t.ini:3", "'timeout' is '30': a time such as" },
    { GOOD "timeout = soon\n", "t.ini:3", "'timeout' is 'soon'" },
    { GOOD "timeout = -1s\n", "t.ini:3", "'timeout' is '-1s'" },
    { GOOD "timeout = 9999999999999h\n", "t.ini:3", "'timeout'" },
    { GOOD "isolation = " L50 "1234567890123\xC3\xA4\n", "t.ini:3", "890123': only" },
    { GOOD "isolation = process\n", "t.ini:3", "'isolation' is 'process'" },
};

#define N_BAD_FILES ((int)(sizeof(bad_files) / sizeof(bad_files[0])))

#endif
