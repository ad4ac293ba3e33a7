/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of application and machine keep every member. */
#include "machine/machine.h"

#include "machine/round.h"

static void application(void **state)
{
	const char *args[] = {"/urunit", "", "\xff"}, *env[] = {"A=1"};
	uint32_t groups[] = {9};
	const char *dns[] = {"10.0.0.53", "example.org", "kernel.msgmax=1"};
	struct guest_file file = {"/etc/hosts", 0644, {"h", 1}, "/host/hosts", 1};
	struct rlimit_value limit = {"RLIMIT_AS", 1, 2};
	struct app_mount mount = {"/p", "vol1", "/f", "o", true};
	struct app_desc app = {.args = {args, 2},
			       .env = {env, 1},
			       .cwd = "/",
			       .uid = 1,
			       .gid = 2,
			       .groups = {groups, 1},
			       .hostname = "h",
			       .terminal = true,
			       .init = INIT_URUNIT,
			       .root = ROOT_IMAGE,
			       .console = "ttyS0",
			       .tsc_early_khz = 3,
			       .urunit_host_path = "/u",
			       .urunit_host_bytes = 4,
			       .rlimits = {&limit, 1},
			       .start_clock_ms = 1700000000123,
			       .has_umask = true,
			       .umask = 022,
			       .version = "0.17.0",
			       .dns = {dns, 1},
			       .dns_search = {dns + 1, 1},
			       .files = {&file, 1},
			       .sysctls = {dns + 2, 1},
			       .solo5_net = "net0",
			       .solo5_block = "disk0",
			       .mounts = {&mount, 1},
			       .readonly_root = true};
	struct app_desc back = {0};
	struct arena a = {0};

	(void)state;
	round_trip(&rec_app_desc, &app, &back, &a);
	assert_int_equal(back.args.n, 2);
	assert_string_equal(back.args.v[1], "");
	assert_string_equal(back.env.v[0], "A=1");
	assert_string_equal(back.cwd, "/");
	assert_int_equal(back.uid * 10 + back.gid, 12);
	assert_int_equal(back.groups.v[0], 9);
	assert_string_equal(back.hostname, "h");
	assert_true(back.terminal && back.has_umask);
	assert_int_equal(back.init, INIT_URUNIT);
	assert_int_equal(back.root, ROOT_IMAGE);
	assert_string_equal(back.console, "ttyS0");
	assert_int_equal(back.tsc_early_khz, 3);
	assert_string_equal(back.urunit_host_path, "/u");
	assert_int_equal(back.urunit_host_bytes, 4);
	assert_int_equal(back.rlimits.v[0].hard, 2);
	assert_int_equal(back.umask, 022);
	assert_int_equal(back.start_clock_ms, 1700000000123);
	assert_string_equal(back.version, "0.17.0");
	assert_string_equal(back.dns.v[0], "10.0.0.53");
	assert_string_equal(back.dns_search.v[0], "example.org");
	assert_string_equal(back.files.v[0].path, "/etc/hosts");
	assert_string_equal(back.sysctls.v[0], "kernel.msgmax=1");
	assert_string_equal(back.solo5_net, "net0");
	assert_string_equal(back.solo5_block, "disk0");
	assert_string_equal(back.mounts.v[0].path, "/p");
	assert_string_equal(back.mounts.v[0].disk, "vol1");
	assert_string_equal(back.mounts.v[0].from, "/f");
	assert_string_equal(back.mounts.v[0].options, "o");
	assert_true(back.mounts.v[0].readonly && back.readonly_root);
	arena_release(&a);
}

static struct vm_desc machine(void)
{
	static struct vm_disk disk = {"/disk", "vol0",  "storage", "/data", "ext4",
				      true,    1 << 20, "lower",   "nosuid"};
	static const char *words[] = {"virtiofsd"};
	static struct confine_daemon daemon = {.argv = {words, 1}, .caps = {words, 1}, .nofile = 7};
	static struct vm_share share = {"fs0", "/share", "/sock", "/mnt", true, true, &daemon};
	static struct solo5_device dev = {"service", SOLO5_NET};
	static struct vm_nic nic = {"tap0",        5,          "52:54:00:00:00:01", 1500,
				    "10.0.0.2/24", "10.0.0.1", "fd00::2/64",        "fd00::1",
				    "service"};
	static struct guest_file file = {"/f", 0400, {"x\0", 2}, "/host", 6};

