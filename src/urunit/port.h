/* SPDX-License-Identifier: Apache-2.0 */
/* Our end of the control channel: a queue of frames out, orders in, over a non-blocking byte stream. */
#ifndef URUNC_URUNIT_PORT_H
#define URUNC_URUNIT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ctl.h"

struct uport {
	int fd; /* -1: there is no channel; everything below then does nothing */
	struct ctl_reader in;
	uint8_t out[2 * (CTL_HEADER_BYTES + CTL_MAX_PAYLOAD)];
	size_t nout;
};

enum uorder_kind { UORDER_SIGNAL = 1, UORDER_RESIZE };

struct uorder {
	enum uorder_kind kind;
	int signo;           /* UORDER_SIGNAL: 1..64 */
	uint16_t cols, rows; /* UORDER_RESIZE */
};

/* Queues a frame and writes what the other side takes now. A frame that does not fit is dropped. */
void uport_send(struct uport *p, uint8_t type, const void *payload, size_t n);

/* Writes what is queued, as far as it goes without waiting. */
void uport_flush(struct uport *p);

/* The next order: 1, or 0 when there is none now. Unknown and malformed frames are skipped; a broken
 * stream closes the channel. Call until 0: readiness is reported once only (edge-triggered). */
int uport_order(struct uport *p, struct uorder *ret);

/* Waits at most timeout_s seconds until the host has taken all that is queued. False if it did not. */
bool uport_finish(struct uport *p, unsigned timeout_s);

#endif
