/* SPDX-License-Identifier: Apache-2.0 */
/* hvt: Solo5's tender on KVM. */
#include <signal.h>

#include "monitors/solo5.h"

#define MIB (1024ull * 1024)
#define STEP_BYTES (2 * MIB) /* large pages */
#define MAX_BYTES (4096 * MIB)

static const char *const binaries[] = {"solo5-hvt", NULL};
/* It tells TERM and INT that it was stopped, and ends with 1, as with any trouble of its own. */
static const struct stop_policy stop = {.action = STOP_SIGNAL_MONITOR, .signo = SIGTERM, .code = 1};
static const struct solo5_tender tender = {
	.name = "hvt",
	.program = "solo5-hvt",
	.target = SOLO5_HVT,
	.least_bytes = 4 * MIB, /* with less the bindings say "Not enough memory" */
	.step_bytes = STEP_BYTES,
	.max_bytes = MAX_BYTES,
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

static const struct monitor_ops hvt = {
	.name = "hvt",
	.binaries = {[ARCH_X86_64] = binaries, [ARCH_AARCH64] = binaries},
	.caps = MON_KVM | MON_NEEDS_KVM | MON_BLOCK | MON_NET | MON_ARGS,
	/* It takes 2 MiB by itself, and the kernel what KVM needs; from 0.11 on a ring of 2 MiB for the network. */
	.overhead_bytes = {[ACCEL_KVM] = 16 * MIB},
	.stop = &stop,
	.max_vcpus = 1,
	.memory_step_bytes = STEP_BYTES,
	.max_memory_bytes = MAX_BYTES,
	.solo5_target = SOLO5_HVT,
	.seccomp_profile = "tender",
	.check = check,
	.argv = argv,
};
MONITOR_REGISTER(hvt);
