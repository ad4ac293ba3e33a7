/* SPDX-License-Identifier: Apache-2.0 */
/* What a claim says of itself, and what it refuses. With real devices: tests/cli/blocks.bats. */
#include "storage/claim.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "unit.h"

/* wrap: mount stat guard_is_hidden */
static int hidden;
int __wrap_guard_is_hidden(const char *target, struct err *e);
int __wrap_guard_is_hidden(const char *target, struct err *e)
{
	(void)target, (void)e;
	return hidden;
}

static int mount_errno;
static unsigned mount_calls;
int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data);
int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data)
{
	(void)source, (void)target, (void)type, (void)flags, (void)data;
	mount_calls++;
	errno = mount_errno;
	return mount_errno ? -1 : 0;
}

int __real_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st)
{
	if (strcmp(path, "/dev/claimed"))
		return __real_stat(path, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFBLK | 0600;
	st->st_rdev = makedev(7, 1u << 19);
	return 0;
}

static struct claim_mount where = {"/mnt/a b", "ext4", "rw,relatime", "rw"};

static struct block_claim claim(void)
{
	struct block_claim c = {.source = "/no/such/device",
				.node = "/dev/null",
				.major = 7,
				.minor = 1u << 19};

	c.mounts.v = &where;
	c.mounts.n = 1;
	return c;
}

static void text_of_a_mount(void **state)
{
	struct block_claim c = claim();
	struct claim_mount broken = where;
	struct arena a = {0};
	struct err e = {0};
	const char *text = NULL;

	(void)state;
	assert_ok(claim_text(&c, &where, &a, &text, &e), e);
	assert_string_equal(text, "7:524288\n\n/no/such/device\n/mnt/a b\next4\nrw,relatime\nrw");
	assert_true(claim_is_noted(text, &c, &where));
	c.minor++;
	assert_false(claim_is_noted(text, &c, &where));
	c.minor--;
	broken.target = "/mnt/a";
	assert_false(claim_is_noted(text, &c, &broken));
	assert_false(claim_is_noted("7:524288\n/mnt/a b", &c, &where));
	broken.target = "/mnt/a\nb";
	assert_fails(claim_text(&c, &broken, &a, &text, &e), e, EINVAL, "has a line break");
	broken.target = NULL;
	assert_fails(claim_text(&c, &broken, &a, &text, &e), e, EINVAL, "is not known whole");
	arena_release(&a);
}

static void texts_that_are_none(void **state)
{
	static const char *const bad[] = {"",
					  "7:0",
					  "7:0\n\na\nb\nc\nd",
					  "7:0\n\na\nb\nc\nd\ne\nf",
					  "x\n\na\nb\nc\nd\ne",
					  "7\n\na\nb\nc\nd\ne",
					  "7:-1\n\na\nb\nc\nd\ne"};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(claim_remount(bad[i], &e), e, EBADMSG, "bad note of a mount");
	/* What is gone does not keep a container from being deleted. */
	assert_ok(claim_remount("7:524288\n\n/no/such/device\n/mnt\next4\nrw\nrw", &e), e);
	assert_ok(claim_remount("7:524288\nautoclear\n/dev/null\n/mnt\next4\nrw\nrw", &e), e);
}

static void what_is_not_there(void **state)
{
	struct block_claim c = claim();
	struct claim_mount root = where;
	struct err e = {0};
	int fd = -1;

	(void)state;
	assert_fails(claim_check(&c, &where, &e), e, ENOENT,
		     "'/no/such/device' is not mounted on '/mnt/a b' any more");
	assert_fails(claim_hold(&c, &fd, &e), e, ESTALE, "is not block device 7:524288");
	root.target = "/";
	assert_fails(claim_check(&c, &root, &e), e, EINVAL, "is the host's own root ('/')");
	c.node = "/no/such/node";
	assert_fails(claim_hold(&c, &fd, &e), e, ENOENT, "'/no/such/device' cannot be given to the guest");
	assert_fails(claim_lock(&c, &fd, &e), e, ENODEV, "is not block device 7:524288 on this host");
	c.mounts.n = 0;
	assert_ok(claim_lock(&c, &fd, &e), e);
	assert_int_equal(fd, -1);
}

/* The note stays for another delete where that can change something, and only there. */
static void what_is_worth_another_try(void **state)
{
	static const char text[] = "7:524288\n\n/dev/claimed\n/mnt\next4\nrw\nrw";
	static const int final[] = {EIO, EUCLEAN, EROFS, ENOENT};
	struct err e = {0};

	(void)state;
	mount_errno = EBUSY;
	mount_calls = 0;
	assert_fails(claim_remount(text, &e), e, EAGAIN,
		     "'/dev/claimed' cannot be mounted on '/mnt' again while somebody has it");
	assert_non_null(strstr(e.msg, "then delete the container again"));
	assert_int_equal(mount_calls, 1);
	/* The device would lie on top of whatever somebody has mounted over the guard, and the guard stay for ever. */
	mount_errno = 0;
	mount_calls = 0;
	hidden = 1;
	assert_fails(
		claim_remount(text, &e), e, EAGAIN,
		"'/dev/claimed' cannot be mounted on '/mnt' again: something was mounted over 'urunc-taken' there");
	hidden = 0;
	assert_int_equal(mount_calls, 0);
	mount_errno = ENOMEM;
	assert_fails(claim_remount(text, &e), e, ENOMEM, "cannot mount '/dev/claimed' on '/mnt' again");
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
		mount_errno = final[i];
		assert_ok(claim_remount(text, &e), e);
	}
	mount_errno = 0;
	assert_ok(claim_remount(text, &e), e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_a_mount),
		cmocka_unit_test(texts_that_are_none),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(what_is_worth_another_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
