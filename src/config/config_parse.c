/* SPDX-License-Identifier: Apache-2.0 */
/* From TOML to struct config: one table of keys, everything else is refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/toml.h"
#include "config/config.h"

enum key_kind {
	KEY_BOOL,
	KEY_U32,
	KEY_U64,
	KEY_STR,   /* "" is kept */
	KEY_PATH,  /* absolute; "" means the default */
	KEY_WORD,  /* one of `words` */
	KEY_LEVEL, /* a log level */
	KEY_DELEGATE,
	KEY_UNUSED_BOOL, /* of the original; accepted so that its files still work */
};

struct key {
	const char *name;
	enum key_kind kind;
	size_t off;
	int64_t min, max;         /* KEY_U32, KEY_U64 */
	const char *const *words; /* KEY_WORD */
};

struct section {
	const char *name;
	const struct key *keys;
	size_t nkeys;
};

#define KEY(type, file_name, member, kind_)                                                                  \
	{                                                                                                    \
		.name = (file_name), .kind = (kind_), .off = offsetof(type, member)                          \
	}
#define KEY_INT(type, file_name, member, kind_, max_)                                                        \
	{                                                                                                    \
		.name = (file_name), .kind = (kind_), .off = offsetof(type, member), .max = (max_)           \
	}
#define KEY_FROM(type, file_name, member, kind_, min_, max_)                                                 \
	{                                                                                                    \
		.name = (file_name), .kind = (kind_), .off = offsetof(type, member), .min = (min_),          \
		.max = (max_)                                                                                \
	}
