/* SPDX-License-Identifier: Apache-2.0 */
/* Files, trees and tmpfs of the container: in their order, at places that are made, read-only at last. */
/* wrap: mount */
#include "urunit/binds.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

static char calls[4096], names[8][512];
static int fail_at;

int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data);
/* "" when it is no descriptor of ours. */
static void name_of(const char *path, char *to, size_t size)
{
	ssize_t n = path && strncmp(path, "/proc/self/fd/", 14) == 0 ? readlink(path, to, size - 1) : 0;

	assert_true(n >= 0);
	to[n] = '\0';
}

int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data)
{
	char link[512], mounted[512];

	name_of(source, link, sizeof(link));
	name_of(target, mounted, sizeof(mounted));
	/* A path may be another mount's by then. */
	assert_true(!(flags & MS_REMOUNT) == !mounted[0]);
	if (mounted[0])
		target = mounted;
	snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "%s%s%s %s %lx %s;", type ? type : "",
		 link[0] ? "from " : "", link[0] ? strrchr(link, '/') : "",
		 strncmp(target, tree_dir, strlen(tree_dir)) == 0 ? target + strlen(tree_dir) : target, flags,
		 data ? (const char *)data : "-");
	errno = EPERM;
	return --fail_at == 0 ? -1 : 0;
}

static const char *at(int i, const char *name)
{
	snprintf(names[i], sizeof(names[i]), "%s/%s", tree_dir, name);
	return names[i];
}

static struct uvec list(const struct ubind *b, size_t n)
{
	struct uvec v = {0};

	assert_int_equal(uvec_add(&v, b, n * sizeof(*b)), 0);
	calls[0] = '\0';
	return v;
}

static void options_are_parted(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"size=1m", "size=1m"},
		{"nosuid,size=1m,ro,mode=700,noexec", "size=1m,mode=700"},
		{"nosuid,nodev", ""},
		{",,size=1,,", "size=1"},
		{"rosize=1,ro", "rosize=1"},
	};
	static const unsigned long want[] =
		{0, 0, MS_NOSUID | MS_RDONLY | MS_NOEXEC, MS_NOSUID | MS_NODEV, 0, MS_RDONLY};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(text, cases[i][0]);
		assert_int_equal(ubind_flags(text), want[i]);
		assert_string_equal(text, cases[i][1]);
	}
}

static void in_their_order_and_read_only_at_last(void **state)
{
	struct utext why = {0};
	struct uvec none = {0};
	struct stat st;

	(void)state;
	tree_put("m0", "inside", "x");
	tree_put(".", "m1", "x");

	struct ubind b[] =
		{{.path = at(0, "a/b"), .from = at(1, "m0"), .flags = MS_RDONLY, .fd = -1},
		 {.path = at(2, "a/b/c"), .from = at(3, "m1"), .flags = MS_NOSUID | MS_NOEXEC, .fd = -1},
		 {.path = at(4, "t/u"), .options = "size=1m", .flags = MS_NOSUID, .fd = -1}};
	struct uvec v = list(b, 3);

	assert_int_equal(ubind_open_all(&v, &why), 0);
	assert_int_equal(ubind_mount_all(&v, &none, &why), 0);
	assert_string_equal(
		calls,
		"from /m0 /a/b 1000 -;from /m1 /a/b/c 1000 -;tmpfs /t/u 2 size=1m; /a/b 1021 -; /a/b/c 102a -;");
	assert_true(stat(at(5, "a/b/c"), &st) == 0 && S_ISREG(st.st_mode));
	assert_true(stat(at(5, "t/u"), &st) == 0 && S_ISDIR(st.st_mode));
}

