/* SPDX-License-Identifier: Apache-2.0 */
/* Initrds as they are written: sources of the host as members, the image's archive before them or joined with them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "common/cpio.h"
#include "sandbox/box.h"
#include "unit.h"

struct world {
	char dir[256], src[300], out[300];
	struct arena a;
	struct err e;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	unit_tmpdir(w->dir);
	snprintf(w->src, sizeof(w->src), "%s/src", w->dir);
	snprintf(w->out, sizeof(w->out), "%s/out", w->dir);
	assert_int_equal(mkdir(w->src, 0755), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	arena_release(&w->a);
	unit_rmdir(w->dir);
	free(w);
	return 0;
}

static const char *in(struct world *w, const char *name)
{
	return arena_printf(&w->a, "%s/%s", w->src, name);
}

static void put(struct world *w, const char *name, const void *p, size_t n, mode_t mode)
{
	int fd = open(in(w, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct strbuf archive(struct world *w, const char *const *names)
{
	struct strbuf b = STRBUF(&w->a);
	uint32_t ino = 0;

	for (; *names; names++)
		cpio_add(&b, &ino, *names, S_IFDIR | 0700, 0, 0, NULL, 0);
	cpio_trailer(&b);
	return b;
}

/* Writes the initrd of op, with image as the image's own (NULL = none). */
static int make(struct world *w, const struct box_op *op, const struct strbuf *image)
{
	int fd = open(w->out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), from = -1, r;

	w->e = (struct err){0};
	if (image) {
		put(w, "../image", image->p, image->len, 0600);
		from = open(in(w, "../image"), O_RDONLY | O_CLOEXEC);
	}
	r = box_write_initrd(op, fd, from, image ? image->len : 0, &w->e);
	close(fd);
	if (from >= 0)
		close(from);
	return r;
}

/* What cpio(1) makes of it: "mode links owner group size name" lines, in the order of their names. */
static const char *listed(struct world *w)
{
	char *text = arena_alloc(&w->a, 8192);
	FILE *f = popen(
		arena_printf(&w->a,
			     "cpio --quiet -tvn <%s 2>&1 | awk '{print $1, $3, $4, $5, $9, $10, $11}' | sort -k5",
			     w->out),
		"r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, 8191, f);
	text[n] = '\0';
	pclose(f);
	return text;
}

static struct box_op op_with(struct box_add *adds, size_t n)
{
	static struct arena a;
	static struct strbuf end;

	arena_release(&a);
	end = STRBUF(&a);
	cpio_trailer(&end);
	return (struct box_op){.kind = BOX_INITRD,
			       .dst = "/initrd",
			       .src = "/image",
			       .adds = {adds, n},
			       .tail = {end.p, end.len}};
}

static struct box_add whole(struct world *w, const char *name)
{
	return (struct box_add){.name = name,
				.source = w->src,
				.label = "/data",
				.max_bytes = 65536,
				.max_entries = 32};
}

static void a_tree_as_kubelet_makes_it(void **state)
{
	struct world *w = *state;
	struct box_add add = whole(w, ".urunc/m0");
	struct box_op op = op_with(&add, 1);
	struct timeval t[2] = {{1700000000, 0}, {1700000000, 0}};

	assert_int_equal(chmod(w->src, 01751), 0);
	assert_int_equal(mkdir(in(w, "..v1"), 0700), 0);
	put(w, "..v1/key", "value", 5, 0640);
	assert_int_equal(utimes(in(w, "..v1/key"), t), 0);
	assert_int_equal(symlink("..v1", in(w, "..data")), 0);
	assert_int_equal(symlink("/etc/passwd", in(w, "out")), 0);
	assert_int_equal(link(in(w, "..v1/key"), in(w, "hard")), 0);
	assert_int_equal(mkfifo(in(w, "fifo"), 0600), 0);
	assert_ok(make(w, &op, NULL), w->e);
	assert_string_equal(listed(w), "drwxr-x--t 0 0 0 .urunc/m0  \n"
				       "lrwxrwxrwx 0 0 4 .urunc/m0/..data -> ..v1\n"
				       "drwx------ 0 0 0 .urunc/m0/..v1  \n"
				       "-rw-r----- 0 0 5 .urunc/m0/..v1/key  \n"
				       "-rw-r----- 0 0 5 .urunc/m0/hard  \n"
				       "lrwxrwxrwx 0 0 11 .urunc/m0/out -> /etc/passwd\n");
}

static void owner_and_contents_of_a_file(void **state)
{
	struct world *w = *state;
	struct box_add add = {.name = "etc/token",
			      .source = in(w, "token"),
			      .label = "/etc/token",
			      .max_bytes = 65536,
			      .max_entries = 1};
	struct box_op op = op_with(&add, 1);
	char buf[256];
	int fd;

	put(w, "token", "secret\0x", 8, 04751);
	if (chown(in(w, "token"), 1234, 65534) == 0 && chmod(in(w, "token"), 04751) == 0)
		assert_ok(make(w, &op, NULL), w->e);
	else
		return; /* not root */
	assert_string_equal(listed(w), "-rwsr-x--x 1234 65534 8 etc/token  \n");
	fd = open(w->out, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, buf, 256), 120 + 8 + 124);
	assert_memory_equal(buf + 120, "secret\0x", 8);
	close(fd);
}

