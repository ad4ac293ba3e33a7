/* SPDX-License-Identifier: Apache-2.0 */
/* Firecracker's argv and JSON, byte for byte, and what is refused before they are made. */
#include <errno.h>
#include <jansson.h>

#include "machine_make.h"

#define FC "firecracker"

static struct vm_desc vm_default(void)
{
	return machine_make(NULL, KERNEL_ELF_PVH);
}

static const char *config(struct arena *a, const struct vm_desc *vm)
{
	const struct monitor_ops *m = monitor_find(FC);
	struct guest_file f = {0};
	struct err e = {0};

	assert_ok(m->config_file(vm, a, &f, &e), e);
	assert_string_equal(f.path, "/fc.json");
	assert_int_equal(f.mode, 0400);
	assert_int_equal(f.data.n, strlen(f.data.p));
	return f.data.p;
}

static void argv(void **state)
{
	struct vm_desc vm = vm_default();

	(void)state;
	machine_is(FC, &vm, "firecracker|--config-file|/fc.json|--level|Error|--no-api");
	vm.api_path = "/run/api.sock";
	vm.seccomp = true; /* its filters are always on */
	vm.monitor_version = VERSION(1, 5, 0);
	machine_is(FC, &vm, "firecracker|--config-file|/fc.json|--level|Error|--api-sock|/run/api.sock");
	vm.monitor_version = VERSION(1, 4, 1); /* --level would ask for --log-path */
	machine_is(FC, &vm, "firecracker|--config-file|/fc.json|--api-sock|/run/api.sock");
}

static void smallest_config(void **state)
{
	struct vm_desc vm = vm_default();
	struct arena a = {0};

	(void)state;
	vm.initrd = NULL;
	vm.memory_bytes = 128u << 20;
	vm.vcpus = 1;
	assert_string_equal(config(&a, &vm),
			    "{\"boot-source\":{\"kernel_image_path\":\"/kernel\",\"boot_args\":\"console=ttyS0 x\"},\n"
			    "\"machine-config\":{\"vcpu_count\":1,\"mem_size_mib\":128},\n"
			    "\"drives\":[]}\n");
	arena_release(&a);
}

static void largest_config(void **state)
{
	struct vm_nic nics[] = {{.tap = "tap0", .fd = -1, .mac = "02:00:00:00:00:01", .mtu = 1400},
				{.tap = "tap1", .fd = -1}};
	struct vm_disk disks[] = {{.path = "/disk0", .serial = "rootfs", .mount_point = "/"},
				  {.path = "/disk1", .serial = "vol0", .readonly = true}};
	struct vm_desc vm = vm_default();
	struct arena a = {0};

	(void)state;
	vm.vcpus = 32;
	vm.rng = true;
	vm.nics.v = nics;
	vm.disks.v = disks;
	vm.nics.n = vm.disks.n = 2;
	vm.monitor_version = VERSION(1, 16, 0);
	assert_string_equal(
		config(&a, &vm),
		"{\"boot-source\":{\"kernel_image_path\":\"/kernel\",\"initrd_path\":\"/initrd\",\"boot_args\":"
		"\"console=ttyS0 x\"},\n"
		"\"machine-config\":{\"vcpu_count\":32,\"mem_size_mib\":256},\n"
		"\"drives\":[\n"
		"{\"drive_id\":\"disk0\",\"is_root_device\":false,\"is_read_only\":false,\"path_on_host\":\"/disk0\"},\n"
		"{\"drive_id\":\"disk1\",\"is_root_device\":false,\"is_read_only\":true,\"path_on_host\":\"/disk1\"}],\n"
		"\"network-interfaces\":[\n"
		"{\"iface_id\":\"net0\",\"host_dev_name\":\"tap0\",\"guest_mac\":\"02:00:00:00:00:01\",\"mtu\":1400},\n"
		"{\"iface_id\":\"net1\",\"host_dev_name\":\"tap1\"}],\n"
		"\"entropy\":{}}\n");
	vm.monitor_version = VERSION(1, 15, 1); /* does not know "mtu", and refuses what it does not know */
	assert_null(strstr(config(&a, &vm), "mtu"));
	vm.monitor_version = 0;
	assert_null(strstr(config(&a, &vm), "mtu"));
	arena_release(&a);
}

/* Whatever the image says stays one string. */
static void the_command_line_is_one_string(void **state)
{
	static const char *const lines[] = {"",     "\"},\"drives\":[{", "a\\", "'\\\"\\n",
					    "</x>", "-- --no-api"};
	struct vm_desc vm = vm_default();
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *root, *boot;

		vm.cmdline = lines[i];
		root = json_loads(config(&a, &vm), JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(root);
		assert_int_equal(json_object_size(root), 3);
		boot = json_object_get(root, "boot-source");
		assert_int_equal(json_object_size(boot), 3);
		assert_string_equal(json_string_value(json_object_get(boot, "boot_args")), lines[i]);
		assert_int_equal(json_array_size(json_object_get(root, "drives")), 0);
		json_decref(root);
	}
	arena_release(&a);
}

