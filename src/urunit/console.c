/* SPDX-License-Identifier: Apache-2.0 */
/* The console: standard input and output of urunit and of the application. */
#include "urunit/console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "urunit/deadline.h"

void uconsole_open(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;

		/* The lowest free number is the one that is missing. Not our controlling terminal: the
		 * application's, if anybody's. */
		if (open("/dev/console", O_RDWR | O_NOCTTY) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
	}
}

void uconsole_raw(void)
{
	struct termios t;

	if (tcgetattr(1, &t) < 0)
		return;
	cfmakeraw(&t);
	tcsetattr(1, TCSANOW, &t);
}

void uconsole_give(uint32_t uid)
{
	/* Group and mode stay: a group that may write would let others write to the terminal. */
	for (int fd = 0; uid && fd < 3; fd++)
		if (isatty(fd) && fchown(fd, uid, (gid_t)-1) < 0)
			return;
}

void uconsole_resize(uint16_t cols, uint16_t rows)
{
	struct winsize w = {.ws_col = cols, .ws_row = rows};

	/* The kernel tells the foreground process group with SIGWINCH. */
	ioctl(0, TIOCSWINSZ, &w);
}

void uconsole_drain(unsigned timeout_s)
{
	struct udeadline d;

	/* A host that does not read must not keep the machine for ever. */
	udeadline_start(&d, timeout_s);
	tcdrain(1);
	udeadline_stop(&d);
}
