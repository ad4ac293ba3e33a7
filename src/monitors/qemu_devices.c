/* SPDX-License-Identifier: Apache-2.0 */
/* The part of QEMU's command line that describes devices. */
#include "monitors/qemu_devices.h"

#include "common/ctl.h"
#include "monitors/words.h"

int qemu_check_devices(const struct vm_desc *vm, struct err *e)
{
	int r = words_check_api_path("qemu", vm, e);

	for (size_t i = 0; r == 0 && i < vm->nics.n; i++)
		r = words_check_nic(&vm->nics.v[i], e);
	for (size_t i = 0; r == 0 && i < vm->disks.n; i++)
		r = words_check_disk(&vm->disks.v[i], e);
	for (size_t i = 0; r == 0 && i < vm->shares.n; i++)
		r = words_check_share(&vm->shares.v[i], e);
	return r;
}

bool qemu_shares_memory(const struct vm_desc *vm)
{
	for (size_t i = 0; i < vm->shares.n; i++)
		if (vm->shares.v[i].socket != NULL)
			return true;
	return false;
}

static bool has_pci(const struct vm_desc *vm)
{
	return !streq(vm->machine, "microvm");
}

/* How a virtio device is called here: machines without PCI have virtio-mmio, whose age add_transport() tells. */
static const char *bus(const struct vm_desc *vm)
{
	if (!has_pci(vm))
		return "device";
	return vm->modern_virtio ? "pci,disable-legacy=on" : "pci";
}

static void add2(struct strv *l, const char *option, const char *value)
{
	strv_add(l, option);
	strv_add(l, value);
}

static void add_transport(const struct vm_desc *vm, struct strv *l)
{
	/* No virtiofsd speaks with devices of the old kind (and PCI has none of that one). */
	if ((vm->modern_virtio || qemu_shares_memory(vm)) && !has_pci(vm))
		add2(l, "-global", "virtio-mmio.force-legacy=off");
}

static void add_console(const struct vm_desc *vm, struct strv *l)
{
	/* signal=off: Ctrl-C on a terminal is a character for the guest, not the end of QEMU. */
	add2(l, "-chardev", "stdio,id=con,signal=off");
	add2(l, "-serial", "chardev:con");
	if (vm->ctl_fd < 0)
		return;
	strv_add(l, "-chardev");
	strv_addf(l, "socket,id=ctl,fd=%d", vm->ctl_fd);
	strv_add(l, "-device");
	strv_addf(l, "virtio-serial-%s", bus(vm));
	add2(l, "-device", "virtserialport,chardev=ctl,name=" CTL_PORT_NAME);
}

/* QMP: for the power button on an inherited socket, for the operator's own tools on one in the file system. */
static void add_qmp(const struct vm_desc *vm, struct strv *l)
{
	if (vm->api_fd >= 0) {
		strv_add(l, "-chardev");
		strv_addf(l, "socket,id=qmp,fd=%d", vm->api_fd);
		add2(l, "-mon", "chardev=qmp,mode=control");
	}
	if (vm->api_path != NULL) {
		strv_add(l, "-chardev");
		strv_addf(l, "socket,id=api,path=%s,server=on,wait=off", vm->api_path);
		add2(l, "-mon", "chardev=api,mode=control");
	}
}

static void add_nic(const struct vm_desc *vm, size_t i, struct strv *l)
{
	const struct vm_nic *n = &vm->nics.v[i];
	const char *vhost = vm->vhost ? ",vhost=on" : "";
	struct strbuf dev = STRBUF(l->a);

	strv_add(l, "-netdev");
	if (n->fd >= 0)
		strv_addf(l, "tap,id=net%zu,fd=%d%s", i, n->fd, vhost);
	else
		strv_addf(l, "tap,id=net%zu,ifname=%s,script=no,downscript=no%s", i, n->tap, vhost);
	sb_addf(&dev, "virtio-net-%s,netdev=net%zu", bus(vm), i);
	if (n->mac != NULL)
		sb_addf(&dev, ",mac=%s", n->mac);
	if (n->mtu > 0)
		sb_addf(&dev, ",host_mtu=%u", n->mtu);
	if (has_pci(vm))
		sb_add(&dev, ",romfile="); /* nobody boots from the network */
	add2(l, "-device", dev.oom ? NULL : dev.p);
}

static void add_disk(const struct vm_desc *vm, size_t i, struct strv *l)
{
	const struct vm_disk *d = &vm->disks.v[i];
	/* In the box block devices lie below /dev and nothing else does. "raw" is said, never guessed from contents. */
	const char *driver = str_starts(d->path, "/dev/") ? "host_device" : "file";

	strv_add(l, "-blockdev");
	strv_addf(l, "driver=raw,node-name=disk%zu,read-only=%s,file.driver=%s,file.filename=%s", i,
		  d->readonly ? "on" : "off", driver, d->path);
	strv_add(l, "-device");
	/* What cannot be written is an error in the guest. By default QEMU stops a machine whose disk is full, for someone to make
	 * room and to continue it: nobody would ever come. */
	strv_addf(l, "virtio-blk-%s,drive=disk%zu,serial=%s%s", bus(vm), i, d->serial,
		  d->readonly ? "" : ",werror=report");
}

/* security_model=none: files get the owner that the monitor's user may give them, as with a plain bind mount of a user
 * without capabilities. passthrough would fail each creation for want of CAP_CHOWN; the mapped ones would write
 * attributes of QEMU's own into the container's files. multidevs=remap: the tree may hold mounts of several file
 * systems, whose inode numbers would meet in the guest. */
static void add_9p(const struct vm_desc *vm, size_t i, struct strv *l)
{
	const struct vm_share *s = &vm->shares.v[i];

	strv_add(l, "-fsdev");
	strv_addf(l, "local,id=share%zu,path=%s,security_model=none,multidevs=remap%s", i, s->path,
		  s->readonly ? ",readonly=on" : "");
	strv_add(l, "-device");
	strv_addf(l, "virtio-9p-%s,fsdev=share%zu,mount_tag=%s", bus(vm), i, s->tag);
}

static void add_virtiofs(const struct vm_desc *vm, size_t i, struct strv *l)
{
	const struct vm_share *s = &vm->shares.v[i];

	strv_add(l, "-chardev");
	strv_addf(l, "socket,id=share%zu,path=%s", i, s->socket);
	strv_add(l, "-device");
	/* Its PCI form is modern by birth and knows no disable-legacy. */
	strv_addf(l, "vhost-user-fs-%s,queue-size=1024,chardev=share%zu,tag=%s",
		  has_pci(vm) ? "pci" : "device", i, s->tag);
}

void qemu_add_devices(const struct vm_desc *vm, struct strv *l)
{
	add_transport(vm, l);
	add_console(vm, l);
	add_qmp(vm, l);
	for (size_t i = 0; i < vm->nics.n; i++)
		add_nic(vm, i, l);
	for (size_t i = 0; i < vm->disks.n; i++)
		add_disk(vm, i, l);
	for (size_t i = 0; i < vm->shares.n; i++) {
		if (vm->shares.v[i].socket != NULL)
			add_virtiofs(vm, i, l);
		else
			add_9p(vm, i, l);
	}
	if (vm->rng) {
		add2(l, "-object", "rng-builtin,id=rng0");
		strv_add(l, "-device");
		strv_addf(l, "virtio-rng-%s,rng=rng0", bus(vm));
	}
	if (vm->exit_port != 0) {
		strv_add(l, "-device");
		strv_addf(l, "isa-debug-exit,iobase=0x%x,iosize=2", vm->exit_port);
	}
}
