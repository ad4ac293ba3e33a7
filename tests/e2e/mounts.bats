#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Mounts of the spec: what reaches a Linux guest, what is refused, whatever the initrd is packed with.
load helpers

setup_file() {
	local dir=$BATS_FILE_TMPDIR/rootfs
	mkdir -p "$dir/boot"
	chmod 0711 "$BATS_FILE_TMPDIR"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$dir/boot/vmlinuz"
	"$top/tests/guest/make-initrd" "$dir/boot/initrd" --kernel "$SHARED/kernel" --modules virtio_mmio,virtio_pci,virtio_console,virtio_blk
	gzip -nc "$dir/boot/initrd" >"$dir/boot/initrd.gz"
	zstd -qc "$dir/boot/initrd" >"$dir/boot/initrd.zst"
	xz --check=crc32 -0 -c "$dir/boot/initrd" >"$dir/boot/initrd.xz"
	# The kernel's old format, which has no end mark: most often the number of its bytes is no multiple of 4.
	lz4 -lqc "$dir/boot/initrd" >"$dir/boot/initrd.lz4"
	sha256sum "$dir"/boot/initrd* >"$BATS_FILE_TMPDIR/sums"
	initrd_is initrd
}

# initrd_is NAME [KEY=VALUE...]
initrd_is() {
	local name=$1
	shift
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz "initrd=/boot/$name" "$@" >"$BATS_FILE_TMPDIR/rootfs/urunc.json"
}

prepare() {
	loops=()
	toml 'accelerator = "auto"'
	config '.root.path = $root | .process.env = ["PATH=/sbin:/bin:/usr/sbin:/usr/bin"]' --arg root "$BATS_FILE_TMPDIR/rootfs"
	initrd_is initrd
}

teardown() {
	local id loop rc=0
	for id in "$ROOT"/*; do
		[ ! -e "$id" ] || "$URUNC" --root "$ROOT" delete --force -- "${id##*/}" || rc=1
	done
	! mountpoint -q "$T/host" || umount -R "$T/host" || umount -Rl "$T/host"
	for loop in "${loops[@]}"; do losetup -d "$loop"; done
	nothing_left || rc=1
	return $rc
}

# every_kind: a mount of each kind that is carried; the_kinds is what a guest says of them then.
every_kind() {
	configmap "$T/cm"
	ln -s /etc/passwd "$T/cm/outside"
	mkdir "$T/empty"
	chmod 02770 "$T/empty"
	chown 1000:5 "$T/empty"
	echo 'secret' >"$T/token"
	chown 1234:4321 "$T/token"
	chmod 0640 "$T/token"
	touch -d @1700000000 "$T/token"
	mount_add /etc/config bind "$T/cm" rbind ro
	mount_add /a/new/place/token bind "$T/token" bind ro
	mount_add /scratch tmpfs tmpfs nosuid noexec size=3m mode=1750 rprivate
	mount_add /cache bind "$T/empty" rbind rw
	mount_add /dev/shm tmpfs shm nosuid size=1m
	# shellcheck disable=SC2016
	app /bin/sh -c 'cd /etc/config; cat colour deep/file; readlink ..data; readlink outside; stat -c %a ..2026_01_01
		(echo x >new) 2>&1 | grep -o Read-only; stat -c "%a %u %g %Y" /a/new/place/token; cat /a/new/place/token
		(echo x >/a/new/place/token) 2>&1 | grep -o Read-only; stat -c "%a" /scratch; df -k /scratch | tail -1 | awk "{print \$2}"
		grep -o " /scratch tmpfs rw,nosuid,noexec" /proc/mounts; stat -c "%a %u %g" /cache; echo mine >/cache/x; cat /cache/x
		df -k /dev/shm | tail -1 | awk "{print \$2}"'
}
the_kinds() {
	printf '%s\n' red 'down there' ..2026_01_01 /etc/passwd 751 Read-only '640 1234 4321 1700000000' secret Read-only 1750 3072 \
		' /scratch tmpfs rw,nosuid,noexec' '2770 1000 5' mine 1024
}

@test "a ConfigMap's directory, a file, a tmpfs and an empty directory" {
	every_kind
	boots_with 0
	same "$out" "$(the_kinds)"
	matches "$err" "mount '/cache' .* is an empty directory in the guest: what is written there is not kept"
	[ ! -e "$T/empty/x" ]
}

