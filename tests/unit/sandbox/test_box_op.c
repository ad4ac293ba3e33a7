/* SPDX-License-Identifier: Apache-2.0 */
/* What an operation may say, and what each does to an ordinary directory. Nodes and all the rest as root are in
 * tests/payload/box_test_root.c. */
#include "sandbox/box.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "jail.h"
#include "unit.h"

struct world {
	char dir[256], image[300], out[300];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char path[320];
	int fd;

	unit_tmpdir(w->dir);
	snprintf(w->image, sizeof(w->image), "%s/image", w->dir);
	snprintf(w->out, sizeof(w->out), "%s/out", w->dir);
	assert_true(mkdir(w->image, 0755) == 0 && mkdir(w->out, 0755) == 0);
	snprintf(path, sizeof(path), "%s/five", w->image);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, "12345", 5), 5);
	close(fd);
	snprintf(path, sizeof(path), "%s/fifo", w->image);
	assert_int_equal(mkfifo(path, 0644), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unit_rmdir(w->dir);
	free(w);
	return 0;
}

static int open_copies(const struct world *w, const struct box_op *ops, size_t n, uint64_t *ret, struct err *e)
{
	struct box_params p = {.ops = ops, .nops = n, .image_root = w->image};
	struct box b = {.p = &p, .root = -1, .image = -1};
	int r = box_open_copies(&b, ret, e);

	for (size_t i = 0; i < b.ncopies; i++)
		close(b.copies[i].fd);
	close(b.image);
	return r;
}

static void names_must_be_clean(void **state)
{
	static const char *const bad[] = {"",   "a",   "/",     "//",      "/a/",  "/a//b",
					  "/.", "/..", "/a/..", "/a/../b", "/./a", "/a/."};
	static const char *const good[] = {"/a", "/..a", "/a/.b", "/a..b/c", "/..."};
	struct world *w = *state;
	uint64_t bytes = 1;
	struct err e = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct box_op op = {.kind = BOX_DIR, .dst = bad[i]};

		assert_fails(open_copies(w, &op, 1, &bytes, &e), e, EINVAL, "not a clean absolute path");
	}
	assert_fails(open_copies(w, &(struct box_op){.kind = BOX_DIR}, 1, &bytes, &e), e, EINVAL, "(null)");
	assert_int_equal(bytes, 1);
	e = (struct err){0};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct box_op op = {.kind = BOX_DIR, .dst = good[i]};

		assert_ok(open_copies(w, &op, 1, &bytes, &e), e);
	}
}

static void wrong_ops(void **state)
{
	static const struct {
		struct box_op op;
		int code;
		const char *words;
	} cases[] = {
		{{.kind = 77, .dst = "/a"}, EINVAL, "unknown kind 77"},
		{{.kind = BOX_NODE, .dst = "/null"}, EINVAL, "must be below /dev"},
		{{.kind = BOX_NODE, .dst = "/device/null"}, EINVAL, "must be below /dev"},
		{{.kind = BOX_BLOCK, .dst = "/disk"}, EINVAL, "must be below /dev"},
		{{.kind = BOX_BIND, .dst = "/a"}, EINVAL, "bind /a needs a source"},
		{{.kind = BOX_DISK, .dst = "/a"}, EINVAL, "disk /a needs a source"},
		{{.kind = BOX_TREE, .dst = "/a"}, EINVAL, "tree /a needs a source"},
		{{.kind = BOX_TMPFS, .dst = "/a"}, EINVAL, "tmpfs /a needs a size"},
		{{.kind = BOX_SYMLINK, .dst = "/a"}, EINVAL, "needs a source"},
		{{.kind = BOX_INITRD, .dst = "/a", .host_bytes = UINT64_C(5) << 30}, EFBIG, "larger than"},
		{{.kind = BOX_IMAGE_COPY, .dst = "/a", .src = "/none"}, ENOENT, "none"},
		{{.kind = BOX_IMAGE_COPY, .dst = "/a", .src = "/fifo"}, EINVAL, "FIFO"},
		{{.kind = BOX_INITRD, .dst = "/a", .src = "/five", .dev = 1, .ino = 2},
		 ESTALE,
		 "not the file any more"},
	};
	struct world *w = *state;
	uint64_t bytes = 1;
	struct err e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(open_copies(w, &cases[i].op, 1, &bytes, &e), e, cases[i].code, cases[i].words);
	assert_int_equal(bytes, 1);
}

static void size_counts_what_is_copied(void **state)
{
	const struct box_op ops[] = {
		{.kind = BOX_INITRD, .dst = "/a", .src = "/five", .data = {"xyz", 3}},
		{.kind = BOX_FILE, .dst = "/b", .data = {"0123456789", 10}},
		{.kind = BOX_IMAGE_COPY, .dst = "/c", .src = "/none", .optional = true},
		{.kind = BOX_TMPFS, .dst = "/d", .host_bytes = 1 << 20}, /* not out of the box's own */
	};
	struct world *w = *state;
	uint64_t bytes = 0;
	struct err e = {0};

	assert_ok(open_copies(w, ops, 4, &bytes, &e), e);
	assert_int_equal(bytes, 4 * 4096 + 5 + 3 + 10);
}