	return (struct vm_desc){.arch = ARCH_AARCH64,
				.accel = ACCEL_TCG,
				.machine = "virt",
				.memory_bytes = UINT64_MAX,
				.vcpus = 2,
				.kernel = "/kernel",
				.kernel_format = KERNEL_ARM64_IMAGE,
				.initrd = "/initrd",
				.cmdline = "c",
				.disks = {&disk, 1},
				.nics = {&nic, 1},
				.ctl_fd = 3,
				.terminal = true,
				.data_dir = "/fw",
				.firmware = "f",
				.files = {&file, 1},
				.seccomp = true,
				.shares = {&share, 1},
				.solo5 = {SOLO5_SPT, 2, {&dev, 1}},
				.monitor_version = VERSION(1, 2, 3),
				.modern_virtio = true,
				.rng = true,
				.vhost = true,
				.exit_port = 0x501,
				.api_fd = 4,
				.api_path = "/run/api",
				.network_known = true};
}

static void whole_machine(void **state)
{
	struct vm_desc vm = machine(), back = {0};
	struct arena a = {0};

	(void)state;
	round_trip(&rec_vm_desc, &vm, &back, &a);
	assert_int_equal(back.arch, ARCH_AARCH64);
	assert_int_equal(back.accel, ACCEL_TCG);
	assert_int_equal(back.kernel_format, KERNEL_ARM64_IMAGE);
	assert_string_equal(back.machine, "virt");
	assert_true(back.memory_bytes == UINT64_MAX && back.terminal && back.seccomp);
	assert_int_equal(back.vcpus, 2);
	assert_string_equal(back.kernel, "/kernel");
	assert_string_equal(back.initrd, "/initrd");
	assert_string_equal(back.cmdline, "c");
	assert_int_equal(back.ctl_fd, 3);
	assert_string_equal(back.data_dir, "/fw");
	assert_string_equal(back.firmware, "f");
	assert_true(back.modern_virtio && back.rng && back.vhost);
	assert_int_equal(back.monitor_version, 1002003);
	assert_int_equal(back.exit_port, 0x501);
	assert_int_equal(back.api_fd, 4);
	assert_string_equal(back.api_path, "/run/api");
	arena_release(&a);
}

static void its_parts(void **state)
{
	struct vm_desc vm = machine(), back = {0};
	struct arena a = {0};

	(void)state;
	vm.ctl_fd = -1;
	round_trip(&rec_vm_desc, &vm, &back, &a);
	assert_int_equal(back.ctl_fd, -1);
	assert_string_equal(back.disks.v[0].path, "/disk");
	assert_string_equal(back.disks.v[0].name, "storage");
	assert_string_equal(back.disks.v[0].mount_point, "/data");
	assert_string_equal(back.disks.v[0].fstype, "ext4");
	assert_string_equal(back.nics.v[0].address6, "fd00::2/64");
	assert_string_equal(back.nics.v[0].gateway6, "fd00::1");
	assert_string_equal(back.nics.v[0].name, "service");
	assert_string_equal(back.shares.v[0].tag, "fs0");
	assert_string_equal(back.shares.v[0].path, "/share");
	assert_string_equal(back.shares.v[0].socket, "/sock");
	assert_string_equal(back.shares.v[0].mount_point, "/mnt");
	assert_true(back.shares.v[0].readonly && back.shares.v[0].in_archive);
	assert_string_equal(back.shares.v[0].daemon->argv.v[0], "virtiofsd");
	assert_string_equal(back.shares.v[0].daemon->caps.v[0], "virtiofsd");
	assert_int_equal(back.shares.v[0].daemon->nofile, 7);
	assert_int_equal(back.solo5.target, SOLO5_SPT);
	assert_int_equal(back.solo5.version, 2);
	assert_string_equal(back.solo5.devices.v[0].name, "service");
	assert_int_equal(back.solo5.devices.v[0].kind, SOLO5_NET);
	assert_string_equal(back.disks.v[0].serial, "vol0");
	assert_true(back.disks.v[0].readonly);
	assert_string_equal(back.nics.v[0].tap, "tap0");
	assert_int_equal(back.nics.v[0].fd, 5);
	assert_string_equal(back.nics.v[0].mac, "52:54:00:00:00:01");
	assert_int_equal(back.nics.v[0].mtu, 1500);
	assert_string_equal(back.nics.v[0].address, "10.0.0.2/24");
	assert_string_equal(back.nics.v[0].gateway, "10.0.0.1");
	assert_string_equal(back.files.v[0].path, "/f");
	assert_int_equal(back.files.v[0].mode, 0400);
	assert_int_equal(back.files.v[0].data.n, 2);
	assert_string_equal(back.files.v[0].host_path, "/host");
	assert_int_equal(back.files.v[0].host_bytes, 6);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(application),
		cmocka_unit_test(whole_machine),
		cmocka_unit_test(its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
