/* SPDX-License-Identifier: Apache-2.0 */
/* Set-up and end of every build. */
#include "bunny/build_opts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base64.h"
#include "common/io.h"

static int take_names(struct bunny *b, const struct build_opts *o, struct build_tools *t, struct err *e)
{
	int r = 0;

	t->names = arena_array(b->a, o->tags.n ? o->tags.n : 1, sizeof(*t->names));
	if (!t->names)
		return err_oom(e);
	for (size_t i = 0; r == 0 && i < o->tags.n; i++) {
		r = ref_parse(o->tags.v[i], b->a, &t->names[i], e);
		if (r == 0 && t->names[i].digest)
			return err_set(
				e, EINVAL,
				"'%s' has a digest: an image is given a tag, its digest comes of what is in it",
				o->tags.v[i]);
		t->nnames++;
	}
	return r;
}

/* What bima called its archives: the last part of the name. */
static const char *archive_name(const struct build_tools *t, struct arena *a)
{
	const struct image_ref *n = &t->names[0];
	const char *slash = strrchr(n->repository, '/');

	return arena_printf(a, "%s:%s", slash ? slash + 1 : n->repository, n->tag);
}

static int add_output(struct build_tools *t, const char *word, struct err *e)
{
	return output_parse(word, &t->outputs[t->noutputs++], e);
}

int build_tools_outputs(struct bunny *b, const struct build_opts *o, struct build_tools *t, struct err *e)
{
	int r = 0;
	bool tar = o->tar;

	if (t->outputs)
		return 0;
	t->outputs = arena_array(b->a, o->outputs.n + o->loads.n + 2, sizeof(*t->outputs));
	if (!t->outputs)
		return err_oom(e);
	for (size_t i = 0; r == 0 && i < o->outputs.n; i++) {
		if (streq(o->outputs.v[i], "tar"))
			tar = true;
		else
			r = add_output(t, o->outputs.v[i], e);
	}
	for (size_t i = 0; r == 0 && i < o->loads.n; i++) {
		r = add_output(t, o->loads.v[i], e);
		if (r == 0 && t->outputs[t->noutputs - 1].kind != OUTPUT_LOAD)
			return err_set(e, EINVAL, "--load %s: docker, containerd and podman are known",
				       o->loads.v[i]);
	}
	if (r < 0)
		return r;
	if (tar || (t->noutputs == 0 && !streq(b->name, "bima"))) {
		if (t->nnames == 0)
			return err_set(e, EINVAL,
				       "say where the image goes (-o FILE, --load ENGINE), or name it (-t NAME)");
		t->outputs[t->noutputs++] = (struct output){OUTPUT_TAR, archive_name(t, b->a), NULL};
		if (!tar)
			t->outputs[t->noutputs - 1].path = arena_printf(b->a, "%s.tar", archive_name(t, b->a));
	} else if (t->noutputs == 0) {
		r = add_output(t, "containerd", e);
	}
	return r;
}

int build_tools_platform(const struct build_opts *o, struct arena *a, struct platform *ret, struct err *e)
{
	if (o->platform && !platform_parse(o->platform, a, ret))
		return err_set(e, EINVAL,
			       "--platform %s: OS/ARCH or OS/ARCH/VARIANT is wanted, such as linux/arm64",
			       o->platform);
	return 0;
}

static int check_images(const struct build_opts *o, struct err *e)
{
	for (size_t i = 0; i < o->images.n; i++) {
		const char *entry = o->images.v[i], *eq = strchr(entry, '=');

		if (!eq || eq == entry || !eq[1])
			return err_set(e, EINVAL, "--image %s: NAME=IMAGE is wanted, such as base=oci:DIR",
				       entry);
	}
	return 0;
}

int build_tools_open(struct bunny *b, const struct build_opts *o, const char *context, struct build_tools *t,
		     struct err *e)
{
	int r;

