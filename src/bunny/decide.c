/* SPDX-License-Identifier: Apache-2.0 */
/* From a recipe and facts to a build: what both kinds of recipes need. Pure. */
#include "bunny/decide.h"

#include <errno.h>
#include <string.h>

#include "bunny/front.h"
#include "bunny/ignore.h"
#include "bunny/support.h"
#include "bunny/cmdline.h"
#include "bunny/content.h"

#define KERNEL_QEMU "harbor.nbfc.io/nubificus/bunny/linux-kernel-qemu:latest"
#define KERNEL_OTHERS "harbor.nbfc.io/nubificus/bunny/linux-kernel-firecracker:latest"
#define MAX_SHOWN 5 /* names of files in a hint */

void decide_oom(struct decider *x)
{
	x->d->oom = true;
}

/* --- building --- */

static void *append(struct decider *x, const void *v, size_t n, size_t size)
{
	void *p = arena_append(x->a, v, n, size);

	if (!p)
		decide_oom(x);
	return p;
}

size_t decide_tree(struct decider *x, struct from base)
{
	struct build_tree *v = append(x, x->b->trees, x->b->ntrees, sizeof(*v));

	if (!v)
		return 0;
	x->b->trees = v;
	v[x->b->ntrees] = (struct build_tree){.base = base};
	return x->b->ntrees++;
}

struct build_op *decide_layer(struct decider *x, size_t tree, const char *created_by, size_t n)
{
	struct build_tree *t = &x->b->trees[tree];
	struct build_layer *v;
	struct build_op *ops = arena_array(x->a, n, sizeof(*ops));

	if (x->b->ntrees == 0)
		return NULL;
	v = append(x, t->layers, t->nlayers, sizeof(*v));
	if (!v || !ops) {
		decide_oom(x);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		ops[i].mode = -1;
	t->layers = v;
	v[t->nlayers++] = (struct build_layer){created_by, ops, n};
	return ops;
}

void decide_copy_file(struct decider *x, size_t tree, struct from from, const char *source, const char *dst,
		      int mode, struct src_pos pos)
{
	struct build_op *op = decide_layer(x, tree, arena_printf(x->a, "bunny: %s", dst), 1);

	if (!op)
		return;
	op->kind = BUILD_COPY;
	op->from = from;
	op->source = source;
	op->rules = COPY_BUNNY;
	op->dst = dst;
	op->mode = mode;
	op->pos = pos;
}

static size_t add_input(struct decider *x, const char *ref, struct platform platform)
{
	struct build_input *v = append(x, x->b->inputs, x->b->ninputs, sizeof(*v));

	if (!v)
		return 0;
	x->b->inputs = v;
	v[x->b->ninputs] = (struct build_input){.ref = ref, .platform = platform};
	return x->b->ninputs++;
}

/* A file of this machine: its bytes are there already. */
static void given_kernel(struct decider *x, size_t tree)
{
	const struct bytes *k = &x->opt->kernel_bytes;
	struct build_op *op = decide_layer(x, tree, "bunny: " BOOT_KERNEL, 1);

	if (!op)
		return;
	op->kind = BUILD_FILE;
	op->dst = BOOT_KERNEL;
	op->bytes = *k;
	op->mode = 0644;
	x->given_kernel = (struct path_facts){.kind = PATH_FILE, .size_bytes = k->n};
	x->given_kernel.content = content_of(*k, &x->given_kernel.arch);
	x->kernel_facts = &x->given_kernel;
}

void decide_default_kernel(struct decider *x, size_t tree, const char *monitor)
{
	const char *ref = x->opt->kernel_ref, *path = x->opt->kernel_path;
	struct from from = {FROM_CONTEXT, 0};

	if (x->opt->kernel_bytes.p) {
		given_kernel(x, tree);
		return;
	}
	if (x->opt->kernel_file) {
		const char *clean = NULL;

		for (size_t i = 0; i < x->r->npaths; i++)
			if (x->r->paths[i].content && x->r->paths[i].pos.line == 0)
				clean = x->r->paths[i].path;
		x->kernel_facts = clean ? decide_path_facts(x, clean) : NULL;
		decide_copy_file(x, tree, from, clean ? clean : x->opt->kernel_file, BOOT_KERNEL, -1,
				 (struct src_pos){0});
		return;
	}
	if (!ref)
		ref = streq(monitor, "qemu") ? KERNEL_QEMU : KERNEL_OTHERS;
	from = (struct from){FROM_IMAGE, add_input(x, ref, x->b->config.platform)};
	decide_copy_file(x, tree, from, path ? path : BOOT_KERNEL, BOOT_KERNEL, -1, (struct src_pos){0});
}

void decide_urunit(struct decider *x, size_t tree)
{
	struct from from = {FROM_URUNIT, 0};

	if (x->opt->urunit_ref)
		from = (struct from){FROM_IMAGE, add_input(x, x->opt->urunit_ref, x->b->config.platform)};
	decide_copy_file(x, tree, from, URUNIT_PATH, URUNIT_PATH, 0755, (struct src_pos){0});
}

void decide_set(struct decider *x, const char *key, const char *value)
{
	struct err e;

	if (kv_set(&x->b->annotations, x->a, key, value, &e) < 0)
		decide_oom(x);
}

const char *decide_get(const struct decider *x, const char *key)
{
	const char *v = kv_get(&x->b->annotations, key);

	return v ? v : "";
}

/* --- knowing --- */

const struct path_facts *decide_path_facts(const struct decider *x, const char *path)
{
	for (size_t i = 0; i < x->r->npaths && i < x->facts->npaths; i++)
		if (streq(x->r->paths[i].path, path) && !x->r->paths[i].pattern)
			return x->facts->paths[i].kind == PATH_UNKNOWN ? NULL : &x->facts->paths[i];
	return NULL;
}

struct image_config decide_image_config(const struct decider *x, size_t index)
{
	if (index < x->facts->nimages && x->facts->images[index].known)
		return x->facts->images[index].config;
	return (struct image_config){0};
}

/* "did you mean 'dir/rootfs.ext2'?", or what there is. */
static const char *near_hint(struct decider *x, const char *path, const struct strs *near)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path,
		   *found = nearest_word(name, near), *text;
	int dir = slash ? (int)(slash + 1 - path) : 0;
	struct strbuf out = STRBUF(x->a);
	struct err e;

