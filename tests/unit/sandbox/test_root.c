/* SPDX-License-Identifier: Apache-2.0 */
/* Entering the box, in a user namespace where we are not root. With devices and real credentials:
 * tests/payload/box_test_root.c. */
#include "sandbox/root.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "jail.h"
#include "unit.h"

static int enter(void *arg)
{
	const struct box_op ops[] = {
		{.kind = BOX_FILE, .dst = "/etc/conf", .mode = 0444, .data = {"x", 1}},
		{.kind = BOX_DIR, .dst = "/tmp", .mode = 01777},
	};
	struct box_params p = {.ops = ops, .nops = 2, .size_bytes = 1 << 16};
	struct err e = {0};
	struct statvfs fs;
	struct stat st;
	char cwd[64];

	(void)arg;
	umask(027);
	if (box_enter(&p, &e) != 0) {
		dprintf(2, "%s\n", e.msg);
		return __LINE__;
	}
	jail_check(umask(0) == 027); /* as it was */
	jail_check(stat("/etc", &st) == 0 && (st.st_mode & 07777) == 0755);
	jail_check(stat("/tmp", &st) == 0 && (st.st_mode & 07777) == 01777);
	jail_check(statvfs("/", &fs) == 0 && (fs.f_flag & ST_RDONLY) && (fs.f_flag & ST_NOSUID) &&
		   (fs.f_flag & ST_NODEV));
	jail_check(fs.f_blocks * fs.f_frsize == 1 << 16);
	jail_check(open("/tmp/x", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	jail_check(access("/proc", F_OK) < 0 && access("/usr", F_OK) < 0);
	jail_check(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/") == 0);
	return 0;
}

/* What is copied does not fit: the answer is an error, not a short file. */
static int too_small(void *arg)
{
	static char big[1 << 16];
	const struct box_op op = {.kind = BOX_FILE, .dst = "/big", .mode = 0444, .data = {big, sizeof(big)}};
	struct box_params p = {.ops = &op, .nops = 1, .size_bytes = 4096};
	struct err e = {0};

	(void)arg;
	jail_check(box_enter(&p, &e) == -ENOSPC && strstr(e.msg, "/big"));
	return 0;
}

static int no_image_root(void *arg)
{
	const struct box_op op = {.kind = BOX_IMAGE, .dst = "/k", .src = "/k"};
	struct box_params p = {.ops = &op, .nops = 1};
	struct err e = {0};

	(void)arg;
	jail_check(box_enter(&p, &e) == -EINVAL && strstr(e.msg, "container root"));
	p.image_root = "/none/such";
	jail_check(box_enter(&p, &e) == -ENOENT && strstr(e.msg, "'/none/such'"));
	return 0;
}

static void a_box_is_entered(void **state)
{
	unit_needs_call(fsopen);
	(void)state;
	assert_jailed(enter, NULL);
}

static void size_is_kept(void **state)
{
	unit_needs_call(fsopen);
	(void)state;
	assert_jailed(too_small, NULL);
}

static void image_root_is_needed(void **state)
{
	unit_needs_call(fsopen);
	(void)state;
	assert_jailed(no_image_root, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_box_is_entered),
		cmocka_unit_test(size_is_kept),
		cmocka_unit_test(image_root_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
