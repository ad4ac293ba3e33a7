/* SPDX-License-Identifier: Apache-2.0 */
/* The OCI State object. */
#include <string.h>

#include "oci/spec.h"

struct writer {
	struct strbuf *out;
	int indent;
	size_t members;
};

static void new_line(struct writer *w, int level)
{
	if (w->indent <= 0)
		return;
	sb_addc(w->out, '\n');
	for (int i = 0; i < w->indent * level; i++)
		sb_addc(w->out, ' ');
}

static void put_str(struct writer *w, const char *s)
{
	sb_json_str(w->out, s, strlen(s));
}

static void put_key(struct writer *w, const char *key, int level, size_t nth)
{
	if (nth)
		sb_addc(w->out, ',');
	new_line(w, level);
	put_str(w, key);
	sb_add(w->out, w->indent > 0 ? ": " : ":");
}

static void put_member(struct writer *w, const char *key, const char *value)
{
	if (!value)
		return;
	put_key(w, key, 1, w->members++);
	put_str(w, value);
}

static void put_annotations(struct writer *w, const struct spec_kv *kv, size_t n)
{
	put_key(w, "annotations", 1, w->members++);
	sb_addc(w->out, '{');
	for (size_t i = 0; i < n; i++) {
		put_key(w, kv[i].key, 2, i);
		put_str(w, kv[i].value);
	}
	new_line(w, 1);
	sb_addc(w->out, '}');
}

void state_to_json(const struct oci_state *s, int indent, struct strbuf *out)
{
	struct writer w = {.out = out, .indent = indent};

	sb_addc(out, '{');
	put_member(&w, "ociVersion", s->oci_version);
	put_member(&w, "id", s->id);
	put_key(&w, "pid", 1, w.members++);
	sb_addf(out, "%d", (int)s->pid);
	put_member(&w, "status", s->status);
	put_member(&w, "bundle", s->bundle);
	put_member(&w, "rootfs", s->rootfs);
	put_member(&w, "created", s->created);
	if (s->nannotations)
		put_annotations(&w, s->annotations, s->nannotations);
	put_member(&w, "owner", s->owner);
	new_line(&w, 0);
	sb_addc(out, '}');
}
