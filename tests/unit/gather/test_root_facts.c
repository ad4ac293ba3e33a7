/* SPDX-License-Identifier: Apache-2.0 */
/* The mount under a container root. */
#include <sys/sysmacros.h>

#include "gather/parts.h"
#include "gather/scratch.h"

static struct host_mounts own = {.fstab = "/no/such/fstab"};

static struct mount_list own_mounts(struct scratch *s)
{
	struct mount_list l;

	assert_ok(mountinfo_read(&s->a, &l, &s->e), s->e);
	return l;
}

static void real_mounts(void **state)
{
	struct scratch *s = *state;
	struct mount_list l = own_mounts(s);
	struct root_facts r = {.path = "/proc", .exists = true};

	assert_ok(gather_root(&r, &l, &own, &s->a, &s->e), s->e);
	assert_string_equal(r.fstype, "proc");
	assert_true(r.is_mountpoint);
	r = (struct root_facts){.path = "/proc/sys/kernel", .exists = true};
	assert_ok(gather_root(&r, &l, &own, &s->a, &s->e), s->e);
	assert_string_equal(r.fstype, "proc");
	assert_false(r.is_mountpoint);
	r = (struct root_facts){.path = s->dir, .exists = true};
	assert_ok(gather_root(&r, &l, &own, &s->a, &s->e), s->e);
	assert_non_null(r.fstype);
	assert_false(r.is_mountpoint);
}

/* The mount's number, not its place in the text, says which of two is meant. */
static void told_by_number(void **state)
{
	struct scratch *s = *state;
	struct mount_list l = own_mounts(s);
	struct mount_entry *more = arena_array(&s->a, l.n + 1, sizeof *more);
	struct root_facts r = {.path = "/proc", .exists = true};
	struct statx stx = {0};

	if (statx(AT_FDCWD, "/", 0, STATX_MNT_ID, &stx) < 0 || !(stx.stx_mask & STATX_MNT_ID))
		return;
	unit_needs("statx that tells the mount it promises", stx.stx_mnt_id != 0);
	memcpy(more, l.v, l.n * sizeof *more);
	more[l.n] = (struct mount_entry){.id = INT64_MAX,
					 .root = "/",
					 .mountpoint = "/proc",
					 .options = "rw",
					 .fstype = "hidden",
					 .source = "x",
					 .super_options = "rw"};
	l.v = more;
	l.n++;
	assert_ok(gather_root(&r, &l, &own, &s->a, &s->e), s->e);
	assert_string_equal(r.fstype, "proc");
}

static void read_only(void **state)
{
	static const char *const tables[] = {
		"1 0 0:1 / / ro,relatime - ext4 x rw\n",
		"1 0 0:1 / / rw - squashfs x ro,errors=continue\n",
		"1 0 0:1 / / rw - ext4 x rw,errors=remount-ro\n",
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < 3; i++) {
		struct root_facts r = {.path = s->dir, .exists = true};
		struct mount_list l;

		assert_ok(mountinfo_parse(unit_text(tables[i]), &s->a, &l, &s->e), s->e);
		l.v[0].id = INT64_MAX; /* no number of this machine */
		assert_ok(gather_root(&r, &l, &own, &s->a, &s->e), s->e);
		assert_int_equal(r.readonly, i < 2);
		assert_string_equal(r.source, "x");
	}
}

/* A snapshotter's device, and things that are only called like one. */
static void block_source(void **state)
{
	struct scratch *s = *state;
	const char *device = scratch_path(s, "device"), *file = scratch_text(s, "file", "");
	const char *const sources[] = {device, file, "overlay", "/none"};

	unit_needs_root();
	assert_int_equal(mknod(device, S_IFBLK | 0600, makedev(7, 9)), 0);
	for (size_t i = 0; i < 4; i++) {
		struct root_facts r = {.path = s->dir, .exists = true};
		struct mount_list l;

		assert_ok(mountinfo_parse(unit_text(arena_printf(&s->a, "1 0 0:1 / / rw - ext4 %s rw\n",
								 sources[i])),
					  &s->a, &l, &s->e),
			  s->e);
		l.v[0].id = INT64_MAX;
		assert_ok(gather_root(&r, &l, &own, &s->a, &s->e), s->e);
		assert_int_equal(r.source_is_block, i == 0);
		assert_int_equal(r.source_major, i == 0 ? 7 : 0);
		assert_int_equal(r.source_minor, i == 0 ? 9 : 0);
	}
}

