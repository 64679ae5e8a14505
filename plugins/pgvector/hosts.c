/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts.c - what the url asks for, server by server.
 *
 * A url may name a service, and what it leaves open stands in the environment; only libpq
 * puts these together, when it begins to connect. So it is let begin with a setting that
 * it refuses before it opens a socket, and asked what it has got by then. The setting
 * that was spoilt is read from a second such attempt.
 */
#include "hosts.h"

#include "tls.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SECRET_ROOM 4096
/* Without it a peer that is gone is noticed after a quarter of an hour. */
#define DEAD_PEER_MS "30000"
#define SPOILT "-"
#define OPTIONS_MOST 80

/* ---------------------------------------------------------------- secrets */

/* A secret as text of its own; NULL when it is unset or on failure. */
static char *ask(const struct target *target, uint32_t option, int32_t *status)
{
    uint64_t n = 0, room = SECRET_ROOM;
    char *text = malloc(room + 1);

    *status = text == NULL ? OV_NO_SPACE : OV_OK;
    while (text != NULL) {
        char *larger;

        *status = target->services->secret(target->store, option, text, room, &n);
        if (*status != OV_LIMIT || n <= room)
            break;
        room = n;
        larger = realloc(text, room + 1);
        if (larger == NULL)
            *status = OV_NO_SPACE;
        else
            text = larger;
        if (larger == NULL)
            break;
    }
    if (*status != OV_OK || n == 0) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

static void forget(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static void forget_options(PQconninfoOption *options)
{
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (o->val != NULL && strstr(o->keyword, "password") != NULL)
            explicit_bzero(o->val, strlen(o->val));
    PQconninfoFree(options);
}

/* ---------------------------------------------------------------- options */

static PQconninfoOption *find(PQconninfoOption *options, const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options;
    return NULL;
}

const char *hosts_option(const struct hosts *hosts, const char *keyword)
{
    const PQconninfoOption *option = find(hosts->options, keyword);

    return option != NULL && option->val != NULL && option->val[0] != '\0' ? option->val
                                                                           : NULL;
}

/* All that libpq would connect with, but for the option that is spoilt. */
static PQconninfoOption *effective(const struct target *target, const char *url,
                                   const char *password, const char *spoil,
                                   struct ov_error *err)
{
    /* A key that stands behind the url overrules it, one before it gives way; a NULL
     * one does neither. */
    const char *const keys[] = { "fallback_application_name",
                                 "tcp_user_timeout",
                                 "dbname",
                                 "client_encoding",
                                 "password",
                                 spoil,
                                 NULL };
    const char *const values[] = {
        target->settings->application, DEAD_PEER_MS, url, "UTF8", password, SPOILT, NULL
    };
    PGconn *conn = PQconnectStartParams(keys, values, 1);
    PQconninfoOption *options = conn != NULL ? PQconninfo(conn) : NULL;
    const PQconninfoOption *mark = find(options, spoil);

    if (options == NULL) {
        ov_no_memory(err);
    } else if (mark == NULL || mark->val == NULL || strcmp(mark->val, SPOILT) != 0) {
        const char *text = PQerrorMessage(conn);

        ov_fail(err, OV_INVALID, "option 'url': %.*s", (int)strcspn(text, "\r\n"), text);
        PQconninfoFree(options);
        options = NULL;
    }
    PQfinish(conn);
    return options;
}

static int32_t read_options(const struct target *target, const char *url,
                            const char *password, struct hosts *out, struct ov_error *err)
{
    PQconninfoOption *second, *spoilt, *whole;

    out->options = effective(target, url, password, "gssencmode", err);
    if (out->options == NULL)
        return err->code;
    second = effective(target, url, password, "channel_binding", err);
    if (second == NULL)
        return err->code;
    spoilt = find(out->options, "gssencmode");
    whole = find(second, "gssencmode");
    if (spoilt != NULL && whole != NULL) { /* both strings are freed with their lists */
        char *text = spoilt->val;

        spoilt->val = whole->val;
        whole->val = text;
    }
    forget_options(second);
    return OV_OK;
}

/* ------------------------------------------------------------------ hosts */

static int count(const char *list)
{
    int n = 1;

    for (; *list != '\0'; list++)
        n += *list == ',';
    return n;
}

/* The next of a list that is cut at its commas; NULL for an empty one. */
static const char *take(char **rest)
{
    char *begin = *rest, *comma;

    if (begin == NULL)
        return NULL;
    comma = strchr(begin, ',');
    if (comma != NULL)
        *comma = '\0';
    *rest = comma != NULL ? comma + 1 : NULL;
    return begin[0] != '\0' ? begin : NULL;
}

static char *append(char **at, const char *text)
{
    char *begin = *at;

    if (text == NULL)
        return NULL;
    memcpy(begin, text, strlen(text) + 1);
    *at = begin + strlen(text) + 1;
    return begin;
}

static int32_t cut(struct hosts *out, struct ov_error *err)
{
    const char *name = hosts_option(out, "host"), *port = hosts_option(out, "port"),
               *address = hosts_option(out, "hostaddr");
    size_t bytes = (name != NULL ? strlen(name) : 0) + (port != NULL ? strlen(port) : 0) +
                   (address != NULL ? strlen(address) : 0) + 3;
    int n = count(address != NULL ? address : name != NULL ? name : "");
    char *at, *names, *ports, *addresses;

    if (n > HOSTS_MOST)
        return ov_fail(err, OV_INVALID, "option 'url' names %d hosts, over %d", n,
                       HOSTS_MOST);
    if (name != NULL && count(name) != n)
        return ov_fail(err, OV_INVALID, "option 'url' has %d hosts for %d addresses",
                       count(name), n);
    if (port != NULL && count(port) != n && count(port) != 1)
        return ov_fail(err, OV_INVALID, "option 'url' has %d ports for %d hosts",
                       count(port), n);
    out->texts = at = malloc(bytes);
    if (at == NULL)
        return ov_no_memory(err);
    names = append(&at, name);
    ports = append(&at, port);
    addresses = append(&at, address);
    for (int i = 0; i < n; i++) {
        struct host *host = &out->list[i];

        host->name = take(&names);
        host->address = take(&addresses);
        if (i == 0 || ports != NULL)
            host->port = take(&ports);
        else /* one for all */
            host->port = out->list[0].port;
    }
    out->n = n;
    return OV_OK;
}

int host_is_local(const struct host *host)
{
    return host->address == NULL &&
           (host->name == NULL || host->name[0] == '/' || host->name[0] == '@');
}

/* load_balance_hosts: each connection begins with another. */
static void shuffle(struct hosts *hosts)
{
    for (int i = hosts->n - 1; i > 0; i--) {
        uint32_t random = 0;
        struct host other = hosts->list[i];
        int j;

        if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
            random = (uint32_t)link_now();
        j = (int)(random % (uint32_t)(i + 1));
        hosts->list[i] = hosts->list[j];
        hosts->list[j] = other;
    }
}

static int is(const char *value, const char *word)
{
    return value != NULL && strcmp(value, word) == 0;
}

static int32_t read_wishes(struct hosts *out, struct ov_error *err)
{
    const char *seconds = hosts_option(out, "connect_timeout"),
               *attrs = hosts_option(out, "target_session_attrs");
    int64_t n = 0;

    if (seconds != NULL && (ov_int_parse(ov_str_of(seconds), &n) != OV_OK || n > 1000000))
        return ov_fail(err, OV_INVALID,
                       "option 'url' has a connect_timeout that is no number of seconds");
    out->connect_ms = n > 0 ? n * 1000 : 0;
    out->seeks_writer = is(attrs, "read-write") || is(attrs, "primary");
    out->prefers_standby = is(attrs, "prefer-standby");
    if (is(hosts_option(out, "load_balance_hosts"), "random"))
        shuffle(out);
    return OV_OK;
}

int32_t hosts_read(const struct target *target, struct hosts *out, struct ov_error *err)
{
    int32_t status, second;
    char *url = ask(target, OPTION_URL, &status);
    char *password = ask(target, OPTION_PASSWORD, &second);

    memset(out, 0, sizeof(*out));
    if (status == OV_OK)
        status = second;
    if (status != OV_OK)
        ov_fail(err, status, "the url or the password of the database cannot be read");
    else if (url == NULL)
        status = ov_fail(err, OV_INVALID, "option 'url' is empty");
    else
        status = url_check(url, err);
    if (status == OV_OK)
        status = read_options(target, url, password, out, err);
    if (status == OV_OK)
        status = cut(out, err);
    if (status == OV_OK)
        status = read_wishes(out, err);
    if (status == OV_OK)
        status = tls_check(out, err);
    forget(url);
    forget(password);
    if (status != OV_OK)
        hosts_clear(out);
    return status;
}

void hosts_clear(struct hosts *hosts)
{
    forget_options(hosts->options);
    free(hosts->texts);
    memset(hosts, 0, sizeof(*hosts));
}

/* ---------------------------------------------------------------- beginning */

PGconn *hosts_start(const struct hosts *hosts, const struct host *host,
                    const char *address, const char *attrs)
{
    static const char *const ours[] = { "host",
                                        "hostaddr",
                                        "port",
                                        "service",
                                        "target_session_attrs",
                                        "load_balance_hosts" };
    const char *keys[OPTIONS_MOST + 5], *values[OPTIONS_MOST + 5];
    int n = 0;

    for (const PQconninfoOption *o = hosts->options;
         o->keyword != NULL && n < OPTIONS_MOST; o++) {
        int mine = 0;

        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
            mine |= strcmp(o->keyword, ours[i]) == 0;
        if (mine || o->val == NULL)
            continue;
        keys[n] = o->keyword;
        values[n++] = o->val;
    }
    keys[n] = "host", values[n++] = host->name;
    keys[n] = "hostaddr", values[n++] = address;
    keys[n] = "port", values[n++] = host->port;
    keys[n] = "target_session_attrs";
    values[n++] = attrs != NULL ? attrs : hosts_option(hosts, "target_session_attrs");
    keys[n] = NULL, values[n] = NULL;
    return PQconnectStartParams(keys, values, 0);
}
