/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 digests as images write them: "sha256:" and 64 hexadecimal digits. */
#ifndef URUNC_BUNNY_DIGEST_H
#define URUNC_BUNNY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

#define DIGEST_BYTES 32
#define DIGEST_HEX_BYTES 65  /* with the NUL */
#define DIGEST_TEXT_BYTES 72 /* "sha256:" and the above */

struct digest {
	uint8_t b[DIGEST_BYTES];
};

/* A digest under construction; begins with digest_begin. */
struct digest_ctx {
	_Alignas(16) unsigned char state[128];
};
void digest_begin(struct digest_ctx *c);
void digest_add(struct digest_ctx *c, const void *p, size_t n);
struct digest digest_end(struct digest_ctx *c);

struct digest digest_of(const void *p, size_t n);
void digest_hex(const struct digest *d, char ret[DIGEST_HEX_BYTES]);
/* "sha256:..." in the arena; NULL when memory is out. */
const char *digest_text(const struct digest *d, struct arena *a);
/* Exactly that form, lower case; false for anything else, other algorithms among it. */
bool digest_parse(const char *text, struct digest *ret);
bool digest_eq(const struct digest *a, const struct digest *b);

#endif
