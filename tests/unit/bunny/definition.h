/* SPDX-License-Identifier: Apache-2.0 */
/* A packed definition as text, an operation a line, for the tests of what writes them. */
#ifndef URUNC_TESTS_BUNNY_DEFINITION_H
#define URUNC_TESTS_BUNNY_DEFINITION_H

#include "bunny/digest.h"
#include "grpc/pb.h"
#include "proto/buildkit/ops.pb-c.h"
#include "unit.h"

static inline void def_owner(struct strbuf *b, const Llb__ChownOpt *o)
{
	const Llb__UserOpt *const both[] = {o ? o->user : NULL, o ? o->group : NULL};

	for (size_t i = 0; i < 2; i++) {
		if (both[i] && both[i]->user_case == LLB__USER_OPT__USER_BY_ID)
			sb_addf(b, " %s %u", i ? "group" : "user", both[i]->by_id);
		else if (both[i])
			sb_addf(b, " %s '%s' of %lld", i ? "group" : "user", both[i]->by_name->name,
				(long long)both[i]->by_name->input);
	}
}

static inline void def_time(struct strbuf *b, int64_t ns)
{
	if (ns != -1)
		sb_addf(b, " at %lld", (long long)ns);
}

static inline void def_copy(struct strbuf *b, const Llb__FileActionCopy *c)
{
	sb_addf(b, "copy %s -> %s", c->src, c->dest);
	if (c->mode != -1)
		sb_addf(b, " mode %o", (unsigned)c->mode);
	def_owner(b, c->owner);
	def_time(b, c->timestamp);
	sb_add(b, c->follow_symlink ? " follow" : "");
	sb_add(b, c->dir_copy_contents ? " contents" : "");
	sb_add(b, c->attempt_unpack ? " unpack" : "");
	sb_add(b, c->create_dest_path ? " parents" : "");
	sb_add(b, c->allow_wildcard ? " wildcard" : "");
	for (size_t i = 0; i < c->n_exclude_patterns; i++)
		sb_addf(b, " but %s", c->exclude_patterns[i]);
}

static inline void def_action(struct strbuf *b, const Llb__FileAction *a)
{
	sb_addf(b, "; %lld", (long long)a->input);
	if (a->secondary_input != -1)
		sb_addf(b, "+%lld", (long long)a->secondary_input);
	sb_addf(b, "=%lld ", (long long)a->output);
	if (a->action_case == LLB__FILE_ACTION__ACTION_COPY) {
		def_copy(b, a->copy);
	} else if (a->action_case == LLB__FILE_ACTION__ACTION_MKFILE) {
		sb_addf(b, "file %s mode %o '%.*s'", a->mkfile->path, (unsigned)a->mkfile->mode,
			(int)a->mkfile->data.len, (const char *)a->mkfile->data.data);
		def_owner(b, a->mkfile->owner);
		def_time(b, a->mkfile->timestamp);
	} else {
		assert_int_equal(a->action_case, LLB__FILE_ACTION__ACTION_MKDIR);
		sb_addf(b, "dir %s mode %o%s", a->mkdir->path, (unsigned)a->mkdir->mode,
			a->mkdir->make_parents ? " parents" : "");
		def_owner(b, a->mkdir->owner);
		def_time(b, a->mkdir->timestamp);
	}
}

static inline void def_op(struct strbuf *b, const Llb__Op *op)
{
	if (op->op_case == LLB__OP__OP_SOURCE) {
		sb_add(b, op->source->identifier);
		for (size_t i = 0; i < op->source->n_attrs; i++)
			sb_addf(b, " %s=%s", op->source->attrs[i]->key, op->source->attrs[i]->value);
	} else if (op->op_case == LLB__OP__OP_FILE) {
		sb_add(b, "files");
		for (size_t i = 0; i < op->file->n_actions; i++)
			def_action(b, op->file->actions[i]);
	} else if (op->op_case == LLB__OP__OP_EXEC) {
		sb_add(b, "run");
		for (size_t i = 0; i < op->exec->meta->n_args; i++)
			sb_addf(b, " %s", op->exec->meta->args[i]);
		for (size_t i = 0; i < op->exec->n_mounts; i++)
			sb_addf(b, "; %s %lld=%lld%s", op->exec->mounts[i]->dest,
				(long long)op->exec->mounts[i]->input, (long long)op->exec->mounts[i]->output,
				op->exec->mounts[i]->readonly ? " ro" : "");
		sb_addf(b, " net %d", op->exec->network);
	} else {
		sb_add(b, "result");
	}
	if (op->platform)
		sb_addf(b, " %s/%s%s", op->platform->os, op->platform->architecture, op->platform->variant);
}

static inline size_t def_find(const Llb__Definition *d, const char *digest, size_t before, struct arena *a)
{
	for (size_t i = 0; i < before; i++) {
		struct digest sum = digest_of(d->def[i].data, d->def[i].len);

		if (streq(digest_text(&sum, a), digest))
			return i;
	}
	return SIZE_MAX;
}

/* "N: what; ... [input.output ...] 'name' line L\n". Checks that inputs come before, and that each operation has its
 * metadata. */
static inline const char *def_text(struct bytes packed, struct arena *a)
{
	const Llb__Definition *d = pb_unpack(&llb__definition__descriptor, packed, a, NULL);
	struct strbuf b = STRBUF(a);
	const char *text;

	assert_non_null(d);
	assert_int_equal(d->n_metadata, d->n_def);
	for (size_t i = 0; i < d->n_def; i++) {
		const Llb__Op *op = pb_unpack(&llb__op__descriptor, pb_bytes(d->def[i]), a, NULL);
		struct digest sum = digest_of(d->def[i].data, d->def[i].len);
		const char *digest = digest_text(&sum, a);
		const Llb__OpMetadata *m = NULL;

		assert_non_null(op);
		sb_addf(&b, "%zu: ", i);
		def_op(&b, op);
		for (size_t k = 0; k < op->n_inputs; k++) {
			size_t from = def_find(d, op->inputs[k]->digest, i, a);

			assert_true(from < i);
			sb_addf(&b, " [%zu.%lld]", from, (long long)op->inputs[k]->index);
		}
		for (size_t k = 0; k < d->n_metadata; k++) {
			if (streq(d->metadata[k]->key, digest))
				m = d->metadata[k]->value;
		}
		assert_non_null(m);
		if (m->n_description)
			sb_addf(&b, " '%s'", m->description[0]->value);
		sb_add(&b, m->ignore_cache ? " no-cache" : "");
		for (size_t k = 0; d->source && k < d->source->n_locations; k++) {
			if (streq(d->source->locations[k]->key, digest))
				sb_addf(&b, " line %d",
					d->source->locations[k]->value->locations[0]->ranges[0]->start->line);
		}
		sb_addc(&b, '\n');
	}
	assert_int_equal(sb_done(&b, &text, NULL), 0);
	return text;
}

#endif
