/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of the gate: a plan passes whole, whoever is not `start` does not, and only end of file is success. */
#include "runtime/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "unit.h"

struct gate {
	char dir[256];
	int dirfd;
	pid_t pid;
	struct gate_fds fds; /* to be sent */
};

/* What the waiting process does with the plan. */
typedef void (*at_gate)(struct bytes plan, int answer_fd);

static void begin(struct gate *g, uid_t uid, at_gate then)
{
	struct arena a = {0};
	struct err e = {0};
	struct stat st;
	int fd, ready[2], back;
	char c;

	back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unit_tmpdir(g->dir);
	g->dirfd = open(g->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(gate_bind(g->dirfd, &fd, &e), e);
	assert_int_equal(fstatat(g->dirfd, GATE_FILE, &st, 0), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(pipe(ready), 0);
	g->pid = fork();
	if (g->pid == 0) {
		struct bytes plan = {0};
		struct gate_fds fds;

		if (gate_listen(fd) < 0 || write(ready[1], "x", 1) != 1 ||
		    gate_wait(fd, uid, &a, &plan, &fds) < 0)
			_exit(99);
		then(plan, fds.answer);
		for (size_t i = 0; i < fds.nmore; i++)
			if (write(fds.more[i], &"0123456789"[i], 1) != 1)
				_exit(98);
		arena_release(&a);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(fd);
	assert_int_equal(fchdir(back), 0);
	close(back);
}

static int end(struct gate *g)
{
	int status;

	assert_int_equal(waitpid(g->pid, &status, 0), g->pid);
	close(g->dirfd);
	unit_rmdir(g->dir);
	return status;
}

static int send_plan(struct gate *g, pid_t pid, struct bytes plan, struct err *e)
{
	int fds[2], r, back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	g->fds.answer = fds[1];
	r = gate_send(g->dirfd, pid, plan, &g->fds, e);
	assert_int_equal(fchdir(back), 0);
	close(back);
	close(fds[1]);
	if (r == 0)
		r = gate_read_answer(fds[0], e);
	close(fds[0]);
	return r;
}

static void check_and_answer(struct bytes plan, int answer_fd)
{
	const unsigned char *p = plan.p;

	for (size_t i = 0; i < plan.n; i++)
		if (p[i] != (unsigned char)(i * 7)) {
			gate_answer(answer_fd, GATE_ERROR, "the plan was changed on the way");
			return;
		}
	gate_answer(answer_fd, GATE_READY, "");
}

static struct bytes pattern(size_t n)
{
	unsigned char *p = malloc(n ? n : 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(i * 7);
	return (struct bytes){p, n};
}

static void plans_of_any_size_pass(void **state)
{
	static const size_t sizes[] = {1, 4096, 65535, 65536, 65537, 3000000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bytes plan = pattern(sizes[i]);
		struct err e = {0};
		struct gate g = {0};

		begin(&g, getuid(), check_and_answer);
		assert_ok(send_plan(&g, g.pid, plan, &e), e);
		assert_int_equal(end(&g), 0);
		free((void *)plan.p);
	}
}

static void only_the_init_process_is_trusted(void **state)
{
	struct bytes plan = pattern(10);
	struct err e = {0};
	struct gate g = {0};

	(void)state;
	begin(&g, getuid(), check_and_answer);
	assert_fails(send_plan(&g, getpid(), plan, &e), e, EPERM,
		     "waits at the gate, not the container's init process");
	assert_ok(send_plan(&g, g.pid, plan, &e), e); /* it still waits */
	assert_int_equal(end(&g), 0);
	free((void *)plan.p);
}

static int connect_raw(struct gate *g)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", g->dir, GATE_FILE);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void other_users_are_turned_away(void **state)
{
	struct bytes plan = pattern(10);
	struct err e = {0};
	struct gate g = {0};

	(void)state;
	begin(&g, getuid() + 1, check_and_answer);
	assert_fails(send_plan(&g, g.pid, plan, &e), e, EIO, "init process died");
	kill(g.pid, SIGKILL);
	assert_int_equal(end(&g), SIGKILL);
	free((void *)plan.p);
}

/* Both ways a plan travels: beside the message or in it. */
static void more_descriptors_keep_their_order(void **state)
{
	static const size_t sizes[] = {10, 100000};

	(void)state;
	for (size_t s = 0; s < 2; s++) {
		struct bytes plan = pattern(sizes[s]);
		int pipes[GATE_MORE_MAX][2];
		struct err e = {0};
		struct gate g = {.fds.nmore = GATE_MORE_MAX};

		for (size_t i = 0; i < GATE_MORE_MAX; i++) {
			assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
			g.fds.more[i] = pipes[i][1];
		}
		begin(&g, getuid(), check_and_answer);
		assert_ok(send_plan(&g, g.pid, plan, &e), e);
		assert_int_equal(end(&g), 0);
		for (size_t i = 0; i < GATE_MORE_MAX; i++) {
			char c = 0;

			assert_int_equal(read(pipes[i][0], &c, 1), 1);
			assert_int_equal(c, '0' + (int)i);
			close(pipes[i][0]);
			close(pipes[i][1]);
		}
		free((void *)(uintptr_t)plan.p);
	}
}

static void garbage_changes_nothing(void **state)
{
	uint64_t chance = 11;
	struct bytes plan = pattern(1000);
	struct err e = {0};
	struct gate g = {0};

	(void)state;
	begin(&g, getuid(), check_and_answer);
	close(connect_raw(&g)); /* leaves without a word */
	for (int i = 0; i < 300; i++) {
		unsigned char bytes[64];
		int fd = connect_raw(&g);
		size_t n = unit_random(&chance) % sizeof(bytes);

		for (size_t k = 0; k < n; k++)
			bytes[k] = (unsigned char)unit_random(&chance);
		memcpy(bytes, "GAT1", 4);
		if (send(fd, bytes, n, MSG_NOSIGNAL) < 0)
			assert_true(errno == EPIPE);
		close(fd);
	}
	assert_ok(send_plan(&g, g.pid, plan, &e), e);
	assert_int_equal(end(&g), 0);
	free((void *)plan.p);
}

static void fail_late(struct bytes plan, int answer_fd)
{
	(void)plan;
	gate_answer(answer_fd, GATE_WARNING, "not so good");
	gate_answer(answer_fd, GATE_READY, "");
	gate_answer(answer_fd, GATE_ERROR, "cannot execute\nthe monitor");
}

static void die(struct bytes plan, int answer_fd)
{
	(void)plan;
	(void)answer_fd;
	_exit(3);
}

static void die_talking(struct bytes plan, int answer_fd)
{
	(void)plan;
	gate_answer(answer_fd, GATE_WARNING, "going down");
	_exit(3);
}

static void nothing_but_the_end_is_success(void **state)
{
	static const at_gate silent[] = {die, die_talking};
	struct bytes plan = pattern(10);
	struct err e = {0};
	struct gate g = {0};

	(void)state;
	begin(&g, getuid(), fail_late);
	assert_fails(send_plan(&g, g.pid, plan, &e), e, EIO, "cannot execute the monitor");
	assert_int_equal(end(&g), 0);
	for (size_t i = 0; i < 2; i++) {
		begin(&g, getuid(), silent[i]);
		assert_fails(send_plan(&g, g.pid, plan, &e), e, EIO, "died before the monitor was started");
		assert_int_equal(WEXITSTATUS(end(&g)), 3);
	}
	free((void *)plan.p);
}

static void a_long_answer_is_cut(void **state)
{
	struct err e = {0};
	char text[3000];
	int fds[2];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	for (int i = 0; i < 8; i++)
		gate_answer(fds[1], GATE_ERROR, text);
	close(fds[1]);
	assert_fails(gate_read_answer(fds[0], &e), e, EIO, "xxxx");
	close(fds[0]);
}

static void nobody_listens(void **state)
{
	const struct gate_fds two = {.answer = 2};
	struct err e = {0};
	char dir[256];
	int dirfd, fd, back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	unit_tmpdir(dir);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_fails(gate_send(dirfd, getpid(), (struct bytes){"x", 1}, &two, &e), e, ENOENT,
		     "does not wait to be started");
	assert_ok(gate_bind(dirfd, &fd, &e), e);
	assert_fails(gate_send(dirfd, getpid(), (struct bytes){"x", 1}, &two, &e), e, ECONNREFUSED,
		     "does not wait");
	close(fd);
	assert_int_equal(fchdir(back), 0);
	close(back);
	close(dirfd);
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_of_any_size_pass),
		cmocka_unit_test(only_the_init_process_is_trusted),
		cmocka_unit_test(other_users_are_turned_away),
		cmocka_unit_test(more_descriptors_keep_their_order),
		cmocka_unit_test(garbage_changes_nothing),
		cmocka_unit_test(nothing_but_the_end_is_success),
		cmocka_unit_test(a_long_answer_is_cut),
		cmocka_unit_test(nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
