/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: process and hooks, that is, everything that runs. */
#include <errno.h>
#include <string.h>

#include "oci/spec_reader.h"

/* A program's environment: KEY=VALUE each, bounded because it all ends up in one block of the guest. */
static int check_env(const struct strs *env, const char *where, struct err *e)
{
	size_t bytes = 0;

	if (env->n > SPEC_MAX_ENV)
		return err_set(e, EINVAL, "%s has %zu entries, at most %d are allowed", where, env->n,
			       SPEC_MAX_ENV);
	for (size_t i = 0; i < env->n; i++) {
		const char *eq = strchr(env->v[i], '=');

		if (!eq || eq == env->v[i])
			return err_set(e, EINVAL, "%s[%zu] is '%s', it must be NAME=VALUE", where, i,
				       env->v[i]);
		bytes += strlen(env->v[i]) + 1;
	}
	if (bytes > SPEC_MAX_ENV_BYTES)
		return err_set(e, EINVAL, "%s has %zu bytes, at most %u are allowed", where, bytes,
			       SPEC_MAX_ENV_BYTES);
	return 0;
}

static int read_groups(struct spec_reader *in, const json_t *user, struct err *e)
{
	static const char where[] = "process.user.additionalGids";
	const json_t *arr = NULL;
	uint32_t *v;
	size_t n;
	int r;

	r = json_get_arr(user, "process.user", "additionalGids", &arr, e);
	n = json_array_size(arr);
	if (r < 0 || !n)
		return r;
	if (n > SPEC_MAX_GROUPS)
		return err_set(e, EINVAL, "%s has %zu entries, at most %d are allowed", where, n,
			       SPEC_MAX_GROUPS);
	v = arena_array(in->a, n, sizeof(*v));
	if (!v)
		return err_oom(e);
	for (size_t i = 0; i < n; i++) {
		const json_t *g = json_array_get(arr, i);

		if (!json_is_integer(g) || json_integer_value(g) < 0 || json_integer_value(g) > ID_MAX)
			return err_set(e, EINVAL, "%s[%zu] must be an integer from 0 to %lld", where, i,
				       (long long)ID_MAX);
		v[i] = (uint32_t)json_integer_value(g);
	}
	in->spec->groups = (struct u32s){v, n};
	return 0;
}

static int read_user(struct spec_reader *in, const json_t *process, struct err *e)
{
	struct oci_spec *s = in->spec;
	const json_t *o = NULL;
	int64_t mask = -1;
	int r;

	r = json_get_obj(process, "process", "user", &o, e);
	if (r < 0 || !o)
		return r;
	if ((r = spec_get_u32(o, "process.user", "uid", ID_MAX, &s->uid, e)) < 0 ||
	    (r = spec_get_u32(o, "process.user", "gid", ID_MAX, &s->gid, e)) < 0 ||
	    (r = json_get_int(o, "process.user", "umask", 0, 07777, &mask, e)) < 0 ||
	    (r = read_groups(in, o, e)) < 0)
		return r;
	if (mask >= 0) {
		s->has_umask = true;
		s->umask = (uint32_t)mask;
	}
	return 0;
}

static int read_rlimit(struct spec_reader *in, const json_t *o, const char *where, void *ret, struct err *e)
{
	struct spec_rlimit *l = ret;
	int r;

	(void)in;
	if ((r = spec_get_word(o, where, "type", &l->type, e)) < 0 ||
	    (r = json_get_u64(o, where, "soft", &l->soft, e)) < 0 ||
	    (r = json_get_u64(o, where, "hard", &l->hard, e)) < 0)
		return r;
	if (!l->type || strncmp(l->type, "RLIMIT_", 7) != 0)
		return err_set(e, EINVAL, "%s.type is '%s', it must be a name like RLIMIT_NOFILE", where,
			       l->type ? l->type : "");
	if (l->soft > l->hard)
		return err_set(e, EINVAL, "%s (%s): soft is above hard", where, l->type);
	return 0;
}