@test "the same in a root that is an image of a tree, writable and read-only" {
	system_tree "$T/tree" sh cat readlink stat grep df tail awk touch ls
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz mountRootfs=true >"$T/tree/urunc.json"
	toml "cache_dir = \"$T/cache\"" 'rootfs = "image"'
	config '.root.path = $root' --arg root "$T/tree"
	every_kind
	boots_with 0
	same "$out" "$(the_kinds)"
	config '.root.readonly = true | .process.args[-1] += "; touch /x 2>/dev/null || echo ro"'
	boots_with 0
	same "$out" "$(the_kinds; echo ro)"
}

@test "the same in a root that is a block image" {
	system_tree "$T/tree" sh cat readlink stat grep df tail awk touch ls
	mkdir "$T/outer"
	/sbin/mke2fs -q -t ext4 -d "$T/tree" "$T/outer/disk.img" 64M >"$T/made" 2>&1
	mkdir -p "$T/outer/boot" "$T/outer/lib"
	mv "$T/tree/usr/lib/modules" "$T/outer/lib/modules"
	mv "$T/tree/boot/vmlinuz" "$T/outer/boot/vmlinuz"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz block=/disk.img blkMntPoint=/ >"$T/outer/urunc.json"
	config '.root.path = $root' --arg root "$T/outer"
	every_kind
	boots_with 0
	same "$out" "$(the_kinds)"
}

@test "the same with initrds that are packed with gzip, zstd, xz and LZ4, and none of them is changed" {
	every_kind
	for packed in initrd.gz initrd.zst initrd.xz initrd.lz4; do
		initrd_is "$packed"
		boots_with 0
		same "$out" "$(the_kinds)"
	done
	sha256sum --quiet -c "$BATS_FILE_TMPDIR/sums"
}

@test "mounts lie over volumes, and over each other in their order" {
	mkdir -p "$T/data/in" "$T/one/sub" "$T/two"
	echo volume >"$T/data/in/file"
	echo one >"$T/one/file"
	echo two >"$T/two/file"
	/sbin/mke2fs -q -t ext4 -d "$T/data" "$BATS_FILE_TMPDIR/rootfs/data.img" 8M >"$T/made" 2>&1
	initrd_is initrd block=/data.img blkMntPoint=/v
	mount_add /v/in/one bind "$T/one" rbind ro
	mount_add /v/in/one/sub bind "$T/two" rbind ro
	app /bin/sh -c 'cat /v/in/file /v/in/one/file /v/in/one/sub/file; touch /v/in/one/x 2>/dev/null || echo ro; touch /v/in/y && echo rw'
	boots_with 0
	same "$out" $'volume\none\ntwo\nro\nrw'
}

# on_device NAME: a volume as engines bring one, a file system on a block device that the host has mounted; sets loop.
on_device() {
	mkdir -p "$T/host/$1"
	truncate -s 8M "$T/$1.img"
	/sbin/mke2fs -q -t ext4 "$T/$1.img"
	loop=$(losetup -f --show "$T/$1.img")
	loops+=("$loop")
	mount "$loop" "$T/host/$1"
}

@test "a volume on a device lies in a mount that comes before it, a mount in a volume, and flags hit what they were given to" {
	# See tests/cli/blocks.bats.
	mkdir -p "$T/host" "$T/one" "$T/two" "$T/data/db"
	mount --bind "$T/host" "$T/host"
	mount --make-shared "$T/host"
	on_device outer
	on_device inner
	echo hidden >"$T/data/db/file"
	echo kept >"$T/host/inner/file"
	echo one >"$T/one/file"
	echo two >"$T/two/file"
	mount_add /data bind "$T/data" rbind ro
	mount_add /data/db bind "$T/host/inner" rbind rw
	mount_add /v bind "$T/host/outer" rbind rw
	mount_add /v/tmp tmpfs tmpfs size=1m ro nosuid
	mount_add /v/tmp/in bind "$T/one" rbind ro
	mount_add /same bind "$T/one" rbind ro noexec
	mount_add /same tmpfs tmpfs size=1m
	app /bin/sh -c 'cat /data/db/file /v/tmp/in/file; echo more >>/data/db/file; echo outer >/v/file
		for d in /data /v/tmp /v/tmp/in /same; do touch $d/x 2>/dev/null || echo "$d ro"; done; grep -c "^tmpfs /v/tmp tmpfs ro,nosuid" /proc/mounts'
	boots_with 0
	same "$out" $'kept\none\n/data ro\n/v/tmp ro\n/v/tmp/in ro\n1'
	same "$(<"$T/host/inner/file")" $'kept\nmore'
	same "$(<"$T/host/outer/file")" outer
}

