#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real guests on block devices of the host and on image files of the container: what they write is there afterwards, what
# they must not write is as it was, and the host has everything back.
load helpers

setup_file() {
	local d=$BATS_FILE_TMPDIR version applet
	chmod 0711 "$d"
	version=$(<"$SHARED/kernel/version")
	mkdir -p "$d"/small/{bin,dev,etc,proc,sys,tmp,data,extra} "$d/data"
	cp "$(command -v busybox)" "$d/small/bin/busybox"
	for applet in sh cat ls mount sync touch grep sleep head; do ln -s busybox "$d/small/bin/$applet"; done
	echo small >"$d/small/etc/issue"
	echo data >"$d/data/file"
	# The same with a kernel and the modules for its disks.
	cp -a "$d/small" "$d/whole"
	mkdir -p "$d/whole/boot" "$d/whole/lib/modules/$version"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$d/whole/boot/vmlinuz"
	(cd "$SHARED/kernel/modules/" && { find . -name 'modules.*'; find . -name '*.ko' |
		grep -E '/(virtio|erofs|overlay|crc|libcrc|failover|net_failover|9p|fuse|netfs|fscache)'; } |
		cpio --quiet -pdm "$d/whole/lib/modules/$version") || return 1
	truncate -s 16M "$d/small.img"
	truncate -s 8M "$d/data.img"
	/sbin/mke2fs -q -t ext4 -d "$d/small" "$d/small.img"
	/sbin/mke2fs -q -t ext4 -d "$d/data" "$d/data.img"
}

prepare() {
	loops=()
	# See tests/cli/blocks.bats.
	mkdir -p "$T/host"
	mount --bind "$T/host" "$T/host"
	mount --make-shared "$T/host"
}

teardown() {
	local id pid loop rc=0
	for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
	for id in "$ROOT"/*; do
		[ ! -e "$id" ] || "$URUNC" --root "$ROOT" delete --force -- "${id##*/}" || rc=1
	done
	umount -R "$T/host" || umount -Rl "$T/host"
	for loop in "${loops[@]}"; do losetup -d "$loop"; done
	nothing_left || rc=1
	return $rc
}

# disk NAME FILE: what is in FILE on a loop device, mounted on $T/host/NAME; sets loop.
disk() {
	loop=$(losetup -f --show "$2")
	loops+=("$loop")
	mkdir -p "$T/host/$1"
	mount "$loop" "$T/host/$1"
}

# on_snapshot: the container root on a device of its own.
on_snapshot() {
	rm -rf "$T/files"
	cp -a "$BATS_FILE_TMPDIR/whole" "$T/files"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz mountRootfs=true >"$T/files/urunc.json"
	truncate -s 64M "$T/snap.img"
	/sbin/mke2fs -q -t ext4 -d "$T/files" "$T/snap.img"
	disk snap "$T/snap.img"
	config '.root = {path: $p}' --arg p "$T/host/snap"
}

# tree KEY=VALUE...: the container root as overlayfs over a lower layer with the kernel and two images.
tree() {
	mkdir -p "$T"/host/{lower,upper,work,root}
	cp -a "$BATS_FILE_TMPDIR/whole/." "$T/host/lower/"
	cp --sparse=always "$BATS_FILE_TMPDIR/small.img" "$T/host/lower/root.img"
	cp --sparse=always "$BATS_FILE_TMPDIR/data.img" "$T/host/lower/data.img"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz "$@" >"$T/host/lower/urunc.json"
	mount -t overlay overlay -o "lowerdir=$T/host/lower,upperdir=$T/host/upper,workdir=$T/host/work" "$T/host/root"
	config '.root = {path: $p}' --arg p "$T/host/root"
}

