/* SPDX-License-Identifier: Apache-2.0 */
/* Processes by identity, never by bare number. */
#ifndef URUNC_COMMON_PROC_H
#define URUNC_COMMON_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

#define BOOT_ID_BYTES 37

struct proc_stat {
	char state; /* R S D Z X T … */
	pid_t ppid;
	uint64_t start_time; /* field 22 of /proc/PID/stat, clock ticks since boot */
	uint64_t ignored;    /* field 33: the signals 1 to 31 that it ignores, bit signo - 1 */
};

/* -ESRCH if there is no such process. A comm with blanks and ')' is handled. */
int proc_stat_read(pid_t pid, struct proc_stat *ret, struct err *e) _must_check_;
/* A pidfd for exactly the process that had this start time: -ESRCH if it is gone, a zombie, or another
 * process has the number now. */
int proc_open_checked(pid_t pid, uint64_t start_time, int *ret_pidfd, struct err *e) _must_check_;
int pidfd_signal(int pidfd, int signo); /* 0 or -errno; signo 0 probes */
/* Waits until the process behind pidfd has exited (zombie counts). timeout_ms -1 = for ever. 0, -ETIMEDOUT. */
int pidfd_wait_exit(int pidfd, int timeout_ms);
/* The text of /proc/sys/kernel/random/boot_id, NUL-terminated. */
int boot_id_read(char ret[BOOT_ID_BYTES], struct err *e) _must_check_;

/* "TERM", "SIGTERM", "15", "RTMIN+3": a number 0..64; -EINVAL naming the value otherwise. */
int signal_parse(const char *s, int *ret, struct err *e) _must_check_;

#endif
