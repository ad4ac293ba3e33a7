/* SPDX-License-Identifier: Apache-2.0 */
/* Command line options, described by tables. */
#include "common/opts.h"

#include <errno.h>
#include <string.h>

/* One word as name and value. */
struct word {
	const char *name;
	size_t name_len;
	const char *value; /* after '=', NULL if there is none */
};

static struct word split(const char *s)
{
	struct word w = {.name = s + (s[1] == '-' ? 2 : 1)};

	w.name_len = strcspn(w.name, "=");
	w.value = w.name[w.name_len] ? w.name + w.name_len + 1 : NULL;
	return w;
}

static const struct opt *find(struct opt_table t, const struct word *w)
{
	for (size_t i = 0; i < t.n; i++) {
		const struct opt *o = &t.v[i];

		if (strlen(o->name) == w->name_len && memcmp(o->name, w->name, w->name_len) == 0)
			return o;
		if (o->letter && w->name_len == 1 && w->name[0] == o->letter)
			return o;
	}
	return NULL;
}

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (streq(s, *list))
			return true;
	return false;
}

static int set_bool(const struct opt *o, const char *value, void *target, struct err *e)
{
	static const char *const yes[] = {"true", "1", "t", "T", "TRUE", "True", NULL};
	static const char *const no[] = {"false", "0", "f", "F", "FALSE", "False", NULL};
	bool *to = (bool *)((char *)target + o->off);

	if (!value || is_one_of(value, yes))
		*to = true;
	else if (is_one_of(value, no))
		*to = false;
	else
		return err_set(e, EINVAL, "invalid value \"%s\" for flag -%s: true or false is allowed",
			       value, o->name);
	return 0;
}

/* Consumes the next word if the option wants it; *used counts it. */
static int set_option(const struct opt *o, const struct word *w, const char *next, void *target, size_t *used,
		      struct arena *a, struct err *e)
{
	static const char *const tristate[] = {"true", "false", "auto", NULL};
	const char **to = (const char **)((char *)target + o->off);
	const char *value = w->value;

	if (o->kind == OPT_BOOL)
		return set_bool(o, value, target, e);
	if (o->kind == OPT_TRISTATE && !value && !(next && is_one_of(next, tristate))) {
		*to = "true";
		return 0;
	}
	if (!value) {
		if (!next)
			return err_set(e, EINVAL, "flag needs an argument: -%s", o->name);
		value = next;
		++*used;
	}
	if (o->kind == OPT_LIST) {
		struct strv *list = (struct strv *)(void *)to;

		list->a = a;
		strv_add(list, value);
		return list->oom ? err_oom(e) : 0;
	}
	*to = value;
	return 0;
}

int opts_parse(struct opt_table t, unsigned flags, const char *const *words, size_t n, void *target,
	       struct arena *a, struct strs *ret_rest, size_t *ret_used, struct err *e)
{
	const char **rest = arena_array(a, n + 1, sizeof(*rest));
	size_t nrest = 0, i = 0;
	bool ended = false;

	if (!rest)
		return err_oom(e);
	while (i < n) {
		const char *s = words[i];
		const struct opt *o;
		struct word w;
		int r;

		if (ended || s[0] != '-' || s[1] == '\0') {
			if (flags & OPTS_STOP_AT_WORD)
				break;
			rest[nrest++] = s;
			i++;
			continue;
		}
		i++;
		if (streq(s, "--")) {
			ended = true;
			continue;
		}
		w = split(s);
		o = find(t, &w);
		if (!o && flags & OPTS_LENIENT)
			continue;
		if (!o)
			return err_set(e, EINVAL, "flag provided but not defined: -%.*s", (int)w.name_len,
				       w.name);
		r = set_option(o, &w, i < n ? words[i] : NULL, target, &i, a, e);
		if (r < 0)
			return r;
	}
	*ret_rest = (struct strs){rest, nrest};
	*ret_used = i;
	return 0;
}

void opts_help(struct opt_table t, struct strbuf *out)
{
	for (size_t i = 0; i < t.n; i++) {
		const struct opt *o = &t.v[i];
		size_t before = out->len;

		if (!o->help)
			continue;
		sb_addf(out, "   --%s", o->name);
		if (o->letter)
			sb_addf(out, ", -%c", o->letter);
		if (o->arg)
			sb_addf(out, " %s", o->arg);
		while (!out->oom && out->len - before < 32)
			sb_addc(out, ' ');
		sb_addf(out, " %s\n", o->help);
	}
}
