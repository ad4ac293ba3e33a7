/* SPDX-License-Identifier: Apache-2.0 */
/* The Linux guest: files it gets, its command line for each kind of init, the least memory. */
#include <errno.h>

#include "guests/guest.h"
#include "unit.h"

#define MIB (1024ull * 1024)

struct world {
	struct arena a;
	struct err e;
	struct app_desc app;
	struct vm_desc vm;
	const char *args[4], *env[4];
	const struct guest_ops *g;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->g = guest_find("linux");
	assert_non_null(w->g);
	w->args[0] = "/urunit";
	w->args[1] = "/bin/app";
	w->args[2] = "a b";
	w->env[0] = "A=1";
	w->app = (struct app_desc){.args = {w->args, 3},
				   .env = {w->env, 1},
				   .cwd = "/",
				   .init = INIT_URUNIT,
				   .root = ROOT_INITRD,
				   .console = "ttyS0",
				   .urunit_host_path = "/usr/libexec/urunit",
				   .urunit_host_bytes = 77};
	w->vm = (struct vm_desc){.arch = ARCH_X86_64, .accel = ACCEL_KVM, .machine = "microvm", .ctl_fd = 3};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	arena_release(&w->a);
	free(w);
	return 0;
}
#define linux_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int adjust(struct world *w)
{
	w->vm.files.v = NULL;
	w->vm.files.n = 0;
	w->e = (struct err){0};
	return w->g->adjust(&w->app, &w->vm, &w->a, &w->e);
}

static void line_is(struct world *w, const char *want)
{
	struct strbuf b = STRBUF(&w->a);

	assert_ok(w->g->cmdline(&w->app, &w->vm, &b, &w->e), w->e);
	assert_string_equal(b.p, want);
}

#define BASE "console=ttyS0 quiet loglevel=0 panic=-1 reboot=t"

static void our_urunit(void **state)
{
	struct world *w = *state;

	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 2);
	assert_string_equal(w->vm.files.v[0].path, "/urunit.conf");
	assert_int_equal(w->vm.files.v[0].mode, 0400);
	assert_memory_equal(w->vm.files.v[0].data.p, "URS\nctl 1\n1\n", 12);
	assert_string_equal(w->vm.files.v[1].path, "/urunit");
	assert_int_equal(w->vm.files.v[1].mode, 0755);
	assert_string_equal(w->vm.files.v[1].host_path, "/usr/libexec/urunit");
	assert_int_equal(w->vm.files.v[1].host_bytes, 77);
	line_is(w, BASE " rdinit=/urunit");
	w->vm.ctl_fd = -1;
	assert_ok(adjust(w), w->e);
	assert_memory_equal(w->vm.files.v[0].data.p, "URS\nhostname", 12);
}

static void an_older_urunit(void **state)
{
	struct world *w = *state;

	w->app.init = INIT_URUNIT_COMPAT;
	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 1);
	assert_string_equal(w->vm.files.v[0].path, "/urunit.conf");
	assert_memory_equal(w->vm.files.v[0].data.p, "UES\nA=1\nUEE\n", 12);
	line_is(w, BASE " root=/dev/ram0 rw URUNIT_CONFIG=/urunit.conf rdinit=/urunit -- /bin/app 'a b'");
	w->env[0] = "A=1\n";
	assert_fails(adjust(w), w->e, EINVAL, "process.env[0]");
}

static void another_init(void **state)
{
	struct world *w = *state;

	w->app.init = INIT_APP;
	w->args[0] = "/init";
	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 0);
	line_is(w, BASE " root=/dev/ram0 rw A=1 rdinit=/init -- /bin/app \"a b\"");
	w->app.args.n = 1;
	w->app.env.n = 0;
	line_is(w, BASE " root=/dev/ram0 rw rdinit=/init");
}

