/* SPDX-License-Identifier: Apache-2.0 */
/* bunny inspect: what an image would boot, where, and what is wrong with it. */
#include <errno.h>

#include "bunny/build_opts.h"
#include "bunny/child.h"
#include "bunny/inspect.h"
#include "common/json.h"

#define FEATURES_MAX_BYTES (4u << 20)

static const struct opt inspect_opts[] = {
	BUILD_OPT("platform", 0, OPT_STR, platform, "OS/ARCH", "which image of several (this machine's)"),
	BUILD_OPTS_SOURCE,
};

/* Where there is no urunc nothing is said about it. */
static const json_t *features(struct arena *a)
{
	const char *v[] = {"urunc", "features", NULL};
	struct strs argv = {v, 2};
	struct bytes text;
	json_t *root;

	if (child_read(&argv, FEATURES_MAX_BYTES, a, &text, NULL) < 0 ||
	    json_parse(text, "urunc features", &root, NULL) < 0)
		return NULL;
	return root;
}

static int run(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	const struct build_opts *o = opts;
	struct build_tools *t = arena_alloc(b->a, sizeof(*t));
	struct platform p = {"linux", host_arch(), NULL};
	struct strbuf out = STRBUF(b->a);
	struct inspection in = {.image = NULL};
	struct image *im = NULL;
	struct fs fs;
	int r = t ? build_tools_open(b, o, NULL, t, e) : err_oom(e);

	if (r == 0)
		r = build_tools_platform(o, b->a, &p, e);
	if (r == 0)
		r = maker_image(&t->maker, args->v[0], &p, !o->platform, &im, e);
	if (r == 0)
		r = fs_init(&fs, b->a, e);
	if (r == 0)
		r = source_root(&t->sources, im, &fs, e);
	if (r == 0)
		r = inspect_image(im, &fs, features(b->a), b->a, &in, e);
	if (r < 0)
		return r;
	report_done(&b->report);
	if (b->report.form == REPORT_JSON)
		inspect_json(&in, &out);
	else
		inspect_describe(&in, &out);
	r = bunny_print(&out, e);
	return r < 0 ? r : in.problems.n ? 2 : 0;
}

const struct bunny_command cmd_inspect = {
	.name = "inspect",
	.args = "IMAGE",
	.summary = "tells what an image would boot and where, and what is wrong with it (status 2)",
	.opts = {inspect_opts, sizeof(inspect_opts) / sizeof(inspect_opts[0])},
	.opts_bytes = sizeof(struct build_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
