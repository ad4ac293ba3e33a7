#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Directories and files of the host that a Linux guest works on, whatever its root is: by virtiofs, with QEMU's own daemon (or URUNC_TEST_VIRTIOFSD)
# and Debian's cloud kernel.
load helpers

DAEMON=${URUNC_TEST_VIRTIOFSD:-/usr/lib/qemu/virtiofsd}

setup_file() {
	local dir=$BATS_FILE_TMPDIR/rootfs
	chmod 0711 "$BATS_FILE_TMPDIR"
	system_tree "$dir" sh cat chmod chown find grep ln ls mkdir mv rm sleep stat sync touch wc
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz mountRootfs=true >"$dir/urunc.json"
}

prepare() {
	shared
	D=$T/data
	mkdir "$D" "$D/sub" "$D/other"
	head -c 20000000 /dev/zero >"$D/large"
	echo 'of the host' >"$D/file"
	chmod 0711 "$T"
	config '.root = {path: $root} | .process.env = ["PATH=/bin"]' --arg root "$BATS_FILE_TMPDIR/rootfs"
	host_mount=
}

# shared [LINE...]: of [runtime].
shared() {
	toml 'accelerator = "tcg"' "cache_dir = \"$BATS_FILE_TMPDIR/cache\"" "$@" '[extra_binaries.virtiofsd]' "path = \"$DAEMON\""
}

teardown() {
	local rc=0
	rt delete --force "$ID"
	[ "$status" -eq 0 ] || rc=1
	[ -z "$host_mount" ] || umount "$host_mount"
	nothing_left || rc=1
	return $rc
}

@test "a large writable directory, a file, a ConfigMap and what the host has mounted below: both sides see what the other does" {
	local pid daemon
	echo 'one line' >"$T/single"
	chown 7 "$T/single"
	configmap "$T/cm"
	host_mount=$D/other
	mount -t tmpfs -o size=1m tmpfs "$D/other"
	echo 'of another file system' >"$D/other/file"
	mount_add /data bind "$D" rbind rw
	mount_add /data/single bind "$T/single" bind rw
	mount_add /etc/config bind "$T/cm" rbind ro
	: >"$T/log"
	mount_add /dev/termination-log bind "$T/log" rbind rw
	mount_add /noexec bind "$D/sub" rbind rw nosuid noexec
	cp "$(command -v busybox)" "$D/sub/busybox"
	app /bin/sh -c 'stat -c %s /data/large; cat /data/file /data/other/file /data/single /etc/config/colour
		touch /etc/config/x 2>/dev/null || echo read-only; touch /etc/config/..data/x 2>/dev/null || echo read-only
		[ "$(stat -c %d /data)" != "$(stat -c %d /data/other)" ] && echo two file systems
		/data/sub/busybox true && echo runs; /noexec/busybox true 2>/dev/null || echo runs not
		cd /data; echo of the guest >new; mkdir d; mv new d/moved; chmod 640 d/moved; chown 1000:70000 d/moved; ln -s d/moved link
		rm file; echo and of the guest >>single; echo why >/dev/termination-log; echo deep >other/deep; ls -a /.urunc 2>/dev/null; grep -c virtiofs /proc/mounts; echo IS-WRITTEN
		until [ "$(cat /etc/config/colour)" = blue ] && [ -e /data/host ]; do sleep 0.2; done; cat /data/host; exit 7'
	ok plan --bundle "$B" "$ID"
	same "$(jq -r '.vm.shares[].daemon.box[0].src' <<<"$out")" "$DAEMON"
	boot_aside
	says '^IS-WRITTEN'
	same "$(stat -c '%a %u %g %s' "$D/d/moved") $(<"$D/link") $(<"$D/other/deep")" '640 1000 70000 13 of the guest deep'
	[ ! -e "$D/file" ]
	same "$(<"$T/single")" $'one line\nand of the guest'
	same "$(stat -c %u "$T/single") $(<"$T/log")" '7 why'
	pid=$(init_pid "$ID")
	daemon=$(children "$pid" virtiofsd)
	# one daemon for all of them, and for it too the ConfigMap is read-only
	same "$(wc -w <<<"$daemon")" 1
	same "$(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb)|^NoNewPrivs/ {print $2}' "/proc/$daemon/status" | xargs)" \
		'0000000000000000 00000000000000db 00000000000000db 0000000000000000 0000000000000000 1'
	same "$(awk '$5 ~ "m[0-9]$|m0/other$" {split($6, o, ","); sub(".*/", "", $5); print $5, o[1]}' "/proc/$daemon/mountinfo" | sort | xargs)" \
		'm0 rw m1 rw m2 ro m3 rw m4 rw other rw'
	configmap_next "$T/cm" blue
	echo 'news of the host' >"$T/host"
	mv "$T/host" "$D/host"
	ends_with 7
	same "$(tr -d '\r' <"$T/console")" "20000000
of the host
of another file system
one line
red
read-only
read-only
two file systems
runs
runs not
6
IS-WRITTEN
news of the host"
	gone "$daemon"
	same "$(grep -c 'mount ' "$T/err")" 0
}