	report_begin(&b->report, o->quiet, o->json);
	*t = (struct build_tools){.diags = DIAGS(b->a)};
	t->source = (struct source_options){.images = {o->images.v, o->images.n},
					    .offline = o->offline,
					    .pull = o->pull,
					    .namespace = o->namespace,
					    .address = o->address,
					    .plain_http = o->plain_http};
	t->sources = (struct sources){.a = b->a, .report = &b->report, .o = &t->source};
	t->out = (struct output_options){o->namespace, o->address, o->snapshotter, o->plain_http, &b->report};
	r = check_images(o, e);
	if (r == 0)
		r = cache_open(b->a, &t->sources.cache, e);
	if (r == 0)
		r = take_names(b, o, t, e);
	if (r == 0 && context) {
		r = context_open(context, b->epoch, b->a, &t->context, &t->diags, e);
		t->context.keep_modes = o->keep_modes;
		t->context.keep_times = o->keep_times;
	}
	t->maker = (struct maker){.a = b->a,
				  .sources = &t->sources,
				  .context = context ? &t->context : NULL,
				  .report = &b->report,
				  .epoch = b->epoch};
	return r;
}

int build_tools_diags(struct bunny *b, const struct build_tools *t, const struct source *file, struct err *e)
{
	struct strbuf out = STRBUF(b->a);
	bool json = b->report.form == REPORT_JSON;
	int r = diags_result(&t->diags, file, e);

	if (json)
		diags_json(&t->diags, file, &out);
	else if (r < 0 || b->report.form != REPORT_QUIET)
		diags_render(&t->diags, file, &out);
	if (out.len)
		(void)!write_all(STDERR_FILENO, out.p, out.len);
	/* They have been shown, so they need not be said again. */
	if (r == -EINVAL && out.len && e)
		return err_set(e, EINVAL, "%zu error%s in %s", t->diags.errors,
			       t->diags.errors == 1 ? "" : "s", file ? file->name : "what was asked for");
	return r;
}

static int print_digest(struct bunny *b, const struct out_image *im, struct err *e)
{
	const char *digest = digest_text(&im->digest, b->a);
	struct strbuf out = STRBUF(b->a);

	if (b->report.form == REPORT_JSON)
		sb_addf(&out, "{\"digest\":\"%s\"}\n", digest);
	else
		sb_addf(&out, "%s\n", digest);
	return digest ? bunny_print(&out, e) : err_oom(e);
}

int build_tools_give(struct bunny *b, struct build_tools *t, const struct out_image *im, struct err *e)
{
	bool piped = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->noutputs; i++) {
		r = output_write(&t->outputs[i], &t->out, im, b->a, e);
		piped |= t->outputs[i].kind == OUTPUT_STDOUT;
	}
	report_done(&b->report);
	return r < 0 || piped ? r : print_digest(b, im, e);
}

static int set_annotations(struct bunny *b, const char *form, struct build *build, struct err *e)
{
	if (!form || streq(form, "plain"))
		return 0;
	if (streq(form, "none")) {
		build->annotations.n = 0;
		return 0;
	}
	if (!streq(form, "base64"))
		return err_set(e, EINVAL, "--annotations %s: plain, base64 and none are known", form);
	for (size_t i = 0; i < build->annotations.n; i++) {
		struct key_value *kv = &build->annotations.v[i];
		struct strbuf out = STRBUF(b->a);
		int r;

		if (!str_starts(kv->key, BUNNY_KEY_PREFIX))
			continue;
		base64_encode(&out, kv->value, strlen(kv->value));
		r = sb_done(&out, &kv->value, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int build_tools_finish(struct bunny *b, const struct build_opts *o, struct build_tools *t,
		       struct build *build, struct err *e)
{
	struct out_image im = {.names = t->names, .nnames = t->nnames};
	int r = build_tools_outputs(b, o, t, e);

	if (r == 0)
		r = set_annotations(b, o->annotations, build, e);
	if (r == 0)
		r = make_image(&t->maker, build, &im, e);
	return r == 0 ? build_tools_give(b, t, &im, e) : r;
}
