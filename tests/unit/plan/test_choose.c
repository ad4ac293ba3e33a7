/* SPDX-License-Identifier: Apache-2.0 */
/* Accelerator and machine type for every verdict, wish and kernel. */
#include "plan/world.h"

static void accelerators(void **state)
{
	static const struct {
		int kvm;
		const char *wish;
		int accel; /* -1: refused */
		size_t warnings;
	} t[] = {
		{KVM_WORKS, "auto", ACCEL_KVM, 0},  {KVM_WORKS, "kvm", ACCEL_KVM, 0},
		{KVM_WORKS, "tcg", ACCEL_TCG, 0},   {KVM_OPENS, "auto", ACCEL_TCG, 0},
		{KVM_OPENS, "kvm", ACCEL_KVM, 1},   {KVM_OPENS, "tcg", ACCEL_TCG, 0},
		{KVM_ABSENT, "auto", ACCEL_TCG, 0}, {KVM_ABSENT, "kvm", -1, 0},
		{KVM_ABSENT, "tcg", ACCEL_TCG, 0},  {KVM_WORKS, NULL, ACCEL_KVM, 0},
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		w->f.host.kvm = t[i].kvm;
		w->f.config.accelerator = t[i].wish;
		if (t[i].accel < 0) {
			assert_refused(w, ENODEV, "needs /dev/kvm");
			continue;
		}
		assert_planned(w);
		assert_int_equal(w->p.vm.accel, t[i].accel);
		assert_int_equal(w->p.warnings.n, t[i].warnings);
	}
}

static void a_monitor_without_emulation(void **state)
{
	struct world *w = *state;
	struct monitor_ops only_kvm;
	struct build *b = world_build(w);

	only_kvm = *w->w.monitor;
	only_kvm.caps &= ~(unsigned)MON_TCG;
	w->w.monitor = &only_kvm;
	w->f.host.kvm = KVM_OPENS;
	assert_ok(choose_accel(b, &w->e), w->e);
	assert_int_equal(w->p.vm.accel, ACCEL_KVM);
	assert_int_equal(b->warnings.n, 1);
	w->f.config.accelerator = "tcg";
	w->f.host.kvm = KVM_WORKS;
	assert_ok(choose_accel(b, &w->e), w->e);
	assert_int_equal(w->p.vm.accel, ACCEL_KVM);
	w->f.host.kvm = KVM_ABSENT;
	assert_fails(choose_accel(b, &w->e), w->e, ENODEV, "needs /dev/kvm");
	only_kvm.caps &= ~(unsigned)MON_KVM;
	assert_ok(choose_accel(b, &w->e), w->e);
	assert_int_equal(w->p.vm.accel, ACCEL_NONE);
}

static void machines(void **state)
{
	static const struct {
		const char *wish;
		int kvm;
		uint32_t tsc;
		int format;
		const char *machine; /* or the words of the refusal */
	} t[] = {
		{"auto", KVM_WORKS, 0, KERNEL_BZIMAGE, "microvm"},
		{NULL, KVM_WORKS, 0, KERNEL_ELF_PVH, "microvm"},
		{"auto", KVM_ABSENT, 2000000, KERNEL_BZIMAGE, "microvm"},
		{"auto", KVM_ABSENT, 0, KERNEL_BZIMAGE, "q35"},
		{"auto", KVM_WORKS, 0, KERNEL_ELF_MULTIBOOT, "q35"},
		{"microvm", KVM_WORKS, 0, KERNEL_BZIMAGE, "microvm"},
		{"q35", KVM_WORKS, 0, KERNEL_BZIMAGE, "q35"},
		{"q35", KVM_ABSENT, 0, KERNEL_BZIMAGE, "q35"},
		{"pc", KVM_WORKS, 0, KERNEL_BZIMAGE, "pc"},
		{"microvm", KVM_ABSENT, 0, KERNEL_BZIMAGE, "!TSC frequency is not known"},
		{"microvm", KVM_WORKS, 0, KERNEL_ELF_MULTIBOOT, "!cannot start this kernel format"},
		{"virt", KVM_WORKS, 0, KERNEL_BZIMAGE,
		 "!none of monitor 'qemu' on x86_64 (allowed: auto, microvm, q35, pc)"},
		{"auto", KVM_WORKS, 0, KERNEL_UNKNOWN, "!format unknown"},
		{"auto", KVM_WORKS, 0, KERNEL_ELF, "!format elf"},
		{"auto", KVM_WORKS, 0, KERNEL_ELF_SOLO5, "!format elf-solo5"},
		{"auto", KVM_WORKS, 0, KERNEL_ARM64_IMAGE, "!format arm64-image"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		w->f.config.machine = t[i].wish;
		w->f.host.kvm = t[i].kvm;
		w->f.host.tsc_khz = t[i].tsc;
		w->f.kernel.format = t[i].format;
		if (t[i].machine[0] == '!') {
			assert_refused(w, EINVAL, t[i].machine + 1);
			continue;
		}
		assert_planned(w);
		assert_string_equal(w->p.vm.machine, t[i].machine);
	}
}

static void the_tsc_is_told_only_where_needed(void **state)
{
	struct world *w = *state;

	assert_planned(w);
	assert_int_equal(w->p.app.tsc_early_khz, 0);
	w->f.host.kvm = KVM_ABSENT;
	assert_planned(w);
	assert_int_equal(w->p.app.tsc_early_khz, 2500000);
	assert_non_null(strstr(w->p.guest_cmdline, " tsc_early_khz=2500000"));
	w->f.config.machine = "q35";
	assert_planned(w);
	assert_int_equal(w->p.app.tsc_early_khz, 0);
	assert_null(strstr(w->p.guest_cmdline, "tsc_early_khz"));
}

static void guests_have_a_say(void **state)
{
	static const char *const only_q35[] = {"q35", NULL}, *const none[] = {NULL};
	struct world *w = *state;
	struct build *b = world_build(w);
	struct guest_ops picky = *w->w.guest;

	w->w.guest = &picky;
	w->p.vm.kernel_format = KERNEL_BZIMAGE;
	w->p.vm.accel = ACCEL_TCG;
	picky.tsc_hint = false;
	assert_ok(choose_machine(b, &w->e), w->e);
	assert_string_equal(w->p.vm.machine, "q35");
	picky.tsc_hint = true;
	picky.machines = only_q35;
	assert_ok(choose_machine(b, &w->e), w->e);
	assert_string_equal(w->p.vm.machine, "q35");
	w->f.config.machine = "microvm";
	assert_fails(choose_machine(b, &w->e), w->e, EINVAL, "the guest does not support it");
	w->f.config.machine = "auto";
	picky.machines = none;
	assert_fails(choose_machine(b, &w->e), w->e, EINVAL, "the guest does not support it");
}

static void arm(void **state)
{
	struct world *w = *state;

	w->f.host.arch = ARCH_AARCH64;
	w->f.host.tsc_khz = 0;
	w->f.kernel.format = KERNEL_ARM64_IMAGE;
	assert_planned(w);
	assert_string_equal(w->p.vm.machine, "virt");
	assert_string_equal(w->p.app.console, "ttyAMA0");
	w->f.host.kvm = KVM_ABSENT;
	assert_planned(w);
	assert_string_equal(w->p.vm.machine, "virt");
	w->f.config.machine = "q35";
	assert_refused(w, EINVAL, "(allowed: auto, virt)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(accelerators),      world_test(a_monitor_without_emulation),
		world_test(machines),          world_test(the_tsc_is_told_only_where_needed),
		world_test(guests_have_a_say), world_test(arm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
