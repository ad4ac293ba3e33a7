/* SPDX-License-Identifier: Apache-2.0 */
/* delete: containerd calls it when a container's shim is gone, and after every ordinary deletion, too. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"
#include "common/proc.h"
#include "proto/shim/task.pb-c.h"
#include "shim/address.h"
#include "shim/args.h"
#include "shim/bundle.h"
#include "shim/cli.h"
#include "shim/keep.h"
#include "shim/modes.h"
#include "shim/pb.h"
#include "shim/remains.h"
#include "shim/rootfs.h"

#define KILLED 137
#define ADDRESS_SCHEME "unix://"
#define ADDRESS_MAX_BYTES 4096
/* containerd gives us 5 s for everything. */
#define RUNTIME_MS 3500
#define END_MS 500

static void complain(const char *what, const struct err *e)
{
	dprintf(STDERR_FILENO, "containerd-shim-urunc-v2: %s: %s\n", what, e->msg);
}

static void remove_remains(const struct kept *k, const char *id, const char *bundle)
{
	struct err e = {0};

	if (remains_delete(k, id, bundle, RUNTIME_MS, &e) < 0)
		complain("the runtime's delete --force", &e);
}

/* Whatever the runtime did or did not do: the process that the container was is dead. */
static void kill_init(const struct kept *k)
{
	char boot_id[BOOT_ID_BYTES] = "";
	_cleanup_fd_ int pidfd = -1;
	struct err gone = {0};

	if (!k->start_time || boot_id_read(boot_id, &gone) < 0 || !streq(boot_id, k->boot_id) ||
	    proc_open_checked((pid_t)k->pid, k->start_time, &pidfd, &gone) < 0)
		return;
	if (pidfd_signal(pidfd, SIGKILL) == 0 && pidfd_wait_exit(pidfd, END_MS) < 0)
		dprintf(STDERR_FILENO, "containerd-shim-urunc-v2: process %u has not ended in time\n", k->pid);
}

static int print_answer(const struct kept *k, struct arena *a, struct err *e)
{
	Pb__DeleteResponse response = PB__DELETE_RESPONSE__INIT;
	Pb__Timestamp when = PB__TIMESTAMP__INIT;
	struct bytes b = {0};
	struct timespec now;
	int r;

	clock_gettime(CLOCK_REALTIME, &now);
	when.seconds = k->exited ? k->exited_seconds : now.tv_sec;
	when.nanos = k->exited ? (int32_t)k->exited_nanos : (int32_t)now.tv_nsec;
	response.pid = k->pid;
	response.exit_status = k->exited ? k->exit_status : KILLED;
	response.exited_at = &when;
	if (!message_write(&response, a, &b))
		return err_oom(e);
	r = write_all(STDOUT_FILENO, b.p, b.n);
	return r < 0 ? err_set(e, -r, "cannot write the answer") : 0;
}

/* The bundle: as given, else where we are; the id tells which, should it be another's. */
static int find_bundle(const struct args *args, struct arena *a, const char **ret, struct err *e)
{
	char cwd[4096];
	char *slash;

	if (*args->bundle) {
		*ret = args->bundle;
		return 0;
	}
	if (!getcwd(cwd, sizeof(cwd)))
		return err_sys(e, "the current directory is not known");
	slash = strrchr(cwd, '/');
	*slash = '\0';
	*ret = arena_printf(a, "%s/%s", cwd, args->id);
	return *ret ? 0 : err_oom(e);
}

/* A shim that was killed has left its socket; that of a living one, which serves the rest of a pod, stays. */
static void forget_socket(const char *bundle, struct arena *a)
{
	const char *path = arena_printf(a, "%s/address", bundle);
	struct bytes b = {0};

	if (path && file_read(AT_FDCWD, path, ADDRESS_MAX_BYTES, a, &b, NULL) == 0 &&
	    str_starts(b.p, ADDRESS_SCHEME))
		address_forget((const char *)b.p + strlen(ADDRESS_SCHEME));
}

int mode_delete(const struct args *args, struct err *e)
{
	static struct arena a;
	const char *bundle = NULL, *root;
	struct kept k = {0};
	int known, r;

	if (!*args->id)
		return err_set(e, EINVAL, "the id of a container is missing (-id)");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	r = find_bundle(args, &a, &bundle, e);
	if (r < 0)
		return r;
	known = keep_read(bundle, &a, &k, e);
	if (known < 0) {
		complain("what the shim has noted", e);
		k = (struct kept){0};
	}
	/* Without notes the runtime was never called; with damaged ones, the usual places are as good a guess as any. */
	if (known < 0) {
		k.root = arena_printf(&a, CLI_DEFAULT_ROOT "/%s", args->ns);
		k.log = arena_printf(&a, "%s/log.json", bundle);
		if (!k.root || !k.log)
			return err_oom(e);
	}
	root = arena_printf(&a, "%s/rootfs", bundle);
	if (!root)
		return err_oom(e);
	if (known && !k.cleaned) {
		remove_remains(&k, args->id, bundle);
		kill_init(&k);
	}
	forget_socket(bundle, &a);
	r = rootfs_unmount(root, true, e);
	return r < 0 ? r : print_answer(&k, &a, e);
}
