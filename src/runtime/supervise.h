/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor: the container's init process while the monitor runs (architecture decision 5). */
#ifndef URUNC_RUNTIME_SUPERVISE_H
#define URUNC_RUNTIME_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct supervise_conf {
	pid_t monitor;     /* a child of ours */
	int ctl_fd;        /* our end of the control channel, -1 = none */
	bool ctl_expected; /* the guest has a urunit that must answer there */
	bool terminal;     /* descriptor 0 is the container's terminal */
	int stop_action;   /* enum stop_action */
	int32_t stop_signo;
	bool zero_is_signal;
	uint32_t grace_ms;
};

/* Blocks everything that can be blocked, and makes sure that ended children are heard of. Call before the monitor is
 * made, so that no signal is lost. */
void supervise_block_signals(void);

/* Watches the monitor to its end and returns the container's exit code:
 *   - what the guest said in its EXIT frame (128 + n for a signal);
 *   - else 128 + n when the monitor died of signal n;
 *   - else the monitor's own code; 255 and a line on standard error when the guest was expected to report and the
 *     monitor ended with 0 all the same; 128 + n when a monitor that answers a stop with 0 was told to stop by n.
 * Uses no heap. Needs all signals blocked (supervise_block_signals). */
int supervise(const struct supervise_conf *c);

#endif
