/* SPDX-License-Identifier: Apache-2.0 */
/* Guest test program: prints each signal it gets; TERM lets it finish in its own time, with status 42. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static void work_to_be_finished(void)
{
	struct timespec t = {.tv_nsec = 200 * 1000 * 1000}, left;

	/* A runtime that kills at once would not let us get to the end of this. */
	while (nanosleep(&t, &left) < 0)
		t = left;
}

int main(void)
{
	sigset_t all;
	int signo = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	printf("sigecho: ready\n");
	while (sigwait(&all, &signo) == 0) {
		printf("sigecho: got %d\n", signo);
		if (signo == SIGWINCH) {
			struct winsize w = {0};

			ioctl(0, TIOCGWINSZ, &w);
			printf("sigecho: window %dx%d\n", w.ws_col, w.ws_row);
		}
		if (signo == SIGTERM) {
			work_to_be_finished();
			printf("sigecho: done\n");
			return 42;
		}
	}
	return 1;
}
