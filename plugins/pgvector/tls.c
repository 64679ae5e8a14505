/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c - whether what the url says of TLS is what the operator will have meant.
 *
 * libpq verifies a server when it finds the certificates it was told of, and otherwise
 * connects to anyone without a word, unless sslmode is one of the two that insist. Before
 * version 16 it takes "system" for a file's name.
 */
#include "tls.h"

#include "session.h"

#include <string.h>
#include <unistd.h>

static int is(const char *value, const char *word)
{
    return value != NULL && strcmp(value, word) == 0;
}

static int is_remote(const struct hosts *hosts)
{
    for (int i = 0; i < hosts->n; i++)
        if (!host_is_local(&hosts->list[i]))
            return 1;
    return 0;
}

static int32_t check_file(const struct hosts *hosts, const char *keyword,
                          const char *without, struct ov_error *err)
{
    const char *path = hosts_option(hosts, keyword);

    if (path == NULL || access(path, R_OK) == 0)
        return OV_OK;
    return ov_fail(err, OV_INVALID,
                   "option 'url' names %s '%s', which cannot be read: libpq would %s",
                   keyword, path, without);
}

int32_t tls_check(const struct hosts *hosts, struct ov_error *err)
{
    const char *root = hosts_option(hosts, "sslrootcert");
    int32_t status = OV_OK;

    if (!is_remote(hosts) || is(hosts_option(hosts, "sslmode"), "disable"))
        return OV_OK;
    if (is(root, "system") && PQlibVersion() < 160000)
        return ov_fail(err, OV_INVALID,
                       "option 'url' has sslrootcert=system, which this libpq (version "
                       "%d) takes for a file; name one, such as "
                       "/etc/ssl/certs/ca-certificates.crt, with sslmode=verify-full",
                       PQlibVersion() / 10000);
    if (!is(root, "system"))
        status = check_file(hosts, "sslrootcert", "trust any server", err);
    if (status == OV_OK)
        status = check_file(hosts, "sslcrl", "trust revoked certificates", err);
    if (status == OV_OK)
        status = check_file(hosts, "sslcrldir", "trust revoked certificates", err);
    return status;
}

/* ---------------------------------------------------------------- the doctor */

static const char *how_verified(const struct hosts *hosts)
{
    const char *mode = hosts_option(hosts, "sslmode");

    if (is(mode, "verify-full") || is(hosts_option(hosts, "sslrootcert"), "system"))
        return "the server's certificate and name are verified";
    if (is(mode, "verify-ca") ||
        (is(mode, "require") && hosts_option(hosts, "sslrootcert") != NULL))
        return "the server's certificate is verified, its name is not";
    return "the server's certificate is not verified";
}

static void say(const struct hosts *hosts, const struct link *link,
                const struct ov_call *call)
{
    const char *mode = hosts_option(hosts, "sslmode"), *protocol;

    if (hosts_option(hosts, "sslrootcert") != NULL && !is(mode, "require") &&
        !is(mode, "verify-ca") && !is(mode, "verify-full") &&
        !is(hosts_option(hosts, "sslrootcert"), "system")) {
        ov_say(call, OV_NOTE_PROBLEM, "tls", "add sslmode=verify-full to the url",
               "sslrootcert is named, and sslmode '%s' goes on without TLS when the "
               "server is another",
               mode != NULL ? mode : "prefer");
        return;
    }
    if (!PQsslInUse(link->conn)) {
        ov_say(call, OV_NOTE_CHECK, "tls", NULL, "the connection is not encrypted");
        return;
    }
    protocol = PQsslAttribute(link->conn, "protocol");
    ov_say(call, OV_NOTE_CHECK, "tls", NULL, "%s; %s",
           protocol != NULL ? protocol : "encrypted", how_verified(hosts));
}

int32_t tls_examine(struct ov_session *session, const struct ov_call *call,
                    struct ov_error *err)
{
    struct hosts hosts;
    struct link *link;
    int32_t status = hosts_read(&session->pool.target, &hosts, err);

    if (status != OV_OK)
        return status;
    if (is_remote(&hosts)) {
        status = pool_take(&session->pool, call, &link, err);
        if (status == OV_OK) {
            say(&hosts, link, call);
            pool_give(&session->pool, link, 1);
        }
    }
    hosts_clear(&hosts);
    return status;
}
