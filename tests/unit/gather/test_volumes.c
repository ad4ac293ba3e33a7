/* SPDX-License-Identifier: Apache-2.0 */
/* What is no volume on a block device. With real devices: tests/cli/blocks.bats. */
#include "gather/parts.h"
#include "gather/scratch.h"

/* wrap: gather_is_block mountinfo_id */
bool __wrap_gather_is_block(const char *source, dev_t *ret);
bool __wrap_gather_is_block(const char *source, dev_t *ret)
{
	if (!str_starts(source, "/dev/disk"))
		return false;
	*ret = (dev_t)source[9];
	return true;
}

int64_t __wrap_mountinfo_id(const char *path);
int64_t __wrap_mountinfo_id(const char *path)
{
	(void)path;
	return 0;
}

static struct host_mounts none = {.fstab = "/no/such/fstab"};

/* facts.volumes of one bind mount of source. */
static struct facts volumes_of(struct scratch *s, const char *table, const char *source,
			       struct host_mounts *own)
{
	struct spec_mount *m = arena_alloc(&s->a, sizeof(*m));
	struct facts f = {.bundle = "/"};
	struct mount_list l;

	*m = (struct spec_mount){"/data", "bind", source, {NULL, 0}};
	f.spec.mounts.v = m;
	f.spec.mounts.n = 1;
	assert_ok(mountinfo_parse(unit_text(table), &s->a, &l, &s->e), s->e);
	assert_ok(gather_volumes(&f, &l, own, &s->a, &s->e), s->e);
	return f;
}

/* Known, so that plan can say why it is no disk, and nothing is there to be taken. */
static void assert_own(struct facts f, const char *why)
{
	assert_int_equal(f.volumes.n, 1);
	assert_non_null(strstr(f.volumes.v[0].own, why));
	assert_int_equal(f.volumes.v[0].mounts.n, 0);
}

static void the_hosts_own(void **state)
{
	static const char table[] = "1 0 8:1 / / rw - ext4 /dev/diska rw\n"
				    "2 1 8:2 / /home rw - ext4 /dev/diskb rw\n"
				    "3 1 8:3 / /mnt/of\\040fstab rw - ext4 /dev/diskc rw\n"
				    "4 1 8:4 / /tmp/test_mountpoint rw - ext4 /dev/diskd rw\n";
	struct scratch *s = *state;
	struct host_mounts h = {
		.fstab = scratch_text(s, "fstab", "/dev/diskc /mnt/of\\040fstab/ ext4 ro 0 0\n")};
	struct facts f;

	assert_own(volumes_of(s, table, "/", &h), "a part of the system");
	assert_own(volumes_of(s, table, "/home", &h), "a part of the system");
	assert_own(volumes_of(s, table, "/mnt/of fstab", &h), "(/etc/fstab names it)");
	assert_null(volumes_of(s, table, "/mnt/of fstab", &none).volumes.v[0].own);
	f = volumes_of(s, table, "/tmp/test_mountpoint", &h);
	assert_int_equal(f.volumes.n, 1);
	assert_string_equal(f.volumes.v[0].device, "/dev/diskd");
	assert_int_equal(f.volumes.v[0].mounts.n, 1);
	assert_null(f.volumes.v[0].user);
	assert_null(f.volumes.v[0].own);
}

/* Mounts are listed by the names of their places, whatever name a container has for one. */
static void through_a_link(void **state)
{
	struct scratch *s = *state;
	const char *place, *table;
	struct facts f;
	struct mount_list l;

	assert_int_equal(mkdir(scratch_path(s, "place"), 0700), 0);
	assert_int_equal(symlink("place", scratch_path(s, "link")), 0);
	place = gather_real_path(scratch_path(s, "place"), &s->a);
	table = arena_printf(&s->a,
			     "1 0 8:1 / / rw - ext4 /dev/diska rw\n2 1 8:2 / %s rw - ext4 /dev/diskb rw\n",
			     place);
	f = volumes_of(s, table, scratch_path(s, "link"), &none);
	assert_int_equal(f.volumes.n, 1);
	assert_string_equal(f.volumes.v[0].mounts.v[0].target, place);
	assert_null(f.volumes.v[0].user);
	table = arena_printf(&s->a, "2 1 0:5 / %s ro - tmpfs " MOUNT_GUARD_SOURCE " ro\n", place);
	assert_ok(mountinfo_parse(unit_text(table), &s->a, &l, &s->e), s->e);
	assert_fails(gather_volumes(&f, &l, &none, &s->a, &s->e), s->e, EBUSY,
		     arena_printf(&s->a, "source '%s' cannot be used", scratch_path(s, "link")));
}

static void no_volumes(void **state)
{
	struct scratch *s = *state;
	struct spec_mount mounts[] = {
		{"/a", "bind", "/proc", {NULL, 0}}, /* a mount, but of no device */
		{"/b", "bind", s->dir, {NULL, 0}},  /* a directory in one */
		{"/c", "tmpfs", "tmpfs", {NULL, 0}}, {"/d", "bind", "/no/such/place", {NULL, 0}},
		{"/e", "bind", NULL, {NULL, 0}},
	};
	struct facts f = {.bundle = "/"};
	struct mount_list l;

	f.spec.mounts.v = mounts;
	f.spec.mounts.n = sizeof(mounts) / sizeof(mounts[0]);
	assert_ok(mountinfo_read(&s->a, &l, &s->e), s->e);
	assert_ok(gather_volumes(&f, &l, &none, &s->a, &s->e), s->e);
	assert_int_equal(f.volumes.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(no_volumes),
		scratch_test(the_hosts_own),
		scratch_test(through_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
