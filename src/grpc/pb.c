/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf messages in and out of an arena. */
#include "grpc/pb.h"

#include <errno.h>

int pb_pack(const ProtobufCMessage *m, struct arena *a, struct bytes *ret, struct err *e)
{
	size_t n = protobuf_c_message_get_packed_size(m);
	uint8_t *p = arena_alloc(a, n);

	if (!p)
		return err_oom(e);
	*ret = (struct bytes){p, protobuf_c_message_pack(m, p)};
	return 0;
}

struct source {
	struct arena *a;
	bool oom;
};

static void *take(void *arg, size_t n)
{
	struct source *s = arg;
	void *p = arena_alloc(s->a, n);

	s->oom |= !p;
	return p;
}

static void leave(void *arg, void *p)
{
	(void)arg;
	(void)p;
}

void *pb_unpack(const ProtobufCMessageDescriptor *type, struct bytes packed, struct arena *a, struct err *e)
{
	struct source s = {.a = a};
	ProtobufCAllocator from = {take, leave, &s};
	void *m = protobuf_c_message_unpack(type, &from, packed.n, packed.p);

	if (!m && s.oom)
		err_oom(e);
	else if (!m)
		err_set(e, EPROTO, "%zu bytes are no message '%s'", packed.n, type->name);
	return m;
}
