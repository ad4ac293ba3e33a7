/* SPDX-License-Identifier: Apache-2.0 */
/* From a decision to an image: tree by tree, layer by layer. */
#include "bunny/make.h"

#include <errno.h>
#include <string.h>

#include "bunny/fs_copy.h"
#include "bunny/tar_write.h"

#define LAYER_TYPE "application/vnd.oci.image.layer.v1.tar"

static bool same_platform(const struct platform *a, const struct platform *b)
{
	return streq(a->os, b->os) && streq(a->arch, b->arch) &&
	       streq(a->variant ? a->variant : "", b->variant ? b->variant : "");
}

int maker_image(struct maker *m, const char *ref, const struct platform *p, bool any_platform,
		struct image **ret, struct err *e)
{
	struct fetched *f;
	int r;

	for (size_t i = 0; i < m->nfetched; i++) {
		f = &m->fetched[i];
		if (streq(f->ref, ref) && same_platform(&f->platform, p)) {
			*ret = &f->image;
			return 0;
		}
	}
	if (!m->fetched) {
		/* Never moved, as others keep pointers to them. */
		m->cap = 1024;
		m->fetched = arena_array(m->a, m->cap, sizeof(*m->fetched));
		if (!m->fetched)
			return err_oom(e);
	}
	if (m->nfetched == m->cap)
		return err_set(e, E2BIG, "more than %zu images", m->cap);
	f = &m->fetched[m->nfetched];
	r = source_image(m->sources, ref, p, any_platform, &f->image, e);
	if (r < 0)
		return r;
	f->ref = ref;
	f->platform = *p;
	m->nfetched++;
	*ret = &f->image;
	return 0;
}

/* --- layers --- */

static int add_layer(struct made_tree *t, struct arena *a, const struct out_layer *l, struct err *e)
{
	struct out_layer *v = arena_array(a, t->nlayers + 1, sizeof(*v));

	if (!v)
		return err_oom(e);
	if (t->nlayers)
		memcpy(v, t->layers, t->nlayers * sizeof(*v));
	v[t->nlayers++] = *l;
	t->layers = v;
	return 0;
}

/* What the last steps changed. The bytes are only described: their digest is made when the image is sealed. */
static int close_layer(struct maker *m, struct made_tree *t, const char *created_by, struct err *e)
{
	struct rope *rope = arena_alloc(m->a, sizeof(*rope));
	struct out_layer l = {.media_type = LAYER_TYPE, .created_by = created_by ? created_by : "bunny"};
	int r;

	if (!rope)
		return err_oom(e);
	*rope = ROPE(m->a);
	r = tar_write_layer(&t->fs, rope, e);
	if (r < 0)
		return r;
	l.data = piece_rope(rope);
	return add_layer(t, m->a, &l, e);
}

/* Each byte of what is new is looked at once. */
static int digest_layers(struct maker *m, struct out_image *im, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < im->nlayers; i++) {
		struct out_layer *l = &im->layers[i];

		if (l->data.kind != PIECE_ROPE)
			continue;
		report_step(m->report, "digest of %s", l->created_by);
		r = rope_write(l->data.rope, &(struct rope_out){-1, &l->digest, report_bytes, m->report}, e);
		l->diff_id = l->digest;
	}
	return r;
}

static int take_base_layers(struct maker *m, struct made_tree *t, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->base->nlayers; i++) {
		const struct image_layer *from = &t->base->layers[i];

		r = add_layer(t, m->a,
			      &(struct out_layer){from->digest, from->diff_id, from->media_type, from->data,
						  NULL},
			      e);
	}
	/* A directory as a base is one layer. */
	return r == 0 && t->base->root_dir ? close_layer(m, t, "base directory", e) : r;
}

/* --- trees --- */

static int begin_tree(struct maker *m, const struct build *b, struct made_tree *trees,
		      const struct build_tree *bt, struct made_tree *t, struct err *e)
{
	const struct build_input *in;
	int r = fs_init(&t->fs, m->a, e);

	if (r < 0 || bt->base.kind == FROM_SCRATCH)
		return r;
	if (bt->base.kind == FROM_STAGE) {
		const struct made_tree *from = &trees[bt->base.index];

		t->base = from->base;
		t->layers = from->layers;
		t->nlayers = from->nlayers;
		return fs_clone(&from->fs, &t->fs, e);
	}
	in = &b->inputs[bt->base.index];
	r = maker_image(m, in->ref, &in->platform, in->any_platform, &t->base, e);
	if (r == 0) {
		report_step(m->report, "reading %s", in->ref);
		r = source_root(m->sources, t->base, &t->fs, e);
	}
	return r == 0 ? take_base_layers(m, t, e) : r;
}

static int make_layer(struct maker *m, const struct build *b, struct made_tree *trees, struct made_tree *t,
		      const struct build_layer *layer, struct err *e)
{
	report_step(m->report, "%s", layer->created_by ? layer->created_by : "layer");
	t->fs.layer++;
	for (size_t i = 0; i < layer->nops; i++) {
		int r = make_op(m, b, trees, t, &layer->ops[i], e);

		if (r < 0 && layer->ops[i].pos.line)
			return err_wrap(e, "line %u", layer->ops[i].pos.line);
		if (r < 0)
			return r;
	}
	return close_layer(m, t, layer->created_by, e);
}

static int make_tree(struct maker *m, const struct build *b, struct made_tree *trees, size_t n, struct err *e)
{
	const struct build_tree *bt = &b->trees[n];
	int r = begin_tree(m, b, trees, bt, &trees[n], e);

	for (size_t i = 0; r == 0 && i < bt->nlayers; i++)
		r = make_layer(m, b, trees, &trees[n], &bt->layers[i], e);
	return r;
}

static int finish(struct maker *m, const struct build *b, const struct made_tree *t, struct out_image *ret,
		  struct err *e)
{
	struct out_image im = {.config = b->config,
			       .annotations = b->annotations,
			       .layers = t->layers,
			       .nlayers = t->nlayers,
			       .epoch = m->epoch,
			       .names = ret->names,
			       .nnames = ret->nnames};
	int r;

	if (t->base && !t->base->root_dir) {
		im.base_history = json_object_get(t->base->config_tree, "history");
		im.nbase = t->base->nlayers;
	}
	r = digest_layers(m, &im, e);
	if (r == 0)
		r = image_seal(&im, m->a, e);
	if (r == 0)
		*ret = im;
	return r;
}

int make_image(struct maker *m, const struct build *b, struct out_image *ret, struct err *e)
{
	struct made_tree *trees = arena_array(m->a, b->ntrees ? b->ntrees : 1, sizeof(*trees));
	int r = trees ? 0 : err_oom(e);

	for (size_t i = 0; r == 0 && i < b->ntrees; i++)
		r = make_tree(m, b, trees, i, e);
	return r == 0 ? finish(m, b, &trees[b->result], ret, e) : r;
}
