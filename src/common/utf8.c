/* SPDX-License-Identifier: Apache-2.0 */
/* Strict UTF-8, by the table of well-formed sequences in the Unicode standard (3-7). */
#include "common/utf8.h"

#include "common/str.h"

static int is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t utf8_seq(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len;

	if (!n)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	len = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	/* Only the second byte tells overlong forms, surrogates and too large values. */
	if (u[0] == 0xe0)
		lo = 0xa0;
	else if (u[0] == 0xed)
		hi = 0x9f;
	else if (u[0] == 0xf0)
		lo = 0x90;
	else if (u[0] == 0xf4)
		hi = 0x8f;
	if (u[1] < lo || u[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (!is_tail(u[i]))
			return 0;
	return len;
}

bool str_is_utf8(const char *s, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_seq(s + i, n - i);
		if (!len)
			return false;
	}
	return true;
}
