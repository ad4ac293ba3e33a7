/* SPDX-License-Identifier: Apache-2.0 */
/* One line to the local syslog. libc's own syslog() keeps a descriptor open, reads time zones and may wait. */
#include "common/syslog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"

#define FACILITY_DAEMON 3
#define LINE_BYTES 2200 /* what the log makes, and a head */

/* Without a time: the daemons put their own, which is right in their time zone, where there is none. */
static size_t make_line(char *line, int severity, const char *text)
{
	int n = snprintf(line, LINE_BYTES, "<%d>urunc[%ld]: %s", FACILITY_DAEMON * 8 + severity,
			 (long)getpid(), text);
	size_t len = n < 0 ? 0 : n < LINE_BYTES ? (size_t)n : LINE_BYTES - 1;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	return len;
}

void syslog_send(const char *socket_path, int severity, const char *text)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = -1;
	int saved = errno;
	size_t n = strlen(socket_path);
	char line[LINE_BYTES];

	if (n >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, socket_path, n);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	n = make_line(line, severity, text);
	if (fd >= 0 && sendto(fd, line, n, MSG_NOSIGNAL, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		/* Lost. There is nobody to tell. */
	}
	errno = saved;
}
