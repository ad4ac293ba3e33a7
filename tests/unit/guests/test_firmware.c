/* SPDX-License-Identifier: Apache-2.0 */
/* A fast firmware stays as long as there is no device that it would leave without an address. */
#include "guests/firmware.h"

#include "guests/guest.h"
#include "unit.h"

static struct vm_desc adjusted(struct vm_desc vm)
{
	struct app_desc app = {0};
	struct arena a = {0};
	struct err e = {0};

	vm.firmware = "qboot.rom";
	assert_ok(firmware_for_pci(&app, &vm, &a, &e), e);
	arena_release(&a);
	return vm;
}

static void devices(void **state)
{
	(void)state;
	assert_string_equal(adjusted((struct vm_desc){.initrd = "/initrd", .exit_port = 1}).firmware,
			    "qboot.rom");
	assert_null(adjusted((struct vm_desc){.nics.n = 1}).firmware);
	assert_null(adjusted((struct vm_desc){.disks.n = 1}).firmware);
	assert_null(adjusted((struct vm_desc){.shares.n = 1}).firmware);
	assert_null(adjusted((struct vm_desc){.rng = true}).firmware);
}

static void guests(void **state)
{
	static const char *const names[] = {"unikraft", "mewz", "hermit", "osv"};
	struct vm_desc vm = {.machine = "q35"};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		/* Whatever devices it has. */
		vm.firmware = "qboot.rom";
		assert_ok(guest_find(names[i])->adjust(NULL, &vm, NULL, &e), e);
		assert_null(vm.firmware);
	}
	vm = (struct vm_desc){.firmware = "qboot.rom", .machine = "microvm"};
	assert_ok(guest_find("unikraft")->adjust(NULL, &vm, NULL, &e), e);
	assert_non_null(vm.firmware);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
		cmocka_unit_test(guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
