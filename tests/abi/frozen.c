/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frozen.c DIR NAME - a provider that was built against frozen headers is still taken:
 * found in DIR, checked, loaded, bound.
 */
#include <ov/host.h>
#include <ov/sdk.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct ov_host_options options = { .size = sizeof(options) };
    const struct ov_description *description = NULL;
    struct ov_error err = OV_ERROR_INIT;
    struct ov_host *host = NULL;
    int32_t code;

    if (argc != 3)
        return 2;
    options.plugin_path = argv[1];
    code = ov_host_open(&options, &host, &err);
    if (code == OV_OK)
        code = ov_host_describe(host, argv[2], &description, NULL, &err);
    if (code != OV_OK)
        printf("%s: %s\n", ov_status_name(code), err.message);
    else
        printf("# frozen: %s: %s\n", argv[2], description->text);
    ov_host_close(host);
    return code != OV_OK;
}
