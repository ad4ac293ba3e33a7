/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's end of the control channel over a socket pair: frames out, orders in, a hostile host, no host. */
/* wrap: usay */
#include "urunit/port.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "unit.h"

static char said[128];

void __wrap_usay(const char *text);
void __wrap_usay(const char *text)
{
	snprintf(said, sizeof(said), "%s", text);
}

struct pair {
	struct uport port;
	int host;
};

static int setup(void **state)
{
	static struct pair p;
	int fd[2];

	p = (struct pair){0};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) < 0)
		return -1;
	p.port.fd = fd[0];
	p.host = fd[1];
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	if (p->port.fd >= 0)
		close(p->port.fd);
	if (p->host >= 0)
		close(p->host);
	return 0;
}

static void host_sends(struct pair *p, const void *bytes, size_t n)
{
	assert_int_equal(write(p->host, bytes, n), n);
}

static void frames_go_out_in_order(void **state)
{
	struct pair *p = *state;
	uint8_t got[64];

	uport_send(&p->port, CTL_READY, "\1", 1);
	uport_send(&p->port, CTL_ERROR, "no", 2);
	uport_send(&p->port, CTL_EXIT, "\0\x7f", 2);
	assert_int_equal(read(p->host, got, sizeof(got)), 17);
	assert_memory_equal(got, "\xc7\1\1\0\1\xc7\3\2\0no\xc7\2\2\0\0\x7f", 17);
	assert_int_equal(p->port.nout, 0);
	assert_true(uport_finish(&p->port, 1));
}

static void frames_wait_for_a_host_that_does_not_take_them(void **state)
{
	struct pair *p = *state;
	static char junk[1 << 20];
	uint8_t tail[6];
	size_t total = 0;
	ssize_t n;

	while ((n = write(p->port.fd, junk, sizeof(junk))) > 0)
		total += (size_t)n;
	uport_send(&p->port, CTL_EXIT, "\1\x9", 2);
	assert_int_equal(p->port.nout, 6);
	/* What does not fit any more is dropped whole, never in part. */
	for (int i = 0; i < 3; i++)
		uport_send(&p->port, CTL_ERROR, junk, CTL_MAX_PAYLOAD);
	assert_int_equal(p->port.nout, 6 + CTL_HEADER_BYTES + CTL_MAX_PAYLOAD);
	assert_false(uport_finish(&p->port, 1));
	while (total > 0) {
		n = read(p->host, junk, total < sizeof(junk) ? total : sizeof(junk));
		if (n < 0)
			uport_flush(&p->port);
		else
			total -= (size_t)n;
	}
	uport_flush(&p->port);
	assert_int_equal(p->port.nout, 0);
	assert_int_equal(read(p->host, tail, 6), 6);
	assert_memory_equal(tail, "\xc7\2\2\0\1\x9", 6);
}

static void orders_come_in_whatever_the_pieces(void **state)
{
	struct pair *p = *state;
	struct uorder o = {0};
	static const uint8_t bytes[] = "\xc7\x10\1\0\x0f\xc7\x11\4\0\x84\0\x2b\1\xc7\x10\1\0\x40";

	assert_int_equal(uport_order(&p->port, &o), 0);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		host_sends(p, bytes + i, 1);
		if (i == 4) {
			assert_int_equal(uport_order(&p->port, &o), 1);
			assert_int_equal(o.kind, UORDER_SIGNAL);
			assert_int_equal(o.signo, 15);
		} else if (i == 12) {
			assert_int_equal(uport_order(&p->port, &o), 1);
			assert_int_equal(o.kind, UORDER_RESIZE);
			assert_int_equal(o.cols, 0x84);
			assert_int_equal(o.rows, 0x12b);
		} else if (i == 17) {
			assert_int_equal(uport_order(&p->port, &o), 1);
			assert_int_equal(o.signo, 64);
		}
		assert_int_equal(uport_order(&p->port, &o), 0);
	}
	host_sends(p, "\xc7\x10\1\0\1\xc7\x10\1\0\2", 10);
	assert_int_equal(uport_order(&p->port, &o), 1);
	assert_int_equal(o.signo, 1);
	assert_int_equal(uport_order(&p->port, &o), 1);
	assert_int_equal(o.signo, 2);
}