/* A disk of the host with another mount, or a directory of one, would be destroyed by a guest that writes to it. */
static void a_disk_of_the_host(void **state)
{
	static const char *const tables[] = {
		"1 0 7:9 / / rw - ext4 %s rw\n",
		"1 0 7:9 / / rw - ext4 %s rw\n2 1 7:9 / /other rw - ext4 /dev/none rw\n3 1 0:5 / /proc rw - proc proc rw\n",
		"1 0 7:9 /dir / rw - ext4 %s rw\n",
		"1 0 7:9 / / rw - ext4 %s rw\n2 1 7:9 / /other rw - ext4 %s rw\n",
		"1 0 7:9 / / rw - ext4 %s rw\n2 1 7:9 /dir /other rw - ext4 %s rw\n",
	};
	struct scratch *s = *state;
	const char *device = scratch_path(s, "device");

	unit_needs_root();
	assert_int_equal(mknod(device, S_IFBLK | 0600, makedev(7, 9)), 0);
	for (size_t i = 0; i < 5; i++) {
		struct root_facts r = {.path = s->dir, .exists = true};
		struct mount_list l;
		struct strbuf text = STRBUF(&s->a);

		/* The table's "%s", however often it is there. */
		for (const char *p = tables[i]; *p; p++) {
			if (*p != '%') {
				sb_addc(&text, *p);
				continue;
			}
			sb_add(&text, device);
			p = strchr(p, 's');
		}
		assert_ok(mountinfo_parse((struct bytes){text.p, text.len}, &s->a, &l, &s->e), s->e);
		for (size_t k = 0; k < l.n; k++)
			l.v[k].id = INT64_MAX - (int64_t)k;
		assert_ok(gather_root(&r, &l, &own, &s->a, &s->e), s->e);
		assert_int_equal(r.source_is_block, i < 2);
	}
}

/* Whoever asks for it: a guest never gets what the host runs on, or what fstab names. */
static void a_mount_of_the_host(void **state)
{
	struct scratch *s = *state;
	const char *device = scratch_path(s, "device"), *root = scratch_path(s, "root");
	const char *const places[] = {root, "/", "/home", root};

	unit_needs_root();
	assert_int_equal(mknod(device, S_IFBLK | 0600, makedev(7, 9)), 0);
	for (size_t i = 0; i < 4; i++) {
		struct host_mounts h = {.fstab = "/no/such/fstab"};
		struct root_facts r = {.path = places[i], .exists = true};
		struct mount_list l;

		if (i == 3)
			h.fstab = scratch_text(s, "fstab", arena_printf(&s->a, "/dev/x %s ext4\n", root));
		assert_ok(mountinfo_parse(unit_text(arena_printf(&s->a, "1 0 7:9 / %s rw - ext4 %s rw\n",
								 places[i], device)),
					  &s->a, &l, &s->e),
			  s->e);
		l.v[0].id = INT64_MAX;
		assert_ok(gather_root(&r, &l, &h, &s->a, &s->e), s->e);
		assert_true(r.is_mountpoint);
		assert_int_equal(r.source_is_block, i == 0);
		assert_int_equal(r.own == NULL, i == 0);
	}
}

static void paths_without_links(void **state)
{
	struct scratch *s = *state;
	const char *real = gather_real_path(s->dir, &s->a), *link = scratch_path(s, "link");

	scratch_text(s, "d/file", "");
	assert_int_equal(symlink("d", link), 0);
	assert_string_equal(gather_real_path(link, &s->a), arena_printf(&s->a, "%s/d", real));
	assert_string_equal(gather_real_path(scratch_path(s, "link/file"), &s->a),
			    arena_printf(&s->a, "%s/d/file", real));
	assert_string_equal(gather_real_path(scratch_path(s, "link/none"), &s->a),
			    scratch_path(s, "link/none"));
}

static void no_root(void **state)
{
	struct scratch *s = *state;
	struct mount_list l = own_mounts(s), empty = {0};
	struct root_facts r = {.path = "/does/not/exist"};

	assert_ok(gather_root(&r, &l, &own, &s->a, &s->e), s->e);
	assert_null(r.fstype);
	r = (struct root_facts){.path = s->dir, .exists = true};
	assert_ok(gather_root(&r, &empty, &own, &s->a, &s->e), s->e);
	assert_null(r.fstype);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(real_mounts),         scratch_test(told_by_number),      scratch_test(read_only),
		scratch_test(block_source),        scratch_test(a_disk_of_the_host),  scratch_test(no_root),
		scratch_test(a_mount_of_the_host), scratch_test(paths_without_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
