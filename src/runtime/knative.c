/* SPDX-License-Identifier: Apache-2.0 */
/* Knative's queue-proxy. Its config.json is changed as text: so numbers that a parser would round and keys that it would
 * sort stay what they are. */
#include "runtime/knative.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"

#define NAME_ANNOTATION "io.kubernetes.cri.container-name"
#define PROBE "SERVING_READINESS_PROBE="
#define REDIRECT "REDIRECT_IP="
#define CONFIG_MAX (64u << 20)
#define BLANKS " \t\r\n"

/* --- a walk over JSON that a parser has taken before --- */

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, BLANKS);
}

/* From the first quote to what follows the last one. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

static const char *skip_value(const char *p)
{
	size_t depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		else if (depth == 0)
			return p + strcspn(p, ",}]" BLANKS);
		p++;
	} while (*p && depth > 0);
	return p;
}

/* The value of a member, NULL if there is none. */
static const char *find_member(const char *object, const char *key)
{
	size_t n = strlen(key);
	const char *p = object;

	if (*p != '{')
		return NULL;
	do {
		const char *name = skip_blanks(p + 1), *end;
		bool found;

		if (*name != '"')
			return NULL;
		end = skip_string(name);
		found = (size_t)(end - name) == n + 2 && memcmp(name + 1, key, n) == 0;
		p = skip_blanks(end);
		if (*p != ':')
			return NULL;
		p = skip_blanks(p + 1);
		if (found)
			return p;
		p = skip_blanks(skip_value(p));
	} while (*p == ',');
	return NULL;
}

static void put_array(struct strbuf *b, const struct strs *env)
{
	sb_addc(b, '[');
	for (size_t i = 0; i < env->n; i++) {
		sb_add(b, i ? "," : "");
		sb_json_str(b, env->v[i], strlen(env->v[i]));
	}
	sb_addc(b, ']');
}

int knative_splice(struct bytes json, const struct strs *env, struct arena *a, struct bytes *ret,
		   struct err *e)
{
	const char *text = json.p, *process = find_member(skip_blanks(text), "process"), *old, *rest;
	struct strbuf b = STRBUF(a);

	if (!process || *process != '{')
		return err_set(e, EINVAL, "config.json: process cannot be found");
	old = find_member(process, "env");
	rest = old ? skip_value(old) : process + 1;
	sb_addn(&b, text, (size_t)((old ? old : process + 1) - text));
	if (!old)
		sb_add(&b, "\"env\":");
	put_array(&b, env);
	if (!old && *skip_blanks(rest) != '}')
		sb_addc(&b, ',');
	sb_addn(&b, rest, (size_t)(text + json.n - rest));
	if (b.oom)
		return err_oom(e);
	*ret = (struct bytes){.p = b.p, .n = b.len};
	return 0;
}

/* --- the environment --- */

/* The probe is JSON with "host":"…" in it, at one place or several. */
static int put_host(const char *probe, struct arena *a, const char **ret, struct err *e)
{
	static const char key[] = "\"host\"";
	struct strbuf b = STRBUF(a);

	for (const char *at; (at = strstr(probe, key)) != NULL;) {
		const char *value = skip_blanks(at + sizeof(key) - 1);

		value = *value == ':' ? skip_blanks(value + 1) : "";
		if (*value == '"') {
			sb_addn(&b, probe, (size_t)(value - probe));
			sb_add(&b, "\"" KNATIVE_GUEST_ADDRESS "\"");
			probe = skip_string(value);
		} else { /* no such member */
			sb_addn(&b, probe, (size_t)(at - probe) + sizeof(key) - 1);
			probe = at + sizeof(key) - 1;
		}
	}
	sb_add(&b, probe);
	return sb_done(&b, ret, e);
}

int knative_env(const struct strs *env, struct arena *a, struct strs *ret, struct err *e)
{
	const char *probe = NULL;
	struct strv v = STRV(a);
	int r = 0;

	for (size_t i = 0; i < env->n; i++) {
		if (str_starts(env->v[i], PROBE))
			probe = env->v[i];
		else if (!str_starts(env->v[i], REDIRECT))
			strv_add(&v, env->v[i]);
	}
	if (probe)
		r = put_host(probe, a, &probe, e);
	if (r < 0)
		return r;
	if (probe)
		strv_add(&v, probe);
	strv_add(&v, REDIRECT KNATIVE_GUEST_ADDRESS);
	return strv_done(&v, ret, e);
}

static bool same_env(const struct strs *x, const struct strs *y)
{
	size_t i = 0;

	while (i < x->n && i < y->n && streq(x->v[i], y->v[i]))
		i++;
	return i == x->n && i == y->n;
}

/* --- the file --- */

static int replace(int dirfd, const struct stat *st, struct bytes text, struct err *e)
{
	mode_t old = umask(0);
	int r = file_write_atomic(dirfd, "config.json", st->st_mode & 07777, text.p, text.n, e);

	umask(old);
	if (r == 0 && (st->st_uid != geteuid() || st->st_gid != getegid()) &&
	    fchownat(dirfd, "config.json", st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "cannot give config.json back to its owner");
	return r;
}

static int rewrite(const char *bundle, const struct strs *env, struct arena *a, struct err *e)
{
	_cleanup_fd_ int dirfd = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct bytes text = {0};
	struct stat st;
	int r;

	if (dirfd < 0 || fstatat(dirfd, "config.json", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "cannot open bundle '%s'", bundle);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "config.json of a queue-proxy has to be changed, but it is a link");
	r = file_read(dirfd, "config.json", CONFIG_MAX, a, &text, e);
	if (r == 0)
		r = knative_splice(text, env, a, &text, e);
	return r < 0 ? r : replace(dirfd, &st, text, e);
}

int knative_prepare(const char *bundle, const struct oci_spec *spec, struct arena *a, struct err *e)
{
	const char *name = spec_annotation(spec, NAME_ANNOTATION);
	struct strs env;
	int r;

	if (!name || !streq(name, "queue-proxy"))
		return 0;
	r = knative_env(&spec->env, a, &env, e);
	if (r < 0 || same_env(&env, &spec->env))
		return r;
	r = rewrite(bundle, &env, a, e);
	return r < 0 ? err_wrap(e, "queue-proxy in bundle '%s'", bundle) : 0;
}
