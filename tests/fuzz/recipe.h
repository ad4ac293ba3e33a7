/* SPDX-License-Identifier: Apache-2.0 */
/* A file of either syntax all the way to a build, and what must hold of each. */
#ifndef URUNC_FUZZ_RECIPE_H
#define URUNC_FUZZ_RECIPE_H

#include "bunny/build.h"
#include "bunny/recipe.h"
#include "common/json.h"
#include "fuzz.h"

static void hold_path(const char *path)
{
	FUZZ_HOLDS(path && path[0] == '/' && !strstr(path, "/../") && !str_ends(path, "/.."));
}

static void hold_op(const struct build *b, size_t tree, const struct build_op *op)
{
	hold_path(op->dst);
	if (op->kind == BUILD_COPY || op->kind == BUILD_ROOT) {
		FUZZ_HOLDS(op->from.kind != FROM_STAGE || op->from.index < tree);
		FUZZ_HOLDS(op->from.kind != FROM_IMAGE || op->from.index < b->ninputs);
	}
	if (op->kind == BUILD_COPY && op->from.kind == FROM_CONTEXT)
		FUZZ_HOLDS(op->source[0] && op->source[0] != '/' && strncmp(op->source, "../", 3) != 0 &&
			   !streq(op->source, "..") && !strstr(op->source, "/../"));
	else if (op->kind == BUILD_COPY)
		hold_path(op->source);
}

static void hold_json(const char *text, size_t n, struct arena *a)
{
	json_t *doc;
	struct err e;

	json_use_arena(a);
	FUZZ_HOLDS(json_parse((struct bytes){text, n}, "", &doc, &e) == 0);
}

static void hold_build(const struct build *b, struct arena *a)
{
	struct strbuf dump = STRBUF(a), words = STRBUF(a);

	FUZZ_HOLDS(b->result < b->ntrees);
	for (size_t t = 0; t < b->ntrees; t++) {
		const struct build_tree *tree = &b->trees[t];

		FUZZ_HOLDS(tree->base.kind != FROM_STAGE || tree->base.index < t);
		FUZZ_HOLDS(tree->base.kind != FROM_IMAGE || tree->base.index < b->ninputs);
		for (size_t l = 0; l < tree->nlayers; l++)
			for (size_t o = 0; o < tree->layers[l].nops; o++)
				hold_op(b, t, &tree->layers[l].ops[o]);
	}
	build_dump(b, &dump);
	build_describe(b, &words);
	FUZZ_HOLDS(!dump.oom && !words.oom);
	hold_json(dump.p, dump.len, a);
	hold_json(b->urunc_json.p, b->urunc_json.n, a);
	FUZZ_HOLDS(strcspn(words.p, "\x1b\r\x7f") == words.len);
}

/* Errors are told if there are any, and only then. */
static void hold_diags(const struct diags *d, const struct source *source, int r)
{
	struct strbuf out = STRBUF(d->a);

	FUZZ_HOLDS(r == 0 ? d->errors == 0 : d->errors > 0);
	diags_render(d, source, &out);
	FUZZ_HOLDS(!out.oom && (out.len > 0) == (d->n > 0));
	FUZZ_HOLDS(!out.len || strcspn(out.p, "\x1b\r\x7f") == out.len);
}

static void fuzz_recipe(const uint8_t *data, size_t size, const struct recipe_options *opt)
{
	struct arena a = {0};
	const struct source source = {"file", fuzz_bytes(data, size)};
	struct diags d = DIAGS(&a);
	struct build_facts facts = {0};
	struct image_facts image = {.known = true};
	struct build build;
	struct recipe recipe;
	const char *env[] = {"PATH=/bin", "A=1"};
	int r = recipe_parse(&source, opt, &a, &recipe, &d);

	if (r == 0 && recipe.nimages) {
		image.config.env = (struct strs){env, 2};
		facts.images = &image;
		facts.nimages = 1;
	}
	if (r == 0)
		r = recipe_expand(&recipe, &facts, opt, &a, &d);
	if (r == 0)
		r = build_decide(&recipe, &facts, opt, &a, &build, &d);
	hold_diags(&d, &source, r);
	if (r == 0)
		hold_build(&build, &a);
	arena_release(&a);
}

#endif
