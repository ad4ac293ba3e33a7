/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's command line, word for word, and what is refused before it is made. */
#include <errno.h>
#include <signal.h>

#include "machine_make.h"

static struct vm_desc vm_default(void)
{
	struct vm_desc vm = machine_make("microvm", KERNEL_BZIMAGE);

	vm.firmware = "qboot.rom";
	return vm;
}

static void is(const struct vm_desc *vm, const char *want)
{
	machine_is("qemu", vm, want);
}

static struct strs words(struct arena *a, const struct vm_desc *vm)
{
	return machine_words("qemu", a, vm);
}

#define COMMON "|-nodefaults|-no-user-config|-no-reboot|-display|none|-L|/fw"
#define CONSOLE "|-chardev|stdio,id=con,signal=off|-serial|chardev:con"
#define BOOT "|-kernel|/kernel|-initrd|/initrd|-append|console=ttyS0 x"

static void microvm(void **state)
{
	struct vm_desc vm = vm_default();

	(void)state;
	is(&vm,
	   "qemu-system-x86_64|-M|microvm,x-option-roms=off|-accel|kvm|-cpu|host|-m|268435456B|-smp|2" COMMON
	   "|-bios|qboot.rom" CONSOLE BOOT);
	vm.firmware = NULL; /* SeaBIOS needs the option ROMs */
	vm.accel = ACCEL_TCG;
	is(&vm,
	   "qemu-system-x86_64|-M|microvm|-accel|tcg,tb-size=64|-cpu|max|-m|268435456B|-smp|2" COMMON CONSOLE
		   BOOT);
	vm.initrd = NULL;
	is(&vm,
	   "qemu-system-x86_64|-M|microvm|-accel|tcg,tb-size=64|-cpu|max|-m|268435456B|-smp|2" COMMON CONSOLE
	   "|-kernel|/kernel|-append|console=ttyS0 x");
}

static void other_machines(void **state)
{
	struct vm_desc vm = vm_default();

	(void)state;
	vm.machine = "q35";
	vm.memory_bytes = 1;
	is(&vm,
	   "qemu-system-x86_64|-M|q35,usb=off,smm=off,vmport=off,sata=off,smbus=off|-accel|kvm|-cpu|host|-m|1B|-smp|"
	   "2" COMMON "|-bios|qboot.rom" CONSOLE BOOT);
	vm.machine = "pc";
	vm.firmware = NULL;
	vm.memory_bytes = UINT64_MAX;
	vm.vcpus = 255;
	is(&vm,
	   "qemu-system-x86_64|-M|pc,usb=off,smm=off,vmport=off|-accel|kvm|-cpu|host|-m|18446744073709551615B|-smp|"
	   "255" COMMON CONSOLE BOOT);
	vm = vm_default();
	vm.arch = ARCH_AARCH64;
	vm.machine = "virt";
	vm.firmware = NULL;
	is(&vm, "qemu-system-aarch64|-M|virt,gic-version=max|-accel|kvm|-cpu|host|-m|268435456B|-smp|2" COMMON
			CONSOLE BOOT);
}

static void control_channel(void **state)
{
	struct vm_desc vm = vm_default();

	(void)state;
	vm.ctl_fd = 3;
	is(&vm,
	   "qemu-system-x86_64|-M|microvm,x-option-roms=off|-accel|kvm|-cpu|host|-m|268435456B|-smp|2" COMMON
	   "|-bios|qboot.rom" CONSOLE "|-chardev|socket,id=ctl,fd=3|-device|virtio-serial-device|-device|"
	   "virtserialport,chardev=ctl,name=io.urunc.ctl" BOOT);
}

static void seccomp(void **state)
{
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l = words(&a, &vm);

	(void)state;
	for (size_t i = 0; i < l.n; i++)
		assert_string_not_equal(l.v[i], "-sandbox");
	vm.seccomp = true;
	l = words(&a, &vm);
	assert_true(
		machine_has_pair(&l, "-sandbox",
				 "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"));
	arena_release(&a);
}

/* The one word of the image's making stays one word, whatever is in it. */
static void the_command_line_is_one_word(void **state)
{
	static const char *const lines[] = {"", " -monitor tcp::4444", "a,b=c", "x\ny", "-M pc", "'\"\\$`"};
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	size_t n = words(&a, &vm).n;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct strs l;

		vm.cmdline = lines[i];
		l = words(&a, &vm);
		assert_int_equal(l.n, n);
		assert_string_equal(l.v[n - 2], "-append");
		assert_string_equal(l.v[n - 1], lines[i]);
	}
	arena_release(&a);
}

static void refused_vcpus(void **state)
{
	static const uint32_t bad[] = {0, 256, UINT32_MAX};
	const struct monitor_ops *q = monitor_find("qemu");
	struct vm_desc vm = vm_default();
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		vm.vcpus = bad[i];
		assert_fails(q->check(&vm, &e), e, EINVAL, "allowed: 1 to 255");
	}
}

