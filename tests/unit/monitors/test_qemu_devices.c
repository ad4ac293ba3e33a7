/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's devices, word for word, on machines with PCI and without. */
#include <errno.h>

#include "machine_make.h"

static struct vm_desc vm_default(void)
{
	return machine_make("microvm", KERNEL_BZIMAGE);
}

static void nics_and_disks(void **state)
{
	struct vm_nic nics[] = {{.tap = "tap0", .fd = -1, .mac = "52:54:00:ab:CD:ef", .mtu = 1400}, {.fd = 7}};
	struct vm_disk disks[] = {{.path = "/disk0", .serial = "vol0", .readonly = true},
				  {.path = "/disk1", .serial = "vol1", .readonly = false}};
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l;

	(void)state;
	vm.nics.v = nics;
	vm.disks.v = disks;
	vm.nics.n = vm.disks.n = 2;
	vm.ctl_fd = 3;
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-netdev", "tap,id=net0,ifname=tap0,script=no,downscript=no"));
	assert_true(machine_has_pair(&l, "-device",
				     "virtio-net-device,netdev=net0,mac=52:54:00:ab:CD:ef,host_mtu=1400"));
	assert_true(machine_has_pair(&l, "-netdev", "tap,id=net1,fd=7"));
	assert_true(machine_has_pair(&l, "-device", "virtio-net-device,netdev=net1"));
	assert_true(machine_has_pair(
		&l, "-blockdev",
		"driver=raw,node-name=disk0,read-only=on,file.driver=file,file.filename=/disk0"));
	assert_true(machine_has_pair(&l, "-device", "virtio-blk-device,drive=disk0,serial=vol0"));
	assert_true(machine_has_pair(
		&l, "-blockdev",
		"driver=raw,node-name=disk1,read-only=off,file.driver=file,file.filename=/disk1"));
	vm.machine = "q35";
	vm.vhost = true;
	l = machine_words("qemu", &a, &vm);
	assert_true(
		machine_has_pair(&l, "-netdev", "tap,id=net0,ifname=tap0,script=no,downscript=no,vhost=on"));
	assert_true(machine_has_pair(&l, "-netdev", "tap,id=net1,fd=7,vhost=on"));
	assert_true(machine_has_pair(&l, "-device", "virtio-serial-pci"));
	assert_true(
		machine_has_pair(&l, "-device",
				 "virtio-net-pci,netdev=net0,mac=52:54:00:ab:CD:ef,host_mtu=1400,romfile="));
	assert_true(machine_has_pair(&l, "-device", "virtio-net-pci,netdev=net1,romfile="));
	assert_true(machine_has_pair(&l, "-device", "virtio-blk-pci,drive=disk1,serial=vol1,werror=report"));
	arena_release(&a);
}

/* QEMU opens a block device by another driver than a file. */
static void block_devices(void **state)
{
	struct vm_disk disk = {.path = "/dev/disk0", .serial = "rootfs"};
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l;

	(void)state;
	vm.disks.v = &disk;
	vm.disks.n = 1;
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(
		&l, "-blockdev",
		"driver=raw,node-name=disk0,read-only=off,file.driver=host_device,file.filename=/dev/disk0"));
	arena_release(&a);
}

static void modern_virtio(void **state)
{
	struct vm_nic nic = {.fd = 7};
	struct vm_disk disk = {.path = "/disk0", .serial = "vol0"};
	struct vm_share shares[] = {{.tag = "a", .path = "/share0"}, {.tag = "b", .socket = "/run/b.sock"}};
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l;

	(void)state;
	vm.modern_virtio = vm.rng = true;
	vm.ctl_fd = 3;
	vm.nics.v = &nic;
	vm.disks.v = &disk;
	vm.shares.v = shares;
	vm.nics.n = vm.disks.n = 1;
	vm.shares.n = 2;
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-global", "virtio-mmio.force-legacy=off"));
	assert_true(machine_has_pair(&l, "-device", "virtio-net-device,netdev=net0"));
	vm.machine = "q35";
	l = machine_words("qemu", &a, &vm);
	assert_false(machine_has(&l, "-global"));
	assert_true(machine_has_pair(&l, "-device", "virtio-serial-pci,disable-legacy=on"));
	assert_true(machine_has_pair(&l, "-device", "virtio-net-pci,disable-legacy=on,netdev=net0,romfile="));
	assert_true(
		machine_has_pair(&l, "-device",
				 "virtio-blk-pci,disable-legacy=on,drive=disk0,serial=vol0,werror=report"));
	assert_true(
		machine_has_pair(&l, "-device", "virtio-9p-pci,disable-legacy=on,fsdev=share0,mount_tag=a"));
	assert_true(machine_has_pair(&l, "-device", "virtio-rng-pci,disable-legacy=on,rng=rng0"));
	/* A device without that property. */
	assert_true(machine_has_pair(&l, "-device", "vhost-user-fs-pci,queue-size=1024,chardev=share1,tag=b"));
	arena_release(&a);
}