/* Where the kernel is to mount the root itself, and where our urunit does. */
static void other_roots(void **state)
{
	struct vm_disk disks[] = {{.serial = "annot_vol", .mount_point = "/data"},
				  {.serial = "rootfs", .mount_point = "/", .fstype = "ext3"}};
	struct vm_share share = {.tag = "fs0", .mount_point = "/"};
	struct world *w = *state;

	w->args[0] = "/sbin/urunit";
	w->app.root = ROOT_BLOCK;
	w->vm.disks.v = disks;
	w->vm.disks.n = 2;
	assert_ok(adjust(w), w->e);
	assert_string_equal(w->vm.files.v[1].path, "/urunit");
	assert_non_null(
		strstr(w->vm.files.v[0].data.p, "volume 41\nserial rootfs\norder 1\npath /\nfstype ext3\n"));
	line_is(w, BASE " rdinit=/urunit");
	w->app.init = INIT_URUNIT_COMPAT;
	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 1);
	assert_string_equal(w->vm.files.v[0].path, GUEST_FILE_RAW);
	line_is(w, BASE " root=/dev/vdb rootfstype=ext3 rw retain_initrd URUNIT_CONFIG=/sys/firmware/initrd "
			"init=/sbin/urunit -- /bin/app 'a b'");
	w->app.init = INIT_APP;
	disks[1].readonly = true;
	disks[1].fstype = NULL;
	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 0);
	line_is(w, BASE " root=/dev/vdb ro A=1 init=/sbin/urunit -- /bin/app \"a b\"");
	w->vm.disks.n = 0;
	w->vm.shares.v = &share;
	w->vm.shares.n = 1;
	w->app.root = ROOT_9P;
	w->app.args.n = 1;
	w->app.env.n = 0;
	line_is(w, BASE
		" root=fs0 rootfstype=9p rootflags=trans=virtio,version=9p2000.L,msize=5000000,cache=mmap,posixacl "
		"rw init=/sbin/urunit");
	w->app.root = ROOT_VIRTIOFS;
	share.readonly = true;
	line_is(w, BASE " root=fs0 rootfstype=virtiofs ro init=/sbin/urunit");
}

static void mount_points(void **state)
{
	static const char *const bad[] = {"data", "", "/a\nro", "/a\r"};
	struct vm_disk disk = {.serial = "vol0"};
	struct vm_share share = {.tag = "fs0"};
	struct world *w = *state;

	w->vm.disks.v = &disk;
	w->vm.disks.n = 1;
	w->vm.shares.v = &share;
	w->vm.shares.n = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		disk.mount_point = bad[i];
		share.mount_point = NULL;
		assert_fails(adjust(w), w->e, EINVAL, "mount point");
		disk.mount_point = NULL;
		share.mount_point = bad[i];
		assert_fails(adjust(w), w->e, EINVAL, "mount point");
	}
	share.mount_point = "/a b";
	assert_ok(adjust(w), w->e);
}

static void files_and_parameters(void **state)
{
	struct guest_file files[] = {{.path = "/etc/hosts", .mode = 0644, .data = {"h", 1}},
				     {.path = "/etc/resolv.conf", .mode = 0644, .data = {"r", 1}}};
	const char *sysctls[] = {"net.core.somaxconn=128", "kernel.y=a b"};
	struct world *w = *state;

	w->app.files.v = files;
	w->app.files.n = 2;
	w->app.sysctls.v = sysctls;
	w->app.sysctls.n = 2;
	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 2); /* told in the configuration */
	line_is(w, BASE " rdinit=/urunit");
	w->app.init = INIT_URUNIT_COMPAT;
	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 4);
	assert_string_equal(w->vm.files.v[1].path, "/etc");
	assert_int_equal(w->vm.files.v[1].mode, 040755);
	assert_string_equal(w->vm.files.v[2].path, "/etc/hosts");
	assert_string_equal(w->vm.files.v[3].path, "/etc/resolv.conf");
	line_is(w, BASE " root=/dev/ram0 rw sysctl.net.core.somaxconn=128 \"sysctl.kernel.y=a b\" "
			"URUNIT_CONFIG=/urunit.conf rdinit=/urunit -- /bin/app 'a b'");
	w->app.init = INIT_APP;
	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 3);
	w->app.root = ROOT_BLOCK;
	assert_ok(adjust(w), w->e);
	assert_int_equal(w->vm.files.n, 0);
	sysctls[0] = "a=x\ny";
	struct strbuf b = STRBUF(&w->a);

	assert_fails(w->g->cmdline(&w->app, &w->vm, &b, &w->e), w->e, EINVAL, "linux.sysctl has a line break");
}

static void network(void **state)
{
	struct vm_nic nic = {.address = "10.1.1.5/32", .gateway = "169.254.1.1"};
	struct world *w = *state;

	w->vm.nics.v = &nic;
	w->vm.nics.n = 1;
	line_is(w, BASE " rdinit=/urunit");
	w->app.init = INIT_URUNIT_COMPAT;
	line_is(w, BASE " root=/dev/ram0 rw ip=10.1.1.5::169.254.1.1:255.255.255.255:urunc:eth0:off "
			"URUNIT_CONFIG=/urunit.conf URUNIT_DEFROUTE=1 rdinit=/urunit -- /bin/app 'a b'");
	nic.address = "169.254.1.5/24";
	w->app.hostname = "h";
	line_is(w, BASE " root=/dev/ram0 rw ip=169.254.1.5::169.254.1.1:255.255.255.0:h:eth0:off "
			"URUNIT_CONFIG=/urunit.conf rdinit=/urunit -- /bin/app 'a b'");
	w->app.init = INIT_APP;
	w->app.args.n = 1;
	line_is(w, BASE
		" root=/dev/ram0 rw ip=169.254.1.5::169.254.1.1:255.255.255.0:h:eth0:off A=1 rdinit=/urunit");
}

