/* SPDX-License-Identifier: Apache-2.0 */
/* Our end of the control channel: a queue of frames out, orders in, over a non-blocking byte stream. */
#include "urunit/port.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "urunit/deadline.h"
#include "urunit/text.h"

void uport_flush(struct uport *p)
{
	size_t done = 0;

	while (p->fd >= 0 && done < p->nout) {
		ssize_t n = write(p->fd, p->out + done, p->nout - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	memmove(p->out, p->out + done, p->nout - done);
	p->nout -= done;
}

void uport_send(struct uport *p, uint8_t type, const void *payload, size_t n)
{
	if (p->fd < 0 || n > CTL_MAX_PAYLOAD || p->nout + CTL_HEADER_BYTES + n > sizeof(p->out))
		return;
	p->nout += ctl_frame_put(p->out + p->nout, type, payload, (uint16_t)n);
	uport_flush(p);
}

static void hang_up(struct uport *p)
{
	usay("the control channel is broken; going on without it");
	close(p->fd);
	p->fd = -1;
	p->nout = 0;
}

static bool decode(const struct ctl_frame *f, struct uorder *ret)
{
	if (f->type == CTL_SIGNAL && f->len == 1 && f->payload[0] >= 1 && f->payload[0] <= 64) {
		*ret = (struct uorder){.kind = UORDER_SIGNAL, .signo = f->payload[0]};
		return true;
	}
	if (f->type == CTL_RESIZE && f->len == 4) {
		*ret = (struct uorder){
			.kind = UORDER_RESIZE,
			.cols = (uint16_t)(f->payload[0] | f->payload[1] << 8),
			.rows = (uint16_t)(f->payload[2] | f->payload[3] << 8),
		};
		return true;
	}
	return false;
}

int uport_order(struct uport *p, struct uorder *ret)
{
	while (p->fd >= 0) {
		struct ctl_frame f;
		int rc = ctl_reader_next(&p->in, &f);

		if (rc < 0) {
			hang_up(p);
			break;
		}
		if (rc > 0) {
			if (decode(&f, ret))
				return 1;
			continue;
		}

		uint8_t *to = NULL;
		size_t room = ctl_reader_space(&p->in, &to);
		ssize_t n = read(p->fd, to, room);

		if (n < 0 && errno == EINTR)
			continue;
		/* 0 is not the end: a virtio port reads so while nobody is connected on the host. */
		if (n <= 0)
			break;
		ctl_reader_add(&p->in, (size_t)n);
	}
	return 0;
}

bool uport_finish(struct uport *p, unsigned timeout_s)
{
	if (p->fd < 0 || p->nout == 0)
		return true;

	/* A blocking write to a virtio port returns when the host has taken the bytes, not merely when they
	 * are queued; the reset that follows us would throw away what is only queued. */
	int flags = fcntl(p->fd, F_GETFL);
	struct udeadline d;

	if (flags < 0 || fcntl(p->fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return false;
	udeadline_start(&d, timeout_s);
	uport_flush(p);
	udeadline_stop(&d);
	return p->nout == 0;
}
