/* SPDX-License-Identifier: Apache-2.0 */
/* `run` in the foreground: bytes both ways, signals to the container, and our own terminal as it was. */
#include "runtime/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include "unit.h"

/* The caller of `run` on its own terminal, a container on another. */
struct scene {
	int user;     /* master of the caller's terminal */
	int user_tty; /* kept open to look at it */
	pid_t relay;
};

typedef void (*container_fn)(void);

/* out: instead of the terminal as standard output, -1 = none. */
static void begin_to(struct scene *s, container_fn container, int out)
{
	struct winsize ws = {.ws_col = 91, .ws_row = 17};
	struct termios cooked;

	assert_int_equal(openpty(&s->user, &s->user_tty, NULL, NULL, &ws), 0);
	assert_int_equal(tcgetattr(s->user_tty, &cooked), 0);
	assert_true(cooked.c_lflag & ECHO);
	s->relay = fork();
	if (s->relay == 0) {
		struct err e = {0};
		int master, tty;
		pid_t pid;

		close(s->user);
		if (setsid() < 0 || ioctl(s->user_tty, TIOCSCTTY, 0) < 0 || dup2(s->user_tty, 0) < 0 ||
		    dup2(out >= 0 ? out : s->user_tty, 1) < 0)
			_exit(90);
		relay_block_signals();
		if (openpty(&master, &tty, NULL, NULL, NULL) < 0)
			_exit(91);
		relay_copy_size(master);
		pid = fork();
		if (pid == 0) {
			sigset_t none;

			close(master);
			close(s->user_tty);
			setsid();
			ioctl(tty, TIOCSCTTY, 0);
			for (int fd = 0; fd <= 2; fd++)
				dup2(tty, fd);
			close(tty);
			sigemptyset(&none);
			sigprocmask(SIG_SETMASK, &none, NULL);
			container();
			_exit(0);
		}
		close(tty);
		if (relay_until_end((int)syscall(SYS_pidfd_open, pid, 0), master, &e) < 0)
			_exit(92);
		if (waitpid(pid, &master, 0) != pid || !WIFEXITED(master))
			_exit(93);
		_exit(WEXITSTATUS(master));
	}
}

static void begin(struct scene *s, container_fn container)
{
	begin_to(s, container, -1);
}

static int end(struct scene *s)
{
	struct termios now;
	int status;

	assert_int_equal(waitpid(s->relay, &status, 0), s->relay);
	assert_int_equal(tcgetattr(s->user_tty, &now), 0);
	assert_true(now.c_lflag & ECHO && now.c_lflag & ICANON); /* as it was */
	close(s->user);
	close(s->user_tty);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Reads from the user's side until `text` has come. */
static void expect(struct scene *s, const char *text)
{
	char buf[65536];
	size_t len = 0;

	buf[0] = '\0';
	while (!strstr(buf, text)) {
		ssize_t n = read(s->user, buf + len, sizeof(buf) - 1 - len);

		if (n <= 0)
			fail_msg("'%s' has not come, but '%s'", text, buf);
		len += (size_t)n;
		buf[len] = '\0';
	}
}

static void answers(void)
{
	struct winsize ws;
	char line[100];

	ioctl(0, TIOCGWINSZ, &ws);
	printf("size %dx%d\n", ws.ws_col, ws.ws_row);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin))
		printf("got %s", line);
	fflush(stdout);
	exit(5);
}

static void bytes_go_both_ways(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, answers);
	expect(&s, "size 91x17\r\n"); /* the container's terminal adds the \r, ours is raw */
	assert_int_equal(write(s.user, "hello\r", 6), 6);
	expect(&s, "got hello\r\n");
	assert_int_equal(end(&s), 5);
}

static void on_signal(int signo)
{
	struct winsize ws = {0};
	char line[32];
	int n;

	ioctl(0, TIOCGWINSZ, &ws);
	/* dprintf takes a lock, and the signal may have come in the middle of another one. */
	n = snprintf(line, sizeof(line), "signal %d %d\n", signo, ws.ws_col);
	if (write(1, line, (size_t)n) != n)
		_exit(7);
	if (signo == SIGTERM)
		_exit(6);
}

static void listens(void)
{
	static const int heard[] = {SIGTERM, SIGUSR1, SIGWINCH, SIGINT, SIGTSTP};

	for (size_t i = 0; i < 5; i++)
		signal(heard[i], on_signal);
	if (write(1, "listening\n", 10) != 10)
		_exit(7);
	for (;;)
		pause();
}

