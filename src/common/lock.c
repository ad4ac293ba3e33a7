/* SPDX-License-Identifier: Apache-2.0 */
/* File locks that are waited for, but not for ever. */
#include "common/lock.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>

#include "common/clock.h"

static void on_alarm(int signo)
{
	(void)signo; /* only there to interrupt flock */
}

/* flock(2) knows no timeout: a timer's signal breaks it off. The timer repeats, because its first signal may come just before the
 * call begins. */
static int wait_for(int fd, int timeout_ms)
{
	const struct itimerval off = {{0, 0}, {0, 0}};
	struct itimerval timer = {.it_interval = {0, 100000}};
	uint64_t end = clock_monotonic_ms() + (uint64_t)timeout_ms;
	struct sigaction act, old;
	sigset_t set, old_set;
	int r;

	timer.it_value.tv_sec = timeout_ms / 1000;
	timer.it_value.tv_usec = timeout_ms % 1000 * 1000 + 1;
	memset(&act, 0, sizeof(act));
	act.sa_handler = on_alarm;
	sigaction(SIGALRM, &act, &old);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, &old_set);
	setitimer(ITIMER_REAL, &timer, NULL);
	do
		r = flock(fd, LOCK_EX) < 0 ? -errno : 0;
	while (r == -EINTR && clock_monotonic_ms() < end);
	setitimer(ITIMER_REAL, &off, NULL);
	sigprocmask(SIG_SETMASK, &old_set, NULL);
	sigaction(SIGALRM, &old, NULL);
	return r == -EINTR ? -EWOULDBLOCK : r;
}

int lock_within(int fd, int timeout_ms)
{
	int r = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;

	return r == -EWOULDBLOCK && timeout_ms > 0 ? wait_for(fd, timeout_ms) : r;
}
