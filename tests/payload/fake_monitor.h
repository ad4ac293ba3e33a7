/* SPDX-License-Identifier: Apache-2.0 */
/* The fake monitor: reports what it was given, then does what the guest's command line says. */
#ifndef TESTS_PAYLOAD_FAKE_MONITOR_H
#define TESTS_PAYLOAD_FAKE_MONITOR_H

#include <stdbool.h>

/* Writes "FAKE-REPORT {...}" to standard output, one line. */
void fake_report(char **argv, char **envp);
/* Carries out "fake.ctl=STEP,STEP..." on the control channel fd. */
void fake_ctl(int fd, const char *steps);

/* The control socket that the command line names, as its owner would open it; -1 = none. */
struct fake_api {
	int conn, listener;
};
struct fake_api fake_api_open(char **argv);
/* Something has come: tells it, "API <text>". True when it was the power button. */
bool fake_api_event(struct fake_api *api);

#endif
