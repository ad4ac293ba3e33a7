/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor program: the same processes, namespaces, groups, mounts and files as a create, start, state, kill and delete
 * of urunc, with nothing decided, checked or told. What a runtime costs above this is its own. The work comes from a file
 * that bench/run makes out of `urunc plan`, so that both do the same.
 *   floor WORK DIR create ID PID_FILE      floor WORK DIR start|state|kill|delete ID
 */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORK_BYTES (1 << 18)

static char text[WORK_BYTES];
static struct work work;

void floor_die(const char *what)
{
	dprintf(2, "floor: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void read_work(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *p = text, *end;

	if (n < 0)
		floor_die(path);
	close(fd);
	while (*p && work.n < FLOOR_LINES) {
		struct line *l = &work.line[work.n++];
		size_t i = 0;

		end = strchr(p, '\n');
		if (end)
			*end = '\0';
		for (l->word[i++] = p; i < FLOOR_WORDS && (p = strchr(p, ' ')) != NULL; l->word[i++] = p)
			*p++ = '\0';
		p = end ? end + 1 : text + n;
	}
}

const struct line *floor_find(const struct work *w, const char *verb)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (strcmp(w->line[i].word[0], verb) == 0)
			return &w->line[i];
	}
	return NULL;
}

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		floor_die(path);
	close(fd);
}

static void device_program(const char *dir, unsigned n)
{
	struct bpf_insn *prog = calloc(n, sizeof(*prog));
	union bpf_attr attr;
	unsigned i;
	int fd, at;

	for (i = 0; i < n; i++)
		prog[i] = (struct bpf_insn){.code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1};
	prog[n - 1] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (__u64)(uintptr_t)prog;
	attr.insn_cnt = n;
	attr.license = (__u64)(uintptr_t) "Apache-2.0";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (__u32)at;
	attr.attach_bpf_fd = (__u32)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (fd < 0 || syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0)
		floor_die("device program");
	close(fd);
	close(at);
}

/* A descriptor of the v2 group, or -1. */
static int make_groups(void)
{
	const char *v2 = NULL;
	char *p;
	size_t i;

	for (i = 0; i < work.n; i++) {
		char *const *w = work.line[i].word;

		if (strcmp(w[0], "cgroup") == 0) {
			if (mkdir(w[2], 0755) < 0)
				floor_die(w[2]);
			v2 = w[1][0] == '2' ? w[2] : v2;
		} else if (strcmp(w[0], "set") == 0) {
			while ((p = strchr(w[2], '~')) != NULL)
				*p = ' ';
			put(w[1], w[2]);
		} else if (strcmp(w[0], "devices") == 0 && v2) {
			device_program(v2, (unsigned)strtoul(w[1], NULL, 10));
		}
	}
	return v2 ? open(v2, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static void attach(void)
{
	char path[1024];
	size_t i;

	for (i = 0; i < work.n; i++) {
		char *const *w = work.line[i].word;

		if (strcmp(w[0], "cgroup") != 0 || w[1][0] != '1')
			continue;
		snprintf(path, sizeof(path), "%s/tasks", w[2]);
		put(path, "0");
	}
	if (floor_find(&work, "cgns") && unshare(CLONE_NEWCGROUP) < 0)
		floor_die("cgroup namespace");
}

static int receive_answer_fd(int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c;
	char byte;
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)};
	int out;

	if (recvmsg(fd, &m, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&m))
		floor_die("gate");
	memcpy(&out, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(out));
	return out;
}

