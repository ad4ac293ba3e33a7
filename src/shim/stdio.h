/* SPDX-License-Identifier: Apache-2.0 */
/* The three streams of a process: fifos of a client, files, a logger, a terminal, or nothing. */
#ifndef URUNC_SHIM_STDIO_H
#define URUNC_SHIM_STDIO_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "shim/console.h"
#include "shim/job.h"
#include "shim/logger.h"
#include "shim/pump.h"

struct cli;
struct shim;

enum { STREAM_IN, STREAM_OUT, STREAM_ERR };

struct stdio {
	char *paths[3]; /* as the client gave them; NULL: none */
	bool terminal;
	bool in_closed; /* CloseIO was called */
	int given[3];   /* the runtime's ends until it has them */
	int ours[3];    /* the other ends of pipes, until they are pumped */
	int fifo[3];    /* the client's fifo, until it is pumped */
	int hold[3];    /* its other direction */
	int keeper;     /* of the stdin fifo: while it is open, the process sees no end */
	struct pump pumps[3];
	struct console console;
	struct logger logger;
	void (*drained)(struct stdio *io); /* all output was passed on; may be NULL */
	void *owner;
};

void stdio_init(struct stdio *io);
void stdio_done(struct stdio *io);
/* Remembers what the client wants. -ENOMEM. */
int stdio_ask(struct stdio *io, const char *in, const char *out, const char *err, bool terminal,
	      struct err *e) _must_check_;

/* Opens whatever was asked for; id names the process for a logger. The child ends are owned by io_uid and io_gid. */
int stdio_open(struct stdio *io, struct shim *s, const char *id, const struct cli *cli, struct err *e)
	_must_check_;
/* What the runtime's create or exec gets. */
struct job_stdio stdio_for_runtime(const struct stdio *io);
/* The runtime has them: closes its ends and lets the streams flow. */
int stdio_run(struct stdio *io, struct shim *s, struct err *e) _must_check_;

/* Whether output is still on its way. */
bool stdio_flows(const struct stdio *io);
/* The client will write no more. */
void stdio_close_in(struct stdio *io);
/* Closes everything that is open, as after the end of the process. */
void stdio_close(struct stdio *io);

#endif
