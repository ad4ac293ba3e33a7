/* SPDX-License-Identifier: Apache-2.0 */
/* Standard base64, strict both ways. */
#include "common/base64.h"

#include <errno.h>
#include <stdint.h>

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One group of four characters; 0 when it is malformed, else the number of bytes written (1..3). */
static int decode_group(const char *s, int last, unsigned char out[3])
{
	int pad = last ? (s[3] == '=') + (s[3] == '=' && s[2] == '=') : 0;
	uint32_t bits = 0;

	for (int i = 0; i < 4 - pad; i++) {
		int v = value_of(s[i]);

		if (v < 0)
			return 0;
		bits |= (uint32_t)v << (18 - 6 * i);
	}
	out[0] = (unsigned char)(bits >> 16);
	out[1] = (unsigned char)(bits >> 8);
	out[2] = (unsigned char)bits;
	/* What the padding cuts off must be zero, or two texts would mean the same bytes. */
	for (int i = 3 - pad; i < 3; i++)
		if (out[i])
			return 0;
	return 3 - pad;
}

int base64_decode(struct arena *a, const char *s, size_t n, struct bytes *ret, struct err *e)
{
	size_t len = 0;
	unsigned char *out;

	if (n % 4)
		return err_set(e, EINVAL, "malformed base64: length %zu is not a multiple of 4", n);
	out = arena_alloc(a, n / 4 * 3 + 1);
	if (!out)
		return err_oom(e);
	for (size_t i = 0; i < n; i += 4) {
		unsigned char group[3];
		int got = decode_group(s + i, i + 4 == n, group);

		if (!got)
			return err_set(e, EINVAL, "malformed base64 at offset %zu", i);
		for (int k = 0; k < got; k++)
			out[len++] = group[k];
	}
	ret->p = out;
	ret->n = len;
	return 0;
}

void base64_encode(struct strbuf *out, const void *p, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *u = p;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t bits = (uint32_t)u[i] << 16 | (left > 1 ? (uint32_t)u[i + 1] << 8 : 0) |
				(left > 2 ? u[i + 2] : 0);
		char g[4] = {letters[bits >> 18], letters[bits >> 12 & 63], letters[bits >> 6 & 63],
			     letters[bits & 63]};

		if (left < 3)
			g[3] = '=';
		if (left < 2)
			g[2] = '=';
		sb_addn(out, g, 4);
	}
}
