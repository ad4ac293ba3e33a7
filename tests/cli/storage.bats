#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Where a guest's files come from: block images, trees, and the kinds of root that create cannot carry out.
load helpers

setup() {
	common_setup
	only_urunc
	own_rootfs
	rm "$B/rootfs/urunc.json"
	config '.root.readonly = false'
}

# metadata KEY=VALUE...
metadata() {
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel "$@" >"$B/rootfs/urunc.json"
}

# block_image TYPE
block_image() {
	truncate -s 2M "$B/rootfs/disk.img"
	mke2fs -q -F -t "$1" "$B/rootfs/disk.img"
}

# no_create REGEX: create refuses it like that and leaves nothing.
no_create() {
	refused "$1" create --bundle "$B" "$ID"
	nothing_left
}

@test "a block image as root: planned with its file system, writable in the box" {
	metadata block=/disk.img blkMntPoint=/
	block_image ext3
	guest
	ok plan --bundle "$B" "$ID"
	jq -e '.rootfs == {kind: "block", source: "/disk.img"} and (.vm.disks | length) == 1
		and (.vm.disks[0] | .path == "/disk0" and .serial == "rootfs" and .mount_point == "/" and .fstype == "ext3"
			and .size_bytes == 2097152 and (.readonly | not))' <<<"$out"
	running
	holds '[.tree[] | select(.path == "/disk0") | .writable] == [true]'
	holds '.argv | index("/disk0") or any(.[]; contains("filename=/disk0"))'
}

@test "a read-only container has read-only disks" {
	metadata block=/disk.img blkMntPoint=/
	block_image ext4
	config '.root.readonly = true'
	guest
	running
	holds '[.tree[] | select(.path == "/disk0") | .writable] == [false]'
	holds '.argv | any(.[]; contains("read-only=on"))'
}

@test "a second disk beside the RAM disk; without its mount point it is refused" {
	metadata initrd=/boot/initrd block=/disk.img blkMntPoint=/data
	block_image ext2
	guest_urunit one
	ok plan --bundle "$B" "$ID"
	jq -e '.rootfs.kind == "initrd" and (.vm.disks[0] | .serial == "annot_vol" and .mount_point == "/data" and .fstype == "ext2")' <<<"$out"
	metadata initrd=/boot/initrd block=/disk.img
	no_create 'blkMntPoint'
}

@test "an image that the monitor's user could not open is refused in words" {
	metadata block=/disk.img blkMntPoint=/
	block_image ext4
	config '.process.user = {uid: 65534, gid: 65534}'
	no_create 'disk\.img.*cannot be written by the monitor.s user 65534:65534'
	chmod 0600 "$B/rootfs/disk.img"
	config '.root.readonly = true'
	no_create 'disk\.img.*cannot be read'
	chown 65534 "$B/rootfs/disk.img"
	ok plan --bundle "$B" "$ID"
}

@test "the container root by virtiofs is planned where there is a virtiofsd" {
	metadata mountRootfs=true
	printf '#!/bin/sh\n' >"$T/virtiofsd"
	chmod +x "$T/virtiofsd"
	toml
	printf '[extra_binaries.virtiofsd]\npath = "%s"\n' "$T/virtiofsd" >>"$T/urunc.toml"
	guest
	ok plan --bundle "$B" "$ID"
	jq -e '.rootfs.kind == "virtiofs" and .vm.shares[0].tag == "fs0"' <<<"$out"
}
