/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor in front of monitors of every kind: exit codes, signals, a hostile guest. */
#include "runtime/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/ctl.h"
#include "monitors/monitor.h"
#include "unit.h"

/* One scene: the supervisor is a child of ours, the monitor a child of that; we hold the guest's end of the channel. */
struct scene {
	struct supervise_conf conf;
	pid_t supervisor;
	int guest;        /* -1 without channel */
	int log;          /* read end of the supervisor's standard error */
	int from_monitor; /* read end: one byte per signal the monitor saw */
	int tty;          /* for descriptor 0 of the supervisor, -1 = /dev/null */
	int api;          /* the monitor's end of its control socket, -1 = none */
};

/* What the monitor does. */
typedef void (*monitor_fn)(int out, int ctl);

static struct scene plain(void)
{
	return (struct scene){.conf = {.ctl_fd = -1,
				       .stop_action = STOP_SIGNAL_MONITOR,
				       .stop_signo = SIGTERM,
				       .grace_ms = 300,
				       .api_fd = -1,
				       .exit_ok = -1},
			      .guest = -1,
			      .tty = -1,
			      .api = -1};
}

/* With a power button on a socket pair of which we hold the monitor's end. */
static struct scene with_button(void)
{
	struct scene s = plain();
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	s.conf.stop_action = STOP_MESSAGE;
	strcpy(s.conf.message, "press\n");
	s.conf.api_fd = pair[0];
	s.api = pair[1];
	return s;
}

static struct scene with_guest(void)
{
	struct scene s = plain();

	s.conf.ctl_expected = true;
	return s;
}

static _Noreturn void be_supervisor(struct scene *s, monitor_fn monitor, int ctl, int ctl_monitor, int log,
				    int out, int ready)
{
	int null = s->tty >= 0 ? s->tty : open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, 0);
	if (s->tty >= 0 && (setsid() < 0 || ioctl(0, TIOCSCTTY, 0) < 0))
		_exit(98);
	dup2(log, 2);
	if (s->guest >= 0)
		close(s->guest);
	if (s->api >= 0)
		close(s->api);
	supervise_block_signals();
	s->conf.ctl_fd = ctl;
	s->conf.monitor = fork();
	if (s->conf.monitor == 0) {
		sigset_t none;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ctl >= 0)
			close(ctl);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		monitor(out, ctl_monitor);
		_exit(0);
	}
	close(out);
	if (ctl_monitor >= 0)
		close(ctl_monitor);
	if (write(ready, "x", 1) != 1)
		_exit(99);
	close(ready);
	_exit(supervise(&s->conf));
}

static void begin(struct scene *s, monitor_fn monitor)
{
	int log[2], out[2], ready[2], ctl[2] = {-1, -1}, monitor_ctl = -1;
	char c;

	assert_int_equal(pipe2(log, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	if (s->conf.ctl_expected) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ctl), 0);
		s->guest = ctl[1];
		monitor_ctl = dup(ctl[1]);
	}
	s->supervisor = fork();
	if (s->supervisor == 0) {
		close(log[0]);
		close(out[0]);
		close(ready[0]);
		be_supervisor(s, monitor, ctl[0], monitor_ctl, log[1], out[1], ready[1]);
	}
	close(log[1]);
	close(out[1]);
	close(ready[1]);
	if (ctl[0] >= 0)
		close(ctl[0]);
	if (s->conf.api_fd >= 0)
		close(s->conf.api_fd);
	if (monitor_ctl >= 0)
		close(monitor_ctl);
	s->log = log[0];
	s->from_monitor = out[0];
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
}

static int end_with_log(struct scene *s, char *log, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while (len < size - 1 && (n = read(s->log, log + len, size - 1 - len)) > 0)
		len += (size_t)n;
	log[len] = '\0';
	assert_int_equal(waitpid(s->supervisor, &status, 0), s->supervisor);
	assert_true(WIFEXITED(status));
	close(s->log);
	close(s->from_monitor);
	if (s->guest >= 0)
		close(s->guest);
	if (s->api >= 0)
		close(s->api);
	return WEXITSTATUS(status);
}

