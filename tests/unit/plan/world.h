/* SPDX-License-Identifier: Apache-2.0 */
/* A host, a bundle and an image that make a plan; tests change one thing and look what becomes of it. */
#ifndef URUNC_TESTS_PLAN_WORLD_H
#define URUNC_TESTS_PLAN_WORLD_H

#include <errno.h>

#include "common/json.h"
#include "plan/internal.h"
#include "unit.h"

#define WORLD_WORDS 1100

struct world {
	struct arena a;
	struct err e;
	struct facts f;
	struct plan_wants w;
	struct launch_plan p;
	struct build b; /* for the steps of plan_build */
	struct spec_kv ann[16];
	const char *args[WORLD_WORDS], *env[WORLD_WORDS];
	struct spec_ns ns[8];
	struct host_file files[8];
	struct cgroup_controller groups[8];
	struct spec_rlimit limits[8];
	struct spec_kv unified[8];
};

static inline void world_annotate(struct world *w, const char *key, const char *value)
{
	char full[128];
	size_t i;

	snprintf(full, sizeof(full), "%s%s", strchr(key, '.') == NULL ? KEY_PREFIX : "", key);
	for (i = 0; i < w->f.spec.annotations.n && !streq(w->ann[i].key, full); i++)
		;
	assert_true(i < 16);
	w->ann[i] = (struct spec_kv){arena_strdup(&w->a, full), value};
	if (i == w->f.spec.annotations.n)
		w->f.spec.annotations.n++;
}

static inline void world_drop(struct world *w, const char *key)
{
	for (size_t i = 0; i < w->f.spec.annotations.n; i++)
		if (str_ends(w->ann[i].key, key))
			w->ann[i] = w->ann[--w->f.spec.annotations.n];
}

static inline void world_arg(struct world *w, const char *s)
{
	assert_true(w->f.spec.args.n < WORLD_WORDS);
	w->args[w->f.spec.args.n++] = s;
}

static inline void world_env(struct world *w, const char *s)
{
	assert_true(w->f.spec.env.n < WORLD_WORDS);
	w->env[w->f.spec.env.n++] = s;
}

static inline void world_group(struct world *w, const char *names, const char *mountpoint, const char *self)
{
	w->groups[w->f.host.cgroups.n++] = (struct cgroup_controller){names, mountpoint, self};
}

static inline void world_spec(struct world *w)
{
	struct oci_spec *s = &w->f.spec;

	s->oci_version = "1.0.2";
	s->has_process = s->has_linux = true;
	s->root_path = "rootfs";
	s->cwd = "/";
	s->cgroups_path = "/default/c1";
	s->args.v = w->args;
	s->env.v = w->env;
	s->annotations.v = w->ann;
	s->namespaces.v = w->ns;
	s->rlimits.v = w->limits;
	s->resources.unified.v = w->unified;
	w->ns[s->namespaces.n++] = (struct spec_ns){"pid", NULL};
	w->ns[s->namespaces.n++] = (struct spec_ns){"mount", NULL};
	world_arg(w, "/urunit");
	world_arg(w, "/bin/app");
	world_env(w, "PATH=/bin");
	world_annotate(w, "unikernelType", "linux");
	world_annotate(w, "hypervisor", "qemu");
	world_annotate(w, "binary", "/boot/vmlinuz");
	world_annotate(w, "initrd", "/boot/initrd.img");
}

