/* SPDX-License-Identifier: Apache-2.0 */
/* What runs inside the guest: arguments, environment, user, limits, and who is process 1 there. */
#include <string.h>

#include "common/words.h"
#include "plan/internal.h"

#define BLANKS " \t\r\n\v\f"

static int split_words(struct arena *a, const char *s, struct strs *ret, struct err *e)
{
	struct strv l = STRV(a);

	while (s != NULL && *(s += strspn(s, BLANKS)) != '\0') {
		size_t n = strcspn(s, BLANKS);

		strv_add(&l, arena_strndup(a, s, n));
		s += n;
	}
	return strv_done(&l, ret, e);
}

/* Words that were cut at blanks, from `from` on, by their quotes into arguments. With `whole` a single word with quotes
 * around it may have been meant so, and keeps them. */
static int group_words(struct build *b, const struct strs *words, size_t from, bool whole, struct strs *ret,
		       struct err *e)
{
	struct strv l = STRV(b->a);

	for (size_t i = 0; i < words->n;) {
		enum words_kind kind = WORDS_PLAIN;
		const char *const *at = words->v + i;
		size_t n = i < from ? 1 : words_group(at, words->n - i, &kind);
		char *arg = arena_alloc(b->a, words_bytes(at, n));

		if (arg == NULL)
			return err_oom(e);
		if (whole && n == 1)
			kind = WORDS_PLAIN;
		words_join(at, n, kind, arg);
		strv_add(&l, arg);
		if (kind == WORDS_OPEN)
			strv_addf(&b->warnings,
				  KEY_PREFIX
				  "cmdline: the quote before '%.64s' is never closed: all the rest is one "
				  "argument",
				  words->v[i] + 1);
		i += n;
	}
	return strv_done(&l, ret, e);
}

/* Does the cmdline key have these words, and nothing else than one blank between them? */
static bool is_cut_of(const struct strs *args, size_t from, const char *cmdline)
{
	for (size_t i = from; i < args->n; i++) {
		size_t n = strlen(args->v[i]);

		if (strncmp(cmdline, args->v[i], n) != 0 || strpbrk(args->v[i], BLANKS) != NULL)
			return false;
		cmdline += n;
		if (i + 1 < args->n && *cmdline++ != ' ')
			return false;
	}
	return *cmdline == '\0';
}

/* Where in the arguments a cmdline key begins that somebody cut at its blanks to make a command; their number if nowhere. */
static size_t find_cut(const struct strs *args, const char *cmdline)
{
	size_t from = 0;

	while (cmdline != NULL && from < args->n && !is_cut_of(args, from, cmdline))
		from++;
	return cmdline != NULL ? from : args->n;
}

/* An engine starts nothing without a command. These are put there by the documents and builders of the original to have one:
 * the word "unikernel", the kernel's path, the init without what it is to start. */
static bool says_nothing(const struct strs *args, const struct plan_wants *w)
{
	const struct metadata *m = &w->meta;
	const char *word = args->n > 0 ? args->v[0] : "";
	size_t n = strlen(word);

	if (m->cmdline == NULL || m->cmdline[strspn(m->cmdline, BLANKS)] == '\0')
		return w->guest->bare_args && args->n == 1 && streq(word, "unikernel");
	if (args->n == 0)
		return true;
	return args->n == 1 &&
	       (streq(word, "unikernel") || streq(word, m->binary) ||
		(strstr(word, "urunit") != NULL && str_starts(m->cmdline, word) && m->cmdline[n] == ' '));
}

/* The container's own arguments, unless they say nothing and the cmdline key does. A command that was cut out of that key
 * is put together again: its quotes were meant for whoever starts the program. */
static int find_args(struct build *b, struct strs *ret, struct err *e)
{
	const struct strs *args = &b->f->spec.args;
	const char *cmdline = b->w->meta.cmdline;
	size_t from;
	int r;

	*ret = *args;
	if (says_nothing(args, b->w)) {
		r = split_words(b->a, cmdline, ret, e);
		return r < 0 ? r : group_words(b, ret, 0, false, ret, e);
	}
	from = find_cut(args, cmdline);
	return from < args->n ? group_words(b, args, from, true, ret, e) : 0;
}

