/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's command line, word for word, and what is refused before it is made. */
#include <errno.h>
#include <signal.h>

#include "monitors/monitor.h"
#include "unit.h"

static struct vm_desc vm_default(void)
{
	return (struct vm_desc){.arch = ARCH_X86_64,
				.accel = ACCEL_KVM,
				.machine = "microvm",
				.memory_bytes = 268435456,
				.vcpus = 2,
				.kernel = "/kernel",
				.kernel_format = KERNEL_BZIMAGE,
				.initrd = "/initrd",
				.cmdline = "console=ttyS0 x",
				.ctl_fd = -1,
				.data_dir = "/fw",
				.firmware = "qboot.rom"};
}

static struct strs words(struct arena *a, const struct vm_desc *vm)
{
	const struct monitor_ops *q = monitor_find("qemu");
	struct strv l = STRV(a);
	struct strs out = {0};
	struct err e = {0};

	assert_non_null(q);
	assert_ok(q->check(vm, &e), e);
	assert_ok(q->argv(vm, &l, &e), e);
	assert_ok(strv_done(&l, &out, &e), e);
	return out;
}

/* The whole line, joined with '|', which no word has. */
static void is(const struct vm_desc *vm, const char *want)
{
	struct arena a = {0};
	struct strs got = words(&a, vm);
	struct strbuf b = STRBUF(&a);

	for (size_t i = 0; i < got.n; i++) {
		assert_null(strchr(got.v[i], '|'));
		sb_addf(&b, "%s%s", i ? "|" : "", got.v[i]);
	}
	assert_string_equal(b.p, want);
	arena_release(&a);
}

static bool has_pair(const struct strs *l, const char *name, const char *value)
{
	for (size_t i = 0; i + 1 < l->n; i++)
		if (streq(l->v[i], name) && streq(l->v[i + 1], value))
			return true;
	return false;
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

static void devices_by_bus(void **state)
{
	struct vm_nic nics[] = {{.tap = "tap0", .fd = -1, .mac = "52:54:00:ab:CD:ef", .mtu = 1400}, {.fd = 7}};
	struct vm_disk disks[] = {{.path = "/disk0", .serial = "vol0", .readonly = true},
				  {.path = "/disk1", .serial = "vol1", .readonly = false}};
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l;

	(void)state;
	vm.nics.v = nics;
	vm.disks.v = disks;
	vm.nics.n = vm.disks.n = 2;
	vm.ctl_fd = 3;
	l = words(&a, &vm);
	assert_true(has_pair(&l, "-netdev", "tap,id=net0,ifname=tap0,script=no,downscript=no"));
	assert_true(
		has_pair(&l, "-device", "virtio-net-device,netdev=net0,mac=52:54:00:ab:CD:ef,host_mtu=1400"));
	assert_true(has_pair(&l, "-netdev", "tap,id=net1,fd=7"));
	assert_true(has_pair(&l, "-device", "virtio-net-device,netdev=net1"));
	assert_true(has_pair(&l, "-blockdev",
			     "driver=raw,node-name=disk0,read-only=on,file.driver=file,file.filename=/disk0"));
	assert_true(has_pair(&l, "-device", "virtio-blk-device,drive=disk0,serial=vol0"));
	assert_true(
		has_pair(&l, "-blockdev",
			 "driver=raw,node-name=disk1,read-only=off,file.driver=file,file.filename=/disk1"));
	vm.machine = "q35";
	l = words(&a, &vm);
	assert_true(has_pair(&l, "-device", "virtio-serial-pci"));
	assert_true(has_pair(&l, "-device",
			     "virtio-net-pci,netdev=net0,mac=52:54:00:ab:CD:ef,host_mtu=1400,romfile="));
	assert_true(has_pair(&l, "-device", "virtio-net-pci,netdev=net1,romfile="));
	assert_true(has_pair(&l, "-device", "virtio-blk-pci,drive=disk1,serial=vol1"));
	arena_release(&a);
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
	assert_true(has_pair(&l, "-sandbox",
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

static void refused_nics(void **state)
{
	static const char *const macs[] = {"",
					   "52:54:00:00:00",
					   "52:54:00:00:00:01:02",
					   "52:54:00:00:00:0g",
					   "52-54-00-00-00-01",
					   "52:54:00:00:00:01,bus=pci.9",
					   "525400000001",
					   "52:54:00:00:00:1"};
	static const char *const taps[] = {NULL, "", "a,b", "a=b", "a\nb"};
	const struct monitor_ops *q = monitor_find("qemu");
	struct vm_nic nic = {.tap = "tap0", .fd = -1};
	struct vm_desc vm = vm_default();
	struct err e = {0};

	(void)state;
	vm.nics.v = &nic;
	vm.nics.n = 1;
	assert_ok(q->check(&vm, &e), e);
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		nic.mac = macs[i];
		assert_fails(q->check(&vm, &e), e, EINVAL, "is no MAC address");
	}
	nic.mac = "52:54:00:00:00:01";
	for (size_t i = 0; i < sizeof(taps) / sizeof(taps[0]); i++) {
		nic.tap = taps[i];
		assert_fails(q->check(&vm, &e), e, EINVAL, "is no name of a tap device");
	}
}

static void refused_disks_and_vcpus(void **state)
{
	static const uint32_t bad[] = {0, 256, UINT32_MAX};
	const struct monitor_ops *q = monitor_find("qemu");
	struct vm_disk disk = {.path = "/disk,readonly=off", .serial = "vol0", .readonly = true};
	struct vm_desc vm = vm_default();
	struct err e = {0};

	(void)state;
	vm.disks.v = &disk;
	vm.disks.n = 1;
	assert_fails(q->check(&vm, &e), e, EINVAL, "disk 0 of the guest has no usable name");
	disk.path = "/disk";
	disk.serial = "x,drive=y";
	assert_fails(q->check(&vm, &e), e, EINVAL, "has no usable name");
	disk.serial = "vol0";
	assert_ok(q->check(&vm, &e), e);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(microvm),
		cmocka_unit_test(other_machines),
		cmocka_unit_test(control_channel),
		cmocka_unit_test(devices_by_bus),
		cmocka_unit_test(seccomp),
		cmocka_unit_test(the_command_line_is_one_word),
		cmocka_unit_test(refused_nics),
		cmocka_unit_test(refused_disks_and_vcpus),
		cmocka_unit_test(kernels_by_machine),
		cmocka_unit_test(what_it_says_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
