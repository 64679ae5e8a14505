/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - the table of verdicts: id, stage, status, remedy. */
#include "verdict.h"

#include <ov/host.h>
#include <ov/sdk.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REBUILD "rebuild the provider with OV_BACKEND_DECLARE of ov/backend.h"
#define RELINK "link the provider as a shared object for this machine"
#define RECOPY "copy the file again, to another name first, then rename it"
#define VENDOR "ask the provider's vendor, this is a fault of the provider"

static const struct verdict_info table[VERDICTS] = {
    [VERDICT_OK] = { "OV-LOAD-OK", "bind", OV_USABLE, "" },

    [VERDICT_PATH_EMPTY] = { "OV-LOAD-PATH-EMPTY", "scan", OV_IGNORED,
                             "take the empty part out of the plugin path" },
    [VERDICT_PATH_RELATIVE] = { "OV-LOAD-PATH-RELATIVE", "scan", OV_IGNORED,
                                "write the directory with its whole path, from '/'" },
    [VERDICT_PATH_REPEATED] = { "OV-LOAD-PATH-REPEATED", "scan", OV_IGNORED,
                                "name the directory once" },
    [VERDICT_DIR_MISSING] = { "OV-LOAD-DIR-MISSING", "scan", OV_IGNORED,
                              "make the directory or take it out of the plugin path" },
    [VERDICT_DIR_UNREADABLE] = { "OV-LOAD-DIR-UNREADABLE", "scan", OV_IGNORED,
                                 "let this user read the directory" },
    [VERDICT_NOT_DIRECTORY] = { "OV-LOAD-NOT-DIRECTORY", "scan", OV_IGNORED,
                                "name the directory that holds the file" },
    [VERDICT_FILE_NAME] = { "OV-LOAD-FILE-NAME", "scan", OV_IGNORED,
                            "nothing, unless it is a provider: providers are called "
                            "libov_backend_NAME.so" },
    [VERDICT_NOT_REGULAR] = { "OV-LOAD-NOT-REGULAR", "scan", OV_IGNORED,
                              "put the provider's file there" },
    [VERDICT_FILE_UNREADABLE] = { "OV-LOAD-FILE-UNREADABLE", "scan", OV_REFUSED,
                                  "let this user read the file, or mend the link" },
    [VERDICT_SHADOWED] = { "OV-LOAD-SHADOWED", "scan", OV_IGNORED,
                           "remove one of the two, or change the order of the path" },
    [VERDICT_ALIAS] = { "OV-LOAD-ALIAS", "scan", OV_USABLE,
                        "use the provider's own name instead of the alias" },

    [VERDICT_FILE_WRITABLE] = { "OV-LOAD-FILE-WRITABLE", "preflight", OV_REFUSED,
                                "chmod go-w the file, after looking at what is in it" },
    [VERDICT_DIR_WRITABLE] = { "OV-LOAD-DIR-WRITABLE", "preflight", OV_REFUSED,
                               "chmod go-w the directory, after looking at what is in "
                               "it" },
    [VERDICT_OWNER] = { "OV-LOAD-OWNER", "preflight", OV_REFUSED,
                        "chown the file and its directories to root or to this user" },
    [VERDICT_ELF_MAGIC] = { "OV-LOAD-ELF-MAGIC", "preflight", OV_REFUSED, RECOPY },
    [VERDICT_ELF_CLASS] = { "OV-LOAD-ELF-CLASS", "preflight", OV_REFUSED, RELINK },
    [VERDICT_ELF_ORDER] = { "OV-LOAD-ELF-ORDER", "preflight", OV_REFUSED, RELINK },
    [VERDICT_ELF_MACHINE] = { "OV-LOAD-ELF-MACHINE", "preflight", OV_REFUSED, RELINK },
    [VERDICT_ELF_TYPE] = { "OV-LOAD-ELF-TYPE", "preflight", OV_REFUSED, RELINK },
    [VERDICT_ELF_CUT] = { "OV-LOAD-ELF-CUT", "preflight", OV_REFUSED, RECOPY },
    [VERDICT_ELF_DAMAGED] = { "OV-LOAD-ELF-DAMAGED", "preflight", OV_REFUSED, RECOPY },
    [VERDICT_ELF_LARGE] = { "OV-LOAD-ELF-LARGE", "preflight", OV_REFUSED, RECOPY },
    [VERDICT_NOTE_MISSING] = { "OV-LOAD-NOTE-MISSING", "preflight", OV_REFUSED, REBUILD },
    [VERDICT_NOTE_OWNER] = { "OV-LOAD-NOTE-OWNER", "preflight", OV_REFUSED, REBUILD },
    [VERDICT_NOTE_TYPE] = { "OV-LOAD-NOTE-TYPE", "preflight", OV_REFUSED, REBUILD },
    [VERDICT_NOTE_TWICE] = { "OV-LOAD-NOTE-TWICE", "preflight", OV_REFUSED,
                             "link one OV_BACKEND_DECLARE into the provider, not two" },
    [VERDICT_NOTE_SIZE] = { "OV-LOAD-NOTE-SIZE", "preflight", OV_REFUSED, REBUILD },
    [VERDICT_NOTE_FORMAT] = { "OV-LOAD-NOTE-FORMAT", "preflight", OV_REFUSED, REBUILD },
    [VERDICT_ABI_MAJOR] = { "OV-LOAD-ABI-MAJOR", "preflight", OV_REFUSED,
                            "install the provider's release for this host" },
    [VERDICT_ABI_NEEDED] = { "OV-LOAD-ABI-NEEDED", "preflight", OV_REFUSED,
                             "upgrade the host, or install an older release of the "
                             "provider" },
    [VERDICT_NOTE_FLAGS] = { "OV-LOAD-NOTE-FLAGS", "preflight", OV_REFUSED,
                             "upgrade the host, or rebuild the provider" },
    [VERDICT_NOTE_TEXT] = { "OV-LOAD-NOTE-TEXT", "preflight", OV_REFUSED, REBUILD },
    [VERDICT_NOTE_NAME] = { "OV-LOAD-NOTE-NAME", "preflight", OV_REFUSED,
                            "give the file the name that its vendor gave it" },
    [VERDICT_NO_ENTRY] = { "OV-LOAD-NO-ENTRY", "preflight", OV_REFUSED,
                           "define and export ov_backend_get in the provider itself" },
    [VERDICT_NO_ABI_SYMBOL] = { "OV-LOAD-NO-ABI-SYMBOL", "preflight", OV_REFUSED,
                                "export ov_backend_abi_version as OV_BACKEND_DECLARE "
                                "defines it" },
    [VERDICT_ABI_SYMBOL] = { "OV-LOAD-ABI-SYMBOL", "preflight", OV_REFUSED, REBUILD },
    [VERDICT_RESOLVER] = { "OV-LOAD-RESOLVER", "preflight", OV_REFUSED,
                           "build the provider without ifunc and target_clones: choose "
                           "among functions by a pointer that is set at open" },
    [VERDICT_LIBRARY_WRITABLE] = { "OV-LOAD-LIBRARY-WRITABLE", "preflight", OV_REFUSED,
                                   "chmod go-w the library's directory, or link the "
                                   "provider without a run path to it (patchelf "
                                   "--remove-rpath)" },
    [VERDICT_EXPORTS] = { "OV-LOAD-EXPORTS", "preflight", OV_USABLE,
                          "link the provider with the version script ov_backend.map" },

    [VERDICT_CHANGED] = { "OV-LOAD-CHANGED", "load", OV_REFUSED,
                          "look again: ov_host_rescan" },
    [VERDICT_OVERWRITTEN] = { "OV-LOAD-OVERWRITTEN", "load", OV_REFUSED,
                              "restart the process; update a provider by renaming the "
                              "new file over the old one, never by writing into it" },
    [VERDICT_DEPENDENCY] = { "OV-LOAD-DEPENDENCY", "load", OV_REFUSED,
                             "install the library that is missing" },
    [VERDICT_VERSION] = { "OV-LOAD-VERSION", "load", OV_REFUSED,
                          "install a newer library, or a provider built for this "
                          "system" },
    [VERDICT_UNDEFINED] = { "OV-LOAD-UNDEFINED", "load", OV_REFUSED,
                            "link the provider with the library that defines the symbol; "
                            "-Wl,-z,defs finds this when it is built" },
    [VERDICT_DLOPEN] = { "OV-LOAD-DLOPEN", "load", OV_REFUSED,
                         "see what the system's loader says" },
    [VERDICT_IDENTITY] = { "OV-LOAD-IDENTITY", "load", OV_REFUSED,
                           "restart the process: somebody else has loaded another file "
                           "under this name" },
    [VERDICT_SYMBOL] = { "OV-LOAD-SYMBOL", "load", OV_REFUSED,
                         "export the symbol without a version" },
    [VERDICT_ELSEWHERE] = { "OV-LOAD-ELSEWHERE", "load", OV_REFUSED,
                            "define ov_backend_get in the provider itself" },
    [VERDICT_CRASHED] = { "OV-LOAD-CRASHED", "load", OV_REFUSED, VENDOR },

    [VERDICT_GET_FAILED] = { "OV-LOAD-GET-FAILED", "bind", OV_REFUSED,
                             "see what the provider says" },
    [VERDICT_TABLE_SIZE] = { "OV-LOAD-TABLE-SIZE", "bind", OV_REFUSED, VENDOR },
    [VERDICT_OPERATION] = { "OV-LOAD-OPERATION", "bind", OV_REFUSED, VENDOR },
    [VERDICT_DESCRIPTION] = { "OV-LOAD-DESCRIPTION", "bind", OV_REFUSED, VENDOR },
    [VERDICT_OPTION_NAME] = { "OV-LOAD-OPTION-NAME", "bind", OV_REFUSED, VENDOR },
    [VERDICT_OPTION_RESERVED] = { "OV-LOAD-OPTION-RESERVED", "bind", OV_REFUSED, VENDOR },
    [VERDICT_OPTION_TWICE] = { "OV-LOAD-OPTION-TWICE", "bind", OV_REFUSED, VENDOR },
    [VERDICT_OPTION_KIND] = { "OV-LOAD-OPTION-KIND", "bind", OV_REFUSED, VENDOR },
    [VERDICT_OPTION_FALLBACK] = { "OV-LOAD-OPTION-FALLBACK", "bind", OV_REFUSED, VENDOR },
};

