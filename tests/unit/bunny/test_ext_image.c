/* SPDX-License-Identifier: Apache-2.0 */
/* Disks: what e2fsck and debugfs say of them. */
#include "bunny/ext_image.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "bunny/tree.h"

#define BIG_BYTES (5u << 20)

static struct arena a;
static char path[64];

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/ext.XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	arena_release(&a);
	return 0;
}

static int run(const char *program, const char *option, const char *more)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
		if (more)
			execlp(program, program, option, more, path, (char *)NULL);
		else
			execlp(program, program, option, path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static struct fs tree(void)
{
	static const struct xattr attr = {"user.a", "b", 1};
	const struct fs_inode device = {.mode = S_IFCHR | 0600, .major = 5, .minor = 1};
	struct fs fs = tree_new(&a);
	struct fs_node *n;
	struct err e = {0};
	char *big = arena_alloc(&a, BIG_BYTES), name[300];

	memset(big, 'x', BIG_BYTES);
	assert_ok(fs_put_file(&fs, "big", 0644, 3, piece_bytes(big, BIG_BYTES), &e), e);
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "many/file-with-a-name-that-fills-blocks-%d", i);
		tree_put(&fs, name, "x");
	}
	memset(name, 'l', 200);
	name[200] = '\0';
	tree_link(&fs, "long", arena_strdup(&a, name));
	tree_link(&fs, "short", "big");
	assert_ok(fs_put(&fs, fs.top, "console", &device, NULL, &e), e);
	assert_ok(fs_find(&fs, "many/file-with-a-name-that-fills-blocks-7", false, &n, &e), e);
	n->i->xattrs = &attr;
	n->i->nxattrs = 1;
	assert_ok(fs_link(&fs, fs.top, "again", n->i, &e), e);
	return fs;
}

static struct digest make(const struct ext_options *o)
{
	struct fs fs = tree();
	int fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
	struct rope r = ROPE(&a);
	struct err e = {0};
	struct digest d;
	uint64_t bytes;

	assert_ok(ext_image_write(&fs, o, fd, &bytes, &e), e);
	rope_add(&r, piece_fd(fd, 0, bytes));
	assert_ok(rope_digest(&r, &d, &e), e);
	close(fd);
	return d;
}

static void both_kinds_are_sound_and_repeatable(void **state)
{
	struct ext_options kinds[] = {{.label = "root"},
				      {.ext4 = true, .epoch = 1700000000},
				      {.size_bytes = 64 << 20}};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct digest one = make(&kinds[i]), two = make(&kinds[i]);

		assert_true(digest_eq(&one, &two));
		assert_int_equal(run("e2fsck", "-fn", NULL), 0);
	}
}

static void what_does_not_fit_is_told(void **state)
{
	const struct ext_options o = {.size_bytes = 1 << 20}, tiny = {.size_bytes = 1000},
				 label = {.label = "a label of 17 B.."};
	struct fs fs = tree();
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct err e = {0};
	uint64_t bytes;

	(void)state;
	assert_fails(ext_image_write(&fs, &o, fd, &bytes, &e), e, ENOSPC, "do not fit");
	assert_fails(ext_image_write(&fs, &tiny, fd, &bytes, &e), e, EINVAL, "1000 bytes");
	assert_fails(ext_image_write(&fs, &label, fd, &bytes, &e), e, EINVAL, "16 bytes");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_kinds_are_sound_and_repeatable, setup, clean),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_told, setup, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
