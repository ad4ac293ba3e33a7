/* SPDX-License-Identifier: Apache-2.0 */
/* fetch ADDRESS PORT PATH: the body of what an HTTP server sends, or "refused". For roots where nothing resolves names. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timeval limit = {.tv_sec = 20};
	struct sockaddr_in sa = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), c, ends = 0;
	FILE *f;

	if (argc != 4 || inet_pton(AF_INET, argv[1], &sa.sin_addr) != 1)
		errx(2, "usage: fetch ADDRESS PORT PATH");
	sa.sin_port = htons((unsigned short)atoi(argv[2]));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		if (errno == ECONNREFUSED) {
			puts("refused");
			return 0;
		}
		err(1, "connect");
	}
	dprintf(fd, "GET /%s HTTP/1.0\r\n\r\n", argv[3]);
	f = fdopen(fd, "r");
	if (!f)
		err(1, "fdopen");
	/* The head ends with an empty line. */
	while (ends < 2 && (c = getc(f)) != EOF) {
		if (c != '\r')
			ends = c == '\n' ? ends + 1 : 0;
	}
	while ((c = getc(f)) != EOF)
		putchar(c);
	return ferror(f) || fflush(stdout) ? 1 : 0;
}
