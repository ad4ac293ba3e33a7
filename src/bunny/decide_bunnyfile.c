/* SPDX-License-Identifier: Apache-2.0 */
/* Bunnyfiles: which root, which kernel, what the image begins with. docs/user/bunnyfile.md has the table. */
#include <errno.h>
#include <string.h>

#include "bunny/decide.h"

struct root {
	enum root_type type;
	bool built; /* out of the tree `tree`, by us */
	bool after; /* ... and behind the initrd that there is */
	size_t tree;
	struct from base; /* what the image begins with */
};

/* Without a type, what the file is counts: the original packed it and told nobody. */
static enum root_type find_type(struct decider *x, const struct unikernel *u)
{
	const struct path_facts *file = u->root_path && u->root_from.kind == FROM_CONTEXT
						? decide_path_facts(x, u->root_path)
						: NULL;
	enum path_content content = file ? file->content : CONTENT_UNKNOWN;
	bool cpio = content == CONTENT_CPIO || content == CONTENT_PACKED;
	bool fs = content == CONTENT_EXT || content == CONTENT_FS;
	enum root_type type = recipe_root_type(u);

	if (u->root_type == ROOT_DEFAULT && u->root_path && type == ROOT_RAW) {
		if (cpio || fs)
			return cpio ? ROOT_INITRD : ROOT_BLOCK;
		diag_error(x->d, u->root_path_pos, "add 'type: initrd' or 'type: block'",
			   "rootfs needs a type: what '%s' is cannot be told from its content", u->root_path);
	}
	if ((type == ROOT_INITRD && fs) || (type == ROOT_BLOCK && cpio))
		diag_warn(x->d, u->root_path_pos, type == ROOT_INITRD ? "type: block" : "type: initrd",
			  "'%s' looks like %s", u->root_path,
			  fs ? "a file system, not an initrd" : "an initrd, not a disk");
	return type;
}

static void add_includes(struct decider *x, const struct unikernel *u, size_t tree)
{
	struct build_op *ops;

	if (u->nincludes == 0)
		return;
	ops = decide_layer(x, tree, "bunny: rootfs.include", u->nincludes);
	for (size_t i = 0; ops && i < u->nincludes; i++) {
		const struct include *inc = &u->includes[i];
		size_t n = strlen(inc->destination);
		bool dir = n > 1 && inc->destination[n - 1] == '/';

		ops[i].kind = BUILD_COPY;
		ops[i].from = inc->from;
		ops[i].source = inc->source;
		ops[i].rules = COPY_BUNNY;
		ops[i].dst_dir = dir || n == 1;
		ops[i].dst = dir ? arena_strndup(x->a, inc->destination, n - 1) : inc->destination;
		ops[i].pos = inc->pos;
		if (!ops[i].dst)
			decide_oom(x);
	}
}

/* Linux unpacks any number of archives, one over the other. */
static void check_after(struct decider *x, const struct unikernel *u, const struct root *root)
{
	const char *hint = u->root_from.kind == FROM_IMAGE
				   ? "without path, the whole image with these files becomes the root"
				   : "make a root of 'from: scratch' or an image and these files";

	if (root->type == ROOT_BLOCK)
		diag_error(x->d, u->includes[0].pos, hint,
			   "Adding files to an existing disk is not supported, only to an initrd");
	else if (root->type == ROOT_INITRD && !streq(u->framework, "linux"))
		diag_error(x->d, u->includes[0].pos, hint,
			   "Adding files to an existing initrd is for Linux guests: %s is not known to read a second archive",
			   u->framework);
}

static void build_root(struct decider *x, const struct unikernel *u, const struct root *root)
{
	const char *fs = u->root_fs ? u->root_fs : "ext2";
	struct build_op *op = decide_layer(x, x->b->result, "bunny: " BOOT_ROOTFS, 1);

	if (!op)
		return;
	op->kind = BUILD_ROOT;
	op->from = (struct from){FROM_STAGE, root->tree};
	op->root = root->type == ROOT_INITRD ? ROOT_KIND_INITRD
		   : streq(fs, "ext4")       ? ROOT_KIND_EXT4
					     : ROOT_KIND_EXT2;
	op->size_bytes = u->root_size_bytes;
	if (root->after) {
		op->after = u->root_from;
		op->source = u->root_path;
	}
	op->dst = BOOT_ROOTFS;
	op->pos = u->root_pos;
}

