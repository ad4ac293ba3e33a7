/* SPDX-License-Identifier: Apache-2.0 */
/* When each step of create and start was done, for measuring: names, order and file format are the original's. */
#ifndef URUNC_RUNTIME_TIMESTAMPS_H
#define URUNC_RUNTIME_TIMESTAMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* TS00 to TS18. CR: `create`, ST: `start`, RX: the container's process. */
enum stamp {
	STAMP_CR_INVOKED,
	STAMP_CR_PLANNED,       /* unikontainer_created: bundle read, everything decided */
	STAMP_CR_INITIAL_SETUP, /* state directory, cgroup, terminal and gate are there */
	STAMP_CR_CLONE,         /* start_reexec: the container's process is about to be made */
	STAMP_RX_INVOKED,       /* create_invoked: it runs */
	STAMP_RX_BASE,          /* close_pipes_and_setup_base: it is in its cgroup and namespaces */
	STAMP_CR_PIDS,          /* received_pids: and create knows */
	STAMP_CR_HOOKS,         /* hooks_executed: prestart and createRuntime */
	STAMP_CR_ACK,           /* sent_ack: the process is told */
	STAMP_RX_ACK,           /* received_ack: and knows */
	STAMP_CR_TERMINATED,    /* createContainer hooks are done, it waits at the gate */
	STAMP_ST_INVOKED,
	STAMP_ST_LOADED,   /* unikontainer_created: the container's state is read */
	STAMP_ST_SENT,     /* sent_start_msg: the plan goes through the gate */
	STAMP_RX_RECEIVED, /* received_start_msg: and is there */
	STAMP_RX_NETNS,    /* joined_netns: it was joined at create, so nothing is left to do */
	STAMP_RX_NETWORK,  /* network_setup_completed */
	STAMP_RX_DISK,     /* disk_setup_completed: the box is built */
	STAMP_RX_EXEC,     /* execve_hypervisor */
	STAMP_COUNT
};

/* Notes the time of a step; costs no system call. */
void stamp(enum stamp s);

/* Whether anybody wants them: inherited by the container's process. */
void stamps_enable(bool on);
bool stamps_enabled(void);

/* Those from first to last as text for another process, "" while they are not enabled; and back. */
#define STAMPS_TEXT_BYTES (STAMP_COUNT * 21 + 1)
void stamps_put(enum stamp first, enum stamp last, char text[STAMPS_TEXT_BYTES]);
void stamps_take(enum stamp first, enum stamp last, const char *text);

/* Opens the file for appending: a regular file, never through a link, made with its directory if it is missing. */
int stamps_open(const char *destination, int *ret_fd, struct err *e) _must_check_;
/* The lines from first to last. A step that did not take place has the time of the one before it. */
void stamps_format(const char *id, enum stamp first, enum stamp last, struct strbuf *out);
/* Appends them in one write. */
int stamps_write(int fd, const char *id, enum stamp first, enum stamp last, struct arena *a, struct err *e)
	_must_check_;

#endif
