/* SPDX-License-Identifier: Apache-2.0 */
/* The console on a pseudo-terminal: bytes unchanged when raw, its size, and no harm where there is no terminal. */
#include "urunit/console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "unit.h"

struct tty {
	int master, saved[3];
};

/* Puts fd in the place of 0, 1 and 2. */
static void become(struct tty *t, int fd)
{
	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		t->saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		dup2(fd, i);
	}
}

static void back(struct tty *t)
{
	for (int i = 0; i < 3; i++) {
		dup2(t->saved[i], i);
		close(t->saved[i]);
	}
}

static int open_pair(struct tty *t)
{
	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->master < 0 || grantpt(t->master) < 0 || unlockpt(t->master) < 0)
		return -1;
	return open(ptsname(t->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void raw_passes_every_byte_unchanged(void **state)
{
	static const char bytes[] = "a\nb\r\n\x03\x04\x11\x13\x1a\x7f\xff";
	const ssize_t n = sizeof(bytes) - 1;
	char out[64] = "", in[64] = "", echo;
	struct tty t;
	int slave = open_pair(&t);

	(void)state;
	assert_true(slave >= 0);
	become(&t, slave);
	uconsole_raw();
	ssize_t w = write(1, bytes, (size_t)n), got_out = read(t.master, out, sizeof(out));
	ssize_t sent = write(t.master, bytes, (size_t)n), got_in = read(0, in, sizeof(in));
	fcntl(t.master, F_SETFL, O_NONBLOCK);
	ssize_t echoed = read(t.master, &echo, 1);
	back(&t);
	assert_int_equal(w, n);
	assert_int_equal(got_out, n);
	assert_memory_equal(out, bytes, n);
	assert_int_equal(sent, n);
	assert_int_equal(got_in, n);
	assert_memory_equal(in, bytes, n);
	assert_int_equal(echoed, -1);
	close(slave);
	close(t.master);
}

static void a_resize_is_seen(void **state)
{
	struct winsize w = {0};
	struct tty t;
	int slave = open_pair(&t);

	(void)state;
	assert_true(slave >= 0);
	become(&t, slave);
	uconsole_resize(132, 43);
	back(&t);
	assert_int_equal(ioctl(slave, TIOCGWINSZ, &w), 0);
	assert_int_equal(w.ws_col, 132);
	assert_int_equal(w.ws_row, 43);
	close(slave);
	close(t.master);
}

static void a_console_that_is_no_terminal_does_no_harm(void **state)
{
	struct tty t;
	int fd[2];
	char c;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	become(&t, fd[1]);
	uconsole_raw();
	uconsole_resize(1, 1);
	uconsole_drain(1);
	ssize_t w = write(1, "x", 1);
	back(&t);
	assert_int_equal(w, 1);
	assert_int_equal(read(fd[0], &c, 1), 1);
	close(fd[0]);
	close(fd[1]);
}

static void closed_descriptors_are_filled_open_ones_kept(void **state)
{
	struct tty t;
	struct stat st[3], null;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	become(&t, fd[1]);
	close(0);
	close(2);
	uconsole_open();
	int rc = fstat(0, &st[0]) | fstat(1, &st[1]) | fstat(2, &st[2]);
	back(&t);
	assert_int_equal(rc, 0);
	assert_true(S_ISFIFO(st[1].st_mode));
	assert_true(S_ISCHR(st[0].st_mode) && S_ISCHR(st[2].st_mode));
	/* /dev/console where it can be opened, else /dev/null */
	assert_int_equal(stat("/dev/null", &null), 0);
	assert_true(st[0].st_rdev == null.st_rdev || st[0].st_rdev == (5 << 8 | 1));
	close(fd[0]);
	close(fd[1]);
}

static void only_a_terminal_is_given_to_its_user(void **state)
{
	uid_t user = geteuid() == 0 ? 12345 : geteuid();
	struct stat before, after, null;
	struct tty t;
	int slave = open_pair(&t), other = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(slave >= 0 && other >= 0);
	assert_int_equal(fstat(slave, &before), 0);
	become(&t, slave);
	uconsole_give(0);
	back(&t);
	assert_int_equal(fstat(slave, &after), 0);
	assert_int_equal(after.st_uid, before.st_uid);
	become(&t, slave);
	uconsole_give(user);
	back(&t);
	assert_int_equal(fstat(slave, &after), 0);
	assert_int_equal(after.st_uid, user);
	assert_int_equal(after.st_gid, before.st_gid);
	/* Where there is no console its place is taken by a node that belongs to all. */
	become(&t, other);
	uconsole_give(user);
	back(&t);
	assert_int_equal(fstat(other, &null), 0);
	assert_int_equal(null.st_uid, 0);
	close(other);
	close(slave);
	close(t.master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_passes_every_byte_unchanged),
		cmocka_unit_test(a_resize_is_seen),
		cmocka_unit_test(a_console_that_is_no_terminal_does_no_harm),
		cmocka_unit_test(closed_descriptors_are_filled_open_ones_kept),
		cmocka_unit_test(only_a_terminal_is_given_to_its_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
