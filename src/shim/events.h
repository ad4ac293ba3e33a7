/* SPDX-License-Identifier: Apache-2.0 */
/* Events to containerd: one queue, strictly in order, kept while nobody takes them. */
#ifndef URUNC_SHIM_EVENTS_H
#define URUNC_SHIM_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "shim/frame.h"
#include "shim/loop.h"

struct shim;

/* More are thrown away, the newest first: what is known to be lost can be asked for, what is out of order cannot. */
#define EVENTS_MAX 2048
#define EVENTS_MAX_BYTES (4u << 20)

struct event {
	struct event *next;
	const char *topic, *type_url;
	size_t n; /* of the message */
	int64_t seconds;
	int32_t nanos;
	uint8_t message[];
};

struct publisher {
	struct shim *s;
	const char *address; /* of containerd's socket for ttrpc; NULL: by its program */
	const char *program;
	struct event *head, **end;
	unsigned n;
	size_t bytes;
	struct watch w;
	struct frame_reader in;
	uint32_t stream; /* of the request on its way; 0 = none */
	uint8_t *unsent; /* the rest of it */
	size_t unsent_n, unsent_at;
	bool running;      /* the program is at work */
	unsigned failures; /* in a row */
	struct timer timer;
};

/* address: TTRPC_ADDRESS, may be NULL or empty; program: the containerd program that can publish instead. Nothing is
 * opened before the first event. */
void publisher_init(struct publisher *p, struct shim *s, const char *address, const char *program);
/* Queues a message. topic and type_url live for ever. */
void publish(struct shim *s, const char *topic, const char *type_url, const void *message);
bool publisher_is_empty(const struct publisher *p);
void publisher_done(struct publisher *p);

#endif
