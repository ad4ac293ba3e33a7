/* SPDX-License-Identifier: Apache-2.0 */
/* Processes by identity, never by bare number. */
#include "common/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/str.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* One short kernel file into buf, NUL-terminated; its length or -errno. */
static ssize_t read_short(const char *path, char *buf, size_t n)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t r;

	if (fd < 0)
		return -errno;
	do
		r = read(fd, buf, n - 1);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	buf[r] = '\0';
	return r;
}

/* Reads blank-separated decimal words; false when the text ends or is something else. */
static bool next_number(const char **s, uint64_t *ret)
{
	uint64_t v = 0;

	while (**s == ' ')
		++*s;
	if (**s == '-') { /* tty and priorities may be negative; nobody asks for those */
		++*s;
	}
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; ++*s)
		v = v * 10 + (uint64_t)(**s - '0');
	*ret = v;
	return true;
}

int proc_stat_read(pid_t pid, struct proc_stat *ret, struct err *e)
{
	char path[32], buf[1024];
	uint64_t v = 0, ppid = 0, start = 0;
	const char *s;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	n = pid > 0 ? read_short(path, buf, sizeof(buf)) : -ESRCH;
	if (n == -ENOENT || n == -ESRCH)
		return err_set(e, ESRCH, "process %d does not exist", (int)pid);
	if (n < 0) {
		errno = (int)-n;
		return err_sys(e, "cannot read '%s'", path);
	}
	/* The name, chosen by the process, may hold blanks and brackets; it ends at the last one. */
	s = strrchr(buf, ')');
	if (!s || s[1] != ' ' || !s[2])
		return err_set(e, EBADMSG, "'%s' is not understood", path);
	s += 2;
	ret->state = *s++;
	for (int field = 4; field <= 33; field++) {
		if (!next_number(&s, &v))
			return err_set(e, EBADMSG, "'%s' is not understood", path);
		if (field == 4)
			ppid = v;
		if (field == 22)
			start = v;
	}
	ret->ppid = (pid_t)ppid;
	ret->start_time = start;
	ret->ignored = v;
	return 0;
}

int proc_open_checked(pid_t pid, uint64_t start_time, int *ret_pidfd, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct proc_stat st = {0};
	int r;

	if (pid <= 0)
		return err_set(e, ESRCH, "process %d does not exist", (int)pid);
	/* The descriptor first: if the number changed hands before this, the start time tells; if it does
	 * afterwards, the descriptor still means the old process. */
	fd = (int)syscall(SYS_pidfd_open, pid, 0u);
	/* EINVAL and ENOENT: the number belongs to a thread, so not to a process that we knew. */
	if (fd < 0 && (errno == ESRCH || errno == EINVAL || errno == ENOENT))
		return err_set(e, ESRCH, "process %d does not exist", (int)pid);
	if (fd < 0)
		return err_sys(e, "cannot open process %d", (int)pid);
	r = proc_stat_read(pid, &st, e);
	if (r < 0)
		return r;
	if (st.start_time != start_time)
		return err_set(e, ESRCH, "process %d does not exist: another process has its number now",
			       (int)pid);
	if (st.state == 'Z' || st.state == 'X')
		return err_set(e, ESRCH, "process %d does not exist: it has ended", (int)pid);
	*ret_pidfd = fd_steal(&fd);
	return 0;
}

int pidfd_signal(int pidfd, int signo)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0u) < 0 ? -errno : 0;
}

int pidfd_wait_exit(int pidfd, int timeout_ms)
{
	uint64_t end = timeout_ms < 0 ? 0 : clock_monotonic_ms() + (uint64_t)timeout_ms;
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	for (;;) {
		int r = poll(&p, 1, timeout_ms);
		uint64_t now;

		if (r > 0)
			return p.revents & POLLNVAL ? -EBADF : 0;
		if (r == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
		if (timeout_ms < 0)
			continue;
		now = clock_monotonic_ms();
		timeout_ms = now < end ? (int)(end - now) : 0;
	}
}

int boot_id_read(char ret[BOOT_ID_BYTES], struct err *e)
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";
	static char known[BOOT_ID_BYTES]; /* no process sees two boots */
	char buf[64];
	ssize_t n;

	if (known[0]) {
		memcpy(ret, known, sizeof(known));
		return 0;
	}
	n = read_short(path, buf, sizeof(buf));
	if (n < 0) {
		errno = (int)-n;
		return err_sys(e, "cannot read '%s'", path);
	}
	if (n < BOOT_ID_BYTES - 1)
		return err_set(e, EBADMSG, "'%s' is not understood", path);
	memcpy(known, buf, BOOT_ID_BYTES - 1);
	memcpy(ret, known, sizeof(known));
	return 0;
}
