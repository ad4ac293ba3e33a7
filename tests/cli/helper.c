/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shell cannot do for the CLI tests:
 *   helper reap COMMAND...         runs it as a child of a subreaper, waits for every process it leaves behind, and prints
 *                                  "orphan PID exit N" or "orphan PID signal N" for each; its own status is the command's.
 *                                  As long as the command runs nobody reaps for it: what ends meanwhile is a zombie
 *   helper console SOCKET [SEND]   listens on SOCKET, receives one descriptor, prints "NAME <payload>" and "TTY <size>" or,
 *                                  if it is a pidfd, "PID <number>"; sends SEND (a line) into it and copies what comes
 *                                  back until its end
 *   helper knock SOCKET [TEXT]     connects to SOCKET (seqpacket), sends TEXT and goes
 *   helper usurp SOCKET            listens on SOCKET (seqpacket) and never answers
 *   helper syslog SOCKET           is bound to SOCKET (datagrams) and prints each one as a line
 *   helper fds N COMMAND...        opens the root directory as every descriptor from 3 to N, then becomes COMMAND
 *   helper signals COMMAND...      blocks USR1 and WINCH, ignores INT, QUIT and PIPE, then becomes COMMAND
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "helper: %s: %s\n", what, strerror(errno));
	exit(111);
}

static void become(char **argv)
{
	execvp(argv[0], argv);
	die(argv[0]);
}

static int run_and_reap(char **argv)
{
	pid_t first, pid;
	int status, result;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		die("PR_SET_CHILD_SUBREAPER");
	first = fork();
	if (first < 0)
		die("fork");
	if (first == 0)
		become(argv);
	if (waitpid(first, &status, 0) != first)
		die("waitpid");
	result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	while ((pid = wait(&status)) > 0) {
		if (WIFEXITED(status))
			printf("orphan %d exit %d\n", (int)pid, WEXITSTATUS(status));
		else
			printf("orphan %d signal %d\n", (int)pid, WTERMSIG(status));
		fflush(stdout);
	}
	return result;
}

static int listen_on(const char *path, int type)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char temporary[sizeof addr.sun_path];
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	/* The name appears when the socket listens, so that its existence is the event to wait for. */
	if (fd < 0 || snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary)
		die(path);
	memcpy(addr.sun_path, temporary, sizeof temporary);
	if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(fd, 1) < 0 ||
	    rename(temporary, path) < 0)
		die(path);
	return accept4(fd, NULL, NULL, SOCK_CLOEXEC);
}

static int receive_fd(int conn, char *name, size_t size)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {name, size - 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof control};
	struct cmsghdr *c;
	ssize_t n = recvmsg(conn, &msg, MSG_CMSG_CLOEXEC);
	int fd;

	if (n < 0)
		die("recvmsg");
	name[n] = '\0';
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

static void tell_pid(int pidfd)
{
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f)) {
		if (strncmp(line, "Pid:\t", 5) == 0)
			printf("PID %d\n", atoi(line + 5));
	}
	if (f)
		fclose(f);
}

static int console(const char *path, const char *text)
{
	struct winsize size;
	char buf[4096];
	ssize_t n;
	int fd = receive_fd(listen_on(path, SOCK_STREAM), buf, sizeof buf);

	if (fd < 0) {
		printf("no descriptor came\n");
		return 1;
	}
	printf("NAME %s\n", buf);
	if (ioctl(fd, TIOCGWINSZ, &size) == 0)
		printf("TTY %d %d\n", size.ws_col, size.ws_row);
	tell_pid(fd);
	fflush(stdout);
	if (text && (write(fd, text, strlen(text)) < 0 || write(fd, "\n", 1) < 0))
		die("write");
	while ((n = read(fd, buf, sizeof buf)) > 0) {
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			die("write");
	}
	return 0;
}

static int knock(const char *path, const char *text)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof addr.sun_path)
		die(path);
	strcpy(addr.sun_path, path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		die(path);
	return text && send(fd, text, strlen(text), MSG_NOSIGNAL) < 0;
}

static void open_many(int last)
{
	int fd, dir = open("/", O_RDONLY | O_DIRECTORY);

	for (fd = 3; fd <= last; fd++) {
		if (dir < 0 || (fd != dir && dup2(dir, fd) < 0))
			die("dup2");
	}
}

static int be_syslog(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char buf[8192];
	ssize_t n;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die(path);
	printf("BOUND\n");
	fflush(stdout);
	while ((n = recv(fd, buf, sizeof(buf), 0)) >= 0) {
		printf("%.*s\n", (int)n, buf);
		fflush(stdout);
	}
	return 1;
}

static void odd_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (strcmp(what, "reap") == 0)
		return run_and_reap(argv + 2);
	if (strcmp(what, "console") == 0)
		return console(argv[2], argv[3]);
	if (strcmp(what, "knock") == 0)
		return knock(argv[2], argv[3]);
	if (strcmp(what, "syslog") == 0)
		return be_syslog(argv[2]);
	if (strcmp(what, "usurp") == 0) {
		listen_on(argv[2], SOCK_SEQPACKET);
		pause();
	}
	if (strcmp(what, "fds") == 0 && argc > 3) {
		open_many(atoi(argv[2]));
		become(argv + 3);
	}
	if (strcmp(what, "signals") == 0) {
		odd_signals();
		become(argv + 2);
	}
	fprintf(stderr, "helper: unknown use\n");
	return 111;
}
