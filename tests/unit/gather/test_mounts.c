/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of bind mounts: what they are, and how much there is to copy, counted no further than anybody wants to know. */
#include "gather/parts.h"
#include "gather/scratch.h"

static uint64_t max_mb = 1;

static struct mount_facts look(struct scratch *s, const char *source, const char *destination)
{
	static const char *words[] = {"rbind"};
	struct spec_mount m = {.destination = destination,
			       .type = "bind",
			       .source = source,
			       .options = {words, 1}};
	struct facts f = {.bundle = s->dir, .config = {.mounts_max_mb = max_mb}, .spec = {.mounts = {&m, 1}}};

	assert_ok(gather_bind_mounts(&f, &s->a, &s->e), s->e);
	return f.mounts.n ? f.mounts.v[0] : (struct mount_facts){.index = UINT32_MAX};
}

static void kinds_of_sources(void **state)
{
	struct scratch *s = *state;
	struct mount_facts f;
	struct stat st;

	f = look(s, scratch_text(s, "file", "12345"), "/x");
	assert_int_equal(f.index, 0);
	assert_int_equal(f.kind, MOUNT_FILE);
	assert_int_equal(f.bytes, 5);
	assert_int_equal(f.entries, 1);
	assert_null(f.problem);
	assert_int_equal(f.uid, getuid());
	/* relative to the bundle, and through links, as engines mean it */
	assert_int_equal(symlink("file", scratch_path(s, "link")), 0);
	f = look(s, "./sub/../link", "/x");
	assert_int_equal(f.kind, MOUNT_FILE);
	assert_string_equal(f.source, scratch_path(s, "link"));
	assert_string_equal(f.real, gather_real_path(scratch_path(s, "file"), &s->a));
	assert_int_equal(stat(scratch_path(s, "file"), &st), 0);
	assert_true(f.dev == st.st_dev && f.ino == st.st_ino);
	f = look(s, "none", "/x");
	assert_int_equal(f.kind, MOUNT_MISSING);
	assert_string_equal(f.problem, "No such file or directory");
	assert_null(f.real);
	assert_int_equal(look(s, "/dev/null", "/x").kind, MOUNT_OTHER);
	assert_int_equal(mkfifo(scratch_path(s, "fifo"), 0600), 0);
	assert_int_equal(look(s, "fifo", "/x").kind, MOUNT_OTHER);
	assert_int_equal(look(s, "/sys", "/sys/fs/cgroup").index, UINT32_MAX);
}

static void a_tree_is_counted(void **state)
{
	struct scratch *s = *state;
	struct mount_facts f;

	scratch_text(s, "d/e/file", "12345");
	assert_int_equal(symlink("e/file", scratch_path(s, "d/link")), 0);
	assert_int_equal(symlink("/", scratch_path(s, "d/out")), 0);
	assert_int_equal(mkfifo(scratch_path(s, "d/fifo"), 0600), 0);
	f = look(s, "d", "/x");
	assert_int_equal(f.kind, MOUNT_DIRECTORY);
	assert_int_equal(f.entries, 5); /* itself, e, file, two links */
	assert_int_equal(f.bytes, 5 + 6 + 1);
	assert_int_equal(f.name_bytes, strlen(""
					      "e"
					      "e/file"
					      "link"
					      "out"));
	assert_int_equal(f.skipped, 1);
	assert_false(f.more);
}

static void counting_stops(void **state)
{
	struct scratch *s = *state;
	struct mount_facts f;
	int fd;

	scratch_text(s, "d/big", "");
	fd = open(scratch_path(s, "d/big"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	assert_false(look(s, "d", "/x").more);
	assert_int_equal(ftruncate(fd, (1 << 20) + 1), 0);
	close(fd);
	assert_true(look(s, "d", "/x").more);
	for (int i = 0; i < 400; i++)
		scratch_text(s, arena_printf(&s->a, "many/%d", i), "");
	f = look(s, "many", "/x");
	assert_true(f.more);
	assert_int_equal(f.entries, MOUNT_ENTRIES_PER_MB + 1);
	/* Who wants no copies has to know all the same whether anything is there. */
	max_mb = 0;
	assert_true(look(s, "many", "/x").entries > 1);
	assert_int_equal(mkdir(scratch_path(s, "empty"), 0700), 0);
	assert_int_equal(look(s, "empty", "/x").entries, 1);
	max_mb = 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(kinds_of_sources),
		scratch_test(a_tree_is_counted),
		scratch_test(counting_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
