/* SPDX-License-Identifier: Apache-2.0 */
/* The start helper: finds the shim of the pod, or becomes the parent of a new one. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "runtime/spawn.h"
#include "shim/address.h"
#include "shim/args.h"
#include "shim/bootstrap.h"
#include "shim/bundle.h"
#include "shim/daemon.h"
#include "shim/modes.h"
#include "shim/options.h"
#include "shim/place.h"

#define STDIN_MAX_BYTES (10u << 20)

int modes_stdin(struct arena *a, struct bytes *ret, struct err *e)
{
	return read_all(STDIN_FILENO, STDIN_MAX_BYTES, a, ret, "standard input", e);
}

static const char *first(const char *a, const char *b, const char *c)
{
	return a && *a ? a : b && *b ? b : c && *c ? c : "";
}

/* What the shim will need of all this, in memory of its own: the rest goes. */
static int collect(const struct args *args, const struct bootstrap *b, const char *path, struct arena *a,
		   struct daemon_setup *ret)
{
	*ret = (struct daemon_setup){
		.ns = arena_strdup(a, args->ns),
		.grpc_address = arena_strdup(a, first(args->address, b->grpc_address, getenv("GRPC_ADDRESS"))),
		.ttrpc_address = arena_strdup(a, first(b->ttrpc_address, getenv("TTRPC_ADDRESS"), "")),
		.publish_binary = arena_strdup(a, first(args->publish_binary, b->program, "")),
		.socket_path = arena_strdup(a, path),
		.debug = b->debug,
	};
	return ret->ns && ret->grpc_address && ret->ttrpc_address && ret->publish_binary && ret->socket_path;
}

/* Before anything of the new shim can be connected to: it is what the engine believes it to be from its first moment. */
static int settle(pid_t pid, const struct bootstrap *b, const struct args *args, struct err *e)
{
	struct cli options = {0};
	int r;

	place_oom_score(pid);
	r = options_read(b->options, args->ns, ".", &options, e);
	if (r == 0 && options.shim_cgroup)
		r = place_cgroup(pid, options.shim_cgroup, e);
	cli_done(&options);
	return r;
}

static int spawn(struct daemon_setup *setup, const struct bootstrap *b, const struct args *args,
		 struct arena *a, pid_t *ret_pid, struct err *e)
{
	pid_t pid;

	place_core_cookie();
	pid = spawn_clone(0, -1, NULL);
	if (pid < 0)
		return err_sys(e, "cannot make a process");
	if (pid == 0) {
		arena_release(a);
		daemon_main(setup);
	}
	*ret_pid = pid;
	return settle(pid, b, args, e);
}

static int answer(const struct bootstrap *b, const char *path, struct arena *a, struct err *e)
{
	const char *address = arena_printf(a, "unix://%s", path);
	struct bytes text = {0};
	int r;

	if (!address)
		return err_oom(e);
	/* What containerd 1 looks for when it starts again. */
	r = file_write_atomic(AT_FDCWD, "address", 0644, address, strlen(address), e);
	if (r == 0)
		r = bootstrap_answer(b, address, a, &text, e);
	if (r < 0)
		return r;
	r = write_all(STDOUT_FILENO, text.p, text.n);
	return r < 0 ? err_set(e, -r, "cannot write the answer") : 0;
}

int mode_start(const struct args *args, struct err *e)
{
	static struct arena scratch, kept;
	struct daemon_setup setup;
	struct bytes input = {0};
	struct bootstrap b = {0};
	const char *group = NULL, *path = NULL;
	pid_t pid = 0;
	int fd = -1, r;

	if (!*args->id)
		return err_set(e, EINVAL, "the id of a container is missing (-id)");
	r = modes_stdin(&scratch, &input, e);
	if (r == 0)
		r = bootstrap_read(input, args, &scratch, &b, e);
	if (r == 0)
		r = bundle_group(".", &scratch, &group, e);
	if (r == 0)
		r = address_path(b.socket_dir, first(args->address, b.grpc_address, getenv("GRPC_ADDRESS")),
				 args->ns, group ? group : args->id, &scratch, &path, e);
	if (r == 0)
		r = address_listen(path, &fd, e);
	if (r < 0)
		return r;
	if (fd >= 0) {
		if (!collect(args, &b, path, &kept, &setup))
			r = err_oom(e);
		setup.listener = fd;
		if (r == 0)
			r = spawn(&setup, &b, args, &scratch, &pid, e);
	}
	if (r == 0)
		r = answer(&b, path, &scratch, e);
	/* Nobody would ever find it. */
	if (r < 0 && pid > 0)
		kill(pid, SIGKILL);
	if (r < 0 && fd >= 0)
		unlink(path);
	return r;
}
