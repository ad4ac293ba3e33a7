/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal that a runtime sends. */
#include "unit.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "runtime/console.h"
#include "shim/console.h"

static void a_terminal_arrives_and_its_socket_goes(void **state)
{
	char name[CONSOLE_NAME_BYTES], text[8] = "", path[sizeof(((struct console *)0)->path)];
	int master = -1, slave = -1;
	struct winsize size = {0};
	struct console c;
	struct err e = {0};

	(void)state;
	console_init(&c);
	assert_ok(console_listen(&c, &e), e);
	memcpy(path, c.path, sizeof(path));
	assert_true(str_ends(c.path, "/pty.sock"));
	assert_ok(console_open(0, 0, geteuid(), &master, &slave, name, &e), e);
	assert_ok(fd_send_to(c.path, master, name, "the socket", &e), e);
	close(master);
	assert_ok(console_receive(&c, &e), e);
	assert_int_equal(access(path, F_OK), -1);
	assert_ok(console_resize(&c, 132, 43, &e), e);
	assert_int_equal(ioctl(slave, TIOCGWINSZ, &size), 0);
	assert_int_equal(size.ws_col, 132);
	assert_int_equal(size.ws_row, 43);
	assert_int_equal(write(slave, "hello", 5), 5);
	assert_int_equal(read(c.master, text, 5), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(read(c.master, text, 5), -1);
	assert_int_equal(errno, EAGAIN);
	close(slave);
	console_done(&c);
}

static void something_else_arrives(void **state)
{
	struct console c;
	struct err e = {0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	console_init(&c);
	assert_ok(console_listen(&c, &e), e);
	assert_ok(fd_send_to(c.path, null, "x", "the socket", &e), e);
	assert_fails(console_receive(&c, &e), e, EPROTO, "not a terminal");
	console_done(&c);
	close(null);
}

static void nothing_arrives(void **state)
{
	char path[sizeof(((struct console *)0)->path)];
	struct console c;
	struct err e = {0};

	(void)state;
	console_init(&c);
	assert_ok(console_listen(&c, &e), e);
	memcpy(path, c.path, sizeof(path));
	assert_fails(console_receive(&c, &e), e, EPROTO, "has not sent the terminal");
	assert_int_equal(access(path, F_OK), -1);
	assert_ok(console_resize(&c, 1, 1, &e), e);
	console_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_arrives_and_its_socket_goes),
		cmocka_unit_test(something_else_arrives),
		cmocka_unit_test(nothing_arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