	if (found)
		return arena_printf(x->a, "did you mean '%.*s%s'?", dir, path, found);
	if (near->n == 0)
		return NULL;
	sb_add(&out, "there are:");
	for (size_t i = 0; i < near->n && i < MAX_SHOWN; i++)
		sb_addf(&out, "%s '%.*s%s'", i ? "," : "", dir, path, near->v[i]);
	if (near->n > MAX_SHOWN)
		sb_add(&out, ", ...");
	if (sb_done(&out, &text, &e) == 0)
		return text;
	decide_oom(x);
	return NULL;
}

static void check_path(struct decider *x, const struct path_want *want, const struct path_facts *facts)
{
	const char *path = want->path;

	switch (facts->kind) {
	case PATH_ABSENT:
		if (want->pattern)
			diag_error(x->d, want->pos, near_hint(x, path, &facts->near),
				   "no file of the context matches '%s'", path);
		else
			diag_error(x->d, want->pos, near_hint(x, path, &facts->near),
				   "there is no '%s' in the context", path);
		return;
	case PATH_OUTSIDE:
		diag_error(x->d, want->pos, "put the file itself there",
			   "'%s' is a link that leads out of the context: it is not followed", path);
		return;
	case PATH_OTHER:
		diag_error(x->d, want->pos, "files, directories and links can be copied",
			   "'%s' is a device, a socket or a named pipe", path);
		return;
	case PATH_UNKNOWN:
	case PATH_FILE:
	case PATH_DIR:
	case PATH_MATCHES:
		break;
	}
	if (facts->ignored)
		diag_error(x->d, want->pos,
			   "change .dockerignore (or .bunnyignore), for instance by a line with '!' and the name",
			   "'%s' is there, but .dockerignore keeps it out", path);
	else if (want->content && facts->kind == PATH_DIR)
		diag_error(x->d, want->pos, "name the file", "'%s' is a directory, not a file", path);
	else if (want->content && facts->kind == PATH_FILE && facts->size_bytes == 0)
		diag_error(x->d, want->pos, NULL, "'%s' is empty", path);
}

static bool same_arch(const char *x, const char *y)
{
	/* A kernel of 32 bits may well boot a machine of 64. */
	return streq(x, y) || (streq(x, "386") && streq(y, "amd64"));
}

static void check_kernel(struct decider *x)
{
	const struct path_facts *k = x->kernel_facts;
	struct platform *p = &x->b->config.platform;
	struct src_pos pos = {0};
	const char *name = x->opt->kernel_file ? x->opt->kernel_file : "";

	if (!k || k->kind != PATH_FILE)
		return;
	for (size_t i = 0; i < x->r->npaths && i < x->facts->npaths; i++)
		if (&x->facts->paths[i] == k) {
			pos = x->r->paths[i].pos;
			name = x->r->paths[i].path;
		}
	if (k->content != CONTENT_KERNEL && k->content != CONTENT_UNKNOWN)
		diag_warn(x->d, pos, "known: ELF, bzImage, the arm64 Image, PE",
			  "'%s' does not look like a kernel", name);
	if (!k->arch || same_arch(k->arch, p->arch))
		return;
	if (!x->r->platform_given && x->b->ninputs == 0)
		p->arch = streq(k->arch, "386") ? "amd64" : k->arch;
	else
		diag_error(x->d, pos,
			   x->r->kind == RECIPE_BUNNYFILE
				   ? arena_printf(x->a, "architecture: %s, or --platform linux/%s", k->arch,
						  k->arch)
				   : arena_printf(x->a, "use --platform linux/%s", k->arch),
			   "kernel '%s' is for %s, but the image would be for %s", name, k->arch, p->arch);
}

