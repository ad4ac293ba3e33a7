/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by libcrypto. Its newer interface would bring every algorithm of the library into a static program; the
 * functions below bring this one, with the processor's own instructions for it. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bunny/digest.h"

#include <openssl/sha.h>
#include <string.h>

#include "common/str.h"

#define PREFIX "sha256:"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct digest_ctx *)0)->state), "a digest's state fits");
_Static_assert(DIGEST_BYTES == SHA256_DIGEST_LENGTH, "a digest has 32 bytes");

void digest_begin(struct digest_ctx *c)
{
	SHA256_Init((SHA256_CTX *)(void *)c->state);
}

void digest_add(struct digest_ctx *c, const void *p, size_t n)
{
	SHA256_Update((SHA256_CTX *)(void *)c->state, p, n);
}

struct digest digest_end(struct digest_ctx *c)
{
	struct digest d;

	SHA256_Final(d.b, (SHA256_CTX *)(void *)c->state);
	return d;
}

struct digest digest_of(const void *p, size_t n)
{
	struct digest_ctx c;

	digest_begin(&c);
	digest_add(&c, p, n);
	return digest_end(&c);
}

void digest_hex(const struct digest *d, char ret[DIGEST_HEX_BYTES])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		ret[2 * i] = hex[d->b[i] >> 4];
		ret[2 * i + 1] = hex[d->b[i] & 15];
	}
	ret[2 * DIGEST_BYTES] = '\0';
}

const char *digest_text(const struct digest *d, struct arena *a)
{
	char hex[DIGEST_HEX_BYTES];

	digest_hex(d, hex);
	return arena_printf(a, PREFIX "%s", hex);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_parse(const char *text, struct digest *ret)
{
	struct digest d;

	if (!text || !str_starts(text, PREFIX) || strlen(text) != DIGEST_TEXT_BYTES - 1)
		return false;
	text += sizeof(PREFIX) - 1;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		d.b[i] = (uint8_t)(high << 4 | low);
	}
	*ret = d;
	return true;
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, DIGEST_BYTES) == 0;
}
