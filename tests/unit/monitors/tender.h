/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of Solo5's tenders share. */
#ifndef URUNC_TEST_TENDER_H
#define URUNC_TEST_TENDER_H

#include "monitors/monitor.h"
#include "unit.h"

#define MIB (1024ull * 1024)

static inline const struct monitor_ops *tender(const char *name)
{
	const struct monitor_ops *m = monitor_find(name);

	assert_non_null(m);
	return m;
}

static inline struct vm_desc tender_machine(int target)
{
	return (struct vm_desc){.memory_bytes = 64 * MIB,
				.vcpus = 1,
				.kernel = "/kernel",
				.kernel_format = KERNEL_ELF_SOLO5,
				.cmdline = "one",
				.solo5 = {.target = target, .version = 2}};
}

/* The command line of tender_machine, which begins with the name of the program. */
static inline void assert_tender_words(const struct monitor_ops *m, int target, const char *program)
{
	struct vm_desc vm = tender_machine(target);
	struct arena a = {0};
	struct strv l = STRV(&a);
	struct strs got = {0};
	struct err e = {0};

	assert_ok(m->check(&vm, &e), e);
	assert_ok(m->argv(&vm, &l, &e), e);
	assert_ok(strv_done(&l, &got, &e), e);
	assert_int_equal(got.n, 5);
	assert_string_equal(got.v[0], program);
	assert_string_equal(got.v[1], "--mem=64");
	assert_string_equal(got.v[2], "--");
	assert_string_equal(got.v[3], "/kernel");
	assert_string_equal(got.v[4], "one");
	arena_release(&a);
}

#endif
