/* SPDX-License-Identifier: Apache-2.0 */
/* A monitor that does not exist: this file alone makes it one of urunc's (make pair, tests/cli/pair.bats). */
#include <errno.h>
#include <signal.h>

#include "monitors/monitor.h"

#define MIB (1024ull * 1024)

static const char *const binaries[] = {"abacus", NULL};
/* It says 0 when it was told to stop. */
static const struct stop_policy stop = {
	.action = STOP_SIGNAL_MONITOR,
	.signo = SIGTERM,
	.zero_is_signal = true,
};

static int check(const struct vm_desc *vm, struct err *e)
{
	if (vm->terminal)
		return err_set(e, EINVAL, "abacus: it has no terminal (process.terminal is to be false)");
	return 0;
}

static int argv(const struct vm_desc *vm, struct strv *l, struct err *e)
{
	(void)e;
	strv_add(l, "abacus");
	strv_addf(l, "--rows=%u", vm->vcpus);
	strv_addf(l, "--beads=%llu", (unsigned long long)(vm->memory_bytes / MIB));
	for (size_t i = 0; i < vm->disks.n; i++) {
		strv_add(l, "--frame");
		strv_add(l, vm->disks.v[i].path);
	}
	strv_add(l, "--");
	strv_add(l, vm->kernel);
	strv_add(l, vm->cmdline);
	return 0;
}

static const struct monitor_ops abacus = {
	.name = "abacus",
	.binaries = {[ARCH_X86_64] = binaries, [ARCH_AARCH64] = binaries},
	.caps = MON_BLOCK,
	.overhead_bytes = {[ACCEL_NONE] = 4 * MIB},
	.stop = &stop,
	.max_vcpus = 2,
	.memory_step_bytes = MIB,
	.check = check,
	.argv = argv,
};
MONITOR_REGISTER(abacus);
