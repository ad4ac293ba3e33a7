/* SPDX-License-Identifier: Apache-2.0 */
/* A file written from its beginning to its end, in big pieces. */
#ifndef URUNC_IMAGE_OUT_H
#define URUNC_IMAGE_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define OUT_BUFFER_BYTES (64u << 10)

/* Begin with .fd set and the rest zero. */
struct out {
	int fd;
	uint64_t at; /* bytes put so far */
	size_t n;    /* of them, still in buf */
	unsigned char buf[OUT_BUFFER_BYTES];
};

/* 0, or the error of write(2), the disk being full among them. */
int out_put(struct out *o, const void *p, size_t n, struct err *e) _must_check_;
/* Zeros until the position is a multiple of `to`, or `at`; -ERANGE when that lies behind. */
int out_align(struct out *o, uint64_t to, struct err *e) _must_check_;
int out_zero_to(struct out *o, uint64_t at, struct err *e) _must_check_;
/* Exactly `bytes` bytes of fd from offset `from`; -EAGAIN when it has fewer. */
int out_copy(struct out *o, int fd, uint64_t from, uint64_t bytes, struct err *e) _must_check_;
int out_flush(struct out *o, struct err *e) _must_check_;

#endif