/* The last word takes nothing of what was said before it. */
static void a_tmpfs_is_read_only_at_last_too(void **state)
{
	struct utext why = {0};
	struct uvec none = {0};

	(void)state;
	tree_put(".", "m0", "x");

	struct ubind b[] = {{.path = at(0, "t"), .options = "size=1m", .flags = MS_RDONLY | MS_NODEV, .fd = -1},
			    {.path = at(1, "t/in"), .from = at(2, "m0"), .fd = -1}};
	struct uvec v = list(b, 2);

	assert_int_equal(ubind_open_all(&v, &why), 0);
	assert_int_equal(ubind_mount_all(&v, &none, &why), 0);
	assert_string_equal(calls, "tmpfs /t 4 size=1m;from /m0 /t/in 1000 -; /t 1025 -;");
}

/* Either lies in the other, and a volume keeps away from the flags of what it lies over. */
static void volumes_come_where_they_are_listed(void **state)
{
	struct utext why = {0};

	(void)state;
	tree_put("m0", "inside", "x");

	struct ubind b[] = {{.path = at(0, "data"), .from = at(1, "m0"), .flags = MS_RDONLY, .fd = -1},
			    {.path = at(2, "v/in"), .flags = MS_NOEXEC, .fd = -1}};
	struct uvolume vol[] =
		{{.id = "v0", .path = at(3, "v"), .fstype = "x", .share = true, .exact = true},
		 {.id = "v1", .path = at(4, "data/db"), .fstype = "x", .share = true, .exact = true, .after = 1},
		 {.id = "v2", .path = at(5, "data"), .fstype = "x", .share = true, .exact = true, .after = 2},
		 {.id = "v3", .path = at(6, "s"), .share = true, .exact = true, .archive = true, .after = 2}};
	struct uvec v = list(b, 2), volumes = {.p = vol, .bytes = sizeof(vol)};

	assert_int_equal(ubind_open_all(&v, &why), 0);
	assert_int_equal(ubind_mount_all(&v, &volumes, &why), 0);
	assert_string_equal(
		calls,
		"x /v 0 ;from /m0 /data 1000 -;x /data/db 0 ;tmpfs /v/in 8 -;x /data 0 ; /data 1021 -;");
}

static void trouble_names_the_place(void **state)
{
	struct utext why = {0};

	(void)state;
	tree_put("m0", "inside", "x");
	tree_put(".", "file", "x");

	struct ubind none = {.path = "/data", .from = at(0, "none"), .fd = -1};
	struct ubind tmpfs = {.path = at(1, "file/below"), .fd = -1};
	struct ubind two[] = {{.path = at(2, "x"), .from = at(3, "m0"), .flags = MS_RDONLY, .fd = -1},
			      {.path = at(4, "y"), .fd = -1}};
	struct uvec v = list(&none, 1), volumes = {0};

	assert_int_equal(ubind_open_all(&v, &why), -ENOENT);
	assert_non_null(strstr(why.s, "cannot bind on /data: No such file or directory"));
	v = list(&tmpfs, 1);
	why.n = 0;
	assert_int_equal(ubind_mount_all(&v, &volumes, &why), -ENOTDIR);
	assert_non_null(strstr(why.s, "cannot mount a tmpfs on "));
	for (int i = 1; i <= 4; i++) {
		struct uvolume after = {.id = "s",
					.path = at(5, "z"),
					.share = true,
					.exact = true,
					.after = 2};

		volumes = (struct uvec){.p = &after, .bytes = sizeof(after)};
		v = list(two, 2);
		why.n = 0;
		assert_int_equal(ubind_open_all(&v, &why), 0);
		fail_at = i;
		assert_int_equal(ubind_mount_all(&v, &volumes, &why), -EPERM);
		assert_non_null(strstr(why.s, i == 2   ? "/y: Operation not permitted"
					      : i == 3 ? "volume s: cannot mount on "
						       : "/x: Operation not permitted"));
	}
	fail_at = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(options_are_parted),
		tree_test(in_their_order_and_read_only_at_last),
		tree_test(a_tmpfs_is_read_only_at_last_too),
		tree_test(volumes_come_where_they_are_listed),
		tree_test(trouble_names_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