/* The trees, without the kernel and the root file: *root says what there is. */
static void plan_root(struct decider *x, const struct unikernel *u, struct root *root)
{
	bool kernel_base = u->kernel_from.kind == FROM_IMAGE && !u->kernel_auto && recipe_kernel_is_base(u);

	*root = (struct root){.type = find_type(x, u)};
	root->base = kernel_base ? u->kernel_from : (struct from){FROM_SCRATCH, 0};
	if (u->root_from.kind == FROM_SCRATCH && u->nincludes == 0) {
		root->type = ROOT_DEFAULT; /* none at all */
	} else if (u->root_path) {
		if (u->root_from.kind == FROM_IMAGE)
			root->base = u->root_from;
		root->built = root->after = u->nincludes > 0;
	} else if (root->type == ROOT_RAW) {
		root->base = u->root_from;
	} else {
		root->built = true;
	}
	if (root->after)
		check_after(x, u, root);
	if (root->built) {
		root->tree = decide_tree(x, root->after ? (struct from){FROM_SCRATCH, 0} : u->root_from);
		add_includes(x, u, root->tree);
	}
	x->b->result = decide_tree(x, root->base);
	if (root->type == ROOT_RAW && !u->root_path)
		add_includes(x, u, x->b->result);
}

static void annotate(struct decider *x, const struct unikernel *u, const struct root *root, const char *binary)
{
	const char *file = !root->built && u->root_path && u->root_from.kind == FROM_IMAGE ? u->root_path
											   : BOOT_ROOTFS;

	decide_set(x, BUNNY_KEY("unikernelType"), u->framework);
	decide_set(x, BUNNY_KEY("cmdline"), u->cmdline ? u->cmdline : "");
	decide_set(x, BUNNY_KEY("hypervisor"), u->monitor);
	decide_set(x, BUNNY_KEY("binary"), binary);
	decide_set(x, BUNNY_KEY("mountRootfs"), root->type == ROOT_RAW ? "true" : "false");
	if (u->version)
		decide_set(x, BUNNY_KEY("unikernelVersion"), u->version);
	if (root->type == ROOT_INITRD)
		decide_set(x, BUNNY_KEY("initrd"), file);
	if (root->type == ROOT_BLOCK) {
		decide_set(x, BUNNY_KEY("block"), file);
		decide_set(x, BUNNY_KEY("blkMntPoint"), streq(u->framework, "rumprun") ? "/data" : "/");
	}
}

/* The root's image knows how its application is started; otherwise what the image begins with. */
static void begin_config(struct decider *x, const struct unikernel *u, const struct root *root)
{
	struct platform platform = x->r->platform;

	if (u->root_from.kind == FROM_IMAGE)
		x->b->config = decide_image_config(x, u->root_from.index);
	else if (root->base.kind == FROM_IMAGE)
		x->b->config = decide_image_config(x, root->base.index);
	x->b->config.platform = platform;
}

static void append_env(struct decider *x, const struct unikernel *u)
{
	struct image_config *c = &x->b->config;
	struct strv l = STRV(x->a);
	struct err e;

	for (size_t i = 0; i < c->env.n; i++)
		strv_add(&l, c->env.v[i]);
	for (size_t i = 0; i < u->envs.n; i++)
		strv_add(&l, u->envs.v[i]);
	if (strv_done(&l, &c->env, &e) < 0)
		decide_oom(x);
}

/* Entrypoint, Cmd and urunit. Linux looks up no PATH for its init, so a bare name needs one that does. */
static void decide_command(struct decider *x, const struct unikernel *u, const struct root *root)
{
	struct image_config *c = &x->b->config;
	bool linux_guest = streq(u->framework, "linux"), ours = root->built || root->type == ROOT_RAW;
	const char *argv0;

	if (u->entrypoint_given)
		c->entrypoint = u->entrypoint;
	if (u->cmd_given)
		c->cmd = u->cmd;
	/* With a command of the file's own that is a whole path, an image's entrypoint would come between. */
	if (linux_guest && u->root_from.kind == FROM_IMAGE && u->cmd_given && !u->entrypoint_given &&
	    c->entrypoint.n && u->cmd.v[0][0] == '/') {
		x->b->init_note = arena_printf(x->a, "instead of the image's entrypoint '%s'",
					       c->entrypoint.v[0]);
		c->entrypoint = (struct strs){0};
	}
	argv0 = decide_argv0(c);
	if (!linux_guest || !argv0 || decide_is_urunit(argv0) || x->opt->urunit == URUNIT_NO)
		return;
	if (*argv0 == '/' && x->opt->urunit != URUNIT_YES)
		return;
	if (!ours && *argv0 == '/')
		return;
	if (!ours) {
		diag_warn(x->d, u->cmd_pos, "write the whole path of the program, or of a urunit in that root",
			  "Linux will not find its init: '%s' is no path, and nothing can be added to the root",
			  argv0);
		return;
	}
	decide_urunit(x, root->built ? root->tree : x->b->result);
	decide_prepend_urunit(x);
}

