#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Container roots shared with the guest by virtiofs (QEMU's own daemon, Debian's cloud kernel), and what 9p is refused for.
load helpers

DAEMON=${URUNC_TEST_VIRTIOFSD:-/usr/lib/qemu/virtiofsd}

setup_file() {
	chmod 0711 "$BATS_FILE_TMPDIR"
	system_tree "$BATS_FILE_TMPDIR/rootfs" sh cat chmod chown ln mkdir mv sleep stat sync
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz mountRootfs=true >"$BATS_FILE_TMPDIR/rootfs/urunc.json"
}

prepare() {
	shared_by virtiofs
	D=$BATS_FILE_TMPDIR/rootfs/data
	rm -rf "${D:?}"/*
	config '.root = {path: $root} | .process.env = ["PATH=/bin"]' --arg root "$BATS_FILE_TMPDIR/rootfs"
}

# shared_by WAY [LINE...]
shared_by() {
	local way=$1
	shift
	toml 'accelerator = "tcg"' "rootfs = \"$way\"" "$@" '[extra_binaries.virtiofsd]' "path = \"$DAEMON\""
}

@test "a root by virtiofs: owners and modes are kept, each side sees what the other writes, the daemon can do little" {
	local pid daemon
	app /bin/sh -c 'cd /data; echo of the guest >new; mkdir d; mv new d/moved; ln -s d/moved link; chmod 640 d/moved
		chown 1000:70000 d/moved; stat -c "%a %u %g" d/moved; sync; echo IS-WRITTEN
		until [ -e /data/host ]; do sleep 0.1; done; cat host; exit 7'
	boot_aside
	says '^IS-WRITTEN'
	same "$(stat -c '%a %u %g %s' "$D/d/moved") $(<"$D/link")" '640 1000 70000 13 of the guest'
	pid=$(init_pid "$ID")
	daemon=$(children "$pid" virtiofsd)
	# CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETGID, SETUID; what it had to give up the others with is gone too
	same "$(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb)|^NoNewPrivs|^Seccomp:/ {print $2}' "/proc/$daemon/status" | xargs)" \
		'0000000000000000 00000000000000db 00000000000000db 0000000000000000 0000000000000000 1 2'
	# One filter of system calls, its own; the monitor has ours and the one of -sandbox.
	same "$(awk '/^Seccomp_filters:/ {print $2}' "/proc/$daemon/status" "/proc/$(children "$pid" monitor)/status" | xargs)" '1 2'
	[ ! "/proc/$daemon/ns/mnt" -ef "/proc/$pid/ns/mnt" ]
	[ ! "/proc/$daemon/ns/mnt" -ef /proc/self/ns/mnt ]
	echo 'of the host' >"$T/host"
	mv "$T/host" "$D/host"
	ends_with 7
	grep -q '^of the host' "$T/console"
	gone "$daemon"
}

@test "a read-only root by virtiofs cannot be written" {
	config '.root.readonly = true'
	app /bin/sh -c 'echo x >/data/new || exit 9'
	boots_with 9
	[ ! -e "$D/new" ]
}

@test "whoever is killed, nothing of a shared root stays behind" {
	local round pid daemon monitor victim
	app /bin/sleep 1000
	for round in none monitor daemon supervisor none; do
		running
		pid=$(init_pid "$ID")
		daemon=$(children "$pid" virtiofsd) monitor=$(children "$pid" '!virtiofsd')
		case $round in
		monitor) victim=$monitor ;;
		daemon) victim=$daemon ;;
		*) victim=$pid ;;
		esac
		kill -KILL "$victim"
		within 5000 gone "$pid"
		within 5000 gone "$monitor"
		within 5000 gone "$daemon"
		if [ "$round" = daemon ]; then grep -q 'virtiofsd has failed' "$T/console" "$T/err"; fi
		ok delete --force "$ID"
		nothing_left
	done
}

@test "9p is refused for a tree of several owners, unless it is read-only" {
	shared_by 9p
	app /bin/true
	echo x >"$D/foreign"
	chown 33 "$D/foreign"
	rt plan --bundle "$B" "$ID"
	[ "$status" -eq 1 ]
	matches "$err" "'/data/foreign' in the container root belongs to user 33, but all that the guest writes is done by the monitor, which is user 0"
	config '.root.readonly = true'
	rt plan --bundle "$B" "$ID"
	# what stops it now is the kernel, which has no 9p
	[[ ! $err =~ foreign ]]
}