static int end(struct scene *s)
{
	char log[4096];

	return end_with_log(s, log, sizeof(log));
}

static void say(struct scene *s, uint8_t type, const void *p, uint16_t n)
{
	uint8_t frame[CTL_HEADER_BYTES + CTL_MAX_PAYLOAD];
	size_t len = ctl_frame_put(frame, type, p, n);

	assert_int_equal(send(s->guest, frame, len, MSG_NOSIGNAL), len);
}

static void say_ready(struct scene *s)
{
	say(s, CTL_READY, "\x01", 1);
}

static void say_exit(struct scene *s, int kind, int value)
{
	const uint8_t p[2] = {(uint8_t)kind, (uint8_t)value};

	say(s, CTL_EXIT, p, 2);
}

/* The next frame from the supervisor, or type 0 when nothing comes within ms. */
static struct ctl_frame hear(struct scene *s, struct ctl_reader *r, int ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	struct ctl_frame f = {0};
	uint8_t *p;

	setsockopt(s->guest, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	while (ctl_reader_next(r, &f) == 0) {
		size_t room = ctl_reader_space(r, &p);
		ssize_t n = recv(s->guest, p, room, 0);

		if (n <= 0)
			return (struct ctl_frame){0};
		ctl_reader_add(r, (size_t)n);
	}
	return f;
}

/* --- monitors --- */

static void exits_7(int out, int ctl)
{
	(void)out;
	(void)ctl;
	_exit(7);
}

static void exits_0(int out, int ctl)
{
	(void)out;
	(void)ctl;
	_exit(0);
}

static void crashes(int out, int ctl)
{
	const struct rlimit none = {0, 0};

	(void)out;
	(void)ctl;
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSEGV, SIG_DFL);
	kill(getpid(), SIGSEGV);
}

static void breaks_its_filter(int out, int ctl)
{
	const struct rlimit none = {0, 0};

	(void)out;
	(void)ctl;
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSYS, SIG_DFL);
	kill(getpid(), SIGSYS);
}

static int report_fd;
static void report(int signo)
{
	char c = (char)signo;

	if (write(report_fd, &c, 1) != 1 || signo == SIGTERM)
		_exit(0);
}

