/* SPDX-License-Identifier: Apache-2.0 */
/* Layers found in mount options, and names that tell one set of them from another. */
#include "gather/parts.h"
#include "guests/guest.h"

#include "gather/scratch.h"

/* Below it they are as docker has them, so that images of them are kept. */
#define STORE "overlay2"

static struct tree_facts look(struct scratch *s, const char *options)
{
	struct facts f = {.id = "c",
			  .bundle = scratch_path(s, "bundle"),
			  .config = {.cache_dir = scratch_path(s, "cache")}};
	struct plan_wants w = {.guest = guest_find("linux")};

	w.meta.mount_rootfs = true;
	f.root = (struct root_facts){.path = "/", .exists = true, .fstype = "overlay", .is_mountpoint = true};
	f.root.super_options = options;
	assert_ok(gather_tree(&f, &w, &s->a, &s->e), s->e);
	return f.tree;
}

static void make_layers(struct scratch *s)
{
	static const char *const dirs[] = {STORE "/1/fs",   STORE "/2/fs", STORE "/3/fs",
					   STORE "/3/work", "other/1/fs",  "cache"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		assert_ok(path_mkdirs(scratch_path(s, dirs[i]), 0755, &s->e), s->e);
}

static void options(void **state)
{
	struct scratch *s = *state;

	assert_string_equal(layers_option("rw,lowerdir=/a:/b,upperdir=/c", "lowerdir", &s->a), "/a:/b");
	assert_string_equal(layers_option("rw,lowerdir=/a:/b,upperdir=/c", "upperdir", &s->a), "/c");
	assert_null(layers_option("rw,xlowerdir=/a", "lowerdir", &s->a));
	assert_null(layers_option("lowerdir+=/a", "lowerdir", &s->a));
	assert_null(layers_option("", "lowerdir", &s->a));
	assert_null(layers_option(NULL, "lowerdir", &s->a));
}

static void absolute_and_relative(void **state)
{
	struct scratch *s = *state;
	struct tree_facts t, u;

	make_layers(s);
	t = look(s,
		 arena_printf(&s->a,
			      "rw,lowerdir=%s/overlay2/2/fs:%s/overlay2/1/fs,upperdir=%s/overlay2/3/fs,workdir=%s/overlay2/3/work",
			      s->dir, s->dir, s->dir, s->dir));
	assert_non_null(t.lower);
	assert_int_equal(strlen(t.key), 64);
	assert_null(t.upper);
	assert_false(t.cached);
	assert_true(strstr(t.prefix, "/cache/use/") != NULL);
	u = look(s, arena_printf(&s->a,
				 "rw,lowerdir=2/fs:1/fs,upperdir=%s/overlay2/3/fs,workdir=%s/overlay2/3/work",
				 s->dir, s->dir));
	assert_string_equal(u.lower, "2/fs:1/fs");
	assert_string_equal(u.base, scratch_path(s, STORE));
	/* Without any layer of its own: a view. */
	u = look(s, arena_printf(&s->a, "ro,lowerdir=%s/overlay2/2/fs:%s/overlay2/1/fs", s->dir, s->dir));
	assert_string_equal(u.key, t.key);
}

static void names_change_with_the_layers(void **state)
{
	struct scratch *s = *state;
	const char *text;
	struct tree_facts t, u;

	make_layers(s);
	text = arena_printf(&s->a, "lowerdir=%s/overlay2/2/fs:%s/overlay2/1/fs", s->dir, s->dir);
	t = look(s, text);
	u = look(s, text);
	assert_string_equal(t.key, u.key);
	u = look(s, arena_printf(&s->a, "lowerdir=%s/overlay2/1/fs:%s/overlay2/2/fs", s->dir, s->dir));
	assert_string_not_equal(t.key, u.key);
	/* Removed and made again at the same place. */
	assert_int_equal(rmdir(scratch_path(s, STORE "/1/fs")), 0);
	assert_int_equal(mkdir(scratch_path(s, STORE "/1/fs"), 0755), 0);
	u = look(s, text);
	assert_string_not_equal(t.key, u.key);
	scratch_text(s, arena_printf(&s->a, "cache/%s.erofs", u.key), "image");
	assert_true(look(s, text).cached);
}

static void own_layer(void **state)
{
	struct scratch *s = *state;
	const char *text;

	make_layers(s);
	text = arena_printf(&s->a, "lowerdir=%s/overlay2/1/fs,upperdir=%s/overlay2/3/fs", s->dir, s->dir);
	assert_null(look(s, text).upper);
	assert_int_equal(mkdir(scratch_path(s, STORE "/3/fs/.urunc"), 0700), 0);
	assert_null(look(s, text).upper);
	scratch_text(s, STORE "/3/fs/x", "");
	assert_string_equal(look(s, text).upper, scratch_path(s, STORE "/3/fs"));
}

/* Then the tree as a whole serves, whatever it is. */
static void what_cannot_be_taken_apart(void **state)
{
	static const char *const more[] = {"metacopy=on", "redirect_dir=on", "userxattr"};
	struct scratch *s = *state;

	make_layers(s);
	for (size_t i = 0; i < 3; i++)
		assert_null(
			look(s, arena_printf(&s->a, "lowerdir=%s/overlay2/1/fs,%s", s->dir, more[i])).lower);
	assert_null(look(s, arena_printf(&s->a, "lowerdir=%s/none", s->dir)).lower);
	assert_null(look(s, arena_printf(&s->a, "lowerdir=%s/overlay2/1/fs::%s/overlay2/2/fs", s->dir, s->dir))
			    .lower);
	assert_null(look(s, "lowerdir=l/ABC,upperdir=id/diff").key);
	assert_null(look(s, "rw").lower);
	assert_null(look(s, NULL).lower);
}

/* Without it the guest would not see what the engine put there. */
static void an_own_layer_that_cannot_be_read(void **state)
{
	struct scratch *s = *state;
	struct tree_facts t;

	make_layers(s);
	t = look(s, arena_printf(&s->a, "lowerdir=%s/overlay2/1/fs,upperdir=%s/overlay2/none/fs", s->dir,
				 s->dir));
	assert_null(t.lower);
	assert_null(t.key);
	t = look(s, arena_printf(&s->a, "lowerdir=%s/overlay2/1/fs,upperdir=3/fs", s->dir));
	assert_null(t.lower);
	assert_null(t.key);
}

/* Whoever keeps those may change them, with nothing to tell it by. */
static void layers_that_are_no_engines(void **state)
{
	struct scratch *s = *state;
	struct tree_facts t;

	make_layers(s);
	t = look(s, arena_printf(&s->a, "lowerdir=%s/overlay2/2/fs:%s/other/1/fs", s->dir, s->dir));
	assert_non_null(t.lower);
	assert_null(t.key);
	/* It counts where the layer is, not by which link. */
	assert_int_equal(symlink(scratch_path(s, "other"), scratch_path(s, STORE "/link")), 0);
	assert_null(look(s, arena_printf(&s->a, "lowerdir=%s/overlay2/link/1/fs", s->dir)).key);
	/* No time of birth. */
	assert_int_equal(symlink("/proc/self/task", scratch_path(s, STORE "/proc")), 0);
	assert_null(look(s, arena_printf(&s->a, "lowerdir=%s/overlay2/proc", s->dir)).key);
	assert_ok(path_mkdirs(scratch_path(s, "io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs"), 0755,
			      &s->e),
		  s->e);
	assert_ok(path_mkdirs(scratch_path(s, "storage/overlay/1/diff"), 0755, &s->e), s->e);
	t = look(s, arena_printf(&s->a,
				 "lowerdir=%s/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs:"
				 "%s/storage/overlay/1/diff",
				 s->dir, s->dir));
	assert_non_null(t.key);
}

static void another_bundle_at_the_same_path(void **state)
{
	struct scratch *s = *state;
	const char *bundle = scratch_path(s, "bundle"), *was;

	assert_int_equal(mkdir(bundle, 0700), 0);
	was = look(s, "rw").prefix;
	assert_string_equal(look(s, "rw").prefix, was);
	assert_int_equal(rename(bundle, scratch_path(s, "old")), 0);
	assert_int_equal(mkdir(bundle, 0700), 0);
	assert_string_not_equal(look(s, "rw").prefix, was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(options),
		scratch_test(absolute_and_relative),
		scratch_test(names_change_with_the_layers),
		scratch_test(own_layer),
		scratch_test(what_cannot_be_taken_apart),
		scratch_test(an_own_layer_that_cannot_be_read),
		scratch_test(layers_that_are_no_engines),
		scratch_test(another_bundle_at_the_same_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
