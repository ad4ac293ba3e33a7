/* SPDX-License-Identifier: Apache-2.0 */
/* Time as text and as numbers. */
#include "common/clock.h"

#include <stdio.h>
#include <time.h>

uint64_t clock_monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t clock_realtime_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct civil {
	unsigned year, month, day;
};

/* gmtime() would read the time zone files. Days since 1970-01-01 to a date; years start in March here, so
 * that the leap day is the last day of the year. */
static struct civil civil_from_days(uint64_t days)
{
	uint64_t z = days + 719468; /* days since 0000-03-01 */
	uint64_t era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	struct civil c;

	c.day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	c.month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	c.year = (unsigned)(yoe + era * 400 + (c.month <= 2));
	return c;
}

void clock_rfc3339(uint64_t realtime_ns, int frac, char *buf, size_t n)
{
	uint64_t s = realtime_ns / 1000000000;
	unsigned t = (unsigned)(s % 86400);
	struct civil c = civil_from_days(s / 86400);
	int len;

	len = snprintf(buf, n, "%04u-%02u-%02uT%02u:%02u:%02u", c.year, c.month, c.day, t / 3600, t / 60 % 60,
		       t % 60);
	if (len < 0 || (size_t)len >= n)
		return;
	if (frac)
		snprintf(buf + len, n - (size_t)len, ".%09uZ", (unsigned)(realtime_ns % 1000000000));
	else
		snprintf(buf + len, n - (size_t)len, "Z");
}