static void words_for_slow_machines(void **state)
{
	struct world *w = *state;

	w->vm.accel = ACCEL_TCG;
	w->app.tsc_early_khz = 2345678;
	line_is(w, BASE " tsc_early_khz=2345678 noreplace-smp cryptomgr.notests rdinit=/urunit");
	w->app.tsc_early_khz = 0;
	w->vm.arch = ARCH_AARCH64;
	w->app.console = "ttyAMA0";
	line_is(w, "console=ttyAMA0 quiet loglevel=0 panic=-1 reboot=t cryptomgr.notests rdinit=/urunit");
	w->vm.arch = ARCH_X86_64;
	w->app.console = "ttyS0";
	w->app.init = INIT_APP; /* an unknown word would become an argument of it */
	w->app.args.n = 1;
	w->app.env.n = 0;
	line_is(w, BASE " cryptomgr.notests root=/dev/ram0 rw rdinit=/urunit");
}

static void words_for_the_end(void **state)
{
	struct world *w = *state;

	w->vm.end = END_KEYBOARD_RESET;
	line_is(w, "console=ttyS0 quiet loglevel=0 panic=-1 reboot=k rdinit=/urunit");
	w->vm.end = END_POWER_OFF; /* urunit is told; a panic starts the guest again */
	line_is(w, BASE " rdinit=/urunit");
}

static void inits_path(void **state)
{
	static const char *const bad[] = {"",      "/a b",  "/a\tb", "/a\"b", "/a'b",
					  "/a\nb", "/a\rb", "/a\vb", "/a\fb", "/\xc3\xa0"};
	struct world *w = *state;

	for (int init = INIT_APP; init <= INIT_URUNIT; init++)
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			w->app.init = init;
			w->args[0] = bad[i];
			assert_fails(adjust(w), w->e, EINVAL, "process.args[0]");
		}
	w->app.args.n = 0;
	assert_fails(adjust(w), w->e, EINVAL, "process.args is empty");
	w->args[0] = "/urunit";
	w->app.args.n = 1;
	assert_fails(adjust(w), w->e, EINVAL, "names only the init '/urunit'");
	w->app.init = INIT_APP;
	assert_ok(adjust(w), w->e);
}

static void least_memory(void **state)
{
	struct world *w = *state;
	struct guest_image img = {.kernel_bytes = 8 * MIB,
				  .kernel_memory_bytes = 40 * MIB,
				  .initrd_bytes = 4 * MIB,
				  .initrd_unpacked_bytes = 10 * MIB};

	assert_int_equal(w->g->min_memory(&img), (40 + 4 + 20 + 24) * MIB);
	img.kernel_memory_bytes = 0;
	assert_int_equal(w->g->min_memory(&img), (32 + 4 + 20 + 24) * MIB);
	img.initrd_unpacked_bytes = 0;
	assert_int_equal(w->g->min_memory(&img), (32 + 4 + 32 + 24) * MIB);
	img.initrd_bytes = 0;
	assert_int_equal(w->g->min_memory(&img), (32 + 24) * MIB);
}

static void what_it_says_of_itself(void **state)
{
	struct world *w = *state;

	assert_int_equal(w->g->roots, 1u << ROOT_INITRD | 1u << ROOT_NONE | 1u << ROOT_BLOCK | 1u << ROOT_9P |
					      1u << ROOT_VIRTIOFS | 1u << ROOT_IMAGE);
	assert_string_equal(w->g->block_filesystems[0], "ext4");
	assert_int_equal(w->g->max_disks, 16);
	assert_int_equal(w->g->max_nics, 8);
	assert_true(w->g->powerdown && w->g->rng && w->g->sysctls);
	assert_string_equal(w->g->monitors[0], "qemu");
	assert_null(w->g->machines);
	assert_int_equal(w->g->max_cmdline_bytes, 2047);
	assert_true(w->g->tsc_hint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		linux_test(our_urunit),        linux_test(an_older_urunit),
		linux_test(another_init),      linux_test(other_roots),
		linux_test(mount_points),      linux_test(files_and_parameters),
		linux_test(network),           linux_test(words_for_slow_machines),
		linux_test(words_for_the_end), linux_test(inits_path),
		linux_test(least_memory),      linux_test(what_it_says_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
