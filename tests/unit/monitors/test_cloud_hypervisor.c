/* SPDX-License-Identifier: Apache-2.0 */
/* Cloud Hypervisor's command line, word for word, and what is refused before it is made. */
#include <errno.h>
#include <signal.h>

#include "machine_make.h"

#define CH "cloud-hypervisor"
#define HEAD "cloud-hypervisor|--memory|size=268435456|--cpus|boot=2"
#define FIXED "|--console|off|--serial|tty|--seccomp|true|--rng|src=/dev/urandom"
#define BOOT "|--kernel|/kernel|--initramfs|/initrd|--cmdline=console=ttyS0 x"

static struct vm_desc vm_default(void)
{
	return machine_make(NULL, KERNEL_ELF_PVH);
}

static void smallest(void **state)
{
	struct vm_desc vm = vm_default();

	(void)state;
	machine_is(CH, &vm, HEAD FIXED BOOT);
	vm.seccomp = true; /* its filters are always on */
	vm.initrd = NULL;
	vm.api_path = "/run/api.sock";
	machine_is(CH, &vm,
		   HEAD FIXED "|--api-socket|path=/run/api.sock|--kernel|/kernel|--cmdline=console=ttyS0 x");
}

static void disks(void **state)
{
	struct vm_disk disk[] = {{.path = "/disk0", .serial = "rootfs"},
				 {.path = "/dev/disk1", .serial = "vol0", .readonly = true}};
	struct vm_desc vm = vm_default();

	(void)state;
	vm.disks.v = disk;
	vm.disks.n = 2;
	vm.monitor_version = VERSION(51, 0, 0);
	machine_is(CH, &vm,
		   HEAD FIXED "|--disk|path=/disk0,readonly=off,serial=rootfs,id=disk0,image_type=raw"
			      "|path=/dev/disk1,readonly=on,serial=vol0,id=disk1,image_type=raw" BOOT);
	vm.disks.n = 1;
	vm.monitor_version = VERSION(50, 2, 0); /* knows no image_type */
	machine_is(CH, &vm, HEAD FIXED "|--disk|path=/disk0,readonly=off,serial=rootfs,id=disk0" BOOT);
	vm.monitor_version = 0;
	machine_is(CH, &vm, HEAD FIXED "|--disk|path=/disk0,readonly=off,serial=rootfs,id=disk0" BOOT);
}

static void nics(void **state)
{
	struct vm_nic nic[] = {{.fd = 7, .mac = "02:00:00:00:00:01", .mtu = 1400},
			       {.tap = "tap1", .fd = -1, .mtu = 1400}};
	struct vm_desc vm = vm_default();

	(void)state;
	vm.nics.v = nic;
	vm.nics.n = 2;
	machine_is(CH, &vm,
		   HEAD FIXED "|--net|id=net0,fd=7,mac=02:00:00:00:00:01,mtu=1400|id=net1,tap=tap1" BOOT);
}

static void shares(void **state)
{
	struct vm_share share[] = {{.tag = "fs0", .socket = "/run/fs0.sock"},
				   {.tag = "vol0", .socket = "/run/vol0.sock"}};
	struct vm_desc vm = vm_default();

	(void)state;
	vm.shares.v = share;
	vm.shares.n = 2;
	machine_is(CH, &vm,
		   "cloud-hypervisor|--memory|size=268435456,shared=on|--cpus|boot=2" FIXED
		   "|--fs|tag=fs0,socket=/run/fs0.sock,id=share0|tag=vol0,socket=/run/vol0.sock,id=share1" BOOT);
}

/* One word, with its option: else a hyphen would begin an option. */
static void the_command_line_is_one_word(void **state)
{
	static const char *const lines[] = {"",   "--api-socket path=/x", "a,b=c", "\"[",
					    "-v", "x --seccomp false"};
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	size_t n = machine_words(CH, &a, &vm).n;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct strs l;

		vm.cmdline = lines[i];
		l = machine_words(CH, &a, &vm);
		assert_int_equal(l.n, n);
		assert_true(str_starts(l.v[n - 1], "--cmdline="));
		assert_string_equal(l.v[n - 1] + strlen("--cmdline="), lines[i]);
	}
	arena_release(&a);
}

