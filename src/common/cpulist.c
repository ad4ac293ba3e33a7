/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's lists of numbers. */
#include "common/cpulist.h"

#include <string.h>

static bool parse_one(const char **s, uint32_t *ret)
{
	const char *p = *s;
	uint32_t n = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint32_t)(*p - '0');
		if (n > CPULIST_MAX)
			return false;
	}
	*s = p;
	*ret = n;
	return true;
}

static bool parse_range(const char **s, uint32_t *first, uint32_t *last)
{
	if (!parse_one(s, first))
		return false;
	*last = *first;
	if (**s != '-')
		return true;
	++*s;
	return parse_one(s, last) && *last >= *first;
}

bool cpulist_has(const struct cpulist *l, uint32_t cpu)
{
	return cpu <= CPULIST_MAX && (l->bits[cpu / 8] >> (cpu % 8) & 1);
}

bool cpulist_parse(const char *s, struct cpulist *ret)
{
	uint32_t first, last;

	memset(ret, 0, sizeof(*ret));
	for (;; s++) {
		if (!parse_range(&s, &first, &last))
			return false;
		for (uint32_t i = first; i <= last; i++) {
			ret->n += !cpulist_has(ret, i);
			ret->bits[i / 8] = (unsigned char)(ret->bits[i / 8] | 1u << (i % 8));
		}
		if (last >= ret->end)
			ret->end = last + 1;
		if (*s != ',')
			return s[strspn(s, "\n")] == '\0';
	}
}
