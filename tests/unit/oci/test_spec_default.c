/* SPDX-License-Identifier: Apache-2.0 */
/* The default bundle is a valid one and describes a Linux guest. */
#include "spec_test.h"

static void it_parses_and_says_what_it_should(void **state)
{
	static const char *const types[] = {"pid", "network", "ipc", "uts", "mount", "cgroup"};
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct oci_spec s;

	(void)state;
	spec_default_json(&b);
	assert_false(b.oom);
	assert_int_equal(b.p[b.len - 1], '\n');
	s = spec_of(&a, b.p);
	assert_int_equal(s.args.n, 2);
	assert_string_equal(s.args.v[0], "/urunit");
	assert_string_equal(s.args.v[1], "/bin/sh");
	assert_string_equal(spec_annotation(&s, "com.urunc.unikernel.unikernelType"), "linux");
	assert_string_equal(spec_annotation(&s, "com.urunc.unikernel.hypervisor"), "qemu");
	assert_string_equal(spec_annotation(&s, "com.urunc.unikernel.binary"), "/boot/vmlinuz");
	assert_string_equal(spec_annotation(&s, "com.urunc.unikernel.initrd"), "/boot/initrd.img");
	assert_string_equal(s.root_path, "rootfs");
	assert_false(s.root_readonly);
	assert_string_equal(s.cwd, "/");
	assert_int_equal(s.namespaces.n, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(s.namespaces.v[i].type, types[i]);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(it_parses_and_says_what_it_should)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
