/* SPDX-License-Identifier: Apache-2.0 */
/* Is this container ours? Finds, decodes, merges and judges the unikernel metadata of the OCI spec and of urunc.json. */
#include <errno.h>
#include <string.h>

#include "common/base64.h"
#include "plan/internal.h"

#define VALUE_MAX_BYTES (16u << 10)

enum key_id {
	K_TYPE,
	K_MONITOR,
	K_BINARY,
	K_CMDLINE,
	K_VERSION,
	K_INITRD,
	K_BLOCK,
	K_MOUNT_POINT,
	K_MOUNT_ROOTFS,
	K_SOLO5_NET,
	K_SOLO5_BLOCK,
	K_BLOCKS,
	K_COUNT
};
enum key_kind { KIND_NAME, KIND_PATH, KIND_TEXT, KIND_BOOL, KIND_JSON };

/* An alias has the id of the key whose place it takes; the true name stands first and wins. */
static const struct key {
	const char *name;
	enum key_id id;
	enum key_kind kind;
} keys[] = {
	{"unikernelType", K_TYPE, KIND_NAME},
	{"hypervisor", K_MONITOR, KIND_NAME},
	{"binary", K_BINARY, KIND_PATH},
	{"cmdline", K_CMDLINE, KIND_TEXT},
	{"unikernelVersion", K_VERSION, KIND_TEXT},
	{"version", K_VERSION, KIND_TEXT},
	{"initrd", K_INITRD, KIND_PATH},
	{"block", K_BLOCK, KIND_PATH},
	{"blkMntPoint", K_MOUNT_POINT, KIND_PATH},
	{"mountRootfs", K_MOUNT_ROOTFS, KIND_BOOL},
	{"useDMBlock", K_MOUNT_ROOTFS, KIND_BOOL},
	{"solo5NetDev", K_SOLO5_NET, KIND_TEXT},
	{"solo5BlkDev", K_SOLO5_BLOCK, KIND_TEXT},
	{"blocks", K_BLOCKS, KIND_JSON},
};
#define NKEYS (sizeof(keys) / sizeof(keys[0]))

/* Where a value came from, for messages, and the value decoded. */
struct item {
	const char *label, *value;
};
struct source {
	const char *word; /* "annotation", "urunc.json key" */
	const struct spec_kv *v;
	size_t n;
	bool all_base64, all_plain; /* neither: each key decides for itself */
};
struct reading {
	struct arena *a;
	struct item items[K_COUNT];
	struct strv warnings;
};

static const struct key *key_find(const char *full)
{
	if (!str_starts(full, KEY_PREFIX))
		return NULL;
	for (size_t i = 0; i < NKEYS; i++)
		if (streq(full + strlen(KEY_PREFIX), keys[i].name))
			return &keys[i];
	return NULL;
}

static const char *source_get(const struct source *s, const char *short_name)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_starts(s->v[i].key, KEY_PREFIX) && streq(s->v[i].key + strlen(KEY_PREFIX), short_name))
			return s->v[i].value;
	return NULL;
}

static bool source_has_metadata(const struct source *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_starts(s->v[i].key, KEY_PREFIX))
			return true;
	return false;
}

/* The decoded text when s is strict base64 of UTF-8 without NUL, else NULL. */
static const char *try_base64(struct arena *a, const char *s)
{
	struct bytes b = {0};

	if (base64_decode(a, s, strlen(s), &b, NULL) < 0 || memchr(b.p, '\0', b.n) != NULL ||
	    !str_is_utf8(b.p, b.n))
		return NULL;
	return arena_strndup(a, b.p, b.n);
}

/* Plain text among base64 is the likeliest mistake, and four letters of it may pass for base64. */
#define ALL_BASE64                                                                                           \
	"(in urunc.json, and beside a base64 unikernelType, all values are base64: printf %s VALUE | base64 -w0)"

static int decode(struct arena *a, const char *label, const char *s, const char **ret, struct err *e)
{
	struct bytes b = {0};
	int r = base64_decode(a, s, strlen(s), &b, e);

	if (r == -EINVAL) {
		const struct err why = *e;

		return err_set(e, EINVAL, "%s: %s %s", label, why.msg, ALL_BASE64);
	}
	if (r < 0)
		return err_wrap(e, "%s", label);
	if (memchr(b.p, '\0', b.n) != NULL)
		return err_set(e, EINVAL, "%s: the decoded value has a NUL byte %s", label, ALL_BASE64);
	if (!str_is_utf8(b.p, b.n))
		return err_set(e, EINVAL, "%s: the decoded value is not UTF-8 %s", label, ALL_BASE64);
	*ret = arena_strndup(a, b.p, b.n);
	return *ret == NULL ? err_oom(e) : 0;
}

