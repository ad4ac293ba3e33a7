/* SPDX-License-Identifier: Apache-2.0 */
/* Time as text and as numbers. */
#ifndef URUNC_COMMON_CLOCK_H
#define URUNC_COMMON_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t clock_monotonic_ms(void);
uint64_t clock_realtime_ns(void);
/* RFC 3339 in UTC, seconds ("2026-01-02T03:04:05Z") or with nanoseconds when frac is non-zero. buf >= 40. */
void clock_rfc3339(uint64_t realtime_ns, int frac, char *buf, size_t n);

#endif
