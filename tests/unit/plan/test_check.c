/* SPDX-License-Identifier: Apache-2.0 */
/* Every absence has its own words. */
#include "plan/world.h"

static void parts_of_the_spec(void **state)
{
	struct world *w = *state;
	struct oci_spec spec = w->f.spec, *s = &w->f.spec;

	s->has_linux = false;
	assert_refused(w, EINVAL, "no 'linux'");
	*s = spec;
	s->has_process = false;
	assert_refused(w, EINVAL, "no 'process'");
	*s = spec;
	s->root_path = NULL;
	assert_refused(w, EINVAL, "no 'root'");
	*s = spec;
	w->f.root.exists = false;
	assert_refused(w, ENOENT, "root.path 'rootfs'");
}

static void working_directory(void **state)
{
	struct world *w = *state;

	w->f.spec.cwd = "relative";
	assert_refused(w, EINVAL, "'relative' is not an absolute path");
	w->f.spec.cwd = "/proc/self/fd/9";
	assert_refused(w, EINVAL, "below /proc");
	w->f.spec.cwd = "/process";
	assert_planned(w);
}

static void user_namespaces(void **state)
{
	static struct spec_id_map map = {0, 100000, 65536};
	struct world *w = *state;

	w->f.spec.uid_maps.v = &map;
	w->f.spec.uid_maps.n = 1;
	assert_refused(w, EINVAL, "uidMappings");
	w->f.spec.uid_maps.n = 0;
	w->f.spec.gid_maps.v = &map;
	w->f.spec.gid_maps.n = 1;
	assert_refused(w, EINVAL, "gidMappings");
	w->f.spec.gid_maps.n = 0;
	w->ns[w->f.spec.namespaces.n++] = (struct spec_ns){"user", NULL};
	assert_refused(w, EINVAL, "user namespace");
}

static void image_files(void **state)
{
	struct world *w = *state;

	w->f.kernel.problem = "is a directory";
	assert_refused(w, EINVAL,
		       "kernel '/boot/vmlinuz' (com.urunc.unikernel.binary) cannot be used: is a directory");
	w->f.kernel.problem = NULL;
	w->f.initrd.exists = false;
	w->f.initrd.problem = "No such file or directory";
	assert_refused(w, ENOENT, "initrd '/boot/initrd.img' (com.urunc.unikernel.initrd)");
	assert_non_null(strstr(w->e.msg, "/run/b/c1/rootfs"));
	w->f.initrd.problem = NULL;
	w->f.kernel.elf_arch = ARCH_AARCH64;
	assert_refused(w, EINVAL, "is built for aarch64, but this host is x86_64");
	w->f.kernel.elf_arch = ARCH_X86_64;
	assert_planned(w);
}

static void the_monitors_program(void **state)
{
	struct world *w = *state;

	w->f.monitor.problem = "needs libx.so.1, which was not found";
	assert_refused(w, EINVAL, "at '/usr/bin/qemu-system-x86_64' cannot be used: needs libx.so.1");
	w->f.monitor.path = NULL;
	w->f.monitor.problem = "no qemu-system-x86_64 in PATH";
	assert_refused(
		w, ENOENT,
		"monitor 'qemu' not found: no qemu-system-x86_64 in PATH; install it or set [monitors.qemu]");
	w->f.monitor.problem = NULL;
	assert_refused(w, ENOENT, "monitor 'qemu' not found");
}

static void claims_without_bounds(void **state)
{
	struct world *w = *state;

	w->f.kernel.memory_bytes = (1ull << 48) + 1;
	assert_refused(w, EINVAL, "kernel '/boot/vmlinuz'");
	w->f.kernel.memory_bytes = 0;
	w->f.initrd.unpacked_bytes = UINT64_MAX;
	assert_refused(w, EINVAL, "more than 256 TiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(parts_of_the_spec),    world_test(working_directory),
		world_test(user_namespaces),      world_test(image_files),
		world_test(the_monitors_program), world_test(claims_without_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
