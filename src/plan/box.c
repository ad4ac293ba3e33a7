/* SPDX-License-Identifier: Apache-2.0 */
/* What the box of the monitor holds: its program, its files, the kernel, the initrd, a few devices. */
#include <errno.h>
#include <sys/stat.h>

#include "plan/internal.h"

#define KVM_MAJOR 10
#define KVM_MINOR 232

static bool in_groups(const struct confine_creds *c, uint32_t gid)
{
	if (gid == c->gid)
		return true;
	for (size_t i = 0; i < c->groups.n; i++)
		if (c->groups.v[i] == gid)
			return true;
	return false;
}

bool image_readable(const struct image_file *f, const struct confine_creds *c)
{
	/* The first class that applies decides; user 0 without capabilities is a user like any other. */
	if (f->uid == c->uid)
		return f->mode & S_IRUSR;
	if (in_groups(c, f->gid))
		return f->mode & S_IRGRP;
	return f->mode & S_IROTH;
}

struct op_list {
	struct box_op *v;
	size_t n;
};

static void add(struct op_list *l, struct box_op op)
{
	l->v[l->n++] = op;
}

static void add_nodes(const struct build *b, struct op_list *l)
{
	static const struct {
		const char *path;
		uint32_t minor;
	} mem[] = {{"/dev/null", 3}, {"/dev/zero", 5}, {"/dev/random", 8}, {"/dev/urandom", 9}};

	for (size_t i = 0; i < sizeof(mem) / sizeof(mem[0]); i++)
		add(l, (struct box_op){.kind = BOX_NODE,
				       .dst = mem[i].path,
				       .mode = 0666,
				       .major = 1,
				       .minor = mem[i].minor});
	if (b->p->vm.accel == ACCEL_KVM)
		add(l, (struct box_op){.kind = BOX_NODE,
				       .dst = "/dev/kvm",
				       .mode = 0600,
				       .uid = b->p->creds.uid,
				       .gid = b->p->creds.gid,
				       .major = KVM_MAJOR,
				       .minor = KVM_MINOR});
}

static struct box_op image_op(const struct build *b, const struct image_file *f, const char *dst)
{
	return (struct box_op){
		.kind = image_readable(f, &b->p->creds) ? BOX_IMAGE : BOX_IMAGE_COPY,
		.dst = dst,
		.src = f->path,
		.mode = 0400,
		.uid = b->p->creds.uid,
		.gid = b->p->creds.gid,
		.dev = f->dev,
		.ino = f->ino,
	};
}

/* Our own archive makes the initrd a file of ours; without one the image's file is used where it lies. */
static void add_initrd(const struct build *b, struct op_list *l)
{
	struct box_op op = {.kind = BOX_INITRD,
			    .dst = BOX_INITRD_PATH,
			    .mode = 0400,
			    .uid = b->p->creds.uid,
			    .gid = b->p->creds.gid};

	if (b->w->meta.initrd != NULL)
		op = image_op(b, &b->f->initrd, BOX_INITRD_PATH);
	if (b->p->vm.files.n > 0)
		op.kind = BOX_INITRD;
	if (b->w->meta.initrd != NULL || b->p->vm.files.n > 0)
		add(l, op);
}

int box_decide(struct build *b, struct err *e)
{
	const struct monitor_facts *m = &b->f->monitor;
	struct op_list l = {arena_array(b->a, m->files.n + 16, sizeof(*l.v)), 0};

	if (l.v == NULL)
		return err_oom(e);
	add(&l, (struct box_op){.kind = BOX_BIND, .dst = BOX_MONITOR_PATH, .src = m->path});
	for (size_t i = 0; i < m->files.n; i++)
		add(&l, (struct box_op){.kind = BOX_BIND,
					.dst = m->files.v[i].box,
					.src = m->files.v[i].path,
					.optional = m->files.v[i].optional});
	add_nodes(b, &l);
	add(&l, image_op(b, &b->f->kernel, BOX_KERNEL_PATH));
	add_initrd(b, &l);
	b->p->box.v = l.v;
	b->p->box.n = l.n;
	return 0;
}
