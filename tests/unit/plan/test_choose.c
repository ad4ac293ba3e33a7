/* SPDX-License-Identifier: Apache-2.0 */
/* Accelerator and machine: the fastest that works, the one that was asked for, or a reason. */
#include "plan_test.h"

static void kvm_only_where_guests_run_on_it(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	assert_planned(&s);
	assert_int_equal(s.p.vm.accel, ACCEL_TCG);
	s.f.host.kvm = KVM_WORKS;
	assert_planned(&s);
	assert_int_equal(s.p.vm.accel, ACCEL_KVM);
	assert_int_equal(s.p.warnings.n, 0);
	s.f.config.accelerator = "tcg";
	assert_planned(&s);
	assert_int_equal(s.p.vm.accel, ACCEL_TCG);
	sample_end(&s);
}

static void kvm_by_order(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.config.accelerator = "kvm";
	assert_planned(&s);
	assert_int_equal(s.p.vm.accel, ACCEL_KVM);
	assert_int_equal(s.p.warnings.n, 1);
	s.f.host.kvm = KVM_ABSENT;
	assert_refused(&s, "needs /dev/kvm");
	s.f.config.accelerator = "auto";
	assert_planned(&s);
	assert_int_equal(s.p.vm.accel, ACCEL_TCG);
	sample_end(&s);
}

static void microvm_needs_the_tsc_only_in_software(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	assert_planned(&s);
	assert_string_equal(s.p.vm.machine, "microvm");
	assert_int_equal(s.p.app.tsc_early_khz, 2000000);
	assert_non_null(strstr(s.p.guest_cmdline, "tsc_early_khz=2000000"));
	s.f.host.tsc_khz = 0;
	assert_planned(&s);
	assert_string_equal(s.p.vm.machine, "q35");
	assert_null(strstr(s.p.guest_cmdline, "tsc_early_khz"));
	s.f.host.kvm = KVM_WORKS;
	assert_planned(&s);
	assert_string_equal(s.p.vm.machine, "microvm");
	assert_int_equal(s.p.app.tsc_early_khz, 0);
	sample_end(&s);
}

static void a_machine_by_name(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.config.machine = "q35";
	assert_planned(&s);
	assert_string_equal(s.p.vm.machine, "q35");
	s.f.config.machine = "virt";
	assert_refused(&s, "'virt' is none of monitor 'qemu' on x86_64 (allowed: auto, microvm, q35, pc)");
	s.f.config.machine = "microvm";
	s.f.host.tsc_khz = 0;
	assert_refused(&s, "machine 'microvm' cannot be used: the host's TSC frequency is not known");
	s.f.config.machine = "pc";
	s.f.kernel.format = KERNEL_ELF;
	assert_refused(&s, "machine 'pc' cannot be used: it cannot start this kernel format");
	sample_end(&s);
}

static void kernels_that_no_machine_starts(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.kernel.format = KERNEL_UNKNOWN;
	assert_refused(&s, "kernel '/boot/vmlinuz' (format unknown) cannot be started by monitor 'qemu'");
	s.f.kernel.format = KERNEL_ELF_MULTIBOOT;
	assert_planned(&s);
	assert_string_equal(s.p.vm.machine, "q35");
	sample_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kvm_only_where_guests_run_on_it),        cmocka_unit_test(kvm_by_order),
		cmocka_unit_test(microvm_needs_the_tsc_only_in_software), cmocka_unit_test(a_machine_by_name),
		cmocka_unit_test(kernels_that_no_machine_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
