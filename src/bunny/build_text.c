/* SPDX-License-Identifier: Apache-2.0 */
/* Builds as texts: /urunc.json, the dump that tests compare, and what `bunny check` says. */
#include <string.h>

#include "bunny/build.h"
#include "common/base64.h"

#define SHOWN_BYTES (64u << 10) /* of a file */

static void string(struct strbuf *out, const char *s)
{
	if (s)
		sb_json_str(out, s, strlen(s));
	else
		sb_add(out, "null");
}

const struct key_value *build_value_too_long(const struct key_values *annotations)
{
	for (size_t i = 0; i < annotations->n; i++) {
		if (strlen(annotations->v[i].value) > BUNNY_VALUE_MAX_BYTES)
			return &annotations->v[i];
	}
	return NULL;
}

void build_urunc_json(const struct key_values *annotations, struct strbuf *out)
{
	sb_addc(out, '{');
	for (size_t i = 0; i < annotations->n; i++) {
		const struct key_value *kv = &annotations->v[i];

		sb_add(out, i ? "," : "");
		string(out, kv->key);
		sb_add(out, ":\"");
		base64_encode(out, kv->value, strlen(kv->value));
		sb_addc(out, '"');
	}
	sb_addc(out, '}');
}

/* --- the dump --- */

static const char *const from_names[] = {"scratch", "context", "tree", "input", "urunit"};

static void dump_from(const struct from *from, struct strbuf *out)
{
	if (from->kind == FROM_STAGE || from->kind == FROM_IMAGE)
		sb_addf(out, "\"%s %zu\"", from_names[from->kind], from->index);
	else
		sb_addf(out, "\"%s\"", from_names[from->kind]);
}

static void dump_op(const struct build_op *op, struct strbuf *out)
{
	static const char *const kinds[] = {"copy", "file", "dir", "root"}, *const roots[] = {"initrd",
											      "ext2", "ext4"};

	sb_addf(out, "        {\"%s\": ", kinds[op->kind]);
	string(out, op->dst);
	if (op->kind == BUILD_COPY || op->kind == BUILD_ROOT) {
		sb_add(out, ", \"from\": ");
		dump_from(&op->from, out);
	}
	if (op->kind == BUILD_COPY) {
		sb_add(out, ", \"source\": ");
		string(out, op->source);
		sb_addf(out, ", \"rules\": \"%s\"", op->rules == COPY_DOCKER ? "docker" : "bunny");
	}
	if (op->kind == BUILD_ROOT)
		sb_addf(out, ", \"kind\": \"%s\"", roots[op->root]);
	if (op->kind == BUILD_ROOT && op->after.kind != FROM_SCRATCH) {
		sb_add(out, ", \"after\": ");
		dump_from(&op->after, out);
		sb_add(out, ", \"source\": ");
		string(out, op->source);
	}
	if (op->size_bytes)
		sb_addf(out, ", \"size\": %llu", (unsigned long long)op->size_bytes);
	if (op->kind == BUILD_FILE && op->bytes.n > SHOWN_BYTES) {
		sb_addf(out, ", \"size\": %zu", op->bytes.n);
	} else if (op->kind == BUILD_FILE) {
		sb_add(out, ", \"bytes\": ");
		sb_json_str(out, op->bytes.p, op->bytes.n);
	}
	if (op->mode >= 0)
		sb_addf(out, ", \"mode\": \"%04o\"", (unsigned)op->mode);
	sb_add(out, op->wildcard ? ", \"wildcard\": true" : "");
	sb_add(out, op->dst_dir ? ", \"into\": true" : "");
	sb_add(out, op->unpack ? ", \"unpack\": true" : "");
	for (size_t i = 0; i < op->exclude.n; i++) {
		sb_add(out, i ? ", " : ", \"exclude\": [");
		string(out, op->exclude.v[i]);
		sb_add(out, i + 1 == op->exclude.n ? "]" : "");
	}
	if (op->owner.user) {
		sb_add(out, ", \"owner\": ");
		string(out, op->owner.user);
		sb_add(out, ", \"group\": ");
		string(out, op->owner.group);
	}
	sb_addc(out, '}');
}

static void dump_tree(const struct build_tree *t, struct strbuf *out)
{
	sb_add(out, "    {\"base\": ");
	dump_from(&t->base, out);
	sb_add(out, ", \"layers\": [");
	for (size_t i = 0; i < t->nlayers; i++) {
		const struct build_layer *l = &t->layers[i];

		sb_add(out, i ? ",\n      {\"by\": " : "\n      {\"by\": ");
		string(out, l->created_by);
		sb_add(out, ", \"ops\": [");
		for (size_t o = 0; o < l->nops; o++) {
			sb_add(out, o ? ",\n" : "\n");
			dump_op(&l->ops[o], out);
		}
		sb_add(out, "\n      ]}");
	}
	sb_add(out, t->nlayers ? "\n    ]}" : "]}");
}

