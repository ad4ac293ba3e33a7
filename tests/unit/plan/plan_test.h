/* SPDX-License-Identifier: Apache-2.0 */
/* A container that can be planned, for tests of plan to change one thing in. */
#ifndef URUNC_TESTS_PLAN_TEST_H
#define URUNC_TESTS_PLAN_TEST_H

#include <errno.h>

#include "plan/internal.h"

#include "unit.h"

#define KEY(name) "com.urunc.unikernel." name

struct sample {
	struct arena a;
	struct facts f;
	struct spec_kv annotations[8];
	struct spec_kv json[16];
	const char *args[40];
	const char *env[40];
	struct cgroup_controller cgroups[3];
	struct host_file files[2];
	struct plan_wants w;
	struct launch_plan p;
	struct err e;
};

static inline void sample_annotate(struct sample *s, const char *key, const char *value)
{
	size_t i;

	for (i = 0; i < s->f.spec.annotations.n; i++)
		if (streq(s->annotations[i].key, key))
			break;
	if (i == s->f.spec.annotations.n)
		s->f.spec.annotations.n++;
	s->annotations[i] = (struct spec_kv){key, value};
}

static inline void sample_json(struct sample *s, const char *key, const char *value)
{
	s->f.has_urunc_json = true;
	s->f.urunc_json.v = s->json;
	s->json[s->f.urunc_json.n++] = (struct spec_kv){key, value};
}

static inline void sample_spec(struct sample *s)
{
	struct oci_spec *spec = &s->f.spec;

	s->args[0] = "/urunit";
	s->args[1] = "/bin/app";
	s->env[0] = "PATH=/bin";
	spec->oci_version = "1.0.2";
	spec->has_process = spec->has_linux = true;
	spec->args = (struct strs){s->args, 2};
	spec->env = (struct strs){s->env, 1};
	spec->cwd = "/";
	spec->root_path = "rootfs";
	spec->cgroups_path = "/default/c1";
	spec->annotations.v = s->annotations;
	sample_annotate(s, KEY("unikernelType"), "linux");
	sample_annotate(s, KEY("hypervisor"), "qemu");
	sample_annotate(s, KEY("binary"), "/boot/vmlinuz");
	sample_annotate(s, KEY("initrd"), "/boot/initrd");
}

static inline void sample_world(struct sample *s)
{
	struct facts *f = &s->f;

	s->cgroups[0] = (struct cgroup_controller){"memory", "/sys/fs/cgroup/memory", "/"};
	s->cgroups[1] = (struct cgroup_controller){"cpu,cpuacct", "/sys/fs/cgroup/cpu", "/own"};
	s->cgroups[2] = (struct cgroup_controller){"pids", "/sys/fs/cgroup/pids", "/"};
	s->files[0] = (struct host_file){"/usr/share/qemu/qboot.rom", "/fw/qboot.rom", true};
	s->files[1] = (struct host_file){"/lib/ld.so", "/lib/ld.so", false};
	f->root = (struct root_facts){.path = "/b/rootfs", .exists = true};
	f->host = (struct host_facts){.arch = ARCH_X86_64,
				      .cpus = 2,
				      .memory_bytes = 8192 * MIB,
				      .kvm = KVM_OPENS,
				      .tsc_khz = 2000000,
				      .cgroup_version = 1,
				      .cgroups = {s->cgroups, 3},
				      .urunit_path = "/host/urunit",
				      .urunit_bytes = 46001};
	f->monitor = (struct monitor_facts){.path = "/usr/bin/qemu", .files = {s->files, 2}};
	f->kernel = (struct image_file){.path = "/boot/vmlinuz",
					.exists = true,
					.size_bytes = 14 * MIB,
					.dev = 5,
					.ino = 6,
					.mode = 0100644,
					.format = KERNEL_BZIMAGE,
					.memory_bytes = 52 * MIB,
					.elf_arch = ARCH_X86_64};
	f->initrd = (struct image_file){.path = "/boot/initrd",
					.exists = true,
					.size_bytes = MIB,
					.dev = 5,
					.ino = 7,
					.mode = 0100644,
					.unpacked_bytes = 2 * MIB,
					.compression = "gzip",
					.elf_arch = -1};
}

static inline void sample_begin(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	s->f.id = "c1";
	s->f.bundle = "/b";
	config_defaults(&s->f.config);
	sample_spec(s);
	sample_world(s);
}

static inline int sample_plan(struct sample *s)
{
	int r;

	s->e = (struct err){0};
	memset(&s->p, 0, sizeof(s->p));
	memset(&s->w, 0, sizeof(s->w));
	r = plan_identify(&s->f, &s->a, &s->w, &s->e);
	return r != 0 ? r : plan_build(&s->f, &s->w, &s->a, &s->p, &s->e);
}

static inline void sample_end(struct sample *s)
{
	arena_release(&s->a);
}

#define assert_planned(s) assert_ok(sample_plan(s), (s)->e)
#define assert_refused(s, words)                                                                             \
	do {                                                                                                 \
		int refused_r_ = sample_plan(s);                                                             \
		if (refused_r_ >= 0 || (s)->e.code != -refused_r_ || !strstr((s)->e.msg, (words)))           \
			fail_msg("%d '%s'; wanted a refusal with '%s'", refused_r_, (s)->e.msg, (words));    \
	} while (0)

/* The value of a cgroup file in the plan, NULL if it is not written. */
static inline const char *sample_setting(const struct sample *s, const char *file)
{
	for (size_t i = 0; i < s->p.cgroup.settings.n; i++)
		if (streq(s->p.cgroup.settings.v[i].file, file))
			return s->p.cgroup.settings.v[i].value;
	return NULL;
}

static inline const struct box_op *sample_op(const struct sample *s, const char *dst)
{
	for (size_t i = 0; i < s->p.box.n; i++)
		if (streq(s->p.box.v[i].dst, dst))
			return &s->p.box.v[i];
	return NULL;
}

/* The word after an option of the monitor. */
static inline const char *sample_word(const struct sample *s, const char *option)
{
	for (size_t i = 0; i + 1 < s->p.argv.n; i++)
		if (streq(s->p.argv.v[i], option))
			return s->p.argv.v[i + 1];
	return NULL;
}

#endif
