/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host side of a control channel, for tests without the runtime: starts a command with one end of a
 * socket pair as descriptor 3, prints each frame from the guest as a line on standard error, and sends
 * the orders given, the first when READY comes, each next one when the last was answered by a line
 * of output (so nothing depends on time).
 * usage: ctlhost [-s SIGNO | -r COLSxROWS | -w TEXT | -x HEXBYTES]... -- COMMAND [ARG]...
 *        -w TEXT waits for TEXT in the command's output before the next order; -x sends raw bytes
 * The exit status is the guest application's (128+n for a signal), or 99 when no EXIT frame came.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/ctl.h"

struct order {
	char kind;
	const char *value;
};

static struct order orders[64];
static size_t norders, at;
static int status = 99, ready;
static char seen[1 << 16]; /* the output since the last -w was satisfied */
static size_t nseen;
static struct timespec started;

static double ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - started.tv_sec) * 1e3 + (double)(t.tv_nsec - started.tv_nsec) / 1e6;
}

static void send_all(int fd, const uint8_t *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		perror("ctlhost: write");
}

static void send_frame(int fd, uint8_t type, const void *payload, uint16_t n)
{
	uint8_t frame[CTL_HEADER_BYTES + CTL_MAX_PAYLOAD];

	send_all(fd, frame, ctl_frame_put(frame, type, payload, n));
}

static void send_hex(int fd, const char *hex)
{
	uint8_t raw[2048];
	size_t n = 0;
	unsigned byte;

	for (; n < sizeof(raw) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		raw[n++] = (uint8_t)byte;
	send_all(fd, raw, n);
}

static void give_orders(int fd)
{
	for (; ready && at < norders; at++) {
		const char *v = orders[at].value;

		if (orders[at].kind == 'w') {
			char *hit = memmem(seen, nseen, v, strlen(v));

			if (!hit)
				return;
			nseen -= (size_t)(hit - seen) + strlen(v);
			memmove(seen, hit + strlen(v), nseen);
		} else if (orders[at].kind == 's') {
			uint8_t signo = (uint8_t)atoi(v);

			send_frame(fd, CTL_SIGNAL, &signo, 1);
		} else if (orders[at].kind == 'r') {
			unsigned cols = 0, rows = 0;

			sscanf(v, "%ux%u", &cols, &rows);
			uint8_t size[] = {(uint8_t)cols, (uint8_t)(cols >> 8), (uint8_t)rows,
					  (uint8_t)(rows >> 8)};
			send_frame(fd, CTL_RESIZE, size, 4);
		} else {
			send_hex(fd, v);
		}
	}
}

static void hear(const struct ctl_frame *f)
{
	if (f->type == CTL_READY) {
		ready = 1;
		fprintf(stderr, "ctl %.0f READY version=%d\n", ms(), f->len ? f->payload[0] : -1);
	} else if (f->type == CTL_EXIT && f->len == 2) {
		status = f->payload[0] == CTL_SIGNALED ? 128 + f->payload[1] : f->payload[1];
		fprintf(stderr, "ctl %.0f EXIT kind=%d value=%d\n", ms(), f->payload[0], f->payload[1]);
	} else if (f->type == CTL_ERROR) {
		fprintf(stderr, "ctl %.0f ERROR %.*s\n", ms(), (int)f->len, (const char *)f->payload);
	} else {
		fprintf(stderr, "ctl %.0f type=%d len=%d\n", ms(), f->type, f->len);
	}
}

/* False at the end of the stream. */
static int hear_guest(int fd)
{
	static struct ctl_reader r;
	struct ctl_frame f;
	uint8_t *p = NULL;
	size_t room = ctl_reader_space(&r, &p);
	ssize_t n = read(fd, p, room);
	int rc;

	if (n <= 0)
		return 0;
	ctl_reader_add(&r, (size_t)n);
	while ((rc = ctl_reader_next(&r, &f)) > 0)
		hear(&f);
	return rc == 0;
}

static int hear_output(int fd)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n <= 0)
		return 0;
	if (write(1, buf, (size_t)n) != n)
		perror("ctlhost: stdout");
	if (nseen + (size_t)n > sizeof(seen))
		nseen = 0;
	memcpy(seen + nseen, buf, (size_t)n);
	nseen += (size_t)n;
	return 1;
}

static void start(char **argv, const int ctl[2], const int out[2])
{
	if (fork() != 0)
		return;
	close(ctl[0]);
	dup2(out[1], 1);
	if (ctl[1] != 3) {
		dup2(ctl[1], 3);
		close(ctl[1]);
	}
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	int opt, ctl[2], out[2], code = 0;

	while ((opt = getopt(argc, argv, "s:r:w:x:")) != -1)
		if (opt != '?' && norders < 64)
			orders[norders++] = (struct order){(char)opt, optarg};
	clock_gettime(CLOCK_MONOTONIC, &started);
	/* 3 and 4 first, so that the pair's second end can simply become 3 in the child. */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ctl) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return 98;
	start(argv + optind, ctl, out);
	close(ctl[1]);
	close(out[1]);

	struct pollfd p[] = {{.fd = ctl[0], .events = POLLIN}, {.fd = out[0], .events = POLLIN}};

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents && !hear_guest(ctl[0]))
			p[0].fd = -1;
		if (p[1].revents && !hear_output(out[0]))
			p[1].fd = -1;
		give_orders(ctl[0]);
	}
	wait(&code);
	fprintf(stderr, "ctl %.0f END monitor=%d\n", ms(),
		WIFEXITED(code) ? WEXITSTATUS(code) : 128 + WTERMSIG(code));
	return status;
}
