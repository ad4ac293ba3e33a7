/* SPDX-License-Identifier: Apache-2.0 */
/* What bunny decides about whole files: one directory a case, all messages and the build compared byte for byte. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bunny/build.h"
#include "bunny/ignore.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/json.h"

#define FILE_MAX_BYTES (2u << 20)

static unsigned count, failures;

/* A case's input is in its own directory, or in that of its name among the documents. */
static const char *const inputs[] = {"bunnyfile", "Containerfile"};

struct golden_case {
	int dir, documents;
	const char *name;
	struct arena *a;
	json_t *facts, *options;
};

static int read_input(const struct golden_case *c, struct source *ret, struct err *e)
{
	for (size_t i = 0; i < 2; i++) {
		const char *document = arena_printf(c->a, "%s/%s", c->name, inputs[i]);

		ret->name = inputs[i];
		if (faccessat(c->dir, inputs[i], F_OK, 0) == 0)
			return file_read(c->dir, inputs[i], FILE_MAX_BYTES, c->a, &ret->text, e);
		if (faccessat(c->documents, document, F_OK, 0) == 0)
			return file_read(c->documents, document, FILE_MAX_BYTES, c->a, &ret->text, e);
	}
	return err_set(e, ENOENT, "there is neither a bunnyfile nor a Containerfile");
}

static int read_json(const struct golden_case *c, const char *name, json_t **ret, struct err *e)
{
	struct bytes text;
	int r;

	*ret = json_object();
	if (faccessat(c->dir, name, F_OK, 0) < 0)
		return 0;
	r = file_read(c->dir, name, FILE_MAX_BYTES, c->a, &text, e);
	return r < 0 ? r : json_parse(text, name, ret, e);
}

static const char *text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* --- options.json: members are named as those of struct recipe_options --- */

static int read_options(const struct golden_case *c, struct recipe_options *ret, struct err *e)
{
	const json_t *o = c->options, *labels = json_object_get(o, "labels");
	const char *platform = text_at(o, "platform"), *urunit = text_at(o, "urunit"), *key;
	json_t *v;
	int r;

	*ret = (struct recipe_options){.target = text_at(o, "target"),
				       .host_arch = text_at(o, "host_arch"),
				       .monitor = text_at(o, "monitor"),
				       .kernel_ref = text_at(o, "kernel_ref"),
				       .kernel_file = text_at(o, "kernel_file"),
				       .kernel_path = text_at(o, "kernel_path"),
				       .urunit_ref = text_at(o, "urunit_ref")};
	if (!ret->host_arch)
		ret->host_arch = "amd64";
	if (urunit)
		ret->urunit = streq(urunit, "no") ? URUNIT_NO : URUNIT_YES;
	if (platform && !platform_parse(platform, c->a, &ret->platform))
		return err_set(e, EINVAL, "options.json: platform");
	if ((r = json_get_strs(o, "options", "build_args", c->a, &ret->build_args, e)) < 0)
		return r;
	json_object_foreach((json_t *)labels, key, v) if ((r = kv_set(&ret->labels, c->a, key,
								      json_string_value(v), e)) < 0) return r;
	return 0;
}

/* --- facts.json: {"images": {REF: {"digest": ..., "config": whole config}}, "files": {PATH: {...}}} --- */

static int read_image(const struct golden_case *c, const char *ref, struct image_facts *ret, struct err *e)
{
	const json_t *image = json_object_get(json_object_get(c->facts, "images"), ref);
	const char *config;

	*ret = (struct image_facts){0};
	if (!image)
		return 0;
	ret->known = true;
	ret->digest = text_at(image, "digest");
	config = json_dumps(json_object_get(image, "config"), JSON_COMPACT);
	if (!config)
		return err_set(e, EINVAL, "facts.json: image %s has no config", ref);
	return image_config_parse((struct bytes){config, strlen(config)}, ref, c->a, &ret->config, e);
}

static unsigned find_word(const char *s, const char *const *words, unsigned n, unsigned otherwise)
{
	for (unsigned i = 0; s && i < n; i++)
		if (streq(words[i], s))
			return i;
	return otherwise;
}

/* All names of the context that are in the same directory. */
static int names_beside(const struct golden_case *c, const char *path, struct strs *ret, struct err *e)
{
	const char *slash = strrchr(path, '/'), *key;
	size_t dir = slash ? (size_t)(slash + 1 - path) : 0;
	struct strv l = STRV(c->a);
	json_t *v;

	json_object_foreach(json_object_get(c->facts, "files"), key,
			    v) if (strncmp(key, path, dir) == 0 && !strchr(key + dir, '/'))
		strv_add(&l, key + dir);
	return strv_done(&l, ret, e);
}

static int read_path(const struct golden_case *c, const struct path_want *want, struct path_facts *ret,
		     struct err *e)
{
	static const char *const kinds[] = {"unknown", "absent",  "file",   "dir",
					    "other",   "matches", "outside"},
				 *const contents[] = {"unknown", "cpio", "packed", "ext",
						      "fs",      "tar",  "kernel", "other"};
	const json_t *files = json_object_get(c->facts, "files"), *f = json_object_get(files, want->path);
	const char *key;
	json_t *v;

	*ret = (struct path_facts){.kind = PATH_ABSENT, .size_bytes = 4096};
	if (want->pattern)
		json_object_foreach((json_t *)files, key, v) if (pattern_match(want->path, key))
			ret->kind = PATH_MATCHES;
	if (streq(want->path, "."))
		ret->kind = PATH_DIR;
	if (!f)
		return ret->kind == PATH_ABSENT ? names_beside(c, want->path, &ret->near, e) : 0;
	ret->kind = (enum path_kind)find_word(text_at(f, "kind"), kinds, 7, PATH_FILE);
	if (want->content)
		ret->content = (enum path_content)find_word(text_at(f, "content"), contents, 8, CONTENT_OTHER);
	ret->arch = ret->content == CONTENT_KERNEL ? text_at(f, "arch") : NULL;
	ret->ignored = json_is_true(json_object_get(f, "ignored"));
	if (json_object_get(f, "size"))
		ret->size_bytes = (uint64_t)json_integer_value(json_object_get(f, "size"));
	return 0;
}