static const char *file_words(struct decider *x, const struct from *from, const char *path)
{
	if (from->kind == FROM_IMAGE)
		return arena_printf(x->a, "%s of %s", path, x->b->inputs[from->index].ref);
	return arena_printf(x->a, "%s of the context", path);
}

static void explain(struct decider *x, const struct unikernel *u, const struct root *root, const char *binary)
{
	struct build *b = x->b;
	const char *what = root->type == ROOT_INITRD                 ? "initrd"
			   : u->root_fs && streq(u->root_fs, "ext4") ? "ext4 disk"
								     : "ext2 disk";

	b->kernel_words = u->kernel_auto ? binary
					 : arena_printf(x->a, "%s (%s)", binary,
							file_words(x, &u->kernel_from, u->kernel_path));
	if (root->type == ROOT_DEFAULT)
		b->root_words = "none";
	else if (root->type == ROOT_RAW)
		b->root_words = "the image's own files (as a block device or an image, by virtiofs or 9p)";
	else if (root->after)
		b->root_words = arena_printf(x->a, "%s %s (%s and %zu included)", what, BOOT_ROOTFS,
					     file_words(x, &u->root_from, u->root_path), u->nincludes);
	else if (!root->built)
		b->root_words = arena_printf(x->a, "%s %s (%s)", root->type == ROOT_INITRD ? "initrd" : "disk",
					     root->type == ROOT_INITRD ? decide_get(x, BUNNY_KEY("initrd"))
								       : decide_get(x, BUNNY_KEY("block")),
					     file_words(x, &u->root_from, u->root_path));
	else if (u->root_from.kind == FROM_IMAGE)
		b->root_words = arena_printf(x->a, "%s %s (made here of %s and %zu included)", what,
					     BOOT_ROOTFS, b->inputs[u->root_from.index].ref, u->nincludes);
	else
		b->root_words = arena_printf(x->a, "%s %s (made here of %zu included)", what, BOOT_ROOTFS,
					     u->nincludes);
}

int decide_bunnyfile(struct decider *x)
{
	const struct unikernel *u = x->r->unikernel;
	const struct from context = {FROM_CONTEXT, 0};
	const char *binary = BOOT_KERNEL;
	struct root root;
	bool kept;

	plan_root(x, u, &root);
	if (x->d->oom)
		return -ENOMEM;
	begin_config(x, u, &root);
	append_env(x, u);
	kept = !u->kernel_auto && u->kernel_from.kind == FROM_IMAGE && root.base.kind == FROM_IMAGE &&
	       recipe_kernel_is_base(u);
	if (!u->kernel_auto && u->kernel_from.kind == FROM_CONTEXT) {
		x->kernel_facts = decide_path_facts(x, u->kernel_path);
		decide_copy_file(x, x->b->result, context, u->kernel_path, BOOT_KERNEL, -1,
				 u->kernel_path_pos);
	}
	if (root.built)
		build_root(x, u, &root);
	else if (u->root_path && u->root_from.kind == FROM_CONTEXT)
		decide_copy_file(x, x->b->result, context, u->root_path, BOOT_ROOTFS, -1, u->root_path_pos);
	if (u->kernel_auto)
		decide_default_kernel(x, x->b->result, u->monitor);
	else if (kept)
		binary = u->kernel_path;
	else if (u->kernel_from.kind == FROM_IMAGE)
		decide_copy_file(x, x->b->result, u->kernel_from, u->kernel_path, BOOT_KERNEL, -1,
				 u->kernel_path_pos);
	annotate(x, u, &root, binary);
	decide_command(x, u, &root);
	for (size_t i = 0; i < x->b->annotations.n; i++) {
		const struct key_value *kv = &x->b->annotations.v[i];
		struct err e;

		if (kv_set(&x->b->config.labels, x->a, kv->key, kv->value, &e) < 0)
			decide_oom(x);
	}
	for (size_t i = 0; i < x->opt->labels.n; i++) {
		struct err e;

		if (kv_set(&x->b->config.labels, x->a, x->opt->labels.v[i].key, x->opt->labels.v[i].value,
			   &e) < 0)
			decide_oom(x);
	}
	if (streq(u->framework, "linux") && root.type == ROOT_DEFAULT)
		diag_warn(x->d, u->framework_pos,
			  "add a rootfs section, unless the kernel has a root in itself",
			  "a Linux guest without a root");
	explain(x, u, &root, binary);
	decide_check(x, u->framework, u->monitor);
	decide_check_command(x, u->cmd_pos);
	return x->d->oom ? -ENOMEM : 0;
}
