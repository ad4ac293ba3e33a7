/* SPDX-License-Identifier: Apache-2.0 */
/* A build in LLB as one message, and another's taken in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bunny/digest.h"
#include "bunny/llb_parts.h"
#include "grpc/pb.h"

/* --- another's definition --- */

static struct llb_at import_op(struct llb *g, const Llb__Definition *d, size_t i, const char *what)
{
	const struct bytes packed = pb_bytes(d->def[i]);
	const Llb__Op *op = pb_unpack(&llb__op__descriptor, packed, g->a, &g->fail);
	struct llb_op new = {.packed = packed, .imported = true};

	if (!op)
		return LLB_SCRATCH;
	for (size_t k = 0; k < op->n_inputs; k++) {
		struct llb_at from = llb_find(g, op->inputs[k]->digest);

		if (from.op == SIZE_MAX) {
			err_set(&g->fail, EPROTO, "%s: operation %zu needs '%s', which is not before it",
				what, i, op->inputs[k]->digest);
			return LLB_SCRATCH;
		}
		from.output = op->inputs[k]->index;
		/* The last one only names the result. */
		if (i + 1 == d->n_def && op->op_case == LLB__OP__OP__NOT_SET)
			return from;
	}
	if (i + 1 == d->n_def) {
		err_set(&g->fail, EPROTO, "%s names no result", what);
		return LLB_SCRATCH;
	}
	return llb_add_packed(g, new);
}

static void import_metadata(struct llb *g, const Llb__Definition *d)
{
	for (size_t i = 0; i < d->n_metadata; i++) {
		struct llb_at at = llb_find(g, d->metadata[i]->key);

		if (at.op != SIZE_MAX && g->ops[at.op].imported && !g->ops[at.op].metadata)
			g->ops[at.op].metadata = d->metadata[i]->value;
	}
}

struct llb_at llb_import(struct llb *g, struct bytes definition, const char *what)
{
	struct llb_at at = LLB_SCRATCH;
	const Llb__Definition *d;

	if (g->fail.code)
		return at;
	d = pb_unpack(&llb__definition__descriptor, definition, g->a, &g->fail);
	if (!d) {
		err_wrap(&g->fail, "%s", what);
		return at;
	}
	for (size_t i = 0; i < d->n_def && !g->fail.code; i++)
		at = import_op(g, d, i, what);
	import_metadata(g, d);
	return at;
}

/* --- the whole --- */