/* A source without unikernelType cannot say as a whole whether it is encoded: closed sets of values tell, and so does
 * the '/' with which a path begins. Free text is plain. */
static const char *guess(struct arena *a, const struct key *k, const char *value)
{
	const char *decoded = try_base64(a, value);
	bool b;

	if (decoded == NULL)
		return value;
	switch (k->kind) {
	case KIND_NAME:
		return !metadata_knows_monitor(value) && metadata_knows_monitor(decoded) ? decoded : value;
	case KIND_BOOL:
		return metadata_check_bool("", value, &b, NULL) < 0 &&
				       metadata_check_bool("", decoded, &b, NULL) == 0
			       ? decoded
			       : value;
	case KIND_PATH:
		return value[0] != '/' && metadata_check_path("", decoded, true, NULL) == 0 ? decoded : value;
	case KIND_JSON:
		return value[0] != '[' && decoded[0] == '[' ? decoded : value;
	case KIND_TEXT:
		break;
	}
	return value;
}

static int read_value(struct reading *rd, const struct source *s, const struct key *k, const char *raw,
		      struct err *e)
{
	struct item it = {arena_printf(rd->a, "%s '" KEY_PREFIX "%s'", s->word, k->name), raw};
	int r;

	if (it.label == NULL)
		return err_oom(e);
	if (s->all_base64) {
		r = decode(rd->a, it.label, raw, &it.value, e);
		if (r < 0)
			return r;
	} else if (!s->all_plain) {
		it.value = guess(rd->a, k, raw);
	}
	if (strlen(it.value) > VALUE_MAX_BYTES)
		return err_set(e, EINVAL, "%s is %zu bytes long; a value may have %u", it.label,
			       strlen(it.value), VALUE_MAX_BYTES);
	if (!str_is_utf8(it.value, strlen(it.value)))
		return err_set(e, EINVAL, "%s is not UTF-8", it.label);
	rd->items[k->id] = it;
	return 0;
}

/* Later sources win, so the weaker one is read first. */
static int read_source(struct reading *rd, const struct source *s, struct err *e)
{
	bool seen[K_COUNT] = {false};
	int r;

	for (size_t i = 0; i < NKEYS; i++) {
		const char *raw = source_get(s, keys[i].name);

		if (raw == NULL || seen[keys[i].id])
			continue;
		seen[keys[i].id] = true;
		r = read_value(rd, s, &keys[i], raw, e);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < s->n; i++)
		if (str_starts(s->v[i].key, KEY_PREFIX) && key_find(s->v[i].key) == NULL)
			strv_addf(&rd->warnings, "%s '%.128s' is not known and is ignored", s->word,
				  s->v[i].key);
	return 0;
}

static void decide_encoding(struct arena *a, struct source *s)
{
	const char *type = source_get(s, "unikernelType");
	const char *decoded;

	if (type == NULL)
		return;
	decoded = try_base64(a, type);
	s->all_base64 = !metadata_knows_guest(type) && decoded != NULL && metadata_knows_guest(decoded);
	s->all_plain = !s->all_base64;
}

static const char *optional(const struct item *it)
{
	return it->value != NULL && it->value[0] != '\0' ? it->value : NULL;
}

static int need(const struct reading *rd, enum key_id id, const char *name, struct err *e)
{
	const struct item *it = &rd->items[id];

	if (it->value == NULL)
		return err_set(e, EINVAL,
			       "unikernel metadata is incomplete: '" KEY_PREFIX
			       "%s' is missing (set it as annotation or in /urunc.json)",
			       name);
	if (it->value[0] == '\0')
		return err_set(e, EINVAL, "%s is empty", it->label);
	return 0;
}