static int gather_images(const struct golden_case *c, const struct recipe *r, struct build_facts *facts,
			 struct err *e)
{
	facts->nimages = r->nimages;
	facts->images = arena_array(c->a, r->nimages, sizeof(*facts->images));
	for (size_t i = 0; i < r->nimages; i++) {
		int ret = r->images[i].need_config ? read_image(c, r->images[i].ref, &facts->images[i], e) : 0;

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int gather_paths(const struct golden_case *c, const struct recipe *r, struct build_facts *facts,
			struct err *e)
{
	facts->npaths = r->npaths;
	facts->paths = arena_array(c->a, r->npaths, sizeof(*facts->paths));
	for (size_t i = 0; i < r->npaths; i++) {
		int ret = read_path(c, &r->paths[i], &facts->paths[i], e);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* All that is said, and the build if there is one. Only trouble of the test itself is an error. */
static int outcome(const struct golden_case *c, struct strbuf *out, struct err *e)
{
	struct recipe_options opt;
	struct build_facts facts = {0};
	struct diags d = DIAGS(c->a);
	struct source source;
	struct recipe recipe;
	struct build build;
	int r, result;

	if ((r = read_input(c, &source, e)) < 0 || (r = read_options(c, &opt, e)) < 0)
		return r;
	result = recipe_parse(&source, &opt, c->a, &recipe, &d);
	if (result == 0) {
		if ((r = gather_images(c, &recipe, &facts, e)) < 0)
			return r;
		result = recipe_expand(&recipe, &facts, &opt, c->a, &d);
	}
	if (result == 0) {
		if ((r = gather_paths(c, &recipe, &facts, e)) < 0)
			return r;
		result = build_decide(&recipe, &facts, &opt, c->a, &build, &d);
	}
	if ((result == 0) != (d.errors == 0) || (result < 0 && result != -EINVAL))
		return err_set(e, EBADMSG, "returned %d with %zu errors", result, d.errors);
	diags_render(&d, &source, out);
	if (result == 0) {
		build_describe(&build, out);
		build_dump(&build, out);
	}
	return out->oom ? err_oom(e) : 0;
}

/* The first line that differs, in both forms. */
static int differs(const char *want, const char *got, struct err *e)
{
	unsigned line = 1;

	for (;; line++) {
		size_t n = strcspn(want, "\n"), m = strcspn(got, "\n");

		if (n != m || memcmp(want, got, n) != 0 || (!want[n] != !got[m]))
			return err_set(e, EBADMSG, "result.txt line %u\n#   wanted: %.*s\n#   got:    %.*s",
				       line, (int)n, want, (int)m, got);
		if (!want[n])
			return err_set(e, EBADMSG, "result.txt differs behind a NUL byte");
		want += n + 1;
		got += m + 1;
	}
}

static int compare(const struct golden_case *c, const struct strbuf *got, struct err *e)
{
	struct bytes want;
	int r;

	if (getenv("GOLDEN_UPDATE"))
		return file_write(c->dir, "result.txt", O_CREAT | O_TRUNC, got->p, got->len, e);
	r = file_read(c->dir, "result.txt", FILE_MAX_BYTES, c->a, &want, e);
	if (r < 0)
		return r;
	if (want.n == got->len && memcmp(want.p, got->p, want.n) == 0)
		return 0;
	return differs(arena_strndup(c->a, want.p, want.n), got->p, e);
}

static int run_case(int top, int documents, const char *name, struct arena *a, struct err *e)
{
	_cleanup_fd_ int dir = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct golden_case c = {.dir = dir, .documents = documents, .name = name, .a = a};
	struct strbuf out = STRBUF(a);
	int r;

	if (dir < 0)
		return err_sys(e, "cannot open %s", name);
	if ((r = read_json(&c, "facts.json", &c.facts, e)) < 0 ||
	    (r = read_json(&c, "options.json", &c.options, e)) < 0 || (r = outcome(&c, &out, e)) < 0)
		return r;
	return compare(&c, &out, e);
}

static void report(int top, int documents, const char *name)
{
	struct arena a = {0};
	struct err e = {0};

	json_use_arena(&a);
	count++;
	if (run_case(top, documents, name, &a, &e) == 0) {
		printf("ok %u - bunny golden: %s\n", count, name);
	} else {
		failures++;
		printf("not ok %u - bunny golden: %s\n# %s\n", count, name, e.msg);
	}
	arena_release(&a);
}

static int is_case(const struct dirent *d)
{
	return d->d_type == DT_DIR && d->d_name[0] != '.';
}

/* usage: bunny-golden DIRECTORY DOCUMENTS [CASE...] */
int main(int argc, char **argv)
{
	struct dirent **names = NULL;
	int top = argc > 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1,
	    documents = argc > 2 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int n = argc > 3 || top < 0 ? 0 : scandir(argv[1], &names, is_case, alphasort);

	if (top < 0 || documents < 0 || n < 0) {
		fprintf(stderr, "usage: bunny-golden DIRECTORY DOCUMENTS [CASE...]\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		report(top, documents, argv[i]);
	for (int i = 0; i < n; i++)
		report(top, documents, names[i]->d_name);
	printf("1..%u\n", count);
	return failures > 0;
}