static void dump_inputs(const struct build *b, struct strbuf *out)
{
	sb_add(out, "  \"inputs\": [");
	for (size_t i = 0; i < b->ninputs; i++) {
		const struct build_input *in = &b->inputs[i];

		sb_add(out, i ? ",\n    {\"image\": " : "\n    {\"image\": ");
		string(out, in->ref);
		sb_addf(out, ", \"platform\": \"%s/%s\"", in->platform.os, in->platform.arch);
		sb_add(out, in->any_platform ? ", \"any\": true" : "");
		if (in->digest) {
			sb_add(out, ", \"digest\": ");
			string(out, in->digest);
		}
		sb_addc(out, '}');
	}
	sb_add(out, b->ninputs ? "\n  ],\n" : "],\n");
}

void build_dump(const struct build *b, struct strbuf *out)
{
	sb_addf(out, "{\n  \"platform\": \"%s/%s\",\n", b->config.platform.os, b->config.platform.arch);
	dump_inputs(b, out);
	sb_add(out, "  \"trees\": [\n");
	for (size_t i = 0; i < b->ntrees; i++) {
		dump_tree(&b->trees[i], out);
		sb_add(out, i + 1 < b->ntrees ? ",\n" : "\n");
	}
	sb_addf(out, "  ],\n  \"result\": %zu,\n  \"config\": ", b->result);
	image_config_json(&b->config, out);
	sb_add(out, ",\n  \"annotations\": {");
	for (size_t i = 0; i < b->annotations.n; i++) {
		sb_add(out, i ? ",\n    " : "\n    ");
		string(out, b->annotations.v[i].key);
		sb_add(out, ": ");
		string(out, b->annotations.v[i].value);
	}
	sb_add(out, b->annotations.n ? "\n  },\n  \"urunc_json\": " : "},\n  \"urunc_json\": ");
	sb_json_str(out, b->urunc_json.p, b->urunc_json.n);
	sb_add(out, ",\n  \"kernel\": ");
	string(out, b->kernel_words);
	sb_add(out, ",\n  \"root\": ");
	string(out, b->root_words);
	sb_add(out, "\n}\n");
}

/* --- for people --- */

/* A word as a shell would need it, so that its ends are seen. */
static void shown_word(struct strbuf *out, const char *s)
{
	if (*s && !s[strcspn(s, " \t\n\"'\\$`;&|<>(){}*?[]#~!")]) {
		sb_add(out, s);
		return;
	}
	sb_addc(out, '\'');
	for (; *s; s++)
		if (*s == '\'')
			sb_add(out, "'\\''");
		else
			sb_addc(out, *s == '\n' ? ' ' : *s);
	sb_addc(out, '\'');
}

static void show_command(const struct image_config *c, struct strbuf *out)
{
	size_t n = c->entrypoint.n + c->cmd.n;

	if (n == 0)
		sb_add(out, "none: it must be named when the container is made");
	for (size_t i = 0; i < n; i++) {
		sb_add(out, i ? " " : "");
		shown_word(out, i < c->entrypoint.n ? c->entrypoint.v[i] : c->cmd.v[i - c->entrypoint.n]);
	}
	sb_addc(out, '\n');
}

static void describe(const struct build *b, struct strbuf *out)
{
	const char *type = kv_get(&b->annotations, BUNNY_KEY("unikernelType")),
		   *version = kv_get(&b->annotations, BUNNY_KEY("unikernelVersion")),
		   *monitor = kv_get(&b->annotations, BUNNY_KEY("hypervisor"));

	sb_addf(out, "guest:   %s%s%s on %s, %s/%s\n", type ? type : "", version && *version ? " " : "",
		version ? version : "", monitor ? monitor : "", b->config.platform.os,
		b->config.platform.arch);
	sb_addf(out, "kernel:  %s\n", b->kernel_words ? b->kernel_words : "");
	sb_addf(out, "root:    %s\n", b->root_words ? b->root_words : "");
	sb_addf(out, "%s ", type && streq(type, "linux") ? "init:   " : "command:");
	show_command(&b->config, out);
	if (b->init_note)
		sb_addf(out, "         %s\n", b->init_note);
	for (size_t i = 0; i < b->ninputs; i++)
		sb_addf(out, "%s%s for %s/%s%s%s\n", i ? "         " : "images:  ", b->inputs[i].ref,
			b->inputs[i].platform.os, b->inputs[i].platform.arch, b->inputs[i].digest ? ", " : "",
			b->inputs[i].digest ? b->inputs[i].digest : "");
}

void build_describe(const struct build *b, struct strbuf *out)
{
	struct strbuf raw = STRBUF(out->a);
	const char *text;
	char *line, *save = NULL;
	struct err e;

	describe(b, &raw);
	if (sb_done(&raw, &text, &e) < 0) {
		out->oom = true;
		return;
	}
	/* Names out of a file may hold anything. */
	for (line = strtok_r(raw.p, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		diag_show_text(line, out);
		sb_addc(out, '\n');
	}
}
