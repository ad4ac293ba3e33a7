/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of containerd.task.v2.Task and v3.Task, which differ in their name only. */
#ifndef URUNC_SHIM_METHODS_H
#define URUNC_SHIM_METHODS_H

#include <protobuf-c/protobuf-c.h>

struct call;

struct method {
	const char *name;
	const ProtobufCMessageDescriptor *request;
	void (*run)(struct call *c); /* answers now or later */
};

/* NULL: there is none of that name. */
const struct method *method_find(const char *service, const char *name);

void rpc_state(struct call *c);
void rpc_create(struct call *c);
void rpc_start(struct call *c);
void rpc_delete(struct call *c);
void rpc_pids(struct call *c);
void rpc_pause(struct call *c);
void rpc_resume(struct call *c);
void rpc_checkpoint(struct call *c);
void rpc_kill(struct call *c);
void rpc_exec(struct call *c);
void rpc_resize_pty(struct call *c);
void rpc_close_io(struct call *c);
void rpc_update(struct call *c);
void rpc_wait(struct call *c);
void rpc_stats(struct call *c);
void rpc_connect(struct call *c);
void rpc_shutdown(struct call *c);

#endif
