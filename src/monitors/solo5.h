/* SPDX-License-Identifier: Apache-2.0 */
/* What the two Solo5 tenders, hvt and spt, have in common: nearly everything. */
#ifndef URUNC_MONITORS_SOLO5_H
#define URUNC_MONITORS_SOLO5_H

#include "monitors/monitor.h"

/* HVT_CMDLINE_SIZE, SPT_CMDLINE_SIZE without the NUL. */
#define SOLO5_CMDLINE_MAX_BYTES 8191u

/* The monitor's own figures; the rest is in its struct monitor_ops. */
struct solo5_tender {
	const char *name; /* of the monitor: "hvt" */
	const char *program;
	int target;           /* enum solo5_target */
	uint64_t least_bytes; /* of guest memory */
	uint64_t step_bytes;
	uint64_t max_bytes; /* 0 = no bound of its own */
};

int solo5_check(const struct solo5_tender *t, const struct vm_desc *vm, struct err *e) _must_check_;
int solo5_argv(const struct solo5_tender *t, const struct vm_desc *vm, struct strv *l) _must_check_;

#endif
