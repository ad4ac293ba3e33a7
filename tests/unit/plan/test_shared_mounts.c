/* SPDX-License-Identifier: Apache-2.0 */
/* Which mounts are shared, by what, and which are not; the words and boxes are in tests/golden/mounts-shared-*. */
#include <sys/stat.h>

#include "plan/world.h"

enum { V, P, NMODULES = 8 };
static struct kernel_module modules[NMODULES];
static struct spec_mount mount;
static struct mount_facts source;
static const char *options[2];

/* A world with a writable directory that has contents, mounted at /data, and a daemon. */
static void one_mount(struct world *w)
{
	static const char *const names[] = {"virtiofs",       "9p",        "9pnet_virtio",
					    "virtio_mmio",    "ext4",      "crc32c_generic",
					    "virtio_console", "virtio_blk"};

	for (size_t i = 0; i < NMODULES; i++)
		modules[i] = (struct kernel_module){.name = names[i], .builtin = true};
	options[0] = "rbind";
	options[1] = "rw";
	mount = (struct spec_mount){.destination = "/data",
				    .type = "bind",
				    .source = "/src",
				    .options = {options, 2}};
	source = (struct mount_facts){.source = "/src",
				      .kind = MOUNT_DIRECTORY,
				      .dev = 64,
				      .ino = 9,
				      .bytes = 1000,
				      .name_bytes = 50,
				      .entries = 5};
	w->f.spec.mounts.v = &mount;
	w->f.spec.mounts.n = 1;
	w->f.mounts.v = &source;
	w->f.mounts.n = 1;
	w->f.virtiofsd_path = "/usr/libexec/virtiofsd";
}

/* 'v' virtiofs, '9' 9p, 'c' a copy or a fresh directory, '-' left out. */
static char how(struct world *w)
{
	assert_planned(w);
	if (w->p.vm.shares.n == 0)
		return w->p.app.mounts.n > 0 ? 'c' : '-';
	assert_int_equal(w->p.vm.shares.n, 1);
	assert_true(w->p.vm.shares.v[0].in_archive);
	assert_string_equal(w->p.app.mounts.v[0].from, "/.urunc/share/m0");
	return w->p.vm.shares.v[0].socket != NULL ? 'v' : '9';
}

/* The kernel is in an initrd of which nobody knows what it can: a share only where else something would be missing. */
static void with_an_unknown_kernel_a_copy_is_safer(void **state)
{
	struct world *w = *state;

	one_mount(w);
	assert_int_equal(how(w), 'v');
	w->f.config.mounts = "warn"; /* somebody said that a copy is enough */
	assert_int_equal(how(w), 'c');
	w->f.config.mounts = "error";
	assert_int_equal(how(w), 'v');
	w->f.config.mounts = "auto";
	source.entries = 1;
	assert_int_equal(how(w), 'c');
	source.entries = 5;
	options[1] = "ro";
	assert_int_equal(how(w), 'c');
	source.more = true;
	assert_int_equal(how(w), 'v');
	/* many kernels have no 9p: what would only be left out is */
	w->f.virtiofsd_path = NULL;
	assert_int_equal(how(w), '-');
	options[1] = "rw";
	source.more = false;
	assert_int_equal(how(w), '9');
}

static void known_kernel(struct world *w)
{
	world_drop(w, "initrd");
	w->f.initrd = (struct image_file){0};
	w->f.modules.known = true;
	w->f.modules.release = "6.1.0";
	w->f.modules.list.v = modules;
	w->f.modules.list.n = NMODULES;
}

static void with_a_known_one_everything_is_shared(void **state)
{
	struct world *w = *state;

	one_mount(w);
	known_kernel(w);
	assert_int_equal(how(w), 'v');
	options[1] = "ro";
	assert_int_equal(how(w), 'v');
	assert_true(w->p.vm.shares.v[0].readonly && w->p.app.mounts.v[0].readonly);
	source.kind = MOUNT_FILE;
	assert_int_equal(how(w), 'v');
	modules[V].builtin = false;
	assert_int_equal(how(w), '9');
	modules[P].builtin = false;
	assert_int_equal(how(w), 'c');
}

