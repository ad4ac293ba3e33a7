#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Directories that QEMU itself shares with a guest, by 9p: container roots and mounts. Debian's cloud kernel has no 9p, its
# kernel for all machines has.
load helpers

setup_file() {
	local dir=$BATS_FILE_TMPDIR/rootfs
	chmod 0711 "$BATS_FILE_TMPDIR"
	mkdir "$BATS_FILE_TMPDIR/9p"
	URUNC_GUEST_KERNEL=linux-image-$(dpkg --print-architecture) "$top/tests/guest/fetch-kernel" "$BATS_FILE_TMPDIR/9p/kernel" || return 1
	SHARED=$BATS_FILE_TMPDIR/9p system_tree "$dir" sh cat chmod chown grep ls mkdir mkfifo mknod mv stat sync touch
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz mountRootfs=true >"$dir/urunc.json"
}

prepare() {
	D=$T/data
	mkdir -p "$D/sub"
	head -c 20000000 /dev/zero >"$D/large"
	echo 'of the host' >"$D/file"
	mkdir "$T/ro"
	echo 'read only' >"$T/ro/file"
	config '.root = {path: $root} | .process.env = ["PATH=/bin"]' --arg root "$BATS_FILE_TMPDIR/rootfs"
	mount_add /data bind "$D" rbind rw
	mount_add /ro bind "$T/ro" rbind ro
}

# by_9p [LINE...]: of [runtime].
by_9p() {
	toml 'accelerator = "tcg"' 'mounts_by = "9p"' "cache_dir = \"$T/cache\"" "$@"
}

@test "root and mounts by 9p: both sides see what the other does, read-only is kept, the owner is the monitor's user" {
	by_9p 'rootfs = "9p"'
	app /bin/sh -c 'grep -c " 9p " /proc/mounts; stat -c %s /data/large; cat /data/file /ro/file; touch /ro/x 2>/dev/null || echo read-only
		cd /data; echo of the guest >new; mkdir d; mv new d/moved; chmod 640 d/moved; chown 7 d/moved 2>/dev/null || echo no chown
		stat -c "%a %u" d/moved; echo x >/root-of-9p; sync; echo IS-WRITTEN; until [ -e /data/host ]; do :; done; cat /data/host; exit 7'
	boot_aside
	says '^IS-WRITTEN'
	same "$(stat -c '%a %u %s' "$D/d/moved")" '640 0 13'
	same "$(<"$BATS_FILE_TMPDIR/rootfs/root-of-9p")" x
	echo 'news of the host' >"$T/host"
	mv "$T/host" "$D/host"
	ends_with 7
	same "$(tr -d '\r' <"$T/console")" $'3\n20000000\nof the host\nread only\nread-only\nno chown\n640 0\nIS-WRITTEN\nnews of the host'
	# no daemon, and none is accounted for
	ok plan --bundle "$B" "$ID"
	same "$(jq -c '[.vm.shares[] | [.tag, .path, .daemon]]' <<<"$out")" '[["fs0","/share0",null],["fs1","/share1",null]]'
}

@test "nodes on a share: what the guest is told is what QEMU's user is, with our filter around it or without" {
	by_9p
	# A pipe is made and taken away again: QEMU 7.2 fails when it sets the mode.
	app /bin/sh -c 'cd /data; mkfifo pipe; mknod null c 1 3; mknod disk b 8 0; exit 5'
	for _ in with without; do
		boots_with 5
		same "$(tr -d '\r' <<<"$out")" $'mkfifo: pipe: No such device or address\nmknod: null: Operation not permitted\nmknod: disk: Operation not permitted'
		config 'del(.linux.seccomp)'
	done
}

@test "mounts by 9p of another user than root; what that user does not own is refused" {
	by_9p
	config '.process.user = {uid: 1000, gid: 1000}'
	app /bin/sh -c 'echo of the guest >/data/new && cat /data/file && stat -c %u /data/new; touch /data/sub/x 2>/dev/null || echo no'
	rt plan --bundle "$B" "$ID"
	[ "$status" -eq 1 ]
	matches "$err" "mount '/data' .* cannot be shared as .runtime. mounts_by = .*9p.* asks: '/.*' in it belongs to user 0, but all that the guest writes is done by the monitor, which is user 1000"
	chown -R 1000:1000 "$D"
	chmod 0500 "$D/sub"
	chmod 0711 "$BATS_TEST_TMPDIR" "$T"
	boots_with 0
	same "$(tr -d '\r' <<<"$out")" $'of the host\n1000\nno'
	same "$(stat -c %u "$D/new") $(<"$D/new")" '1000 of the guest'
}
