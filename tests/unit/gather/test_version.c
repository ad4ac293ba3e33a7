/* SPDX-License-Identifier: Apache-2.0 */
/* Versions out of what monitors really print, and out of programs that misbehave. */
#include "gather/version.h"

#include <sched.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/io.h"
#include "common/proc.h"
#include "gather/scratch.h"
#include "machine/machine.h"

static uint32_t parse(const char *text)
{
	return version_parse(text, strlen(text));
}

static void real_words(void **state)
{
	(void)state;
	assert_int_equal(parse("Firecracker v1.16.1\n\n2026-11-22T05:52:43.476 [anonymous-instance:main] x\n"),
			 VERSION(1, 16, 1));
	assert_int_equal(parse("Firecracker v1.17.0-dev\n"), VERSION(1, 17, 0));
	assert_int_equal(parse("cloud-hypervisor v53.0.0\nMigration Protocol Versions: 0\n"),
			 VERSION(53, 0, 0));
	assert_int_equal(parse("cloud-hypervisor v36.0\n"), VERSION(36, 0, 0));
	assert_int_equal(parse("cloud-hypervisor v50.0-12-gabcdef1-dirty\n"), VERSION(50, 0, 0));
	assert_int_equal(parse("solo5-hvt v0.12.1-7-g469c1a8\nABI version 2\n"), VERSION(0, 12, 1));
	assert_int_equal(parse("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\n"),
			 VERSION(7, 2, 22));
}

static void odd_words(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(parse("Firecracker\n"), 0);
	assert_int_equal(parse("version 7\n"), 0);
	assert_int_equal(parse("7."), 0);
	assert_int_equal(parse(".7"), 0);
	assert_int_equal(parse("1.2"), VERSION(1, 2, 0));
	assert_int_equal(parse("1.2.3.4"), VERSION(1, 2, 3));
	assert_int_equal(parse("1.2.x"), VERSION(1, 2, 0));
	/* Not a version, so the next one. */
	assert_int_equal(parse("43.476051765 1.5.0"), VERSION(1, 5, 0));
	assert_int_equal(parse("1.1000 1.5.0"), VERSION(1, 5, 0));
	assert_int_equal(parse("99999999999999999999.1 2.0"), VERSION(2, 0, 0));
	assert_int_equal(parse("4294967296.0"), 0);
	assert_int_equal(version_parse("1.25", 3), VERSION(1, 2, 0)); /* never behind the end */
}

static uint32_t ask(struct scratch *s, const char *script, int timeout_ms)
{
	return version_ask(scratch_text(s, "vmm", script), timeout_ms);
}

static void asks_a_program(void **state)
{
	struct scratch *s = *state;

	setenv("URUNC_VERSION_TEST", "9.9", 1);
	/* One argument, its own name, nothing of our environment, nothing to read, its errors not counted. */
	assert_int_equal(ask(s,
			     "#!/bin/sh\n"
			     "[ \"$#\" = 1 ] && [ \"$1\" = --version ] || exit 1\n"
			     "[ -z \"$URUNC_VERSION_TEST\" ] || exit 1\n"
			     "read -r line && exit 1\n"
			     "[ \"$(pwd)\" = / ] || exit 1\n"
			     "echo 'warning: 8.8' >&2\n"
			     "echo Monitor\n"
			     "echo 'v3.4.5'\n",
			     5000),
			 VERSION(3, 4, 5));
	assert_int_equal(ask(s, "#!/bin/sh\nprintf 'v1.2'; printf '3\\n'\n", 5000), VERSION(1, 23, 0));
	assert_int_equal(ask(s, "#!/bin/sh\nprintf 'no newline 6.7'\n", 5000), VERSION(6, 7, 0));
	assert_int_equal(ask(s, "#!/bin/sh\nexit 0\n", 5000), 0);
	unsetenv("URUNC_VERSION_TEST");
}

static void no_program(void **state)
{
	struct scratch *s = *state;

	assert_int_equal(version_ask(scratch_path(s, "none"), 5000), 0);
	assert_int_equal(version_ask(s->dir, 5000), 0);
	assert_int_equal(version_ask(scratch_text(s, "text", "not a program"), 5000), 0);
}

static bool lives(pid_t pid)
{
	struct proc_stat st;
	struct err e = {0};

	return proc_stat_read(pid, &st, &e) == 0 && st.state != 'Z';
}

/* It hangs: asked no longer than agreed, and gone with all its children. */
static void a_program_that_hangs(void **state)
{
	struct scratch *s = *state;
	const char *script = arena_printf(&s->a, "#!/bin/sh\nsleep 100 &\necho $! >%s/pid\nwait\n", s->dir);
	uint64_t before = clock_monotonic_ms();
	struct bytes text;

	assert_int_equal(ask(s, script, 300), 0);
	assert_in_range(clock_monotonic_ms() - before, 290, 20000);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* we have no child left */
	assert_ok(file_read(s->fd, "pid", 64, &s->a, &text, &s->e), s->e);
	for (before = clock_monotonic_ms(); lives(atoi(text.p)) && clock_monotonic_ms() - before < 10000;)
		sched_yield();
	assert_false(lives(atoi(text.p)));
}

/* It has answered and does not end: nobody waits for that. */
static void a_program_that_stays(void **state)
{
	struct scratch *s = *state;
	uint64_t before = clock_monotonic_ms();

	assert_int_equal(ask(s, "#!/bin/sh\necho v1.2.3\nexec sleep 100\n", 20000), VERSION(1, 2, 3));
	assert_true(clock_monotonic_ms() - before < 10000);
}

/* It floods: no more is read than agreed. */
static void a_program_that_floods(void **state)
{
	struct scratch *s = *state;
	uint64_t before = clock_monotonic_ms();

	assert_int_equal(ask(s, "#!/bin/sh\nwhile echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; do :; done\n",
			     20000),
			 0);
	assert_true(clock_monotonic_ms() - before < 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_words),        cmocka_unit_test(odd_words),
		scratch_test(asks_a_program),        scratch_test(no_program),
		scratch_test(a_program_that_hangs),  scratch_test(a_program_that_stays),
		scratch_test(a_program_that_floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
