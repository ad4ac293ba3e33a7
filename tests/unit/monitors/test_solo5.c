/* SPDX-License-Identifier: Apache-2.0 */
/* The tenders' command line, word for word, and what is refused before it is made. */
#include "monitors/solo5.h"

#include <errno.h>

#include "unit.h"

#define MIB (1024ull * 1024)

static const struct solo5_tender tender = {
	.name = "spt",
	.program = "solo5-spt",
	.target = SOLO5_SPT,
	.least_bytes = 2 * MIB,
	.step_bytes = 2 * MIB,
	.max_bytes = 4096 * MIB,
};
static struct vm_nic nics[2];
static struct vm_disk disks[2];

static struct vm_desc small(void)
{
	return (struct vm_desc){.arch = ARCH_X86_64,
				.memory_bytes = 512 * MIB,
				.vcpus = 1,
				.kernel = "/kernel",
				.kernel_format = KERNEL_ELF_SOLO5,
				.cmdline = "",
				.ctl_fd = -1,
				.api_fd = -1,
				.solo5 = {.target = SOLO5_SPT, .version = 2}};
}

static struct vm_desc full(void)
{
	struct vm_desc vm = small();

	nics[0] = (struct vm_nic){.tap = "tap0_urunc", .fd = -1, .mac = "02:00:00:00:00:01", .name = "service"};
	nics[1] = (struct vm_nic){.tap = "tap1_urunc", .fd = -1, .name = "management"};
	disks[0] = (struct vm_disk){.path = "/disk0", .serial = "rootfs", .name = "storage", .size_bytes = 512};
	disks[1] = (struct vm_disk){.path = "/disk1", .serial = "vol0", .name = "more"};
	vm.nics.v = nics;
	vm.nics.n = 2;
	vm.disks.v = disks;
	vm.disks.n = 2;
	vm.cmdline = "a  b --mem=1 'c'\n --net:x=y --";
	return vm;
}

/* The whole line, joined with '|', which no word has. */
static void is(const struct vm_desc *vm, const char *want)
{
	struct arena a = {0};
	struct strv l = STRV(&a);
	struct strbuf b = STRBUF(&a);
	struct strs got = {0};
	struct err e = {0};

	assert_ok(solo5_check(&tender, vm, &e), e);
	assert_ok(solo5_argv(&tender, vm, &l), e);
	assert_ok(strv_done(&l, &got, &e), e);
	for (size_t i = 0; i < got.n; i++)
		sb_addf(&b, "%s%s", i ? "|" : "", got.v[i]);
	assert_string_equal(b.p, want);
	arena_release(&a);
}

static void lines(void **state)
{
	struct vm_desc vm = small();

	(void)state;
	is(&vm, "solo5-spt|--mem=512|--|/kernel|");
	vm = full();
	is(&vm, "solo5-spt|--mem=512|--net:service=tap0_urunc|--net-mac:service=02:00:00:00:00:01|"
		"--net:management=tap1_urunc|--block:storage=/disk0|--block:more=/disk1|--|/kernel|"
		"a  b --mem=1 'c'\n --net:x=y --");
}

static void refused(const struct vm_desc *vm, int code, const char *words)
{
	struct err e = {0};

	assert_fails(solo5_check(&tender, vm, &e), e, code, words);
}

static void wrong_kernels(void **state)
{
	struct vm_desc vm = small();

	(void)state;
	vm.solo5.target = SOLO5_HVT;
	refused(&vm, EINVAL, "built for Solo5 target 'hvt', monitor is 'spt': set hypervisor to 'hvt'");
	vm.solo5.target = SOLO5_VIRTIO;
	refused(&vm, EINVAL, "target 'virtio', monitor is 'spt': set hypervisor to 'qemu'");
	vm.solo5.target = SOLO5_MUEN;
	refused(&vm, EINVAL, "target 'muen', monitor is 'spt': build it for 'spt'");
	vm.solo5.target = SOLO5_NONE;
	vm.kernel_format = KERNEL_BZIMAGE;
	refused(&vm, EINVAL, "(format bzimage) is no Solo5 binary");
}

static void sizes(void **state)
{
	static char line[SOLO5_CMDLINE_MAX_BYTES + 2];
	struct vm_desc vm = small();
	struct err e = {0};

	(void)state;
	vm.vcpus = 2;
	refused(&vm, EINVAL, "monitor 'spt' cannot have 2 vCPUs");
	vm.vcpus = 1;
	vm.memory_bytes = 2 * MIB - 1;
	refused(&vm, ENOMEM, "1 MiB of memory (at least 2)");
	vm.memory_bytes = 3 * MIB;
	refused(&vm, EINVAL, "in steps of 2 MiB, not 3145728 bytes");
	vm.memory_bytes = 4098 * MIB;
	refused(&vm, EINVAL, "4098 MiB of memory (at most 4096)");
	vm.memory_bytes = 4096 * MIB;
	memset(line, 'x', sizeof(line) - 1);
	vm.cmdline = line;
	refused(&vm, E2BIG, "has 8192 bytes, monitor 'spt' takes at most 8191");
	line[SOLO5_CMDLINE_MAX_BYTES] = '\0';
	assert_ok(solo5_check(&tender, &vm, &e), e);
}

static void hostile_nics(void **state)
{
	static const char *const taps[] = {NULL,  "",     "@3",  "tap 0",           "tap\t0",
					   "a=b", "a\nb", "a,b", "sixteen-letters0"};
	static const char *const macs[] = {"52:54:00:00:00:01,bus=pci.9", "52:54:00:00:00", "",
					   "52-54-00-00-00-01"};
	struct vm_desc vm = full();

	(void)state;
	for (size_t i = 0; i < sizeof(taps) / sizeof(taps[0]); i++) {
		nics[1].tap = taps[i];
		refused(&vm, EINVAL, "is no name of a tap device");
	}
	nics[1].tap = "fifteen-letters";
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		nics[0].mac = macs[i];
		refused(&vm, EINVAL, "is no MAC address");
	}
	nics[0].mac = NULL;
	nics[0].name = NULL;
	refused(&vm, EINVAL, "network interface 0 has no device in the kernel's Solo5 manifest");
}

static void bad_disks(void **state)
{
	struct vm_desc vm = full();

	(void)state;
	disks[1].size_bytes = 513;
	refused(&vm, EINVAL,
		"the disk of Solo5 device 'more' is 513 bytes large: monitor 'spt' takes multiples of 512");
	disks[1].size_bytes = 511;
	refused(&vm, EINVAL, "511 bytes");
	disks[1].size_bytes = 1024;
	disks[1].readonly = true;
	refused(&vm, EROFS, "that of Solo5 device 'more' is read-only");
	disks[1].readonly = false;
	disks[1].path = "/a,b";
	refused(&vm, EINVAL, "disk 1 of the guest has no usable name");
	disks[0].name = NULL;
	refused(&vm, EINVAL, "disk 0 has no device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),        cmocka_unit_test(wrong_kernels), cmocka_unit_test(sizes),
		cmocka_unit_test(hostile_nics), cmocka_unit_test(bad_disks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