static void kernels(void **state)
{
	const struct monitor_ops *m = monitor_find(FC);
	struct vm_desc vm = vm_default();
	struct err e = {0};

	(void)state;
	vm.kernel_format = KERNEL_ELF;
	assert_ok(m->check(&vm, &e), e);
	vm.kernel_format = KERNEL_ELF_MULTIBOOT;
	assert_fails(m->check(&vm, &e), e, EINVAL, "cannot start a kernel of format 'elf-multiboot'");
	vm.kernel_format = KERNEL_UNKNOWN;
	assert_fails(m->check(&vm, &e), e, EINVAL, "allowed on x86_64: a 64-bit ELF file");
	vm.kernel_format = KERNEL_BZIMAGE;
	vm.monitor_version = VERSION(1, 16, 1);
	assert_fails(m->check(&vm, &e), e, EINVAL,
		     "Firecracker 1.16.1 cannot start a compressed kernel (bzImage), only later ones than 1.16 can: "
		     "put the uncompressed vmlinux into the image");
	vm.monitor_version = VERSION(1, 17, 0);
	assert_ok(m->check(&vm, &e), e);
	vm.monitor_version = 0; /* not known: it will say so itself */
	assert_ok(m->check(&vm, &e), e);
	vm.arch = ARCH_AARCH64;
	assert_fails(m->check(&vm, &e), e, EINVAL, "allowed on aarch64: an arm64 Image");
	vm.kernel_format = KERNEL_ARM64_IMAGE;
	assert_ok(m->check(&vm, &e), e);
}

static void refused(void **state)
{
	const struct monitor_ops *m = monitor_find(FC);
	struct vm_share share = {.tag = "fs0", .path = "/share0"};
	struct vm_disk disk = {.path = "/disk0", .serial = "a,b"};
	struct vm_nic nic = {.fd = 7};
	struct vm_desc vm = vm_default();
	struct guest_file f = {0};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	vm.vcpus = 33;
	assert_fails(m->check(&vm, &e), e, EINVAL, "allowed: 1 to 32");
	assert_fails(m->config_file(&vm, &a, &f, &e), e, EINVAL, "allowed: 1 to 32");
	assert_null(f.path);
	vm.vcpus = 1;
	vm.shares.v = &share;
	vm.shares.n = 1;
	assert_fails(m->check(&vm, &e), e, ENOTSUP, "has no shared directories");
	vm.shares.n = 0;
	vm.disks.v = &disk;
	vm.disks.n = 1;
	assert_fails(m->check(&vm, &e), e, EINVAL, "disk 'a,b'");
	vm.disks.n = 0;
	vm.nics.v = &nic;
	vm.nics.n = 1;
	assert_fails(m->check(&vm, &e), e, EINVAL, "takes a tap device by its name only");
	nic.fd = -1;
	assert_fails(m->config_file(&vm, &a, &f, &e), e, EINVAL, "is no name of a tap device");
	vm.nics.n = 0;
	vm.cmdline = "a\nb";
	assert_fails(m->check(&vm, &e), e, EINVAL, "printable ASCII");
	arena_release(&a);
}

/* Firecracker puts words of its own behind the guest's, in the same 2048 bytes. */
static void room_for_the_command_line(void **state)
{
	const struct monitor_ops *m = monitor_find(FC);
	struct vm_disk disks[] = {{.path = "/disk0", .serial = "a"}, {.path = "/disk1", .serial = "b"}};
	struct vm_desc vm = vm_default();
	char line[2048];
	struct err e = {0};

	(void)state;
	memset(line, 'x', sizeof(line));
	line[1984] = '\0';
	vm.cmdline = line;
	assert_ok(m->check(&vm, &e), e);
	vm.disks.v = disks;
	vm.disks.n = 2;
	assert_fails(m->check(&vm, &e), e, E2BIG, "has room for 1904");
	line[1904] = '\0';
	assert_ok(m->check(&vm, &e), e);
	vm.rng = true;
	assert_fails(m->check(&vm, &e), e, E2BIG, "has room for 1864");
}

static void power_button(void **state)
{
	const struct powerdown *p = monitor_find(FC)->powerdown;
	const char *body = strstr(p->message, "\r\n\r\n");

	(void)state;
	assert_int_equal(p->archs, 1u << ARCH_X86_64);
	assert_non_null(p->path);
	assert_true(str_starts(p->message, "PUT /actions HTTP/1.1\r\n"));
	assert_non_null(body);
	assert_string_equal(body + 4, "{\"action_type\":\"SendCtrlAltDel\"}");
	assert_int_equal(strlen(body + 4), 32);
	assert_non_null(strstr(p->message, "\r\nContent-Length: 32\r\n"));
}

static void what_it_says_of_itself(void **state)
{
	const struct monitor_ops *m = monitor_find(FC);

	(void)state;
	assert_string_equal(m->binaries[ARCH_AARCH64][0], "firecracker");
	assert_string_equal(m->consoles[ARCH_AARCH64], "ttyS0");
	assert_int_equal(m->caps, MON_KVM | MON_NEEDS_KVM | MON_BLOCK | MON_NET | MON_INITRD);
	assert_int_equal(m->max_vcpus, 32);
	assert_int_equal(m->memory_step_bytes, 1u << 20);
	assert_int_equal(m->stop->action, STOP_KILL);
	assert_int_equal(m->end[ARCH_X86_64], END_KEYBOARD_RESET);
	assert_int_equal(m->end[ARCH_AARCH64], END_RESET);
	assert_int_equal(m->version_formats, ~0u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(argv),
		cmocka_unit_test(smallest_config),
		cmocka_unit_test(largest_config),
		cmocka_unit_test(the_command_line_is_one_string),
		cmocka_unit_test(kernels),
		cmocka_unit_test(refused),
		cmocka_unit_test(room_for_the_command_line),
		cmocka_unit_test(power_button),
		cmocka_unit_test(what_it_says_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
