/* SPDX-License-Identifier: Apache-2.0 */
/* The "config" of an OCI image: read, changed, written. */
#include "bunny/image_config.h"

#include <errno.h>
#include <string.h>

#include "common/json.h"

#define MAX_ENTRIES 1024 /* of one list */

int kv_set(struct key_values *l, struct arena *a, const char *key, const char *value, struct err *e)
{
	struct key_value *v, new = {arena_strdup(a, key), arena_strdup(a, value)};
	size_t i = 0;
	int c = 1;

	if (!new.key || !new.value)
		return err_oom(e);
	while (i < l->n && (c = strcmp(l->v[i].key, key)) < 0)
		i++;
	if (i < l->n && c == 0) {
		/* Lists are copied by value, so what was there is never written to. */
		v = arena_memdup(a, l->v, l->n * sizeof(*v));
		if (!v)
			return err_oom(e);
		v[i] = new;
		l->v = v;
		return 0;
	}
	v = arena_array(a, l->n + 1, sizeof(*v));
	if (!v)
		return err_oom(e);
	if (i)
		memcpy(v, l->v, i * sizeof(*v));
	if (i < l->n)
		memcpy(v + i + 1, l->v + i, (l->n - i) * sizeof(*v));
	v[i] = new;
	l->v = v;
	l->n++;
	return 0;
}

const char *kv_get(const struct key_values *l, const char *key)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].key, key) == 0)
			return l->v[i].value;
	return NULL;
}

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* {"80/tcp": {}}: the names alone, sorted. */
static int read_names(const json_t *o, const char *where, const char *key, struct arena *a, struct strs *ret,
		      struct err *e)
{
	struct strv l = STRV(a);
	const json_t *names = NULL;
	const char *name;
	json_t *v;
	int r;

	if ((r = json_get_obj(o, where, key, &names, e)) < 0 || !names)
		return r;
	if (json_object_size(names) > MAX_ENTRIES)
		return err_set(e, EINVAL, "%s.%s has more than %d entries", where, key, MAX_ENTRIES);
	json_object_foreach((json_t *)names, name, v)
	{
		strv_add(&l, name);
	}
	if ((r = strv_done(&l, ret, e)) < 0)
		return r;
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_text);
	return 0;
}

static int read_labels(const json_t *o, const char *where, struct arena *a, struct key_values *ret,
		       struct err *e)
{
	const json_t *labels = NULL;
	const char *key;
	json_t *v;
	int r = json_get_obj(o, where, "Labels", &labels, e);

	if (r < 0 || !labels)
		return r;
	if (json_object_size(labels) > MAX_ENTRIES)
		return err_set(e, EINVAL, "%s.Labels has more than %d entries", where, MAX_ENTRIES);
	json_object_foreach((json_t *)labels, key, v)
	{
		if (!json_is_string(v))
			return json_type_error(v, where, "Labels", "an object of strings", e);
		if ((r = kv_set(ret, a, key, json_string_value(v), e)) < 0)
			return r;
	}
	return 0;
}

static int read_text(const json_t *o, const char *where, const char *key, struct arena *a, const char **ret,
		     struct err *e)
{
	const char *s = NULL;
	int r = json_get_str(o, where, key, &s, e);

	if (r < 0 || !s || !*s)
		return r;
	*ret = arena_strdup(a, s);
	return *ret ? 0 : err_oom(e);
}

static int read_config(const json_t *o, struct arena *a, struct image_config *c, struct err *e)
{
	const json_t *check = NULL;
	const struct {
		const char *key;
		struct strs *to;
	} lists[] = {{"Env", &c->env},
		     {"Entrypoint", &c->entrypoint},
		     {"Cmd", &c->cmd},
		     {"Shell", &c->shell},
		     {"OnBuild", &c->onbuild}};
	const struct {
		const char *key;
		const char **to;
	} texts[] = {{"WorkingDir", &c->workdir}, {"User", &c->user}, {"StopSignal", &c->stop_signal}};
	int r;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if ((r = json_get_strs(o, "config", lists[i].key, a, lists[i].to, e)) < 0)
			return r;
		if (lists[i].to->n > MAX_ENTRIES)
			return err_set(e, EINVAL, "config.%s has more than %d entries", lists[i].key,
				       MAX_ENTRIES);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if ((r = read_text(o, "config", texts[i].key, a, texts[i].to, e)) < 0)
			return r;
	if ((r = read_labels(o, "config", a, &c->labels, e)) < 0 ||
	    (r = read_names(o, "config", "ExposedPorts", a, &c->ports, e)) < 0 ||
	    (r = read_names(o, "config", "Volumes", a, &c->volumes, e)) < 0 ||
	    (r = json_get_obj(o, "config", "Healthcheck", &check, e)) < 0 || !check)
		return r;
	c->healthcheck = json_dumps(check, JSON_COMPACT | JSON_SORT_KEYS);
	if (c->healthcheck)
		c->healthcheck = arena_strdup(a, c->healthcheck);
	return c->healthcheck ? 0 : err_oom(e);
}

