/* SPDX-License-Identifier: Apache-2.0 */
/* The Linux guest: three kinds of init, what each is told and by which way. */
#include <errno.h>

#include "guests/guest.h"

#include "unit.h"

#define MIB (1024ull * 1024)

static const char *args[] = {"/sbin/urunit", "/bin/app", "a b\n"};
static const char *env[] = {"A=b c"};

static struct app_desc app(int init)
{
	return (struct app_desc){
		.args = {args, 3},
		.env = {env, 1},
		.cwd = "/",
		.init = init,
		.root = ROOT_INITRD,
		.console = "ttyS0",
		.urunit_host_path = "/host/urunit",
		.urunit_host_bytes = 46000,
	};
}

static const char *cmdline(struct arena *a, const struct app_desc *d, const struct vm_desc *vm)
{
	struct strbuf b = STRBUF(a);
	struct err e = {0};

	assert_ok(guest_find("linux")->cmdline(d, vm, &b, &e), e);
	return b.p;
}

static void our_urunit_is_told_by_a_file(void **state)
{
	struct arena a = {0};
	struct app_desc d = app(INIT_URUNIT);
	struct vm_desc vm = {.ctl_fd = 3, .accel = ACCEL_TCG};
	struct err e = {0};

	(void)state;
	d.tsc_early_khz = 2000000;
	assert_ok(guest_find("linux")->adjust(&d, &vm, &a, &e), e);
	assert_int_equal(vm.files.n, 2);
	assert_string_equal(vm.files.v[0].path, "/urunit.conf");
	assert_int_equal(vm.files.v[0].mode, 0400);
	assert_non_null(strstr(vm.files.v[0].data.p, "arg 4\na b\n\n"));
	assert_non_null(strstr(vm.files.v[0].data.p, "ctl 1\n1\n"));
	assert_string_equal(vm.files.v[1].path, "/sbin/urunit");
	assert_string_equal(vm.files.v[1].host_path, "/host/urunit");
	assert_int_equal(vm.files.v[1].host_bytes, 46000);
	assert_string_equal(cmdline(&a, &d, &vm),
			    "console=ttyS0 quiet loglevel=0 panic=-1 reboot=t tsc_early_khz=2000000 noreplace-smp "
			    "cryptomgr.notests rdinit=/sbin/urunit");
	vm.accel = ACCEL_KVM;
	d.tsc_early_khz = 0;
	assert_string_equal(cmdline(&a, &d, &vm),
			    "console=ttyS0 quiet loglevel=0 panic=-1 reboot=t rdinit=/sbin/urunit");
	arena_release(&a);
}

static void an_older_urunit_gets_the_old_form(void **state)
{
	struct arena a = {0};
	struct app_desc d = app(INIT_URUNIT_COMPAT);
	struct vm_desc vm = {.ctl_fd = -1, .accel = ACCEL_KVM};
	struct err e = {0};

	(void)state;
	args[2] = "a b";
	assert_ok(guest_find("linux")->adjust(&d, &vm, &a, &e), e);
	args[2] = "a b\n";
	assert_int_equal(vm.files.n, 1);
	assert_true(str_starts(vm.files.v[0].data.p, "UES\nA=b c\nUEE\n"));
	args[2] = "a b";
	assert_string_equal(cmdline(&a, &d, &vm),
			    "console=ttyS0 quiet loglevel=0 panic=-1 reboot=t root=/dev/ram0 rw "
			    "URUNIT_CONFIG=/urunit.conf rdinit=/sbin/urunit -- /bin/app 'a b'");
	args[2] = "a b\n";
	arena_release(&a);
}

static void another_init_gets_words(void **state)
{
	struct arena a = {0};
	struct app_desc d = app(INIT_APP);
	struct vm_desc vm = {.ctl_fd = -1, .accel = ACCEL_TCG};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};

	(void)state;
	assert_ok(guest_find("linux")->adjust(&d, &vm, &a, &e), e);
	assert_int_equal(vm.files.n, 0);
	assert_fails(guest_find("linux")->cmdline(&d, &vm, &b, &e), e, EINVAL, "process.args[2]");
	d.args.n = 2;
	/* A word that a kernel may not know would become the application's first argument. */
	assert_string_equal(cmdline(&a, &d, &vm),
			    "console=ttyS0 quiet loglevel=0 panic=-1 reboot=t cryptomgr.notests root=/dev/ram0 rw "
			    "\"A=b c\" rdinit=/sbin/urunit -- /bin/app");
	arena_release(&a);
}

static void an_init_is_needed(void **state)
{
	const char *bad[] = {"/in it"}, *none[] = {""};
	struct arena a = {0};
	struct app_desc d = app(INIT_APP);
	struct vm_desc vm = {.ctl_fd = -1};
	struct err e;

	(void)state;
	d.args.n = 0;
	assert_fails(guest_find("linux")->adjust(&d, &vm, &a, &e), e, EINVAL, "process.args is empty");
	d.args = (struct strs){bad, 1};
	assert_fails(guest_find("linux")->adjust(&d, &vm, &a, &e), e, EINVAL, "'/in it'");
	d.args = (struct strs){none, 1};
	assert_fails(guest_find("linux")->adjust(&d, &vm, &a, &e), e, EINVAL, "process.args[0]");
	d = app(INIT_URUNIT);
	d.args.n = 1;
	assert_fails(guest_find("linux")->adjust(&d, &vm, &a, &e), e, EINVAL, "no program");
	arena_release(&a);
}

static void memory_that_was_seen_to_suffice(void **state)
{
	const struct guest_ops *g = guest_find("linux");
	/* Debian's cloud kernel: init_size 51.5 MiB. It booted with 80 MiB and an initrd of 1.1 (2.3) MiB, not with 72;
	 * with 207 and 43.2 (44.3) MiB. */
	const struct guest_image small = {14186432, 53968896, 1118557, 2331648};
	const struct guest_image large = {14186432, 53968896, 43152168, 44274688};
	const struct guest_image unknown = {4 * MIB, 0, 2 * MIB, 0};

	(void)state;
	assert_in_range(g->min_memory(&small), 76 * MIB, 96 * MIB);
	assert_in_range(g->min_memory(&large), 176 * MIB, 207 * MIB);
	/* Nothing known but file sizes: assumed large, never zero. */
	assert_in_range(g->min_memory(&unknown), 48 * MIB, 96 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_urunit_is_told_by_a_file),
		cmocka_unit_test(an_older_urunit_gets_the_old_form),
		cmocka_unit_test(another_init_gets_words),
		cmocka_unit_test(an_init_is_needed),
		cmocka_unit_test(memory_that_was_seen_to_suffice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