/* Our runtime takes these paths only: absolute, as short as they can be, without letters that a monitor might read. */
static void check_boot_path(struct decider *x, const char *key)
{
	const char *path = decide_get(x, key);
	bool ok = *path == '/' &&
		  path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-")] ==
			  '\0';

	if (!*path)
		return;
	ok = ok && !strstr(path, "//") && !strstr(path, "/../") && !strstr(path, "/./") &&
	     !str_ends(path, "/") && !str_ends(path, "/..") && !str_ends(path, "/.");
	if (!ok)
		diag_warn(x->d, recipe_label_pos(x->r, key),
			  "begin with '/', use only letters, digits and . _ / -, and no '..' or '//'",
			  "%s: urunc does not take the path '%s'", key, path);
}

static const char *listed(struct decider *x, const char *before, const struct strs *words)
{
	struct strbuf out = STRBUF(x->a);
	const char *text;
	struct err e;

	sb_add(&out, before);
	for (size_t i = 0; i < words->n; i++)
		sb_addf(&out, "%s %s", i ? "," : "", words->v[i]);
	if (sb_done(&out, &text, &e) == 0)
		return text;
	decide_oom(x);
	return NULL;
}

static unsigned root_of(const struct decider *x)
{
	const char *raw = decide_get(x, BUNNY_KEY("mountRootfs"));

	if (*decide_get(x, BUNNY_KEY("initrd")))
		return SUPPORT_INITRD;
	if (*decide_get(x, BUNNY_KEY("block")))
		return SUPPORT_BLOCK;
	return streq(raw, "true") || streq(raw, "1") ? SUPPORT_RAW : 0;
}

/* Other runtimes may know more, so these are warnings. */
static void check_support(struct decider *x, const char *framework, const char *monitor)
{
	static const char *const words[] =
		{[SUPPORT_INITRD] = "an initrd", [SUPPORT_BLOCK] = "a disk", [SUPPORT_RAW] = "the image's own files"};
	const struct unikernel *u = x->r->unikernel;
	const struct guest_support *g = support_find(framework);
	unsigned root = root_of(x);
	const char *possible[3];
	size_t n = 0;

	if (!g)
		return;
	for (size_t i = 0; i < front_monitors.n; i++)
		if (streq(front_monitors.v[i], monitor) && !support_runs_on(g, monitor))
			diag_warn(x->d, u ? u->monitor_pos : recipe_label_pos(x->r, BUNNY_KEY("hypervisor")),
				  listed(x, "it runs on:", &g->monitors), "urunc does not run '%s' on '%s'",
				  framework, monitor);
	if (!root || (g->roots & root))
		return;
	for (unsigned bit = SUPPORT_INITRD; bit <= SUPPORT_RAW; bit <<= 1)
		if (g->roots & bit)
			possible[n++] = words[bit];
	diag_warn(x->d, u ? u->root_pos : recipe_label_pos(x->r, BUNNY_KEY("unikernelType")),
		  n ? listed(x, "it can use:", &(struct strs){possible, n})
		    : "it uses no file system of the image",
		  "a '%s' guest can do nothing with %s", framework, words[root]);
}

void decide_check(struct decider *x, const char *framework, const char *monitor)
{
	struct front f = {.a = x->a, .d = x->d};

	if (x->r->kind == RECIPE_CONTAINERFILE) {
		front_check_name(&f, "framework", framework, &front_frameworks,
				 recipe_label_pos(x->r, BUNNY_KEY("unikernelType")));
		front_check_name(&f, "monitor", monitor, &front_monitors,
				 recipe_label_pos(x->r, BUNNY_KEY("hypervisor")));
	}
	check_support(x, framework, monitor);
	check_kernel(x);
	check_boot_path(x, BUNNY_KEY("binary"));
	check_boot_path(x, BUNNY_KEY("initrd"));
	check_boot_path(x, BUNNY_KEY("block"));
}

/* --- the command --- */

const char *decide_argv0(const struct image_config *c)
{
	return c->entrypoint.n ? c->entrypoint.v[0] : c->cmd.n ? c->cmd.v[0] : NULL;
}