static int init_kind(const struct build *b, const struct strs *args)
{
	if (!b->w->guest->urunit || args->n == 0 || strstr(args->v[0], "urunit") == NULL)
		return INIT_APP;
	if (b->f->host.urunit_path != NULL && b->f->config.replace_urunit)
		return INIT_URUNIT;
	return INIT_URUNIT_COMPAT;
}

/* Without our program on the host all seems well until a signal or a status is missed. */
static void warn_compat(struct build *b)
{
	if (b->p->app.init == INIT_URUNIT_COMPAT && b->f->config.replace_urunit)
		strv_add(&b->warnings,
			 "our urunit was not found on this host: the image's own is the guest's init, and the "
			 "application's exit status and signals get lost; install it beside urunc, name it in "
			 "[runtime] urunit_path, or set replace_urunit = false");
}

static int copy_rlimits(const struct oci_spec *s, struct app_desc *app, struct arena *a, struct err *e)
{
	app->rlimits.v = arena_array(a, s->rlimits.n, sizeof(*app->rlimits.v));
	if (app->rlimits.v == NULL)
		return err_oom(e);
	app->rlimits.n = s->rlimits.n;
	for (size_t i = 0; i < s->rlimits.n; i++)
		app->rlimits.v[i] = (struct rlimit_value){s->rlimits.v[i].type, s->rlimits.v[i].soft,
							  s->rlimits.v[i].hard};
	return 0;
}

/* Every engine sets these, and nobody misses them. */
static bool is_usual(const char *env)
{
	static const char *const usual[] = {"PATH=", "HOSTNAME=", "TERM=", "HOME=", "container="};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (str_starts(env, usual[i]))
			return true;
	return false;
}

/* Some guests have no way to be told arguments or environment. Of a variable only the name is shown: the value may be a
 * secret. */
static void warn_untold(struct build *b)
{
	const struct guest_ops *g = b->w->guest;
	const struct app_desc *app = &b->p->app;
	const char *first = NULL;
	size_t n = 0;

	if (g->no_args && app->args.n > 0)
		strv_addf(&b->warnings, "process.args is left out: guest '%s' takes no arguments", g->name);
	for (size_t i = 0; g->no_env && i < app->env.n; i++) {
		if (is_usual(app->env.v[i]))
			continue;
		if (first == NULL)
			first = app->env.v[i];
		n++;
	}
	if (first != NULL)
		strv_addf(&b->warnings,
			  "process.env is left out (%zu variables, the first one is %.*s): guest '%s' takes no "
			  "environment",
			  n, (int)strcspn(first, "="), first, g->name);
}

int app_fill(struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;
	struct app_desc *app = &b->p->app;
	int r;

	r = find_args(b, &app->args, e);
	if (r < 0)
		return r;
	app->env = s->env;
	warn_untold(b);
	app->cwd = s->cwd != NULL ? s->cwd : "/";
	app->uid = s->uid;
	app->gid = s->gid;
	app->groups = s->groups;
	app->hostname = s->hostname;
	app->terminal = s->terminal;
	app->has_umask = s->has_umask;
	app->umask = s->umask;
	app->init = init_kind(b, &app->args);
	warn_compat(b);
	app->version = b->w->meta.version;
	app->solo5_net = b->w->meta.solo5_net;
	app->solo5_block = b->w->meta.solo5_block;
	app->console = b->w->monitor->consoles[b->f->host.arch];
	if (app->init == INIT_URUNIT) {
		app->urunit_host_path = b->f->host.urunit_path;
		app->urunit_host_bytes = b->f->host.urunit_bytes;
	}
	if (b->w->guest->warn != NULL)
		b->w->guest->warn(app, &b->warnings);
	return copy_rlimits(s, app, b->a, e);
}
