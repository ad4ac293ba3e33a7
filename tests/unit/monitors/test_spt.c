/* SPDX-License-Identifier: Apache-2.0 */
/* What is spt's own; the rest is in test_solo5.c. */
#include <errno.h>
#include <signal.h>

#include "monitors/tender.h"

static const struct monitor_ops *ops(void)
{
	return tender("spt");
}

static void words(void **state)
{
	(void)state;
	assert_tender_words(ops(), SOLO5_SPT, "solo5-spt");
}

static void needs(void **state)
{
	(void)state;
	assert_false(ops()->caps & (MON_KVM | MON_NEEDS_KVM | MON_TCG));
	assert_false(ops()->caps & (MON_TAP_FD | MON_INITRD | MON_CTL | MON_9P | MON_VIRTIOFS));
	assert_int_equal(ops()->max_vcpus, 1);
	assert_int_equal(ops()->memory_step_bytes, MIB);
	assert_string_equal(ops()->binaries[ARCH_X86_64][0], "solo5-spt");
	assert_string_equal(ops()->binaries[ARCH_AARCH64][0], "solo5-spt");
}

static void bounds(void **state)
{
	struct vm_desc vm = tender_machine(SOLO5_SPT);
	struct err e = {0};

	(void)state;
	vm.memory_bytes = MIB;
	assert_fails(ops()->check(&vm, &e), e, ENOMEM, "at least 2");
	vm.memory_bytes = 2 * MIB;
	assert_ok(ops()->check(&vm, &e), e);
	vm.memory_bytes = 16384 * MIB;
	assert_ok(ops()->check(&vm, &e), e);
	vm = tender_machine(SOLO5_SPT);
	vm.solo5.target = SOLO5_HVT;
	assert_fails(ops()->check(&vm, &e), e, EINVAL, "set hypervisor to 'hvt'");
}

/* It dies of TERM. */
static void stop(void **state)
{
	(void)state;
	assert_int_equal(ops()->stop->action, STOP_SIGNAL_MONITOR);
	assert_int_equal(ops()->stop->signo, SIGTERM);
	assert_int_equal(ops()->stop->code, 0);
	assert_false(ops()->stop->zero_is_signal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(needs),
		cmocka_unit_test(bounds),
		cmocka_unit_test(stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
