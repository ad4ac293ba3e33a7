/* SPDX-License-Identifier: Apache-2.0 */
/* Containerfiles: the stages as trees, and what labels that are not there come to. */
#include <errno.h>
#include <string.h>

#include "bunny/decide.h"
#include "bunny/ignore.h"
#include "bunny/cmdline.h"

/* --- stages --- */

static struct from tree_from(const struct from *from, const size_t *trees)
{
	if (from->kind == FROM_STAGE)
		return (struct from){FROM_STAGE, trees[from->index]};
	return *from;
}

static void add_copy(struct decider *x, const struct recipe_op *op, size_t tree, const size_t *trees,
		     const char *dst)
{
	struct build_op *ops = decide_layer(x, tree, op->text, op->sources.n);

	for (size_t i = 0; ops && i < op->sources.n; i++) {
		ops[i].kind = BUILD_COPY;
		ops[i].from = tree_from(&op->from, trees);
		ops[i].source = op->sources.v[i];
		ops[i].rules = op->rules;
		ops[i].wildcard = pattern_has_wildcards(op->sources.v[i]);
		ops[i].dst_dir = op->sources.n > 1 || str_ends(op->dst, "/");
		ops[i].unpack = op->unpack;
		ops[i].exclude = op->exclude;
		ops[i].dst = dst;
		ops[i].mode = op->mode;
		ops[i].owner = op->owner;
		ops[i].pos = op->pos;
	}
}

static void add_op(struct decider *x, const struct recipe_op *op, size_t tree, const size_t *trees)
{
	size_t n = strlen(op->dst);
	const char *dst = n > 1 && op->dst[n - 1] == '/' ? arena_strndup(x->a, op->dst, n - 1) : op->dst;
	struct build_op *to;

	if (!dst) {
		decide_oom(x);
		return;
	}
	if (op->kind == OP_COPY) {
		add_copy(x, op, tree, trees, dst);
		return;
	}
	to = decide_layer(x, tree, op->text, 1);
	if (!to)
		return;
	to->kind = op->kind == OP_FILE ? BUILD_FILE : BUILD_DIR;
	to->bytes = op->bytes;
	to->dst = dst;
	to->mode = op->mode >= 0 ? op->mode : op->kind == OP_FILE ? 0644 : 0755;
	to->owner = op->owner;
	to->pos = op->pos;
}

static int add_stages(struct decider *x)
{
	const struct recipe *r = x->r;
	size_t *trees = arena_array(x->a, r->nstages, sizeof(*trees));

	if (!trees)
		return -ENOMEM;
	for (size_t i = 0; i < r->nstages; i++) {
		const struct stage *stage = &r->stages[i];

		if (!stage->used)
			continue;
		trees[i] = decide_tree(x, tree_from(&stage->base, trees));
		for (size_t o = 0; o < stage->nops && !x->d->oom; o++)
			add_op(x, &stage->ops[o], trees[i], trees);
	}
	x->b->result = trees[r->final_stage];
	return x->d->oom ? -ENOMEM : 0;
}

/* --- what is in the image, as far as the file says --- */

enum found { FOUND_NO, FOUND_MAYBE, FOUND_YES };

static enum found op_makes(struct decider *x, const struct build_op *op, const char *path)
{
	size_t n = strlen(op->dst);
	const char *slash;

	if (op->kind != BUILD_COPY)
		return streq(op->dst, path) ? FOUND_YES : FOUND_NO;
	if (!op->dst_dir && streq(op->dst, path))
		return FOUND_YES;
	if (strncmp(op->dst, path, n) != 0 || (n > 1 && path[n] != '/'))
		return FOUND_NO;
	slash = strrchr(op->source, '/');
	if (op->dst_dir && streq(path + n + (n > 1), slash ? slash + 1 : op->source))
		return FOUND_YES;
	/* A single file that is copied to another place cannot be it. */
	if (op->from.kind == FROM_CONTEXT && !op->wildcard && !op->unpack) {
		const struct path_facts *facts = decide_path_facts(x, op->source);

		if (facts && facts->kind == PATH_FILE)
			return FOUND_NO;
	}
	return FOUND_MAYBE;
}

static enum found tree_has(struct decider *x, size_t tree, const char *path)
{
	enum found found = FOUND_NO;

	for (;;) {
		const struct build_tree *t = &x->b->trees[tree];

		for (size_t i = 0; i < t->nlayers; i++)
			for (size_t o = 0; o < t->layers[i].nops; o++) {
				enum found f = op_makes(x, &t->layers[i].ops[o], path);

				found = f > found ? f : found;
			}
		if (t->base.kind == FROM_IMAGE && found == FOUND_NO)
			found = FOUND_MAYBE;
		if (t->base.kind != FROM_STAGE)
			return found;
		tree = t->base.index;
	}
}

