/* SPDX-License-Identifier: Apache-2.0 */
/* A machine to change, and the words that a monitor makes of it. */
#ifndef URUNC_TESTS_MACHINE_MAKE_H
#define URUNC_TESTS_MACHINE_MAKE_H

#include "monitors/monitor.h"
#include "unit.h"

static inline struct vm_desc machine_make(const char *machine, int kernel_format)
{
	return (struct vm_desc){.arch = ARCH_X86_64,
				.accel = ACCEL_KVM,
				.machine = machine,
				.memory_bytes = 268435456,
				.vcpus = 2,
				.kernel = "/kernel",
				.kernel_format = kernel_format,
				.initrd = "/initrd",
				.cmdline = "console=ttyS0 x",
				.ctl_fd = -1,
				.api_fd = -1,
				.data_dir = "/fw"};
}

static inline struct strs machine_words(const char *monitor, struct arena *a, const struct vm_desc *vm)
{
	const struct monitor_ops *m = monitor_find(monitor);
	struct strv l = STRV(a);
	struct strs out = {0};
	struct err e = {0};

	assert_non_null(m);
	assert_ok(m->check(vm, &e), e);
	assert_ok(m->argv(vm, &l, &e), e);
	assert_ok(strv_done(&l, &out, &e), e);
	return out;
}

/* The whole line, joined with '|', which no word has. */
static inline void machine_is(const char *monitor, const struct vm_desc *vm, const char *want)
{
	struct arena a = {0};
	struct strs got = machine_words(monitor, &a, vm);
	struct strbuf b = STRBUF(&a);

	for (size_t i = 0; i < got.n; i++) {
		assert_null(strchr(got.v[i], '|'));
		sb_addf(&b, "%s%s", i ? "|" : "", got.v[i]);
	}
	assert_string_equal(b.p, want);
	arena_release(&a);
}

static inline bool machine_has(const struct strs *l, const char *word)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i], word))
			return true;
	return false;
}

static inline bool machine_has_pair(const struct strs *l, const char *name, const char *value)
{
	for (size_t i = 0; i + 1 < l->n; i++)
		if (streq(l->v[i], name) && streq(l->v[i + 1], value))
			return true;
	return false;
}

#endif
