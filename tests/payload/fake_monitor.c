/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for any monitor in tests: it is started with all that a real one would get, tells what that was
 * ("FAKE-REPORT {json}" on standard output), opens its control socket if the command line names one, and then does what
 * words in its arguments say, in this order. Words are looked for in every argument and in a --config-file; if there are
 * none, in the initrd (where urunit's configuration is).
 *   fake.quiet            no report            fake.say=TEXT         a line of text first
 *   fake.tap=NAME         opens this tap, as monitors do that get a name only: "TAP NAME" or "TAP NAME: why not"
 *   fake.call=NUMBER      this system call, with arguments that no call takes: "CALL NUMBER: why not"
 *   fake.fork             a child that stays   fake.eat=MIB          touch that much memory
 *   fake.ctl=STEP,STEP    see fake_ctl.c       fake.flood=MIB        that much output
 *   fake.echo             copy standard input to standard output until its end
 *   fake.wait             "SIGNAL n" for every signal, "API text" for what comes to the control socket; TERM and the
 *                         power button end it with status 0 (neither with fake.ignore=TERM)
 *   fake.spin             burn the processor for ever
 *   fake.exit=STATUS      fake.signal=NUMBER   how to end; status 0 without them
 */
#include "fake_monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define WORDS_MAX 32
#define WORD_BYTES 512
#define INITRD_TAIL (1 << 20)

static char words[WORDS_MAX][WORD_BYTES];
static size_t nwords;

/* Every guest quotes in its own way. */
static bool ends_word(char c)
{
	return (unsigned char)c <= ' ' || c == '\'' || c == '"' || c == '\\';
}

/* Picks the fake.* words out of any run of bytes. */
static void find_words(const char *p, size_t n)
{
	size_t i = 0, len;

	while (i + 5 < n && nwords < WORDS_MAX) {
		if (memcmp(p + i, "fake.", 5) != 0 || (i > 0 && !ends_word(p[i - 1]))) {
			i++;
			continue;
		}
		for (len = 0; i + len < n && !ends_word(p[i + len]) && len < WORD_BYTES - 1; len++)
			words[nwords][len] = p[i + len];
		words[nwords++][len] = '\0';
		i += len;
	}
}

static void find_in_file_after(char **argv, const char *const *options)
{
	static char buf[INITRD_TAIL];
	ssize_t n;
	off_t size;
	int fd;

	for (; *argv; argv++) {
		size_t i = 0;

		while (options[i] && strcmp(*argv, options[i]) != 0)
			i++;
		if (options[i])
			break;
	}
	if (!argv[0] || !argv[1] || (fd = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0)
		return;
	size = lseek(fd, 0, SEEK_END);
	n = pread(fd, buf, sizeof(buf), size > INITRD_TAIL ? size - INITRD_TAIL : 0);
	close(fd);
	if (n > 0)
		find_words(buf, (size_t)n);
}

/* "" for a word without value, NULL if it was not said. */
static const char *word(const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < nwords; i++) {
		if (strncmp(words[i] + 5, name, len) != 0)
			continue;
		if (words[i][5 + len] == '=')
			return words[i] + 5 + len + 1;
		if (words[i][5 + len] == '\0')
			return "";
	}
	return NULL;
}

static bool ignores(int signo)
{
	char number[16];
	const char *w = word("ignore");

	snprintf(number, sizeof(number), "%d", signo);
	return w && (strcmp(w, sigabbrev_np(signo) ? sigabbrev_np(signo) : "") == 0 || strcmp(w, number) == 0);
}

static void hear_signal(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	printf("SIGNAL %u\n", info.ssi_signo);
	fflush(stdout);
	if (info.ssi_signo == SIGTERM && !ignores(SIGTERM))
		exit(0);
}

static void wait_for_signals(struct fake_api *api)
{
	sigset_t all;
	int signals;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	printf("WAITING\n");
	fflush(stdout);
	for (;;) {
		struct pollfd p[2] = {
			{.fd = signals, .events = POLLIN},
			{.fd = api->conn >= 0 ? api->conn : api->listener, .events = POLLIN},
		};

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents)
			hear_signal(signals);
		if (p[1].revents && fake_api_event(api) && !ignores(SIGTERM))
			exit(0);
	}
}

