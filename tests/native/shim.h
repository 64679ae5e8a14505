/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shim.h - a file system for SQLite that fails when it is told to.
 *
 * It stands before the default one of the process, so the provider gets it without
 * knowing.
 */
#ifndef OV_TEST_NATIVE_SHIM_H
#define OV_TEST_NATIVE_SHIM_H

enum shim_fault {
    SHIM_FULL,     /* a write finds no space, and so do all after it */
    SHIM_WRITE,    /* one write fails */
    SHIM_SHORT,    /* one write puts half of its bytes down and fails */
    SHIM_SYNC,     /* one sync fails */
    SHIM_TRUNCATE, /* one truncation fails */
    SHIM_OPEN,     /* one file cannot be opened */
    SHIM_READ,     /* one read fails */
    SHIM_KILL,     /* the process dies before the step: any write, sync or truncation */
    N_SHIM_FAULTS
};

void shim_install(void);
/* The step after n more of the kind fails. */
void shim_arm(enum shim_fault fault, int n);
/* 1 when it happened. */
int shim_disarm(void);

/* The next sync begins to wait, and what it belongs to with it, until shim_release. */
void shim_hold(void);
/* Until a sync waits. */
void shim_await(void);
void shim_release(void);
/* How many syncs began since shim_hold. */
int shim_syncs(void);

#endif
