/* SPDX-License-Identifier: Apache-2.0 */
/* What state a container is in, found out from the kernel and not from memory. */
#ifndef URUNC_RUNTIME_STATE_H
#define URUNC_RUNTIME_STATE_H

#include "common/err.h"
#include "common/str.h"
#include "runtime/container.h"

enum status { ST_CREATING, ST_CREATED, ST_RUNNING, ST_PAUSED, ST_STOPPED };
const char *status_name(enum status s); /* the OCI words, plus "paused" */

/* Names the init process gives itself (at most 15 bytes), so that even a `start` killed half-way leaves the truth
 * readable in /proc/PID/comm. */
#define COMM_GATE "urunc:[gate]"
#define COMM_RUN "urunc:[run]"

/* A zombie, another process with the same number and a process of another boot are all "stopped". Takes no lock.
 * lock_held: the caller holds the container's lock, so nobody else can be creating it. */
int status_read(struct container *c, bool lock_held, enum status *ret, struct err *e) _must_check_;
/* The same for a container whose init process is known to be alive. */
int status_of_living(const struct container *c, enum status *ret, struct err *e) _must_check_;
/* A pidfd of the init process: -ESRCH when it has ended (zombies too) or belongs to another boot. */
int container_pidfd(struct container *c, int *ret_pidfd, struct err *e) _must_check_;

/* The OCI state object; borrows from c. created_text: at least 40 bytes, lives as long as *ret is used. */
void state_fill(const struct container *c, enum status s, char *created_text, struct oci_state *ret);
/* `urunc state`: indented JSON as runc prints it, no newline at the end. */
int runtime_state(const struct runtime *rt, const char *id, struct strbuf *out, struct err *e) _must_check_;

#endif
