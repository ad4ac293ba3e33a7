/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and answering the start call. */
#include "shim/bootstrap.h"

#include <errno.h>
#include <string.h>

#include "proto/shim/runtime.pb-c.h"
#include "shim/args.h"
#include "shim/pb.h"

#define LEVEL_DEBUG (-4)
/* Version 3 would let containerd skip `start` for later containers of a pod, and their cleanup after a crash with it. */
#define TASK_VERSION 2

int bootstrap_read(struct bytes input, const struct args *args, struct arena *a, struct bootstrap *ret,
		   struct err *e)
{
	struct bootstrap b = {.socket_dir = "",
			      .ttrpc_address = "",
			      .grpc_address = "",
			      .program = "",
			      .debug = args->debug};
	const Pb__BootstrapParams *p;

	if (input.n == 0) {
		*ret = b;
		return 0;
	}
	p = message_read(&pb__bootstrap_params__descriptor, input.p, input.n, a);
	if (p && streq(p->instance_id, args->id) && streq(p->namespace_, args->ns)) {
		b.by_params = true;
		b.socket_dir = p->socket_dir;
		b.ttrpc_address = p->ttrpc_address;
		b.grpc_address = p->grpc_address;
		b.program = p->containerd_binary;
		b.debug |= p->log_level <= LEVEL_DEBUG;
		for (size_t i = 0; i < p->n_extensions && !b.options; i++)
			b.options = p->extensions[i]->value;
	} else {
		b.options = message_read(&pb__any__descriptor, input.p, input.n, a);
		if (!b.options)
			return err_set(
				e, EINVAL,
				"standard input holds neither options of a runtime nor parameters of a shim");
	}
	*ret = b;
	return 0;
}

int bootstrap_answer(const struct bootstrap *b, const char *address, struct arena *a, struct bytes *ret,
		     struct err *e)
{
	Pb__BootstrapResult r = PB__BOOTSTRAP_RESULT__INIT;

	if (!b->by_params) {
		*ret = (struct bytes){address, strlen(address)};
		return 0;
	}
	r.version = TASK_VERSION;
	r.address = (char *)(uintptr_t)address;
	r.protocol = (char *)(uintptr_t) "ttrpc";
	return message_write(&r, a, ret) ? 0 : err_oom(e);
}