static const char *near_destination(struct decider *x, const char *path)
{
	const struct build_tree *t = &x->b->trees[x->b->result];
	struct strv l = STRV(x->a);
	struct strs words;
	const char *near;
	struct err e;

	for (size_t i = 0; i < t->nlayers; i++)
		for (size_t o = 0; o < t->layers[i].nops; o++)
			strv_add(&l, t->layers[i].ops[o].dst);
	if (strv_done(&l, &words, &e) < 0) {
		decide_oom(x);
		return NULL;
	}
	near = nearest_word(path, &words);
	return near ? arena_printf(x->a, "did you mean '%s'?", near) : "COPY it there, or change the label";
}

static void check_copied(struct decider *x, const char *key)
{
	const char *path = decide_get(x, key);

	if (*path && tree_has(x, x->b->result, path) == FOUND_NO)
		diag_error(x->d, recipe_label_pos(x->r, key), near_destination(x, path),
			   "%s is '%s', but nothing of this file puts that into the image", key, path);
}

/* The file of the context that becomes `path`. */
static const char *source_of(const struct decider *x, const char *path)
{
	const struct build_tree *t = &x->b->trees[x->b->result];

	for (size_t i = t->nlayers; i-- > 0;)
		for (size_t o = 0; o < t->layers[i].nops; o++) {
			const struct build_op *op = &t->layers[i].ops[o];

			if (op->kind == BUILD_COPY && op->from.kind == FROM_CONTEXT && !op->wildcard &&
			    !op->dst_dir && streq(op->dst, path))
				return op->source;
		}
	return NULL;
}

/* --- labels --- */

/* Older names say the same; both stay. */
static void set_alias(struct decider *x, const char *old, const char *new)
{
	const char *v = decide_get(x, old);

	if (*v && !*decide_get(x, new))
		decide_set(x, new, v);
}

static bool label_is_no(const struct decider *x, const char *key)
{
	const char *v = decide_get(x, key);

	return strcasecmp(v, "false") == 0 || streq(v, "0") || strcasecmp(v, "no") == 0;
}

static bool is_true(const char *s)
{
	return streq(s, "1") || streq(s, "t") || streq(s, "T") || strcasecmp(s, "true") == 0;
}

static void begin_labels(struct decider *x, const struct stage *stage)
{
	x->b->annotations = stage->config.labels;
	for (size_t i = 0; i < x->opt->labels.n; i++)
		decide_set(x, x->opt->labels.v[i].key, x->opt->labels.v[i].value);
	set_alias(x, BUNNY_KEY("useDMBlock"), BUNNY_KEY("mountRootfs"));
	set_alias(x, BUNNY_KEY("version"), BUNNY_KEY("unikernelVersion"));
	if (!*decide_get(x, BUNNY_KEY("unikernelType")))
		decide_set(x, BUNNY_KEY("unikernelType"), "linux");
	if (!*decide_get(x, BUNNY_KEY("hypervisor")))
		decide_set(x, BUNNY_KEY("hypervisor"), x->opt->monitor ? x->opt->monitor : "qemu");
	/* For other guests than Linux only if the file says so: most can do nothing with it. */
	if (!*decide_get(x, BUNNY_KEY("mountRootfs")) && !*decide_get(x, BUNNY_KEY("initrd")) &&
	    !streq(decide_get(x, BUNNY_KEY("blkMntPoint")), "/") &&
	    streq(decide_get(x, BUNNY_KEY("unikernelType")), "linux"))
		decide_set(x, BUNNY_KEY("mountRootfs"), "true");
}

static void decide_kernel(struct decider *x)
{
	const char *type = decide_get(x, BUNNY_KEY("unikernelType")),
		   *binary = decide_get(x, BUNNY_KEY("binary")), *source;

	if (*binary) {
		check_copied(x, BUNNY_KEY("binary"));
		source = source_of(x, binary);
		x->kernel_facts = source ? decide_path_facts(x, source) : NULL;
		x->b->kernel_words = source ? arena_printf(x->a, "%s (%s of the context)", binary, source)
					    : binary;
		return;
	}
	if (!streq(type, "linux")) {
		diag_error(x->d, recipe_label_pos(x->r, BUNNY_KEY("unikernelType")),
			   "COPY the kernel and add LABEL " BUNNY_KEY("binary") "=/where/it/is",
			   "label %s is missing: only for Linux guests is there a kernel of ours",
			   BUNNY_KEY("binary"));
		return;
	}
	decide_default_kernel(x, x->b->result, decide_get(x, BUNNY_KEY("hypervisor")));
	decide_set(x, BUNNY_KEY("binary"), BOOT_KERNEL);
	x->b->kernel_words = BOOT_KERNEL " (added here)";
}

