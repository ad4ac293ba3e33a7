/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's end of the control channel, played by the fake monitor: good, bad and silent. */
#include "fake_monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ctl.h"

static void send_frame(int fd, enum ctl_type type, const void *payload, size_t n)
{
	uint8_t out[CTL_HEADER_BYTES + CTL_MAX_PAYLOAD];
	size_t len = ctl_frame_put(out, (uint8_t)type, payload, (uint16_t)n);

	if (write(fd, out, len) != (ssize_t)len)
		printf("CTL write failed\n");
}

/* Waits for one frame and tells it. */
static void await(int fd)
{
	static struct ctl_reader reader;
	struct ctl_frame f;
	uint8_t *p;
	ssize_t n;
	size_t space;
	int r;

	while ((r = ctl_reader_next(&reader, &f)) == 0) {
		space = ctl_reader_space(&reader, &p);
		n = read(fd, p, space);
		if (n <= 0)
			break;
		ctl_reader_add(&reader, (size_t)n);
	}
	if (r == 1 && f.type == CTL_SIGNAL && f.len == 1)
		printf("CTL SIGNAL %u\n", f.payload[0]);
	else if (r == 1 && f.type == CTL_RESIZE && f.len == 4)
		printf("CTL RESIZE %u %u\n", (unsigned)(f.payload[0] | f.payload[1] << 8),
		       (unsigned)(f.payload[2] | f.payload[3] << 8));
	else
		printf("CTL %s\n", r == 1 ? "UNKNOWN" : r == 0 ? "EOF" : "BROKEN");
	fflush(stdout);
}

static void flood(int fd, unsigned long frames)
{
	uint8_t payload[CTL_MAX_PAYLOAD];

	memset(payload, 'x', sizeof(payload));
	while (frames-- > 0)
		send_frame(fd, (enum ctl_type)99, payload, sizeof(payload)); /* a type nobody knows */
}

/*
 * ready  ready:VERSION  exit:STATUS  signal:NUMBER  error:TEXT  await (one frame from the host)
 * garbage (no frame at all)  half (a frame that never ends)  flood:FRAMES  close
 */
static void step(int *fd, const char *word)
{
	const char *arg = strchr(word, ':');
	size_t len = arg ? (size_t)(arg - word) : strlen(word);
	uint8_t bytes[2];

	arg = arg ? arg + 1 : "";
	if (strncmp(word, "ready", len) == 0) {
		bytes[0] = *arg ? (uint8_t)strtoul(arg, NULL, 10) : CTL_VERSION;
		send_frame(*fd, CTL_READY, bytes, 1);
	} else if (strncmp(word, "exit", len) == 0 || strncmp(word, "signal", len) == 0) {
		bytes[0] = word[0] == 'e' ? CTL_EXITED : CTL_SIGNALED;
		bytes[1] = (uint8_t)strtoul(arg, NULL, 10);
		send_frame(*fd, CTL_EXIT, bytes, 2);
	} else if (strncmp(word, "error", len) == 0) {
		send_frame(*fd, CTL_ERROR, arg, strlen(arg));
	} else if (strncmp(word, "await", len) == 0) {
		await(*fd);
	} else if (strncmp(word, "garbage", len) == 0) {
		if (write(*fd, "\0\xff not a frame at all", 22) < 0)
			printf("CTL write failed\n");
	} else if (strncmp(word, "half", len) == 0) {
		if (write(*fd, "\xc7\x02\x02", 3) < 0)
			printf("CTL write failed\n");
	} else if (strncmp(word, "flood", len) == 0) {
		flood(*fd, strtoul(arg, NULL, 10));
	} else if (strncmp(word, "close", len) == 0) {
		close(*fd);
		*fd = -1;
	} else {
		printf("CTL unknown step '%s'\n", word);
	}
}

void fake_ctl(int fd, const char *steps)
{
	char *copy = strdup(steps), *save = NULL, *word;

	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		step(&fd, word);
	free(copy);
	fflush(stdout);
}
