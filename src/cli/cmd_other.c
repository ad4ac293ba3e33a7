/* SPDX-License-Identifier: Apache-2.0 */
/* Commands which a unikernel cannot follow, or not yet. They know their options, because a delegate's container gets
 * them. */
#include <errno.h>

#include "cli/cli.h"
#include "config/config.h"

struct other_opts {
	const char *value;
	bool flag;
};

/* Only where the container's id stands has to be known: the options which take a value. */
#define VALUE(name_, letter_)                                                                                \
	{                                                                                                    \
		name_, letter_, OPT_STR, offsetof(struct other_opts, value), NULL, NULL                      \
	}

static const struct opt exec_opts[] = {
	VALUE("console-socket", 0),
	VALUE("cwd", 0),
	VALUE("env", 'e'),
	VALUE("user", 'u'),
	VALUE("additional-gids", 'g'),
	VALUE("process", 'p'),
	VALUE("pid-file", 0),
	VALUE("process-label", 0),
	VALUE("apparmor", 0),
	VALUE("cap", 'c'),
	VALUE("preserve-fds", 0),
	VALUE("cgroup", 0),
	VALUE("pidfd-socket", 0),
};
static const struct opt snapshot_opts[] = {
	VALUE("image-path", 0), VALUE("work-path", 0),   VALUE("parent-path", 0),
	VALUE("status-fd", 0),  VALUE("page-server", 0), VALUE("manage-cgroups-mode", 0),
	VALUE("empty-ns", 0),   VALUE("bundle", 'b'),    VALUE("console-socket", 0),
	VALUE("pid-file", 0),   VALUE("lsm-profile", 0), VALUE("lsm-mount-context", 0),
};

/* The error for a container of ours; -EREMOTE for a delegate's. */
static int refuse(struct cli *c, const char *id, const char *what, struct err *e)
{
	_cleanup_container_ struct container found = CONTAINER_NULL;
	int r = container_get(&c->rt, id, 0, &found, e);

	return r < 0 ? r : err_set(e, ENOTSUP, "%s", what);
}

static int run_exec(struct cli *c, const void *opts, const struct strs *args, struct err *e)
{
	(void)opts;
	return refuse(c, args->v[0],
		      "exec is not supported: the container is a virtual machine without an agent that "
		      "could start another program",
		      e);
}

static int run_checkpoint(struct cli *c, const void *opts, const struct strs *args, struct err *e)
{
	(void)opts;
	return refuse(c, args->v[0], "checkpoint is not supported for virtual machines", e);
}

/* Whatever is restored was checkpointed by a delegate. */
static int run_restore(struct cli *c, const void *opts, const struct strs *args, struct err *e)
{
	struct config config;
	int r;

	(void)opts;
	(void)args;
	r = config_load(NULL, c->rt.arena, &config, e);
	return r < 0 ? r : delegate_exec(&c->call, OWNER_NONE, config.delegate, c->rt.arena, e);
}

#define OTHER(name_, args_, summary_, opts_, max_, run_)                                                     \
	const struct command cmd_##name_ = {                                                                 \
		.name = #name_,                                                                              \
		.args = (args_),                                                                             \
		.summary = (summary_),                                                                       \
		.opts = {opts_, sizeof(opts_) / sizeof((opts_)[0])},                                         \
		.opts_bytes = sizeof(struct other_opts),                                                     \
		.min_args = 1,                                                                               \
		.max_args = (max_),                                                                          \
		.flags = CMD_LENIENT | ((max_) < 0 ? CMD_STOP_AT_WORD : 0) | CMD_HIDDEN,                     \
		.run = run_,                                                                                 \
	}

OTHER(exec, "<container-id> <command>", "run another program (delegated containers only)", exec_opts, -1,
      run_exec);
OTHER(checkpoint, "<container-id>", "save a container (delegated containers only)", snapshot_opts, 1,
      run_checkpoint);
OTHER(restore, "<container-id>", "restore a container (delegated containers only)", snapshot_opts, 1,
      run_restore);
