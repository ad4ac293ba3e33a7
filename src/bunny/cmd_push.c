/* SPDX-License-Identifier: Apache-2.0 */
/* bunny push: an image from here to a registry. */
#include <errno.h>
#include <string.h>

#include "bunny/build_opts.h"
#include "bunny/locator.h"

static const struct opt push_opts[] = {
	BUILD_OPT("platform", 0, OPT_STR, platform, "OS/ARCH", "which image of several (this machine's)"),
	BUILD_OPTS_SOURCE,
};

/* As it is: the same config, the same layers, the same annotations, so that only what carries them is new. */
static int take(struct image *im, struct arena *a, struct out_image *out, struct err *e)
{
	*out = (struct out_image){.config = im->config,
				  .annotations = im->annotations,
				  .config_json = arena_strndup(a, im->config_json.p, im->config_json.n),
				  .nlayers = im->nlayers};
	out->layers = arena_array(a, im->nlayers ? im->nlayers : 1, sizeof(*out->layers));
	if (!out->layers || !out->config_json)
		return err_oom(e);
	for (size_t i = 0; i < im->nlayers; i++)
		out->layers[i] = (struct out_layer){.digest = im->layers[i].digest,
						    .diff_id = im->layers[i].diff_id,
						    .media_type = im->layers[i].media_type,
						    .data = im->layers[i].data};
	return image_seal_as_is(out, a, e);
}

/* "docker-daemon:me/x" has a name in it; a file has none. */
static int name_of(const char *image, struct arena *a, const char **ret, struct err *e)
{
	struct locator l;
	int r = locator_parse(image, a, &l, e);

	if (r == 0 && !l.full)
		return err_set(e, EINVAL, "'%.200s' says no registry: name one: bunny push %.200s NAME",
			       image, image);
	*ret = l.full;
	return r;
}

static int run(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	struct build_opts o = *(const struct build_opts *)opts;
	struct build_tools *t = arena_alloc(b->a, sizeof(*t));
	struct platform p = {"linux", host_arch(), NULL};
	const char *name = args->v[args->n - 1];
	struct output output = {.kind = OUTPUT_REGISTRY};
	struct out_image out;
	struct image *im = NULL;
	int r = args->n == 1 ? name_of(name, b->a, &name, e) : 0;

	if (r < 0)
		return r;
	o.tags = STRV(b->a);
	strv_add(&o.tags, name);
	r = t ? build_tools_open(b, &o, NULL, t, e) : err_oom(e);
	if (r == 0)
		r = build_tools_platform(&o, b->a, &p, e);
	if (r == 0)
		r = maker_image(&t->maker, args->v[0], &p, false, &im, e);
	if (r == 0 && im->root_dir)
		return err_set(e, EINVAL,
			       "'%.200s' is a directory, not an image: 'bunny build' makes one of it",
			       args->v[0]);
	if (r == 0)
		r = take(im, b->a, &out, e);
	if (r < 0)
		return r;
	out.names = t->names;
	out.nnames = t->nnames;
	t->outputs = &output;
	t->noutputs = 1;
	return build_tools_give(b, t, &out, e);
}

const struct bunny_command cmd_push = {
	.name = "push",
	.args = "IMAGE [NAME]",
	.summary = "gives an image to the registry that its name, or NAME, says (by skopeo)",
	.opts = {push_opts, sizeof(push_opts) / sizeof(push_opts[0])},
	.opts_bytes = sizeof(struct build_opts),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
