/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, whose a directory is, and that a plan comes back as it was written or not at all. */
#include "runtime/container.h"

#include "common/log.h"
#include "fake_container.h"

static void ids(void **state)
{
	static const char *const good[] = {"a", "A-Z_0+9.b", "...", ".a", "-", "0"};
	static const char *const bad[] = {".",    "..",       "a/b", "../x", "a b",
					  "a\nb", "\xc3\xa4", "a*",  "a:b",  "/"};
	char longest[ID_MAX_BYTES + 2];
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_ok(container_id_check(good[i], &e), e);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(container_id_check(bad[i], &e), e, EINVAL, "invalid container ID format");
	assert_fails(container_id_check("", &e), e, EINVAL, "cannot be empty");
	memset(longest, 'x', sizeof(longest));
	longest[ID_MAX_BYTES + 1] = '\0';
	assert_fails(container_id_check(longest, &e), e, EINVAL, "invalid container ID format");
	longest[ID_MAX_BYTES] = '\0';
	assert_ok(container_id_check(longest, &e), e);
}

static void a_written_container_comes_back(void **state)
{
	static const char *argv[] = {"/qemu", "", "-append", "a b"};
	struct spec_hook stop = {.path = "/bin/true", .timeout_s = 3};
	struct spec_kv note = {"k", "v\n"};
	struct fake *f = *state;
	struct container c = CONTAINER_NULL;
	struct err e = {0};
	struct stat st;

	f->head.poststop.v = &stop;
	f->head.poststop.n = 1;
	f->head.annotations.v = &note;
	f->head.annotations.n = 1;
	f->plan.id = "c1";
	f->plan.argv = (struct strs){argv, 4};
	f->plan.memory_bytes = 1ull << 40;
	fake_make(f, "c1", 0);
	assert_ok(container_open(&f->rt, "c1", OPEN_PLAN, &c, &e), e);
	assert_int_equal(c.owner, OWNER_US);
	assert_string_equal(c.head.bundle, f->dir);
	assert_true(c.head.created_ns == f->head.created_ns);
	assert_int_equal(c.head.poststop.n, 1);
	assert_int_equal(c.head.poststop.v[0].timeout_s, 3);
	assert_string_equal(c.head.annotations.v[0].value, "v\n");
	assert_int_equal(c.plan->argv.n, 4);
	assert_string_equal(c.plan->argv.v[1], "");
	assert_true(c.plan->memory_bytes == 1ull << 40);
	assert_int_equal(fstat(c.dirfd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(fstatat(c.dirfd, PLAN_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	container_done(&c);
	assert_int_equal(c.dirfd, -1);
	assert_ok(container_get(&f->rt, "c1", 0, &c, &e), e);
	assert_null(c.plan);
	container_done(&c);
}

/* More than the first read takes. */
static void a_big_plan_comes_back(void **state)
{
	struct fake *f = *state;
	struct container c = CONTAINER_NULL;
	struct err e = {0};
	char *big = arena_alloc(&f->arena, 300001);

	memset(big, 'x', 300000);
	f->plan.guest_cmdline = big;
	f->plan.cwd = "/end";
	fake_make(f, "c1", 0);
	assert_ok(container_get(&f->rt, "c1", OPEN_PLAN, &c, &e), e);
	assert_string_equal(c.plan->guest_cmdline, big);
	assert_string_equal(c.plan->cwd, "/end");
	container_done(&c);
	f->head.bundle = big; /* and a big head, read without the plan */
	fake_make(f, "c2", 0);
	assert_ok(container_get(&f->rt, "c2", 0, &c, &e), e);
	assert_string_equal(c.head.bundle, big);
	container_done(&c);
}

static void a_damaged_file_is_refused(void **state)
{
	struct fake *f = *state;
	struct container c = CONTAINER_NULL;
	unsigned char file[8192];
	uint64_t chance = 3;
	struct err e = {0};
	char path[600];
	ssize_t n;
	int fd;

	fake_make(f, "c1", 0);
	snprintf(path, sizeof(path), "%s/c1/plan", f->root);
	fd = open(path, O_RDWR | O_CLOEXEC);
	n = read(fd, file, sizeof(file));
	assert_true(n > 100 && n < (ssize_t)sizeof(file));
	for (ssize_t cut = 0; cut < n; cut++) {
		assert_int_equal(ftruncate(fd, cut), 0);
		assert_fails(container_open(&f->rt, "c1", OPEN_PLAN, &c, &e), e, EBADMSG, "container 'c1'");
		assert_int_equal(pwrite(fd, file, (size_t)n, 0), n);
	}
	for (int i = 0; i < 5000; i++) {
		unsigned char bad[sizeof(file)];
		size_t len;

		memcpy(bad, file, (size_t)n);
		len = unit_mutate(&chance, bad, (size_t)n);
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, bad, len, 0), len);
		if (container_open(&f->rt, "c1", OPEN_PLAN, &c, &e) == 0)
			container_done(&c); /* harmless damage */
		arena_release(&f->arena);
	}
	close(fd);
}

/* Only for clearing away. */
static void a_damaged_one_can_be_opened_by_its_journal(void **state)
{
	struct fake *f = *state;
	struct container c = CONTAINER_NULL;
	struct err e = {0};

	fake_make(f, "c1", getpid());
	fake_note(f, "c1", "cgroup", "/x/c1");
	fake_file(f, "c1/plan", "garbage, and more than sixteen bytes of it");
	assert_fails(container_open(&f->rt, "c1", 0, &c, &e), e, EBADMSG, "damaged or of another version");
	assert_ok(log_open("/dev/null", false, LOG_LVL_WARN, NULL), e);
	assert_ok(container_open(&f->rt, "c1", OPEN_DAMAGED, &c, &e), e);
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, NULL), e);
	assert_int_equal(c.owner, OWNER_US);
	assert_int_equal(c.journal.pid, getpid());
	assert_int_equal(c.journal.undo.n, 1);
	assert_string_equal(c.head.id, "c1");
	assert_int_equal(c.head.poststop.n, 0);
	container_done(&c);
}

