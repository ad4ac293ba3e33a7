/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of ttrpc out of a byte stream, piece by piece, bounded. */
#ifndef URUNC_SHIM_FRAME_H
#define URUNC_SHIM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES 10u
#define FRAME_MAX_BYTES (4u << 20)

enum frame_type { FRAME_REQUEST = 1, FRAME_RESPONSE = 2, FRAME_DATA = 3 };

struct frame {
	uint32_t stream;
	uint8_t type, flags;
	bool too_long; /* more than FRAME_MAX_BYTES: what it held was thrown away */
	const uint8_t *p;
	size_t n;
};

/* Zero-initialise. Memory is taken as bytes arrive, never because a header promises some, and none is held between
 * frames. */
struct frame_reader {
	uint8_t head[FRAME_HEADER_BYTES];
	size_t head_have;
	uint8_t *body;
	size_t have, cap, len;
	bool too_long, handed_out;
};

/* Where to read the next bytes to: *ret_p, and how many at most. 0: out of memory. After reading n: frame_reader_add. */
size_t frame_reader_space(struct frame_reader *r, uint8_t **ret_p);
void frame_reader_add(struct frame_reader *r, size_t n);
/* Whether a frame is complete; its bytes are valid until the next call on r. */
bool frame_reader_next(struct frame_reader *r, struct frame *ret);
void frame_reader_done(struct frame_reader *r);

void frame_header_put(uint8_t out[FRAME_HEADER_BYTES], uint32_t len, uint32_t stream, uint8_t type,
		      uint8_t flags);

#endif