static void kernels_by_machine(void **state)
{
	static const struct {
		int arch, format;
		bool microvm, q35;
	} t[] = {
		{ARCH_X86_64, KERNEL_BZIMAGE, true, true},
		{ARCH_X86_64, KERNEL_ELF_PVH, true, true},
		{ARCH_X86_64, KERNEL_ELF_MULTIBOOT, false, true},
		{ARCH_X86_64, KERNEL_ELF, false, false},
		{ARCH_X86_64, KERNEL_UNKNOWN, false, false},
		{ARCH_X86_64, KERNEL_ELF_SOLO5, false, false},
		{ARCH_X86_64, KERNEL_ARM64_IMAGE, false, false},
	};
	const struct monitor_ops *q = monitor_find("qemu");
	struct vm_desc vm = vm_default();

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		vm.arch = t[i].arch;
		vm.kernel_format = t[i].format;
		assert_int_equal(q->machine_ok("microvm", &vm), t[i].microvm);
		assert_int_equal(q->machine_ok("q35", &vm), t[i].q35);
	}
	vm.arch = ARCH_AARCH64;
	assert_true(q->machine_ok("virt", &vm));
	vm.kernel_format = KERNEL_ELF; /* a unikernel's; QEMU enters any ELF file there */
	assert_true(q->machine_ok("virt", &vm));
	vm.kernel_format = KERNEL_BZIMAGE;
	assert_false(q->machine_ok("virt", &vm));
}

static void what_it_says_of_itself(void **state)
{
	const struct monitor_ops *q = monitor_find("qemu");

	(void)state;
	assert_string_equal(q->binaries[ARCH_X86_64][0], "qemu-system-x86_64");
	assert_string_equal(q->binaries[ARCH_AARCH64][0], "qemu-system-aarch64");
	assert_int_equal(q->caps & (MON_KVM | MON_TCG | MON_INITRD | MON_CTL),
			 MON_KVM | MON_TCG | MON_INITRD | MON_CTL);
	assert_int_equal(q->caps & MON_NEEDS_KVM, 0);
	assert_string_equal(q->machines[ARCH_X86_64][0], "microvm"); /* best first */
	assert_string_equal(q->consoles[ARCH_X86_64], "ttyS0");
	assert_string_equal(q->consoles[ARCH_AARCH64], "ttyAMA0");
	assert_string_equal(q->tsc_machine, "microvm");
	assert_int_equal(q->stop->signo, SIGTERM);
	assert_string_equal(q->powerdown->message,
			    "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"system_powerdown\"}\n");
	assert_null(q->powerdown->path); /* on the inherited socket */
	assert_int_equal(q->powerdown->archs, 1u << ARCH_X86_64 | 1u << ARCH_AARCH64);
	assert_int_equal(q->memory_step_bytes % 8192, 0); /* else QEMU rounds up */
	assert_int_equal(q->end[ARCH_X86_64], END_RESET); /* -no-reboot */
	assert_int_equal(q->version_formats, 0);          /* 7.2 to 11 understand the same words */
	assert_true(q->overhead_bytes[ACCEL_TCG] > q->overhead_bytes[ACCEL_KVM]);
	for (const struct monitor_file *f = q->files; f->name != NULL; f++) {
		assert_null(strchr(f->name, '/'));
		assert_non_null(f->dirs[0]);
	}
	/* Every preferred firmware is among the files that gather looks for. */
	for (const char *const *fw = q->firmwares[ARCH_X86_64]; *fw != NULL; fw++) {
		const struct monitor_file *f = q->files;

		while (f->name != NULL && !streq(f->name, *fw))
			f++;
		assert_non_null(f->name);
	}
}

/* As seen with strace: the rest of the firmware would only be more in the box. */
static void what_it_opens(void **state)
{
	const struct monitor_ops *q = monitor_find("qemu");
	struct vm_desc vm = vm_default();

	(void)state;
	assert_true(q->opens(&vm, "qboot.rom"));
	assert_false(q->opens(&vm, "bios-256k.bin"));
	assert_false(q->opens(&vm, "kvmvapic.bin"));
	assert_false(q->opens(&vm, "accel-tcg-x86_64.so"));
	vm.accel = ACCEL_TCG;
	assert_true(q->opens(&vm, "accel-tcg-x86_64.so"));
	assert_false(q->opens(&vm, "pvh.bin"));
	vm.firmware = NULL;
	assert_true(q->opens(&vm, "bios-microvm.bin"));
	vm = vm_default();
	vm.machine = "q35";
	assert_true(q->opens(&vm, "kvmvapic.bin"));
	assert_false(q->opens(&vm, "accel-tcg-x86_64.so"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(microvm),
		cmocka_unit_test(other_machines),
		cmocka_unit_test(control_channel),
		cmocka_unit_test(seccomp),
		cmocka_unit_test(the_command_line_is_one_word),
		cmocka_unit_test(refused_vcpus),
		cmocka_unit_test(kernels_by_machine),
		cmocka_unit_test(what_it_says_of_itself),
		cmocka_unit_test(what_it_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
