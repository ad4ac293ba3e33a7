/* SPDX-License-Identifier: Apache-2.0 */
/* bunny: from argv to one command. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bunny/cmd.h"
#include "common/fd.h"
#include "common/json.h"

static int usage_error(struct err *e, const struct bunny_command *cmd)
{
	const struct err wrong = *e;

	return err_set(e, wrong.code, "%s (see 'bunny %s%s--help')", wrong.msg, cmd ? cmd->name : "",
		       cmd ? " " : "");
}

static int check_count(const struct bunny_command *cmd, size_t n, struct err *e)
{
	if (n < (size_t)cmd->min_args || (cmd->max_args >= 0 && n > (size_t)cmd->max_args))
		return err_set(e, EINVAL, "%s takes %s%s, not %zu words", cmd->name,
			       *cmd->args ? "" : "no words", cmd->args, n);
	return 0;
}

static bool wants_help(const struct strs *words)
{
	for (size_t i = 0; i < words->n && !streq(words->v[i], "--"); i++) {
		if (streq(words->v[i], "--help") || streq(words->v[i], "-h") || streq(words->v[i], "-help"))
			return true;
	}
	return false;
}

static int run(struct bunny *b, const struct bunny_command *cmd, const struct strs *words, struct err *e)
{
	struct strbuf help = STRBUF(b->a);
	struct strs args;
	size_t used;
	void *opts;
	int r;

	if (wants_help(words)) {
		bunny_command_help(cmd, &help);
		return bunny_print(&help, e);
	}
	opts = arena_alloc(b->a, cmd->opts_bytes);
	if (!opts)
		return err_oom(e);
	r = opts_parse(cmd->opts, 0, words->v, words->n, opts, b->a, &args, &used, e);
	if (r == 0)
		r = check_count(cmd, args.n, e);
	return r < 0 ? usage_error(e, cmd) : cmd->run(b, opts, &args, e);
}

static int read_epoch(struct bunny *b, struct err *e)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	uint64_t v = 0;

	if (s && !str_u64(s, 0, UINT32_MAX, &v))
		return err_set(e, EINVAL,
			       "SOURCE_DATE_EPOCH is '%.64s': whole seconds since 1970 are allowed", s);
	b->epoch = (int64_t)v;
	return 0;
}

static int print_version(struct bunny *b, struct err *e)
{
	struct strbuf out = STRBUF(b->a);

	sb_add(&out, "bunny version " URUNC_VERSION "\n");
	return bunny_print(&out, e);
}

/* Is it bunny --LLB -f FILE, which names no command? In Go's manner one dash will do. */
static bool wants_llb(const struct strs *words)
{
	for (size_t i = 0; i < words->n && words->v[0][0] == '-'; i++) {
		if (streq(words->v[i], "--LLB") || streq(words->v[i], "-LLB"))
			return true;
	}
	return false;
}

static int dispatch(struct bunny *b, const struct strs *words, struct err *e)
{
	static const char *const version[] = {"-v", "--version", "-version", "version", NULL};
	const char *word = words->n ? words->v[0] : "help";
	const struct bunny_command *cmd;
	struct strbuf help = STRBUF(b->a);

	for (size_t i = 0; version[i]; i++) {
		if (streq(word, version[i]))
			return print_version(b, e);
	}
	if (wants_llb(words))
		return run(b, &cmd_llb, words, e);
	/* BuildKit starts the program of a frontend's image without a word. */
	cmd = words->n == 0 && getenv("BUILDKIT_SESSION_ID") ? &cmd_frontend : bunny_command_find(word);
	if (cmd && words->n == 0)
		return run(b, cmd, words, e);
	if (cmd)
		return run(b, cmd, &(struct strs){words->v + 1, words->n - 1}, e);
	if (!streq(word, "help") && !wants_help(words)) {
		err_set(e, EINVAL, "unknown command '%.64s'", word);
		return usage_error(e, NULL);
	}
	cmd = words->n > 1 ? bunny_command_find(words->v[1]) : NULL;
	if (cmd)
		bunny_command_help(cmd, &help);
	else
		bunny_help(&help);
	return bunny_print(&help, e);
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "bunny";
}

int main(int argc, char **argv)
{
	static struct arena arena;
	struct bunny b = {.a = &arena, .name = base_name(argv[0])};
	struct strs words = {(const char **)argv + 1, argc > 0 ? (size_t)argc - 1 : 0};
	struct err e = {0};
	int r = fd_sanitize_stdio(&e);

	/* A reader that goes away is an error to tell, and children are waited for. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	json_use_arena(&arena);
	report_begin(&b.report, false, false);
	if (r == 0)
		r = read_epoch(&b, &e);
	if (r == 0)
		r = dispatch(&b, &words, &e);
	if (r >= 0) {
		report_done(&b.report);
		return r;
	}
	report_fail(&b.report, e.msg);
	return 1;
}
