/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at what a recipe names. */
#include "bunny/gather.h"

#include <errno.h>

const char *host_arch(void)
{
#if defined(__x86_64__)
	return "amd64";
#elif defined(__aarch64__)
	return "arm64";
#else
#error "no name for this machine"
#endif
}

static int look_at_image(struct maker *m, const struct image_want *want, struct image_facts *f, struct err *e)
{
	struct image *im;
	int r = maker_image(m, want->ref, &want->platform, want->any_platform, &im, e);

	if (r < 0)
		return r;
	f->known = true;
	f->config = im->config;
	if (im->has_digest)
		f->digest = digest_text(&im->digest, m->a);
	return im->has_digest && !f->digest ? err_oom(e) : 0;
}

static int look_at_images(struct maker *m, const struct recipe *r, struct build_facts *f, struct diags *d,
			  struct err *e)
{
	int x = 0;

	f->images = arena_array(m->a, r->nimages ? r->nimages : 1, sizeof(*f->images));
	if (!f->images)
		return err_oom(e);
	f->nimages = r->nimages;
	for (size_t i = 0; i < r->nimages; i++) {
		struct err why = {0};

		if (!r->images[i].need_config)
			continue;
		x = look_at_image(m, &r->images[i], &f->images[i], &why);
		if (x == -ENOMEM)
			return err_oom(e);
		if (x < 0)
			diag_error(d, r->images[i].pos, NULL, "%s", why.msg);
	}
	return d->errors ? -EINVAL : 0;
}

static int look_at_paths(struct maker *m, const struct recipe *r, struct build_facts *f, struct err *e)
{
	int x = 0;

	f->paths = arena_array(m->a, r->npaths ? r->npaths : 1, sizeof(*f->paths));
	if (!f->paths)
		return err_oom(e);
	f->npaths = r->npaths;
	for (size_t i = 0; x == 0 && m->context && i < r->npaths; i++)
		x = context_look(m->context, &r->paths[i], m->a, &f->paths[i], e);
	return x;
}

int gather_decide(struct maker *m, struct recipe *recipe, const struct recipe_options *opt, struct build *ret,
		  struct diags *d, struct err *e)
{
	struct build_facts facts = {0};
	int r = look_at_images(m, recipe, &facts, d, e);

	if (r == 0)
		r = recipe_expand(recipe, &facts, opt, m->a, d);
	if (r == 0)
		r = look_at_paths(m, recipe, &facts, e);
	return r == 0 ? build_decide(recipe, &facts, opt, m->a, ret, d) : r;
}

int gather_build(struct maker *m, const struct source *file, const struct recipe_options *opt,
		 struct build *ret, struct diags *d, struct err *e)
{
	struct recipe recipe = {0};
	int r = recipe_parse(file, opt, m->a, &recipe, d);

	return r == 0 ? gather_decide(m, &recipe, opt, ret, d, e) : r;
}