static inline void world_host(struct world *w)
{
	struct host_facts *h = &w->f.host;

	h->arch = ARCH_X86_64;
	h->cpus = 2;
	h->memory_bytes = 8ull << 30;
	h->kvm = KVM_WORKS;
	h->tsc_khz = 2500000;
	h->cgroup_version = 2;
	h->cgroups.v = w->groups;
	h->urunit_path = "/usr/libexec/urunc/urunit";
	h->urunit_bytes = 40001;
	world_group(w, "", "/sys/fs/cgroup", "/system.slice/engine.service");
	w->f.monitor.path = "/usr/bin/qemu-system-x86_64";
	w->f.monitor.files.v = w->files;
	w->files[0] = (struct host_file){"/lib/libc.so.6", "/lib/libc.so.6", false};
	w->files[1] = (struct host_file){"/usr/share/qemu/qboot.rom", "/fw/qboot.rom", true};
	w->f.monitor.files.n = 2;
}

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	json_use_arena(&w->a); /* as gather has done for whoever plans */
	w->f.id = "c1";
	w->f.bundle = "/run/b/c1";
	config_defaults(&w->f.config);
	world_spec(w);
	world_host(w);
	w->f.root = (struct root_facts){.path = "/run/b/c1/rootfs", .exists = true, .fstype = "overlay"};
	w->f.kernel = (struct image_file){.path = "/boot/vmlinuz",
					  .exists = true,
					  .size_bytes = 8 * MIB,
					  .dev = 64,
					  .ino = 1001,
					  .mode = 0644,
					  .format = KERNEL_BZIMAGE,
					  .memory_bytes = 40 * MIB,
					  .elf_arch = -1};
	w->f.initrd = (struct image_file){.path = "/boot/initrd.img",
					  .exists = true,
					  .size_bytes = 4 * MIB,
					  .dev = 64,
					  .ino = 1002,
					  .mode = 0644,
					  .unpacked_bytes = 10 * MIB,
					  .compression = "gzip",
					  .elf_arch = -1};
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;

	arena_release(&w->a);
	free(w);
	return 0;
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

/* Both steps; the plan goes into w->p. */
static inline int world_plan(struct world *w)
{
	int r;

	w->e = (struct err){0};
	memset(&w->p, 0, sizeof(w->p));
	r = plan_identify(&w->f, &w->a, &w->w, &w->e);
	return r != 0 ? r : plan_build(&w->f, &w->w, &w->a, &w->p, &w->e);
}

#define assert_planned(w)                                                                                    \
	do {                                                                                                 \
		int world_r_ = world_plan(w);                                                                \
		if (world_r_ != 0)                                                                           \
			fail_msg("no plan: %d, %s", world_r_, (w)->e.msg);                                   \
	} while (0)
#define assert_refused(w, errno_, words)                                                                     \
	do {                                                                                                 \
		int world_r_ = world_plan(w);                                                                \
		if (world_r_ != -(errno_) || (w)->e.code != (errno_) || !strstr((w)->e.msg, (words)) ||      \
		    strchr((w)->e.msg, '\n'))                                                                \
			fail_msg("plan is %d, code %d: '%s'; wanted %d and '%s'", world_r_, (w)->e.code,     \
				 (w)->e.msg, -(errno_), (words));                                            \
	} while (0)

/* What the steps of plan_build get: metadata identified, nothing decided. */
static inline struct build *world_build(struct world *w)
{
	assert_ok(plan_identify(&w->f, &w->a, &w->w, &w->e), w->e);
	memset(&w->p, 0, sizeof(w->p));
	w->b = (struct build){.f = &w->f, .w = &w->w, .a = &w->a, .p = &w->p, .warnings = STRV(&w->a)};
	return &w->b;
}

static inline const struct box_op *world_op(const struct world *w, const char *dst)
{
	for (size_t i = 0; i < w->p.box.n; i++)
		if (streq(w->p.box.v[i].dst, dst))
			return &w->p.box.v[i];
	return NULL;
}

static inline const char *world_setting(const struct world *w, const char *file)
{
	for (size_t i = 0; i < w->p.cgroup.settings.n; i++)
		if (streq(w->p.cgroup.settings.v[i].file, file))
			return w->p.cgroup.settings.v[i].value;
	return NULL;
}

/* The word after an option of the monitor; NULL without it. */
static inline const char *world_option(const struct world *w, const char *name)
{
	for (size_t i = 0; i + 1 < w->p.argv.n; i++)
		if (streq(w->p.argv.v[i], name))
			return w->p.argv.v[i + 1];
	return NULL;
}

#endif
