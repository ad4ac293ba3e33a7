/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of containerd to the shim: frames in, frames out, never waiting for anybody. */
#ifndef URUNC_SHIM_CONN_H
#define URUNC_SHIM_CONN_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "shim/frame.h"
#include "shim/loop.h"

struct shim;

/* Bytes that the peer has not taken yet. */
struct outgoing {
	struct outgoing *next;
	size_t n, sent;
	uint8_t bytes[];
};

struct conn {
	struct conn *next;
	struct shim *s;
	struct watch w;
	struct frame_reader in;
	struct outgoing *out, **out_end;
	size_t out_bytes;
	uint32_t last_stream;
	unsigned in_flight; /* requests without an answer */
};

#define CONN_MAX 512
#define CONN_IN_FLIGHT_MAX 1024
/* A peer that takes nothing is not read from any more when this much waits for it. */
#define CONN_OUT_MAX (256u << 10)

/* Starts to accept on the listening socket fd. */
int conn_listen(struct shim *s, int fd, struct err *e) _must_check_;
/* Queues one frame. When memory is gone the connection is given up: half an answer would be worse. */
void conn_send(struct conn *c, uint32_t stream, uint8_t type, const void *p, size_t n);
/* Cuts it; it is closed when the loop comes to it, so whoever works with it may go on. */
void conn_give_up(struct conn *c);
/* Closes it; what was asked on it goes on without an answer. */
void conn_close(struct conn *c);

#endif
