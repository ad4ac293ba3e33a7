/* SPDX-License-Identifier: Apache-2.0 */
/* File systems of block images, as mkfs makes them and as bytes alone. */
#include <sys/wait.h>

#include "gather/image.h"
#include "gather/scratch.h"

static const char *look(struct scratch *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct image_file f = {0};

	(void)s;
	assert_true(fd >= 0);
	block_inspect(fd, &f);
	close(fd);
	return f.fstype;
}

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static const char *with_features(struct scratch *s, uint32_t compat, uint32_t incompat, uint32_t ro_compat)
{
	unsigned char image[4096] = {0};

	put32(image + 1080, 0xef53);
	put32(image + 1116, compat);
	put32(image + 1120, incompat);
	put32(image + 1124, ro_compat);
	return look(s, scratch_put(s, "img", image, sizeof image));
}

static void ext_by_features(void **state)
{
	struct scratch *s = *state;

	assert_string_equal(with_features(s, 0, 0x2, 0x3), "ext2");
	assert_string_equal(with_features(s, 0x38, 0x2, 0x1), "ext2");
	assert_string_equal(with_features(s, 0x4, 0x2, 0x3), "ext3");
	assert_string_equal(with_features(s, 0x4, 0x6, 0x7), "ext3");
	assert_string_equal(with_features(s, 0x4, 0x42, 0x3), "ext4"); /* extents */
	assert_string_equal(with_features(s, 0, 0x42, 0x3), "ext4");
	assert_string_equal(with_features(s, 0x4, 0x2, 0x13), "ext4"); /* metadata checksums and the like */
	assert_null(with_features(s, 0, 0x8, 0));                      /* only a journal */
}

static void others(void **state)
{
	struct scratch *s = *state;
	unsigned char image[4096] = {0};

	assert_null(look(s, scratch_put(s, "zeros", image, sizeof image)));
	assert_null(look(s, scratch_put(s, "empty", image, 0)));
	assert_null(look(s, scratch_text(s, "short", "hsq")));
	memcpy(image, "hsqs", 4);
	assert_string_equal(look(s, scratch_put(s, "squashfs", image, 96)), "squashfs");
	memset(image, 0, 4);
	put32(image + 1024, 0xe0f5e1e2);
	assert_string_equal(look(s, scratch_put(s, "erofs", image, 1152)), "erofs");
	assert_null(look(s, scratch_put(s, "cut", image, 1026)));
	put32(image + 1024, 0);
	put32(image + 1080, 0x123ef53); /* two bytes of magic and something else */
	assert_string_equal(look(s, scratch_put(s, "ext2", image, sizeof image)), "ext2");
}

/* What e2fsprogs makes, where it is. */
static void made_by_mkfs(void **state)
{
	static const char *const kinds[] = {"ext2", "ext3", "ext4"};
	struct scratch *s = *state;

	if (access("/sbin/mke2fs", X_OK) < 0)
		skip();
	for (int i = 0; i < 3; i++) {
		const char *path = scratch_put(s, kinds[i], "", 0);
		pid_t pid;
		int status;

		assert_int_equal(truncate(path, 8 << 20), 0);
		pid = fork();
		if (pid == 0) {
			execl("/sbin/mke2fs", "mke2fs", "-q", "-F", "-t", kinds[i], path, (char *)NULL);
			_exit(127);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_string_equal(look(s, path), kinds[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(ext_by_features),
		scratch_test(others),
		scratch_test(made_by_mkfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