int image_config_parse(struct bytes json, const char *what, struct arena *a, struct image_config *ret,
		       struct err *e)
{
	struct image_config c = {0};
	const json_t *config = NULL;
	json_t *doc;
	int r = json_parse(json, what, &doc, e);

	if (r < 0)
		return r;
	if (!json_is_object(doc)) {
		json_type_error(doc, "", "", "an object", e);
		return err_wrap(e, "%s", what);
	}
	if ((r = read_text(doc, "", "os", a, &c.platform.os, e)) < 0 ||
	    (r = read_text(doc, "", "architecture", a, &c.platform.arch, e)) < 0 ||
	    (r = read_text(doc, "", "variant", a, &c.platform.variant, e)) < 0 ||
	    (r = json_get_obj(doc, "", "config", &config, e)) < 0 ||
	    (config && (r = read_config(config, a, &c, e)) < 0))
		return err_wrap(e, "%s", what);
	*ret = c;
	return 0;
}

/* --- writing --- */

struct writer {
	struct strbuf *out;
	bool more;
};

static void write_key(struct writer *w, const char *key)
{
	if (w->more)
		sb_addc(w->out, ',');
	w->more = true;
	sb_json_str(w->out, key, strlen(key));
	sb_addc(w->out, ':');
}

static void write_text(struct writer *w, const char *key, const char *s)
{
	if (!s || !*s)
		return;
	write_key(w, key);
	sb_json_str(w->out, s, strlen(s));
}

static void write_list(struct writer *w, const char *key, const struct strs *l)
{
	if (l->n == 0)
		return;
	write_key(w, key);
	for (size_t i = 0; i < l->n; i++) {
		sb_addc(w->out, i ? ',' : '[');
		sb_json_str(w->out, l->v[i], strlen(l->v[i]));
	}
	sb_addc(w->out, ']');
}

static void write_names(struct writer *w, const char *key, const struct strs *l)
{
	if (l->n == 0)
		return;
	write_key(w, key);
	for (size_t i = 0; i < l->n; i++) {
		sb_addc(w->out, i ? ',' : '{');
		sb_json_str(w->out, l->v[i], strlen(l->v[i]));
		sb_add(w->out, ":{}");
	}
	sb_addc(w->out, '}');
}

void image_config_json(const struct image_config *c, struct strbuf *out)
{
	struct writer w = {.out = out};

	sb_addc(out, '{');
	write_text(&w, "User", c->user);
	write_names(&w, "ExposedPorts", &c->ports);
	write_list(&w, "Env", &c->env);
	write_list(&w, "Entrypoint", &c->entrypoint);
	write_list(&w, "Cmd", &c->cmd);
	write_names(&w, "Volumes", &c->volumes);
	write_text(&w, "WorkingDir", c->workdir);
	if (c->labels.n) {
		write_key(&w, "Labels");
		for (size_t i = 0; i < c->labels.n; i++) {
			sb_addc(out, i ? ',' : '{');
			sb_json_str(out, c->labels.v[i].key, strlen(c->labels.v[i].key));
			sb_addc(out, ':');
			sb_json_str(out, c->labels.v[i].value, strlen(c->labels.v[i].value));
		}
		sb_addc(out, '}');
	}
	write_text(&w, "StopSignal", c->stop_signal);
	if (c->healthcheck) {
		write_key(&w, "Healthcheck");
		sb_add(out, c->healthcheck);
	}
	write_list(&w, "Shell", &c->shell);
	write_list(&w, "OnBuild", &c->onbuild);
	sb_addc(out, '}');
}