static void senseless_orders_are_skipped(void **state)
{
	struct pair *p = *state;
	struct uorder o = {0};

	host_sends(p, "\xc7\x10\1\0\0", 5);     /* signal 0 */
	host_sends(p, "\xc7\x10\1\0\x41", 5);   /* signal 65 */
	host_sends(p, "\xc7\x10\0\0", 4);       /* no number */
	host_sends(p, "\xc7\x10\2\0\1\1", 6);   /* two */
	host_sends(p, "\xc7\x11\2\0\1\1", 6);   /* half a size */
	host_sends(p, "\xc7\x63\3\0\1\1\1", 7); /* unknown */
	host_sends(p, "\xc7\1\1\0\1", 5);       /* our own kind */
	host_sends(p, "\xc7\x10\1\0\x0a", 5);   /* a good one */
	assert_int_equal(uport_order(&p->port, &o), 1);
	assert_int_equal(o.signo, 10);
	assert_int_equal(uport_order(&p->port, &o), 0);
	assert_true(p->port.fd >= 0);
}

static void a_broken_stream_closes_the_channel(void **state)
{
	struct pair *p = *state;
	struct uorder o = {0};
	uint8_t c;

	host_sends(p, "\xc7\x10\1\0\x0a\x00\x00\x00\x00", 9);
	assert_int_equal(uport_order(&p->port, &o), 1);
	assert_int_equal(uport_order(&p->port, &o), 0);
	assert_int_equal(p->port.fd, -1);
	assert_string_equal(said, "the control channel is broken; going on without it");
	assert_int_equal(read(p->host, &c, 1), 0);
	/* From here on nothing happens and nothing fails. */
	uport_send(&p->port, CTL_EXIT, "\0\0", 2);
	assert_int_equal(p->port.nout, 0);
	assert_int_equal(uport_order(&p->port, &o), 0);
	assert_true(uport_finish(&p->port, 1));
}

static void a_length_beyond_the_limit_closes_the_channel(void **state)
{
	struct pair *p = *state;
	struct uorder o = {0};

	host_sends(p, "\xc7\x63\1\4", 4); /* 1025 */
	assert_int_equal(uport_order(&p->port, &o), 0);
	assert_int_equal(p->port.fd, -1);
}

static void nobody_on_the_host_is_no_end(void **state)
{
	struct pair *p = *state;
	struct uorder o = {0};

	assert_int_equal(shutdown(p->host, SHUT_WR), 0);
	assert_int_equal(uport_order(&p->port, &o), 0);
	assert_true(p->port.fd >= 0);
	uport_send(&p->port, CTL_READY, "\1", 1);
	assert_int_equal(p->port.nout, 0);
}

static void chance_never_breaks_it(void **state)
{
	struct pair *p = *state;
	uint64_t random = 0x5eed0004;
	int orders = 0;

	for (int i = 0; i < 20000; i++) {
		unsigned char frames[] = "\xc7\x10\1\0\x0f\xc7\x11\4\0\x84\0\x2b\1";
		size_t n = sizeof(frames) - 1;
		struct uorder o = {0};
		int fd[2];

		if (p->port.fd < 0) {
			close(p->host);
			assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
						    fd),
					 0);
			p->port = (struct uport){.fd = fd[0]};
			p->host = fd[1];
		}
		if (i % 3)
			n = unit_mutate(&random, frames, n);
		host_sends(p, frames, n);
		while (uport_order(&p->port, &o)) {
			assert_true(o.kind == UORDER_RESIZE ||
				    (o.kind == UORDER_SIGNAL && o.signo >= 1 && o.signo <= 64));
			orders++;
		}
	}
	assert_true(orders > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_go_out_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(frames_wait_for_a_host_that_does_not_take_them, setup,
						teardown),
		cmocka_unit_test_setup_teardown(orders_come_in_whatever_the_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(senseless_orders_are_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(a_broken_stream_closes_the_channel, setup, teardown),
		cmocka_unit_test_setup_teardown(a_length_beyond_the_limit_closes_the_channel, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_on_the_host_is_no_end, setup, teardown),
		cmocka_unit_test_setup_teardown(chance_never_breaks_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