static void eat(size_t mib)
{
	volatile char *p = malloc(mib << 20);
	size_t i;

	for (i = 0; p && i < mib << 20; i += 4096)
		p[i] = 1;
	printf("ATE %zu\n", mib);
	fflush(stdout);
}

static void flood(size_t mib)
{
	char buf[4096];
	size_t i;

	memset(buf, 'x', sizeof(buf));
	buf[sizeof(buf) - 1] = '\n';
	for (i = 0; i < mib * 256; i++) {
		if (write(STDOUT_FILENO, buf, sizeof(buf)) <= 0)
			return;
	}
}

static void echo(void)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0) {
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			return;
	}
}

static void leave_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	printf("FORK %d\n", (int)pid);
	fflush(stdout);
}

/* The descriptor stays open. */
static void open_tap(const char *name)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	bool works;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	works = fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0;
	printf("TAP %s%s%s\n", name, works ? "" : ": ", works ? "" : strerror(errno));
	fflush(stdout);
}

static void call(const char *number)
{
	long r = syscall(strtol(number, NULL, 10), -1L, -1L, -1L, -1L, -1L, -1L);

	printf("CALL %s: %s\n", number, r < 0 ? strerror(errno) : "done");
	fflush(stdout);
}

/* The control channel: "fd=N" in a chardev option, as QEMU is told; 3 otherwise. Not that of the monitor itself. */
static int ctl_fd(char **argv)
{
	const char *p;

	for (; *argv; argv++) {
		if (strncmp(*argv, "socket,", 7) == 0 && !strstr(*argv, "id=qmp") &&
		    (p = strstr(*argv, ",fd=")) != NULL)
			return (int)strtol(p + 4, NULL, 10);
	}
	return 3;
}

static void die_by(int signo)
{
	sigset_t none;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	raise(signo);
}

static void act(char **argv)
{
	struct fake_api api = fake_api_open(argv);
	const char *w;

	if ((w = word("say")) != NULL)
		printf("%s\n", w);
	fflush(stdout);
	if ((w = word("tap")) != NULL)
		open_tap(w);
	if ((w = word("call")) != NULL)
		call(w);
	if (word("fork"))
		leave_child();
	if ((w = word("eat")) != NULL)
		eat(strtoul(w, NULL, 10));
	if ((w = word("flood")) != NULL)
		flood(strtoul(w, NULL, 10));
	if ((w = word("ctl")) != NULL)
		fake_ctl(ctl_fd(argv), w);
	if (word("echo"))
		echo();
	if (word("wait"))
		wait_for_signals(&api);
	while (word("spin"))
		;
	if ((w = word("signal")) != NULL)
		die_by((int)strtol(w, NULL, 10));
}

/* As each of them says it. */
static void print_version(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (strcmp(name, "firecracker") == 0)
		printf("Firecracker v1.7.0\n\nSupported snapshot data format versions: v2.0.0\n");
	else if (strcmp(name, "cloud-hypervisor") == 0)
		printf("cloud-hypervisor v51.0.0\n");
	else if (strncmp(name, "solo5-", 6) == 0)
		printf("%s v0.9.0\nABI version: 2\n", name);
	else
		printf("QEMU emulator version 7.2.0 (a fake one)\n");
}

int main(int argc, char **argv, char **envp)
{
	static const char *const config[] = {"--config-file", NULL};
	static const char *const initrd[] = {"-initrd", "--initrd", "--initramfs", NULL};
	const char *status;
	int i;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		print_version(argv[0]);
		return 0;
	}
	signal(SIGPIPE, SIG_DFL);
	for (i = 1; i < argc; i++)
		find_words(argv[i], strlen(argv[i]));
	find_in_file_after(argv, config);
	if (nwords == 0)
		find_in_file_after(argv, initrd);
	if (!word("quiet"))
		fake_report(argv, envp);
	act(argv);
	status = word("exit");
	return status ? (int)strtol(status, NULL, 10) : 0;
}
