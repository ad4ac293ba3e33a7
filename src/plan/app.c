/* SPDX-License-Identifier: Apache-2.0 */
/* What runs inside the guest: arguments, environment, user, limits, and who is process 1 there. */
#include <string.h>

#include "plan/internal.h"

/* Words of the cmdline key, which counts only where the engine gave no arguments. */
static int split_words(struct arena *a, const char *s, struct strs *ret, struct err *e)
{
	static const char blanks[] = " \t\r\n\v\f";
	struct strv l = STRV(a);

	while (s != NULL && *(s += strspn(s, blanks)) != '\0') {
		size_t n = strcspn(s, blanks);

		strv_add(&l, arena_strndup(a, s, n));
		s += n;
	}
	return strv_done(&l, ret, e);
}

static int init_kind(const struct build *b, const struct strs *args)
{
	if (!b->w->guest->urunit || args->n == 0 || strstr(args->v[0], "urunit") == NULL)
		return INIT_APP;
	if (b->f->host.urunit_path != NULL && b->f->config.replace_urunit)
		return INIT_URUNIT;
	return INIT_URUNIT_COMPAT;
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

	app->args = s->args;
	if (s->args.n == 0) {
		r = split_words(b->a, b->w->meta.cmdline, &app->args, e);
		if (r < 0)
			return r;
	}
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
