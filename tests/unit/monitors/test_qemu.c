/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's words: each machine, accelerator and device as tried with QEMU 7.2; nothing foreign inside an option. */
#include <errno.h>

#include "monitors/monitor.h"

#include "unit.h"

static struct vm_desc machine(const char *name, int accel)
{
	return (struct vm_desc){
		.arch = ARCH_X86_64,
		.accel = accel,
		.machine = name,
		.memory_bytes = 134217728,
		.vcpus = 2,
		.kernel = "/kernel",
		.kernel_format = KERNEL_BZIMAGE,
		.cmdline = "console=ttyS0 -- -monitor tcp::1",
		.ctl_fd = -1,
		.data_dir = "/fw",
		.firmware = "qboot.rom",
	};
}

static struct strs words(struct arena *a, const struct vm_desc *vm)
{
	const struct monitor_ops *q = monitor_find("qemu");
	struct strv l = STRV(a);
	struct strs s;
	struct err e = {0};

	assert_ok(q->check(vm, &e), e);
	assert_ok(q->argv(vm, &l, &e), e);
	assert_ok(strv_done(&l, &s, &e), e);
	return s;
}

/* The word after `option`; NULL if the option is absent. nth counts from 0. */
static const char *value(const struct strs *s, const char *option, size_t nth)
{
	for (size_t i = 0; i + 1 < s->n; i++)
		if (streq(s->v[i], option) && nth-- == 0)
			return s->v[i + 1];
	return NULL;
}

static void microvm_in_software(void **state)
{
	struct arena a = {0};
	struct vm_desc vm = machine("microvm", ACCEL_TCG);
	struct strs s = words(&a, &vm);

	(void)state;
	assert_string_equal(s.v[0], "qemu-system-x86_64");
	assert_string_equal(value(&s, "-M", 0), "microvm,x-option-roms=off");
	assert_string_equal(value(&s, "-accel", 0), "tcg,tb-size=64");
	assert_string_equal(value(&s, "-cpu", 0), "max");
	assert_string_equal(value(&s, "-m", 0), "134217728B");
	assert_string_equal(value(&s, "-smp", 0), "2");
	assert_string_equal(value(&s, "-bios", 0), "qboot.rom");
	assert_string_equal(value(&s, "-chardev", 0), "stdio,id=con,signal=off");
	assert_string_equal(value(&s, "-serial", 0), "chardev:con");
	assert_string_equal(value(&s, "-append", 0), "console=ttyS0 -- -monitor tcp::1");
	assert_null(value(&s, "-initrd", 0));
	assert_null(value(&s, "-device", 0));
	assert_null(value(&s, "-sandbox", 0));
	vm.firmware = NULL;
	s = words(&a, &vm);
	/* Only qboot does without option ROMs. */
	assert_string_equal(value(&s, "-M", 0), "microvm");
	assert_null(value(&s, "-bios", 0));
	arena_release(&a);
}

static void q35_by_kvm(void **state)
{
	struct arena a = {0};
	struct vm_desc vm = machine("q35", ACCEL_KVM);
	struct strs s;

	(void)state;
	vm.seccomp = true;
	vm.initrd = "/initrd";
	vm.ctl_fd = 3;
	s = words(&a, &vm);
	assert_true(str_starts(value(&s, "-M", 0), "q35,"));
	assert_string_equal(value(&s, "-accel", 0), "kvm");
	assert_string_equal(value(&s, "-cpu", 0), "host");
	assert_string_equal(value(&s, "-initrd", 0), "/initrd");
	assert_string_equal(value(&s, "-chardev", 1), "socket,id=ctl,fd=3");
	assert_string_equal(value(&s, "-device", 0), "virtio-serial-pci");
	assert_string_equal(value(&s, "-device", 1), "virtserialport,chardev=ctl,name=io.urunc.ctl");
	assert_true(str_starts(value(&s, "-sandbox", 0), "on,"));
	assert_non_null(strstr(value(&s, "-sandbox", 0), "spawn=deny"));
	arena_release(&a);
}

static void arm_has_its_own_machine(void **state)
{
	struct arena a = {0};
	struct vm_desc vm = machine("virt", ACCEL_TCG);
	struct strs s;

	(void)state;
	vm.arch = ARCH_AARCH64;
	vm.kernel_format = KERNEL_ARM64_IMAGE;
	s = words(&a, &vm);
	assert_string_equal(s.v[0], "qemu-system-aarch64");
	assert_true(str_starts(value(&s, "-M", 0), "virt"));
	arena_release(&a);
}

