/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc run` in the foreground: between the caller's terminal and the container's, and between signals and the
 * container's process. */
#ifndef URUNC_RUNTIME_RELAY_H
#define URUNC_RUNTIME_RELAY_H

#include "common/err.h"

/* Blocks every signal; what comes waits for relay_until_end. Call before the container starts. */
void relay_block_signals(void);
/* Gives the container's terminal the size of ours. */
void relay_copy_size(int console);

/* Until the process behind pidfd has ended: hands every signal on to it (a changed window size to its terminal), and
 * with a console (the terminal's master, else -1) carries bytes between it and our standard input and output. Our own
 * terminal is raw meanwhile and is put back whatever happens. What the container has written
 * is carried to its end, unless nobody takes any of it for ten seconds. */
int relay_until_end(int pidfd, int console, struct err *e) _must_check_;

#endif