static void directories_by_9p(void **state)
{
	struct vm_share shares[] = {{.tag = "fs0", .path = "/share0"},
				    {.tag = "vol0", .path = "/share1", .readonly = true}};
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l;

	(void)state;
	vm.shares.v = shares;
	vm.shares.n = 2;
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-fsdev",
				     "local,id=share0,path=/share0,security_model=none,multidevs=remap"));
	assert_true(machine_has_pair(&l, "-device", "virtio-9p-device,fsdev=share0,mount_tag=fs0"));
	assert_true(machine_has_pair(
		&l, "-fsdev", "local,id=share1,path=/share1,security_model=none,multidevs=remap,readonly=on"));
	assert_false(machine_has(&l, "-object")); /* memory is shared only with a daemon */
	vm.machine = "q35";
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-device", "virtio-9p-pci,fsdev=share1,mount_tag=vol0"));
	arena_release(&a);
}

static void directories_by_virtiofs(void **state)
{
	struct vm_share share = {.tag = "fs0", .path = "/", .socket = "/run/fs0.sock"};
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l;

	(void)state;
	vm.shares.v = &share;
	vm.shares.n = 1;
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-M", "microvm,memory-backend=mem"));
	assert_true(machine_has_pair(&l, "-m", "268435456B"));
	assert_true(machine_has_pair(&l, "-object", "memory-backend-memfd,id=mem,size=268435456B,share=on"));
	assert_true(machine_has_pair(&l, "-chardev", "socket,id=share0,path=/run/fs0.sock"));
	assert_true(machine_has_pair(&l, "-device",
				     "vhost-user-fs-device,queue-size=1024,chardev=share0,tag=fs0"));
	assert_false(machine_has(&l, "-fsdev"));
	vm.machine = "q35";
	l = machine_words("qemu", &a, &vm);
	assert_true(
		machine_has_pair(&l, "-device", "vhost-user-fs-pci,queue-size=1024,chardev=share0,tag=fs0"));
	arena_release(&a);
}

static void entropy_and_exit_port(void **state)
{
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l = machine_words("qemu", &a, &vm);

	(void)state;
	assert_false(machine_has(&l, "-object"));
	assert_false(machine_has(&l, "-device"));
	vm.rng = true;
	vm.exit_port = 0x501;
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-object", "rng-builtin,id=rng0"));
	assert_true(machine_has_pair(&l, "-device", "virtio-rng-device,rng=rng0"));
	assert_true(machine_has_pair(&l, "-device", "isa-debug-exit,iobase=0x501,iosize=2"));
	vm.machine = "q35";
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-device", "virtio-rng-pci,rng=rng0"));
	arena_release(&a);
}

static void control_sockets(void **state)
{
	struct vm_desc vm = vm_default();
	struct arena a = {0};
	struct strs l = machine_words("qemu", &a, &vm);

	(void)state;
	assert_false(machine_has(&l, "-mon"));
	vm.api_fd = 4;
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-chardev", "socket,id=qmp,fd=4"));
	assert_true(machine_has_pair(&l, "-mon", "chardev=qmp,mode=control"));
	vm.api_path = "/run/api.sock"; /* both at once */
	l = machine_words("qemu", &a, &vm);
	assert_true(machine_has_pair(&l, "-chardev", "socket,id=qmp,fd=4"));
	assert_true(machine_has_pair(&l, "-chardev", "socket,id=api,path=/run/api.sock,server=on,wait=off"));
	assert_true(machine_has_pair(&l, "-mon", "chardev=api,mode=control"));
	arena_release(&a);
}

static void refused(void **state)
{
	const struct monitor_ops *q = monitor_find("qemu");
	struct vm_disk disk = {.path = "/disk0", .serial = "vol,0"};
	struct vm_share share = {.tag = "a,b", .path = "/share0"};
	struct vm_nic nic = {.tap = "a,b", .fd = -1};
	struct vm_desc vm = vm_default();
	struct err e = {0};

	(void)state;
	vm.disks.v = &disk;
	vm.shares.v = &share;
	vm.nics.v = &nic;
	vm.disks.n = 1;
	assert_fails(q->check(&vm, &e), e, EINVAL, "disk 'vol,0'");
	vm.disks.n = 0;
	vm.shares.n = 1;
	assert_fails(q->check(&vm, &e), e, EINVAL, "shared directory 'a,b'");
	vm.shares.n = 0;
	vm.nics.n = 1;
	assert_fails(q->check(&vm, &e), e, EINVAL, "tap device");
	vm.nics.n = 0;
	vm.api_path = "/run/a,b";
	assert_fails(q->check(&vm, &e), e, EINVAL, "socket_path");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nics_and_disks),          cmocka_unit_test(block_devices),
		cmocka_unit_test(modern_virtio),           cmocka_unit_test(directories_by_9p),
		cmocka_unit_test(directories_by_virtiofs), cmocka_unit_test(entropy_and_exit_port),
		cmocka_unit_test(control_sockets),         cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
