/* SPDX-License-Identifier: Apache-2.0 */
/* ttrpc framing. Header: u32 length, u32 stream, u8 type, u8 flags, big-endian. */
#include "shim/frame.h"

#include <stdlib.h>

#define FIRST_BODY_BYTES 4096u

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void frame_header_put(uint8_t out[FRAME_HEADER_BYTES], uint32_t len, uint32_t stream, uint8_t type,
		      uint8_t flags)
{
	put_u32(out, len);
	put_u32(out + 4, stream);
	out[8] = type;
	out[9] = flags;
}

void frame_reader_done(struct frame_reader *r)
{
	free(r->body);
	*r = (struct frame_reader){0};
}

/* Room for more of the body: twice as much each time, never more than the frame has. */
static bool grow(struct frame_reader *r)
{
	size_t cap = r->cap ? r->cap * 2 : FIRST_BODY_BYTES;
	uint8_t *p;

	if (cap > r->len)
		cap = r->len;
	p = realloc(r->body, cap);
	if (!p)
		return false;
	r->body = p;
	r->cap = cap;
	return true;
}

size_t frame_reader_space(struct frame_reader *r, uint8_t **ret_p)
{
	static uint8_t discarded[FIRST_BODY_BYTES];

	if (r->handed_out)
		frame_reader_done(r);
	if (r->head_have < FRAME_HEADER_BYTES) {
		*ret_p = r->head + r->head_have;
		return FRAME_HEADER_BYTES - r->head_have;
	}
	if (r->too_long) {
		*ret_p = discarded;
		return r->len - r->have < sizeof(discarded) ? r->len - r->have : sizeof(discarded);
	}
	if (r->have == r->cap && !grow(r))
		return 0;
	*ret_p = r->body + r->have;
	return r->cap - r->have;
}

void frame_reader_add(struct frame_reader *r, size_t n)
{
	if (r->head_have < FRAME_HEADER_BYTES) {
		r->head_have += n;
		if (r->head_have < FRAME_HEADER_BYTES)
			return;
		r->len = get_u32(r->head);
		r->too_long = r->len > FRAME_MAX_BYTES;
		return;
	}
	r->have += n;
}

bool frame_reader_next(struct frame_reader *r, struct frame *ret)
{
	if (r->handed_out)
		frame_reader_done(r);
	if (r->head_have < FRAME_HEADER_BYTES || r->have < r->len)
		return false;
	*ret = (struct frame){
		.stream = get_u32(r->head + 4),
		.type = r->head[8],
		.flags = r->head[9],
		.too_long = r->too_long,
		.p = r->body,
		.n = r->too_long ? 0 : r->len,
	};
	r->handed_out = true;
	return true;
}
