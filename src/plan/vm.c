/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as far as guest, monitor and configuration settle it: flags, firmware, names in the box. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

/* The best of the monitor's firmware files that was found on this host. */
static const char *pick_firmware(const struct build *b)
{
	const char *const *names = b->w->monitor->firmwares[b->f->host.arch];

	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		for (size_t k = 0; k < b->f->monitor.files.n; k++) {
			const char *box = b->f->monitor.files.v[k].box;

			if (str_starts(box, BOX_DATA_PATH "/") &&
			    streq(box + strlen(BOX_DATA_PATH "/"), names[i]))
				return names[i];
		}
	return NULL;
}

/* What the guest's drivers can use. */
static void put_guest_flags(struct build *b)
{
	const struct guest_ops *g = b->w->guest;
	struct vm_desc *vm = &b->p->vm;

	vm->modern_virtio = g->modern_virtio;
	vm->rng = g->rng;
	/* Only x86 has I/O ports. */
	vm->exit_port = vm->arch == ARCH_X86_64 ? g->exit_port : 0;
	b->p->exit_ok = vm->exit_port != 0 ? g->exit_ok : 0;
}

int vm_fill(struct build *b, struct err *e)
{
	struct config_monitor cfg = config_monitor_get(&b->f->config, b->w->monitor->name);
	struct vm_desc *vm = &b->p->vm;
	const struct image_file *k = &b->f->kernel;

	if (k->solo5_problem != NULL)
		return err_set(e, EINVAL,
			       "kernel '%.256s' is built for Solo5, but its notes cannot be read: %s",
			       k->path, k->solo5_problem);
	vm->arch = b->f->host.arch;
	vm->kernel = BOX_KERNEL_PATH;
	vm->kernel_format = b->f->kernel.format;
	vm->solo5 = b->f->kernel.solo5;
	vm->initrd = b->w->meta.initrd != NULL ? BOX_INITRD_PATH : NULL;
	vm->ctl_fd = b->p->ctl ? CTL_FD : -1;
	vm->terminal = b->f->spec.terminal;
	vm->data_dir = BOX_DATA_PATH;
	vm->firmware = pick_firmware(b);
	vm->seccomp = b->f->spec.has_seccomp;
	vm->monitor_version = b->f->monitor.version;
	vm->vhost = cfg.vhost;
	put_guest_flags(b);
	return 0;
}
