/* SPDX-License-Identifier: Apache-2.0 */
/* A tiny test harness for code that needs root and throws its process away. */
#ifndef TESTS_PAYLOAD_BOX_TEST_H
#define TESTS_PAYLOAD_BOX_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

/* A test runs in a child with mount, pid, ipc and uts namespaces of its own; what it says through fail() is the reason. */
typedef void (*test_fn)(void);
void test_run(const char *name, test_fn fn);
/* The same in the namespaces of the caller. */
void test_run_here(const char *name, test_fn fn);
/* Ends the running test. */
void fail(const char *fmt, ...) _printf_(1, 2) __attribute__((noreturn));
#define check(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			fail("%s:%d: %s is not so", __FILE__, __LINE__, #cond);                              \
	} while (0)
/* r must be 0, or the text of e is the reason. */
void must(int r, const struct err *e);
/* r must be -code, and the text must hold `part`. */
void must_fail(int r, int code, const struct err *e, const char *part);

/* Where the tests may put files: a directory in a tmpfs of the test's own. */
#define SCRATCH "/tmp/box-test"
void scratch_make(void);
void write_text(const char *path, const char *text);
/* Reads at most n - 1 bytes of a file; its length, or -1. */
long read_text(const char *path, char *buf, size_t n);

extern const char *fake_path; /* the fake monitor */

void box_tests(void);
void creds_tests(void);
void ns_tests(void);
void cgroup_tests(void);

#endif