@test "beside a root by virtiofs there are two daemons, and whoever is killed, nothing stays behind" {
	local round pid daemons monitor victim
	shared 'rootfs = "virtiofs"'
	mount_add /data bind "$D" rbind rw
	app /bin/sh -c 'echo of round $(cat /data/round) >>/data/log; sleep 1000'
	for round in none monitor daemon1 daemon2 supervisor; do
		echo "$round" >"$D/round"
		running
		within 30000 grep -q "of round $round" "$D/log"
		pid=$(init_pid "$ID")
		daemons=$(children "$pid" virtiofsd) monitor=$(children "$pid" '!virtiofsd')
		same "$(wc -w <<<"$daemons")" 2
		case $round in
		monitor) victim=$monitor ;;
		daemon1) victim=$(head -n 1 <<<"$daemons") ;;
		daemon2) victim=$(tail -n 1 <<<"$daemons") ;;
		*) victim=$pid ;;
		esac
		kill -KILL "$victim"
		within 5000 gone "$pid"
		for victim in $monitor $daemons; do within 5000 gone "$victim"; done
		case $round in daemon*) grep -q 'virtiofsd has failed' "$T/console" "$T/err" ;; esac
		ok delete --force "$ID"
		nothing_left
	done
}

@test "a container whose guest has an initrd of its own gets what a copy could not be; a kernel without virtiofs says so" {
	local dir=$T/initrd
	mkdir -p "$dir/boot"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$dir/boot/vmlinuz"
	"$top/tests/guest/make-initrd" "$dir/boot/initrd" --kernel "$SHARED/kernel" --modules virtio_mmio,virtio_pci,virtio_console,virtiofs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz initrd=/boot/initrd >"$dir/urunc.json"
	config '.root = {path: $root} | .process.env = ["PATH=/sbin:/bin:/usr/sbin:/usr/bin"]' --arg root "$dir"
	configmap "$T/cm"
	mount_add /data bind "$D" rbind rw
	mount_add /etc/config bind "$T/cm" rbind ro
	app /bin/sh -c 'cat /data/file /etc/config/colour; echo of the guest >/data/new; ls -1a /.urunc /.urunc/share; grep -c virtiofs /proc/mounts'
	boots_with 0
	same "$(tr -d '\r' <<<"$out")" $'of the host\nred\n/.urunc:\n.\n..\nm1\nshare\n\n/.urunc/share:\n.\n..\n1'
	same "$(<"$D/new")" 'of the guest'
	"$top/tests/guest/make-initrd" "$dir/boot/initrd" --kernel "$SHARED/kernel" --modules virtio_mmio,virtio_pci,virtio_console
	boots_with 126
	matches "$out$err" 'volume fs0: the kernel has no file system virtiofs'
	rm "$D/large"
	shared 'mounts_by = "copy"'
	refused "mount '/data' .* what it writes would be lost. Mount it read-only" create --bundle "$B" "$ID"
}

@test "a source that was replaced between create and start is an error that names it" {
	mount_add /data bind "$D" rbind rw
	app /bin/true
	ok create --bundle "$B" "$ID"
	mv "$D" "$D.old"
	mkdir "$D"
	refused "mount source '$D' was replaced since the container was created" start "$ID"
}