static void signals_go_to_the_container(void **state)
{
	struct winsize ws = {.ws_col = 200, .ws_row = 50};
	struct scene s;

	(void)state;
	begin(&s, listens);
	expect(&s, "listening");
	kill(s.relay, SIGUSR1);
	expect(&s, "signal 10 91");
	assert_int_equal(ioctl(s.user, TIOCSWINSZ, &ws),
			 0); /* the kernel tells the caller's foreground group */
	expect(&s, "signal 28 200");
	assert_int_equal(write(s.user, "\x03", 1), 1); /* ^C is a byte for the container's terminal */
	expect(&s, "signal 2 200");
	kill(s.relay, SIGTSTP);
	expect(&s, "signal 20 200");
	kill(s.relay, SIGTERM);
	expect(&s, "signal 15 200");
	assert_int_equal(end(&s), 6);
}

static void talks_and_dies(void)
{
	char line[1000];

	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 3; i++)
		if (write(1, line, sizeof(line)) != sizeof(line))
			_exit(1);
	if (write(1, "END\n", 4) != 4)
		_exit(1);
	_exit(9);
}

static void last_words_are_not_lost(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct scene s;

		begin(&s, talks_and_dies);
		expect(&s, "END\r\n");
		assert_int_equal(end(&s), 9);
	}
}

static void nobody_takes_the_output(void **state)
{
	struct scene s;
	int p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	close(p[0]);
	begin_to(&s, answers, p[1]); /* a SIGPIPE would end it */
	close(p[1]);
	usleep(100000); /* its first words are written, in vain */
	assert_int_equal(write(s.user, "hello\r", 6), 6);
	assert_int_equal(end(&s), 5);
}

/* Its terminal keeps every byte, so it gets full. */
static void reads_nothing(void)
{
	struct termios raw;

	tcgetattr(0, &raw);
	cfmakeraw(&raw);
	tcsetattr(0, TCSANOW, &raw);
	listens();
}

static void nobody_takes_the_input(void **state)
{
	char text[512];
	struct scene s;

	(void)state;
	memset(text, 'x', sizeof(text));
	begin(&s, reads_nothing);
	expect(&s, "listening");
	assert_int_equal(fcntl(s.user, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	for (int i = 0; i < 2000; i++) {
		if (write(s.user, text, sizeof(text)) < 0)
			assert_int_equal(errno, EAGAIN);
		usleep(500);
	}
	assert_int_equal(fcntl(s.user, F_SETFL, O_RDWR), 0);
	alarm(20); /* instead of hanging for ever */
	kill(s.relay, SIGTERM);
	expect(&s, "signal 15");
	assert_int_equal(end(&s), 6);
	alarm(0);
}

static void a_slow_reader_of_the_last_words(void **state)
{
	struct rusage before, after;
	char buf[65536];
	struct scene s;
	ssize_t n;
	int p[2];

	(void)state;
	memset(buf, '.', sizeof(buf));
	assert_int_equal(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(write(p[1], buf, sizeof(buf)), sizeof(buf));
	getrusage(RUSAGE_CHILDREN, &before);
	begin_to(&s, talks_and_dies, p[1]);
	close(p[1]);
	usleep(500000);
	assert_int_equal(fcntl(p[0], F_SETFL, 0), 0);
	while ((n = read(p[0], buf, sizeof(buf) - 1)) > 0) {
		buf[n] = '\0';
		if (strstr(buf, "END"))
			break;
	}
	assert_true(n > 0);
	close(p[0]);
	assert_int_equal(end(&s), 9);
	/* It has waited, not asked again and again. */
	getrusage(RUSAGE_CHILDREN, &after);
	assert_in_range((after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
			 before.ru_stime.tv_sec) *
					1000000 +
				after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
				before.ru_stime.tv_usec,
			0, 100000);
}

static void without_terminal_only_signals(void **state)
{
	struct err e = {0};
	pid_t pid, relay;
	int status;

	(void)state;
	relay = fork();
	if (relay == 0) {
		relay_block_signals();
		pid = fork();
		if (pid == 0) {
			sigset_t none;

			sigemptyset(&none);
			sigprocmask(SIG_SETMASK, &none, NULL);
			kill(getppid(), SIGHUP); /* comes back to us */
			for (;;)
				pause();
		}
		if (relay_until_end((int)syscall(SYS_pidfd_open, pid, 0), -1, &e) < 0)
			_exit(92);
		if (waitpid(pid, &status, 0) != pid)
			_exit(93);
		_exit(WIFSIGNALED(status) ? WTERMSIG(status) : 94);
	}
	assert_int_equal(waitpid(relay, &status, 0), relay);
	assert_int_equal(WEXITSTATUS(status), SIGHUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(signals_go_to_the_container),
		cmocka_unit_test(last_words_are_not_lost),
		cmocka_unit_test(nobody_takes_the_output),
		cmocka_unit_test(nobody_takes_the_input),
		cmocka_unit_test(a_slow_reader_of_the_last_words),
		cmocka_unit_test(without_terminal_only_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
