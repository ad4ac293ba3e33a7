/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between create and its child arrive whole, and the death of one side is heard by the other. */
#include <errno.h>
#include <sys/socket.h>

#include "runtime/child.h"
#include "unit.h"

static void pair(int p[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p), 0);
}

static void messages(void **state)
{
	char text[2 * ERR_MSG_BYTES];
	struct err e = {0};
	int p[2];

	(void)state;
	pair(p);
	assert_ok(sync_send(p[0], SYNC_GO, "", &e), e);
	assert_ok(sync_send(p[0], SYNC_ERR, "what failed: 7", &e), e);
	assert_ok(sync_expect(p[1], SYNC_GO, &e), e);
	assert_fails(sync_expect(p[1], SYNC_GATE, &e), e, EIO, "what failed: 7");
	assert_ok(sync_send(p[0], SYNC_GO, "words", &e), e);
	assert_ok(sync_receive(p[1], SYNC_GO, text, &e), e);
	assert_string_equal(text, "words");
	assert_ok(sync_send(p[1], SYNC_NS, "", &e), e);
	assert_fails(sync_expect(p[0], SYNC_GATE, &e), e, EPROTO, "unexpected message");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_ok(sync_send(p[1], SYNC_ERR, text, &e), e);
	assert_fails(sync_expect(p[0], SYNC_GATE, &e), e, EIO, "xxxxxxxx"); /* cut, not lost */
	close(p[0]);
	close(p[1]);
}

static void death_is_heard(void **state)
{
	struct err e = {0};
	int p[2];

	(void)state;
	pair(p);
	close(p[1]);
	assert_fails(sync_expect(p[0], SYNC_GO, &e), e, EIO, "died while it was being set up");
	assert_fails(sync_send(p[0], SYNC_GO, "", &e), e, EPIPE, "cannot talk"); /* and no SIGPIPE */
	close(p[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(death_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
