/* SPDX-License-Identifier: Apache-2.0 */
/* Options of snapshotters' mounts, long ones, too. */
#include "unit.h"

#include <linux/mount.h>

#include "shim/mount_options.h"

#define PAGE 4096
static struct arena a;

static struct mount_options sorted(const char *type, const char *const *words, size_t n)
{
	struct mount_options o;
	struct err e = {0};

	assert_ok(mount_options_sort(type, words, n, PAGE, &a, &o, &e), e);
	return o;
}
#define SORTED(type, ...)                                                                                    \
	sorted(type, (const char *const[]){__VA_ARGS__},                                                     \
	       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void flags_and_data_are_told_apart(void **state)
{
	struct mount_options o = SORTED("overlay", "index=off", "ro", "workdir=/w", "nosuid",
					"lowerdir=/a:/b");

	(void)state;
	assert_int_equal(o.flags, MS_RDONLY | MS_NOSUID);
	assert_string_equal(o.data, "index=off,workdir=/w,lowerdir=/a:/b");
	assert_null(o.lower_base);
	assert_int_equal(o.propagation, 0);
}

static void later_words_undo_earlier_ones(void **state)
{
	(void)state;
	assert_int_equal(SORTED("bind", "rbind", "ro", "rw").flags, MS_BIND | MS_REC);
	assert_int_equal(SORTED("ext4", "nodev", "dev", "defaults").flags, 0);
	assert_string_equal(SORTED("ext4", "defaults").data, "");
}

static void propagation_and_loop_are_no_data(void **state)
{
	struct mount_options o = SORTED("ext4", "loop", "direct-io", "rslave", "errors=remount-ro");

	(void)state;
	assert_true(o.loop && o.direct_io);
	assert_int_equal(o.propagation, MS_SLAVE | MS_REC);
	assert_string_equal(o.data, "errors=remount-ro");
}

static void engines_own_words_are_refused(void **state)
{
	const char *words[] = {"X-containerd.mkfs=x"};
	struct mount_options o;
	struct err e = {0};

	(void)state;
	assert_fails(mount_options_sort("ext4", words, 1, PAGE, &a, &o, &e), e, EINVAL, "X-containerd.mkfs=x");
}

/* 100 layers as containerd names them. */
static char *many_layers(const char *dir)
{
	char *s = calloc(1, 1 << 20), *at = s + sprintf(s, "lowerdir=");

	for (int i = 100; i > 0; i--)
		at += sprintf(at, "%s%s/%d/fs", i < 100 ? ":" : "", dir, i);
	return s;
}

static void long_overlay_options_become_relative(void **state)
{
	char *lower = many_layers("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots");
	struct mount_options o = SORTED("overlay", "workdir=/w", "upperdir=/u", lower);

	(void)state;
	assert_true(strlen(lower) > PAGE);
	assert_string_equal(o.lower_base,
			    "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/");
	assert_true(strlen(o.data) < PAGE);
	assert_non_null(strstr(o.data, "workdir=/w,upperdir=/u,lowerdir=100/fs:99/fs:"));
	assert_true(str_ends(o.data, ":2/fs:1/fs"));
	free(lower);
}

static void what_stays_too_long_is_refused_with_its_length(void **state)
{
	char *lower = many_layers("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots");
	const char *words[] = {lower};
	struct mount_options o;
	struct err e = {0};

	(void)state;
	assert_fails(mount_options_sort("aufs", words, 1, PAGE, &a, &o, &e), e, E2BIG,
		     "the kernel takes 4095");
	/* Nothing in common but the root. */
	memcpy(lower + strlen("lowerdir=/"), "odd", 3);
	assert_fails(mount_options_sort("overlay", words, 1, PAGE, &a, &o, &e), e, E2BIG,
		     "the kernel takes 4095");
	free(lower);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_and_data_are_told_apart),
		cmocka_unit_test(later_words_undo_earlier_ones),
		cmocka_unit_test(propagation_and_loop_are_no_data),
		cmocka_unit_test(engines_own_words_are_refused),
		cmocka_unit_test(long_overlay_options_become_relative),
		cmocka_unit_test(what_stays_too_long_is_refused_with_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
