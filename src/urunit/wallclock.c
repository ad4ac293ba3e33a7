/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's wall clock. */
#include "urunit/wallclock.h"

#include <errno.h>
#include <time.h>

#include "urunit/text.h"

#define NS_IN_S 1000000000
#define NS_IN_MS 1000000

int64_t uwallclock_behind(uint64_t start_ms, int64_t up_ns, int64_t now_ns)
{
	int64_t least = 0;

	if (start_ms == 0 || __builtin_mul_overflow(start_ms, NS_IN_MS, &least) ||
	    __builtin_add_overflow(least, up_ns, &least))
		return 0;
	return now_ns < least ? least : 0;
}

static int64_t read_clock(clockid_t id)
{
	struct timespec t = {0};

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NS_IN_S + t.tv_nsec;
}

void uwallclock_set(uint64_t start_ms)
{
	int64_t ns = uwallclock_behind(start_ms, read_clock(CLOCK_BOOTTIME), read_clock(CLOCK_REALTIME));
	struct timespec t = {.tv_sec = ns / NS_IN_S, .tv_nsec = ns % NS_IN_S};

	if (ns != 0 && clock_settime(CLOCK_REALTIME, &t) < 0)
		usay_about("cannot set the clock", "", errno);
}
