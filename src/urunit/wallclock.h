/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's wall clock. */
#ifndef URUNC_URUNIT_WALLCLOCK_H
#define URUNC_URUNIT_WALLCLOCK_H

#include <stdint.h>

/*
 * What the clock should at least show, in nanoseconds since 1970, when the machine was started at start_ms and its kernel
 * has been up for up_ns. 0 when the clock, which shows now_ns, is not behind that.
 */
int64_t uwallclock_behind(uint64_t start_ms, int64_t up_ns, int64_t now_ns);

/*
 * Sets the clock forward to what it must at least be. An emulated clock chip counts whole seconds that begin when the
 * machine was made: together with the kernel's reading it is up to two seconds behind.
 */
void uwallclock_set(uint64_t start_ms);

#endif
