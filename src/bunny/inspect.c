/* SPDX-License-Identifier: Apache-2.0 */
/* Judging an image: what it names must be there, be what it is said to be, and be for the machine it is for. */
#include "bunny/inspect.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bunny/build.h"
#include "bunny/content.h"
#include "bunny/diag.h"
#include "bunny/solo5_notes.h"
#include "common/fd.h"

#define KEY_COLUMNS 17u

struct inspector {
	struct inspection *in;
	const json_t *features;
	struct arena *a;
	struct err *e;
};

static const char *meta(const struct inspector *x, const char *key)
{
	const char *v = kv_get(&x->in->meta.best, key);

	return v ? v : "";
}

static struct fs_node *file_at(struct inspector *x, const char *key)
{
	const char *path = meta(x, key);
	struct fs_node *n;

	if (!*path)
		return NULL;
	if (fs_find(x->in->fs, path, true, &n, NULL) < 0 || !S_ISREG(n->i->mode)) {
		strv_addf(&x->in->problems, "%s: the image has no file '%s'", key, path);
		return NULL;
	}
	return n;
}

static int head_of(struct inspector *x, const struct fs_node *n, struct bytes *ret)
{
	struct piece head = n->i->data;

	if (head.n > CONTENT_HEAD_BYTES)
		head.n = CONTENT_HEAD_BYTES;
	return piece_read(&head, CONTENT_HEAD_BYTES, x->a, ret, x->e);
}

/* --- the kernel --- */

/* A Solo5 program says itself for which tender it is, and which devices it waits for. */
static int look_at_solo5(struct inspector *x, const struct fs_node *n)
{
	const char *monitor = meta(x, "hypervisor");
	_cleanup_fd_ int fd = -1;
	struct solo5_notes notes = {0};
	int r = piece_open(&n->i->data, &fd, x->e);

	if (r == 0)
		r = solo5_notes_read(fd, x->a, &notes, x->e);
	if (r < 0)
		return r;
	if (notes.problem)
		strv_addf(&x->in->problems, "kernel: its Solo5 notes cannot be used: %s", notes.problem);
	x->in->solo5_target = notes.target;
	if (notes.target && (streq(monitor, "hvt") || streq(monitor, "spt")) && !streq(monitor, notes.target))
		strv_addf(&x->in->problems, "kernel: it is built for Solo5's %s, and hypervisor is '%s'",
			  notes.target, monitor);
	for (size_t i = 0; i < notes.devices.n; i++)
		strv_addf(&x->in->notes, "the kernel waits for the %s", notes.devices.v[i]);
	return 0;
}

static int look_at_kernel(struct inspector *x)
{
	struct inspection *in = x->in;
	struct fs_node *n = file_at(x, "binary");
	int r;

	if (!n)
		return 0;
	in->kernel_bytes = n->i->data.n;
	r = head_of(x, n, &in->kernel_head);
	if (r < 0)
		return r;
	if (content_of(in->kernel_head, &in->kernel_arch) != CONTENT_KERNEL) {
		strv_addf(&in->problems, "binary: '%s' is no kernel", meta(x, "binary"));
		return 0;
	}
	in->kernel_kind = memcmp(in->kernel_head.p, "\177ELF", 4) == 0 ? "ELF" : "Linux image";
	if (in->kernel_arch && !streq(in->kernel_arch, in->image->config.platform.arch))
		strv_addf(&in->problems, "kernel: it is for %s, the image says %s", in->kernel_arch,
			  in->image->config.platform.arch);
	return look_at_solo5(x, n);
}

/* --- the root --- */

static int look_at_root(struct inspector *x)
{
	static const struct {
		const char *key;
		enum path_content want[2];
		const char *words;
	} kinds[] = {
		{"initrd", {CONTENT_CPIO, CONTENT_PACKED}, "a cpio archive"},
		{"block", {CONTENT_EXT, CONTENT_FS}, "a file system"},
	};
	const char *arch;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct fs_node *n = file_at(x, kinds[i].key);
		enum path_content is;
		struct bytes head;
		int r;

		if (!*meta(x, kinds[i].key) || x->in->root)
			continue;
		x->in->root = arena_printf(x->a, "%s %s", kinds[i].key, meta(x, kinds[i].key));
		if (!n)
			continue;
		x->in->root_bytes = n->i->data.n;
		r = head_of(x, n, &head);
		if (r < 0)
			return r;
		is = content_of(head, &arch);
		if (is != kinds[i].want[0] && is != kinds[i].want[1])
			strv_addf(&x->in->problems, "%s: '%s' is not %s", kinds[i].key, meta(x, kinds[i].key),
				  kinds[i].words);
		if (i == 1 && !*meta(x, "blkMntPoint"))
			strv_add(&x->in->problems, "block: blkMntPoint must say where it is mounted");
	}
	if (!x->in->root && (streq(meta(x, "mountRootfs"), "true") || streq(meta(x, "useDMBlock"), "true")))
		x->in->root = "the image's own files";
	return 0;
}

