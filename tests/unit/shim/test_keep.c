/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept for delete. */
#include "unit.h"

#include <sys/stat.h>

#include "common/proc.h"
#include "shim/keep.h"
#include "shim/shim.h"
#include "shim/task.h"

static struct shim shim;
static struct arena a;

static struct kept kept(const char *dir)
{
	struct kept k = {0};
	struct err e = {0};

	assert_int_equal(keep_read(dir, &a, &k, &e), 1);
	return k;
}

static void from_create_to_delete(void **state)
{
	char dir[256], path[300];
	struct err e = {0};
	struct task *t;
	struct stat before, after;

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/" KEEP_FILE, dir);
	t = task_new(&shim, "c1", dir);
	t->cli.root = strdup("/run/r/ns");
	t->cli.log = strdup("/b/log.json");
	assert_ok(keep_begin(t, &e), e);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	assert_string_equal(kept(dir).root, "/run/r/ns");
	assert_null(kept(dir).binary);
	assert_false(kept(dir).exited);
	t->init.pid = getpid();
	t->cli.owner = 2;
	keep_update(t, false);
	assert_int_equal(kept(dir).pid, getpid());
	assert_true(kept(dir).start_time > 0);
	assert_int_equal(kept(dir).owner, 2);
	t->init.reaped = true;
	t->init.exit_status = 255;
	t->init.exited_at = (struct timespec){9999999999, 999999999};
	keep_exit(t);
	assert_true(kept(dir).exited);
	assert_int_equal(kept(dir).exit_status, 255);
	assert_int_equal(kept(dir).exited_seconds, 9999999999);
	assert_int_equal(kept(dir).exited_nanos, 999999999);
	keep_update(t, true);
	assert_true(kept(dir).cleaned);
	/* Not a byte more than at the beginning: a disk that is full meanwhile does not matter. */
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(before.st_ino, after.st_ino);
	task_free(t);
	unit_rmdir(dir);
}

static void nothing_and_nonsense(void **state)
{
	char dir[256], path[300];
	struct kept k = {0};
	struct err e = {0};
	FILE *f;

	(void)state;
	unit_tmpdir(dir);
	assert_int_equal(keep_read(dir, &a, &k, &e), 0);
	snprintf(path, sizeof(path), "%s/" KEEP_FILE, dir);
	f = fopen(path, "we");
	fputs("{\"pid\": \"x\"}", f);
	fclose(f);
	assert_true(keep_read(dir, &a, &k, &e) < 0);
	assert_non_null(strstr(e.msg, "pid"));
	f = fopen(path, "we");
	fputs("{\"root\": \"/r\"}", f);
	fclose(f);
	assert_fails(keep_read(dir, &a, &k, &e), e, EBADMSG, "its log");
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_create_to_delete),
		cmocka_unit_test(nothing_and_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