#define KEY_OF(type, file_name, member, words_)                                                              \
	{                                                                                                    \
		.name = (file_name), .kind = KEY_WORD, .off = offsetof(type, member), .words = (words_)      \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const accelerators[] = {"auto", "kvm", "tcg", NULL};
static const char *const machines[] = {"auto", "microvm", "q35", "pc", "virt", NULL};

static const char *const mounts_words[] = {"auto", "warn", "error", NULL};

static const char *const mounts_by_words[] = {"auto", "copy", "virtiofs", "9p", NULL};

static const char *const image_format_words[] = {"auto", "erofs", "ext4", NULL};

static const char *const rootfs_words[] = {"auto", "image", "virtiofs", "9p", NULL};

static const struct key log_keys[] = {
	KEY(struct config, "level", log_level, KEY_LEVEL),
	KEY(struct config, "syslog", log_syslog, KEY_BOOL),
};
static const struct key timestamps_keys[] = {
	KEY(struct config, "enabled", timestamps_enabled, KEY_BOOL),
	KEY(struct config, "destination", timestamps_destination, KEY_PATH),
};
static const struct key virtiofsd_keys[] = {
	KEY(struct config, "path", virtiofsd_path, KEY_PATH),
	KEY(struct config, "options", virtiofsd_options, KEY_STR),
};
static const struct key runtime_keys[] = {
	KEY(struct config, "delegate", delegate, KEY_DELEGATE),
	KEY_OF(struct config, "accelerator", accelerator, accelerators),
	KEY_OF(struct config, "machine", machine, machines),
	KEY(struct config, "supervise", supervise, KEY_BOOL),
	KEY(struct config, "strict", strict, KEY_BOOL),
	KEY(struct config, "replace_urunit", replace_urunit, KEY_BOOL),
	KEY(struct config, "urunit_path", urunit_path, KEY_PATH),
	KEY_OF(struct config, "mounts", mounts, mounts_words),
	KEY_OF(struct config, "mounts_by", mounts_by, mounts_by_words),
	KEY_INT(struct config, "mounts_max_mb", mounts_max_mb, KEY_U64, 1024),
	KEY_OF(struct config, "rootfs", rootfs, rootfs_words),
	KEY_OF(struct config, "image_format", image_format, image_format_words),
	KEY(struct config, "cache_dir", cache_dir, KEY_PATH),
	KEY_INT(struct config, "cache_max_mb", cache_max_mb, KEY_U64, 1 << 24),
	KEY_FROM(struct config, "writable_mb", writable_mb, KEY_U64, 16, 1 << 23),
	KEY_INT(struct config, "stop_grace_ms", stop_grace_ms, KEY_U32, 3600000),
	{.name = "libcontainer", .kind = KEY_UNUSED_BOOL},
	{.name = "vAccel", .kind = KEY_UNUSED_BOOL},
};
static const struct key monitor_keys[] = {
	KEY_INT(struct config_monitor, "default_memory_mb", default_memory_mb, KEY_U64, 1 << 24),
	KEY_INT(struct config_monitor, "default_vcpus", default_vcpus, KEY_U32, 1024),
	KEY(struct config_monitor, "path", path, KEY_PATH),
	KEY(struct config_monitor, "data_path", data_path, KEY_PATH),
	KEY(struct config_monitor, "vhost", vhost, KEY_BOOL),
	KEY(struct config_monitor, "socket_path", socket_path, KEY_PATH),
	KEY_INT(struct config_monitor, "overhead_mb", overhead_mb, KEY_U64, 1 << 24),
};

static const struct section sections[] = {
	{"log", log_keys, COUNT(log_keys)},
	{"timestamps", timestamps_keys, COUNT(timestamps_keys)},
	{"extra_binaries.virtiofsd", virtiofsd_keys, COUNT(virtiofsd_keys)},
	{"runtime", runtime_keys, COUNT(runtime_keys)},
};
static const struct section monitor_section = {"monitors", monitor_keys, COUNT(monitor_keys)};

struct place {
	const char *source;
	const char *section;
	const struct toml_key *key;
};

/* "<file>: line N: [section] key <text>" */
static int wrong(const struct place *p, struct err *e, const char *text)
{
	return err_set(e, EINVAL, "%s: line %u: [%s] %s %s", p->source, p->key->line, p->section,
		       p->key->name, text);
}

static int expect(const struct place *p, enum toml_kind want, struct err *e)
{
	char text[80];

	if (p->key->kind == want)
		return 0;
	snprintf(text, sizeof(text), "must be %s, not %s", toml_kind_names[want],
		 toml_kind_names[p->key->kind]);
	return wrong(p, e, text);
}

static int set_integer(const struct place *p, const struct key *k, void *at, struct err *e)
{
	int64_t v = p->key->integer;
	char text[80];

	if (v < k->min || v > k->max) {
		snprintf(text, sizeof(text), "is %lld, allowed is %lld to %lld", (long long)v,
			 (long long)k->min, (long long)k->max);
		return wrong(p, e, text);
	}
	if (k->kind == KEY_U32)
		*(uint32_t *)at = (uint32_t)v;
	else
		*(uint64_t *)at = (uint64_t)v;
	return 0;
}

static int set_word(const struct place *p, const char *const *words, const char **at, struct err *e)
{
	char text[200];
	int n;

	for (size_t i = 0; words[i]; i++) {
		if (streq(words[i], p->key->str)) {
			*at = words[i];
			return 0;
		}
	}
	n = snprintf(text, sizeof(text), "is '%.60s', allowed are", p->key->str);
	for (size_t i = 0; words[i] && n > 0 && (size_t)n < sizeof(text); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %s", words[i]);
	return wrong(p, e, text);
}

/* The original's words on the left, ours on the right. */
static int set_level(const struct place *p, const char **at, struct err *e)
{
	static const char *const words[] = {"trace", "debug", "info",  "warn", "warning",
					    "error", "fatal", "panic", NULL};
	static const char *const ours[] = {"debug", "debug", "info",  "warn",
					   "warn",  "error", "error", "error"};
	const char *word = NULL;
	int r = set_word(p, words, &word, e);

	for (size_t i = 0; r == 0 && words[i]; i++)
		if (streq(words[i], word))
			*at = ours[i];
	return r;
}

static int set_path(const struct place *p, const char **at, struct err *e)
{
	if (!*p->key->str)
		return 0;
	if (*p->key->str != '/')
		return wrong(p, e, "must be an absolute path");
	*at = p->key->str;
	return 0;
}

static int set_text(const struct place *p, const struct key *k, const char **at, struct err *e)
{
	switch (k->kind) {
	case KEY_WORD:
		return set_word(p, k->words, at, e);
	case KEY_LEVEL:
		return set_level(p, at, e);
	case KEY_PATH:
		return set_path(p, at, e);
	case KEY_DELEGATE:
		if (strchr(p->key->str, '/'))
			return set_path(p, at, e);
		if (*p->key->str)
			*at = p->key->str;
		return 0;
	default:
		*at = p->key->str;
		return 0;
	}
}

static int set_key(const struct place *p, const struct key *k, void *obj, struct err *e)
{
	void *at = (char *)obj + k->off;
	int r;

	switch (k->kind) {
	case KEY_BOOL:
	case KEY_UNUSED_BOOL:
		r = expect(p, TOML_BOOL, e);
		if (r == 0 && k->kind == KEY_BOOL)
			*(bool *)at = p->key->boolean;
		return r;
	case KEY_U32:
	case KEY_U64:
		r = expect(p, TOML_INTEGER, e);
		return r < 0 ? r : set_integer(p, k, at, e);
	default:
		r = expect(p, TOML_STRING, e);
		return r < 0 ? r : set_text(p, k, at, e);
	}
}

static const struct key *find_key(const struct section *s, const char *name)
{
	const struct key *end = s->keys + s->nkeys;

	for (const struct key *k = s->keys; k < end; k++)
		if (streq(k->name, name))
			return k;
	return NULL;
}

/* "is not a known key (allowed: level syslog)" */
static int unknown_key(const struct place *p, const struct section *s, struct err *e)
{
	char text[400];
	int n = snprintf(text, sizeof(text), "is not a known key (allowed:");

	for (size_t i = 0; i < s->nkeys && n > 0 && (size_t)n < sizeof(text); i++)
		if (s->keys[i].kind != KEY_UNUSED_BOOL)
			n += snprintf(text + n, sizeof(text) - (size_t)n, " %s", s->keys[i].name);
	if (n > 0 && (size_t)n < sizeof(text))
		snprintf(text + n, sizeof(text) - (size_t)n, ")");
	return wrong(p, e, text);
}

static int set_section(const struct toml_table *t, const struct section *s, const char *source, void *obj,
		       struct err *e)
{
	for (size_t i = 0; i < t->nkeys; i++) {
		struct place p = {source, s->name, &t->keys[i]};
		const struct key *k = find_key(s, t->keys[i].name);
		int r;

		r = k ? set_key(&p, k, obj, e) : unknown_key(&p, s, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *path_text(const struct toml_table *t, struct arena *a)
{
	struct strbuf b = STRBUF(a);
	const char *text = "?";

	for (size_t i = 0; i < t->path.n; i++) {
		if (i)
			sb_addc(&b, '.');
		sb_add(&b, t->path.v[i]);
	}
	return sb_done(&b, &text, NULL) == 0 ? text : "?";
}

static int set_monitor(const struct toml_table *t, const char *source, struct arena *a, struct config *c,
		       struct err *e)
{
	struct section s = monitor_section;
	struct config_monitor m = config_monitor_get(c, t->path.v[1]);
	int r;

	s.name = path_text(t, a);
	r = set_section(t, &s, source, &m, e);
	if (r < 0)
		return r;
	/* 0 in the file means the default, as in the original. */
	if (!m.default_memory_mb)
		m.default_memory_mb = CONFIG_DEFAULT_MEMORY_MB;
	if (!m.default_vcpus)
		m.default_vcpus = CONFIG_DEFAULT_VCPUS;
	c->monitors.v[c->monitors.n++] = m;
	return 0;
}

/* Headers that only group others: [monitors] and [extra_binaries] may be written, without keys. */
static bool is_group(const struct toml_table *t)
{
	return !t->nkeys && (!t->path.n || (t->path.n == 1 && (streq(t->path.v[0], "monitors") ||
							       streq(t->path.v[0], "extra_binaries"))));
}

static int set_table(const struct toml_table *t, const char *source, struct arena *a, struct config *c,
		     struct err *e)
{
	const char *name = path_text(t, a);

	if (is_group(t))
		return 0;
	if (t->path.n == 2 && streq(t->path.v[0], "monitors"))
		return set_monitor(t, source, a, c, e);
	for (size_t i = 0; i < COUNT(sections); i++)
		if (streq(sections[i].name, name))
			return set_section(t, &sections[i], source, c, e);
	if (!t->path.n)
		return err_set(e, EINVAL, "%s: line %u: key '%s' stands before any [section]", source,
			       t->keys[0].line, t->keys[0].name);
	return err_set(e, EINVAL,
		       "%s: line %u: [%s] is not a known section: log, timestamps, monitors.NAME, "
		       "extra_binaries.virtiofsd, runtime",
		       source, t->line, name);
}

int config_parse(struct bytes text, const char *source, struct arena *a, struct config *ret, struct err *e)
{
	struct toml_doc doc;
	struct config c;
	int r;

	r = toml_parse(text, source, a, &doc, e);
	if (r < 0)
		return r;
	config_defaults(&c);
	c.source = arena_strdup(a, source);
	c.monitors.v = arena_array(a, doc.ntables, sizeof(*c.monitors.v));
	if (!c.source || !c.monitors.v)
		return err_oom(e);
	for (size_t i = 0; i < doc.ntables; i++) {
		r = set_table(&doc.tables[i], source, a, &c, e);
		if (r < 0)
			return r;
	}
	*ret = c;
	return 0;
}