/* The container's process: to the gate, through it, into the box, to the monitor. */
static void container(int gate, int ready)
{
	const char *monitor = floor_find(&work, "monitor")->word[1];
	int conn, answer, status = 0;
	pid_t pid;

	attach();
	setsid();
	if (write(ready, "x", 1) != 1)
		floor_die("ready");
	close(ready);
	conn = accept4(gate, NULL, NULL, SOCK_CLOEXEC);
	answer = receive_answer_fd(conn);
	close(conn);
	floor_box(&work);
	floor_drop(&work);
	pid = floor_find(&work, "supervise") ? vfork() : 0;
	if (pid == 0) {
		(void)syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
		execve(monitor, (char *const[]){(char *)(uintptr_t)monitor, NULL}, (char *const[]){NULL});
		floor_die(monitor);
	}
	(void)syscall(SYS_close_range, 3, ~0u, 0);
	(void)answer; /* closed: start sees the end */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void create(const char *pid_file)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "gate"};
	struct clone_args args = {.exit_signal = SIGCHLD};
	int gate, ready[2], cgroup, fd;
	char line[64], c;
	long pid;

	gate = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (gate < 0 || bind(gate, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(gate, 1) < 0)
		floor_die("gate");
	if (pipe2(ready, O_CLOEXEC) < 0)
		floor_die("pipe");
	cgroup = make_groups();
	args.flags = strtoul(floor_find(&work, "ns")->word[1], NULL, 10);
	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (__u64)cgroup;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		floor_die("clone3");
	if (pid == 0) {
		close(ready[0]);
		container(gate, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		floor_die("child");
	snprintf(line, sizeof(line), "%ld", pid);
	fd = open("state", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		floor_die("state");
	fd = open(pid_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		floor_die(pid_file);
}

static pid_t state_pid(void)
{
	char line[64] = "";
	int fd = open("state", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, line, sizeof(line) - 1) <= 0)
		floor_die("state");
	close(fd);
	return (pid_t)strtol(line, NULL, 10);
}

static void start(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "gate"};
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c = {{0}};
	struct iovec v = {(void *)(uintptr_t) "s", 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), p[2];
	char byte;

	(void)state_pid();
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || pipe2(p, O_CLOEXEC) < 0)
		floor_die("gate");
	*CMSG_FIRSTHDR(&m) = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &p[1], sizeof(int));
	if (sendmsg(fd, &m, MSG_NOSIGNAL) < 0)
		floor_die("gate");
	close(p[1]);
	if (read(p[0], &byte, 1) != 0)
		floor_die("start");
}

static int process(void)
{
	return (int)syscall(SYS_pidfd_open, state_pid(), 0);
}

static void state(void)
{
	int fd = process();

	dprintf(1, "{\"status\":\"%s\"}\n", fd >= 0 ? "running" : "stopped");
}

static void kill_it(void)
{
	if (syscall(SYS_pidfd_send_signal, process(), SIGKILL, NULL, 0) < 0)
		floor_die("kill");
}

static void delete (const char *dir)
{
	size_t i;

	(void)process();
	for (i = 0; i < work.n; i++) {
		char *const *w = work.line[i].word;

		if (strcmp(w[0], "cgroup") != 0)
			continue;
		if (rmdir(w[2]) < 0)
			floor_die(w[2]);
	}
	(void)unlink("state");
	(void)unlink("gate");
	if (rmdir(dir) < 0)
		floor_die(dir);
}

int main(int argc, char **argv)
{
	char dir[1024];

	if (argc < 5) {
		dprintf(2,
			"usage: floor WORK DIR create ID PID_FILE | floor WORK DIR start|state|kill|delete ID\n");
		return 2;
	}
	read_work(argv[1]);
	snprintf(dir, sizeof(dir), "%s/%s", argv[2], argv[4]);
	if (argv[3][0] == 'c') {
		(void)mkdir(argv[2], 0700);
		if (mkdir(dir, 0700) < 0)
			floor_die(dir);
	}
	if (chdir(dir) < 0)
		floor_die(dir);
	if (strcmp(argv[3], "create") == 0 && argc == 6)
		create(argv[5]);
	else if (strcmp(argv[3], "start") == 0)
		start();
	else if (strcmp(argv[3], "state") == 0)
		state();
	else if (strcmp(argv[3], "kill") == 0)
		kill_it();
	else if (strcmp(argv[3], "delete") == 0)
		delete (dir);
	return 0;
}
