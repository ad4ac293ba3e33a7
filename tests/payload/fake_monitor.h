/* SPDX-License-Identifier: Apache-2.0 */
/* The fake monitor: reports what it was given, then does what the guest's command line says. */
#ifndef TESTS_PAYLOAD_FAKE_MONITOR_H
#define TESTS_PAYLOAD_FAKE_MONITOR_H

/* Writes "FAKE-REPORT {...}" to standard output, one line. */
void fake_report(char **argv, char **envp);
/* Carries out "fake.ctl=STEP,STEP..." on the control channel fd. */
void fake_ctl(int fd, const char *steps);

#endif