static int read_rlimits(struct spec_reader *in, const json_t *process, struct err *e)
{
	static const struct spec_list_desc d = {"rlimits", 64, sizeof(struct spec_rlimit), read_rlimit};
	struct oci_spec *s = in->spec;
	int r = spec_read_list(in, process, "process", &d, &s->rlimits, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < s->rlimits.n; i++)
		for (size_t k = 0; k < i; k++)
			if (streq(s->rlimits.v[i].type, s->rlimits.v[k].type))
				return err_set(e, EINVAL, "process.rlimits has %s twice",
					       s->rlimits.v[i].type);
	return 0;
}

static int read_console_size(struct spec_reader *in, const json_t *process, struct err *e)
{
	const json_t *o = NULL;
	int r;

	r = json_get_obj(process, "process", "consoleSize", &o, e);
	if (r < 0 || !o)
		return r;
	r = spec_get_u32(o, "process.consoleSize", "width", UINT16_MAX, &in->spec->console_width, e);
	if (r < 0)
		return r;
	return spec_get_u32(o, "process.consoleSize", "height", UINT16_MAX, &in->spec->console_height, e);
}

static int read_oom_score(struct spec_reader *in, const json_t *process, struct err *e)
{
	int64_t none = INT64_MIN, v = none;
	int r = json_get_int(process, "process", "oomScoreAdj", -1000, 1000, &v, e);

	if (r < 0 || v == none)
		return r;
	in->spec->has_oom_score_adj = true;
	in->spec->oom_score_adj = (int32_t)v;
	return 0;
}

int spec_read_process(struct spec_reader *in, const json_t *root, struct err *e)
{
	struct oci_spec *s = in->spec;
	const json_t *o = NULL;
	int r;

	r = json_get_obj(root, "", "process", &o, e);
	if (r < 0 || !o)
		return r;
	s->has_process = true;
	if ((r = json_get_bool(o, "process", "terminal", &s->terminal, e)) < 0 ||
	    (r = read_console_size(in, o, e)) < 0 ||
	    (r = json_get_strs(o, "process", "args", in->a, &s->args, e)) < 0 ||
	    (r = json_get_strs(o, "process", "env", in->a, &s->env, e)) < 0 ||
	    (r = check_env(&s->env, "process.env", e)) < 0 ||
	    (r = spec_get_abspath(o, "process", "cwd", &s->cwd, e)) < 0 || (r = read_user(in, o, e)) < 0 ||
	    (r = read_oom_score(in, o, e)) < 0 ||
	    (r = json_get_bool(o, "process", "noNewPrivileges", &s->no_new_privileges, e)) < 0)
		return r;
	return read_rlimits(in, o, e);
}

static int read_hook(struct spec_reader *in, const json_t *o, const char *where, void *ret, struct err *e)
{
	struct spec_hook *h = ret;
	char env_where[WHERE_BYTES + 8];
	int r;

	if ((r = spec_get_abspath(o, where, "path", &h->path, e)) < 0 ||
	    (r = json_get_strs(o, where, "args", in->a, &h->args, e)) < 0 ||
	    (r = json_get_strs(o, where, "env", in->a, &h->env, e)) < 0 ||
	    (r = spec_get_u32(o, where, "timeout", INT32_MAX, &h->timeout_s, e)) < 0)
		return r;
	if (!h->path)
		return err_set(e, EINVAL, "%s.path is missing", where);
	stpcpy(stpcpy(env_where, where), ".env");
	return check_env(&h->env, env_where, e);
}

int spec_read_hooks(struct spec_reader *in, const json_t *root, struct err *e)
{
	struct oci_spec *s = in->spec;
	const struct {
		const char *key;
		struct spec_hooks *list;
	} kinds[] = {
		{"prestart", &s->prestart},
		{"createRuntime", &s->create_runtime},
		{"createContainer", &s->create_container},
		{"startContainer", &s->start_container},
		{"poststart", &s->poststart},
		{"poststop", &s->poststop},
	};
	const json_t *o = NULL;
	int r;

	r = json_get_obj(root, "", "hooks", &o, e);
	if (r < 0 || !o)
		return r;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct spec_list_desc d = {kinds[i].key, SPEC_MAX_HOOKS, sizeof(struct spec_hook), read_hook};

		r = spec_read_list(in, o, "hooks", &d, kinds[i].list, e);
		if (r < 0)
			return r;
	}
	return 0;
}
