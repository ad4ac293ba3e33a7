/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the container in a root of the image: replaced as a whole, never followed, left alone when right. */
#include "urunit/putfile.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

static char path[512];

static const char *at(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", tree_dir, name);
	return path;
}

static void holds(const char *name, const char *want, size_t n, mode_t mode)
{
	char buf[64];
	struct stat st;
	int fd = open(at(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), n);
	assert_memory_equal(buf, want, n);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | mode);
	close(fd);
}

static int put(const char *name, const char *data, size_t n, uint32_t mode)
{
	return uputfile(&(struct uputfile){.path = at(name), .mode = mode, .data = data, .n = n});
}

static void a_file_is_made_with_its_parents(void **state)
{
	(void)state;
	umask(077);
	assert_int_equal(put("deep/er/hosts", "a\0b", 3, 0644), 0);
	umask(022);
	holds("deep/er/hosts", "a\0b", 3, 0644);
	assert_int_equal(access(at("deep/er/hosts.urunit"), F_OK), -1);
}

static void what_was_there_is_replaced_and_links_are_not_followed(void **state)
{
	(void)state;
	tree_put("etc", "target", "untouched\n");
	assert_int_equal(symlink("target", at("etc/resolv.conf")), 0);
	assert_int_equal(put("etc/resolv.conf", "nameserver\n", 11, 0600), 0);
	holds("etc/resolv.conf", "nameserver\n", 11, 0600);
	holds("etc/target", "untouched\n", 10, 0644);
	assert_int_equal(put("etc/target", "", 0, 0400), 0);
	holds("etc/target", "", 0, 0400);
	/* what a machine that was cut off left */
	assert_int_equal(symlink("target", at("etc/new.urunit")), 0);
	assert_int_equal(put("etc/new", "n", 1, 0644), 0);
	holds("etc/new", "n", 1, 0644);
	holds("etc/target", "", 0, 0400);
}

static void the_same_contents_stay_the_same_file(void **state)
{
	struct stat before, after;

	(void)state;
	tree_put("etc", "hosts", "127.0.0.1 localhost\n");
	assert_int_equal(stat(at("etc/hosts"), &before), 0);
	assert_int_equal(put("etc/hosts", "127.0.0.1 localhost\n", 20, 0644), 0);
	assert_int_equal(stat(at("etc/hosts"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(put("etc/hosts", "127.0.0.1 localhost!", 20, 0644), 0);
	holds("etc/hosts", "127.0.0.1 localhost!", 20, 0644);
}

static void what_cannot_be_is_an_error_and_leaves_nothing(void **state)
{
	(void)state;
	tree_put("etc", "hosts", "x");
	assert_int_equal(put("etc", "y", 1, 0644), -EISDIR);
	assert_int_equal(access(at("etc.urunit"), F_OK), -1);
	assert_true(put("etc/hosts/below", "y", 1, 0644) < 0);
	holds("etc/hosts", "x", 1, 0644);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_file_is_made_with_its_parents),
		tree_test(what_was_there_is_replaced_and_links_are_not_followed),
		tree_test(the_same_contents_stay_the_same_file),
		tree_test(what_cannot_be_is_an_error_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
