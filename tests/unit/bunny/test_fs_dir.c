/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of this machine: a build context, and a whole root. */
#include "bunny/fs_dir.h"

#include <fcntl.h>

#include "bunny/tree.h"

static struct arena a;
static char dir[64];
static int top;

static int setup(void **state)
{
	int fd;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/fs_dir.XXXXXX");
	assert_non_null(mkdtemp(dir));
	top = open(dir, O_RDONLY | O_DIRECTORY);
	mkdirat(top, "sub", 0700);
	fd = openat(top, "sub/run", O_WRONLY | O_CREAT, 0750);
	assert_int_equal(write(fd, "#!", 2), 2);
	close(fd);
	close(openat(top, "skipped", O_WRONLY | O_CREAT, 0600));
	linkat(top, "sub/run", top, "sub/same", 0);
	symlinkat("/etc/passwd", top, "sub/out");
	symlinkat("..", top, "up");
	return 0;
}

static int clean(void **state)
{
	char command[128];

	(void)state;
	close(top);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	arena_release(&a);
	return 0;
}

static bool skip_it(const char *path, bool is_dir, void *arg)
{
	(void)is_dir, (void)arg;
	return streq(path, "skipped");
}

static void a_context_is_made_the_same_for_everybody(void **state)
{
	const struct fs_dir_options o = {.mtime = 9, .skip = skip_it};
	struct fs fs = tree_new(&a);
	struct err e = {0};

	(void)state;
	assert_ok(fs_read_dir(&fs, fs.top, top, "context", &o, &e), e);
	assert_string_equal(tree_text(&fs),
			    "sub 40755\nsub/out 120777 -> /etc/passwd\nsub/run 100755 #! x2\nsub/same 100755 #! x2\n"
			    "up 120777 -> ..\n");
	assert_int_equal(fs_kid(fs.top, "sub", 3)->i->mtime, 9);
	assert_int_equal(fs_kid(fs.top, "sub", 3)->i->uid, 0);
}

static void a_whole_root_is_as_it_is(void **state)
{
	const struct fs_dir_options o = {.whole = true, .keep_modes = true};
	struct fs fs = tree_new(&a);
	struct err e = {0};

	(void)state;
	mkfifoat(top, "fifo", 0600);
	assert_ok(fs_read_dir(&fs, fs.top, top, "root", &o, &e), e);
	assert_non_null(fs_kid(fs.top, "fifo", 4));
	assert_int_equal(fs_kid(fs.top, "sub", 3)->i->mode, S_IFDIR | 0700);
	assert_int_equal(fs.top->i->mode, S_IFDIR | 0700);
}

static void one_path_under_another_name(void **state)
{
	const struct fs_dir_options o = {0};
	struct fs fs = tree_new(&a);
	struct err e = {0};

	(void)state;
	assert_ok(fs_read_path(&fs, fs.top, "new", top, "sub/run", "context", &o, &e), e);
	assert_ok(fs_read_path(&fs, fs.top, "dir", top, "sub", "context", &o, &e), e);
	assert_string_equal(tree_text(&fs), "dir 40755\ndir/out 120777 -> /etc/passwd\ndir/run 100755 #! x2\n"
					    "dir/same 100755 #! x2\nnew 100755 #!\n");
	assert_fails(fs_read_path(&fs, fs.top, "x", top, "none", "context", &o, &e), e, ENOENT,
		     "context: 'none'");
	/* A link on the way ends at the top of the context. */
	assert_ok(fs_read_path(&fs, fs.top, "y", top, "up/sub/run", "context", &o, &e), e);
	assert_fails(fs_read_path(&fs, fs.top, "z", top, "sub/out/x", "context", &o, &e), e, ENOENT,
		     "context");
}

static void devices_and_fifos_are_no_files(void **state)
{
	const struct fs_dir_options o = {0};
	struct fs fs = tree_new(&a);
	struct err e = {0};

	(void)state;
	mkfifoat(top, "fifo", 0600);
	assert_fails(fs_read_dir(&fs, fs.top, top, "context", &o, &e), e, EINVAL, "'fifo' is a FIFO");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_context_is_made_the_same_for_everybody, setup, clean),
		cmocka_unit_test_setup_teardown(a_whole_root_is_as_it_is, setup, clean),
		cmocka_unit_test_setup_teardown(one_path_under_another_name, setup, clean),
		cmocka_unit_test_setup_teardown(devices_and_fifos_are_no_files, setup, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
