/* SPDX-License-Identifier: Apache-2.0 */
/* Names of resource limits. */
#ifndef URUNC_MACHINE_RLIMIT_H
#define URUNC_MACHINE_RLIMIT_H

/* "RLIMIT_CPU" and so on, by the kernel's numbers, which are the same on every machine that we know; ends with NULL. */
extern const char *const rlimit_names[];

#endif