static void owners(void **state)
{
	struct fake *f = *state;
	struct container c = CONTAINER_NULL;
	struct err e = {0};

	assert_ok(container_open(&f->rt, "none", 0, &c, &e), e); /* not even a root */
	assert_int_equal(c.owner, OWNER_NONE);
	assert_int_equal(c.dirfd, -1);
	fake_dir(f, "r");
	fake_file(f, "r/state.json", "{}");
	fake_dir(f, "c");
	fake_file(f, "c/status", "{}");
	fake_dir(f, "left");
	fake_file(f, "file", "");
	assert_ok(container_open(&f->rt, "r", 0, &c, &e), e);
	assert_int_equal(c.owner, OWNER_RUNC);
	container_done(&c);
	assert_ok(container_open(&f->rt, "c", 0, &c, &e), e);
	assert_int_equal(c.owner, OWNER_CRUN);
	container_done(&c);
	assert_ok(container_open(&f->rt, "left", 0, &c, &e), e);
	assert_int_equal(c.owner, OWNER_LEFTOVER);
	container_done(&c);
	assert_fails(container_open(&f->rt, "file", 0, &c, &e), e, ENOTDIR, "state directory");
	assert_fails(container_get(&f->rt, "r", 0, &c, &e), e, EREMOTE, "another runtime");
	assert_fails(container_get(&f->rt, "c", 0, &c, &e), e, EREMOTE, "another runtime");
	assert_fails(container_get(&f->rt, "left", 0, &c, &e), e, ENOENT, "container does not exist");
	assert_fails(container_get(&f->rt, "none", 0, &c, &e), e, ENOENT, "container does not exist");
	assert_fails(container_get(&f->rt, "../r", 0, &c, &e), e, EINVAL, "invalid container ID");
	assert_int_equal(c.dirfd, -1);
}

static void a_link_is_no_state_directory(void **state)
{
	struct fake *f = *state;
	struct container c = CONTAINER_NULL;
	struct err e = {0};
	char path[600];

	fake_make(f, "c1", 0);
	snprintf(path, sizeof(path), "%s/link", f->root);
	assert_int_equal(symlink("c1", path), 0);
	assert_int_not_equal(container_open(&f->rt, "link", 0, &c, &e), 0);
}

static void directories_are_made_once(void **state)
{
	struct fake *f = *state;
	struct err e = {0};
	struct stat st;
	int fd, other = -7, journal, again;

	assert_ok(container_make_dir(&f->rt, "c1", &fd, &journal, &e), e);
	assert_int_equal(stat(f->root, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0711);
	assert_fails(container_make_dir(&f->rt, "c1", &other, &journal, &e), e, EEXIST,
		     "container with given ID already exists");
	assert_int_equal(other, -7);
	/* The journal that is left open has the first line. */
	again = openat(fd, "journal", O_RDONLY | O_CLOEXEC);
	assert_true(lseek(again, 0, SEEK_END) > 0);
	assert_ok(journal_add(journal, "created", NULL, &e), e);
	close(again);
	close(journal);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test_setup_teardown(a_written_container_comes_back, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_big_plan_comes_back, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_refused, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_damaged_one_can_be_opened_by_its_journal, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(owners, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_link_is_no_state_directory, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(directories_are_made_once, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
