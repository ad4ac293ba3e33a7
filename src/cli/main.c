/* SPDX-License-Identifier: Apache-2.0 */
/* urunc: from argv to one call of the runtime. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/globals.h"
#include "common/fd.h"
#include "common/log.h"
#include "config/config.h"
#include "runtime/features.h"

/* A wrong call: what is wrong, and where to look. */
static int usage_error(struct err *e, const struct command *cmd)
{
	const struct err wrong = *e;

	return err_set(e, wrong.code, "%s (see 'urunc %s%s--help')", wrong.msg, cmd ? cmd->name : "",
		       cmd ? " " : "");
}

static int check_count(const struct command *cmd, size_t n, struct err *e)
{
	if (cmd->min_args == cmd->max_args && n != (size_t)cmd->min_args)
		return err_set(e, EINVAL, "urunc: \"%s\" requires exactly %d argument(s)", cmd->name,
			       cmd->min_args);
	if (n < (size_t)cmd->min_args)
		return err_set(e, EINVAL, "urunc: \"%s\" requires a minimum of %d argument(s)", cmd->name,
			       cmd->min_args);
	if (cmd->max_args >= 0 && n > (size_t)cmd->max_args)
		return err_set(e, EINVAL, "urunc: \"%s\" requires a maximum of %d argument(s)", cmd->name,
			       cmd->max_args);
	return 0;
}

/* Where options end at the first word, what comes after it is another program's. */
static bool wants_help(const struct strs *words, bool stop_at_word)
{
	for (size_t i = 0; i < words->n && !streq(words->v[i], "--"); i++) {
		if (streq(words->v[i], "--help") || streq(words->v[i], "-h") || streq(words->v[i], "-help"))
			return true;
		if (stop_at_word && words->v[i][0] != '-')
			return false;
	}
	return false;
}

/* The container turned out to be a delegate's. */
static int hand_over(struct cli *c, const char *id, struct err *e)
{
	_cleanup_container_ struct container found = CONTAINER_NULL;
	struct config config;
	int r;

	r = container_open(&c->rt, id, 0, &found, e);
	if (r < 0)
		return r;
	r = config_load(NULL, c->rt.arena, &config, e);
	if (r < 0)
		return r;
	return delegate_exec(&c->call, found.owner, config.delegate, c->rt.arena, e);
}

static int run_command(struct cli *c, const struct command *cmd, struct err *e)
{
	const struct strs words = {c->call.words.v + 1, c->call.words.n - 1};
	struct strbuf help = STRBUF(c->rt.arena);
	struct strs args;
	size_t used;
	void *opts;
	int r;

	if (wants_help(&words, cmd->flags & CMD_STOP_AT_WORD)) {
		help_command(cmd, &help);
		return cli_print(&help, e);
	}
	opts = arena_alloc(c->rt.arena, cmd->opts_bytes);
	if (!opts)
		return err_oom(e);
	r = opts_parse(cmd->opts, cmd->flags & (OPTS_STOP_AT_WORD | OPTS_LENIENT), words.v, words.n, opts,
		       c->rt.arena, &args, &used, e);
	if (r < 0)
		return usage_error(e, cmd);
	if (cmd->flags & CMD_STOP_AT_WORD)
		args = (struct strs){words.v + used, words.n - used};
	r = check_count(cmd, args.n, e);
	if (r < 0)
		return usage_error(e, cmd);
	r = cmd->run(c, opts, &args, e);
	return r == -EREMOTE ? hand_over(c, args.v[0], e) : r;
}

static int print_version(struct arena *a, struct err *e)
{
	struct strbuf out = STRBUF(a);

	sb_add(&out, "urunc version " URUNC_VERSION "\nspec: " SPEC_VERSION_MAX "\n");
	return cli_print(&out, e);
}

static int print_help(struct cli *c, const struct strs *words, struct err *e)
{
	struct strbuf out = STRBUF(c->rt.arena);
	const struct command *cmd = words->n > 1 ? command_find(words->v[1]) : NULL;

	if (cmd)
		help_command(cmd, &out);
	else
		help_global(globals_table, &out);
	return cli_print(&out, e);
}

static int dispatch(struct cli *c, const struct globals *g, struct err *e)
{
	const struct strs *words = &c->call.words;
	const struct command *cmd;

	if (g->version)
		return print_version(c->rt.arena, e);
	if (g->help || words->n == 0 || streq(words->v[0], "help") || streq(words->v[0], "h"))
		return print_help(c, words, e);
	cmd = command_find(words->v[0]);
	if (!cmd) {
		err_set(e, EINVAL, "unknown command '%.64s'", words->v[0]);
		return usage_error(e, NULL);
	}
	return run_command(c, cmd, e);
}

int main(int argc, char **argv)
{
	static struct arena arena;
	struct cli c = {.rt = {.arena = &arena}};
	struct globals g = {0};
	struct err e = {0};
	int r;

	r = fd_sanitize_stdio(&e);
	if (r < 0) {
		cli_fail(&e);
		return 1;
	}
	/* Inherited as "ignore" it would make the kernel reap our children before we can. */
	signal(SIGCHLD, SIG_DFL);
	r = globals_read(&c, (const char *const *)argv + 1, argc > 0 ? (size_t)argc - 1 : 0, &g, &e);
	if (r < 0)
		r = usage_error(&e, NULL);
	else
		r = globals_apply(&c, &g, &e);
	if (r == 0)
		r = dispatch(&c, &g, &e);
	if (r >= 0)
		return r;
	cli_fail(&e);
	return 1;
}
