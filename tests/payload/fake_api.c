/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket of the monitor that the fake one stands for: QMP on an inherited descriptor, or HTTP where it listens. */
#include "fake_monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_on(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, 4) == 0)
		return fd;
	printf("API cannot listen on %s\n", path);
	return -1;
}

struct fake_api fake_api_open(char **argv)
{
	static const char greeting[] = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";
	struct fake_api api = {.conn = -1, .listener = -1};

	for (; *argv; argv++) {
		if (strncmp(*argv, "socket,id=qmp,fd=", 17) == 0) {
			api.conn = (int)strtol(*argv + 17, NULL, 10);
			if (write(api.conn, greeting, sizeof(greeting) - 1) < 0)
				printf("API write failed\n");
		}
		if (strcmp(*argv, "--api-sock") == 0 && argv[1])
			api.listener = listen_on(argv[1]);
		if (strcmp(*argv, "--api-socket") == 0 && argv[1] && strncmp(argv[1], "path=", 5) == 0)
			api.listener = listen_on(argv[1] + 5);
	}
	return api;
}

static void tell(const char *text, ssize_t n)
{
	printf("API ");
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] == '\r' || text[i] == '\n')
			printf(text[i] == '\r' ? "\\r" : "\\n");
		else
			putchar(text[i]);
	}
	printf("\n");
	fflush(stdout);
}

bool fake_api_event(struct fake_api *api)
{
	char buf[1024];
	ssize_t n;

	if (api->conn < 0) {
		api->conn = accept(api->listener, NULL, NULL);
		return false;
	}
	n = read(api->conn, buf, sizeof(buf) - 1);
	if (n <= 0) {
		close(api->conn);
		api->conn = -1;
		return false;
	}
	buf[n] = '\0';
	tell(buf, n);
	if (write(api->conn, "answer\r\n", 8) < 0)
		printf("API write failed\n");
	return strstr(buf, "system_powerdown") || strstr(buf, "SendCtrlAltDel") || strstr(buf, "power-button");
}
