/* SPDX-License-Identifier: Apache-2.0 */
/* Names of sockets, and who may have them. */
#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/address.h"

static struct arena a;

static const char *path_of(const char *dir, const char *address, const char *ns, const char *group)
{
	const char *path = NULL;
	struct err e = {0};

	assert_ok(address_path(dir, address, ns, group, &a, &path, &e), e);
	return path;
}

/* As containerd's own shims were seen to name them. */
static void known_names(void **state)
{
	(void)state;
	assert_string_equal(path_of("", "/S/c.sock", "default", "c1"),
			    "/run/containerd/s/49abac4ff94c37965985bbb928ed1d550008b3d17df1c5b42b29f4a03ebe6114");
	assert_string_equal(path_of("", "//S//c.sock", "default", "c1"),
			    path_of("", "/S/c.sock", "default", "c1"));
	assert_string_not_equal(path_of("", "/S/c.sock", "default", "c2"),
				path_of("", "/S/c.sock", "default", "c1"));
	assert_true(str_starts(path_of("/x", "/S/c.sock", "default", "c1"), "/x/49abac4f"));
}

static void a_path_that_no_socket_can_have(void **state)
{
	const char *path = NULL;
	char dir[64];
	struct err e = {0};

	(void)state;
	memset(dir, 'd', sizeof(dir));
	dir[0] = '/';
	dir[42] = '\0';
	assert_fails(address_path(dir, "/c", "n", "g", &a, &path, &e), e, ENAMETOOLONG, "at most 106");
	dir[41] = '\0';
	assert_ok(address_path(dir, "/c", "n", "g", &a, &path, &e), e);
	assert_int_equal(strlen(path), 106);
}

static void who_is_first_listens_and_who_is_gone_is_replaced(void **state)
{
	char dir[256], path[300];
	struct err e = {0};
	struct stat st;
	int first = -1, second = -1;

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/new/s", dir);
	assert_ok(address_listen(path, &first, &e), e);
	assert_true(first >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(address_listen(path, &second, &e), e);
	assert_int_equal(second, -1);
	close(first);
	assert_ok(address_listen(path, &second, &e), e);
	assert_true(second >= 0);
	address_forget(path);
	assert_int_equal(access(path, F_OK), 0); /* somebody is there */
	close(second);
	address_forget(path);
	assert_int_equal(access(path, F_OK), -1);
	address_forget(path);
	unit_rmdir(dir);
}

/* Many at once find a socket that nobody serves: one of them replaces it, and keeps it. */
static void of_many_at_once_one_listens(void **state)
{
	char dir[256], path[300];

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/s", dir);
	for (int round = 0; round < 40; round++) {
		int go[2], looked[2], won = 0, status, fd = -1;
		struct err e = {0};

		assert_ok(address_listen(path, &fd, &e), e);
		close(fd);
		assert_int_equal(pipe(go), 0);
		assert_int_equal(pipe(looked), 0);
		for (int i = 0; i < 8; i++) {
			pid_t pid = fork();
			char c;

			assert_true(pid >= 0);
			if (pid > 0)
				continue;
			close(go[1]);
			fd = -1;
			if (read(go[0], &c, 1) != 0 || address_listen(path, &fd, &e) < 0)
				_exit(9);
			/* Whoever listens goes on until all have looked. */
			close(looked[1]);
			if (fd >= 0 && read(looked[0], &c, 1) != 0)
				_exit(9);
			_exit(fd >= 0);
		}
		close(go[0]);
		close(go[1]);
		close(looked[0]);
		close(looked[1]);
		while (wait(&status) > 0) {
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
			won += WEXITSTATUS(status);
		}
		assert_int_equal(won, 1);
		unlink(path);
	}
	unit_rmdir(dir);
}

static void a_file_that_is_no_socket_stays(void **state)
{
	char dir[256], path[300];

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/file", dir);
	fclose(fopen(path, "we"));
	address_forget(path);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_names),
		cmocka_unit_test(a_path_that_no_socket_can_have),
		cmocka_unit_test(who_is_first_listens_and_who_is_gone_is_replaced),
		cmocka_unit_test(of_many_at_once_one_listens),
		cmocka_unit_test(a_file_that_is_no_socket_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
