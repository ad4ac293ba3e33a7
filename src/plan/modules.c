/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernel modules the guest's init must load before it can see its disks and its root. */
#include <errno.h>

#include "plan/internal.h"

/* Headers and names in the archive, for each file. */
#define FILE_OVERHEAD_BYTES 512

struct choice {
	struct build *b;
	struct strv files;
	uint64_t bytes;
};

static const struct kernel_module *find(const struct build *b, const char *name)
{
	for (size_t i = 0; i < b->f->modules.list.n; i++)
		if (streq(b->f->modules.list.v[i].name, name))
			return &b->f->modules.list.v[i];
	return NULL;
}

/* A guest's own archive may hold more than the container root tells. */
int modules_known(const struct build *b, const char *name)
{
	const struct kernel_module *m;

	if (!b->f->modules.known || b->w->meta.initrd != NULL)
		return -1;
	m = find(b, name);
	return m != NULL && (m->builtin || m->path != NULL);
}

static void add_once(struct choice *c, const char *path)
{
	for (size_t i = 0; i < c->files.n; i++)
		if (streq(c->files.v[i], path))
			return;
	strv_add(&c->files, path);
	c->bytes += FILE_OVERHEAD_BYTES;
}

/* False: the kernel has it neither inside nor beside. */
static bool take(struct choice *c, const char *name)
{
	const struct kernel_module *m = find(c->b, name);

	if (m == NULL || (!m->builtin && m->path == NULL))
		return false;
	if (m->builtin)
		return true;
	for (size_t i = 0; i < m->needs.n; i++)
		add_once(c, m->needs.v[i]);
	add_once(c, m->path);
	c->bytes += m->bytes;
	return true;
}

static int need(struct choice *c, const char *name, const char *what, struct err *e)
{
	if (take(c, name))
		return 0;
	return err_set(e, ENOENT,
		       "the guest's kernel %s has no module '%s', neither built in nor in /lib/modules of the container "
		       "root: it is needed for %s",
		       c->b->f->modules.release, name, what);
}

/* Which of the two the machine has is the monitor's doing. */
static bool has_pci(const struct vm_desc *vm)
{
	return vm->machine == NULL || !streq(vm->machine, "microvm");
}

static int need_transport(struct choice *c, struct err *e)
{
	const struct vm_desc *vm = &c->b->p->vm;
	bool mmio, pci;

	/* Where a machine's monitor has no types to choose from either may be meant. */
	if (vm->machine != NULL)
		return need(c, has_pci(vm) ? "virtio_pci" : "virtio_mmio", "its devices", e);
	mmio = take(c, "virtio_mmio");
	pci = take(c, "virtio_pci");
	if (!mmio && !pci)
		return need(c, "virtio_pci", "its devices", e);
	return 0;
}

static int need_disks(struct choice *c, struct err *e)
{
	const struct vm_desc *vm = &c->b->p->vm;
	int r = vm->disks.n > 0 ? need(c, "virtio_blk", "its disks", e) : 0;

	for (size_t i = 0; r == 0 && i < vm->disks.n; i++) {
		const char *type = vm->disks.v[i].fstype;

		if (type == NULL)
			continue;
		if (streq(type, "erofs"))
			r = need(c, type, "its root", e);
		else if (str_starts(type, "ext"))
			r = need(c, "ext4", "its disks", e);
	}
	return r == 0 && c->b->p->app.root == ROOT_IMAGE ? need(c, "overlay", "its root", e) : r;
}

static int need_shares(struct choice *c, struct err *e)
{
	const struct vm_desc *vm = &c->b->p->vm;
	int r = 0;

	for (size_t i = 0; r == 0 && i < vm->shares.n; i++) {
		if (vm->shares.v[i].socket != NULL)
			r = need(c, "virtiofs", "a shared directory", e);
		else if ((r = need(c, "9pnet_virtio", "a shared directory", e)) == 0)
			r = need(c, "9p", "a shared directory", e);
	}
	return r;
}

static int choose(struct choice *c, struct err *e)
{
	const struct launch_plan *p = c->b->p;
	int r;

	/* What others ask for by a name of its function only. */
	take(c, "crc32c_generic");
	if ((r = need_transport(c, e)) < 0 || (r = need_disks(c, e)) < 0 || (r = need_shares(c, e)) < 0)
		return r;
	if (p->vm.ctl_fd >= 0)
		r = need(c, "virtio_console", "the control channel", e);
	/* How many interfaces there will be only start knows; a container may do without. */
	if (c->b->w->guest->max_nics > 0)
		take(c, "virtio_net");
	if (p->vm.rng)
		take(c, "virtio_rng");
	return r;
}

int modules_decide(struct build *b, struct err *e)
{
	struct choice c = {.b = b, .files = STRV(b->a)};
	const struct tree_facts *t = &b->f->tree;
	struct plan_modules *m;
	int r;

	/* Without a list of them the kernel is taken to have all inside. */
	if (!b->f->modules.known || b->p->app.init != INIT_URUNIT || b->w->meta.initrd != NULL)
		return 0;
	r = choose(&c, e);
	if (r < 0 || c.files.n == 0)
		return r;
	if (t->imager_path == NULL)
		return err_set(e, ENOENT,
			       "the guest's kernel %s needs modules, but the program urunc-image, which packs them, is "
			       "not installed beside urunc",
			       b->f->modules.release);
	m = arena_alloc(b->a, sizeof(*m));
	if (m == NULL)
		return err_oom(e);
	m->imager = t->imager_path;
	m->cache_dir = b->f->config.cache_dir;
	m->path = arena_printf(b->a, "%s.modules", t->prefix);
	m->bytes = c.bytes;
	if (m->path == NULL)
		return err_oom(e);
	b->p->modules = m;
	return strv_done(&c.files, &m->files, e);
}
