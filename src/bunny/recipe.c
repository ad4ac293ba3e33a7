/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes: which syntax a file is in, and what both front ends need. */
#include "bunny/recipe.h"

#include <errno.h>
#include <string.h>

#include "bunny/front.h"
#include "common/path.h"
#include "common/utf8.h"

#define NAMES(...)                                                                                           \
	{                                                                                                    \
		.v = (const char *[]){__VA_ARGS__},                                                          \
		.n = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)                                  \
	}

const struct strs front_monitors = NAMES("qemu", "firecracker", "hvt", "spt", "cloud-hypervisor");
const struct strs front_frameworks = NAMES("linux", "unikraft", "rumprun", "mirage", "mewz", "hermit", "osv");

/* --- names --- */

const char *arch_from_name(const char *name)
{
	static const struct {
		const char *name, *arch;
	} known[] = {{"x86", "amd64"},       {"x86_64", "amd64"},    {"x86-64", "amd64"}, {"amd64", "amd64"},
		     {"aarch64", "arm64"},   {"arm64", "arm64"},     {"arm", "arm"},      {"armhf", "arm"},
		     {"riscv64", "riscv64"}, {"ppc64le", "ppc64le"}, {"s390x", "s390x"},  {"386", "386"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(known[i].name, name) == 0)
			return known[i].arch;
	return NULL;
}

bool platform_parse(const char *s, struct arena *a, struct platform *ret)
{
	const char *arch = strchr(s, '/'), *variant;
	struct platform p = {0};

	if (!arch || arch == s)
		return false;
	p.os = arena_strndup(a, s, (size_t)(arch++ - s));
	variant = strchr(arch, '/');
	p.arch = variant ? arena_strndup(a, arch, (size_t)(variant++ - arch)) : arch;
	if (!p.os || !p.arch || !*p.arch || (variant && (!*variant || strchr(variant, '/'))))
		return false;
	p.variant = variant;
	/* Both ways of writing it are usual. */
	if (arch_from_name(p.arch))
		p.arch = arch_from_name(p.arch);
	*ret = p;
	return true;
}

/* --- lists that grow --- */

static bool same_platform(const struct platform *x, const struct platform *y)
{
	return streq(x->os, y->os) && streq(x->arch, y->arch) &&
	       streq(x->variant ? x->variant : "", y->variant ? y->variant : "");
}

size_t recipe_add_image(struct recipe *r, struct arena *a, const struct image_want *want)
{
	struct image_want *v;

	for (size_t i = 0; i < r->nimages; i++)
		if (streq(r->images[i].ref, want->ref) &&
		    same_platform(&r->images[i].platform, &want->platform)) {
			r->images[i].need_config |= want->need_config;
			return i;
		}
	v = arena_append(a, r->images, r->nimages, sizeof(*v));
	if (!v)
		return SIZE_MAX;
	v[r->nimages] = *want;
	r->images = v;
	return r->nimages++;
}

size_t recipe_add_path(struct recipe *r, struct arena *a, const struct path_want *want)
{
	struct path_want *v;

	for (size_t i = 0; i < r->npaths; i++)
		if (streq(r->paths[i].path, want->path) && r->paths[i].pattern == want->pattern) {
			r->paths[i].content |= want->content;
			return i;
		}
	v = arena_append(a, r->paths, r->npaths, sizeof(*v));
	if (!v)
		return SIZE_MAX;
	v[r->npaths] = *want;
	r->paths = v;
	return r->npaths++;
}

/* --- for the front ends --- */

void front_oom(struct front *f)
{
	f->d->oom = true;
}

int front_result(const struct front *f)
{
	if (f->d->oom)
		return -ENOMEM;
	return f->d->errors ? -EINVAL : 0;
}

size_t front_add_image(struct front *f, const char *ref, const char *monitor, bool need_config,
		       struct src_pos pos)
{
	struct image_want want = {.ref = ref,
				  .platform = f->r->platform,
				  .need_config = need_config,
				  .pos = pos};
	size_t i;

	/* Unikraft's catalog has its images under the name of the monitor instead of an operating system. */
	if (monitor && str_starts(ref, "unikraft.org")) {
		want.platform.os = streq(monitor, "firecracker") ? "fc" : monitor;
		want.any_platform = true;
	}
	i = recipe_add_image(f->r, f->a, &want);
	if (i == SIZE_MAX)
		front_oom(f);
	return i == SIZE_MAX ? 0 : i;
}

/* Does the path lead above where it begins? */
static bool leads_out(const char *s)
{
	long depth = 0;

	while (*s) {
		size_t n = strcspn(s, "/");

		if (n == 2 && memcmp(s, "..", 2) == 0)
			depth--;
		else if (n && !(n == 1 && *s == '.'))
			depth++;
		if (depth < 0)
			return true;
		s += n + (s[n] == '/');
	}
	return false;
}

const char *front_context_path(struct front *f, const char *text, struct src_pos pos)
{
	const char *clean;

	if (leads_out(text)) {
		diag_error(f->d, pos,
			   "only files below the context can be used: give bunny a directory further up",
			   "'%s' leads out of the context", text);
		return NULL;
	}
	clean = path_join_clean(f->a, "/", text);
	if (!clean) {
		front_oom(f);
		return NULL;
	}
	return clean[1] ? clean + 1 : ".";
}

const char *front_absolute(struct front *f, const char *base, const char *text, bool dir)
{
	const char *clean = path_join_clean(f->a, base, text);

	if (clean && dir && clean[1] && (str_ends(text, "/") || str_ends(text, "/.") || streq(text, ".")))
		clean = arena_printf(f->a, "%s/", clean);
	if (!clean)
		front_oom(f);
	return clean;
}

void front_set_arch(struct front *f, const char *name, struct src_pos pos)
{
	struct platform *p = &f->r->platform;

	p->os = "linux";
	if (f->opt->platform.arch) {
		*p = f->opt->platform;
		p->os = "linux";
		f->r->platform_given = true;
	} else if (name && *name) {
		p->arch = arch_from_name(name);
		f->r->platform_given = true;
		if (!p->arch) {
			diag_error(f->d, pos, "known: x86, x86_64, amd64, aarch64, arm64, arm, riscv64",
				   "unknown architecture '%s'", name);
			p->arch = f->opt->host_arch;
		}
	} else {
		p->arch = f->opt->host_arch;
	}
}

void front_check_name(struct front *f, const char *what, const char *name, const struct strs *known,
		      struct src_pos pos)
{
	struct strbuf hint = STRBUF(f->a);
	const char *near = nearest_word(name, known), *text;
	struct err e;

	for (size_t i = 0; i < known->n; i++)
		if (streq(known->v[i], name))
			return;
	if (near)
		sb_addf(&hint, "did you mean '%s'? ", near);
	sb_add(&hint, "known:");
	for (size_t i = 0; i < known->n; i++)
		sb_addf(&hint, "%s %s", i ? "," : "", known->v[i]);
	if (sb_done(&hint, &text, &e) < 0) {
		front_oom(f);
		return;
	}
	diag_warn(f->d, pos, text, "urunc knows no %s '%s'", what, name);
}

/* --- which syntax --- */

enum syntax { SYNTAX_EMPTY, SYNTAX_CONTAINERFILE, SYNTAX_BUNNYFILE, SYNTAX_NONE };

/* Instructions that such a file may begin with; bima took files without FROM. */
static bool is_instruction(const char *s, size_t n)
{
	static const char *const words[] = {"FROM",    "ARG",        "COPY",       "ADD",   "LABEL",
					    "ENV",     "RUN",        "CMD",        "USER",  "EXPOSE",
					    "VOLUME",  "ENTRYPOINT", "WORKDIR",    "SHELL", "MAINTAINER",
					    "ONBUILD", "STOPSIGNAL", "HEALTHCHECK"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n && strncasecmp(words[i], s, n) == 0)
			return true;
	return false;
}

/* By the first line that is neither empty nor a comment. */
static enum syntax find_syntax(const struct source *source, struct src_pos *ret_pos)
{
	const char *p = source->text.n ? source->text.p : "", *end = p + source->text.n;

	if (source->text.n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (unsigned line = 1; p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end, *s = p;
		size_t n = 0;

		while (s < stop && strchr(" \t\r", *s))
			s++;
		if (s < stop && *s != '#') {
			*ret_pos = (struct src_pos){line, (unsigned)(s - p) + 1, 0};
			while (s + n < stop && !strchr(" \t\r:\"'", s[n]))
				n++;
			ret_pos->width = n ? (unsigned)n : 1;
			if ((s + n == stop || s[n] != ':') && is_instruction(s, n))
				return SYNTAX_CONTAINERFILE;
			if (memchr(s, ':', (size_t)(stop - s)) || strchr("{-%", *s))
				return SYNTAX_BUNNYFILE;
			return SYNTAX_NONE;
		}
		p = stop + 1;
	}
	return SYNTAX_EMPTY;
}

/* Things that no text file has, found before anything else so that nothing else need think of them. */
static void check_bytes(const struct source *source, struct diags *d)
{
	const char *text = source->text.p, *start = text;
	unsigned line = 1;

	if (source->text.n > RECIPE_MAX_BYTES) {
		diag_error(d, (struct src_pos){0}, NULL, "the file has %zu bytes, at most %u are read",
			   source->text.n, RECIPE_MAX_BYTES);
		return;
	}
	for (size_t i = 0; i < source->text.n;) {
		struct src_pos pos = {line, (unsigned)(text + i - start) + 1, 1};
		size_t n = utf8_seq(text + i, source->text.n - i);

		if (n == 0) {
			diag_error(d, pos, "save the file as UTF-8", "byte 0x%02x is no UTF-8",
				   (unsigned char)text[i]);
			return;
		}
		if (text[i] == '\0') {
			diag_error(d, pos, NULL, "a NUL byte: is this a text file?");
			return;
		}
		if (text[i] == '\n') {
			line++;
			start = text + i + 1;
		}
		i += n;
	}
}

int recipe_parse(const struct source *source, const struct recipe_options *opt, struct arena *a,
		 struct recipe *ret, struct diags *d)
{
	struct recipe r = {.source = *source};
	struct front f = {.source = source, .opt = opt, .a = a, .r = &r, .d = d};
	enum syntax syntax;
	struct src_pos pos = {0};
	int result;

	check_bytes(source, d);
	if ((result = front_result(&f)) < 0)
		return result;
	syntax = opt->only_bunnyfile       ? SYNTAX_BUNNYFILE
		 : opt->only_containerfile ? SYNTAX_CONTAINERFILE
					   : find_syntax(source, &pos);
	switch (syntax) {
	case SYNTAX_EMPTY:
		diag_error(d, pos, "a bunnyfile begins with 'version: v0.1', a Containerfile with FROM",
			   "The version field is necessary (there is nothing in the file)");
		return front_result(&f);
	case SYNTAX_NONE:
		diag_error(d, pos,
			   "a Containerfile's first instruction is FROM or ARG; a bunnyfile is YAML and begins with a "
			   "key, such as 'version: v0.1'",
			   "this is neither a bunnyfile nor a Containerfile");
		return front_result(&f);
	case SYNTAX_BUNNYFILE:
		r.kind = RECIPE_BUNNYFILE;
		result = bunnyfile_read(&f);
		break;
	case SYNTAX_CONTAINERFILE:
		r.kind = RECIPE_CONTAINERFILE;
		result = containerfile_read(&f);
		break;
	}
	if (result == 0)
		*ret = r;
	return result;
}
