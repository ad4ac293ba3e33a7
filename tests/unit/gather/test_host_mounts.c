/* SPDX-License-Identifier: Apache-2.0 */
/* Mount points that are never taken from the host. */
#include "gather/parts.h"
#include "gather/scratch.h"

static bool has(struct scratch *s, struct host_mounts *h, const struct mount_list *mounts, const char *path)
{
	const char *why = NULL;

	assert_ok(host_mounts_has(h, mounts, path, &s->a, &why, &s->e), s->e);
	return why != NULL;
}

static void every_systems(void **state)
{
	static const char *const own[] = {"/",    "/boot", "/boot/efi", "/efi", "/home",
					  "/usr", "/var",  "/opt",      "/srv", "/root",
					  "/etc", "/tmp",  "/nix",      "/run", "/var/lib/docker"};
	static const char *const others[] = {"/data",
					     "/mnt/a",
					     "/tmp/test_mountpoint",
					     "/home/me/disk",
					     "/var/lib/kubelet/pods/1/volumes/x",
					     "/srv/data"};
	struct host_mounts h = {.fstab = "/no/such/fstab"};
	struct mount_list none = {0};
	struct scratch *s = *state;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_true(has(s, &h, &none, own[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(has(s, &h, &none, others[i]));
}

static void fstabs(void **state)
{
	struct scratch *s = *state;
	struct mount_entry mounted = {.mountpoint = scratch_path(s, "link")};
	struct mount_list none = {0}, one = {&mounted, 1};
	struct host_mounts h = {.fstab = scratch_text(s, "fstab",
						      arena_printf(&s->a,
								   "# /dev/a /commented ext4\n\n"
								   "UUID=1\t/data\text4\tdefaults 0 2\n"
								   "  /dev/b   /with\\040blank\\011tab// ext4\n"
								   "/dev/c none swap sw 0 0\nlone\n"
								   "server:/x /net/../nfs nfs\n"
								   "/dev/e %s/link ext4\n"
								   "/dev/d /last",
								   s->dir))};
	struct host_mounts again = h;

	assert_int_equal(symlink("/linked to", scratch_path(s, "link")), 0);
	assert_true(has(s, &h, &none, "/data"));
	assert_true(has(s, &h, &none, "/with blank\ttab"));
	assert_true(has(s, &h, &none, "/nfs"));
	assert_true(has(s, &h, &none, "/last"));
	assert_true(has(s, &h, &none, scratch_path(s, "link")));
	assert_false(has(s, &h, &none, "/commented"));
	assert_false(has(s, &h, &none, "/data/below"));
	assert_false(has(s, &h, &none, "none"));
	/* a link that leads nowhere; one that leads to a directory */
	assert_false(has(s, &h, &none, "/linked to"));
	assert_int_equal(unlink(scratch_path(s, "link")), 0);
	assert_int_equal(symlink("/proc/sys", scratch_path(s, "link")), 0);
	assert_true(has(s, &again, &none, "/proc/sys"));
	/* Nobody walks into what is mounted: it may hang. */
	again.read = false;
	assert_false(has(s, &again, &one, "/proc/sys"));
}

/* Not to know is no reason to take. */
static void an_fstab_that_cannot_be_read(void **state)
{
	struct scratch *s = *state;
	struct host_mounts h = {.fstab = scratch_path(s, "fstab")};
	struct mount_list none = {0};
	const char *why = NULL;

	assert_int_equal(symlink("fstab", h.fstab), 0);
	assert_fails(host_mounts_has(&h, &none, "/data", &s->a, &why, &s->e), s->e, ELOOP, h.fstab);
	assert_true(has(s, &h, &none, "/"));
	assert_int_equal(unlink(h.fstab), 0);
	assert_int_equal(truncate(scratch_text(s, "fstab", ""), 2 << 20), 0);
	assert_fails(host_mounts_has(&h, &none, "/data", &s->a, &why, &s->e), s->e, EFBIG, h.fstab);
}

/* Nothing is named where there is nothing to read, and no container has to wait for an administrator. */
static void no_fstab(void **state)
{
	struct scratch *s = *state;
	const char *const places[] = {"/dev/null", s->dir, scratch_text(s, "file/fstab", ""), NULL};
	struct mount_list none = {0};

	for (size_t i = 0; places[i]; i++) {
		struct host_mounts h = {.fstab = places[i]};

		assert_false(has(s, &h, &none, "/data"));
		h = (struct host_mounts){
			.fstab = arena_printf(&s->a, "%s/fstab", places[i])}; /* ENOTDIR, ENOENT */
		assert_false(has(s, &h, &none, "/data"));
	}
	assert_int_equal(symlink("/dev/null", scratch_path(s, "link")), 0);
	assert_false(has(s, &(struct host_mounts){.fstab = scratch_path(s, "link")}, &none, "/data"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(every_systems),
		scratch_test(fstabs),
		scratch_test(an_fstab_that_cannot_be_read),
		scratch_test(no_fstab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
