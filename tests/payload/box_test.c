/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of src/sandbox that need root, on whatever kernel this runs; it wants nothing but /proc, /sys, a writable /tmp
 * and the fake monitor, so that it also runs in an initramfs with a busybox.
 *   box_test [FAKE_MONITOR]        prints "ok N name" or "not ok N name: why"; status 0 if all is well
 */
#include "box_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_SECONDS 60 /* a test that hangs is killed then */

const char *fake_path;
static int number, failures, reason_fd = -1;

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdprintf(reason_fd, fmt, ap);
	va_end(ap);
	_exit(1);
}

void must(int r, const struct err *e)
{
	if (r != 0)
		fail("failed: %s (%d)", e->msg, r);
}

void must_fail(int r, int code, const struct err *e, const char *part)
{
	if (r != -code)
		fail("gives %d instead of %d (%s): %s", r, -code, strerror(code), e->msg);
	if (!strstr(e->msg, part))
		fail("'%s' does not mention '%s'", e->msg, part);
}

static void run(const char *name, test_fn fn, int namespaces)
{
	char reason[1024] = "";
	int p[2], status = 0;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	if (pipe2(p, O_CLOEXEC) < 0)
		abort();
	pid = (pid_t)syscall(SYS_clone, (unsigned long)(SIGCHLD | namespaces), NULL, NULL, NULL, NULL);
	if (pid == 0) {
		close(p[0]);
		reason_fd = p[1];
		alarm(TEST_SECONDS);
		if ((namespaces & CLONE_NEWNS) && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			fail("cannot make mounts private: %s", strerror(errno));
		fn();
		_exit(0);
	}
	close(p[1]);
	n = read(p[0], reason, sizeof(reason) - 1);
	close(p[0]);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	if (pid > 0 && n <= 0 && status == 0) {
		printf("ok %d %s\n", ++number, name);
		return;
	}
	failures++;
	printf("not ok %d %s: %s (status 0x%x)\n", ++number, name, n > 0 ? reason : "died", (unsigned)status);
}

void test_run(const char *name, test_fn fn)
{
	run(name, fn, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS);
}

void test_run_here(const char *name, test_fn fn)
{
	run(name, fn, 0);
}

void scratch_make(void)
{
	if (mkdir(SCRATCH, 0755) < 0 && errno != EEXIST)
		fail("%s: %s", SCRATCH, strerror(errno));
	if (mount("scratch", SCRATCH, "tmpfs", 0, "mode=0755") < 0)
		fail("tmpfs on %s: %s", SCRATCH, strerror(errno));
}

void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

long read_text(const char *path, char *buf, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t r;

	if (fd < 0)
		return -1;
	while (len < n - 1 && (r = read(fd, buf + len, n - 1 - len)) > 0)
		len += (size_t)r;
	buf[len] = '\0';
	close(fd);
	return (long)len;
}

static const char *beside_us(void)
{
	static char path[4096];
	char exe[4000];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));

	while (n > 0 && exe[n - 1] != '/')
		n--;
	snprintf(path, sizeof(path), "%.*sfake_monitor", (int)(n > 0 ? n : 0), exe);
	return path;
}

int main(int argc, char **argv)
{
	const char *given = argc > 1 ? argv[1] : beside_us();

	/* Absolute: the tests bind it from other working directories. */
	fake_path = realpath(given, NULL);
	if (getuid() != 0 || !fake_path || access(fake_path, X_OK) < 0) {
		printf("not ok 1 start: needs root and the fake monitor at %s\n1..1\n", given);
		return 1;
	}
	box_tests();
	creds_tests();
	ns_tests();
	cgroup_tests();
	rmdir(SCRATCH);
	printf("1..%d\n", number);
	return failures > 0;
}
