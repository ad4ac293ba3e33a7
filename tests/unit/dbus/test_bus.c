/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: to a real dbus-daemon, and to others that answer nonsense, nothing, or too much. */
#include "dbus/bus.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "gather/scratch.h"

static const struct dbus_call get_id = {.destination = "org.freedesktop.DBus",
					.path = "/org/freedesktop/DBus",
					.interface = "org.freedesktop.DBus",
					.member = "GetId"};

/* A daemon of the test's own, gone with it. */
static pid_t start_daemon(struct scratch *s, const char *socket)
{
	const char *config = scratch_path(s, "bus.conf"), *text;
	int ready[2];
	pid_t pid;
	char c;

	text = arena_printf(&s->a,
			    "<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>"
			    "<policy context=\"default\"><allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
			    "<allow own=\"*\"/></policy></busconfig>",
			    socket);
	scratch_text(s, "bus.conf", text);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		char option[64], file[300];

		close(ready[0]);
		snprintf(option, sizeof(option), "--print-address=%d", ready[1]);
		snprintf(file, sizeof(file), "--config-file=%s", config);
		execl("/usr/bin/dbus-daemon", "dbus-daemon", file, "--nofork", option, (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1); /* it tells its address once it listens */
	close(ready[0]);
	return pid;
}

static int seen_owner_change(void *arg, const struct dbus_message *m)
{
	unsigned *n = arg;

	return streq(m->member, "NameAcquired") ? (int)++*n : 0;
}

static void a_real_bus(void **state)
{
	struct scratch *s = *state;
	const char *socket = scratch_path(s, "bus");
	struct strbuf body = STRBUF(&s->a);
	struct dbus_call request = get_id, no_such = get_id;
	struct dbus d = DBUS_NULL, plain = DBUS_NULL;
	struct dbus_message m;
	struct dbus_in in;
	unsigned acquired = 0;
	pid_t pid;

	unit_needs("dbus-daemon", access("/usr/bin/dbus-daemon", X_OK) == 0);
	pid = start_daemon(s, socket);
	assert_ok(dbus_open(socket, true, 20000, &s->a, &d, &s->e), s->e);
	assert_ok(dbus_call(&d, &get_id, NULL, NULL, &m, &s->e), s->e);
	in = dbus_body(&m);
	assert_int_equal(strlen(dbus_get_str(&in)), 32);
	no_such.member = "NoSuchMethod";
	assert_fails(dbus_call(&d, &no_such, NULL, NULL, &m, &s->e), s->e, EREMOTEIO, "NoSuchMethod");
	assert_string_equal(d.error, "org.freedesktop.DBus.Error.UnknownMethod");
	/* A signal of the bus, whenever it comes. */
	dbus_put_str(&body, "org.example.urunc");
	dbus_put_u32(&body, 0);
	request.member = "RequestName";
	request.signature = "su";
	request.body = &body;
	assert_ok(dbus_call(&d, &request, seen_owner_change, &acquired, &m, &s->e), s->e);
	in = dbus_body(&m);
	assert_int_equal(dbus_get_u32(&in), 1);
	if (acquired == 0)
		assert_ok(dbus_wait_signal(&d, seen_owner_change, &acquired, &s->e), s->e);
	assert_true(acquired > 0);
	/* Who says no hello is thrown out. */
	assert_ok(dbus_open(socket, false, 20000, &s->a, &plain, &s->e), s->e);
	assert_true(dbus_call(&plain, &get_id, NULL, NULL, &m, &s->e) < 0);
	dbus_close(&plain);
	dbus_close(&d);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* Somebody who, after a connection, says these bytes and then waits or hangs up. */
static pid_t start_other(const char *path, const void *bytes, size_t n, bool stays)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	if (pid == 0) {
		int c = accept(fd, NULL, NULL);
		char buf[4096];

		if (read(c, buf, sizeof(buf)) <= 0 || write(c, bytes, n) != (ssize_t)n)
			_exit(1);
		while (stays && read(c, buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	close(fd);
	return pid;
}

static void others(void **state)
{
	static char no_end[8192], large[64 + 20] = "OK 0123\r\nl\x02\0\x01\0\0\x10\0\x01\0\0\0\0\0\0";
	static const struct {
		const char *bytes;
		size_t n;
		bool stays, opens;
		int errnum;
		const char *words;
	} t[] = {
		{"REJECTED EXTERNAL\r\n", 19, true, false, EACCES, "is not let in: 'REJECTED EXTERNAL'"},
		{no_end, sizeof(no_end), true, false, EBADMSG, "has no end"},
		{"", 0, false, false, ECONNRESET, "closed the connection"},
		{"OK", 2, true, false, ETIMEDOUT, "no answer in time"},
		{"OK 0123\r\n", 9, true, true, ETIMEDOUT, "no answer in time"},
		{"OK 0123\r\n", 9, false, true, ECONNRESET, ""},
		{"OK 0123\r\nHTTP/1.1 200 OK\r\n\r\n", 28, true, true, EBADMSG, "byte order 0x48"},
		{large, 9 + 16, true, true, EBADMSG, "the limit is"},
	};
	struct scratch *s = *state;
	const char *socket = scratch_path(s, "sock");

	memset(no_end, 'O', sizeof(no_end));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pid_t pid = start_other(socket, t[i].bytes, t[i].n, t[i].stays);
		struct dbus d = DBUS_NULL;
		struct dbus_message m;
		int r;

		s->e = (struct err){0};
		/* Long where the answer is certain: only the two that never answer wait for the end. */
		r = dbus_open(socket, false, t[i].errnum == ETIMEDOUT ? 200 : 20000, &s->a, &d, &s->e);
		assert_int_equal(r == 0, t[i].opens);
		if (r == 0)
			r = dbus_call(&d, &get_id, NULL, NULL, &m, &s->e);
		/* Whether the end shows when we send or when we receive is chance. */
		if (r == -EPIPE)
			r = -ECONNRESET;
		if (r != -t[i].errnum || !strstr(s->e.msg, t[i].words))
			fail_msg("%zu: %d '%s'", i, r, s->e.msg);
		dbus_close(&d);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

static int count(void *arg, const struct dbus_message *m)
{
	unsigned *n = arg;

	assert_string_equal(m->member, "Noise");
	++*n;
	return 0;
}

/* Signals that nobody asked for, until the time is over: they cost time and no memory. */
static void a_flood_of_signals(void **state)
{
	static const char begin[] = "OK 0123\r\n";
	const size_t signals = 400, body = 64 << 10;
	struct scratch *s = *state;
	const char *socket = scratch_path(s, "flood");
	struct strbuf signal_ = STRBUF(&s->a), all = STRBUF(&s->a);
	struct dbus d = DBUS_NULL;
	struct dbus_message m;
	unsigned n = 0;
	pid_t pid;

	dbus_put_byte(&signal_, 'l');
	dbus_put_byte(&signal_, DBUS_SIGNAL);
	dbus_put_byte(&signal_, 0);
	dbus_put_byte(&signal_, 1);
	dbus_put_u32(&signal_, (uint32_t)body);
	dbus_put_u32(&signal_, 1);
	dbus_put_u32(&signal_, 14);
	dbus_put_byte(&signal_, 3); /* the member */
	dbus_put_sig(&signal_, "s");
	dbus_put_str(&signal_, "Noise");
	dbus_put_align(&signal_, 8);
	sb_add(&all, begin);
	for (size_t i = 0; i < signals; i++) {
		static const char zeros[64 << 10];

		sb_addn(&all, signal_.p, signal_.len);
		sb_addn(&all, zeros, body);
	}
	pid = start_other(socket, all.p, all.len, true);
	assert_ok(dbus_open(socket, false, 2000, &s->a, &d, &s->e), s->e);
	s->a.used_bytes = 0;
	assert_fails(dbus_call(&d, &get_id, count, &n, &m, &s->e), s->e, ETIMEDOUT, "no answer in time");
	assert_int_equal(n, signals);
	assert_true(s->a.used_bytes < 1 << 20);
	dbus_close(&d);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void nobody(void **state)
{
	struct scratch *s = *state;
	struct dbus d;
	char path[200];

	assert_fails(dbus_open(scratch_path(s, "none"), true, 1000, &s->a, &d, &s->e), s->e, ENOENT,
		     "cannot connect to");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_fails(dbus_open(path, true, 1000, &s->a, &d, &s->e), s->e, ENAMETOOLONG, "more than 107 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_real_bus),
		scratch_test(others),
		scratch_test(a_flood_of_signals),
		scratch_test(nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
