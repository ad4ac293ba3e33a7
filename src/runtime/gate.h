/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: where a created container waits for `start` (architecture decision 4). */
#ifndef URUNC_RUNTIME_GATE_H
#define URUNC_RUNTIME_GATE_H

#include <stdint.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#define GATE_FILE "gate"

/*
 * A SOCK_SEQPACKET socket in the container's own directory, bound by `create`, listened on by the container's process
 * (so that SO_PEERCRED names that process to `start`). One message: the encoded launch plan, inline or as a sealed
 * memfd, the write end of the answer pipe, and descriptors for the monitor. The answer, read to its end, is lines:
 *   'W' text    a warning for the log
 *   'S'         everything is done but the exec of the monitor
 *   'E' text    it failed
 *   'T' text    the process's timestamps (stamps_put), where they are wanted
 * End of file after 'S' without 'E' means that the monitor was executed, because the pipe closes on exec.
 */

/* What travels with the plan: the answer pipe's write end, and descriptors for the monitor in the plan's order. */
#define GATE_MORE_MAX 8
struct gate_fds {
	int answer;
	int more[GATE_MORE_MAX];
	size_t nmore;
};

/* create's half: binds the socket, mode 0600. Changes the working directory to dirfd (path lengths do not matter so). */
int gate_bind(int dirfd, int *ret_fd, struct err *e) _must_check_;

/* --- the container's half; no heap, errors only as -errno --- */

int gate_listen(int fd);
/* Waits for `start`: accepts, lets only processes of `uid` pass, receives. A peer that leaves without a whole message
 * changes nothing, the wait goes on. The plan's bytes are in *a, which must be empty before. */
int gate_wait(int fd, uid_t uid, struct arena *a, struct bytes *ret_plan, struct gate_fds *ret_fds);
enum { GATE_WARNING = 'W', GATE_READY = 'S', GATE_ERROR = 'E', GATE_TIMES = 'T' };
void gate_answer(int answer_fd, char type, const char *text);

/* --- start's half --- */

/* Sends the plan and the descriptors, which stay the caller's. The peer must be process pid (as seen from here). Changes the working directory. */
int gate_send(int dirfd, pid_t pid, struct bytes plan, const struct gate_fds *fds, struct err *e) _must_check_;
/* Reads the answer to its end; 0 = the monitor runs, else the container's own error text. Takes over its timestamps.
 * Waits as long as it takes, or until a signal comes that interrupt.h looks for (-EINTR). */
int gate_read_answer(int answer_fd, struct err *e) _must_check_;

#endif