mounted() { [[ "$(findmnt -fnro SOURCE --mountpoint "$T/host/$1")" == /dev/* ]]; }
# The guest has it.
not_mounted() { [ "$(findmnt -fnro SOURCE --mountpoint "$T/host/$1")" = urunc-taken ]; }

@test "a snapshot is the guest's root: what it writes is there after it ends, and it starts from it again" {
	local before
	on_snapshot
	before=$(cd "$T/host/snap" && sha256sum boot/vmlinuz urunc.json)
	app /bin/sh -c 'mount | grep " / "; echo first >/etc/written
		trap "exit 3" TERM; echo WROTE; while :; do sleep 1 & wait; done'
	boot_aside
	says WROTE
	not_mounted snap
	run ! mount "$loop" "$T/host/snap"
	ok kill "$ID" TERM
	ends_with 3
	mounted snap
	same "$(<"$T/host/snap/etc/written")" first
	same "$(cd "$T/host/snap" && sha256sum boot/vmlinuz urunc.json)" "$before"
	app /bin/sh -c 'cat /etc/written; echo second >>/etc/written'
	boots_with 0
	matches "$out" first
	same "$(<"$T/host/snap/etc/written")" $'first\nsecond'
	umount "$T/host/snap"
	/sbin/e2fsck -fn "$loop"
}

@test "a guest that is killed leaves a snapshot that is mounted again, with what it had synced" {
	on_snapshot
	app /bin/sh -c 'echo kept >/etc/written; sync; echo SYNCED; while :; do cat /proc/uptime >/etc/junk; done'
	boot_aside
	says SYNCED
	local pid
	pid=$(init_pid "$ID")
	kill -KILL "$(pgrep -P "$pid" -x qemu-system-x86 || pgrep -P "$pid")"
	wait "$run_pid" || :
	ok delete --force "$ID"
	same "$(<"$T/host/snap/etc/written")" kept
	app /bin/sh -c 'cat /etc/written'
	boots_with 0
	matches "$out" kept
}

@test "a block image as root and two more by the key blocks: the layer below is never written, a read-only one not copied" {
	local before
	tree block=/root.img blkMntPoint=/ blocks='[{"path": "/data.img", "mountPoint": "/data", "id": "mine", "readonly": true}]'
	before=$(cd "$T/host/lower" && sha256sum root.img data.img boot/vmlinuz)
	app /bin/sh -c 'cat /etc/issue /data/file; touch /data/new || echo READONLY; echo run >>/etc/runs; cat /sys/block/vd?/serial'
	for _ in 1 2; do
		boots_with 0
		matches "$out" $'small\r?\ndata\r?\n.*READONLY'
		matches "$out" "rootfs.*mine"
	done
	same "$(cd "$T/host/lower" && sha256sum root.img data.img boot/vmlinuz)" "$before"
	[ -e "$T/host/upper/root.img" ]
	[ ! -e "$T/host/upper/data.img" ]
	same "$(/sbin/debugfs -R 'cat /etc/runs' "$T/host/root/root.img" 2>/dev/null)" $'run\nrun'
}

@test "a disk for which the host has no more room is an error in the guest, which goes on and ends" {
	mkdir -p "$T/host/root"
	mount -t tmpfs -o "size=$(($(du -sk "$BATS_FILE_TMPDIR/whole" | cut -f1) + 6144))k" tmpfs "$T/host/root"
	cp -a "$BATS_FILE_TMPDIR/whole/." "$T/host/root/"
	truncate -s 64M "$T/host/root/root.img"
	/sbin/mke2fs -q -t ext4 -d "$BATS_FILE_TMPDIR/small" "$T/host/root/root.img"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz block=/root.img blkMntPoint=/ >"$T/host/root/urunc.json"
	config '.root = {path: $p}' --arg p "$T/host/root"
	app /bin/busybox sh -c 'busybox dd if=/dev/zero of=/fill bs=1M count=32 conv=fsync; echo "dd $?"; exit 7'
	boots_with 7
	matches "$out" 'dd 1'
	[ "$(df -k --output=avail "$T/host/root" | tail -n 1)" -lt 64 ]
}

@test "a volume on a device of its own, and a device, are the guest's disks" {
	on_snapshot
	cp "$BATS_FILE_TMPDIR/data.img" "$T/data.img"
	disk pod "$T/data.img"
	truncate -s 4M "$T/raw.img"
	printf 'raw bytes' | dd of="$T/raw.img" conv=notrunc status=none
	local raw
	raw=$(losetup -f --show "$T/raw.img")
	loops+=("$raw")
	config '.mounts += [{destination: "/data", type: "bind", source: $s, options: ["rbind", "rw", "nosuid", "nodev", "noexec"]}]
		| .linux.devices = [{path: $d, type: "b", major: 7, minor: $m}]
		| .linux.resources.devices += [{allow: true, type: "b", major: 7, minor: $m, access: "rwm"}]' \
		--arg s "$T/host/pod" --arg d "$raw" --argjson m "${raw#/dev/loop}"
	app /bin/sh -c 'cat /data/file; echo new >/data/new; grep " /data " /proc/mounts; for d in /sys/block/vd?; do
		case $(cat $d/serial) in dev0) head -c 9 /dev/${d##*/}; printf RAW >/dev/${d##*/} ;; esac; done'
	boots_with 0
	matches "$out" $'data\r?\n[^ ]+ /data ext4 rw,nosuid,nodev,noexec[^\n]*\nraw bytes'
	mounted pod
	same "$(<"$T/host/pod/new")" new
	same "$(head -c 9 "$T/raw.img")" 'RAW bytes'
}
