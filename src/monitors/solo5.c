/* SPDX-License-Identifier: Apache-2.0 */
/* Solo5 tenders' command line, the same from 0.6 to 0.12. The binary says which devices it has: those names are made of
 * letters and digits, everything else is ours, and after "--" no word is an option any more. */
#include "monitors/solo5.h"

#include <errno.h>
#include <string.h>

#include "monitors/words.h"

#define MIB (1024ull * 1024)
#define SECTOR_BYTES 512u
#define TAP_MAX_BYTES 15u

static const char *monitor_for(int target)
{
	switch (target) {
	case SOLO5_HVT:
		return "hvt";
	case SOLO5_SPT:
		return "spt";
	case SOLO5_VIRTIO:
		return "qemu";
	default:
		return NULL;
	}
}

static int check_kernel(const struct solo5_tender *t, const struct vm_desc *vm, struct err *e)
{
	const char *other = monitor_for(vm->solo5.target);

	if (vm->solo5.target == t->target)
		return 0;
	if (vm->solo5.target == SOLO5_NONE)
		return err_set(
			e, EINVAL,
			"the kernel (format %s) is no Solo5 binary: monitor '%s' runs only those built for '%s'",
			kernel_format_names[vm->kernel_format], t->name, solo5_target_names[t->target]);
	if (other == NULL)
		return err_set(e, EINVAL,
			       "the kernel is built for Solo5 target '%s', monitor is '%s': build it for '%s'",
			       solo5_target_names[vm->solo5.target], t->name, solo5_target_names[t->target]);
	return err_set(e, EINVAL,
		       "the kernel is built for Solo5 target '%s', monitor is '%s': set hypervisor to '%s', or build it for "
		       "'%s'",
		       solo5_target_names[vm->solo5.target], t->name, other, solo5_target_names[t->target]);
}

static int check_memory(const struct solo5_tender *t, const struct vm_desc *vm, struct err *e)
{
	unsigned long long mib = vm->memory_bytes / MIB;

	if (vm->memory_bytes < t->least_bytes)
		return err_set(e, ENOMEM,
			       "monitor '%s' cannot start a guest with %llu MiB of memory (at least %llu)",
			       t->name, mib, (unsigned long long)(t->least_bytes / MIB));
	if (t->max_bytes > 0 && vm->memory_bytes > t->max_bytes)
		return err_set(e, EINVAL,
			       "monitor '%s' cannot give a guest %llu MiB of memory (at most %llu): set a smaller memory "
			       "limit",
			       t->name, mib, (unsigned long long)(t->max_bytes / MIB));
	if (vm->memory_bytes % t->step_bytes != 0)
		return err_set(e, EINVAL, "monitor '%s' gives memory in steps of %llu MiB, not %llu bytes",
			       t->name, (unsigned long long)(t->step_bytes / MIB),
			       (unsigned long long)vm->memory_bytes);
	return 0;
}

/* An interface by descriptor ("@3") is in the manual, but no release takes it. */
static bool is_tap(const char *s)
{
	return word_is_plain(s) && strlen(s) <= TAP_MAX_BYTES && s[0] != '@' && strpbrk(s, " \t") == NULL;
}

static int check_nics(const struct vm_desc *vm, struct err *e)
{
	for (size_t i = 0; i < vm->nics.n; i++) {
		const struct vm_nic *n = &vm->nics.v[i];

		if (n->name == NULL)
			return err_set(e, EINVAL,
				       "network interface %zu has no device in the kernel's Solo5 manifest",
				       i);
		if (!is_tap(n->tap))
			return err_set(e, EINVAL, "'%.64s' is no name of a tap device",
				       n->tap != NULL ? n->tap : "");
		if (n->mac != NULL && !word_is_mac(n->mac))
			return err_set(e, EINVAL, "'%.64s' is no MAC address", n->mac);
	}
	return 0;
}

static int check_disk(const struct solo5_tender *t, const struct vm_disk *d, size_t i, struct err *e)
{
	if (d->name == NULL)
		return err_set(e, EINVAL, "disk %zu has no device in the kernel's Solo5 manifest", i);
	if (!word_is_plain(d->path))
		return err_set(e, EINVAL, "disk %zu of the guest has no usable name", i);
	if (d->readonly)
		return err_set(e, EROFS,
			       "monitor '%s' opens disks for writing, but that of Solo5 device '%s' is read-only: remove "
			       "root.readonly",
			       t->name, d->name);
	/* One that is empty and one whose size nobody knows look the same here; the tender tells them apart. */
	if (d->size_bytes % SECTOR_BYTES != 0)
		return err_set(
			e, EINVAL,
			"the disk of Solo5 device '%s' is %llu bytes large: monitor '%s' takes multiples of %u only",
			d->name, (unsigned long long)d->size_bytes, t->name, SECTOR_BYTES);
	return 0;
}

int solo5_check(const struct solo5_tender *t, const struct vm_desc *vm, struct err *e)
{
	int r;

	if ((r = check_kernel(t, vm, e)) < 0 || (r = words_check_vcpus(t->name, vm, 1, e)) < 0 ||
	    (r = check_memory(t, vm, e)) < 0 || (r = check_nics(vm, e)) < 0)
		return r;
	for (size_t i = 0; i < vm->disks.n; i++)
		if ((r = check_disk(t, &vm->disks.v[i], i, e)) < 0)
			return r;
	if (strlen(vm->cmdline) > SOLO5_CMDLINE_MAX_BYTES)
		return err_set(e, E2BIG,
			       "the guest's command line has %zu bytes, monitor '%s' takes at most %u",
			       strlen(vm->cmdline), t->name, SOLO5_CMDLINE_MAX_BYTES);
	return 0;
}

int solo5_argv(const struct solo5_tender *t, const struct vm_desc *vm, struct strv *l)
{
	strv_add(l, t->program);
	strv_addf(l, "--mem=%llu", (unsigned long long)(vm->memory_bytes / MIB));
	for (size_t i = 0; i < vm->nics.n; i++) {
		const struct vm_nic *n = &vm->nics.v[i];

		strv_addf(l, "--net:%s=%s", n->name, n->tap);
		if (n->mac != NULL)
			strv_addf(l, "--net-mac:%s=%s", n->name, n->mac);
	}
	for (size_t i = 0; i < vm->disks.n; i++)
		strv_addf(l, "--block:%s=%s", vm->disks.v[i].name, vm->disks.v[i].path);
	strv_add(l, "--");
	strv_add(l, vm->kernel);
	/* The tender joins what follows with blanks: as one word it arrives as it is. */
	strv_add(l, vm->cmdline);
	return 0;
}
