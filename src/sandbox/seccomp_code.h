/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled filters of system calls (src/sandbox/seccomp) as mk/seccomp_gen.c writes them down, for both architectures of
 * ours whichever this is. */
#ifndef URUNC_SANDBOX_SECCOMP_CODE_H
#define URUNC_SANDBOX_SECCOMP_CODE_H

#include <linux/filter.h>
#include <stddef.h>

struct seccomp_profile {
	const char *name;
	const struct sock_filter *code;
	unsigned short n;
};
/* Those of one architecture; they end with name == NULL. */
extern const struct seccomp_profile seccomp_x86_64[], seccomp_aarch64[];

/* The table that they were made with, for tests; it ends with name == NULL. */
struct seccomp_call {
	const char *name;
	int x86_64, aarch64; /* -1: there is none */
};
extern const struct seccomp_call seccomp_calls[];

#endif