bool decide_is_urunit(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	return argv0 && streq(slash ? slash + 1 : argv0, "urunit");
}

void decide_prepend_urunit(struct decider *x)
{
	struct strv l = STRV(x->a);
	struct err e;

	strv_add(&l, URUNIT_PATH);
	for (size_t i = 0; i < x->b->config.entrypoint.n; i++)
		strv_add(&l, x->b->config.entrypoint.v[i]);
	if (strv_done(&l, &x->b->config.entrypoint, &e) < 0)
		decide_oom(x);
}

/* Entrypoint and Cmd as one text, without a urunit in front. */
static const char *command_text(struct decider *x)
{
	const struct image_config *c = &x->b->config;
	struct strv l = STRV(x->a);
	struct strs words;
	const char *text;
	struct err e;

	for (size_t i = 0; i < c->entrypoint.n; i++)
		strv_add(&l, c->entrypoint.v[i]);
	for (size_t i = 0; i < c->cmd.n; i++)
		strv_add(&l, c->cmd.v[i]);
	if (strv_done(&l, &words, &e) < 0) {
		decide_oom(x);
		return "";
	}
	if (words.n && decide_is_urunit(words.v[0])) {
		words.v++;
		words.n--;
	}
	if (cmdline_join(&words, x->a, &text, &e) < 0) {
		decide_oom(x);
		return "";
	}
	return text;
}

void decide_check_command(struct decider *x, struct src_pos pos)
{
	const char *cmdline = decide_get(x, BUNNY_KEY("cmdline")), *text, *plain;
	struct strs words;
	bool open;
	struct err e;

	if (!decide_argv0(&x->b->config)) {
		diag_warn(x->d, pos, "name one behind the image: docker run IMAGE unikernel",
			  "the image has no command, and engines start none without");
		return;
	}
	if (!*cmdline)
		return;
	text = command_text(x);
	if (cmdline_split(cmdline, x->a, &words, &open, &e) < 0) {
		decide_oom(x);
		return;
	}
	if (words.n && decide_is_urunit(words.v[0])) {
		words.v++;
		words.n--;
	}
	if (cmdline_join(&words, x->a, &plain, &e) < 0)
		decide_oom(x);
	else if (!streq(text, plain))
		diag_warn(x->d, pos, "make them the same, or leave the one out that is wrong",
			  "the guest runs Entrypoint and Cmd, '%s', not what %s says: '%s'", text,
			  BUNNY_KEY("cmdline"), cmdline);
}

/* --- all of it --- */

static void write_metadata(struct decider *x)
{
	struct strbuf json = STRBUF(x->a);
	struct build_op *op = decide_layer(x, x->b->result, "bunny: /urunc.json", 1);
	const struct key_value *long_one = build_value_too_long(&x->b->annotations);
	const char *text;
	struct err e;

	if (long_one)
		diag_error(x->d, (struct src_pos){0}, "put what is so long into a file of the root",
			   "%s has %zu bytes; urunc takes at most %u", long_one->key, strlen(long_one->value),
			   BUNNY_VALUE_MAX_BYTES);
	build_urunc_json(&x->b->annotations, &json);
	if (sb_done(&json, &text, &e) < 0 || !op) {
		decide_oom(x);
		return;
	}
	x->b->urunc_json = (struct bytes){text, json.len};
	op->kind = BUILD_FILE;
	op->dst = "/urunc.json";
	op->bytes = x->b->urunc_json;
	op->mode = 0644;
}

int build_decide(const struct recipe *r, const struct build_facts *facts, const struct recipe_options *opt,
		 struct arena *a, struct build *ret, struct diags *d)
{
	struct build b = {0};
	struct decider x = {.r = r, .facts = facts, .opt = opt, .a = a, .d = d, .b = &b};
	int result;

	for (size_t i = 0; i < r->nimages; i++) {
		size_t at = add_input(&x, r->images[i].ref, r->images[i].platform);

		if (d->oom)
			return -ENOMEM;
		b.inputs[at].any_platform = r->images[i].any_platform;
		if (i < facts->nimages)
			b.inputs[at].digest = facts->images[i].digest;
	}
	for (size_t i = 0; i < r->npaths && i < facts->npaths; i++)
		check_path(&x, &r->paths[i], &facts->paths[i]);
	result = r->kind == RECIPE_BUNNYFILE ? decide_bunnyfile(&x) : decide_containerfile(&x);
	if (result < 0)
		return result;
	b.config.platform.os = "linux";
	write_metadata(&x);
	if (d->oom)
		return -ENOMEM;
	if (d->errors)
		return -EINVAL;
	*ret = b;
	return 0;
}