/* Cmd from the label, if neither the file nor its base has a command. */
static void cmd_from_label(struct decider *x)
{
	struct image_config *c = &x->b->config;
	const char *cmdline = decide_get(x, BUNNY_KEY("cmdline"));
	bool open;
	struct err e;

	if (c->cmd.n || c->entrypoint.n || !*cmdline)
		return;
	if (cmdline_split(cmdline, x->a, &c->cmd, &open, &e) < 0)
		decide_oom(x);
	else if (open)
		diag_warn(x->d, recipe_label_pos(x->r, BUNNY_KEY("cmdline")), "add the missing quote",
			  "a quote in %s is never closed: it ends where the label ends", BUNNY_KEY("cmdline"));
}

/* A guest whose root is the image itself gets urunit; into a file that is the root, nothing can be put. */
static void decide_init(struct decider *x)
{
	const char *argv0 = decide_argv0(&x->b->config);
	bool linux_guest = streq(decide_get(x, BUNNY_KEY("unikernelType")), "linux"),
	     own_root = is_true(decide_get(x, BUNNY_KEY("mountRootfs"))) &&
			!*decide_get(x, BUNNY_KEY("initrd"));

	if (!linux_guest && argv0 && streq(argv0, "/bin/sh") &&
	    tree_has(x, x->b->result, "/bin/sh") == FOUND_NO)
		diag_warn(x->d, x->r->stages[x->r->final_stage].pos,
			  "use the list form: CMD [\"word\", \"word\"]",
			  "the command begins with /bin/sh -c: the guest has no shell");
	if (!linux_guest || decide_is_urunit(argv0) || label_is_no(x, "bunny.urunit") ||
	    x->opt->urunit == URUNIT_NO)
		return;
	if (!own_root) {
		if (argv0 && *argv0 != '/')
			diag_warn(x->d, recipe_label_pos(x->r, BUNNY_KEY("cmdline")),
				  "write the whole path of the program, or of a urunit in that root",
				  "Linux will not find its init: '%s' is no path, and nothing can be added to the root",
				  argv0);
		return;
	}
	if (tree_has(x, x->b->result, URUNIT_PATH) != FOUND_YES)
		decide_urunit(x, x->b->result);
	decide_prepend_urunit(x);
}

static void explain_root(struct decider *x)
{
	const char *initrd = decide_get(x, BUNNY_KEY("initrd")), *block = decide_get(x, BUNNY_KEY("block")),
		   *at = decide_get(x, BUNNY_KEY("blkMntPoint"));

	if (*initrd)
		x->b->root_words = arena_printf(x->a, "initrd %s", initrd);
	else if (*block && streq(at, "/"))
		x->b->root_words = arena_printf(x->a, "disk %s", block);
	else if (is_true(decide_get(x, BUNNY_KEY("mountRootfs"))))
		x->b->root_words = "the image's own files (as a block device or an image, by virtiofs or 9p)";
	else
		x->b->root_words = *block ? arena_printf(x->a, "none; disk %s at %s", block, at) : "none";
	if (streq(decide_get(x, BUNNY_KEY("unikernelType")), "rumprun") && !*block &&
	    !is_true(decide_get(x, BUNNY_KEY("mountRootfs"))))
		diag_warn(x->d, recipe_label_pos(x->r, BUNNY_KEY("unikernelType")),
			  "if it needs the image's files, add LABEL " BUNNY_KEY(
				  "mountRootfs") "=true: they are then below /data",
			  "the guest gets no file system: neither %s nor %s is set", BUNNY_KEY("block"),
			  BUNNY_KEY("mountRootfs"));
	if (*block && !*at)
		diag_error(x->d, recipe_label_pos(x->r, BUNNY_KEY("block")),
			   "add LABEL " BUNNY_KEY("blkMntPoint") "=/ (or where the guest mounts it)",
			   "label %s needs %s", BUNNY_KEY("block"), BUNNY_KEY("blkMntPoint"));
}

int decide_containerfile(struct decider *x)
{
	const struct stage *stage = &x->r->stages[x->r->final_stage];
	const char *base_arch = stage->config.platform.arch;
	int r = add_stages(x);

	if (r < 0)
		return r;
	x->b->config = stage->config;
	x->b->config.platform = x->r->platform;
	/* FROM --platform says what the result is for, unless the command line does. */
	if (base_arch && *base_arch && !x->opt->platform.arch) {
		x->b->config.platform.arch = base_arch;
		x->b->config.platform.variant = stage->config.platform.variant;
	}
	begin_labels(x, stage);
	decide_kernel(x);
	check_copied(x, BUNNY_KEY("initrd"));
	check_copied(x, BUNNY_KEY("block"));
	cmd_from_label(x);
	decide_init(x);
	explain_root(x);
	x->b->config.labels = x->b->annotations;
	decide_check(x, decide_get(x, BUNNY_KEY("unikernelType")), decide_get(x, BUNNY_KEY("hypervisor")));
	decide_check_command(x, recipe_label_pos(x->r, BUNNY_KEY("cmdline")));
	return x->d->oom ? -ENOMEM : 0;
}
