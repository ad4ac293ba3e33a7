/* SPDX-License-Identifier: Apache-2.0 */
/* Files that metadata names, seen inside a container root that may be hostile. */
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "gather/parts.h"
#include "gather/scratch.h"

static struct image_file look(struct scratch *s, const char *path, enum image_use use)
{
	struct image_file f = {.size_bytes = 99};

	assert_ok(gather_image(s->fd, path, use, &s->a, &f, &s->e), s->e);
	return f;
}

static void not_asked_for(void **state)
{
	struct image_file f = look(*state, NULL, IMAGE_KERNEL);

	assert_null(f.path);
	assert_null(f.problem);
	assert_false(f.exists);
	assert_int_equal(f.size_bytes, 0);
	assert_int_equal(f.elf_arch, -1);
}

static void a_file(void **state)
{
	struct scratch *s = *state;
	struct image_file f;
	struct stat st;

	scratch_text(s, "boot/initrd", "0707010000");
	assert_int_equal(chmod(scratch_path(s, "boot/initrd"), 0640), 0);
	assert_int_equal(stat(scratch_path(s, "boot/initrd"), &st), 0);
	f = look(s, "/boot/initrd", IMAGE_INITRD);
	assert_string_equal(f.path, "/boot/initrd");
	assert_true(f.exists);
	assert_null(f.problem);
	assert_int_equal(f.size_bytes, 10);
	assert_int_equal(f.unpacked_bytes, 10);
	assert_string_equal(f.compression, "none");
	assert_int_equal(f.mode, 0640);
	assert_int_equal(f.uid, st.st_uid);
	assert_int_equal(f.gid, st.st_gid);
	assert_int_equal(f.dev, st.st_dev);
	assert_int_equal(f.ino, st.st_ino);
	/* Only an initrd is asked how it is packed. */
	assert_null(look(s, "/boot/initrd", IMAGE_BLOCK).compression);
	scratch_text(s, "disk", "hsqs");
	assert_string_equal(look(s, "disk", IMAGE_BLOCK).fstype, "squashfs");
	assert_null(look(s, "disk", IMAGE_INITRD).fstype);
}

static void assert_problem(struct scratch *s, const char *path, bool exists, const char *problem)
{
	struct image_file f = look(s, path, IMAGE_KERNEL);

	assert_string_equal(f.path, path);
	assert_non_null(f.problem);
	assert_string_equal(f.problem, problem);
	assert_int_equal(f.exists, exists);
	assert_int_equal(f.size_bytes, 0);
}

static void missing(void **state)
{
	struct scratch *s = *state;

	scratch_text(s, "file", "x");
	assert_problem(s, "/nothing", false, "No such file or directory");
	assert_problem(s, "/file/below", false, "Not a directory");
}

static void wrong_kinds(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct scratch *s = *state;
	int fd;

	assert_int_equal(mkdir(scratch_path(s, "dir"), 0755), 0);
	assert_problem(s, "/dir", true, "is a directory");
	assert_problem(s, "/", true, "is a directory");
	assert_int_equal(mkfifo(scratch_path(s, "fifo"), 0644), 0);
	assert_problem(s, "/fifo", true, "is a FIFO");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(strlen(s->dir) < 90);
	memcpy(sa.sun_path, s->dir, strlen(s->dir));
	memcpy(sa.sun_path + strlen(s->dir), "/sock", 5);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_problem(s, "/sock", true, "is a socket");
	close(fd);
	if (mknod(scratch_path(s, "blk"), S_IFBLK | 0600, makedev(7, 0)) == 0)
		assert_problem(s, "/blk", true, "is a block device");
	if (mknod(scratch_path(s, "chr"), S_IFCHR | 0600, makedev(1, 5)) == 0)
		assert_problem(s, "/chr", true, "is a character device");
}

static void links_stay_inside(void **state)
{
	struct scratch *s = *state;
	struct image_file f;

	scratch_text(s, "etc/kernel", "inside");
	assert_int_equal(symlink("/etc/kernel", scratch_path(s, "abs")), 0);
	assert_int_equal(symlink("../../../../etc/kernel", scratch_path(s, "up")), 0);
	assert_int_equal(symlink("/etc/shadow", scratch_path(s, "shadow")), 0);
	assert_int_equal(symlink("/proc/self/exe", scratch_path(s, "magic")), 0);
	assert_int_equal(symlink("loop", scratch_path(s, "loop")), 0);
	f = look(s, "/abs", IMAGE_KERNEL);
	assert_null(f.problem);
	assert_int_equal(f.size_bytes, 6);
	assert_int_equal(look(s, "/up", IMAGE_KERNEL).size_bytes, 6);
	assert_problem(s, "/shadow", false, "No such file or directory");
	assert_problem(s, "/magic", false, "No such file or directory");
	assert_problem(s, "/loop", false, "Too many levels of symbolic links");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(not_asked_for),     scratch_test(a_file),
		scratch_test(missing),           scratch_test(wrong_kinds),
		scratch_test(links_stay_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
