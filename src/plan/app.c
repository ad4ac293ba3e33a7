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
	app->cwd = s->cwd != NULL ? s->cwd : "/";
	app->uid = s->uid;
	app->gid = s->gid;
	app->groups = s->groups;
	app->hostname = s->hostname;
	app->terminal = s->terminal;
	app->has_umask = s->has_umask;
	app->umask = s->umask;
	app->init = init_kind(b, &app->args);
	app->root = b->w->meta.initrd != NULL ? ROOT_INITRD : ROOT_NONE;
	app->console = b->w->monitor->consoles[b->f->host.arch];
	if (app->init == INIT_URUNIT) {
		app->urunit_host_path = b->f->host.urunit_path;
		app->urunit_host_bytes = b->f->host.urunit_bytes;
	}
	return copy_rlimits(s, app, b->a, e);
}
