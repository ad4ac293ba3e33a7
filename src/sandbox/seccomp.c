/* SPDX-License-Identifier: Apache-2.0 */
/* One look into a table made by the build, one system call. */
#include "sandbox/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/seccomp_code.h"

#if defined(__x86_64__)
#define OURS seccomp_x86_64
#elif defined(__aarch64__)
#define OURS seccomp_aarch64
#endif

/* No SECCOMP_FILTER_FLAG_LOG: kills are in the audit log without it, and with it each refusal that a C library expects
 * would be as well. SPEC_ALLOW, as runc does: a kernel before 5.16 would slow down whatever has a filter. */
#define FLAGS SECCOMP_FILTER_FLAG_SPEC_ALLOW

static const struct seccomp_profile *find(const char *name)
{
	for (const struct seccomp_profile *p = OURS; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

int seccomp_enter(const char *profile, struct err *e)
{
	const struct seccomp_profile *p = find(profile);
	struct sock_fprog prog;

	if (p == NULL)
		return err_set(e, EINVAL, "the launch plan's seccomp profile '%s' is unknown", profile);
	prog = (struct sock_fprog){.len = p->n, .filter = (struct sock_filter *)(uintptr_t)p->code};
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, FLAGS, &prog) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS)
		return err_set(
			e, EINVAL,
			"this kernel has no filters of system calls, which the container's seccomp profile asks for: "
			"build it with CONFIG_SECCOMP_FILTER, or run the container with seccomp=unconfined (no "
			"linux.seccomp in config.json)");
	return err_sys(e, "cannot put the filter of system calls '%s' around the monitor", profile);
}
