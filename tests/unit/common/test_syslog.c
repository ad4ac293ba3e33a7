/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to a syslog that listens, is slow, or is not there. */
#include "common/syslog.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unit.h"

struct daemon {
	char dir[256];
	struct sockaddr_un addr;
	int fd;
};

static struct daemon listen_at(void)
{
	struct daemon d = {.addr.sun_family = AF_UNIX};

	unit_tmpdir(d.dir);
	snprintf(d.addr.sun_path, sizeof(d.addr.sun_path), "%s/log", d.dir);
	d.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(d.fd, (struct sockaddr *)&d.addr, sizeof(d.addr)), 0);
	return d;
}

static void heard(struct daemon *d, int pri, const char *want)
{
	char got[4096] = "", line[4096];

	assert_true(recv(d->fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	snprintf(line, sizeof(line), "<%d>urunc[%ld]: %s", pri, (long)getpid(), want);
	assert_string_equal(got, line);
}

static void lines(void **state)
{
	struct daemon d = listen_at();
	char big[5000], got[8192];

	(void)state;
	errno = 77;
	syslog_send(d.addr.sun_path, SYSLOG_ERROR, "went wrong");
	assert_int_equal(errno, 77);
	heard(&d, 27, "went wrong");
	syslog_send(d.addr.sun_path, SYSLOG_WARNING, "two\nlines\x1b[2J\x7f%s\xc3\xa4");
	heard(&d, 28, "two lines [2J %s\xc3\xa4");
	syslog_send(d.addr.sun_path, SYSLOG_INFO, "");
	heard(&d, 30, "");
	syslog_send(d.addr.sun_path, SYSLOG_DEBUG, "x");
	heard(&d, 31, "x");
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	syslog_send(d.addr.sun_path, SYSLOG_INFO, big);
	assert_in_range(recv(d.fd, got, sizeof(got), MSG_DONTWAIT), 2000, 2400);
	close(d.fd);
	unit_rmdir(d.dir);
}

static void nobody_or_a_slow_one(void **state)
{
	struct daemon d = listen_at();
	char far[300];

	(void)state;
	/* Nothing is read: the rest is lost, and nobody waits. */
	for (int i = 0; i < 5000; i++)
		syslog_send(d.addr.sun_path, SYSLOG_INFO, "again");
	close(d.fd);
	errno = 78;
	syslog_send(d.addr.sun_path, SYSLOG_INFO, "nobody listens");
	unit_rmdir(d.dir);
	syslog_send(d.addr.sun_path, SYSLOG_INFO, "no socket");
	memset(far, 'p', sizeof(far));
	far[0] = '/';
	far[sizeof(far) - 1] = '\0';
	syslog_send(far, SYSLOG_INFO, "no such path can be");
	assert_int_equal(errno, 78);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(nobody_or_a_slow_one)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