@test "a read-only root is one, what is mounted in it is not" {
	printf '10.0.0.9 there\n' >"$T/hosts"
	mkdir "$T/empty"
	config '.root.readonly = true'
	mount_add /etc/hosts bind "$T/hosts" rbind ro
	mount_add /cache bind "$T/empty" rbind rw
	mount_add /tmp tmpfs tmpfs size=1m
	app /bin/sh -c 'for d in / /etc /bin /cache /tmp /dev/shm; do touch $d/x 2>/dev/null && echo "$d"; done; cat /etc/hosts'
	boots_with 0
	same "$out" $'/cache\n/tmp\n/dev/shm\n10.0.0.9 there'
}

@test "a missing source is an error at create, which names it" {
	mount_add /data bind "$T/none" rbind ro
	rt create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	matches "$err" "mount '/data': source '.*/none' cannot be used: No such file or directory"
}

@test "a writable directory with contents is refused where it cannot be shared, unless a copy is said to be enough" {
	toml 'mounts_by = "copy"'
	mkdir "$T/data"
	echo theirs >"$T/data/file"
	mount_add /data bind "$T/data" rbind rw
	app /bin/sh -c 'cat /data/file; echo mine >/data/file; cat /data/file'
	rt create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	matches "$err" "mount '/data' .* what it writes would be lost"
	toml 'mounts_by = "copy"' 'mounts = "warn"'
	boots_with 0
	same "$out" $'theirs\nmine'
	same "$(<"$T/data/file")" theirs
	matches "$err" "mount '/data' .* is a copy in the guest"
}

@test "a directory that is too large to be copied is left out with a warning, or refused, always if it is writable" {
	toml 'mounts_by = "copy"'
	mkdir "$T/big" "$T/many"
	truncate -s 17M "$T/big/file"
	(cd "$T/many" && seq 1 5000 | xargs touch)
	mount_add /big bind "$T/big" rbind ro
	mount_add /many bind "$T/many" rbind ro
	app /bin/sh -c 'ls -d /big /many 2>/dev/null || echo neither'
	boots_with 0
	same "$out" neither
	matches "$err" "mount '/big' .* is left out.*more than 16 MiB or 4096 files"
	matches "$err" "mount '/many' .* is left out"
	toml 'mounts_by = "copy"' 'mounts = "error"'
	rt create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	matches "$err" "mount '/big' .* mounts_max_mb"
	toml 'mounts_by = "copy"'
	config '.mounts |= map(if .destination == "/big" then .options = ["rbind", "rw"] else . end)'
	refused "mount '/big' .* is writable and has contents, but cannot reach the guest; mount it read-only, .*mounts_max_mb" \
		create --bundle "$B" "$ID"
	toml 'mounts_by = "copy"' 'mounts = "warn"'
	boots_with 0
	same "$out" neither
	matches "$err" "mount '/big' .* is left out"
	config '.mounts |= map(if .destination == "/big" then .options = ["rbind", "ro"] else . end)'
	toml 'mounts_by = "copy"' 'mounts_max_mb = 20'
	app /bin/sh -c 'stat -c %s /big/file; ls /many | wc -l'
	boots_with 0
	same "$out" $'17825792\n5000'
}

@test "what grew between create and start is an error that names it" {
	mkdir "$T/data"
	mount_add /data bind "$T/data" rbind ro
	app /bin/true
	ok create --bundle "$B" "$ID"
	truncate -s 1M "$T/data/file"
	rt start "$ID"
	[ "$status" -ne 0 ]
	matches "$err" "mount '/data': '.*/data' has grown since the container was created"
	ok delete --force "$ID"
}

@test "devices, FIFOs and sockets in a directory are left out, the rest arrives" {
	mkdir -p "$T/data/d"
	mkfifo "$T/data/fifo"
	mknod "$T/data/null" c 1 3
	echo here >"$T/data/d/file"
	mount_add /data bind "$T/data" rbind ro
	mount_add /dev/net/tun bind /dev/null bind
	app /bin/sh -c 'cat /data/d/file; ls /data'
	boots_with 0
	same "$out" $'here\nd'
	matches "$err" "mount '/data': 2 devices, FIFOs and sockets"
	matches "$err" "mount '/dev/net/tun' .* is left out, .* source is a device"
}

@test "an init that is not ours finds files and directories at their places, and the image's directories as they were" {
	configmap "$T/cm"
	echo 'a file' >"$T/file"
	mount_add /usr/share/x/cm bind "$T/cm" rbind ro
	mount_add /tmp/file bind "$T/file" bind ro
	mount_add /scratch tmpfs tmpfs size=1m
	config '.process.args = ["/bin/sh", "-c", "cat /usr/share/x/cm/colour /tmp/file; stat -c %a /tmp /usr/share; reboot -f"]'
	boots_with 0
	matches "$out" $'red\r?\na file\r?\n1777\r?\n755'
	matches "$err" "mount '/scratch' .* is left out"
}