static int check_paths(const struct reading *rd, struct err *e)
{
	static const enum key_id ids[] = {K_BINARY, K_INITRD, K_BLOCK, K_MOUNT_POINT};
	int r;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct item *it = &rd->items[ids[i]];

		if (optional(it) == NULL)
			continue;
		r = metadata_check_path(it->label, it->value, ids[i] == K_MOUNT_POINT, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_devices(const struct reading *rd, struct err *e)
{
	static const enum key_id ids[] = {K_SOLO5_NET, K_SOLO5_BLOCK};
	int r;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct item *it = &rd->items[ids[i]];

		r = optional(it) != NULL ? metadata_check_device(it->label, it->value, e) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static bool runs_on(const struct guest_ops *g, const char *monitor)
{
	for (size_t i = 0; g->monitors[i] != NULL; i++)
		if (streq(g->monitors[i], monitor))
			return true;
	return false;
}

static int find_ops(const struct reading *rd, struct plan_wants *w, struct err *e)
{
	const struct item *type = &rd->items[K_TYPE], *mon = &rd->items[K_MONITOR];

	w->guest = guest_find(type->value);
	if (w->guest == NULL)
		return err_set(e, EINVAL, "%s: unknown or unsupported guest '%.64s' (allowed: %s)",
			       type->label, type->value, list_guests(rd->a));
	if (metadata_knows_monitor(mon->value) && !runs_on(w->guest, mon->value))
		return err_set(e, EINVAL, "%s: guest '%s' does not run on monitor '%s' (allowed: %s)",
			       mon->label, w->guest->name, mon->value, list_monitors_of(rd->a, w->guest));
	w->monitor = monitor_find(mon->value);
	if (w->monitor == NULL)
		return err_set(e, EINVAL, "%s: unknown or unsupported monitor '%.64s' (allowed: %s)",
			       mon->label, mon->value, list_monitors(rd->a));
	return 0;
}

static int judge(struct reading *rd, struct plan_wants *w, struct err *e)
{
	const struct item *mount = &rd->items[K_MOUNT_ROOTFS];
	int r;

	if ((r = need(rd, K_TYPE, "unikernelType", e)) < 0 ||
	    (r = need(rd, K_MONITOR, "hypervisor", e)) < 0 || (r = need(rd, K_BINARY, "binary", e)) < 0 ||
	    (r = check_paths(rd, e)) < 0 || (r = check_devices(rd, e)) < 0 || (r = find_ops(rd, w, e)) < 0)
		return r;
	if (optional(mount) != NULL) {
		r = metadata_check_bool(mount->label, mount->value, &w->meta.mount_rootfs, e);
		if (r < 0)
			return r;
	}
	r = optional(&rd->items[K_BLOCKS]) != NULL
		    ? blocks_parse(rd->items[K_BLOCKS].label, rd->items[K_BLOCKS].value, rd->a, &w->meta, e)
		    : 0;
	if (r < 0)
		return r;
	w->meta.type = rd->items[K_TYPE].value;
	w->meta.hypervisor = rd->items[K_MONITOR].value;
	w->meta.binary = rd->items[K_BINARY].value;
	w->meta.initrd = optional(&rd->items[K_INITRD]);
	w->meta.block = optional(&rd->items[K_BLOCK]);
	w->meta.blk_mount_point = optional(&rd->items[K_MOUNT_POINT]);
	w->meta.version = optional(&rd->items[K_VERSION]);
	w->meta.cmdline = optional(&rd->items[K_CMDLINE]);
	w->meta.solo5_net = optional(&rd->items[K_SOLO5_NET]);
	w->meta.solo5_block = optional(&rd->items[K_SOLO5_BLOCK]);
	return strv_done(&rd->warnings, &w->warnings, e);
}

/* Kubernetes hands pod annotations to every container of the pod. The sandbox (pause) is never a guest, and a sidecar
 * that got only some pod-wide wishes (no type, no binary, no urunc.json) is none either. */
static bool not_meant_for_us(const struct facts *f, const struct source *spec)
{
	const char *kind = spec_annotation(&f->spec, "io.kubernetes.cri.container-type");

	if (kind == NULL)
		kind = spec_annotation(&f->spec, "io.kubernetes.cri-o.ContainerType");
	if (kind == NULL)
		return false;
	return streq(kind, "sandbox") ||
	       (!f->has_urunc_json && f->urunc_json_problem == NULL &&
		source_get(spec, "unikernelType") == NULL && source_get(spec, "binary") == NULL);
}

static int identify(const struct facts *f, struct arena *a, struct plan_wants *ret, struct err *e)
{
	struct source json = {"urunc.json key", f->urunc_json.v, f->urunc_json.n, .all_base64 = true};
	struct source spec = {"annotation", f->spec.annotations.v, f->spec.annotations.n, .all_base64 = false};
	struct reading rd = {.a = a, .warnings = STRV(a)};
	struct plan_wants w = {0};
	int r;

	if (f->urunc_json_problem != NULL)
		return err_set(e, EINVAL, "/urunc.json: %s", f->urunc_json_problem);
	decide_encoding(a, &spec);
	if ((r = read_source(&rd, &json, e)) < 0 || (r = read_source(&rd, &spec, e)) < 0 ||
	    (r = judge(&rd, &w, e)) < 0)
		return r;
	*ret = w;
	return 0;
}

int plan_identify(const struct facts *f, struct arena *a, struct plan_wants *ret_wants, struct err *e)
{
	const struct source spec = {"annotation", f->spec.annotations.v, f->spec.annotations.n,
				    .all_base64 = false};
	int r;

	if (!f->has_urunc_json && f->urunc_json_problem == NULL && !source_has_metadata(&spec))
		return 1;
	if (not_meant_for_us(f, &spec))
		return 1;
	r = identify(f, a, ret_wants, e);
	return r < 0 && r != -ENOMEM && !f->config.strict ? 1 : r;
}
