#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a container finds around it in a Linux guest: files, limits, parameters, volumes, entropy, the time; on each machine type.
load helpers

setup_file() {
	local dir=$BATS_FILE_TMPDIR/rootfs
	mkdir -p "$dir/boot"
	chmod 0711 "$BATS_FILE_TMPDIR"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$dir/boot/vmlinuz"
	"$top/tests/guest/make-initrd" "$dir/boot/initrd" --kernel "$SHARED/kernel" \
		--modules virtio_mmio,virtio_pci,virtio_console,virtio-rng,virtio_blk "$BUILD/guest/envdump=/bin/envdump"
	mkdir "$BATS_FILE_TMPDIR/data"
	echo 'of the volume' >"$BATS_FILE_TMPDIR/data/file"
	/sbin/mke2fs -q -t ext4 -d "$BATS_FILE_TMPDIR/data" "$dir/data.img" 8M
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz initrd=/boot/initrd >"$dir/urunc.json"
}

prepare() {
	config '.root.path = $root | .process.env = ["PATH=/sbin:/bin:/usr/sbin:/usr/bin"]' --arg root "$BATS_FILE_TMPDIR/rootfs"
}

# engines_files: /etc/hosts and its like, as every engine binds them.
engines_files() {
	printf '127.0.0.1 localhost\n10.0.0.9 there\n' >"$T/hosts"
	printf 'nameserver 10.96.0.10\nsearch example.test\n' >"$T/resolv.conf"
	printf 'my-guest\n' >"$T/hostname"
	config '.hostname = "my-guest" | .mounts += [$ARGS.positional[] |
		{destination: "/etc/\(.)", type: "bind", source: "\($t)/\(.)", options: ["rbind", "ro"]}]' \
		--arg t "$T" --args -- hosts resolv.conf hostname
}

surroundings_on() {
	toml "machine = \"$1\"" 'accelerator = "tcg"'
	engines_files
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 1024}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]
		| .linux.sysctl = {"net.core.somaxconn": "77", "vm.overcommit_memory": "1", "net.ipv4.ping_group_range": "0 2147483647"}'
	app /bin/sh -c 'cat /etc/hosts /etc/resolv.conf /etc/hostname; hostname; ulimit -n; ulimit -c
		cd /proc/sys; cat net/core/somaxconn vm/overcommit_memory net/ipv4/ping_group_range
		cat /sys/class/misc/hw_random/rng_available; date +%s.%N'
	boots_with 0
	same "$(sed -E '12,$d' <<<"$out")" "$(printf '%s\n' '127.0.0.1 localhost' '10.0.0.9 there' 'nameserver 10.96.0.10' 'search example.test' \
		my-guest my-guest 512 0 77 1 $'0\t2147483647')"
	matches "$(sed -n 12p <<<"$out")" '^virtio_rng'
	# the last line was written when its time was read
	local behind=$(($(stat -c %Y "$T/console") - $(sed -n '13s/\..*//p' <<<"$out")))
	[ "$behind" -le 2 ] && [ "$behind" -ge -2 ] || {
		echo "the guest's clock is $behind s behind"
		return 1
	}
}

@test "files, host name, limits, parameters, entropy and the time of day arrive on microvm" {
	surroundings_on microvm
}

@test "files, host name, limits, parameters, entropy and the time of day arrive on q35" {
	surroundings_on q35
}

@test "200 variables and 100 arguments arrive, newlines and all" {
	local args=() env=() i
	for ((i = 0; i < 100; i++)); do args+=("arg $i"$'\n'"it's \"$i\""); done
	for ((i = 0; i < 200; i++)); do env+=("NAME_$i=value $i"$'\n'"\\$i"); done
	app /bin/envdump "${args[@]}"
	config '.process.env = $ARGS.positional' --args -- HOME=/h "${env[@]}"
	boots_with 0
	same "$(dump .args)" "$(jq -cn '["/bin/envdump"] + $ARGS.positional' --args -- "${args[@]}")"
	same "$(dump .env)" "$(jq -cn '$ARGS.positional' --args -- HOME=/h "${env[@]}")"
}

@test "a block image is a volume where the metadata want it" {
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz initrd=/boot/initrd block=/data.img blkMntPoint=/a/b >"$BATS_FILE_TMPDIR/rootfs/urunc.json"
	app /bin/sh -c 'cat /a/b/file; echo written >/a/b/new'
	boots_with 0
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz initrd=/boot/initrd >"$BATS_FILE_TMPDIR/rootfs/urunc.json"
	same "$out" 'of the volume'
	/sbin/debugfs -R 'cat /new' "$BATS_FILE_TMPDIR/rootfs/data.img" 2>/dev/null | grep -qx written
	/sbin/dumpe2fs -h "$BATS_FILE_TMPDIR/rootfs/data.img" 2>/dev/null | grep -q '^Filesystem state: *clean'
}

@test "an init that is not ours finds the files and the parameters as well" {
	engines_files
	config '.linux.sysctl = {"net.core.somaxconn": "77"} | .process.args = ["/bin/sh", "-c", "mount -t proc p /proc; cat /etc/hosts /proc/sys/net/core/somaxconn; ls -ld /etc; reboot -f"]'
	boots_with 0
	matches "$out" $'10.0.0.9 there\r?\n77\r?\ndrwxr-xr-x '
}
