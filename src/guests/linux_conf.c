/* SPDX-License-Identifier: Apache-2.0 */
/* urunit's configuration, in our form and in the original's. */
#include "guests/linux_conf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static void put(struct strbuf *out, const char *key, const char *value)
{
	sb_addf(out, "%s %zu\n", key, strlen(value));
	sb_add(out, value);
	sb_addc(out, '\n');
}

static void putf(struct strbuf *out, const char *key, const char *fmt, ...) _printf_(3, 4);
static void putf(struct strbuf *out, const char *key, const char *fmt, ...)
{
	const char *s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(out->a, fmt, ap);
	va_end(ap);
	if (s == NULL)
		out->oom = true;
	else
		put(out, key, s);
}

static void put_limits(const struct app_desc *app, struct strbuf *out)
{
	for (size_t i = 0; i < app->rlimits.n; i++) {
		const struct rlimit_value *l = &app->rlimits.v[i];

		putf(out, "rlimit", "%s %llu %llu", str_starts(l->type, "RLIMIT_") ? l->type + 7 : l->type,
		     (unsigned long long)l->soft, (unsigned long long)l->hard);
	}
}

void linux_conf_exact(const struct app_desc *app, bool ctl, struct strbuf *out)
{
	sb_add(out, "URS\n");
	if (ctl)
		put(out, "ctl", "1");
	if (app->hostname != NULL)
		put(out, "hostname", app->hostname);
	if (app->terminal)
		put(out, "terminal", "1");
	putf(out, "uid", "%u", app->uid);
	putf(out, "gid", "%u", app->gid);
	for (size_t i = 0; i < app->groups.n; i++)
		putf(out, "group", "%u", app->groups.v[i]);
	if (app->has_umask)
		putf(out, "umask", "%o", app->umask);
	put_limits(app, out);
	put(out, "cwd", app->cwd);
	for (size_t i = 0; i < app->env.n; i++)
		put(out, "env", app->env.v[i]);
	/* The first argument is urunit itself. */
	for (size_t i = 1; i < app->args.n; i++)
		put(out, "arg", app->args.v[i]);
	sb_add(out, "URE\n");
}

/* A line of its own: no line break inside, and not the marker that ends the section. */
static int put_line(struct strbuf *out, const char *what, const char *line, const char *end, struct err *e)
{
	if (strpbrk(line, "\r\n") != NULL || streq(line, end))
		return err_set(e, EINVAL,
			       "%s has a line break or is '%s', which the image's own urunit cannot be told (set [runtime] "
			       "replace_urunit = true to use urunc's)",
			       what, end);
	sb_addf(out, "%s\n", line);
	return 0;
}

int linux_conf_text(const struct app_desc *app, struct strbuf *out, struct err *e)
{
	char what[40];
	struct strbuf name = {.p = what, .cap = sizeof(what)};
	int r;

	sb_add(out, "UES\n");
	for (size_t i = 0; i < app->env.n; i++) {
		name.len = 0;
		sb_addf(&name, "process.env[%zu]", i);
		r = put_line(out, what, app->env.v[i], "UEE", e);
		if (r < 0)
			return r;
	}
	sb_addf(out, "UEE\nUCS\nUID:%u\nGID:%u\nWD:", app->uid, app->gid);
	r = put_line(out, "process.cwd", app->cwd, "UCE", e);
	if (r < 0)
		return r;
	sb_add(out, "UCE\nUBS\nUBE\n");
	return 0;
}
