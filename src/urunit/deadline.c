/* SPDX-License-Identifier: Apache-2.0 */
/* A bound on blocking system calls: they end with EINTR when the time is over. */
#include "urunit/deadline.h"

#include <stddef.h>
#include <sys/time.h>

static void interrupt(int signo)
{
	(void)signo;
}

void udeadline_start(struct udeadline *d, unsigned timeout_s)
{
	struct sigaction a = {.sa_handler = interrupt}; /* without SA_RESTART */
	struct itimerval t = {.it_interval = {1, 0}, .it_value = {(time_t)timeout_s, 0}};
	sigset_t alarm_only;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigaction(SIGALRM, &a, &d->action);
	sigprocmask(SIG_UNBLOCK, &alarm_only, &d->mask);
	setitimer(ITIMER_REAL, &t, NULL);
}

void udeadline_stop(struct udeadline *d)
{
	struct itimerval off = {0};

	setitimer(ITIMER_REAL, &off, NULL);
	sigprocmask(SIG_SETMASK, &d->mask, NULL);
	sigaction(SIGALRM, &d->action, NULL);
}
