/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf messages in and out of an arena. */
#ifndef URUNC_GRPC_PB_H
#define URUNC_GRPC_PB_H

#include <protobuf-c/protobuf-c.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* The message's bytes. */
int pb_pack(const ProtobufCMessage *m, struct arena *a, struct bytes *ret, struct err *e) _must_check_;
/* The message of these bytes, all of it in the arena: it is never freed singly. NULL with -EPROTO in e when they are no such
 * message, -ENOMEM. Its type must not contain itself, or nesting would know no limit. */
void *pb_unpack(const ProtobufCMessageDescriptor *type, struct bytes packed, struct arena *a, struct err *e)
	_must_check_;

/* The bytes of a field, as ours. */
static inline struct bytes pb_bytes(ProtobufCBinaryData d)
{
	return (struct bytes){d.data, d.len};
}
static inline ProtobufCBinaryData pb_data(struct bytes b)
{
	return (ProtobufCBinaryData){b.n, (uint8_t *)(uintptr_t)b.p};
}
/* protobuf-c has no const. */
static inline char *pb_str(const char *s)
{
	return (char *)(uintptr_t)s;
}

#endif
