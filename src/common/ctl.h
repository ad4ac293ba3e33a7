/* SPDX-License-Identifier: Apache-2.0 */
/* The control channel between supervisor and urunit: small frames, both ways, over any byte stream
 * (virtio-serial port "io.urunc.ctl" on QEMU). Everything from the guest is hostile until checked. */
#ifndef URUNC_COMMON_CTL_H
#define URUNC_COMMON_CTL_H

#include <stddef.h>
#include <stdint.h>

#define CTL_PORT_NAME "io.urunc.ctl"
#define CTL_VERSION 1u
#define CTL_MAX_PAYLOAD 1024u
#define CTL_HEADER_BYTES 4u

/*
 * Frame: u8 magic 0xC7, u8 type, u16 payload length (little-endian, <= CTL_MAX_PAYLOAD), payload.
 * guest to host
 *   READY   u8 version          the application is about to be started; signals are heard from now on
 *   EXIT    u8 kind, u8 value   kind 0: exited with value; kind 1: killed by signal value. Sent once, last.
 *   ERROR   text                urunit could not start the application (one line, UTF-8); EXIT follows
 * host to guest
 *   SIGNAL  u8 signo            1..64, delivered to the application (its process group leader)
 *   RESIZE  u16 cols, u16 rows  little-endian
 * Unknown types are skipped by both sides. A wrong magic or length ends the conversation.
 */
#define CTL_MAGIC 0xC7u
enum ctl_type { CTL_READY = 1, CTL_EXIT = 2, CTL_ERROR = 3, CTL_SIGNAL = 16, CTL_RESIZE = 17 };
enum ctl_exit_kind { CTL_EXITED = 0, CTL_SIGNALED = 1 };

struct ctl_frame {
	uint8_t type;
	uint16_t len;
	const uint8_t *payload;
};
/* A fixed-size receive buffer; no allocation. Zero-initialise. */
struct ctl_reader {
	uint8_t buf[CTL_HEADER_BYTES + CTL_MAX_PAYLOAD];
	size_t have, skip;
};

/* Space to read into: *ret_p, returns its size (> 0). After reading n bytes call ctl_reader_add(n). */
size_t ctl_reader_space(struct ctl_reader *r, uint8_t **ret_p);
void ctl_reader_add(struct ctl_reader *r, size_t n);
/* 1 and a frame (valid until the next call on r), 0 when more bytes are needed, -1 when the stream is broken. */
int ctl_reader_next(struct ctl_reader *r, struct ctl_frame *ret);
/* Writes one frame into out (at least CTL_HEADER_BYTES + len bytes); returns its size. */
size_t ctl_frame_put(uint8_t *out, uint8_t type, const void *payload, uint16_t len);

#endif