const struct verdict_info *verdict_info(enum verdict verdict)
{
    return &table[verdict];
}

const char *ov_verdict_remedy(const char *verdict)
{
    for (int i = 0; i < VERDICTS; i++)
        if (verdict != NULL && strcmp(table[i].id, verdict) == 0)
            return table[i].remedy;
    return NULL;
}

#ifdef OV_TEST_HOOKS
int verdict_off(enum verdict verdict)
{
    const char *list = getenv("OV_TEST_SKIP");
    const char *id = table[verdict].id;
    size_t n = strlen(id);

    for (const char *at = list; at != NULL && (at = strstr(at, id)) != NULL; at += n)
        if (at[n] == '\0' || at[n] == ',')
            return 1;
    return 0;
}
#endif

static void set(struct finding *finding, enum verdict verdict, const char *format,
                va_list list)
{
    if (finding->verdict != VERDICT_OK)
        return;
    finding->verdict = verdict;
    (void)vsnprintf(finding->reason, sizeof(finding->reason), format, list);
    ov_line_tame(finding->reason); /* file names may hold anything */
}

int verdict_set(struct finding *finding, enum verdict verdict, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    set(finding, verdict, format, list);
    va_end(list);
    return 1;
}

int verdict_give(struct finding *finding, enum verdict verdict, const char *format, ...)
{
    va_list list;

    if (verdict_off(verdict))
        return 0;
    va_start(list, format);
    set(finding, verdict, format, list);
    va_end(list);
    return 1;
}

void verdict_warn(char *warnings, uint64_t capacity, enum verdict verdict,
                  const char *format, ...)
{
    char line[320];
    size_t used = strlen(warnings);
    va_list list;
    int n =
        snprintf(line, sizeof(line), "%s%s: ", used > 0 ? "; " : "", table[verdict].id);

    va_start(list, format);
    (void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, list);
    va_end(list);
    ov_line_tame(line);
    if (used + strlen(line) < capacity)
        memcpy(warnings + used, line, strlen(line) + 1);
}
