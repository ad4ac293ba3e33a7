/* SPDX-License-Identifier: Apache-2.0 */
/* What is missing or not supported is told in one line that names it. */
#include "plan_test.h"

static void config_json_must_be_whole(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.spec.has_linux = false;
	assert_refused(&s, "no 'linux'");
	s.f.spec.has_process = false;
	assert_refused(&s, "no 'process'");
	s.f.root.exists = false;
	assert_refused(&s, "root.path 'rootfs'");
	s.f.spec.root_path = NULL;
	assert_refused(&s, "no 'root'");
	sample_end(&s);
}

static void working_directories(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.spec.cwd = "/proc/self/fd/9";
	assert_refused(&s, "'/proc/self/fd/9'");
	s.f.spec.cwd = "tmp";
	assert_refused(&s, "not an absolute path");
	s.f.spec.cwd = NULL;
	assert_planned(&s);
	assert_string_equal(s.p.cwd, "/");
	sample_end(&s);
}

static void user_namespaces_wait(void **state)
{
	struct spec_ns ns[] = {{"pid", NULL}, {"user", NULL}};
	struct spec_id_map map = {0, 100000, 65536};
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.spec.namespaces.v = ns;
	s.f.spec.namespaces.n = 2;
	assert_refused(&s, "user namespace");
	s.f.spec.namespaces.n = 1;
	assert_planned(&s);
	s.f.spec.gid_maps.v = &map;
	s.f.spec.gid_maps.n = 1;
	assert_refused(&s, "gidMappings");
	sample_end(&s);
}

static void image_files(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.kernel.exists = false;
	s.f.kernel.problem = "No such file or directory";
	assert_refused(&s, "kernel '/boot/vmlinuz' (com.urunc.unikernel.binary) cannot be used: No such file");
	assert_int_equal(s.e.code, ENOENT);
	s.f.kernel.exists = true;
	s.f.kernel.problem = "is a directory";
	assert_refused(&s, "is a directory");
	s.f.kernel.problem = NULL;
	s.f.initrd.problem = "is a FIFO";
	assert_refused(&s, "initrd '/boot/initrd' (com.urunc.unikernel.initrd) cannot be used: is a FIFO");
	s.f.initrd.problem = NULL;
	s.f.kernel.elf_arch = ARCH_AARCH64;
	assert_refused(&s, "built for aarch64, but this host is x86_64");
	sample_end(&s);
}

static void monitors_must_be_there(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	s.f.monitor.path = NULL;
	s.f.monitor.problem = "no 'qemu-system-x86_64' in /bin";
	assert_refused(&s, "no 'qemu-system-x86_64' in /bin; install it or set [monitors.qemu] path");
	s.f.monitor.path = "/q";
	s.f.monitor.problem = "is not an ELF program";
	assert_refused(&s, "at '/q' cannot be used: is not an ELF program");
	sample_end(&s);
}

static void root_kinds_of_later_versions(void **state)
{
	struct sample s;

	(void)state;
	sample_begin(&s);
	sample_annotate(&s, KEY("mountRootfs"), "true");
	assert_refused(&s, "'com.urunc.unikernel.mountRootfs' (true) is not supported by this version");
	sample_annotate(&s, KEY("mountRootfs"), "false");
	assert_planned(&s);
	sample_annotate(&s, KEY("block"), "/disk");
	assert_refused(&s, "'com.urunc.unikernel.block' ('/disk') is not supported");
	sample_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_json_must_be_whole), cmocka_unit_test(working_directories),
		cmocka_unit_test(user_namespaces_wait),      cmocka_unit_test(image_files),
		cmocka_unit_test(monitors_must_be_there),    cmocka_unit_test(root_kinds_of_later_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
