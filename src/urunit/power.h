/* SPDX-License-Identifier: Apache-2.0 */
/* The end: nothing left running, nothing left unwritten, the status told, the machine off. */
#ifndef URUNC_URUNIT_POWER_H
#define URUNC_URUNIT_POWER_H

#include "urunit/port.h"
#include "urunit/reap.h"

/* Where urunit runs, which decides what it may set up and how it ends. */
enum urole {
	UROLE_MACHINE,   /* PID 1 of a machine: owns it all, ends with a reset */
	UROLE_NAMESPACE, /* PID 1 of a PID namespace (the image run by an ordinary runtime): ends by exiting */
	UROLE_PROCESS,   /* any other process: must not touch what is not its own */
};

enum urole upower_role(void);

/* The exit status that an ordinary process would have: value, or 128 + signal. */
int upower_status(struct uend end);

/* Ends everything and never returns. A machine is reset, or switched off where a reset would only start it again. */
void upower_off(enum urole role, struct uport *port, struct uend end, bool switch_off)
	__attribute__((noreturn));

#endif
