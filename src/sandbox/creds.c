/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up privileges, in the one order that works, and proof that they are gone. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/securebits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/fd.h"
#include "machine/rlimit.h"
#include "sandbox/creds.h"

_Static_assert(RLIMIT_CPU == 0 && RLIMIT_CORE == 4 && RLIMIT_NOFILE == 7 && RLIMIT_LOCKS == 10 &&
		       RLIMIT_RTTIME == 15,
	       "rlimit_names follows the kernel's numbers");

int creds_rlimit_resource(const char *type)
{
	for (int i = 0; rlimit_names[i]; i++)
		if (strcmp(rlimit_names[i], type) == 0)
			return i;
	return -1;
}

/* What could not be had but is no error; static, because the caller prints it after we are gone. */
static char warning[320];

static const char *warning_text(void)
{
	return warning[0] ? warning : NULL;
}

static void __attribute__((format(printf, 1, 2))) warn_add(const char *fmt, ...)
{
	size_t n = strlen(warning);
	va_list ap;

	if (n > 0 && n + 2 < sizeof(warning)) {
		memcpy(warning + n, "; ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	(void)vsnprintf(warning + n, sizeof(warning) - n, fmt, ap);
	va_end(ap);
}

static int set_limit(const struct rlimit_value *v, struct err *e)
{
	struct rlimit want = {.rlim_cur = v->soft, .rlim_max = v->hard}, have;
	int resource = creds_rlimit_resource(v->type);

	if (resource < 0)
		return err_set(e, EINVAL,
			       "rlimit '%s' is unknown: it must be one of RLIMIT_NOFILE, RLIMIT_NPROC, ...",
			       v->type);
	if (v->soft > v->hard)
		return err_set(e, EINVAL, "%s: the soft limit %llu is above the hard limit %llu", v->type,
			       (unsigned long long)v->soft, (unsigned long long)v->hard);
	if (resource == RLIMIT_CORE) /* a core file would hold the guest's memory */
		return 0;
	if (setrlimit((__rlimit_resource_t)resource, &want) == 0)
		return 0;
	if (errno != EPERM || getrlimit((__rlimit_resource_t)resource, &have) < 0)
		return err_sys(e, "%s: cannot set %llu:%llu", v->type, (unsigned long long)v->soft,
			       (unsigned long long)v->hard);
	/* Not allowed to raise the hard limit: take what there is, as far up as was asked for. */
	want.rlim_max = have.rlim_max;
	if (want.rlim_cur > want.rlim_max)
		want.rlim_cur = want.rlim_max;
	if (setrlimit((__rlimit_resource_t)resource, &want) < 0)
		return err_sys(e, "%s: cannot set %llu:%llu", v->type, (unsigned long long)want.rlim_cur,
			       (unsigned long long)want.rlim_max);
	warn_add("%s: not permitted to raise the hard limit from %llu to %llu", v->type,
		 (unsigned long long)have.rlim_max, (unsigned long long)v->hard);
	return 0;
}

int creds_oom_score(const struct confine_creds *c, const char **ret_warn, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct statfs fs;
	char text[16];
	int n;

	warning[0] = '\0';
	if (c->has_oom_score_adj) {
		fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			return err_sys(e, "/proc/self/oom_score_adj");
		if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
			return err_set(e, EINVAL, "/proc/self/oom_score_adj is not in procfs");
		n = snprintf(text, sizeof(text), "%d", (int)c->oom_score_adj);
		if (write(fd, text, (size_t)n) < 0) {
			if (errno != EPERM && errno != EACCES)
				return err_sys(e, "oom_score_adj: cannot set it to %s", text);
			warn_add("oom_score_adj: not permitted to lower it to %s", text);
		}
	}
	*ret_warn = warning_text();
	return 0;
}

int creds_limits(const struct confine_creds *c, const char **ret_warn, struct err *e)
{
	size_t i;
	int r;

	warning[0] = '\0';
	for (i = 0; i < c->rlimits.n; i++) {
		r = set_limit(&c->rlimits.v[i], e);
		if (r < 0)
			return r;
	}
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) < 0)
		return err_sys(e, "RLIMIT_CORE: cannot set 0");
	*ret_warn = warning_text();
	return 0;
}

/* Everything that needs a capability of its own to be given up, while we still have it. */
static int drop_bounds(struct err *e)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	if (errno != EINVAL || cap == 0)
		return err_sys(e, "cannot drop capability %d from the bounding set", cap);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_sys(e, "cannot clear the ambient capabilities");
	/* uid 0 is no longer special, for us and for whatever we exec; and that cannot be changed back. */
	if (prctl(PR_SET_SECUREBITS,
		  SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			  SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
			  SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
		  0, 0, 0) < 0)
		return err_sys(e, "cannot lock the securebits");
	return 0;
}

static int set_ids(const struct confine_creds *c, struct err *e)
{
	/* Always, also with an empty list: or the caller's supplementary groups stay. */
	if (setgroups(c->groups.n, c->groups.v) < 0)
		return err_sys(e, "cannot set %zu supplementary groups", c->groups.n);
	if (setresgid(c->gid, c->gid, c->gid) < 0)
		return err_sys(e, "cannot become gid %u", c->gid);
	if (setresuid(c->uid, c->uid, c->uid) < 0)
		return err_sys(e, "cannot become uid %u", c->uid);
	return 0;
}

static int drop_sets(struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capset, &head, none) < 0)
		return err_sys(e, "cannot drop all capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "cannot set no_new_privs");
	/* After the change of uid, which sets it to the system's default. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, "cannot become non-dumpable");
	return 0;
}

static int verify(const struct confine_creds *c, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	uid_t ru, eu, su;
	gid_t rg, eg, sg;
	size_t i;

	if (getresuid(&ru, &eu, &su) < 0 || ru != c->uid || eu != c->uid || su != c->uid)
		return err_set(e, EPERM, "the uid did not become %u", c->uid);
	if (getresgid(&rg, &eg, &sg) < 0 || rg != c->gid || eg != c->gid || sg != c->gid)
		return err_set(e, EPERM, "the gid did not become %u", c->gid);
	if (syscall(SYS_capget, &head, caps) < 0)
		return err_sys(e, "cannot read the capabilities");
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		if (caps[i].effective | caps[i].permitted | caps[i].inheritable)
			return err_set(e, EPERM, "capabilities are left after dropping them all");
	}
	if (c->uid != 0 && setuid(0) == 0)
		return err_set(e, EPERM, "uid 0 could be taken back after becoming uid %u", c->uid);
	return 0;
}

int creds_drop(const struct confine_creds *c, struct err *e)
{
	int r;

	umask(c->umask & 0777);
	r = drop_bounds(e);
	if (r == 0)
		r = set_ids(c, e);
	if (r == 0)
		r = drop_sets(e);
	if (r == 0)
		r = verify(c, e);
	return r;
}