static int by_digest(const void *a, const void *b)
{
	const Llb__Definition__MetadataEntry *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int describe(const struct llb *g, struct llb_op *op, Llb__OpMetadata *m, struct err *e)
{
	Llb__OpMetadata__CapsEntry **caps = arena_array(g->a, op->ncaps, sizeof(*caps));
	Llb__OpMetadata__CapsEntry *each = arena_array(g->a, op->ncaps, sizeof(*each));
	Llb__OpMetadata__DescriptionEntry **names = arena_array(g->a, 1, sizeof(*names));
	Llb__OpMetadata__DescriptionEntry *name = arena_alloc(g->a, sizeof(*name));

	if (!caps || !each || !names || !name)
		return err_oom(e);
	qsort(op->caps, op->ncaps, sizeof(op->caps[0]), by_name);
	for (size_t i = 0; i < op->ncaps; i++) {
		caps[i] = &each[i];
		llb__op_metadata__caps_entry__init(caps[i]);
		caps[i]->key = pb_str(op->caps[i]);
		caps[i]->value = true;
	}
	m->n_caps = op->ncaps;
	m->caps = caps;
	m->ignore_cache = op->no_cache;
	if (op->show.name) {
		llb__op_metadata__description_entry__init(name);
		name->key = pb_str("llb.customname");
		name->value = pb_str(op->show.name);
		names[0] = name;
		m->n_description = 1;
		m->description = names;
	}
	return 0;
}

static Llb__Definition__MetadataEntry *entry(struct llb *g, struct llb_op *op, struct err *e)
{
	Llb__Definition__MetadataEntry *new = arena_alloc(g->a, sizeof(*new));
	Llb__OpMetadata *m = op->metadata ? op->metadata : arena_alloc(g->a, sizeof(*m));

	if (!new || !m) {
		err_oom(e);
		return NULL;
	}
	if (!op->metadata) {
		llb__op_metadata__init(m);
		if (describe(g, op, m, e) < 0)
			return NULL;
	}
	llb__definition__metadata_entry__init(new);
	new->key = pb_str(op->digest);
	new->value = m;
	return new;
}

/* One place in the file, as the protocol nests it. */
struct place {
	Llb__Source__LocationsEntry entry, *entry_at;
	Llb__Locations locations;
	Llb__Location location, *location_at;
	Llb__Range range, *range_at;
	Llb__Position start, end;
};

static Llb__Source__LocationsEntry *make_place(struct place *p, const struct llb_op *op)
{
	llb__position__init(&p->start);
	llb__position__init(&p->end);
	p->start.line = p->end.line = (int32_t)op->show.pos.line;
	llb__range__init(&p->range);
	p->range.start = &p->start;
	p->range.end = &p->end;
	p->range_at = &p->range;
	llb__location__init(&p->location);
	p->location.n_ranges = 1;
	p->location.ranges = &p->range_at;
	p->location_at = &p->location;
	llb__locations__init(&p->locations);
	p->locations.n_locations = 1;
	p->locations.locations = &p->location_at;
	llb__source__locations_entry__init(&p->entry);
	p->entry.key = pb_str(op->digest);
	p->entry.value = &p->locations;
	return &p->entry;
}

static int add_places(const struct llb *g, Llb__Definition *d, struct err *e)
{
	Llb__Source *source = arena_alloc(g->a, sizeof(*source));
	Llb__SourceInfo *info = arena_alloc(g->a, sizeof(*info));
	Llb__SourceInfo **infos = arena_alloc(g->a, sizeof(*infos));
	Llb__Source__LocationsEntry **v = arena_array(g->a, g->n, sizeof(*v));
	struct place *places = arena_array(g->a, g->n, sizeof(*places));

	if (!source || !info || !infos || !v || !places)
		return err_oom(e);
	llb__source__init(source);
	for (size_t i = 0; i < g->n; i++) {
		if (g->ops[i].show.pos.line)
			v[source->n_locations++] = make_place(&places[i], &g->ops[i]);
	}
	if (source->n_locations == 0)
		return 0;
	llb__source_info__init(info);
	info->filename = pb_str(g->source->name);
	info->data = pb_data(g->source->text);
	infos[0] = info;
	source->n_infos = 1;
	source->infos = infos;
	source->locations = v;
	d->source = source;
	return 0;
}

static int pack_result(struct llb *g, struct llb_at at, struct llb_op *ret, struct err *e)
{
	Llb__Op op = LLB__OP__INIT;
	struct llb_inputs inputs = {0};
	struct digest sum;
	int r;

	llb_cap(ret, "constraints");
	llb_cap(ret, "meta.description");
	llb_cap(ret, "platform");
	llb_input(g, &inputs, at);
	if (g->fail.code)
		return err_oom(e);
	op.n_inputs = inputs.n;
	op.inputs = inputs.v;
	r = pb_pack(&op.base, g->a, &ret->packed, e);
	if (r < 0)
		return r;
	sum = digest_of(ret->packed.p, ret->packed.n);
	ret->digest = digest_text(&sum, g->a);
	return ret->digest ? 0 : err_oom(e);
}

int llb_finish(struct llb *g, struct llb_at at, struct bytes *ret, struct err *e)
{
	Llb__Definition d = LLB__DEFINITION__INIT;
	ProtobufCBinaryData *def = arena_array(g->a, g->n + 1, sizeof(*def));
	Llb__Definition__MetadataEntry **metadata = arena_array(g->a, g->n + 1, sizeof(void *));
	struct llb_op last = {0};
	int r;

	if (g->fail.code)
		return err_set(e, g->fail.code, "%s", g->fail.msg);
	if (!def || !metadata)
		return err_oom(e);
	if (at.op == SIZE_MAX)
		return pb_pack(&d.base, g->a, ret, e);
	r = pack_result(g, at, &last, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i <= g->n; i++) {
		struct llb_op *op = i < g->n ? &g->ops[i] : &last;

		def[i] = pb_data(op->packed);
		metadata[i] = entry(g, op, e);
		if (!metadata[i])
			return -e->code;
	}
	qsort(metadata, g->n + 1, sizeof(*metadata), by_digest);
	d.n_def = d.n_metadata = g->n + 1;
	d.def = def;
	d.metadata = metadata;
	r = g->source ? add_places(g, &d, e) : 0;
	return r < 0 ? r : pb_pack(&d.base, g->a, ret, e);
}
