/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: limits, kinds, and writes that leave all or nothing. */
#include "common/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit.h"

struct world {
	char dir[256];
	int dirfd;
	struct arena a;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	unit_tmpdir(w->dir);
	w->dirfd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->dirfd);
	unit_rmdir(w->dir);
	arena_release(&w->a);
	free(w);
	return 0;
}

static unsigned entries(int dirfd)
{
	DIR *d = fdopendir(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void files_of_every_size_come_whole(void **state)
{
	struct world *w = *state;
	static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 4097, 8191, 100000};
	struct err e = {0};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *data = malloc(sizes[i] + 1);
		struct bytes got;

		for (size_t k = 0; k < sizes[i]; k++)
			data[k] = (char)(k * 7 + k / 256);
		assert_ok(file_write(w->dirfd, "f", O_CREAT | O_TRUNC, data, sizes[i], &e), e);
		assert_ok(file_read(w->dirfd, "f", sizes[i], &w->a, &got, &e), e);
		assert_int_equal(got.n, sizes[i]);
		assert_memory_equal(got.p, data, sizes[i]);
		assert_int_equal(((const char *)got.p)[got.n], 0);
		if (sizes[i])
			assert_fails(file_read(w->dirfd, "f", sizes[i] - 1, &w->a, &got, &e), e, EFBIG, "'f'");
		free(data);
	}
}

static void kernel_files_of_size_0_are_read(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct bytes got;

	assert_ok(file_read(AT_FDCWD, "/proc/self/status", 1 << 20, &w->a, &got, &e), e);
	assert_non_null(strstr(got.p, "Name:"));
	assert_fails(file_read(AT_FDCWD, "/proc/self/status", 10, &w->a, &got, &e), e, EFBIG,
		     "more than 10 bytes");
}

static void a_pipe_is_read_to_its_end(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct bytes got;
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(write_all(p[1], "abc", 3), 0);
	close(p[1]);
	assert_ok(read_all(p[0], 3, &w->a, &got, "pipe", &e), e);
	assert_string_equal(got.p, "abc");
	close(p[0]);
	assert_fails(read_all(p[0], 3, &w->a, &got, "pipe", &e), e, EBADF, "'pipe'");
}

static void only_files_are_opened(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct bytes got = {NULL, 5};

	assert_int_equal(mkfifoat(w->dirfd, "fifo", 0600), 0);
	alarm(5); /* a blocking open would end the test */
	assert_fails(file_read(w->dirfd, "fifo", 9, &w->a, &got, &e), e, EINVAL, "not a regular file");
	alarm(0);
	assert_fails(file_read(w->dirfd, ".", 9, &w->a, &got, &e), e, EISDIR, "is a directory");
	assert_fails(file_read(w->dirfd, "none", 9, &w->a, &got, &e), e, ENOENT, "'none'");
	assert_fails(file_read(AT_FDCWD, "/dev/null", 9, &w->a, &got, &e), e, EINVAL, "not a regular file");
	assert_fails(file_write(w->dirfd, "none", 0, "x", 1, &e), e, ENOENT, "'none'");
	assert_int_equal(got.n, 5);
}

static void write_all_survives_short_writes(void **state)
{
	char *data = malloc(1 << 20), buf[4096];
	size_t total = 0;
	ssize_t n;
	int p[2], status;
	pid_t pid;

	(void)state;
	memset(data, 'd', 1 << 20);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	pid = fork(); /* a pipe holds 64 KiB: the writer must go on many times */
	if (pid == 0)
		_exit(write_all(p[1], data, 1 << 20) == 0 ? 0 : 1);
	close(p[1]);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		total += (size_t)n;
	assert_int_equal(total, 1 << 20);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(p[0]);
	assert_int_equal(write_all(p[0], "x", 1), -EBADF);
	free(data);
}

static void atomic_write_replaces(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct bytes got;
	struct stat st;

	assert_ok(file_write_atomic(w->dirfd, "f", 0600, "one", 3, &e), e);
	assert_ok(file_write_atomic(w->dirfd, "f", 0640, "second", 6, &e), e);
	assert_ok(file_read(w->dirfd, "f", 10, &w->a, &got, &e), e);
	assert_string_equal(got.p, "second");
	assert_int_equal(fstatat(w->dirfd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(entries(w->dirfd), 1);
}

static void atomic_write_takes_paths_and_leftovers(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct bytes got;
	char path[400], stale[64];

	snprintf(path, sizeof(path), "%s/init.pid", w->dir);
	snprintf(stale, sizeof(stale), ".init.pid.%d", (int)getpid());
	assert_ok(file_write(w->dirfd, stale, O_CREAT, "old", 3, &e), e);
	assert_ok(file_write_atomic(AT_FDCWD, path, 0644, "42", 2, &e), e);
	assert_ok(file_read(AT_FDCWD, path, 10, &w->a, &got, &e), e);
	assert_string_equal(got.p, "42");
	assert_int_equal(entries(w->dirfd), 2);
}

static void failed_atomic_writes_leave_nothing(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct rlimit none = {0, RLIM_INFINITY}, old;
	char name[257];

	memset(name, 'n', 256);
	name[256] = '\0';
	assert_int_equal(mkdirat(w->dirfd, "dir", 0755), 0);
	assert_fails(file_write_atomic(w->dirfd, "dir", 0600, "x", 1, &e), e, EISDIR, "'dir'");
	assert_fails(file_write_atomic(w->dirfd, "no/where", 0600, "x", 1, &e), e, ENOENT, "'no/where'");
	assert_fails(file_write_atomic(w->dirfd, name, 0600, "x", 1, &e), e, ENAMETOOLONG, "nnn");
	getrlimit(RLIMIT_FSIZE, &old);
	none.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	assert_fails(file_write_atomic(w->dirfd, "full", 0600, "x", 1, &e), e, EFBIG, "cannot write 'full'");
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(entries(w->dirfd), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_of_every_size_come_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_files_of_size_0_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_is_read_to_its_end, setup, teardown),
		cmocka_unit_test_setup_teardown(only_files_are_opened, setup, teardown),
		cmocka_unit_test(write_all_survives_short_writes),
		cmocka_unit_test_setup_teardown(atomic_write_replaces, setup, teardown),
		cmocka_unit_test_setup_teardown(atomic_write_takes_paths_and_leftovers, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_atomic_writes_leave_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
