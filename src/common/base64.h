/* SPDX-License-Identifier: Apache-2.0 */
/* Standard base64 (RFC 4648 §4), padded, strict. */
#ifndef URUNC_COMMON_BASE64_H
#define URUNC_COMMON_BASE64_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* Refuses wrong padding, inner blanks and newlines, non-zero trailing bits. -EINVAL or -ENOMEM. */
int base64_decode(struct arena *a, const char *s, size_t n, struct bytes *ret, struct err *e) _must_check_;
void base64_encode(struct strbuf *out, const void *p, size_t n);

#endif
