/* SPDX-License-Identifier: Apache-2.0 */
/* The control channel's frames. Also compiled into urunit: no libc beyond memcpy and memmove. */
#include "common/ctl.h"

#include <string.h>

/* Drops the frame that was handed out last. */
static void compact(struct ctl_reader *r)
{
	if (!r->skip)
		return;
	r->have -= r->skip;
	memmove(r->buf, r->buf + r->skip, r->have);
	r->skip = 0;
}

size_t ctl_reader_space(struct ctl_reader *r, uint8_t **ret_p)
{
	compact(r);
	*ret_p = r->buf + r->have;
	return sizeof(r->buf) - r->have;
}

void ctl_reader_add(struct ctl_reader *r, size_t n)
{
	size_t room = sizeof(r->buf) - r->have;

	r->have += n < room ? n : room;
}

int ctl_reader_next(struct ctl_reader *r, struct ctl_frame *ret)
{
	unsigned len;

	compact(r);
	if (r->have && r->buf[0] != CTL_MAGIC)
		return -1;
	if (r->have < CTL_HEADER_BYTES)
		return 0;
	len = r->buf[2] | (unsigned)r->buf[3] << 8;
	if (len > CTL_MAX_PAYLOAD)
		return -1;
	if (r->have < CTL_HEADER_BYTES + len)
		return 0;
	ret->type = r->buf[1];
	ret->len = (uint16_t)len;
	ret->payload = r->buf + CTL_HEADER_BYTES;
	r->skip = CTL_HEADER_BYTES + len;
	return 1;
}

size_t ctl_frame_put(uint8_t *out, uint8_t type, const void *payload, uint16_t len)
{
	out[0] = CTL_MAGIC;
	out[1] = type;
	out[2] = (uint8_t)(len & 0xff);
	out[3] = (uint8_t)(len >> 8);
	if (len)
		memcpy(out + CTL_HEADER_BYTES, payload, len);
	return CTL_HEADER_BYTES + len;
}
