/* SPDX-License-Identifier: Apache-2.0 */
/* urunc create */
#include "cli/cmd_create.h"

#include <errno.h>

static const struct opt opts[] = {CREATE_OPTS};

int create_opts_fill(struct cli *c, const struct cmd_create_opts *o, const char *id, struct create_opts *ret,
		     struct err *e)
{
	struct create_opts f = {.id = id, .no_new_keyring = o->no_new_keyring};
	uint64_t n;

	if (o->preserve_fds && !str_u64(o->preserve_fds, 0, 1u << 20, &n))
		return err_set(e, EINVAL, "invalid value \"%s\" for flag -preserve-fds: a number is allowed",
			       o->preserve_fds);
	if (cli_abs(c, o->bundle && *o->bundle ? o->bundle : ".", &f.bundle, e) < 0 ||
	    cli_abs(c, o->pid_file, &f.pid_file, e) < 0 ||
	    cli_abs(c, o->console_socket, &f.console_socket, e) < 0 ||
	    cli_abs(c, o->pidfd_socket, &f.pidfd_socket, e) < 0)
		return -e->code;
	*ret = f;
	return 0;
}

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	const char *delegate = NULL;
	struct create_opts create;
	struct created created;
	int r = create_opts_fill(c, o, args->v[0], &create, e);

	if (r < 0)
		return r;
	r = runtime_create(&c->rt, &create, &created, &delegate, e);
	return r == 1 ? delegate_exec(&c->call, OWNER_NONE, delegate, c->rt.arena, e) : r;
}

const struct command cmd_create = {
	.name = "create",
	.args = "<container-id>",
	.summary = "create a container",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct cmd_create_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
