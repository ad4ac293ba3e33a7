/* SPDX-License-Identifier: Apache-2.0 */
/* What the client of a build has asked for, as BuildKit hands it to a frontend. */
#include "bunny/frontend_opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

#define PREFIX "BUILDKIT_FRONTEND_OPT_"

struct reader {
	struct arena *a;
	struct frontend_opts *o;
	struct strv build_args;
};

static int wrong(const char *key, const char *value, const char *allowed, struct err *e)
{
	return err_set(e, EINVAL, "option %s is '%.100s': %s", key, value, allowed);
}

static int read_platforms(struct reader *r, const char *list, struct err *e)
{
	char *rest = arena_strdup(r->a, list), *one;

	if (!rest)
		return err_oom(e);
	while ((one = strsep(&rest, ",")) != NULL) {
		if (*one == '\0')
			continue;
		if (r->o->nplatforms == FRONTEND_PLATFORMS_MAX)
			return wrong("platform", list, "at most 16 are built at once", e);
		if (!platform_parse(one, r->a, &r->o->platforms[r->o->nplatforms]))
			return wrong("platform", one, "OS/ARCH, such as linux/amd64, is allowed", e);
		r->o->nplatforms++;
	}
	return 0;
}

static int read_bool(const char *key, const char *value, bool *ret, struct err *e)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True", NULL};
	static const char *const no[] = {"", "0", "f", "F", "false", "FALSE", "False", NULL};

	for (size_t i = 0; yes[i]; i++) {
		if (streq(value, yes[i])) {
			*ret = true;
			return 0;
		}
	}
	for (size_t i = 0; no[i]; i++) {
		if (streq(value, no[i])) {
			*ret = false;
			return 0;
		}
	}
	return wrong(key, value, "true and false are allowed", e);
}

static int read_epoch(const char *key, const char *value, int64_t *ret, struct err *e)
{
	uint64_t v;

	if (*value == '\0')
		return 0;
	if (!str_u64(value, 0, UINT32_MAX, &v))
		return wrong(key, value, "whole seconds since 1970 are allowed", e);
	*ret = (int64_t)v;
	return 0;
}

static int read_urunit(const char *value, enum urunit_choice *ret, struct err *e)
{
	bool yes;
	int r = read_bool("build-arg:BUNNY_URUNIT", value, &yes, e);

	if (r == 0)
		*ret = yes ? URUNIT_YES : URUNIT_NO;
	return r;
}

static int read_build_arg(struct reader *r, const char *key, const char *name, const char *value,
			  struct err *e)
{
	if (streq(name, "SOURCE_DATE_EPOCH"))
		return read_epoch(key, value, &r->o->epoch, e);
	if (streq(name, "BUILDKIT_MULTI_PLATFORM"))
		return read_bool(key, value, &r->o->multi_platform, e);
	if (streq(name, "BUNNY_MONITOR"))
		r->o->monitor = value;
	else if (streq(name, "BUNNY_KERNEL"))
		r->o->kernel = value;
	else if (streq(name, "BUNNY_URUNIT"))
		return read_urunit(value, &r->o->urunit, e);
	else if (!str_starts(name, "BUILDKIT_"))
		strv_addf(&r->build_args, "%s=%s", name, value);
	return 0;
}

/* A build context that is no directory of the client's. */
static bool is_git(const char *s)
{
	size_t n = strcspn(s, "#");

	return str_starts(s, "git://") || str_starts(s, "git@") ||
	       ((str_starts(s, "https://") || str_starts(s, "http://")) && n > 4 &&
		memcmp(s + n - 4, ".git", 4) == 0);
}

/* What BuildKit wants to hear: git://HOST/PATH#REF, and beside it the address as it was written. */
static const char *git_source(struct arena *a, const char *s)
{
	const char *address = strstr(s, "://");

	return arena_printf(a, "git://%s", address ? address + 3 : s + strlen("git@"));
}

static int read_context(struct reader *r, const char *value, struct err *e)
{
	if (is_git(value)) {
		r->o->context_source = git_source(r->a, value);
		r->o->context_url = arena_strndup(r->a, value, strcspn(value, "#"));
		return r->o->context_source && r->o->context_url ? 0 : err_oom(e);
	}
	if (strstr(value, "://"))
		return wrong("context", value, "a directory or the address of a git repository is allowed", e);
	r->o->context = value;
	return 0;
}

