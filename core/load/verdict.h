/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - how a candidate can end, and what the operator can do about it.
 *
 * Ids are stable: programs and manuals name them. A check that fails gives its verdict
 * and stops; the first one that was given stays.
 */
#ifndef OV_CORE_VERDICT_H
#define OV_CORE_VERDICT_H

#include <stdint.h>

enum verdict {
    VERDICT_OK,
    /* scan */
    VERDICT_PATH_EMPTY,
    VERDICT_PATH_RELATIVE,
    VERDICT_PATH_REPEATED,
    VERDICT_DIR_MISSING,
    VERDICT_DIR_UNREADABLE,
    VERDICT_NOT_DIRECTORY,
    VERDICT_FILE_NAME,
    VERDICT_NOT_REGULAR,
    VERDICT_FILE_UNREADABLE,
    VERDICT_SHADOWED,
    VERDICT_ALIAS, /* a warning: the alias is refused, its bearers are not */
    /* preflight */
    VERDICT_FILE_WRITABLE,
    VERDICT_DIR_WRITABLE,
    VERDICT_OWNER, /* a warning, with raised privileges a refusal */
    VERDICT_ELF_MAGIC,
    VERDICT_ELF_CLASS,
    VERDICT_ELF_ORDER,
    VERDICT_ELF_MACHINE,
    VERDICT_ELF_TYPE,
    VERDICT_ELF_CUT,
    VERDICT_ELF_DAMAGED,
    VERDICT_ELF_LARGE,
    VERDICT_NOTE_MISSING,
    VERDICT_NOTE_OWNER,
    VERDICT_NOTE_TYPE,
    VERDICT_NOTE_TWICE,
    VERDICT_NOTE_SIZE,
    VERDICT_NOTE_FORMAT,
    VERDICT_ABI_MAJOR,
    VERDICT_ABI_NEEDED,
    VERDICT_NOTE_FLAGS,
    VERDICT_NOTE_TEXT,
    VERDICT_NOTE_NAME,
    VERDICT_NO_ENTRY,
    VERDICT_NO_ABI_SYMBOL,
    VERDICT_ABI_SYMBOL,
    VERDICT_RESOLVER,
    VERDICT_LIBRARY_WRITABLE,
    VERDICT_EXPORTS, /* a warning */
    /* load */
    VERDICT_CHANGED,
    VERDICT_OVERWRITTEN,
    VERDICT_DEPENDENCY,
    VERDICT_VERSION,
    VERDICT_UNDEFINED,
    VERDICT_DLOPEN,
    VERDICT_IDENTITY,
    VERDICT_SYMBOL,
    VERDICT_ELSEWHERE,
    VERDICT_CRASHED, /* given by who loads in a child: ovctl */
    /* bind */
    VERDICT_GET_FAILED,
    VERDICT_TABLE_SIZE,
    VERDICT_OPERATION,
    VERDICT_DESCRIPTION,
    VERDICT_OPTION_NAME,
    VERDICT_OPTION_RESERVED,
    VERDICT_OPTION_TWICE,
    VERDICT_OPTION_KIND,
    VERDICT_OPTION_FALLBACK,
    VERDICTS
};

struct verdict_info {
    const char *id;
    const char *stage;
    uint32_t status; /* enum ov_candidate_status */
    const char *remedy;
};

/* Static. */
const struct verdict_info *verdict_info(enum verdict verdict);

struct finding {
    enum verdict verdict; /* VERDICT_OK until one is given */
    char reason[384];     /* one line */
};

/* Give it a verdict, whatever happens. Returns 1. */
int verdict_set(struct finding *finding, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Give it a verdict. Returns 1: stop here. A build with OV_TEST_HOOKS returns 0 and
 * gives nothing when the environment's OV_TEST_SKIP lists the id: the check is off. */
int verdict_give(struct finding *finding, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* 1: the check is switched off by a test. */
#ifdef OV_TEST_HOOKS
int verdict_off(enum verdict verdict);
#else
#define verdict_off(verdict) 0
#endif

/* Append "ID: text" to the warnings in a buffer; what does not fit is left out whole. */
void verdict_warn(char *warnings, uint64_t capacity, enum verdict verdict,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