static void kernels(void **state)
{
	const struct monitor_ops *m = monitor_find(CH);
	struct vm_desc vm = vm_default();
	struct err e = {0};

	(void)state;
	vm.kernel_format = KERNEL_ELF;
	assert_fails(m->check(&vm, &e), e, EINVAL, "a bzImage, or an ELF file with a PVH note");
	vm.kernel_format = KERNEL_BZIMAGE;
	assert_ok(m->check(&vm, &e), e);
	vm.monitor_version = VERSION(39, 0, 0);
	assert_ok(m->check(&vm, &e), e);
	vm.monitor_version = VERSION(38, 0, 0);
	assert_fails(m->check(&vm, &e), e, EINVAL,
		     "Cloud Hypervisor 38.0 cannot start a compressed kernel (bzImage), only 39.0 and later can");
	vm.arch = ARCH_AARCH64;
	assert_fails(m->check(&vm, &e), e, EINVAL, "allowed on aarch64: an arm64 Image");
	vm.kernel_format = KERNEL_ARM64_IMAGE;
	assert_ok(m->check(&vm, &e), e);
}

static void refused(void **state)
{
	const struct monitor_ops *m = monitor_find(CH);
	struct vm_share share = {.tag = "fs0", .path = "/share0"};
	struct vm_disk disk = {.path = "/disk0", .serial = "[a"};
	struct vm_nic nic = {.tap = "a\"b", .fd = -1};
	struct vm_desc vm = vm_default();
	struct err e = {0};

	(void)state;
	vm.vcpus = 255;
	assert_fails(m->check(&vm, &e), e, EINVAL, "allowed: 1 to 254");
	vm.vcpus = 1;
	vm.shares.v = &share;
	vm.shares.n = 1;
	assert_fails(m->check(&vm, &e), e, ENOTSUP, "by virtiofs only, not 9p");
	share.socket = "/run/fs.sock";
	share.tag = "1234567890123456789012345678901234567";
	assert_fails(m->check(&vm, &e), e, EINVAL, "longer than 36 bytes");
	vm.shares.n = 0;
	vm.disks.v = &disk;
	vm.disks.n = 1;
	assert_fails(m->check(&vm, &e), e, EINVAL, "disk '[a'");
	vm.disks.n = 0;
	vm.nics.v = &nic;
	vm.nics.n = 1;
	assert_fails(m->check(&vm, &e), e, EINVAL, "tap device");
	vm.nics.n = 0;
	vm.cmdline = "caf\xc3\xa9";
	assert_fails(m->check(&vm, &e), e, EINVAL, "byte 3");
}

static void room_for_the_command_line(void **state)
{
	const struct monitor_ops *m = monitor_find(CH);
	struct vm_desc vm = vm_default();
	char line[2049];
	struct err e = {0};

	(void)state;
	memset(line, 'x', sizeof(line));
	line[2048] = '\0';
	vm.cmdline = line;
	assert_ok(m->check(&vm, &e), e);
	vm.arch = ARCH_AARCH64;
	vm.kernel_format = KERNEL_ARM64_IMAGE;
	assert_fails(m->check(&vm, &e), e, E2BIG, "has room for 2047");
}

static void what_it_says_of_itself(void **state)
{
	const struct monitor_ops *m = monitor_find(CH);

	(void)state;
	assert_string_equal(m->powerdown->message, "PUT /api/v1/vm.power-button HTTP/1.1\r\n"
						   "Host: localhost\r\nAccept: */*\r\n\r\n");
	assert_non_null(m->powerdown->path);
	assert_int_equal(m->powerdown->archs, 1u << ARCH_X86_64 | 1u << ARCH_AARCH64);
	assert_int_equal(m->stop->signo, SIGTERM);
	assert_int_equal(m->end[ARCH_X86_64], END_POWER_OFF);
	assert_int_equal(m->end[ARCH_AARCH64], END_POWER_OFF);
	assert_true(m->stop->zero_is_signal);
	assert_int_equal(m->caps, MON_KVM | MON_NEEDS_KVM | MON_BLOCK | MON_VIRTIOFS | MON_NET | MON_TAP_FD |
					  MON_INITRD);
	assert_string_equal(m->consoles[ARCH_AARCH64], "ttyAMA0");
	assert_int_equal(m->version_formats, ~0u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest),
		cmocka_unit_test(disks),
		cmocka_unit_test(nics),
		cmocka_unit_test(shares),
		cmocka_unit_test(the_command_line_is_one_word),
		cmocka_unit_test(kernels),
		cmocka_unit_test(refused),
		cmocka_unit_test(room_for_the_command_line),
		cmocka_unit_test(what_it_says_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