static void devices_follow_the_bus(void **state)
{
	struct vm_nic nics[] = {{.fd = 7, .mac = "52:54:00:00:00:0a", .mtu = 1400}, {.fd = -1, .tap = "tap1"}};
	struct vm_disk disks[] = {{"/disk0", "vol0", true}};
	struct arena a = {0};
	struct vm_desc vm = machine("microvm", ACCEL_TCG);
	struct strs s;

	(void)state;
	vm.nics.v = nics;
	vm.nics.n = 2;
	vm.disks.v = disks;
	vm.disks.n = 1;
	s = words(&a, &vm);
	assert_string_equal(value(&s, "-netdev", 0), "tap,id=net0,fd=7");
	assert_string_equal(value(&s, "-netdev", 1), "tap,id=net1,ifname=tap1,script=no,downscript=no");
	assert_string_equal(value(&s, "-device", 0),
			    "virtio-net-device,netdev=net0,mac=52:54:00:00:00:0a,host_mtu=1400");
	assert_string_equal(value(&s, "-device", 2), "virtio-blk-device,drive=disk0,serial=vol0");
	assert_non_null(strstr(value(&s, "-blockdev", 0), "driver=raw,"));
	assert_non_null(strstr(value(&s, "-blockdev", 0), "read-only=on"));
	vm.machine = "q35";
	s = words(&a, &vm);
	assert_string_equal(value(&s, "-device", 1), "virtio-net-pci,netdev=net1,romfile=");
	arena_release(&a);
}

static void hostile_names_are_refused(void **state)
{
	static const char *const macs[] = {"52:54:00:00:00:01,bus=pci.9", "52:54:00:00:00",
					   "52:54:00:00:00:0g",           "",
					   "52-54-00-00-00-01",           "52:54:00:00:00:01 "};
	const struct monitor_ops *q = monitor_find("qemu");
	struct vm_nic nic = {.fd = -1, .tap = "tap0"};
	struct vm_disk disk = {"/d,readonly=off", "s", false};
	struct vm_desc vm = machine("q35", ACCEL_TCG);
	struct err e;

	(void)state;
	vm.nics.v = &nic;
	vm.nics.n = 1;
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		nic.mac = macs[i];
		assert_fails(q->check(&vm, &e), e, EINVAL, "MAC");
	}
	nic = (struct vm_nic){.fd = -1, .tap = "tap0,vhost=on"};
	assert_fails(q->check(&vm, &e), e, EINVAL, "tap0,vhost=on");
	nic.tap = NULL;
	assert_fails(q->check(&vm, &e), e, EINVAL, "tap");
	vm.nics.n = 0;
	vm.disks.v = &disk;
	vm.disks.n = 1;
	assert_fails(q->check(&vm, &e), e, EINVAL, "disk 0");
	vm.disks.n = 0;
	vm.vcpus = 256;
	assert_fails(q->check(&vm, &e), e, EINVAL, "256 vCPUs");
	vm.vcpus = 0;
	assert_fails(q->check(&vm, &e), e, EINVAL, "allowed: 1 to 255");
}

static void machines_know_their_kernels(void **state)
{
	const struct monitor_ops *q = monitor_find("qemu");
	struct vm_desc vm = machine("q35", ACCEL_TCG);

	(void)state;
	assert_true(q->machine_ok("microvm", &vm) && q->machine_ok("q35", &vm) && q->machine_ok("pc", &vm));
	vm.kernel_format = KERNEL_ELF_PVH;
	assert_true(q->machine_ok("microvm", &vm) && q->machine_ok("q35", &vm));
	vm.kernel_format = KERNEL_ELF_MULTIBOOT;
	assert_true(!q->machine_ok("microvm", &vm) && q->machine_ok("q35", &vm));
	vm.kernel_format = KERNEL_ELF;
	assert_false(q->machine_ok("q35", &vm));
	vm.kernel_format = KERNEL_UNKNOWN;
	assert_false(q->machine_ok("q35", &vm));
	vm.kernel_format = KERNEL_ARM64_IMAGE;
	assert_false(q->machine_ok("q35", &vm));
	vm.arch = ARCH_AARCH64;
	assert_true(q->machine_ok("virt", &vm));
	vm.kernel_format = KERNEL_BZIMAGE;
	assert_false(q->machine_ok("virt", &vm));
}

static void the_translation_buffer_is_accounted_for(void **state)
{
	const struct monitor_ops *q = monitor_find("qemu");

	(void)state;
	assert_true(q->overhead_bytes[ACCEL_TCG] >= q->overhead_bytes[ACCEL_KVM] + (64u << 20));
	assert_true(q->stop->zero_is_signal);
	assert_string_equal(q->env[0], "QEMU_MODULE_DIR=/fw");
	assert_null(q->env[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(microvm_in_software),
		cmocka_unit_test(q35_by_kvm),
		cmocka_unit_test(arm_has_its_own_machine),
		cmocka_unit_test(devices_follow_the_bus),
		cmocka_unit_test(hostile_names_are_refused),
		cmocka_unit_test(machines_know_their_kernels),
		cmocka_unit_test(the_translation_buffer_is_accounted_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
