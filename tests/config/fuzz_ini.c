/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_ini.c - any bytes as an INI file, and what comes out of it against a provider's
 * options. A refusal has a place and a reason on one line, and hands nothing over.
 */
#include "options.h"

#include <ov/config.h>
#include <ov/schema.h>
#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const struct ov_option url = { .kind = OV_OPTION_URL, .name = "url" };
static const struct ov_option wait = { .kind = OV_OPTION_MS, .name = "wait" };
static const struct ov_option cache = {
    .kind = OV_OPTION_BYTES, .name = "cache", .low = 1, .high = 1e9
};
static const struct ov_option path = { .kind = OV_OPTION_PATH, .name = "path" };
static const struct ov_option ratio = { .kind = OV_OPTION_REAL, .name = "ratio" };
static const struct ov_option sync_word = {
    .kind = OV_OPTION_WORD, .name = "sync", .fallback = "full", .words = "full off"
};
static const struct ov_option *const all[] = { &url,  &wait,  &cache,
                                               &path, &ratio, &sync_word };
static const struct ov_description description = {
    .size = sizeof(description), .n_options = 6, .options = all, .index_kinds = "flat"
};

static void expect(int truth)
{
    if (!truth)
        abort();
}

static void expect_error(const struct ov_error *err, int32_t status)
{
    expect(err->code == status);
    expect(err->message[0] != '\0' && strpbrk(err->message, "\n\r") == NULL);
    expect(ov_utf8_valid(ov_str_of(err->message)));
    expect(strncmp(err->where, "f.ini", 5) == 0);
}

static void look(void *ctx, const char *profile)
{
    const struct ov_config *config = ctx;
    struct ov_settings settings = { .size = sizeof(settings) };
    struct ov_error err = OV_ERROR_INIT;
    struct options *options = NULL;
    char text[64];
    uint64_t length;
    int32_t status;

    expect(ov_config_settings(config, profile, &settings, &err) == OV_OK);
    expect(settings.backend != NULL && settings.table[0] != '\0');
#ifdef CANARY
    /* What no seed says, read by the real parser. */
    expect(settings.dimension <= 4);
#endif
    status = options_resolve(config, profile, &description, &options, &err);
    if (status != OV_OK) {
        expect_error(&err, status);
        expect(options == NULL);
        return;
    }
    expect(options_secret(options, 0, text, sizeof(text), &length) != OV_DENIED);
    options_free(options);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    setenv("A", "value of a", 1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct ov_str text = { (const char *)data, n };
    struct ov_error err = OV_ERROR_INIT;
    struct ov_config *config = NULL;
    int32_t status = ov_config_parse(text, "f.ini", "/tmp", &config, &err);

    if (status != OV_OK) {
        expect_error(&err, status);
        expect(config == NULL);
        return 0;
    }
    ov_config_profiles(config, look, config);
    ov_config_free(config);
    return 0;
}
