/* SPDX-License-Identifier: Apache-2.0 */
/* spt: Solo5's tender without hardware virtualization; the guest is a process behind a tight seccomp filter. */
#include <signal.h>

#include "monitors/solo5.h"

#define MIB (1024ull * 1024)

static const char *const binaries[] = {"solo5-spt", NULL};
/* Its own filter leaves no room for a handler: it dies. */
static const struct stop_policy stop = {.action = STOP_SIGNAL_MONITOR, .signo = SIGTERM};
static const struct solo5_tender tender = {
	.name = "spt",
	.program = "solo5-spt",
	.target = SOLO5_SPT,
	.least_bytes = 2 * MIB, /* binaries are loaded at 1 MiB */
	.step_bytes = MIB,
};

static int check(const struct vm_desc *vm, struct err *e)
{
	return solo5_check(&tender, vm, e);
}

static int argv(const struct vm_desc *vm, struct strv *l, struct err *e)
{
	(void)e;
	return solo5_argv(&tender, vm, l);
}

static const struct monitor_ops spt = {
	.name = "spt",
	.binaries = {[ARCH_X86_64] = binaries, [ARCH_AARCH64] = binaries},
	.caps = MON_BLOCK | MON_NET | MON_ARGS,
	/* 2 MiB were seen. */
	.overhead_bytes = {[ACCEL_NONE] = 8 * MIB},
	.stop = &stop,
	.max_vcpus = 1,
	.memory_step_bytes = MIB,
	.solo5_target = SOLO5_SPT,
	.seccomp_profile = "tender",
	.check = check,
	.argv = argv,
};
MONITOR_REGISTER(spt);
