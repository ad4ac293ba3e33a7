/* SPDX-License-Identifier: Apache-2.0 */
/* The mount table: escapes, hostile lines, and which mount a path is on. */
#include "common/mountinfo.h"

#include "gather/mount_samples.h"
#include "gather/scratch.h"

static struct mount_list parse(struct scratch *s, const char *text)
{
	struct mount_list l;

	assert_ok(mountinfo_parse(unit_text(text), &s->a, &l, &s->e), s->e);
	return l;
}

static void fields(void **state)
{
	struct mount_list l = parse(*state, MOUNTS_HYBRID);

	assert_int_equal(l.n, 8);
	assert_int_equal(l.v[0].id, 22);
	assert_string_equal(l.v[0].root, "/");
	assert_string_equal(l.v[0].mountpoint, "/");
	assert_string_equal(l.v[0].options, "rw,relatime");
	assert_string_equal(l.v[0].fstype, "ext4");
	assert_string_equal(l.v[0].source, "/dev/sda1");
	assert_string_equal(l.v[0].super_options, "rw,errors=remount-ro");
	assert_string_equal(l.v[7].mountpoint, "/sys/fs/cgroup/unified");
	assert_string_equal(l.v[7].fstype, "cgroup2");
}

static void any_number_of_tags(void **state)
{
	struct mount_list l = parse(*state,
				    "1 0 0:1 / /a rw - tmpfs none rw\n"
				    "2 0 0:1 / /b rw shared:1 master:2 propagate_from:3 - tmpfs none rw\n"
				    "3 0 0:1 /sub /c ro,nosuid unbindable - fuse.x-y  rw,user_id=0\n"
				    "4 0 0:1 / /d rw - tmpfs no_newline");

	assert_int_equal(l.n, 4);
	assert_string_equal(l.v[1].fstype, "tmpfs");
	assert_string_equal(l.v[2].root, "/sub");
	assert_string_equal(l.v[2].source, ""); /* an empty source is two blanks */
	assert_string_equal(l.v[2].super_options, "rw,user_id=0");
	assert_string_equal(l.v[3].source, "no_newline");
	assert_string_equal(l.v[3].super_options, "");
}

static void escapes(void **state)
{
	struct mount_list l = parse(*state,
				    "1 0 0:1 / /a\\040b\\011c\\012d\\134e\\043 rw - tmpfs so\\040urce rw\n"
				    "2 0 0:1 / /x\\9\\04\\777\\000y\\ rw - tmpfs \\ rw,lowerdir=/l\\040m\n");

	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0].mountpoint, "/a b\tc\nd\\e#");
	assert_string_equal(l.v[0].source, "so urce");
	/* What is no escape of the kernel stays; no NUL byte comes out of one. */
	assert_string_equal(l.v[1].mountpoint, "/x\\9\\04\\777\\000y\\");
	assert_string_equal(l.v[1].source, "\\");
	assert_string_equal(l.v[1].super_options, "rw,lowerdir=/l m");
}

static void wrong_lines_are_left_out(void **state)
{
	struct mount_list l = parse(*state, "\n\n \n"
					    "1\n"
					    "1 0 0:1 / /a rw\n"
					    "1 0 0:1 / /a rw -\n"
					    "1 0 0:1 / /a rw - tmpfs\n"
					    "1 0 0:1 / relative rw - tmpfs none rw\n"
					    "x 0 0:1 / /a rw - tmpfs none rw\n"
					    "-1 0 0:1 / /a rw - tmpfs none rw\n"
					    "99999999999999999999 0 0:1 / /a rw - tmpfs none rw\n"
					    "7 0 0:1 / /good rw - tmpfs none rw\n");

	assert_int_equal(l.n, 1);
	assert_string_equal(l.v[0].mountpoint, "/good");
	assert_int_equal(parse(*state, "").n, 0);
}

static void finding(void **state)
{
	struct mount_list l = parse(*state, "1 0 0:1 / / rw - ext4 root rw\n"
					    "2 1 0:2 / /a/b rw - tmpfs first rw\n"
					    "3 2 0:3 / /a/b rw - overlay second rw\n"
					    "4 1 0:4 / /a rw - tmpfs later rw\n"
					    "5 1 0:5 / /a/bc rw - tmpfs other rw\n");

	assert_string_equal(mountinfo_find(&l, "/", 0)->source, "root");
	assert_string_equal(mountinfo_find(&l, "/x/y", 0)->source, "root");
	assert_string_equal(mountinfo_find(&l, "/a/b", 0)->source, "second"); /* topmost */
	assert_string_equal(mountinfo_find(&l, "/a/b/c", 0)->source, "second");
	assert_string_equal(mountinfo_find(&l, "/a/bb", 0)->source, "later"); /* "/a/b" is no parent of it */
	assert_string_equal(mountinfo_find(&l, "/a/bc/d", 0)->source, "other");
	/* The kernel's own answer wins. */
	assert_string_equal(mountinfo_find(&l, "/a/b", 2)->source, "first");
	assert_string_equal(mountinfo_find(&l, "/a/b", 77)->source, "second");
	l = parse(*state, "2 1 0:2 / /a rw - tmpfs x rw\n");
	assert_null(mountinfo_find(&l, "/b", 0));
}

static void option_words(void **state)
{
	(void)state;
	assert_true(mount_option_has("rw,memory", "memory"));
	assert_true(mount_option_has("ro", "ro"));
	assert_true(mount_option_has("a,ro,b", "ro"));
	assert_false(mount_option_has("errors=remount-ro", "ro"));
	assert_false(mount_option_has("cpuacct", "cpu"));
	assert_false(mount_option_has("cpu", "cpuacct"));
	assert_false(mount_option_has("", "ro"));
	assert_false(mount_option_has(",,", "ro"));
}

/* Our own: whatever else there is, /proc is among them, since the list comes from there. */
static void reading(void **state)
{
	struct arena a = {0};
	struct mount_list l;
	struct err e = {0};
	const struct mount_entry *m;

	(void)state;
	assert_ok(mountinfo_read(&a, &l, &e), e);
	m = mountinfo_find(&l, "/proc/self", mountinfo_id("/proc/self/mountinfo"));
	assert_non_null(m);
	assert_string_equal(m->fstype, "proc");
	arena_release(&a);
}

static void mutations(void **state)
{
	static const char sample[] = MOUNTS_HYBRID
		"40 1 0:9 / /a\\040b rw master:1 - overlay o\\134 ro,lowerdir=/x\n";
	uint64_t seed = 4711;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		unsigned char buf[sizeof sample];
		struct arena a = {0};
		struct mount_list l;
		struct err e = {0};
		size_t n;

		memcpy(buf, sample, sizeof sample);
		n = unit_mutate(&seed, buf, sizeof sample - 1);
		assert_ok(mountinfo_parse((struct bytes){buf, n}, &a, &l, &e), e);
		assert_true(l.n <= 12);
		for (size_t k = 0; k < l.n; k++) {
			assert_int_equal(l.v[k].mountpoint[0], '/');
			assert_non_null(l.v[k].fstype);
			assert_non_null(l.v[k].source);
			(void)mount_option_has(l.v[k].super_options, "memory");
		}
		(void)mountinfo_find(&l, "/sys/fs/cgroup/memory", 0);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(fields),       scratch_test(any_number_of_tags),
		scratch_test(escapes),      scratch_test(finding),
		scratch_test(option_words), scratch_test(wrong_lines_are_left_out),
		cmocka_unit_test(reading),  scratch_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
