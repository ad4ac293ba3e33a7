/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf-c with our memory. */
#include "shim/pb.h"

#include <string.h>

#include "grpc/pb.h"

void *message_read(const ProtobufCMessageDescriptor *d, const void *p, size_t n, struct arena *a)
{
	return pb_unpack(d, (struct bytes){p, n}, a, NULL);
}

bool message_write(const void *message, struct arena *a, struct bytes *ret)
{
	return pb_pack(message, a, ret, NULL) == 0;
}

bool pb_any(Pb__Any *ret, const char *type_url, const void *message, struct arena *a)
{
	struct bytes b = {0};

	pb__any__init(ret);
	if (!message_write(message, a, &b))
		return false;
	ret->type_url = (char *)(uintptr_t)type_url;
	ret->value = (ProtobufCBinaryData){.len = b.n, .data = (uint8_t *)(uintptr_t)b.p};
	return true;
}

bool pb_any_is(const Pb__Any *any, const char *type_url)
{
	const char *slash;

	if (!any)
		return false;
	slash = strrchr(any->type_url, '/');
	return streq(any->type_url, type_url) || (slash && streq(slash + 1, type_url));
}

Pb__Timestamp pb_time(const struct timespec *t)
{
	Pb__Timestamp ret = PB__TIMESTAMP__INIT;

	ret.seconds = t->tv_sec;
	ret.nanos = (int32_t)t->tv_nsec;
	return ret;
}
