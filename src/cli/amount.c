/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people write them in options. */
#include "cli/amount.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"

#define MILLIONTHS 1000000ull

static int bad(const char *option, const char *text, const char *want, struct err *e)
{
	return err_set(e, EINVAL, "invalid value '%.64s' for --%s: %s", text, option, want);
}

int amount_number(const char *option, const char *text, int64_t min, int64_t max, int64_t *ret, struct err *e)
{
	bool minus = text && text[0] == '-';
	uint64_t n;

	if (!text || !*text)
		return 0;
	if (!str_u64(text + minus, 0, INT64_MAX, &n) || (minus && -(int64_t)n < min) ||
	    (!minus && ((int64_t)n < min || (int64_t)n > max)))
		return err_set(e, EINVAL,
			       "invalid value '%.64s' for --%s: a number from %lld to %lld is allowed", text,
			       option, (long long)min, (long long)max);
	*ret = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

/* "12" or "12.5" at *s, in millionths; more digits after the point do not count. */
static bool decimal(const char **s, uint64_t *ret)
{
	uint64_t n = 0, scale = MILLIONTHS;
	const char *p = *s;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	if (__builtin_mul_overflow(n, MILLIONTHS, &n))
		return false;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++) {
			scale /= 10;
			if (__builtin_add_overflow(n, scale * (uint64_t)(*p - '0'), &n))
				return false;
		}
	}
	*s = p;
	*ret = n;
	return true;
}

int amount_bytes(const char *option, const char *text, int64_t *ret, struct err *e)
{
	static const char want[] = "bytes are allowed, with b, k, m, g, t or p behind them, or -1";
	static const char units[] = "bkmgtp";
	const char *s = text, *unit;
	uint64_t n, millionths;
	unsigned power = 0;

	if (!text || !*text)
		return 0;
	if (streq(text, "-1")) {
		*ret = -1;
		return 0;
	}
	if (!decimal(&s, &millionths))
		return bad(option, text, want, e);
	if (*s == ' ')
		s++;
	if (*s) {
		unit = strchr(units, *s | 0x20);
		if (!unit)
			return bad(option, text, want, e);
		power = (unsigned)(unit - units);
		s++;
		if (power > 0 && (*s | 0x20) == 'i')
			s++;
		if (power > 0 && (*s | 0x20) == 'b')
			s++;
	}
	/* The whole part first: the product of all would not fit. */
	if (*s || __builtin_mul_overflow(millionths / MILLIONTHS, 1ull << 10 * power, &n) ||
	    __builtin_add_overflow(n,
				   (millionths % MILLIONTHS << 10 * (power > 2 ? 2 : power)) / MILLIONTHS
					   << 10 * (power > 2 ? power - 2 : 0),
				   &n) ||
	    n > INT64_MAX)
		return bad(option, text, want, e);
	*ret = (int64_t)n;
	return 0;
}

static bool unit_ns(const char **s, uint64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ns", 1},         {"us", 1000},       {"ms", 1000000},
		{"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (str_starts(*s, units[i].name)) {
			*s += strlen(units[i].name);
			*ret = units[i].ns;
			return true;
		}
	}
	return false;
}

int amount_time_ms(const char *option, const char *text, int64_t *ret, struct err *e)
{
	static const char want[] = "a time like 5s, 500ms or 1m30s is allowed";
	uint64_t sum_ms = 0;

	if (!text || !*text)
		return 0;
	for (const char *s = text; *s;) {
		uint64_t millionths, ns, whole, part;

		if (!decimal(&s, &millionths) || !unit_ns(&s, &ns) || millionths / MILLIONTHS > 1000000000)
			return bad(option, text, want, e);
		whole = millionths / MILLIONTHS * ns / 1000000;
		part = millionths % MILLIONTHS * (ns / 1000) / 1000000000;
		if (millionths / MILLIONTHS > UINT64_MAX / ns ||
		    __builtin_add_overflow(sum_ms, whole + part, &sum_ms) || sum_ms > INT64_MAX / 2)
			return bad(option, text, want, e);
	}
	*ret = (int64_t)sum_ms;
	return 0;
}
