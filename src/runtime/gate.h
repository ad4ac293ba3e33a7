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
 * memfd, and the write end of the answer pipe. The answer, read to its end, is lines:
 *   'W' text    a warning for the log
 *   'S'         everything is done but the exec of the monitor
 *   'E' text    it failed
 *   'T' text    the process's timestamps (stamps_put), where they are wanted
 * End of file after 'S' without 'E' means that the monitor was executed, because the pipe closes on exec.
 */

/* create's half: binds the socket, mode 0600. Changes the working directory to dirfd (path lengths do not matter so). */
int gate_bind(int dirfd, int *ret_fd, struct err *e) _must_check_;

/* --- the container's half; no heap, errors only as -errno --- */

int gate_listen(int fd);
/* Waits for `start`: accepts, lets only processes of `uid` pass, receives. A peer that leaves without a whole message
 * changes nothing, the wait goes on. The plan's bytes are in *a, which must be empty before. */
int gate_wait(int fd, uid_t uid, struct arena *a, struct bytes *ret_plan, int *ret_answer_fd);
enum { GATE_WARNING = 'W', GATE_READY = 'S', GATE_ERROR = 'E', GATE_TIMES = 'T' };
void gate_answer(int answer_fd, char type, const char *text);

/* --- start's half --- */

/* Sends the plan and the answer pipe. The peer must be process pid (as seen from here). Changes the working directory. */
int gate_send(int dirfd, pid_t pid, struct bytes plan, int answer_fd, struct err *e) _must_check_;
/* Reads the answer to its end; 0 = the monitor runs, else the container's own error text. Takes over its timestamps.
 * Waits as long as it takes, or until a signal comes that interrupt.h looks for (-EINTR). */
int gate_read_answer(int answer_fd, struct err *e) _must_check_;

#endif
