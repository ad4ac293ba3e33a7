/* SPDX-License-Identifier: Apache-2.0 */
/* Which disk and which network interface is which device of a Solo5 binary's manifest. */
#include "guests/solo5.h"

#include <errno.h>
#include <string.h>

#define MIB (1024ull * 1024)

/* The manifest's devices of one kind, in the order in which they are given out. */
struct declared {
	int kind;
	const char **names;
	size_t n;
};

static const char *kind_word(int kind)
{
	return kind == SOLO5_NET ? "network" : "block";
}

/* "'a', 'b'" from the i-th on, or "none". */
static const char *list(const struct declared *d, size_t i, struct arena *a)
{
	struct strbuf b = STRBUF(a);

	if (i >= d->n)
		return "none";
	for (; i < d->n; i++)
		sb_addf(&b, "%s'%s'", b.len > 0 ? ", " : "", d->names[i]);
	return b.oom ? "?" : b.p;
}

static void put_first(struct declared *d, size_t i)
{
	const char *wish = d->names[i];

	for (; i > 0; i--)
		d->names[i] = d->names[i - 1];
	d->names[0] = wish;
}

static int find_declared(const struct solo5_abi *abi, int kind, const char *wish, struct arena *a,
			 struct declared *ret, struct err *e)
{
	struct declared d = {kind, arena_array(a, abi->devices.n, sizeof(*d.names)), 0};

	if (d.names == NULL)
		return err_oom(e);
	for (size_t i = 0; i < abi->devices.n; i++)
		if (abi->devices.v[i].kind == kind)
			d.names[d.n++] = abi->devices.v[i].name;
	for (size_t i = 0; wish != NULL && i <= d.n; i++) {
		if (i == d.n)
			return err_set(e, EINVAL,
				       "the kernel's Solo5 manifest has no %s device '%s' ('com.urunc.unikernel.%s'); "
				       "it has: %s",
				       kind_word(kind), wish,
				       kind == SOLO5_NET ? "solo5NetDev" : "solo5BlkDev", list(&d, 0, a));
		if (streq(d.names[i], wish)) {
			put_first(&d, i);
			break;
		}
	}
	*ret = d;
	return 0;
}

/* Disks that were asked for by name have it already; the others get what is left, in order. */
static int give_names(const struct declared *d, struct vm_desc *vm, struct arena *a, struct err *e)
{
	bool *taken = arena_array(a, d->n, sizeof(*taken));
	size_t next = 0;

	if (taken == NULL)
		return err_oom(e);
	memset(taken, 0, d->n * sizeof(*taken));
	for (size_t i = 0; i < vm->disks.n; i++) {
		const char *name = vm->disks.v[i].name;
		size_t k = 0;

		while (name != NULL && k < d->n && !streq(d->names[k], name))
			k++;
		if (name != NULL && (k == d->n || taken[k]))
			return err_set(e, EINVAL,
				       "block device '%s' ('com.urunc.unikernel.blocks', id) %s; the kernel's Solo5 "
				       "manifest has: %s",
				       name, k == d->n ? "is not declared" : "is named twice", list(d, 0, a));
		if (name != NULL)
			taken[k] = true;
	}
	for (size_t i = 0; i < vm->disks.n; i++) {
		if (vm->disks.v[i].name != NULL)
			continue;
		while (taken[next])
			next++;
		vm->disks.v[i].name = d->names[next++];
	}
	return 0;
}

static int name_disks(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	struct declared d;
	int r = find_declared(&vm->solo5, SOLO5_BLOCK, app->solo5_block, a, &d, e);

	if (r < 0)
		return r;
	if (vm->disks.n > d.n)
		return err_set(
			e, EINVAL,
			"the guest has %zu disks, but the kernel's Solo5 manifest declares %zu block devices (%s)",
			vm->disks.n, d.n, list(&d, 0, a));
	if (vm->disks.n < d.n)
		return err_set(e, EINVAL,
			       "the kernel's Solo5 manifest declares block devices that have no disk: %s (name an image for "
			       "it with 'com.urunc.unikernel.block')",
			       list(&d, vm->disks.n, a));
	return give_names(&d, vm, a, e);
}

static int name_nics(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	struct declared d;
	int r = find_declared(&vm->solo5, SOLO5_NET, app->solo5_net, a, &d, e);

	if (r < 0)
		return r;
	/* Engines give every container a network; a guest that knows of none does not miss it. */
	if (d.n == 0)
		vm->nics.n = 0;
	if (vm->nics.n > d.n)
		return err_set(e, EINVAL,
			       "the container has %zu network interfaces, but the kernel's Solo5 manifest declares %zu network "
			       "devices (%s)",
			       vm->nics.n, d.n, list(&d, 0, a));
	if (vm->nics.n < d.n && vm->network_known)
		return err_set(e, ENODEV,
			       "the kernel's Solo5 manifest declares network devices that the container has no interface for: "
			       "%s (it has %zu; a Solo5 guest does not start without all its devices)",
			       list(&d, vm->nics.n, a), vm->nics.n);
	for (size_t i = 0; i < vm->nics.n; i++)
		vm->nics.v[i].name = d.names[i];
	return 0;
}

int solo5_name_devices(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	int r;

	if (vm->solo5.target == SOLO5_NONE)
		return 0;
	r = name_disks(app, vm, a, e);
	return r < 0 ? r : name_nics(app, vm, a, e);
}

uint64_t solo5_min_memory(const struct guest_image *img)
{
	return 2 * MIB + img->kernel_memory_bytes;
}
