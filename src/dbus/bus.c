/* SPDX-License-Identifier: Apache-2.0 */
/* A D-Bus connection: authentication, calls, signals. */
#include "dbus/bus.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"

#define SASL_LINE_MAX 512
#define FIRST_BUFFER 4096

void dbus_close(struct dbus *d)
{
	fd_close(&d->fd);
}

/* Waits until the socket can do it. */
static int wait_for(struct dbus *d, short events, struct err *e)
{
	for (;;) {
		uint64_t now = clock_monotonic_ms();
		struct pollfd p = {.fd = d->fd, .events = events};
		int r;

		if (now >= d->deadline_ms)
			return err_set(e, ETIMEDOUT, "D-Bus: no answer in time");
		r = poll(&p, 1, (int)(d->deadline_ms - now));
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return err_sys(e, "D-Bus: cannot wait");
	}
}

static int send_all(struct dbus *d, const void *p, size_t n, struct err *e)
{
	size_t sent = 0;

	while (sent < n) {
		ssize_t r = send(d->fd, (const char *)p + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (r >= 0) {
			sent += (size_t)r;
			continue;
		}
		if (errno == EAGAIN) {
			int x = wait_for(d, POLLOUT, e);

			if (x < 0)
				return x;
		} else if (errno != EINTR) {
			return err_sys(e, "D-Bus: cannot send");
		}
	}
	return 0;
}

/* At least one more byte. */
static int receive(struct dbus *d, struct err *e)
{
	if (d->have == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : FIRST_BUFFER;
		uint8_t *bigger = arena_alloc(d->a, cap);

		if (!bigger)
			return err_oom(e);
		if (d->have)
			memcpy(bigger, d->buf, d->have);
		d->buf = bigger;
		d->cap = cap;
	}
	for (;;) {
		ssize_t r = recv(d->fd, d->buf + d->have, d->cap - d->have, MSG_DONTWAIT);
		int x;

		if (r > 0) {
			d->have += (size_t)r;
			return 0;
		}
		if (r == 0)
			return err_set(e, ECONNRESET, "D-Bus: the other side closed the connection");
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return err_sys(e, "D-Bus: cannot receive");
		x = wait_for(d, POLLIN, e);
		if (x < 0)
			return x;
	}
}

static void forget(struct dbus *d, size_t n)
{
	if (n == 0)
		return;
	memmove(d->buf, d->buf + n, d->have - n);
	d->have -= n;
}

/* --- authentication --- */

static int read_line(struct dbus *d, char line[SASL_LINE_MAX], struct err *e)
{
	const char *end;
	size_t n;

	while (d->have < 2 || !(end = memmem(d->buf, d->have, "\r\n", 2))) {
		int r;

		if (d->have >= SASL_LINE_MAX)
			return err_set(e, EBADMSG, "D-Bus: the answer to authentication has no end");
		r = receive(d, e);
		if (r < 0)
			return r;
	}
	n = (size_t)(end - (const char *)d->buf);
	if (n >= SASL_LINE_MAX)
		return err_set(e, EBADMSG, "D-Bus: the answer to authentication is too long");
	memcpy(line, d->buf, n);
	line[n] = '\0';
	forget(d, n + 2);
	return 0;
}

/* The kernel tells the other side who we are; the number is only there to be compared. BEGIN goes along at once: systemd would
 * leave a message that it happens to read together with BEGIN lying until more comes. */
static int authenticate(struct dbus *d, struct err *e)
{
	char uid[16], hello[64] = "", line[SASL_LINE_MAX];
	size_t n = 0;
	int r;

	snprintf(uid, sizeof(uid), "%u", geteuid());
	n = (size_t)snprintf(hello, sizeof(hello), "%cAUTH EXTERNAL ", 0);
	for (const char *c = uid; *c; c++)
		n += (size_t)snprintf(hello + n, sizeof(hello) - n, "%02x", (unsigned)(unsigned char)*c);
	n += (size_t)snprintf(hello + n, sizeof(hello) - n, "\r\nBEGIN\r\n");
	r = send_all(d, hello, n, e);
	if (r == 0)
		r = read_line(d, line, e);
	if (r < 0)
		return r;
	if (strncmp(line, "OK ", 3) != 0 && strcmp(line, "OK") != 0)
		return err_set(e, EACCES, "D-Bus: user %s is not let in: '%.64s'", uid, line);
	return 0;
}

/* --- messages --- */

/* The next message, as it lies in the buffer: however many come while one is waited for, they need no memory. */
static int next_message(struct dbus *d, struct dbus_message *ret, struct err *e)
{
	size_t size;
	int r;

	forget(d, d->taken);
	d->taken = 0;
	while (d->have < DBUS_FIXED_BYTES) {
		r = receive(d, e);
		if (r < 0)
			return r;
	}
	r = dbus_message_size(d->buf, &size, e);
	if (r < 0)
		return r;
	while (d->have < size) {
		r = receive(d, e);
		if (r < 0)
			return r;
	}
	d->taken = size;
	return dbus_message_parse(d->buf, size, ret, e);
}

/* The same message, to stay. */
static int keep_message(struct dbus *d, struct dbus_message *ret, struct err *e)
{
	const uint8_t *copy = arena_memdup(d->a, d->buf, d->taken);

	return copy ? dbus_message_parse(copy, d->taken, ret, e) : err_oom(e);
}

/* An error's body begins with its text, if it has one. */
static int told_error(struct dbus *d, const struct dbus_message *m, struct err *e)
{
	struct dbus_in in = dbus_body(m);
	const char *name = m->error_name ? m->error_name : "an error without name";
	const char *text = m->signature && m->signature[0] == 's' ? dbus_get_str(&in) : NULL;

	snprintf(d->error, sizeof(d->error), "%s", name);
	return text ? err_set(e, EREMOTEIO, "%s", text) : err_set(e, EREMOTEIO, "%s", name);
}

int dbus_call(struct dbus *d, const struct dbus_call *c, dbus_signal_fn fn, void *arg,
	      struct dbus_message *ret_reply, struct err *e)
{
	struct strbuf out = STRBUF(d->a);
	uint32_t serial = ++d->serial;
	struct dbus_message m;
	int r;

	d->error[0] = '\0';
	dbus_write_call(c, serial, &out);
	if (out.oom)
		return err_oom(e);
	r = send_all(d, out.p, out.len, e);
	while (r >= 0) {
		r = next_message(d, &m, e);
		if (r < 0)
			break;
		if (m.type == DBUS_SIGNAL && fn)
			(void)fn(arg, &m);
		if (m.reply_serial != serial)
			continue;
		if (m.type == DBUS_ERROR)
			return told_error(d, &m, e);
		if (m.type == DBUS_RETURN)
			return keep_message(d, ret_reply, e);
	}
	return r;
}

int dbus_wait_signal(struct dbus *d, dbus_signal_fn fn, void *arg, struct err *e)
{
	for (;;) {
		struct dbus_message m;
		int r = next_message(d, &m, e);

		if (r < 0)
			return r;
		if (m.type == DBUS_SIGNAL && fn(arg, &m) > 0)
			return 0;
	}
}

static int say_hello(struct dbus *d, struct err *e)
{
	static const struct dbus_call hello = {.destination = "org.freedesktop.DBus",
					       .path = "/org/freedesktop/DBus",
					       .interface = "org.freedesktop.DBus",
					       .member = "Hello"};
	struct dbus_message reply;

	return dbus_call(d, &hello, NULL, NULL, &reply, e);
}

int dbus_open(const char *socket, bool is_bus, int timeout_ms, struct arena *a, struct dbus *ret,
	      struct err *e)
{
	_cleanup_dbus_ struct dbus d = {.a = a, .fd = -1, .is_bus = is_bus};
	int r;

	d.deadline_ms = clock_monotonic_ms() + (uint64_t)timeout_ms;
	r = fd_connect(socket, timeout_ms, &d.fd, e);
	if (r == 0)
		r = authenticate(&d, e);
	if (r == 0 && is_bus)
		r = say_hello(&d, e);
	if (r < 0)
		return r;
	*ret = d;
	d.fd = -1;
	return 0;
}
