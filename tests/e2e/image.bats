#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Container roots that are directory trees, as images: what docs/design/storage.md promises of them. No block device, no
# daemon, Debian's cloud kernel with its drivers as modules.
load helpers

setup_file() {
	engine_dir
	tree_rootfs "$E/overlay2/tree" || return 1
	# The shim has its environment from the daemon.
	printf '[runtime]\nrootfs = "image"\ncache_dir = "%s"\n' "$E/cache" >"$E/urunc.toml"
	URUNC_CONFIG_FILE=$E/urunc.toml private_containerd || return 1
	"$top/script/oci-image" "$E/overlay2/tree" "$TREE_IMAGE" "$E/tree.tar" /urunit /bin/sh -c 'cat /etc/issue' || return 1
	# The default snapshotter: overlayfs.
	ctr images import "$E/tree.tar" >"$E/import" 2>&1
}

teardown_file() {
	T=$E
	stop_daemon containerd
	engine_left
}

TREE_IMAGE=localhost/urunc-test-tree:latest

# tree_rootfs DIR: a small system with a kernel and the modules that a guest may need, and all sorts of files.
tree_rootfs() {
	local dir=$1 version modules applet
	version=$(<"$SHARED/kernel/version")
	modules=$dir/usr/lib/modules/$version
	mkdir -p "$dir"/{bin,boot,dev,etc,proc,sys,tmp,home/user} "$modules"
	ln -s usr/lib "$dir/lib"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$dir/boot/vmlinuz"
	(cd "$SHARED/kernel/modules/" && { find . -name 'modules.*'; find . -name '*.ko' |
		grep -E '/(virtio|erofs|overlay|ext4|jbd2|mbcache|crc|libcrc|failover|net_failover|9p|fuse|netfs|fscache)'; } |
		cpio --quiet -pdm "$modules") || return 1
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for applet in sh cat ls stat rm mkdir sync sha256sum find sort; do ln -s busybox "$dir/bin/$applet"; done
	printf 'root:x:0:0:root:/:/bin/sh\n' >"$dir/etc/passwd"
	echo 'a tree as an image' >"$dir/etc/issue"
	chmod 1777 "$dir/tmp"
	mkdir "$dir/etc/hidden" "$dir/etc/replaced"
	echo below >"$dir/etc/hidden/below"
	echo below >"$dir/etc/replaced/below"
	printf x >"$dir/home/user/mine"
	chown -R 1000:70000 "$dir/home/user"
	chmod 2750 "$dir/home/user"
	chmod 4755 "$dir/home/user/mine"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz mountRootfs=true >"$dir/urunc.json"
}

prepare() {
	CACHE=$T/cache
	toml "cache_dir = \"$CACHE\"" 'rootfs = "image"'
	config '.root.path = "rootfs"'
	mkdir "$B/rootfs"
}

teardown() {
	local pid id
	timeout -k 1 10 ctr task kill -s KILL "$ID" >/dev/null 2>&1 || :
	for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
	for id in "$ROOT"/*; do
		[ ! -e "$id/journal" ] || "$URUNC" --root "$ROOT" delete --force "${id##*/}"
	done
	timeout -k 1 10 ctr containers rm "$ID" >/dev/null 2>&1 || :
	umount "$CACHE" 2>/dev/null || :
	umount "$B/rootfs" 2>/dev/null || :
	umount "$B/other/rootfs" 2>/dev/null || :
	nothing_left
}

