/* SPDX-License-Identifier: Apache-2.0 */
/* Events as requests, and as input of a program. */
#include "shim/events_out.h"

#include <errno.h>
#include <unistd.h>

#include "common/fd.h"
#include "proto/shim/events.pb-c.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "proto/shim/ttrpc.pb-c.h"

#define PROGRAM_MS 10000

static void fill_any(const struct event *ev, Pb__Any *any)
{
	pb__any__init(any);
	any->type_url = (char *)(uintptr_t)ev->type_url;
	any->value = (ProtobufCBinaryData){ev->n, (uint8_t *)(uintptr_t)ev->message};
}

static char *borrow(const char *s)
{
	return (char *)(uintptr_t)s;
}

bool events_request(const struct event *ev, const char *ns, int64_t timeout_nano, struct arena *a,
		    struct bytes *ret)
{
	Pb__Any any;
	Pb__Timestamp when = PB__TIMESTAMP__INIT;
	Pb__Envelope envelope = PB__ENVELOPE__INIT;
	Pb__ForwardRequest forward = PB__FORWARD_REQUEST__INIT;
	Pb__KeyValue metadata = PB__KEY_VALUE__INIT, *all_metadata[] = {&metadata};
	Pb__Request request = PB__REQUEST__INIT;
	struct bytes payload = {0};

	fill_any(ev, &any);
	when.seconds = ev->seconds;
	when.nanos = ev->nanos;
	envelope.timestamp = &when;
	envelope.namespace_ = borrow(ns);
	envelope.topic = borrow(ev->topic);
	envelope.event = &any;
	forward.envelope = &envelope;
	if (!message_write(&forward, a, &payload))
		return false;
	metadata.key = borrow("containerd-namespace-ttrpc");
	metadata.value = borrow(ns);
	request.service = borrow("containerd.services.events.ttrpc.v1.Events");
	request.method = borrow("Forward");
	request.payload = (ProtobufCBinaryData){payload.n, (uint8_t *)(uintptr_t)payload.p};
	request.timeout_nano = timeout_nano;
	request.metadata = all_metadata;
	request.n_metadata = 1;
	return message_write(&request, a, ret);
}

struct program {
	const char *path, *address, *ns, *topic;
};

static int become_program(const void *arg, struct err *e)
{
	const struct program *p = arg;
	const char *argv[] = {p->path, "--address", p->address, "publish", "--namespace",
			      p->ns,   "--topic",   p->topic,   NULL};

	execv(p->path, (char *const *)(uintptr_t)argv);
	return err_sys(e, "cannot execute '%s'", p->path);
}

int events_run_program(struct publisher *p, void (*done)(struct job *, int), struct err *e)
{
	const struct program program = {p->program, p->s->grpc_address, p->s->ns, p->head->topic};
	struct job_stdio io = JOB_STDIO;
	_cleanup_fd_ int input = -1;
	struct arena a = {0};
	struct bytes b = {0};
	struct job *j = NULL;
	Pb__Any any;
	int r;

	if (!p->program || !*p->program)
		return err_set(e, ENOENT, "neither TTRPC_ADDRESS nor a program to publish events is known");
	fill_any(p->head, &any);
	r = message_write(&any, &a, &b) ? memory_file(b.p, b.n, &input, e) : err_oom(e);
	arena_release(&a);
	if (r < 0)
		return r;
	io.in = input;
	r = job_start(p->s, become_program, &program, &io, done, p, &j, e);
	if (r == 0)
		job_kill_after(j, PROGRAM_MS);
	return r;
}