/* --- sense --- */

static void look_at_words(struct inspector *x)
{
	static const char *const needed[] = {"unikernelType", "hypervisor", "binary"};
	const struct image_config *c = &x->in->image->config;
	const struct key_value *long_one = build_value_too_long(&x->in->meta.best);

	if (x->in->meta.broken)
		strv_addf(&x->in->problems, "%s", x->in->meta.broken);
	if (x->in->meta.best.n == 0) {
		strv_add(&x->in->problems,
			 "it has no metadata: a container runtime runs it, or 'bunny convert' makes it boot");
		return;
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!*meta(x, needed[i]))
			strv_addf(&x->in->problems,
				  "%s is missing: without it a runtime takes this for a container", needed[i]);
	}
	if (long_one)
		strv_addf(&x->in->problems, "%s has %zu bytes; urunc takes at most %u", long_one->key,
			  strlen(long_one->value), BUNNY_VALUE_MAX_BYTES);
	if (x->in->meta.differs)
		strv_addf(&x->in->problems, "%s is not the same in /urunc.json, labels and annotations",
			  x->in->meta.differs);
	if (x->in->meta.all[META_FILE].n == 0)
		strv_add(&x->in->notes,
			 "no /urunc.json: Docker's classic store and most engines then show nothing to a runtime");
	if (c->entrypoint.n + c->cmd.n == 0)
		strv_add(&x->in->problems,
			 "neither Entrypoint nor Cmd: engines start it only with a word behind its name");
}

/* Whether the urunc of this machine knows the pair. */
static void look_at_features(struct inspector *x)
{
	const json_t *pairs = json_object_get(json_object_get(x->features, "urunc"), "pairs");
	const char *guest = meta(x, "unikernelType"), *monitor = meta(x, "hypervisor");
	json_t *pair;
	size_t i;

	if (!pairs || !*guest || !*monitor)
		return;
	json_array_foreach((json_t *)pairs, i, pair)
	{
		if (streq(json_string_value(json_object_get(pair, "guest")), guest) &&
		    streq(json_string_value(json_object_get(pair, "monitor")), monitor))
			return;
	}
	strv_addf(&x->in->problems, "the urunc of this machine does not run '%s' on '%s'", guest, monitor);
}

int inspect_image(const struct image *im, const struct fs *fs, const json_t *features, struct arena *a,
		  struct inspection *ret, struct err *e)
{
	struct inspector x = {ret, features, a, e};
	int r;

	*ret = (struct inspection){.image = im, .fs = fs, .problems = STRV(a), .notes = STRV(a)};
	for (size_t i = 0; i < im->nlayers; i++)
		ret->layers_bytes += im->layers[i].data.n;
	r = metadata_read(im, fs, a, &ret->meta, e);
	if (r < 0)
		return r;
	look_at_words(&x);
	r = look_at_kernel(&x);
	if (r == 0)
		r = look_at_root(&x);
	look_at_features(&x);
	return r < 0 ? r : ret->problems.oom || ret->notes.oom ? err_oom(e) : 0;
}

/* --- telling --- */

/* What an image says of itself stays in its line, and does nothing to a terminal. */
static void add_list(struct strbuf *out, const struct strs *l)
{
	for (size_t i = 0; i < l->n; i++) {
		sb_add(out, i ? " " : "");
		diag_show_text(l->v[i], out);
	}
}

static void add_lines(struct strbuf *out, const char *begin, const struct strv *l)
{
	for (size_t i = 0; i < l->n; i++) {
		sb_add(out, begin);
		diag_show_text(l->v[i], out);
		sb_add(out, "\n");
	}
}

static void add_places(const struct inspection *in, struct strbuf *out)
{
	bool any = false;

	sb_add(out, "metadata: ");
	for (int p = 0; p < META_PLACES; p++) {
		if (in->meta.all[p].n) {
			sb_addf(out, "%s%s", any ? ", " : "", metadata_place_names[p]);
			any = true;
		}
	}
	sb_add(out, any ? "\n" : "none\n");
	for (size_t i = 0; i < in->meta.best.n; i++) {
		size_t begin = out->len + 2, n;

		sb_add(out, "  ");
		diag_show_text(in->meta.best.v[i].key, out);
		n = out->len - begin;
		sb_addf(out, "%*s ", n < KEY_COLUMNS ? (int)(KEY_COLUMNS - n) : 0, "");
		diag_show_text(in->meta.best.v[i].value, out);
		sb_add(out, "\n");
	}
}

