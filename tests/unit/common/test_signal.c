/* SPDX-License-Identifier: Apache-2.0 */
/* Signal names: everything that libc knows, in every spelling that engines use. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>

#include "common/proc.h"
#include "unit.h"

static int parse(const char *s)
{
	struct err e = {0};
	int signo = -1;

	assert_ok(signal_parse(s, &signo, &e), e);
	return signo;
}

static void all_names_of_libc(void **state)
{
	(void)state;
	for (int i = 1; i < 32; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%s", sigabbrev_np(i));
		assert_int_equal(parse(name), i);
		snprintf(name, sizeof(name), "SIG%s", sigabbrev_np(i));
		assert_int_equal(parse(name), i);
		for (char *c = name; *c; c++)
			*c = (char)tolower(*c);
		assert_int_equal(parse(name), i);
	}
}

static void numbers_and_realtime(void **state)
{
	(void)state;
	assert_int_equal(parse("0"), 0);
	assert_int_equal(parse("15"), 15);
	assert_int_equal(parse("64"), 64);
	assert_int_equal(parse("RTMIN"), SIGRTMIN);
	assert_int_equal(parse("SIGRTMIN+3"), SIGRTMIN + 3);
	assert_int_equal(parse("rtmax-2"), SIGRTMAX - 2);
	assert_int_equal(parse("RTMAX"), SIGRTMAX);
	assert_int_equal(parse("CLD"), SIGCHLD);
	assert_int_equal(parse("SIGPOLL"), SIGIO);
}

static void everything_else_is_refused(void **state)
{
	static const char *const bad[] = {"",      "65",         "-1",       "+9",     "TER",     "TERMX",
					  "SIG",   "SIGSIGTERM", "RTMIN+31", "RTMIN+", "RTMIN-1", "RTMAX+1",
					  " TERM", "9 ",         "0x9",      "EXIT"};
	struct err e = {0};
	int signo = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (signal_parse(bad[i], &signo, &e) != -EINVAL || signo != 77)
			fail_msg("'%s' is taken", bad[i]);
	assert_fails(signal_parse("FOO", &signo, &e), e, EINVAL, "unknown signal 'FOO'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_names_of_libc),
		cmocka_unit_test(numbers_and_realtime),
		cmocka_unit_test(everything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