/* --no-cache without stages means all; with stages, all as well. */
static int read_plain(struct reader *r, const char *key, const char *value, struct err *e)
{
	struct frontend_opts *o = r->o;

	if (streq(key, "filename"))
		o->filename = value;
	else if (streq(key, "target"))
		o->target = *value ? value : NULL;
	else if (streq(key, "no-cache"))
		o->no_cache = true;
	else if (streq(key, "platform"))
		return read_platforms(r, value, e);
	else if (streq(key, "multi-platform"))
		return read_bool(key, value, &o->multi_platform, e);
	else if (streq(key, "context"))
		return read_context(r, value, e);
	else if (streq(key, "contextkey"))
		o->context = value;
	else if (streq(key, "dockerfilekey"))
		o->dockerfile = value;
	else if (streq(key, "requestid"))
		return wrong(key, value, "bunny builds, and answers no other requests", e);
	else if (streq(key, "image-resolve-mode")) {
		if (!streq(value, "default") && !streq(value, "pull") && !streq(value, "local"))
			return wrong(key, value, "default, pull and local are allowed", e);
		o->resolve_mode = value;
	}
	/* What is left concerns BuildKit, or RUN, which there is not. */
	return 0;
}

static int read_option(struct reader *r, const char *key, const char *value, struct err *e)
{
	if (str_starts(key, "build-arg:"))
		return read_build_arg(r, key, key + strlen("build-arg:"), value, e);
	if (str_starts(key, "label:"))
		return kv_set(&r->o->labels, r->a, key + strlen("label:"), value, e);
	if (str_starts(key, "context:"))
		return kv_set(&r->o->contexts, r->a, key + strlen("context:"), value, e);
	return read_plain(r, key, value, e);
}

int frontend_opts_read(const struct strs *env, struct arena *a, struct frontend_opts *ret, struct err *e)
{
	struct reader r = {.a = a, .o = ret, .build_args = STRV(a)};

	*ret = (struct frontend_opts){.context = "context", .dockerfile = "dockerfile"};
	for (size_t i = 0; i < env->n; i++) {
		const char *option, *is;
		char *key;
		int x;

		if (!str_starts(env->v[i], PREFIX))
			continue;
		option = strchr(env->v[i], '=');
		is = option ? strchr(option + 1, '=') : NULL;
		if (!is)
			continue;
		key = arena_strndup(a, option + 1, (size_t)(is - option - 1));
		if (!key)
			return err_oom(e);
		x = read_option(&r, key, is + 1, e);
		if (x < 0)
			return x;
	}
	return strv_done(&r.build_args, &ret->build_args, e);
}

int frontend_worker(const struct strs *env, struct arena *a, struct platform *ret, struct err *e)
{
	const char *text = env_get(env, "BUILDKIT_WORKERS");
	json_t *workers, *platforms;
	struct platform p = {0};
	int r;

	if (!text)
		return err_set(e, EINVAL, "BUILDKIT_WORKERS is not set: bunny was not started by BuildKit");
	r = json_parse((struct bytes){text, strlen(text)}, "BUILDKIT_WORKERS", &workers, e);
	if (r < 0)
		return r;
	platforms = json_object_get(json_array_get(workers, 0), "Platforms");
	if (!platforms)
		platforms = json_object_get(json_array_get(workers, 0), "platforms");
	r = json_get_str(json_array_get(platforms, 0), "BUILDKIT_WORKERS", "os", &p.os, e);
	if (r == 0)
		r = json_get_str(json_array_get(platforms, 0), "BUILDKIT_WORKERS", "architecture", &p.arch, e);
	if (r == 0 && (!p.os || !p.arch))
		r = err_set(e, EINVAL, "BUILDKIT_WORKERS names no platform");
	if (r < 0)
		return r;
	/* Borrowed from the document, which is in the arena that json_use_arena named. */
	ret->os = arena_strdup(a, p.os);
	ret->arch = arena_strdup(a, p.arch);
	ret->variant = NULL;
	return ret->os && ret->arch ? 0 : err_oom(e);
}
