/* SPDX-License-Identifier: Apache-2.0 */
/* From a container image to a bootable one: its files become the guest's root, urunit its init. */
#include "bunny/convert.h"

#include <errno.h>
#include <string.h>

#define KERNEL "/.boot/kernel"
#define ROOTFS "/.boot/rootfs"
#define URUNIT "/urunit"
#define MODULES_LIST "/urunit.modules"

struct plan {
	const struct convert *c;
	struct arena *a;
	struct build *b;
	struct build_layer layers[2][6]; /* of the image's own tree, and of what is around its root */
	size_t n[2];
	bool oom;
};

enum { INNER, OUTER };

static struct build_op *add_ops(struct plan *p, int tree, const char *what, size_t n)
{
	struct build_op *ops = arena_array(p->a, n, sizeof(*ops));

	if (!ops) {
		p->oom = true;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		ops[i].mode = -1;
	p->layers[tree][p->n[tree]++] = (struct build_layer){what, ops, n};
	return ops;
}

static void add_file(struct plan *p, int tree, const char *what, const char *dst, struct bytes bytes)
{
	struct build_op *op = add_ops(p, tree, what, 1);

	if (!op)
		return;
	op->kind = BUILD_FILE;
	op->dst = dst;
	op->bytes = bytes;
	op->mode = 0644;
}

static void add_urunit(struct plan *p, int tree)
{
	struct build_op *op = add_ops(p, tree, "bunny convert: " URUNIT, 1);

	if (!op)
		return;
	op->kind = BUILD_COPY;
	op->from.kind = FROM_URUNIT;
	op->source = op->dst = URUNIT;
	op->mode = 0755;
}

/* Where they are and how they are found: in a RAM disk by urunit's own list, in a container root by modules.dep, out of which the
 * runtime takes what the machine needs. */
static void add_modules(struct plan *p, int tree, bool list)
{
	const struct guest_kernel *k = p->c->kernel;
	struct strbuf text = STRBUF(p->a);
	struct build_op *op;

	if (k->nmodules == 0)
		return;
	op = add_ops(p, tree, "bunny convert: kernel modules", k->nmodules + (list ? 1 : 2));
	for (size_t i = 0; op && i < k->nmodules; i++, op++) {
		op->kind = BUILD_FILE;
		op->dst = arena_printf(p->a, "/lib/modules/%s/%s", k->release, k->modules[i].path);
		op->bytes = k->modules[i].bytes;
		sb_addf(&text, "%s\n", op->dst);
		p->oom |= !op->dst;
	}
	if (!op)
		return;
	op->kind = BUILD_FILE;
	op->dst = list ? MODULES_LIST : arena_printf(p->a, "/lib/modules/%s/modules.dep", k->release);
	op->bytes = list ? (struct bytes){text.p, text.len} : k->dep;
	if (!list) {
		op++;
		op->kind = BUILD_FILE;
		op->dst = arena_printf(p->a, "/lib/modules/%s/modules.builtin", k->release);
		op->bytes = k->builtin;
	}
	p->oom |= text.oom || !op->dst;
}

static void add_root(struct plan *p)
{
	struct build_op *op = add_ops(p, OUTER, "bunny convert: " ROOTFS, 1);

	if (!op)
		return;
	op->kind = BUILD_ROOT;
	op->from = (struct from){FROM_STAGE, INNER};
	op->root = p->c->root == ROOT_INITRD ? ROOT_KIND_INITRD
		   : p->c->ext4              ? ROOT_KIND_EXT4
					     : ROOT_KIND_EXT2;
	op->size_bytes = p->c->size_bytes;
	op->dst = ROOTFS;
}

/* --- what it says of itself --- */

static int add_words(struct strv *l, const struct strs *words)
{
	for (size_t i = 0; i < words->n; i++)
		strv_add(l, words->v[i]);
	return (int)words->n;
}

static int set_command(struct plan *p, struct err *e)
{
	const struct convert *c = p->c;
	struct image_config *to = &p->b->config;
	const struct strs *cmd = c->command.n ? &c->command : &c->config.cmd, *first;
	struct strv entry = STRV(p->a);

	if (c->command.n == 0 && c->config.entrypoint.n == 0 && c->config.cmd.n == 0)
		return err_set(e, EINVAL,
			       "image '%.150s' says no command; give one: bunny convert %.100s -- COMMAND...",
			       c->ref, c->ref);
	to->cmd = *cmd;
	first = c->config.entrypoint.n ? &c->config.entrypoint : cmd;
	if (c->urunit && !(first->n && str_ends(first->v[0], URUNIT)))
		strv_add(&entry, URUNIT);
	add_words(&entry, &c->config.entrypoint);
	return strv_done(&entry, &to->entrypoint, e);
}

static int set_notes(struct plan *p, struct err *e)
{
	const struct image_config *config = &p->b->config;
	struct strbuf line = STRBUF(p->a);
	struct strv all = STRV(p->a);
	struct key_values *kv = &p->b->annotations;
	const char *cmdline = NULL;
	int r;

	add_words(&all, &config->entrypoint);
	add_words(&all, &config->cmd);
	for (size_t i = 0; i < all.n; i++)
		sb_addf(&line, "%s%s", i ? " " : "", all.v[i]);
	if (all.oom || (r = sb_done(&line, &cmdline, e)) < 0)
		return err_oom(e);
	if ((r = kv_set(kv, p->a, BUNNY_KEY("unikernelType"), "linux", e)) < 0 ||
	    (r = kv_set(kv, p->a, BUNNY_KEY("hypervisor"), p->c->monitor, e)) < 0 ||
	    (r = kv_set(kv, p->a, BUNNY_KEY("binary"), KERNEL, e)) < 0 ||
	    (r = kv_set(kv, p->a, BUNNY_KEY("cmdline"), cmdline, e)) < 0 ||
	    (r = kv_set(kv, p->a, BUNNY_KEY("mountRootfs"), p->c->root == ROOT_RAW ? "true" : "false", e)) < 0)
		return r;
	if (p->c->root == ROOT_INITRD)
		return kv_set(kv, p->a, BUNNY_KEY("initrd"), ROOTFS, e);
	if (p->c->root == ROOT_RAW)
		return 0;
	r = kv_set(kv, p->a, BUNNY_KEY("block"), ROOTFS, e);
	return r == 0 ? kv_set(kv, p->a, BUNNY_KEY("blkMntPoint"), "/", e) : r;
}

/* Labels are what Docker's classic store keeps; the manifest also says what the image was made of. */
static int set_labels(struct plan *p, struct err *e)
{
	struct build *b = p->b;
	const struct key_value *long_one = build_value_too_long(&b->annotations);
	struct strbuf json = STRBUF(p->a);
	const char *text = "";
	int r = 0;

	if (long_one)
		return err_set(e, EINVAL, "%s has %zu bytes; urunc takes at most %u", long_one->key,
			       strlen(long_one->value), BUNNY_VALUE_MAX_BYTES);
	for (size_t i = 0; r == 0 && i < b->annotations.n; i++)
		r = kv_set(&b->config.labels, p->a, b->annotations.v[i].key, b->annotations.v[i].value, e);
	build_urunc_json(&b->annotations, &json);
	if (r == 0)
		r = sb_done(&json, &text, e);
	if (r < 0)
		return r;
	b->urunc_json = (struct bytes){text, strlen(text)};
	r = kv_set(&b->annotations, p->a, "org.opencontainers.image.base.name", p->c->ref, e);
	if (r == 0 && p->c->digest)
		r = kv_set(&b->annotations, p->a, "org.opencontainers.image.base.digest", p->c->digest, e);
	return r;
}

/* --- trees --- */

static int set_trees(struct plan *p, struct err *e)
{
	struct build *b = p->b;
	bool raw = p->c->root == ROOT_RAW;
	struct build_layer *copy = arena_memdup(p->a, p->layers, sizeof(p->layers));

	b->trees = arena_array(p->a, 2, sizeof(*b->trees));
	b->inputs = arena_array(p->a, 1, sizeof(*b->inputs));
	if (!b->trees || !b->inputs || !copy || p->oom)
		return err_oom(e);
	b->inputs[0] = (struct build_input){.ref = p->c->ref, .platform = p->c->config.platform};
	b->ninputs = 1;
	b->trees[INNER] = (struct build_tree){{FROM_IMAGE, 0}, copy, p->n[INNER]};
	b->trees[OUTER] = (struct build_tree){{FROM_SCRATCH, 0}, copy + 6, p->n[OUTER]};
	b->ntrees = raw ? 1 : 2;
	b->result = raw ? INNER : OUTER;
	return 0;
}

int convert_decide(const struct convert *c, struct arena *a, struct build *ret, struct err *e)
{
	struct build b = {.config = c->config};
	struct plan p = {.c = c, .a = a, .b = &b};
	bool raw = c->root == ROOT_RAW;
	int outer = raw ? INNER : OUTER;
	int r = set_command(&p, e);

	if (r == 0)
		r = set_notes(&p, e);
	if (r == 0)
		r = set_labels(&p, e);
	if (r < 0)
		return r;
	if (c->urunit)
		add_urunit(&p, INNER);
	if (c->root == ROOT_INITRD)
		add_modules(&p, INNER, true);
	add_file(&p, outer, "bunny convert: " KERNEL, KERNEL, c->kernel->bytes);
	if (c->root != ROOT_INITRD)
		add_modules(&p, outer, false);
	if (!raw)
		add_root(&p);
	add_file(&p, outer, "bunny convert: /urunc.json", "/urunc.json", b.urunc_json);
	r = set_trees(&p, e);
	if (r == 0)
		*ret = b;
	return r;
}
