/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test needs: cmocka, checks of the error contract, a scratch directory, repeatable chance. */
#ifndef URUNC_TESTS_UNIT_H
#define URUNC_TESTS_UNIT_H

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* The call succeeds; else its own words are shown. */
#define assert_ok(call, e)                                                                                   \
	do {                                                                                                 \
		int unit_r_ = (call);                                                                        \
		if (unit_r_ != 0)                                                                            \
			fail_msg("%s is %d: %s", #call, unit_r_, (e).msg);                                   \
	} while (0)

/* The call fails with this errno, says so in e, and its text holds `words`. */
#define assert_fails(call, e, errno_, words)                                                                 \
	do {                                                                                                 \
		int unit_r_;                                                                                 \
		(e) = (struct err){0};                                                                       \
		unit_r_ = (call);                                                                            \
		if (unit_r_ != -(errno_) || (e).code != (errno_) || !strstr((e).msg, (words)))               \
			fail_msg("%s is %d, code %d: '%s'; wanted %d and '%s'", #call, unit_r_, (e).code,    \
				 (e).msg, -(errno_), (words));                                               \
	} while (0)

/* What a test cannot do without: where it is missing the test fails, except for root where the user is another, and under
 * an emulator of another architecture's programs. There script/run-unit-tests tells of it and goes on. */
#define unit_needs(what, cond)                                                                               \
	do {                                                                                                 \
		if (!(cond)) {                                                                               \
			fprintf(stderr, "NEEDS %s\n", (what));                                               \
			skip();                                                                              \
		}                                                                                            \
	} while (0)

#define unit_needs_root() unit_needs("root", geteuid() == 0)

/* No call works with such arguments, but only one that is not there says so. */
static inline bool unit_has_call(long number)
{
	return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) >= 0 || errno != ENOSYS;
}
#define unit_needs_call(name) unit_needs(#name, unit_has_call(SYS_##name))

/* Are the programs of this machine of our own architecture? */
static inline bool unit_programs_are_native(void)
{
	Elf64_Ehdr ours = {0}, theirs = {0};
	FILE *f = fopen("/proc/self/exe", "re"), *g = fopen("/bin/sh", "re");
	bool same = f && g && fread(&ours, sizeof(ours), 1, f) == 1 &&
		    fread(&theirs, sizeof(theirs), 1, g) == 1 && ours.e_machine == theirs.e_machine;

	if (f)
		fclose(f);
	if (g)
		fclose(g);
	return same;
}

static inline struct bytes unit_text(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

/* A new directory below TMPDIR; buf at least 256 bytes. */
static inline void unit_tmpdir(char *buf)
{
	const char *base = getenv("TMPDIR");

	snprintf(buf, 256, "%s/unit-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(buf));
}

static inline void unit_rmdir(const char *dir)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "rm -rf -- '%s'", dir);
	assert_int_equal(system(cmd), 0);
}

/* xorshift64*: the same numbers in every run. Seed not 0. */
static inline uint64_t unit_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* Changes a few bytes of buf[n] (n > 0), sometimes cuts it: the new length. */
static inline size_t unit_mutate(uint64_t *state, unsigned char *buf, size_t n)
{
	static const unsigned char nasty[] = {0,   1,   0x7f, 0x80, 0xff, '"', '\\', '{', '}', '[',
					      ']', ':', ',',  '=',  '\n', '#', '.',  '-', '9', '\''};
	unsigned changes = 1 + (unsigned)(unit_random(state) % 4);

	while (changes--) {
		uint64_t r = unit_random(state);
		size_t at = (size_t)(r >> 16) % n;

		switch (r & 7) {
		case 0:
			buf[at] ^= (unsigned char)(1u << (r >> 8 & 7));
			break;
		case 1:
			buf[at] = (unsigned char)(r >> 8);
			break;
		case 2:
			memmove(buf + at, buf + at + 1, n - at - 1);
			buf[n - 1] = (unsigned char)(r >> 8);
			break;
		case 3:
			if (at > 0)
				n = at;
			break;
		default:
			buf[at] = nasty[(r >> 8) % sizeof(nasty)];
			break;
		}
	}
	return n;
}

#endif