static void more_than_was_planned_is_refused(void **state)
{
	struct world *w = *state;
	struct box_add add = whole(w, "a");
	struct box_op op = op_with(&add, 1);

	put(w, "one", "1234567890", 10, 0600);
	add.max_entries = 1;
	assert_fails(make(w, &op, NULL), w->e, EFBIG, "mount '/data': '");
	assert_non_null(strstr(w->e.msg, "has grown since the container was created"));
	add.max_entries = 2;
	add.max_bytes = 118 + 1 + 118 + 1 + 3 + 9;
	assert_fails(make(w, &op, NULL), w->e, EFBIG, "has grown");
	add.max_bytes++;
	assert_ok(make(w, &op, NULL), w->e);
	add.source = "/nowhere/at/all";
	assert_fails(make(w, &op, NULL), w->e, ENOENT, "mount '/data': '/nowhere/at/all' cannot be copied");
	add.source = in(w, "fifo");
	assert_int_equal(mkfifo(add.source, 0600), 0);
	assert_fails(make(w, &op, NULL), w->e, ESTALE, "mount '/data'");
}

static void seen_at_create(struct box_add *add)
{
	struct stat st;

	assert_int_equal(stat(add->source, &st), 0);
	add->dev = st.st_dev;
	add->ino = st.st_ino;
	add->kind = st.st_mode & S_IFMT;
}

/* What is in a directory may change, as kubelet changes it; what was mounted may not become something else. */
static void only_what_create_saw(void **state)
{
	struct world *w = *state;
	struct box_add add = whole(w, "a");
	struct box_op op = op_with(&add, 1);

	seen_at_create(&add);
	assert_int_equal(symlink("..v1", in(w, "..data")), 0);
	assert_int_equal(symlink("..v2", in(w, "..data_tmp")), 0);
	assert_int_equal(rename(in(w, "..data_tmp"), in(w, "..data")), 0);
	assert_ok(make(w, &op, NULL), w->e);

	put(w, "one", "1", 1, 0600);
	put(w, "other", "2", 1, 0600);
	assert_int_equal(symlink("one", in(w, "link")), 0);
	add.source = in(w, "link");
	seen_at_create(&add);
	assert_ok(make(w, &op, NULL), w->e);
	assert_string_equal(listed(w), "-rw------- 0 0 1 a  \n");
	assert_int_equal(symlink("other", in(w, "link2")), 0);
	assert_int_equal(rename(in(w, "link2"), in(w, "link")), 0);
	assert_fails(make(w, &op, NULL), w->e, ESTALE, "mount '/data': source '");
	assert_non_null(strstr(w->e.msg, "/link' was replaced since the container was created"));

	add.source = in(w, "one");
	seen_at_create(&add);
	assert_int_equal(rename(in(w, "other"), add.source), 0);
	assert_fails(make(w, &op, NULL), w->e, ESTALE, "was replaced");
	seen_at_create(&add);
	add.kind = S_IFDIR;
	assert_fails(make(w, &op, NULL), w->e, ENOTDIR, "/one' cannot be copied for the guest");
}