static void nine_p_only_for_one_owner(void **state)
{
	struct world *w = *state;

	one_mount(w);
	known_kernel(w);
	w->f.virtiofsd_path = NULL;
	assert_int_equal(how(w), '9');
	source.other = "/db";
	source.other_uid = 999;
	assert_refused(w, EINVAL, "by 9p: '/db' in it belongs to user 999");
	options[1] = "ro";
	assert_int_equal(how(w), '9');
}

static void what_is_asked_for_is_done_or_refused(void **state)
{
	struct world *w = *state;

	one_mount(w);
	w->f.config.mounts_by = "copy";
	assert_refused(w, EINVAL, "what it writes would be lost. Mount it read-only");
	w->f.config.mounts_by = "9p";
	assert_int_equal(how(w), '9');
	w->f.config.mounts_by = "virtiofs";
	options[1] = "ro";
	assert_int_equal(how(w), 'v'); /* though a copy would do */
	w->f.virtiofsd_path = NULL;
	assert_refused(w, EINVAL,
		       "mount '/data' (source '/src') cannot be shared as [runtime] mounts_by = \"virtiofs\" asks: this "
		       "host has no virtiofsd");
	/* other inits cannot mount anything: as if nobody had asked */
	w->args[0] = "/bin/app";
	assert_planned(w);
	assert_int_equal(w->p.vm.shares.n, 0);
}

static const struct box_op *tree(const struct world *w, const char *dst)
{
	const struct confine_daemon *d = w->p.vm.shares.v[0].daemon;

	for (size_t i = 0; i < d->box.n; i++)
		if (streq(d->box.v[i].dst, dst))
			return &d->box.v[i];
	return NULL;
}

static void what_the_daemon_gets(void **state)
{
	struct world *w = *state;
	const struct box_op *op;
	uint64_t overhead;

	one_mount(w);
	w->f.config.mounts_by = "copy";
	w->f.config.mounts = "warn";
	assert_planned(w);
	overhead = w->p.overhead_bytes;
	w->f.config.mounts_by = "virtiofs";
	assert_int_equal(how(w), 'v');
	/* a daemon, but no copy */
	assert_true(w->p.overhead_bytes > overhead && w->p.overhead_bytes < overhead + 24 * MIB);
	op = tree(w, "/share/m0");
	assert_int_equal(op->kind, BOX_HOST_TREE);
	assert_string_equal(op->src, "/src");
	assert_int_equal(op->mode, S_IFDIR | 0700);
	assert_true(op->dev == 64 && op->ino == 9);
	options[0] = "bind";
	options[1] = "ro";
	source.kind = MOUNT_FILE;
	assert_int_equal(how(w), 'v');
	op = tree(w, "/share/m0");
	assert_int_equal(op->kind, BOX_HOST_MOUNT);
	assert_int_equal(op->mode, S_IFREG | 0400);
	source.kind = MOUNT_OTHER;
	assert_int_equal(how(w), '-');
}

static void flags_reach_the_guest(void **state)
{
	struct world *w = *state;

	one_mount(w);
	assert_int_equal(how(w), 'v');
	assert_null(w->p.app.mounts.v[0].options);
	options[0] = "noexec";
	options[1] = "nosuid";
	assert_int_equal(how(w), 'v');
	assert_string_equal(w->p.app.mounts.v[0].options, "nosuid,noexec");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(with_an_unknown_kernel_a_copy_is_safer),
		world_test(with_a_known_one_everything_is_shared),
		world_test(nine_p_only_for_one_owner),
		world_test(what_is_asked_for_is_done_or_refused),
		world_test(what_the_daemon_gets),
		world_test(flags_reach_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