void inspect_describe(const struct inspection *in, struct strbuf *out)
{
	const struct image *im = in->image;
	const char *v;

	sb_add(out, "image:    ");
	diag_show_text(im->where, out);
	sb_add(out, im->name ? ", " : "");
	diag_show_text(im->name ? im->name : "", out);
	sb_add(out, "\n");
	if (im->has_digest && (v = digest_text(&im->digest, out->a)) != NULL)
		sb_addf(out, "digest:   %s\n", v);
	sb_add(out, "platform: ");
	diag_show_text(im->config.platform.os ? im->config.platform.os : "?", out);
	sb_add(out, "/");
	diag_show_text(im->config.platform.arch ? im->config.platform.arch : "?", out);
	sb_addf(out, ", %zu layers of %llu bytes\n", im->nlayers, (unsigned long long)in->layers_bytes);
	add_places(in, out);
	if (in->kernel_kind)
		sb_addf(out, "kernel:   %s for %s%s%s, %llu bytes\n", in->kernel_kind,
			in->kernel_arch ? in->kernel_arch : "an unknown machine",
			in->solo5_target ? ", Solo5 " : "", in->solo5_target ? in->solo5_target : "",
			(unsigned long long)in->kernel_bytes);
	sb_add(out, "root:     ");
	diag_show_text(in->root ? in->root : "none", out);
	if (in->root_bytes)
		sb_addf(out, ", %llu bytes", (unsigned long long)in->root_bytes);
	sb_add(out, "\n");
	sb_add(out, "command:  ");
	add_list(out, &im->config.entrypoint);
	sb_add(out, im->config.entrypoint.n && im->config.cmd.n ? " " : "");
	add_list(out, &im->config.cmd);
	sb_add(out, "\n");
	add_lines(out, "note:     ", &in->notes);
	add_lines(out, "problem:  ", &in->problems);
	if (in->problems.n == 0)
		sb_add(out, "nothing is wrong with it\n");
}

static void json_str(struct strbuf *out, const char *key, const char *value)
{
	if (!value)
		return;
	sb_addf(out, ",\"%s\":", key);
	sb_json_str(out, value, strlen(value));
}

static void json_list(struct strbuf *out, const char *key, const char **v, size_t n)
{
	sb_addf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < n; i++) {
		sb_add(out, i ? "," : "");
		sb_json_str(out, v[i], strlen(v[i]));
	}
	sb_add(out, "]");
}

void inspect_json(const struct inspection *in, struct strbuf *out)
{
	const struct image *im = in->image;

	sb_addf(out, "{\"layers\":%zu,\"layersBytes\":%llu", im->nlayers,
		(unsigned long long)in->layers_bytes);
	json_str(out, "image", im->where);
	json_str(out, "name", im->name);
	json_str(out, "digest", im->has_digest ? digest_text(&im->digest, out->a) : NULL);
	json_str(out, "os", im->config.platform.os);
	json_str(out, "architecture", im->config.platform.arch);
	json_str(out, "kernel", in->kernel_kind);
	json_str(out, "kernelArchitecture", in->kernel_arch);
	json_str(out, "solo5", in->solo5_target);
	json_str(out, "root", in->root);
	for (int p = 0; p < META_PLACES; p++) {
		sb_addf(out, ",\"%s\":{", p == META_FILE ? "uruncJson" : metadata_place_names[p]);
		for (size_t i = 0; i < in->meta.all[p].n; i++) {
			sb_add(out, i ? "," : "");
			sb_json_str(out, in->meta.all[p].v[i].key, strlen(in->meta.all[p].v[i].key));
			sb_add(out, ":");
			sb_json_str(out, in->meta.all[p].v[i].value, strlen(in->meta.all[p].v[i].value));
		}
		sb_add(out, "}");
	}
	json_list(out, "entrypoint", im->config.entrypoint.v, im->config.entrypoint.n);
	json_list(out, "cmd", im->config.cmd.v, im->config.cmd.n);
	json_list(out, "notes", in->notes.v, in->notes.n);
	json_list(out, "problems", in->problems.v, in->problems.n);
	sb_add(out, "}\n");
}
