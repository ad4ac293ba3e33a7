/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor: the container's init process while the monitor runs (architecture decision 5). */
#ifndef URUNC_RUNTIME_SUPERVISE_H
#define URUNC_RUNTIME_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SUPERVISE_MESSAGE_BYTES 256
#define SUPERVISE_DAEMONS_MAX 8
#define SUPERVISE_PATH_BYTES 108 /* sun_path */

/* Holds everything itself: what it was made from is gone while it is used. */
struct supervise_conf {
	pid_t monitor; /* a child of ours */
	/* Children too, without which the guest has no root; their monitor ends with them and they with it. */
	pid_t daemons[SUPERVISE_DAEMONS_MAX];
	size_t ndaemons;
	int ctl_fd;        /* our end of the control channel, -1 = none */
	bool ctl_expected; /* the guest has a urunit that must answer there */
	bool terminal;     /* descriptor 0 is the container's terminal */
	int stop_action;   /* enum stop_action */
	int32_t stop_signo;
	bool zero_is_signal;
	uint32_t stop_code; /* struct stop_policy */
	uint32_t grace_ms;
	/* STOP_MESSAGE: what is said, to whom: our end of a socket pair (-1 = none), or where the monitor listens ("" =
	 * nowhere). */
	char message[SUPERVISE_MESSAGE_BYTES];
	int api_fd;
	char api_path[SUPERVISE_PATH_BYTES];
	bool exit_port;  /* an odd status of the monitor is a value that the guest wrote */
	bool filtered;   /* a filter of ours is around the monitor */
	int32_t exit_ok; /* that value means success; -1 = it is the status itself */
};

/* Blocks everything that can be blocked, and makes sure that ended children are heard of. Call before the monitor is
 * made, so that no signal is lost. */
void supervise_block_signals(void);

/* Watches the monitor to its end and returns the container's exit code:
 *   - what the guest said in its EXIT frame (128 + n for a signal);
 *   - else 128 + n when the monitor was told to stop because of signal n, and ended in the way its stop policy says;
 *   - else 128 + n when the monitor died of signal n;
 *   - else with exit_port, what the guest wrote (0 when that means success);
 *   - else the monitor's own code; 255 and a line on standard error when the guest was expected to report and the
 *     monitor ended with 0 all the same.
 * A guest that powers off because its power button was pressed has ended by itself: 0.
 * Uses no heap. Needs all signals blocked (supervise_block_signals). */
int supervise(const struct supervise_conf *c);

#endif
