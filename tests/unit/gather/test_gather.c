/* SPDX-License-Identifier: Apache-2.0 */
/* Both steps on a whole bundle with a made monitor. */
#include "gather/gather.h"

#include <stdalign.h>

#include "common/json.h"
#include "gather/elf_make.h"
#include "gather/scratch.h"
#include "guests/guest.h"
#include "monitors/monitor.h"

static const char *const names[] = {"urunc-test-vm", NULL};
static const struct guest_ops guest = {.name = "unikraft"};

static void put_bundle(struct scratch *s)
{
	static alignas(16) unsigned char image[ELF_MAKE_BYTES];

	elf_make(&(struct elf_make){.note_owner = "Xen", .note_type = 18}, image);
	scratch_put(s, "b/rootfs/kernel", image, sizeof image);
	scratch_text(s, "b/rootfs/initrd", "070701");
	scratch_text(s, "b/config.json",
		     "{\"root\":{\"path\":\"rootfs\"},\"linux\":{\"cgroupsPath\":\"/urunc-none/c1\"}}");
	elf_make(&(struct elf_make){.type = ET_EXEC}, image);
	scratch_put(s, "bin/urunc-test-vm", image, sizeof image);
}

static struct facts first_step(struct scratch *s)
{
	struct config cfg;
	struct facts f;

	config_defaults(&cfg);
	json_use_arena(&s->a);
	assert_ok(gather_spec(scratch_path(s, "b"), "c1", &cfg, &s->a, &f, &s->e), s->e);
	return f;
}

static void everything(void **state)
{
	const struct monitor_ops ops = {.name = "qemu", .binaries = {names, names}, .caps = MON_KVM | MON_TCG};
	const struct plan_wants w = {.monitor = &ops,
				     .guest = &guest,
				     .meta = {.binary = "/kernel", .initrd = "/initrd", .block = "/none"}};
	struct scratch *s = *state;
	struct facts f;
	struct stat st;

	put_bundle(s);
	f = first_step(s);
	assert_ok(gather_rest(&f, &w, scratch_path(s, "bin"), scratch_path(s, "cache"), &s->a, &s->e), s->e);
	assert_int_equal(f.kernel.format, KERNEL_ELF_PVH);
	assert_string_equal(f.initrd.compression, "none");
	assert_string_equal(f.block.problem, "No such file or directory");
	assert_string_equal(f.monitor.path, scratch_path(s, "bin/urunc-test-vm"));
	assert_true(f.monitor.is_static);
	assert_non_null(f.root.fstype);
	assert_true(f.host.cpus > 0);
	assert_in_range(f.host.cgroup_version, 0, 2);
	assert_int_equal(f.host.cgroup_version > 0, f.host.cgroups.n > 0);
	assert_int_equal(stat(scratch_path(s, "cache/kvm-probe"), &st), 0);
	if (access("/dev/kvm", F_OK) < 0)
		assert_int_equal(f.host.kvm, KVM_ABSENT);
}

static void no_kvm_wanted(void **state)
{
	const struct monitor_ops ops = {.name = "qemu", .binaries = {names, names}};
	const struct plan_wants w = {.monitor = &ops, .guest = &guest};
	struct scratch *s = *state;
	struct facts f;

	put_bundle(s);
	f = first_step(s);
	assert_ok(gather_rest(&f, &w, scratch_path(s, "bin"), scratch_path(s, "cache"), &s->a, &s->e), s->e);
	assert_int_equal(access(scratch_path(s, "cache"), F_OK), -1);
	assert_int_equal(f.host.kvm, KVM_ABSENT);
	assert_null(f.kernel.path);
}

/* podman gives no PATH. */
static void built_in_search(void **state)
{
	static const char *const shell[] = {"cat", NULL};
	const struct monitor_ops ops = {.name = "qemu", .binaries = {shell, shell}};
	const struct plan_wants w = {.monitor = &ops, .guest = &guest};
	struct scratch *s = *state;

	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	put_bundle(s);
	for (int i = 0; i < 2; i++) {
		struct facts f = first_step(s);

		assert_ok(gather_rest(&f, &w, i ? "" : NULL, NULL, &s->a, &s->e), s->e);
		assert_non_null(f.monitor.path);
		assert_true(f.monitor.files.n > 0);
	}
}

static void no_monitor(void **state)
{
	const struct plan_wants w = {.guest = &guest, .meta = {.binary = "/kernel"}};
	struct scratch *s = *state;
	struct facts f;

	put_bundle(s);
	f = first_step(s);
	assert_ok(gather_rest(&f, &w, NULL, NULL, &s->a, &s->e), s->e);
	assert_null(f.monitor.path);
	assert_int_equal(f.kernel.format, KERNEL_ELF_PVH);
}

/* Only where something depends on it: to ask costs the start of a program. */
static void version_where_it_matters(void **state)
{
	struct monitor_ops ops = {.name = "qemu", .binaries = {names, names}};
	const struct plan_wants w = {.monitor = &ops, .guest = &guest, .meta = {.binary = "/kernel"}};
	struct scratch *s = *state;
	struct facts f;

	put_bundle(s);
	scratch_text(s, "bin/urunc-test-vm", "#!/bin/sh\necho v7.8.9\n");
	for (int i = 0; i < 3; i++) {
		ops.version_formats = i == 0 ? 0 : i == 1 ? 1u << KERNEL_BZIMAGE : 1u << KERNEL_ELF_PVH;
		f = first_step(s);
		assert_ok(gather_rest(&f, &w, scratch_path(s, "bin"), NULL, &s->a, &s->e), s->e);
		assert_int_equal(f.kernel.format, KERNEL_ELF_PVH);
		assert_int_equal(f.monitor.version, i == 2 ? VERSION(7, 8, 9) : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(everything),
		scratch_test(no_kvm_wanted),
		scratch_test(built_in_search),
		scratch_test(no_monitor),
		scratch_test(version_where_it_matters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
