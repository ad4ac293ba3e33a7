/* SPDX-License-Identifier: Apache-2.0 */
/* What the running shim knows. One of it in a process; every part gets it handed down. */
#ifndef URUNC_SHIM_SHIM_H
#define URUNC_SHIM_SHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shim/events.h"
#include "shim/loop.h"
#include "shim/reap.h"

struct task;
struct conn;
struct call;
struct job;

#define SHIM_NAME "io.containerd.urunc.v2"
/* Ids and namespaces are names of files, too. */
#define SHIM_ID_MAX 76

struct shim {
	struct loop loop;
	const char *ns, *grpc_address, *socket_path;
	struct watch listener, signals;
	struct timer deaf; /* no descriptor is left for new connections */
	struct conn *conns;
	unsigned nconns;
	struct call *calls; /* every request that has no answer yet */
	struct task *tasks;
	struct job *jobs;
	struct reaper reaper;
	struct publisher publisher;
	struct timer linger;
	bool leaving;
	bool unwanted; /* a Shutdown came while only containers were left that nobody has yet, and may never have */
};

/* Answers are out, nothing is left to do: flushes the events, then ends the loop. */
void shim_leave(struct shim *s);

#endif
