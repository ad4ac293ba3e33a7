/* SPDX-License-Identifier: Apache-2.0 */
/* A containerd that answers what it has not read. Everything else: tests/shim/test_events.py, which plays one that takes
 * events late or never. */
#include "unit.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/io.h"
#include "proto/shim/events.pb-c.h"
#include "shim/events.h"
#include "shim/frame.h"
#include "shim/shim.h"

/* No socket takes that much at once. */
#define BIG (2u << 20)
#define STUCK_MS 10000

static void answer_1(int fd)
{
	uint8_t head[FRAME_HEADER_BYTES];

	frame_header_put(head, 0, 1, FRAME_RESPONSE, 0);
	if (write_all(fd, head, sizeof(head)) < 0)
		_exit(1);
}

/* Answers the beginning of a request, then hears whether it is given up; the second time all is as it should be. */
static _Noreturn void play_containerd(int listener)
{
	static uint8_t buf[BIG + 65536];
	size_t n = 0;
	int fd = accept(listener, NULL, NULL);
	ssize_t more = read(fd, buf, FRAME_HEADER_BYTES);

	if (more <= 0)
		_exit(1);
	answer_1(fd);
	/* Nothing of it is read before it is given up, so that it stays unsent. */
	fd = accept(listener, NULL, NULL);
	while (n < BIG && (more = read(fd, buf + n, sizeof(buf) - n)) > 0)
		n += (size_t)more;
	if (n < BIG)
		_exit(2);
	answer_1(fd);
	while (read(fd, buf, sizeof(buf)) > 0)
		continue;
	_exit(0);
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void give_up(struct timer *t)
{
	struct shim *s = (struct shim *)((char *)t - offsetof(struct shim, linger));

	s->loop.stop = true;
}

static void what_is_answered_before_it_was_sent_is_sent_again(void **state)
{
	static struct shim shim = {.ns = "ns", .leaving = true};
	Pb__TaskNamed m = PB__TASK_NAMED__INIT;
	struct err e = {0};
	char dir[256], path[300];
	int listener, status;
	pid_t pid;

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/s", dir);
	listener = listen_at(path);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(STUCK_MS / 1000); /* the second connection may never come */
		play_containerd(listener);
	}
	close(listener);
	m.container_id = malloc(BIG + 1);
	memset(m.container_id, 'x', BIG);
	m.container_id[BIG] = '\0';
	assert_ok(loop_init(&shim.loop, &e), e);
	publisher_init(&shim.publisher, &shim, path, NULL);
	publish(&shim, "/tasks/oom", "containerd.events.TaskOOM", &m);
	assert_non_null(shim.publisher.unsent);
	timer_set(&shim.linger, &shim.loop, STUCK_MS, give_up);
	assert_ok(loop_run(&shim.loop, &e), e);
	assert_true(publisher_is_empty(&shim.publisher));
	publisher_done(&shim.publisher);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	timer_clear(&shim.linger);
	loop_done(&shim.loop);
	free(m.container_id);
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_answered_before_it_was_sent_is_sent_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
