/* SPDX-License-Identifier: Apache-2.0 */
/* Guards, with real mounts, in a mount namespace of the test's own. */
#include "storage/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "common/mountinfo.h"
#include "unit.h"

static char dir[256];

static void own_namespace(void)
{
	unit_needs_root();
	unit_needs("a mount namespace",
		   unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

static bool can_write(void)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		assert_int_equal(errno, EROFS);
		return false;
	}
	close(fd);
	unlink(path);
	return true;
}

static void put_and_removed(void **state)
{
	struct statvfs st;
	struct err e = {0};

	(void)state;
	own_namespace();
	unit_tmpdir(dir);
	assert_int_equal(guard_find(dir, &e), 0);
	assert_int_equal(guard_remove(dir, &e), 0);
	assert_ok(guard_put(dir, &e), e);
	assert_ok(guard_put(dir, &e), e); /* one is enough */
	assert_int_equal(guard_find(dir, &e), 1);
	assert_false(can_write());
	assert_int_equal(statvfs(dir, &st), 0);
	assert_int_equal(st.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC), ST_NOSUID | ST_NODEV | ST_NOEXEC);
	assert_int_equal(guard_remove(dir, &e), 1);
	assert_int_equal(guard_find(dir, &e), 0);
	assert_true(can_write());
	unit_rmdir(dir);
}

/* Somebody's own tmpfs, also of that size, is nobody's guard; nor is one over which something else is mounted. */
static void what_is_none(void **state)
{
	struct err e = {0};

	(void)state;
	own_namespace();
	unit_tmpdir(dir);
	assert_int_equal(mount("tmpfs", dir, "tmpfs", MS_RDONLY, "size=4k"), 0);
	assert_int_equal(guard_find(dir, &e), 0);
	assert_int_equal(guard_remove(dir, &e), 0);
	assert_ok(guard_put(dir, &e), e);
	assert_int_equal(guard_is_hidden(dir, &e), 0);
	assert_int_equal(mount("other", dir, "tmpfs", 0, NULL), 0);
	assert_int_equal(guard_remove(dir, &e), 0);
	assert_int_equal(guard_find(dir, &e), 0);
	assert_int_equal(guard_is_hidden(dir, &e), 1);
	assert_int_equal(umount(dir), 0);
	assert_int_equal(guard_is_hidden(dir, &e), 0);
	assert_int_equal(guard_remove(dir, &e), 1);
	assert_int_equal(umount(dir), 0);
	assert_int_equal(umount(dir), -1);
	unit_rmdir(dir);
}

/* A process that works in it does not keep the device away. */
static void one_in_use(void **state)
{
	struct err e = {0};

	(void)state;
	own_namespace();
	unit_tmpdir(dir);
	assert_ok(guard_put(dir, &e), e);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(guard_remove(dir, &e), 1);
	assert_int_equal(chdir("/"), 0);
	assert_true(can_write());
	unit_rmdir(dir);
}

static void a_place_that_is_gone(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(guard_find("/no/such/place", &e), 0);
	assert_int_equal(guard_remove("/no/such/place", &e), 0);
	assert_true(guard_put("/no/such/place", &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_and_removed),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(one_in_use),
		cmocka_unit_test(a_place_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
