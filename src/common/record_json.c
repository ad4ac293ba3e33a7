/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON text for people. */
#include <inttypes.h>
#include <string.h>

#include "common/base64.h"
#include "common/record.h"
#include "common/record_list.h"
#include "common/utf8.h"

struct writer {
	struct strbuf *out;
	int indent, level;
};

static void put_record(struct writer *w, const struct record *r, const void *obj);

static void new_line(struct writer *w)
{
	if (w->indent <= 0)
		return;
	sb_addc(w->out, '\n');
	for (int i = 0; i < w->indent * w->level; i++)
		sb_addc(w->out, ' ');
}

static void begin(struct writer *w, char c)
{
	sb_addc(w->out, c);
	w->level++;
}

/* Before each element; i counts from 0. */
static void element(struct writer *w, size_t i)
{
	if (i)
		sb_addc(w->out, ',');
	new_line(w);
}

static void end(struct writer *w, char c, size_t n)
{
	w->level--;
	if (n)
		new_line(w);
	sb_addc(w->out, c);
}

static void put_str(struct writer *w, const char *s)
{
	if (s)
		sb_json_str(w->out, s, strlen(s));
	else
		sb_add(w->out, "null");
}

static void put_strs(struct writer *w, const struct strs *l)
{
	begin(w, '[');
	for (size_t i = 0; i < l->n; i++) {
		element(w, i);
		put_str(w, l->v[i]);
	}
	end(w, ']', l->n);
}

static void put_u32s(struct writer *w, const struct u32s *l)
{
	begin(w, '[');
	for (size_t i = 0; i < l->n; i++) {
		element(w, i);
		sb_addf(w->out, "%" PRIu32, l->v[i]);
	}
	end(w, ']', l->n);
}

/* Text that comes back unchanged from a JSON string and is fit to be looked at. */
static bool is_text(const char *s, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		unsigned char c = (unsigned char)s[i];

		len = utf8_seq(s + i, n - i);
		if (!len || c == 0x7f || (c < 0x20 && c != '\n' && c != '\t' && c != '\r'))
			return false;
	}
	return true;
}

static void put_bytes(struct writer *w, const struct bytes *b)
{
	if (is_text(b->p, b->n)) {
		sb_json_str(w->out, b->p, b->n);
		return;
	}
	sb_add(w->out, w->indent > 0 ? "{\"base64\": \"" : "{\"base64\":\"");
	base64_encode(w->out, b->p, b->n);
	sb_add(w->out, "\"}");
}

static void put_enum(struct writer *w, const struct field *f, int v)
{
	if (v >= 0 && (size_t)v < record_enum_count(f))
		put_str(w, f->names[v]);
	else
		sb_addf(w->out, "%d", v); /* wrong in memory: shown, and refused when read back */
}

static void put_recs(struct writer *w, const struct record *sub, const struct rec_list *l)
{
	begin(w, '[');
	for (size_t i = 0; i < l->n; i++) {
		element(w, i);
		put_record(w, sub, (const char *)l->v + i * sub->size);
	}
	end(w, ']', l->n);
}

static void put_value(struct writer *w, const struct field *f, const void *at)
{
	const void *sub;

	switch (f->kind) {
	case FK_BOOL:
		sb_add(w->out, *(const bool *)at ? "true" : "false");
		break;
	case FK_U32:
		sb_addf(w->out, "%" PRIu32, *(const uint32_t *)at);
		break;
	case FK_I32:
		sb_addf(w->out, "%" PRId32, *(const int32_t *)at);
		break;
	case FK_U64:
		sb_addf(w->out, "%" PRIu64, *(const uint64_t *)at);
		break;
	case FK_I64:
		sb_addf(w->out, "%" PRId64, *(const int64_t *)at);
		break;
	case FK_STR:
		put_str(w, *(const char *const *)at);
		break;
	case FK_STRS:
		put_strs(w, at);
		break;
	case FK_U32S:
		put_u32s(w, at);
		break;
	case FK_BYTES:
		put_bytes(w, at);
		break;
	case FK_ENUM:
		put_enum(w, f, *(const int *)at);
		break;
	case FK_REC:
		put_record(w, f->sub, at);
		break;
	case FK_OPT:
		sub = *(const void *const *)at;
		if (sub)
			put_record(w, f->sub, sub);
		else
			sb_add(w->out, "null");
		break;
	case FK_RECS:
		put_recs(w, f->sub, at);
		break;
	}
}

static void put_record(struct writer *w, const struct record *r, const void *obj)
{
	begin(w, '{');
	for (size_t i = 0; i < r->nfields; i++) {
		const struct field *f = &r->fields[i];

		element(w, i);
		put_str(w, f->name);
		sb_add(w->out, w->indent > 0 ? ": " : ":");
		put_value(w, f, (const char *)obj + f->off);
	}
	end(w, '}', r->nfields);
}

void record_to_json(const struct record *r, const void *obj, int indent, struct strbuf *out)
{
	struct writer w = {.out = out, .indent = indent};

	put_record(&w, r, obj);
}