static void directories_on_the_way_stay_the_images(void **state)
{
	static const char *const has[] = {"usr", "./opt/", "./var", NULL};
	struct world *w = *state;
	struct strbuf image = archive(w, has);
	struct box_add adds[] = {{.name = "usr", .label = "/l", .max_bytes = 200, .max_entries = 1},
				 {.name = "usr/x", .label = "/l", .max_bytes = 200, .max_entries = 1},
				 {.name = "var", .label = "/l", .max_bytes = 200, .max_entries = 1},
				 whole(w, "usr/x/y")};
	struct box_op op = op_with(adds, 4);

	op.one_archive = true;
	assert_ok(make(w, &op, &image), w->e);
	/* One archive to the end: what follows the first mark is not listed. */
	assert_string_equal(listed(w), "drwx------ 0 0 0 ./opt/  \n"
				       "drwx------ 0 0 0 ./var  \n"
				       "drwx------ 0 0 0 usr  \n"
				       "drwxr-xr-x 0 0 0 usr/x  \n"
				       "drwxr-xr-x 0 0 0 usr/x/y  \n");
	op.one_archive = false;
	assert_ok(make(w, &op, &image), w->e);
	assert_string_equal(listed(w), "drwx------ 0 0 0 ./opt/  \n"
				       "drwx------ 0 0 0 ./var  \n"
				       "drwx------ 0 0 0 usr  \n");
}

/* An image that LZ4 packed would otherwise go on: see the kernel's unlz4. Whatever is first in the file may hide one. */
static void four_zeros_at_least_before_ours(void **state)
{
	struct world *w = *state;
	struct box_op op = op_with(NULL, 0);

	for (size_t n = 1; n <= 5; n++) {
		struct strbuf image = {.p = arena_strdup(&w->a, "PACKED"), .len = n};
		size_t want = (n + 4 + 3) / 4 * 4;
		char buf[64];
		int fd;

		assert_ok(make(w, &op, &image), w->e);
		fd = open(w->out, O_RDONLY | O_CLOEXEC);
		assert_true(read(fd, buf, sizeof(buf)) == sizeof(buf));
		close(fd);
		assert_memory_equal(buf, "PACKED", n);
		for (size_t i = n; i < want; i++)
			assert_int_equal(buf[i], 0);
		assert_memory_equal(buf + want, "070701", 6);
	}
}

static void hostile_images_are_not_joined(void **state)
{
	static const char *const up[] = {"a/../../b", NULL}, *const good[] = {"a", NULL};
	struct world *w = *state;
	struct box_add add = whole(w, "x");
	struct box_op op = op_with(&add, 1);
	struct strbuf image = archive(w, up);

	op.one_archive = true;
	assert_fails(make(w, &op, &image), w->e, EINVAL, "a name with '..'");
	assert_non_null(strstr(w->e.msg, "pack it as an uncompressed newc archive"));
	image = archive(w, good);
	memcpy(image.p + 54, "ffffffff", 8);
	assert_fails(make(w, &op, &image), w->e, EINVAL, "larger than the file");
	image = archive(w, good);
	image.len -= 124;
	assert_fails(make(w, &op, &image), w->e, EINVAL, "without an end mark");
	/* where a kernel reads on behind it, its trouble with the image stays its own */
	op.one_archive = false;
	assert_ok(make(w, &op, &image), w->e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tree_as_kubelet_makes_it, setup, teardown),
		cmocka_unit_test_setup_teardown(owner_and_contents_of_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_was_planned_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(only_what_create_saw, setup, teardown),
		cmocka_unit_test_setup_teardown(directories_on_the_way_stay_the_images, setup, teardown),
		cmocka_unit_test_setup_teardown(four_zeros_at_least_before_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_images_are_not_joined, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
