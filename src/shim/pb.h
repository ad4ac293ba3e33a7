/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf-c with our memory: messages live in arenas. */
#ifndef URUNC_SHIM_PB_H
#define URUNC_SHIM_PB_H

#include <protobuf-c/protobuf-c.h>
#include <time.h>

#include "common/arena.h"
#include "common/str.h"
#include "proto/shim/types.pb-c.h"

/* NULL when the bytes are no such message or memory is gone. What it holds belongs to the arena. */
void *message_read(const ProtobufCMessageDescriptor *d, const void *p, size_t n, struct arena *a);
/* The bytes of a message, in the arena; false when memory is gone. */
bool message_write(const void *message, struct arena *a, struct bytes *ret);

/* An Any that holds the message; type_url is borrowed. Packs into the arena; false when memory is gone. */
bool pb_any(Pb__Any *ret, const char *type_url, const void *message, struct arena *a);
/* Whether the Any says it holds this type, with or without a prefix before a last '/'. */
bool pb_any_is(const Pb__Any *any, const char *type_url);

Pb__Timestamp pb_time(const struct timespec *t);

#endif
