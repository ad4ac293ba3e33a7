/* SPDX-License-Identifier: Apache-2.0 */
/* The description of machine and application survives its binary form without loss. */
#include "machine/machine.h"

#include "unit.h"

static struct vm_desc example_vm(void)
{
	static struct vm_disk disks[] = {{"/disk0", "vol0", true}};
	static struct vm_nic nics[] = {{"tap0", -1, "52:54:00:00:00:01", 1500, "10.0.0.2/24", "10.0.0.1"}};
	static struct guest_file files[] = {{"/a", 0400, {"x\0y", 3}, NULL, 0},
					    {"/b", 0755, {NULL, 0}, "/h", 9}};

	return (struct vm_desc){ARCH_X86_64,    ACCEL_TCG, "q35",   1ull << 33, 4,         "/kernel",
				KERNEL_ELF_PVH, "/initrd", "a b",   {disks, 1}, {nics, 1}, 3,
				true,           "/fw",     "f.rom", {files, 2}, true};
}

static void a_machine_survives(void **state)
{
	struct vm_desc in = example_vm(), out;
	struct arena a = {0};
	struct strbuf b = STRBUF(&a), again = STRBUF(&a);
	struct err e = {0};

	(void)state;
	record_encode(&rec_vm_desc, &in, &b);
	assert_ok(record_decode(&rec_vm_desc, b.p, b.len, &a, &out, &e), e);
	assert_int_equal(out.memory_bytes, 1ull << 33);
	assert_int_equal(out.kernel_format, KERNEL_ELF_PVH);
	assert_string_equal(out.cmdline, "a b");
	assert_true(out.disks.n == 1 && out.disks.v[0].readonly);
	assert_int_equal(out.nics.v[0].fd, -1);
	assert_string_equal(out.nics.v[0].gateway, "10.0.0.1");
	assert_int_equal(out.files.n, 2);
	assert_int_equal(out.files.v[0].data.n, 3);
	assert_memory_equal(out.files.v[0].data.p, "x\0y", 3);
	assert_string_equal(out.files.v[1].host_path, "/h");
	assert_int_equal(out.files.v[1].host_bytes, 9);
	assert_true(out.terminal && out.seccomp && out.ctl_fd == 3);
	record_encode(&rec_vm_desc, &out, &again);
	assert_int_equal(again.len, b.len);
	assert_memory_equal(again.p, b.p, b.len);
	arena_release(&a);
}

static void an_application_survives(void **state)
{
	const char *args[] = {"/urunit", "x"}, *env[] = {"A=b"};
	uint32_t groups[] = {1, 2};
	struct rlimit_value limits[] = {{"RLIMIT_NOFILE", 1, 2}};
	struct app_desc in = {{args, 2},   {env, 1}, "/w", 7,    8,  {groups, 2}, "h",  true, INIT_URUNIT,
			      ROOT_INITRD, "ttyS0",  2000, "/u", 46, {limits, 1}, true, 022},
			out;
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};

	(void)state;
	record_encode(&rec_app_desc, &in, &b);
	assert_ok(record_decode(&rec_app_desc, b.p, b.len, &a, &out, &e), e);
	assert_int_equal(out.args.n, 2);
	assert_string_equal(out.args.v[1], "x");
	assert_string_equal(out.env.v[0], "A=b");
	assert_true(out.uid == 7 && out.gid == 8 && out.groups.n == 2 && out.groups.v[1] == 2);
	assert_int_equal(out.init, INIT_URUNIT);
	assert_int_equal(out.tsc_early_khz, 2000);
	assert_string_equal(out.urunit_host_path, "/u");
	assert_int_equal(out.urunit_host_bytes, 46);
	assert_true(out.rlimits.n == 1 && out.rlimits.v[0].hard == 2);
	assert_true(out.has_umask && out.umask == 022);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_survives),
		cmocka_unit_test(an_application_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
