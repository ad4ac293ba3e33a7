/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 does while the application runs: reaps, and passes signals on. */
#ifndef URUNC_URUNIT_REAP_H
#define URUNC_URUNIT_REAP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "urunit/port.h"

/* How the application ended, as CTL_EXIT says it. */
struct uend {
	uint8_t kind, value; /* enum ctl_exit_kind */
};

/* Decodes a wait status. */
struct uend ureap_end(int wait_status);

/*
 * The signal to give the application for one that urunit itself got, or 0 for none. As the machine's
 * init (machine is true) SIGINT is Ctrl-Alt-Del and SIGPWR a failing power supply: both ask for a stop.
 */
int ureap_translate(int signo, bool machine);

/* Blocks all signals and returns a descriptor that reports them; -1 where the kernel has no signalfd. */
int ureap_signals(void);

/* Waits for the application to end, reaping everything, obeying the control channel meanwhile. signal_fd may be -1. */
struct uend ureap_run(pid_t app, int signal_fd, struct uport *port, bool machine);

#endif
