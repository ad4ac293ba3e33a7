/* SPDX-License-Identifier: Apache-2.0 */
/* The container's process from its birth to the gate, and how it talks with `create` until then. */
#ifndef URUNC_RUNTIME_CHILD_H
#define URUNC_RUNTIME_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "oci/spec.h"
#include "plan/plan.h"

#define CHILD_MAX_NS 8

/* What the process needs; all of it is memory and descriptors of `create`, borrowed until the gate. */
struct child {
	const struct launch_plan *plan;
	struct arena *arena;      /* create's; given back at the gate */
	int sync_fd;              /* the process's end of a SOCK_SEQPACKET pair */
	int gate_fd;              /* bound, not yet listening */
	int tty_fd;               /* slave of the container's terminal, -1 = none */
	int root_fd;              /* launch_hold_root; made by the process itself, -1 = none */
	int ns_fds[CHILD_MAX_NS]; /* by index in plan->namespaces: to be joined, -1 = not */
	bool runtime_hooks;       /* wait for create's hooks once the namespaces are complete */
	bool new_keyring;
	uid_t creator;
	struct oci_state state; /* for createContainer hooks; pid is filled in */
};

/*
 * One byte of type, then text. EOF = the other side is dead.
 *   to the process    GO: be what the plan says (cgroup, namespaces, terminal); the text is the mask of signals which
 *                     the process ignores, in decimal   ON: create's hooks are done
 *   from the process  NS: namespaces are complete (only with runtime_hooks)     GATE: waiting at the gate; the text
 *                     is its timestamps (stamps_put)
 *                     ERR text
 */
enum sync_type { SYNC_GO = 'G', SYNC_ON = 'O', SYNC_NS = 'N', SYNC_GATE = 'R', SYNC_ERR = 'E' };

int sync_send(int fd, char type, const char *text, struct err *e) _must_check_;
/* Waits for a message of that type. An ERR message is an error with its text; EOF and other types are errors too,
 * and so is a signal that interrupt.h looks for (-EINTR). */
int sync_expect(int fd, char type, struct err *e) _must_check_;
/* The same, and its text (SYNC_TEXT_BYTES, always with a NUL). */
#define SYNC_TEXT_BYTES (ERR_MSG_BYTES + 1)
int sync_receive(int fd, char type, char *ret_text, struct err *e) _must_check_;

/* The life of the process. Call in the child of spawn_clone; never returns. */
_Noreturn void child_main(struct child *c);

#endif