/* Everything that needs no mount, done in an ordinary directory. */
static int do_ops(void *arg)
{
	const struct box_op ops[] = {
		{.kind = BOX_DIR, .dst = "/deep/er/dir", .mode = 0700},
		{.kind = BOX_DIR, .dst = "/deep", .mode = 0711},
		{.kind = BOX_FILE, .dst = "/etc/file", .mode = 0440, .data = {"text", 4}},
		{.kind = BOX_INITRD, .dst = "/initrd", .mode = 0400, .src = "/five", .data = {"END", 3}},
		{.kind = BOX_SYMLINK, .dst = "/lib/link", .src = "../etc"},
		{.kind = BOX_FILE, .dst = "/etc/file", .mode = 0440},
		{.kind = BOX_SYMLINK, .dst = "/etc", .src = "/"},
	};
	struct world *w = arg;
	struct box_params p = {.ops = ops, .nops = 7, .image_root = w->image};
	struct box b = {.p = &p, .root = -1, .image = -1};
	struct err e = {0};
	char buf[32] = "";
	struct stat st;
	uint64_t bytes;

	umask(0);
	jail_check(chdir(w->out) == 0);
	jail_check(box_open_copies(&b, &bytes, &e) == 0);
	for (size_t i = 0; i < 5; i++)
		jail_check(box_do_op(&b, i, &e) == 0);
	jail_check(stat("deep/er/dir", &st) == 0 && (st.st_mode & 07777) == 0700);
	jail_check(stat("deep/er", &st) == 0 && (st.st_mode & 07777) == 0755);
	jail_check(stat("deep", &st) == 0 && (st.st_mode & 07777) == 0711);
	jail_check(stat("etc/file", &st) == 0 && (st.st_mode & 07777) == 0440 && st.st_size == 4);
	jail_check(stat("initrd", &st) == 0 && (st.st_mode & 07777) == 0400 && st.st_size == 15);
	jail_check(read(open("initrd", O_RDONLY), buf, sizeof(buf)) == 15 &&
		   memcmp(buf, "12345\0\0\0\0\0\0\0END", 15) == 0);
	jail_check(readlink("lib/link", buf, sizeof(buf)) == 6 && memcmp(buf, "../etc", 6) == 0);
	jail_check(box_do_op(&b, 5, &e) == -EEXIST); /* twice the same */
	jail_check(box_do_op(&b, 6, &e) == -EINVAL && strstr(e.msg, "/etc/file cannot be put below /etc"));
	return 0;
}

/* A host file as the last member of the archive: exactly the announced bytes, padding, tail. */
static int do_host_file(void *arg)
{
	struct world *w = arg;
	struct box_op ops[] = {
		{.kind = BOX_INITRD,
		 .dst = "/a",
		 .mode = 0400,
		 .src = "/five",
		 .data = {"HEAD", 4},
		 .host_bytes = 5,
		 .tail = {"TAIL", 4}},
		{.kind = BOX_INITRD, .dst = "/b", .mode = 0400, .host_bytes = 4},
		{.kind = BOX_INITRD, .dst = "/c", .mode = 0400, .host_bytes = 0, .host_src = "/none"},
		{.kind = BOX_INITRD, .dst = "/d", .mode = 0400, .host_bytes = 0},
	};
	struct box_params p = {.ops = ops, .nops = 4, .image_root = w->image};
	struct box b = {.p = &p, .root = -1, .image = -1};
	char five[320], fifo[320], buf[64];
	struct err e = {0};
	uint64_t bytes;

	snprintf(five, sizeof(five), "%s/five", w->image);
	snprintf(fifo, sizeof(fifo), "%s/fifo", w->image);
	ops[0].host_src = ops[1].host_src = five;
	ops[3].host_src = fifo;
	jail_check(chdir(w->out) == 0);
	jail_check(box_open_copies(&b, &bytes, &e) == 0);
	jail_check(bytes == 4 * 4096 + 5 + 4 + 5 + 4 + 4);
	jail_check(box_do_op(&b, 0, &e) == 0);
	jail_check(read(open("a", O_RDONLY), buf, sizeof(buf)) == 28);
	jail_check(memcmp(buf, "12345\0\0\0\0\0\0\0HEAD12345\0\0\0TAIL", 28) == 0);
	jail_check(box_do_op(&b, 1, &e) == -ESTALE && strstr(e.msg, "not the file of 4 bytes"));
	jail_check(box_do_op(&b, 2, &e) == -ENOENT && strstr(e.msg, "/none"));
	jail_check(box_do_op(&b, 3, &e) == -ESTALE);
	return 0;
}

static void host_file_in_the_initrd(void **state)
{
	assert_jailed(do_host_file, *state);
}

static void ops_do_what_they_say(void **state)
{
	assert_jailed(do_ops, *state);
}

#define with_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(names_must_be_clean),        with_world(wrong_ops),
		with_world(size_counts_what_is_copied), with_world(ops_do_what_they_say),
		with_world(host_file_in_the_initrd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