/* Tells every signal; TERM ends it with 0, as QEMU does. */
static void obeys_term(int out, int ctl)
{
	(void)ctl;
	report_fd = out;
	for (int s = 1; s < 32; s++)
		signal(s, report);
	if (write(out, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* As a machine does that its guest has powered off. */
static int power[2];
static void ends_when_told(int out, int ctl)
{
	char c;

	(void)ctl;
	if (write(out, "r", 1) != 1 || read(power[0], &c, 1) != 1)
		_exit(1);
}

static void ignores_all(int out, int ctl)
{
	(void)ctl;
	for (int s = 1; s < 32; s++)
		signal(s, SIG_IGN);
	if (write(out, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void leaves_an_orphan(int out, int ctl)
{
	(void)ctl;
	if (fork() == 0) {
		if (fork() == 0) {
			usleep(50000);
			_exit(9);
		}
		_exit(8);
	}
	if (write(out, "r", 1) != 1)
		_exit(1);
	usleep(200000);
	_exit(5);
}

static char monitor_says(struct scene *s)
{
	char c = 0;

	assert_int_equal(read(s->from_monitor, &c, 1), 1);
	return c;
}

static void monitor_stays_silent(struct scene *s, int ms)
{
	struct timeval tv = {.tv_usec = ms * 1000};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(s->from_monitor, &set);
	assert_int_equal(select(s->from_monitor + 1, &set, NULL, NULL, &tv), 0);
}

static pid_t monitor_pid(struct scene *s)
{
	char path[64], pids[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", s->supervisor, s->supervisor);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, pids, sizeof(pids) - 1) > 0);
	close(fd);
	return atoi(pids);
}

/* --- scenes without a guest that talks --- */

static void the_monitor_s_own_end(void **state)
{
	struct scene s;

	(void)state;
	s = plain();
	begin(&s, exits_7);
	assert_int_equal(end(&s), 7);
	s = plain();
	begin(&s, exits_0);
	assert_int_equal(end(&s), 0);
	s = plain();
	begin(&s, crashes);
	assert_int_equal(end(&s), 128 + SIGSEGV);
	s = plain();
	begin(&s, leaves_an_orphan); /* its grandchildren's codes are not taken for its own */
	assert_int_equal(end(&s), 5);
}

static void a_stop_becomes_the_monitor_s_signal(void **state)
{
	static const int stops[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct scene s = plain();

		s.conf.zero_is_signal = true;
		begin(&s, obeys_term);
		assert_int_equal(monitor_says(&s), 'r');
		kill(s.supervisor, stops[i]);
		assert_int_equal(monitor_says(&s), SIGTERM);
		assert_int_equal(end(&s), 128 + stops[i]);
	}
}

static void zero_stays_zero_if_the_policy_says_so(void **state)
{
	struct scene s = plain();

	(void)state;
	begin(&s, obeys_term);
	monitor_says(&s);
	kill(s.supervisor, SIGTERM);
	assert_int_equal(end(&s), 0);
}

static void other_signals_mean_nothing_to_a_machine(void **state)
{
	static const int harmless[] = {SIGWINCH, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE,
				       SIGCHLD,  SIGCONT, SIGURG,  SIGTSTP};
	struct scene s = plain();

	(void)state;
	s.conf.terminal = true;
	begin(&s, obeys_term);
	monitor_says(&s);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		kill(s.supervisor, harmless[i]);
	monitor_stays_silent(&s, 100);
	kill(s.supervisor, SIGTERM);
	assert_int_equal(end(&s), 0);
}

static void who_does_not_listen_is_killed(void **state)
{
	uint64_t start;
	struct scene s = plain();

	(void)state;
	begin(&s, ignores_all);
	monitor_says(&s);
	start = clock_monotonic_ms();
	kill(s.supervisor, SIGTERM);
	usleep(150000);
	kill(s.supervisor, SIGTERM); /* asking again gives no more time */
	assert_int_equal(end(&s), 128 + SIGKILL);
	assert_in_range(clock_monotonic_ms() - start, 290, 2000);
	s = plain();
	s.conf.stop_action = STOP_KILL;
	s.conf.grace_ms = 60000;
	begin(&s, ignores_all);
	monitor_says(&s);
	kill(s.supervisor, SIGINT);
	assert_int_equal(end(&s), 128 + SIGKILL);
}

/* --- ends that only the stop policy can explain --- */

static void exits_by_term(int out, int ctl)
{
	(void)ctl;
	signal(SIGTERM, SIG_DFL);
	if (write(out, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void says_1(int signo)
{
	(void)signo;
	_exit(1);
}

static void exits_1_when_told(int out, int ctl)
{
	(void)ctl;
	signal(SIGTERM, says_1);
	if (write(out, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void exits_1(int out, int ctl)
{
	(void)out;
	(void)ctl;
	_exit(1);
}

static void the_policy_knows_the_monitor_s_end(void **state)
{
	struct scene s;

	(void)state;
	s = plain();
	s.conf.stop_code = 1;
	begin(&s, exits_1_when_told);
	monitor_says(&s);
	kill(s.supervisor, SIGINT);
	assert_int_equal(end(&s), 128 + SIGINT);
	s = plain(); /* nobody asked: a failure */
	s.conf.stop_code = 1;
	begin(&s, exits_1);
	assert_int_equal(end(&s), 1);
	s = plain(); /* another policy: the monitor's own affair */
	begin(&s, exits_1_when_told);
	monitor_says(&s);
	kill(s.supervisor, SIGINT);
	assert_int_equal(end(&s), 1);
	s = plain(); /* ended by the policy's signal: told as the one that was asked for */
	begin(&s, exits_by_term);
	monitor_says(&s);
	kill(s.supervisor, SIGINT);
	assert_int_equal(end(&s), 128 + SIGINT);
}

static int exit_value; /* of the next monitor */
static void exits_so(int out, int ctl)
{
	(void)out;
	(void)ctl;
	_exit(exit_value);
}

static void the_value_at_the_exit_port(void **state)
{
	static const struct {
		int ok, monitor, code;
	} ends[] = {
		{-1, 1, 0}, {-1, 3, 1}, {-1, 2 * 7 + 1, 7}, {-1, 255, 127}, {-1, 0, 0}, {-1, 2, 2},
		{3, 7, 0},  {3, 3, 1},  {3, 5, 2},          {3, 1, 1}, /* the monitor itself failed */
		{3, 0, 0},  {0, 1, 0},  {0, 3, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct scene s = plain();

		s.conf.exit_port = true;
		s.conf.exit_ok = ends[i].ok;
		exit_value = ends[i].monitor;
		begin(&s, exits_so);
		assert_int_equal(end(&s), ends[i].code);
	}
	/* Of a signal it does die. */
	struct scene s = plain();

	s.conf.exit_port = true;
	begin(&s, crashes);
	assert_int_equal(end(&s), 128 + SIGSEGV);
}

/* --- scenes with a power button --- */

static void hears_button(int fd)
{
	struct timeval tv = {.tv_sec = 5};
	char buf[64] = "";

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	assert_int_equal(recv(fd, buf, sizeof(buf) - 1, 0), 6);
	assert_string_equal(buf, "press\n");
}

/* Ends with 0 when it is told to by us, as a monitor whose guest has powered off. */
static void waits_for_usr1(int out, int ctl)
{
	sigset_t set;
	int signo;

	(void)ctl;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (write(out, "r", 1) != 1)
		_exit(1);
	sigwait(&set, &signo);
	_exit(0);
}

static void a_button_is_pressed(void **state)
{
	struct scene s = with_button();

	(void)state;
	s.conf.grace_ms = 60000;
	s.conf.zero_is_signal = true; /* the guest ended, not the monitor: that is no signal's work */
	begin(&s, waits_for_usr1);
	monitor_says(&s);
	kill(s.supervisor, SIGUSR1); /* no reason to stop */
	kill(s.supervisor, SIGTERM);
	hears_button(s.api);
	kill(s.supervisor, SIGINT); /* once more, should the guest have missed it */
	hears_button(s.api);
	kill(monitor_pid(&s), SIGUSR1);
	assert_int_equal(end(&s), 0);
}

static void a_guest_that_ignores_its_button_is_killed(void **state)
{
	struct scene s = with_button();
	uint64_t start;

	(void)state;
	begin(&s, ignores_all);
	monitor_says(&s);
	start = clock_monotonic_ms();
	kill(s.supervisor, SIGTERM);
	hears_button(s.api);
	usleep(150000);
	kill(s.supervisor, SIGTERM); /* asking again gives no more time */
	assert_int_equal(end(&s), 128 + SIGKILL);
	assert_in_range(clock_monotonic_ms() - start, 290, 2000);
}

static void nobody_at_the_button_s_other_end(void **state)
{
	char junk[4096] = {0};
	struct scene s;

	(void)state;
	s = with_button(); /* it has closed it */
	s.conf.grace_ms = 60000;
	begin(&s, ignores_all);
	monitor_says(&s);
	close(s.api);
	s.api = -1;
	kill(s.supervisor, SIGTERM);
	assert_int_equal(end(&s), 128 + SIGKILL);
	s = with_button(); /* it reads nothing any more */
	s.conf.grace_ms = 60000;
	while (send(s.conf.api_fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
		;
	begin(&s, ignores_all);
	monitor_says(&s);
	kill(s.supervisor, SIGTERM);
	assert_int_equal(end(&s), 128 + SIGKILL);
}

/* Answers and events do not pile up, and do not keep signals from being heard. */
static void what_the_monitor_says_is_drained(void **state)
{
	char junk[4096] = {0};
	struct timeval tv = {.tv_sec = 5};
	struct scene s = with_button();

	(void)state;
	begin(&s, obeys_term);
	monitor_says(&s);
	setsockopt(s.api, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	for (int i = 0; i < 4000; i++) /* far more than any socket buffer */
		assert_int_equal(send(s.api, junk, sizeof(junk), MSG_NOSIGNAL), sizeof(junk));
	kill(s.supervisor, SIGTERM);
	hears_button(s.api);
	kill(monitor_pid(&s), SIGTERM);
	assert_int_equal(end(&s), 0);
}

static void a_monitor_that_listens(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char dir[256];
	struct scene s;
	int l, c;

	(void)state;
	unit_tmpdir(dir);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", dir);
	l = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(l, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(l, 4), 0);
	s = plain();
	s.conf.stop_action = STOP_MESSAGE;
	strcpy(s.conf.message, "press\n");
	strcpy(s.conf.api_path, addr.sun_path);
	begin(&s, ignores_all);
	monitor_says(&s);
	kill(s.supervisor, SIGTERM);
	c = accept(l, NULL, NULL);
	assert_true(c >= 0);
	hears_button(c);
	kill(s.supervisor, SIGTERM);
	hears_button(c); /* the same connection */
	assert_int_equal(end(&s), 128 + SIGKILL);
	close(c);
	close(l);
	/* Nobody listens: killed at once. */
	s = plain();
	s.conf.stop_action = STOP_MESSAGE;
	s.conf.grace_ms = 60000;
	strcpy(s.conf.message, "press\n");
	strcpy(s.conf.api_path, addr.sun_path);
	begin(&s, ignores_all);
	monitor_says(&s);
	kill(s.supervisor, SIGTERM);
	assert_int_equal(end(&s), 128 + SIGKILL);
	/* Nor anywhere. */
	s = plain();
	s.conf.stop_action = STOP_MESSAGE;
	s.conf.grace_ms = 60000;
	begin(&s, ignores_all);
	monitor_says(&s);
	kill(s.supervisor, SIGTERM);
	assert_int_equal(end(&s), 128 + SIGKILL);
	unit_rmdir(dir);
}

/* --- scenes with a guest that talks --- */

static void the_guest_s_word_counts(void **state)
{
	static const struct {
		int kind, value, code;
	} ends[] = {{CTL_EXITED, 0, 0},
		    {CTL_EXITED, 7, 7},
		    {CTL_EXITED, 255, 255},
		    {CTL_SIGNALED, 9, 137},
		    {CTL_SIGNALED, 15, 143}};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct scene s = with_guest();

		begin(&s, ignores_all);
		monitor_says(&s);
		say_ready(&s);
		say_exit(&s, ends[i].kind, ends[i].value);
		say_exit(&s, CTL_EXITED, 99); /* only the first counts */
		assert_int_equal(end(&s),
				 ends[i].code); /* the monitor, which stays, is killed after the grace time */
	}
}

static void last_words_are_heard(void **state)
{
	static const uint8_t frames[] = {CTL_MAGIC, CTL_READY, 1, 0, 1, CTL_MAGIC, CTL_EXIT, 2, 0, 0, 42};
	struct scene s = with_guest();
	char c = 0;

	(void)state;
	/* Everything is in the socket before the supervisor can look, and the monitor is gone. */
	begin(&s, obeys_term);
	monitor_says(&s);
	kill(s.supervisor, SIGSTOP);
	assert_int_equal(send(s.guest, frames, sizeof(frames), 0), sizeof(frames));
	kill(monitor_pid(&s), SIGTERM);
	assert_int_equal(read(s.from_monitor, &c, 1), 1);
	kill(s.supervisor, SIGCONT);
	assert_int_equal(end(&s), 42);
}

static void signals_wait_for_ready(void **state)
{
	struct ctl_reader r = {0};
	struct scene s = with_guest();
	struct ctl_frame f;
	uint64_t seen = 0;

	(void)state;
	begin(&s, obeys_term);
	monitor_says(&s);
	for (int i = 0; i < 5; i++)
		kill(s.supervisor, SIGTERM);
	kill(s.supervisor, SIGUSR1);
	kill(s.supervisor, SIGRTMIN + 5);
	f = hear(&s, &r, 100);
	assert_int_equal(f.type, 0);
	say_ready(&s);
	for (int i = 0; i < 3; i++) {
		f = hear(&s, &r, 5000);
		assert_int_equal(f.type, CTL_SIGNAL);
		assert_int_equal(f.len, 1);
		seen |= 1ull << f.payload[0];
	}
	assert_true(seen == (1ull << SIGTERM | 1ull << SIGUSR1 | 1ull << (SIGRTMIN + 5)));
	assert_int_equal(hear(&s, &r, 50).type, 0); /* each only once */
	kill(s.supervisor, SIGTERM);
	f = hear(&s, &r, 5000);
	assert_int_equal(f.payload[0], SIGTERM);
	monitor_stays_silent(&s, 400); /* the guest takes its own time: longer than the grace time */
	say_exit(&s, CTL_EXITED, 3);
	assert_int_equal(end(&s), 3);
}

static void a_guest_that_never_gets_ready_can_be_stopped(void **state)
{
	struct ctl_reader r = {0};
	struct scene s = with_guest();
	uint64_t start;

	(void)state;
	s.conf.zero_is_signal = true;
	begin(&s, obeys_term);
	monitor_says(&s);
	kill(s.supervisor, SIGUSR1); /* no reason to end it */
	monitor_stays_silent(&s, 400);
	start = clock_monotonic_ms();
	kill(s.supervisor, SIGINT);
	assert_int_equal(monitor_says(&s), SIGTERM);
	assert_in_range(clock_monotonic_ms() - start, 290, 5000);
	assert_int_equal(end(&s), 128 + SIGINT);
	s = with_guest();
	begin(&s, ignores_all); /* nor does the monitor listen */
	monitor_says(&s);
	kill(s.supervisor, SIGTERM);
	assert_int_equal(end(&s), 128 + SIGKILL);
	s = with_guest();
	s.conf.stop_action = STOP_KILL;
	begin(&s, ignores_all);
	monitor_says(&s);
	kill(s.supervisor, SIGTERM);
	assert_int_equal(end(&s), 128 + SIGKILL);
	s = with_guest();
	begin(&s, ignores_all); /* what it says last ends the waiting, too */
	monitor_says(&s);
	kill(s.supervisor, SIGTERM);
	assert_int_equal(hear(&s, &r, 100).type, 0);
	say_exit(&s, CTL_EXITED, 8);
	assert_int_equal(end(&s), 8);
}

static void libc_s_own_signals_are_signals(void **state)
{
	struct ctl_reader r = {0};
	struct scene s = with_guest();

	(void)state;
	begin(&s, obeys_term);
	monitor_says(&s);
	say_ready(&s);
	for (int signo = 32; signo <= 33; signo++) {
		struct ctl_frame f;

		assert_int_equal(syscall(SYS_kill, s.supervisor, signo), 0);
		f = hear(&s, &r, 5000);
		assert_int_equal(f.type, CTL_SIGNAL);
		assert_int_equal(f.payload[0], signo);
	}
	say_exit(&s, CTL_EXITED, 0);
	assert_int_equal(end(&s), 0);
}

/* Nobody reads what we say: that is our own affair, not a SIGPIPE for the guest. */
static void a_closed_log_is_no_signal(void **state)
{
	struct ctl_reader r = {0};
	struct scene s = with_guest();
	struct ctl_frame f;

	(void)state;
	begin(&s, obeys_term);
	monitor_says(&s);
	close(s.log);
	s.log = open("/dev/null", O_RDONLY | O_CLOEXEC);
	say_ready(&s);
	say(&s, CTL_ERROR, "words", 5);
	assert_int_equal(hear(&s, &r, 200).type, 0);
	kill(s.supervisor, SIGPIPE); /* somebody else's is one */
	f = hear(&s, &r, 5000);
	assert_int_equal(f.type, CTL_SIGNAL);
	assert_int_equal(f.payload[0], SIGPIPE);
	say_exit(&s, CTL_EXITED, 2);
	assert_int_equal(end(&s), 2);
}

static void a_window_s_size_is_told(void **state)
{
	struct winsize ws = {.ws_col = 132, .ws_row = 43};
	struct ctl_reader r = {0};
	struct scene s = with_guest();
	struct ctl_frame f;
	int master;

	(void)state;
	assert_int_equal(openpty(&master, &s.tty, NULL, NULL, &ws), 0);
	s.conf.terminal = true;
	begin(&s, obeys_term);
	monitor_says(&s);
	say_ready(&s);
	f = hear(&s, &r, 5000);
	assert_int_equal(f.type, CTL_RESIZE);
	assert_int_equal(f.len, 4);
	assert_memory_equal(f.payload, "\x84\0\x2b\0", 4);
	ws.ws_col = 300;
	assert_int_equal(ioctl(master, TIOCSWINSZ, &ws), 0);
	f = hear(&s, &r, 5000);
	assert_int_equal(f.type, CTL_RESIZE);
	assert_memory_equal(f.payload, "\x2c\x01\x2b\0", 4);
	assert_int_equal(hear(&s, &r, 100).type, 0);
	kill(s.supervisor, SIGWINCH);
	assert_int_equal(hear(&s, &r, 5000).type, CTL_RESIZE);
	f = hear(&s, &r, 5000); /* we sent it, not the kernel: so it is a signal, too */
	assert_int_equal(f.type, CTL_SIGNAL);
	assert_int_equal(f.payload[0], SIGWINCH);
	say_exit(&s, CTL_EXITED, 0);
	assert_int_equal(end(&s), 0);
	close(master);
	close(s.tty);
}

static void silence_is_no_success(void **state)
{
	struct scene s = with_guest();
	char log[4096];

	(void)state;
	begin(&s, obeys_term);
	monitor_says(&s);
	say_ready(&s);
	kill(monitor_pid(&s), SIGTERM); /* it ends with 0, as QEMU does when its guest has panicked */
	assert_int_equal(end_with_log(&s, log, sizeof(log)), 255);
	assert_string_equal(log,
			    "urunc: the guest ended without telling its program's exit status (did it crash?)\n");
	s = with_guest();
	begin(&s, exits_0);
	assert_int_equal(end_with_log(&s, log, sizeof(log)), 255);
	assert_string_equal(log, "urunc: the guest ended before its program was started\n");
	s = with_guest();
	begin(&s, exits_7);
	assert_int_equal(end(&s), 7); /* the monitor has something to say itself */
}

static void a_filter_s_kill_is_told(void **state)
{
	struct scene s = plain();
	char log[4096];

	(void)state;
	begin(&s, breaks_its_filter);
	assert_int_equal(end_with_log(&s, log, sizeof(log)), 128 + SIGSYS);
	assert_string_equal(log, ""); /* not ours */
	s = with_guest();
	s.conf.filtered = true;
	begin(&s, breaks_its_filter);
	assert_int_equal(end_with_log(&s, log, sizeof(log)), 128 + SIGSYS);
	assert_string_equal(
		log,
		"urunc: the monitor did something that its system call filter does not allow, and was killed "
		"(--security-opt seccomp=unconfined runs it without)\n");
	s = plain();
	s.conf.filtered = true;
	begin(&s, crashes);
	assert_int_equal(end_with_log(&s, log, sizeof(log)), 128 + SIGSEGV);
	assert_null(strstr(log, "urunc:")); /* an emulator of our architecture says something itself */
}

static void garbage_ends_only_the_conversation(void **state)
{
	static const uint8_t bad[] = {CTL_MAGIC, CTL_READY, 1, 0, 1, 'n', 'o'};
	struct scene s = with_guest();
	uint8_t junk[4096];
	uint64_t chance = 5;

	(void)state;
	s.conf.zero_is_signal = true;
	begin(&s, obeys_term);
	monitor_says(&s);
	kill(s.supervisor, SIGUSR1);
	assert_int_equal(send(s.guest, bad, sizeof(bad), MSG_NOSIGNAL), sizeof(bad));
	for (int i = 0; i < 50; i++) {
		for (size_t k = 0; k < sizeof(junk); k++)
			junk[k] = (uint8_t)unit_random(&chance);
		if (send(s.guest, junk, sizeof(junk), MSG_NOSIGNAL) < 0)
			break;
	}
	/* From now on the stop policy holds. */
	kill(s.supervisor, SIGTERM);
	assert_int_equal(monitor_says(&s), SIGTERM);
	assert_int_equal(end(&s), 128 + SIGTERM);
}

static void strange_frames_are_skipped(void **state)
{
	static const char words[] = "cannot start '/x\x1b[2J': No such file";
	uint8_t big[CTL_MAX_PAYLOAD] = {0};
	struct scene s = with_guest();
	char log[4096];

	(void)state;
	begin(&s, obeys_term);
	monitor_says(&s);
	say(&s, CTL_EXIT, "", 0);
	say(&s, CTL_EXIT, "\x00", 1);
	say(&s, 99, big, sizeof(big));
	say(&s, CTL_SIGNAL, "\x09", 1); /* ours to send, not the guest's */
	say(&s, CTL_ERROR, words, (uint16_t)strlen(words));
	say(&s, CTL_ERROR, "again", 5);
	say_ready(&s);
	say_ready(&s);
	say_exit(&s, CTL_EXITED, 127);
	assert_int_equal(end_with_log(&s, log, sizeof(log)), 127);
	assert_string_equal(log, "urunc: guest: cannot start '/x?[2J': No such file\n");
}

static long threads(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/task", &st), 0);
	return (long)st.st_nlink - 2;
}

/* A guest that never reads and floods: signals still work, memory does not grow. */
static void a_flood_holds_nothing_up(void **state)
{
	struct scene s = with_guest();
	uint8_t frame[CTL_HEADER_BYTES + CTL_MAX_PAYLOAD];
	uint8_t payload[CTL_MAX_PAYLOAD] = {0};
	size_t len = ctl_frame_put(frame, 77, payload, sizeof(payload));
	int last = 0;

	(void)state;
	/* An emulator's own thread would get some of the signals, and die of them. */
	unit_needs("a process of one thread", threads() == 1);
	s.conf.grace_ms = 60000; /* nobody is to die of it on a slow machine */
	assert_int_equal(pipe(power), 0);
	begin(&s, ends_when_told);
	monitor_says(&s);
	say_ready(&s);
	for (int i = 0; i < 200000; i++) {
		if (i % 1000 == 0)
			kill(s.supervisor, 1 + i / 1000 % 30 == SIGKILL || 1 + i / 1000 % 30 == SIGSTOP
						   ? SIGUSR1
						   : 1 + i / 1000 % 30);
		if (send(s.guest, frame, len, MSG_NOSIGNAL) < 0)
			break;
		last = i;
	}
	assert_true(last > 1000);
	say_exit(&s, CTL_EXITED, 4);
	assert_int_equal(write(power[1], "x", 1), 1);
	close(power[0]);
	close(power[1]);
	assert_int_equal(end(&s), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monitor_s_own_end),
		cmocka_unit_test(a_stop_becomes_the_monitor_s_signal),
		cmocka_unit_test(zero_stays_zero_if_the_policy_says_so),
		cmocka_unit_test(other_signals_mean_nothing_to_a_machine),
		cmocka_unit_test(who_does_not_listen_is_killed),
		cmocka_unit_test(the_policy_knows_the_monitor_s_end),
		cmocka_unit_test(the_value_at_the_exit_port),
		cmocka_unit_test(a_button_is_pressed),
		cmocka_unit_test(a_guest_that_ignores_its_button_is_killed),
		cmocka_unit_test(nobody_at_the_button_s_other_end),
		cmocka_unit_test(what_the_monitor_says_is_drained),
		cmocka_unit_test(a_monitor_that_listens),
		cmocka_unit_test(the_guest_s_word_counts),
		cmocka_unit_test(last_words_are_heard),
		cmocka_unit_test(signals_wait_for_ready),
		cmocka_unit_test(a_guest_that_never_gets_ready_can_be_stopped),
		cmocka_unit_test(libc_s_own_signals_are_signals),
		cmocka_unit_test(a_closed_log_is_no_signal),
		cmocka_unit_test(a_window_s_size_is_told),
		cmocka_unit_test(silence_is_no_success),
		cmocka_unit_test(a_filter_s_kill_is_told),
		cmocka_unit_test(garbage_ends_only_the_conversation),
		cmocka_unit_test(strange_frames_are_skipped),
		cmocka_unit_test(a_flood_holds_nothing_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
