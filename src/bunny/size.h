/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes as people write them. */
#ifndef URUNC_BUNNY_SIZE_H
#define URUNC_BUNNY_SIZE_H

#include <stdint.h>

#include "common/err.h"

/* "65536", "60M", "1G", "512KiB": K, M, G and T are powers of 1024. NULL is 0. `what` begins the message. */
int size_parse(const char *s, const char *what, uint64_t *ret, struct err *e) _must_check_;

#endif
