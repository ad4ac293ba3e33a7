/* SPDX-License-Identifier: Apache-2.0 */
/* Short messages between `create` and the container's process. */
#include "runtime/child.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/interrupt.h"

#define SYNC_BYTES (ERR_MSG_BYTES + 1)

int sync_send(int fd, char type, const char *text, struct err *e)
{
	char buf[SYNC_BYTES];
	size_t n = strlen(text);
	ssize_t r;

	if (n > sizeof(buf) - 1)
		n = sizeof(buf) - 1;
	buf[0] = type;
	memcpy(buf + 1, text, n);
	do
		r = send(fd, buf, n + 1, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? err_sys(e, "cannot talk to the container's process") : 0;
}

int sync_receive(int fd, char type, char *ret_text, struct err *e)
{
	char buf[SYNC_BYTES + 1];
	ssize_t n;
	int r = interrupt_wait(fd, e);

	if (r < 0)
		return r;
	do
		n = recv(fd, buf, SYNC_BYTES, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "cannot hear the container's process");
	if (n == 0)
		return err_set(e, EIO, "the container's process died while it was being set up");
	buf[n] = '\0';
	if (buf[0] == SYNC_ERR)
		return err_set(e, EIO, "%s", buf + 1);
	if (buf[0] != type)
		return err_set(e, EPROTO, "unexpected message %d from the container's process", buf[0]);
	memcpy(ret_text, buf + 1, (size_t)n);
	return 0;
}

int sync_expect(int fd, char type, struct err *e)
{
	char text[SYNC_TEXT_BYTES];

	return sync_receive(fd, type, text, e);
}
