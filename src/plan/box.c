/* SPDX-License-Identifier: Apache-2.0 */
/* What the box of the monitor holds: its program, its files, the kernel, the initrd, a few devices. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/internal.h"

/* A socket's directory: room for the socket and nothing else. */
#define SOCKET_DIR_BYTES (64u << 10)

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

bool image_writable(const struct image_file *f, const struct confine_creds *c)
{
	if (f->uid == c->uid)
		return f->mode & S_IWUSR;
	if (in_groups(c, f->gid))
		return f->mode & S_IWGRP;
	return f->mode & S_IWOTH;
}

void box_add(struct op_list *l, struct box_op op)
{
	l->v[l->n++] = op;
}

struct box_op *box_find(struct launch_plan *p, const char *dst)
{
	for (size_t i = 0; i < p->box.n; i++)
		if (streq(p->box.v[i].dst, dst))
			return &p->box.v[i];
	return NULL;
}

int box_put(struct launch_plan *p, struct arena *a, struct box_op op, struct err *e)
{
	struct box_op *old = box_find(p, op.dst), *v;

	if (old != NULL) {
		*old = op;
		return 0;
	}
	v = arena_array(a, p->box.n + 1, sizeof(*v));
	if (v == NULL)
		return err_oom(e);
	if (p->box.n > 0)
		memcpy(v, p->box.v, p->box.n * sizeof(*v));
	v[p->box.n++] = op;
	p->box.v = v;
	return 0;
}

static void add_nodes(const struct build *b, struct op_list *l)
{
	static const struct {
		const char *path;
		uint32_t minor;
	} mem[] = {{"/dev/null", 3}, {"/dev/zero", 5}, {"/dev/random", 8}, {"/dev/urandom", 9}};

	for (size_t i = 0; i < sizeof(mem) / sizeof(mem[0]); i++)
		box_add(l, (struct box_op){.kind = BOX_NODE,
					   .dst = mem[i].path,
					   .mode = 0666,
					   .major = 1,
					   .minor = mem[i].minor});
	if (b->p->vm.accel == ACCEL_KVM)
		box_add(l, (struct box_op){.kind = BOX_NODE,
					   .dst = "/dev/kvm",
					   .mode = 0600,
					   .uid = b->p->creds.uid,
					   .gid = b->p->creds.gid,
					   .major = MISC_MAJOR,
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

/* A snapshot is taken off the host before the guest runs, and what lies on it with it. */
bool box_copies_kernel(const struct build *b)
{
	return !image_readable(&b->f->kernel, &b->p->creds) || storage_is_snapshot(b);
}

static struct box_op kernel_op(const struct build *b)
{
	struct box_op op = image_op(b, &b->f->kernel, BOX_KERNEL_PATH);

	if (box_copies_kernel(b))
		op.kind = BOX_IMAGE_COPY;
	return op;
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
	if (b->p->vm.files.n > 0 || b->adds.n > 0) {
		op.kind = BOX_INITRD;
		op.adds.v = b->adds.v;
		op.adds.n = b->adds.n;
		op.one_archive = op.src != NULL && b->w->guest->archives == ARCHIVES_ONE;
	}
	if (b->p->modules != NULL)
		op.host_base = b->p->modules->path;
	if (b->w->meta.initrd != NULL || b->p->vm.files.n > 0 || b->adds.n > 0)
		box_add(l, op);
}

static const char *directory_of(struct arena *a, const char *path)
{
	return arena_strndup(a, path, (size_t)(strrchr(path, '/') - path));
}

/* The box is read-only, so a directory where the monitor or a daemon makes a socket is a mount of its own. */
static int add_socket_dir(const struct build *b, const char *socket, struct op_list *l, struct err *e)
{
	const char *dir = socket != NULL ? directory_of(b->a, socket) : NULL;

	if (socket == NULL)
		return 0;
	if (dir == NULL)
		return err_oom(e);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].kind == BOX_TMPFS && streq(l->v[i].dst, dir))
			return 0;
	box_add(l, (struct box_op){.kind = BOX_TMPFS,
				   .dst = dir,
				   .mode = 0700,
				   .uid = b->p->creds.uid,
				   .gid = b->p->creds.gid,
				   .host_bytes = SOCKET_DIR_BYTES});
	return 0;
}

static int add_socket_dirs(const struct build *b, struct op_list *l, struct err *e)
{
	int r = add_socket_dir(b, b->p->vm.api_path, l, e);

	for (size_t i = 0; r == 0 && i < b->p->vm.shares.n; i++)
		r = add_socket_dir(b, b->p->vm.shares.v[i].socket, l, e);
	return r;
}

/* Libraries, and of the monitor's own files those that this machine opens. */
static void add_monitor_files(const struct build *b, struct op_list *l)
{
	const struct monitor_ops *ops = b->w->monitor;
	const struct monitor_facts *m = &b->f->monitor;

	for (size_t i = 0; i < m->files.n; i++) {
		const struct host_file *f = &m->files.v[i];

		if (ops->opens != NULL && str_starts(f->box, BOX_DATA_PATH "/") &&
		    !ops->opens(&b->p->vm, f->box + strlen(BOX_DATA_PATH "/")))
			continue;
		box_add(l, (struct box_op){.kind = BOX_BIND,
					   .dst = f->box,
					   .src = f->path,
					   .optional = f->optional});
	}
}

int box_decide(struct build *b, struct err *e)
{
	const struct monitor_facts *m = &b->f->monitor;
	size_t room = m->files.n + 16 + storage_ops(b) + b->p->vm.shares.n;
	struct op_list l = {arena_array(b->a, room, sizeof(*l.v)), 0};
	int r;

	if (l.v == NULL)
		return err_oom(e);
	box_add(&l, (struct box_op){.kind = BOX_BIND, .dst = BOX_MONITOR_PATH, .src = m->path});
	add_monitor_files(b, &l);
	add_nodes(b, &l);
	box_add(&l, kernel_op(b));
	add_initrd(b, &l);
	storage_box(b, &l);
	r = add_socket_dirs(b, &l, e);
	if (r < 0)
		return r;
	b->p->box.v = l.v;
	b->p->box.n = l.n;
	return 0;
}

/* Is one of them the other, or below it? */
static bool overlap(const char *a, const char *b)
{
	size_t n = strlen(a), k = strlen(b);

	return strncmp(a, b, n < k ? n : k) == 0 && (n == k || (n < k ? b[n] : a[k]) == '/');
}

static const char *taken_by(const struct launch_plan *p, const struct box_op *dir)
{
	if (overlap(dir->dst, "/dev")) /* a mount of its own, for devices alone */
		return "/dev";
	for (size_t i = 0; i < p->box.n; i++)
		if (&p->box.v[i] != dir && overlap(dir->dst, p->box.v[i].dst))
			return p->box.v[i].dst;
	return NULL;
}

int box_check(const struct build *b, struct err *e)
{
	const struct launch_plan *p = b->p;

	for (size_t i = 0; i < p->box.n; i++) {
		const struct box_op *dir = &p->box.v[i];
		const char *other = dir->kind == BOX_TMPFS ? taken_by(p, dir) : NULL;

		if (other != NULL)
			return err_set(e, EINVAL,
				       "[monitors.%s] socket_path: directory '%s' of the monitor's box is taken by '%s'; "
				       "choose another, like '/run/monitor'",
				       p->monitor, dir->dst, other);
	}
	return 0;
}
