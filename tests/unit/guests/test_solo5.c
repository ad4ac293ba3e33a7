/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of a Solo5 manifest given to disks and interfaces, and what is said when they do not match. */
#include "guests/solo5.h"

#include <errno.h>

#include "unit.h"

static struct solo5_device devices[4];
static struct vm_disk disks[3];
static struct vm_nic nics[3];
static struct arena arena;

static struct vm_desc machine(size_t ndisks, size_t nnics)
{
	struct vm_desc vm = {.solo5 = {.target = SOLO5_SPT, .version = 2, .devices = {devices, 4}},
			     .network_known = true};

	devices[0] = (struct solo5_device){"service", SOLO5_NET};
	devices[1] = (struct solo5_device){"storage", SOLO5_BLOCK};
	devices[2] = (struct solo5_device){"management", SOLO5_NET};
	devices[3] = (struct solo5_device){"log", SOLO5_BLOCK};
	memset(disks, 0, sizeof(disks));
	memset(nics, 0, sizeof(nics));
	vm.disks.v = disks;
	vm.disks.n = ndisks;
	vm.nics.v = nics;
	vm.nics.n = nnics;
	return vm;
}

static void named(const struct app_desc *app, struct vm_desc *vm)
{
	struct err e = {0};

	assert_ok(solo5_name_devices(app, vm, &arena, &e), e);
	arena_release(&arena);
}

static void refused(const struct app_desc *app, struct vm_desc *vm, int code, const char *words)
{
	struct err e = {0};

	assert_fails(solo5_name_devices(app, vm, &arena, &e), e, code, words);
	arena_release(&arena);
}

static void by_name_first(void **state)
{
	struct vm_desc vm = machine(2, 2);
	struct app_desc app = {0};

	(void)state;
	disks[0].name = "log";
	named(&app, &vm);
	assert_string_equal(disks[0].name, "log");
	assert_string_equal(disks[1].name, "storage");
	named(&app, &vm); /* as start does it again */
	assert_string_equal(disks[0].name, "log");
	assert_string_equal(disks[1].name, "storage");
	disks[1].name = "log";
	refused(&app, &vm, EINVAL, "block device 'log' ('com.urunc.unikernel.blocks', id) is named twice");
	disks[1].name = "service";
	refused(&app, &vm, EINVAL,
		"block device 'service' ('com.urunc.unikernel.blocks', id) is not declared");
}

static void in_the_manifest_s_order(void **state)
{
	struct vm_desc vm = machine(2, 2);
	struct app_desc app = {0};

	(void)state;
	named(&app, &vm);
	assert_string_equal(disks[0].name, "storage");
	assert_string_equal(disks[1].name, "log");
	assert_string_equal(nics[0].name, "service");
	assert_string_equal(nics[1].name, "management");
}

static void as_metadata_says(void **state)
{
	struct vm_desc vm = machine(2, 2);
	struct app_desc app = {.solo5_net = "management", .solo5_block = "log"};

	(void)state;
	named(&app, &vm);
	assert_string_equal(disks[0].name, "log");
	assert_string_equal(disks[1].name, "storage");
	assert_string_equal(nics[0].name, "management");
	assert_string_equal(nics[1].name, "service");
	app.solo5_net = "storage"; /* that one is a disk */
	refused(&app, &vm, EINVAL,
		"has no network device 'storage' ('com.urunc.unikernel.solo5NetDev'); it has: 'service', 'management'");
	app.solo5_net = NULL;
	app.solo5_block = "rootfs";
	refused(&app, &vm, EINVAL,
		"has no block device 'rootfs' ('com.urunc.unikernel.solo5BlkDev'); it has: 'storage', 'log'");
}

static void missing_disks(void **state)
{
	struct app_desc app = {0};
	struct vm_desc vm = machine(1, 2);

	(void)state;
	refused(&app, &vm, EINVAL, "block devices that have no disk: 'log' (name an image");
	vm.disks.n = 0;
	refused(&app, &vm, EINVAL, "that have no disk: 'storage', 'log' (");
}

static void missing_nics(void **state)
{
	struct app_desc app = {0};
	struct vm_desc vm = machine(2, 1);

	(void)state;
	refused(&app, &vm, ENODEV, "has no interface for: 'management' (it has 1;");
	vm.nics.n = 0;
	refused(&app, &vm, ENODEV, "has no interface for: 'service', 'management' (it has 0;");
	vm.network_known = false; /* at create: they may come yet */
	named(&app, &vm);
	vm.nics.n = 1;
	named(&app, &vm);
	assert_string_equal(nics[0].name, "service");
}

static void more_than_declared(void **state)
{
	struct app_desc app = {0};
	struct vm_desc vm = machine(3, 2);

	(void)state;
	refused(&app, &vm, EINVAL,
		"3 disks, but the kernel's Solo5 manifest declares 2 block devices ('storage', 'log')");
	vm = machine(2, 3);
	refused(&app, &vm, EINVAL,
		"3 network interfaces, but the kernel's Solo5 manifest declares 2 network devices");
	vm = machine(1, 2);
	vm.solo5.devices.n = 0;
	refused(&app, &vm, EINVAL,
		"has 1 disks, but the kernel's Solo5 manifest declares 0 block devices (none)");
	/* The network that every container has is no reason to refuse a guest without one. */
	vm.disks.n = 0;
	named(&app, &vm);
	assert_int_equal(vm.nics.n, 0);
}

static void no_manifest(void **state)
{
	struct app_desc app = {0};
	struct vm_desc vm = machine(1, 1);

	(void)state;
	vm.solo5 = (struct solo5_abi){0};
	named(&app, &vm);
	assert_null(disks[0].name);
	assert_null(nics[0].name);
	assert_int_equal(vm.nics.n, 1);
}

static void memory(void **state)
{
	(void)state;
	assert_int_equal(solo5_min_memory(&(struct guest_image){.kernel_memory_bytes = 5}), (2 << 20) + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_manifest_s_order),
		cmocka_unit_test(by_name_first),
		cmocka_unit_test(as_metadata_says),
		cmocka_unit_test(missing_disks),
		cmocka_unit_test(missing_nics),
		cmocka_unit_test(more_than_declared),
		cmocka_unit_test(no_manifest),
		cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
