/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's lists of numbers: "0-3,7". */
#ifndef URUNC_COMMON_CPULIST_H
#define URUNC_COMMON_CPULIST_H

#include <stdbool.h>
#include <stdint.h>

/* No kernel has CPUs (or memory nodes) with higher numbers. */
#define CPULIST_MAX 65535u
struct cpulist {
	unsigned char bits[CPULIST_MAX / 8 + 1];
	uint32_t n;   /* how many different ones */
	uint32_t end; /* the highest, plus one; 0 = none */
};

/* Numbers and ranges with commas between them, in any order, overlapping or not; a newline may end the text. False for
 * anything else, the empty text included. */
bool cpulist_parse(const char *s, struct cpulist *ret);
bool cpulist_has(const struct cpulist *l, uint32_t cpu);

#endif
