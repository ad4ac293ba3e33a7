/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon beside the monitor: box, capabilities, socket. */
#include "sandbox/daemon.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/str.h"
#include "sandbox/root.h"

static const struct {
	const char *name;
	int cap;
} caps[] = {
	{"CAP_CHOWN", CAP_CHOWN},     {"CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE},
	{"CAP_FOWNER", CAP_FOWNER},   {"CAP_FSETID", CAP_FSETID},
	{"CAP_SETGID", CAP_SETGID},   {"CAP_SETUID", CAP_SETUID},
	{"CAP_SETPCAP", CAP_SETPCAP}, {"CAP_SYS_CHROOT", CAP_SYS_CHROOT},
};

int daemon_listen(const char *path, uid_t uid, gid_t gid, int *ret_fd, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(e, ENAMETOOLONG, "socket '%.128s': its path is too long", path);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 1) < 0)
		return err_sys(e, "cannot make the socket '%s' of the box", path);
	if (chmod(path, 0600) < 0 || lchown(path, uid, gid) < 0)
		return err_sys(e, "cannot give the socket '%s' of the box to user %u", path, uid);
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* By its number a process finds itself as well as by "self", and libcap-ng does. */
static int add_number(const struct confine_daemon *d, struct box_op *ops, size_t *n, struct arena *a,
		      struct err *e)
{
	for (size_t i = 0; i < d->box.n; i++) {
		if (d->box.v[i].kind != BOX_PROC || streq(d->box.v[i].dst, "/proc"))
			continue;
		ops[*n] = (struct box_op){
			.kind = BOX_SYMLINK,
			.dst = arena_printf(a, "/proc/%d", (int)getpid()),
			.src = arena_printf(a, "%s/%d", d->box.v[i].dst, (int)getpid()),
		};
		if (!ops[*n].dst || !ops[*n].src)
			return err_oom(e);
		++*n;
		return 0;
	}
	return 0;
}

int daemon_enter(const struct confine_daemon *d, const char *image_root, struct arena *a, struct err *e)
{
	struct box_op *ops = arena_array(a, d->box.n + 1, sizeof(*ops));
	size_t n = d->box.n;
	int r;

	if (!ops)
		return err_oom(e);
	if (n)
		memcpy(ops, d->box.v, n * sizeof(*ops));
	r = add_number(d, ops, &n, a, e);
	if (r < 0)
		return r;
	return box_enter(&(struct box_params){.ops = ops, .nops = n, .image_root = image_root}, e);
}

static int find_caps(const struct confine_daemon *d, uint64_t *ret, struct err *e)
{
	uint64_t set = 0;

	for (size_t i = 0; i < d->caps.n; i++) {
		size_t k = 0;

		while (k < sizeof(caps) / sizeof(caps[0]) && !streq(caps[k].name, d->caps.v[i]))
			k++;
		if (k == sizeof(caps) / sizeof(caps[0]))
			return err_set(e, EINVAL, "daemon: capability '%.32s' is none of its own",
				       d->caps.v[i]);
		set |= 1ull << caps[k].cap;
	}
	*ret = set;
	return 0;
}

static int keep_bounds(uint64_t keep, struct err *e)
{
	int cap = 0;

	for (; cap < 64; cap++)
		if (!(keep & 1ull << cap) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			break;
	if (cap < 64 && errno != EINVAL)
		return err_sys(e, "daemon: cannot drop capability %d from the bounding set", cap);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, 0, 0,
		  0) < 0)
		return err_sys(e, "daemon: cannot lock the ambient capabilities");
	return 0;
}

/* User 0 keeps at exec what the bounding set has and it had before: no_new_privs allows no more. */
static int keep_sets(uint64_t keep, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3] = {{0}};

	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		set[i].effective = set[i].permitted = (uint32_t)(keep >> (32 * i));
	if (syscall(SYS_capset, &head, set) < 0)
		return err_sys(e, "daemon: cannot drop its other capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "daemon: cannot set no_new_privs");
	return 0;
}

/* Each file that the guest knows of is one that the daemon has open. The host's own bound is no error. */
static int set_limits(const struct confine_daemon *d, struct err *e)
{
	struct rlimit have, want = {.rlim_cur = d->nofile, .rlim_max = d->nofile};

	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) < 0 || getrlimit(RLIMIT_NOFILE, &have) < 0)
		return err_sys(e, "daemon: cannot set its limits");
	if (d->nofile > have.rlim_cur && setrlimit(RLIMIT_NOFILE, &want) < 0) {
		have.rlim_cur = have.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &have) < 0)
			return err_sys(e, "daemon: cannot set its limits");
	}
	return 0;
}

int daemon_creds(const struct confine_daemon *d, struct err *e)
{
	uint64_t keep = 0;
	int r = find_caps(d, &keep, e);

	if (r == 0)
		r = set_limits(d, e);
	if (r == 0)
		r = keep_bounds(keep, e);
	if (r < 0)
		return r;
	umask(0);
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return err_sys(e, "daemon: cannot become user 0 without groups");
	return keep_sets(keep, e);
}