# All that a tree is, without the file that the guest writes to.
fingerprint() {
	(cd "$1" && find . -path ./.urunc -prune -o -printf '%P|%y|%m|%U|%G|%s|%T@|%l\n' | sed '/^|d/s/.*//' | LC_ALL=C sort
		find . -path ./.urunc -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}

# layers: the tree as docker would have it, as an overlay of two layers and one of its own, at $B/rootfs.
layers() {
	mkdir -p "$T/overlay2/l2/etc" "$B/own" "$B/work" "$B/rootfs"
	[ -e "$T/overlay2/l2/etc/second" ] || echo 'second layer' >"$T/overlay2/l2/etc/second"
	mount -t overlay overlay -o "lowerdir=${1:-$T/overlay2/l2}:$E/overlay2/tree,upperdir=$B/own,workdir=$B/work" "$B/rootfs"
}

# another [LAYER]: the same bundle once more, at $B/other.
another() {
	mkdir "$B/other"
	cp "$B/config.json" "$B/other/config.json"
	B=$B/other layers "$@"
}

create() { # [ID]
	"$URUNC" --root "$ROOT" create --bundle "$B" "${1:-$ID}" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || {
		cat "$T/err"
		return 1
	}
}
images() { find "$CACHE" -maxdepth 1 -name '*.erofs'; }
in_use() { find "$CACHE/use" -type f 2>/dev/null; }

@test "a plain directory: all files as they are; what the guest writes is there when it starts again" {
	mount --bind "$E/overlay2/tree" "$B/rootfs"
	fingerprint "$E/overlay2/tree" >"$T/before"
	app /bin/sh -c 'stat -c "%n %a %u %g" /home/user /home/user/mine /tmp /; cat /lib/modules/*/modules.dep | sha256sum
		ls -a /; echo written >/etc/new; rm /etc/issue; sync'
	boots_with 0
	matches "$out" '/home/user 2750 1000 70000'
	matches "$out" '/home/user/mine 4755 1000 70000'
	matches "$out" '/tmp 1777 0 0'
	matches "$out" "$(cat "$E"/overlay2/tree/lib/modules/*/modules.dep | sha256sum)"
	! matches "$out" '\.urunc' || false
	same "$(in_use)" ''
	same "$(images)" ''
	[ $(($(stat -c %b "$B/rootfs/.urunc/rw.img") * 512)) -lt 10485760 ]
	app /bin/sh -c 'cat /etc/new; ls /etc/issue; exit 5'
	boots_with 5
	matches "$out" 'written'
	matches "$out" 'No such file'
	fingerprint "$E/overlay2/tree" >"$T/after"
	diff "$T/before" "$T/after"
	rm -r "$E/overlay2/tree/.urunc"
}

@test "containerd's default snapshotter: the image's own metadata, one layer, kept in the cache" {
	local snapshots=$E/croot/io.containerd.snapshotter.v1.overlayfs/snapshots
	fingerprint "$snapshots/1" >"$T/before"
	CACHE=$E/cache
	mkdir "$T/volume"
	echo 'of the host' >"$T/volume/file"
	# The shim keeps each namespace of containerd below the runtime's root.
	timeout -k 2 "$BOOT_SECONDS" ctr run --rm --runc-binary "$URUNC" --runc-root "$ROOT" \
		--mount "type=bind,src=$T/volume,dst=/volume,options=rbind:rw" "$TREE_IMAGE" "$ID" \
		/urunit /bin/sh -c 'cat /etc/issue /volume/file; echo of the guest >/volume/new' </dev/null >"$T/console" 2>"$T/err" 3>&- 4>&- || cat "$T/err"
	rmdir "$ROOT/default"
	in_console 'a tree as an image'
	# and a volume, shared
	in_console 'of the host'
	same "$(<"$T/volume/new")" 'of the guest'
	same "$(images | wc -l)" 1
	same "$(in_use)" ''
	fingerprint "$snapshots/1" >"$T/after"
	diff "$T/before" "$T/after"
}

@test "for a kernel without EROFS the images are ext4, and the guest sees the same" {
	layers
	rm -r "$B/rootfs/etc/hidden" "$B/rootfs/etc/replaced"
	sed -i '/erofs\.ko:/d' "$B"/rootfs/lib/modules/*/modules.dep
	mkdir "$B/rootfs/etc/replaced"
	echo above >"$B/rootfs/etc/replaced/above"
	app /bin/sh -c 'ls /etc /etc/replaced; cat /etc/second; stat -c "%n %a %u %g" /home/user /home/user/mine /tmp
		cat /lib/modules/*/modules.order | sha256sum; ls -a /; echo written >/etc/new; ls /etc/new'
	boots_with 0
	! matches "$out" 'hidden|below|lost.found|\.urunc' || false
	matches "$out" 'above'
	matches "$out" 'second layer'
	matches "$out" '/home/user 2750 1000 70000'
	matches "$out" '/home/user/mine 4755 1000 70000'
	matches "$out" "$(cat "$E"/overlay2/tree/lib/modules/*/modules.order | sha256sum)"
	matches "$out" '/etc/new'
	same "$(find "$CACHE" -maxdepth 1 -name '*.ext4' | wc -l) $(images) $(in_use)" '1  '
	/sbin/e2fsck -fn "$CACHE"/*.ext4
	ok plan --bundle "$B" "$ID"
	same "$(jq -c '[.image.format, .image.cached]' <<<"$out")" '["ext4",true]'
}

@test "the container's own layer hides what it hides; a read-only root takes no write" {
	layers
	rm -r "$B/rootfs/etc/hidden" "$B/rootfs/etc/replaced"
	mkdir "$B/rootfs/etc/replaced"
	echo above >"$B/rootfs/etc/replaced/above"
	chmod 0711 "$B/rootfs"
	config '.root.readonly = true'
	app /bin/sh -c 'ls /etc /etc/replaced; cat /etc/second; stat -c "top %a" /; echo no >/etc/new; echo "write $?"'
	boots_with 0
	! matches "$out" 'hidden|below' || false
	matches "$out" 'above'
	matches "$out" 'second layer'
	matches "$out" 'top 711'
	matches "$out" 'Read-only file system'
	matches "$out" 'write 1'
	[ ! -e "$B/rootfs/.urunc" ]
	same "$(in_use)" ''
}

@test "a second create finds the image; plan tells before; two at once make it once; it is never changed" {
	layers
	plan() { "$URUNC" --root "$ROOT" plan --bundle "$B" p | jq -c ".image | $1"; }
	same "$(plan '[.cached, .cost_files > 30, .cost_bytes > 14000000]')" '[false,true,true]'
	[ ! -e "$CACHE" ]
	another
	B=$B/other create "$ID-1" &
	create "$ID-2"
	wait $!
	same "$(images | wc -l)" 1
	same "$(in_use | grep -c erofs)" 2
	same "$(stat -c %h "$(images)")" 3
	sha256sum "$(images)" >"$T/sum"
	same "$(plan '[.cached, .cost_files]')" '[true,0]'
	"$URUNC" --root "$ROOT" delete --force "$ID-1"
	"$URUNC" --root "$ROOT" delete --force "$ID-2"
	create
	sha256sum --check --quiet "$T/sum"
	same "$(stat -c %h "$(images)")" 2
	"$URUNC" --root "$ROOT" delete --force "$ID"
	same "$(in_use)" ''
	same "$(images | wc -l)" 1
}

@test "the cache is bounded: the least recently used goes, what a container has stays" {
	toml "cache_dir = \"$CACHE\"" 'cache_max_mb = 30'
	mkdir -p "$CACHE"
	layers
	create
	taken=$(images)
	head -c 20000000 /dev/zero >"$CACHE/$(printf %064d 1).erofs"
	head -c 15000000 /dev/zero >"$CACHE/$(printf %064d 2).erofs"
	touch -d '1 hour ago' "$CACHE/$(printf %064d 1).erofs" "$taken"
	# Another image by another layer.
	mkdir "$T/overlay2/l3"
	another "$T/overlay2/l3"
	B=$B/other create "$ID-other"
	[ -e "$taken" ]
	[ ! -e "$CACHE/$(printf %064d 1).erofs" ]
}

@test "a full disk: one clear error, nothing left" {
	mkdir -p "$CACHE"
	mount -t tmpfs -o size=8m tmpfs "$CACHE"
	layers
	! create || false
	matches "$(<"$T/err")" "the guest's disk cannot be made of the container root: .*cannot write an image: No space left on device"
	same "$(images)$(in_use)" ''
	[ "$(df --output=used "$CACHE" | tail -n 1)" -lt 100 ]
}

@test "kill -9 of create anywhere: delete --force leaves nothing, and the next create works" {
	local call
	layers
	for call in unlink:1 linkat:1 linkat:2 linkat:3 clone3:1 clone3:3 mkdirat:2 renameat2:1 utimensat:1 wait4:2; do
		strace -qq -o "$T/trace" -e "trace=${call%:*}" -e "inject=${call%:*}:signal=KILL:when=${call#*:}" \
			"$URUNC" --root "$ROOT" create --bundle "$B" "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || :
		"$URUNC" --root "$ROOT" delete --force "$ID"
		same "$call: $(in_use)" "$call: "
		[ -z "$(images)" ] || fsck.erofs "$(images)" >/dev/null
	done
	create
	"$URUNC" --root "$ROOT" delete --force "$ID"
	same "$(find "$B/own/.urunc" -type f -printf '%f\n')" rw.img
	e2fsck -fn "$B/own/.urunc/rw.img"
}

@test "a hostile root leads nowhere" {
	layers
	mkdir "$T/outside"
	ln -s "$T/outside" "$B/rootfs/.urunc"
	! create || false
	matches "$(<"$T/err")" "cannot open '.urunc' in the container root"
	same "$(ls "$T/outside")" ''
	rm "$B/rootfs/.urunc"
	mkdir "$B/rootfs/.urunc"
	mkfifo "$B/rootfs/.urunc/rw.img"
	! create || false
	matches "$(<"$T/err")" 'not a file of urunc'
	same "$(in_use)" ''
}
