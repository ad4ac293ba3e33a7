#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What `urunc plan` prints is what the monitor gets: every guest on every monitor that `urunc features` lists, so that
# a new one is looked at without being named here.
# shellcheck disable=SC2016 # $names inside single quotes are those of jq
load helpers

setup() {
	common_setup
	only_urunc
	own_rootfs
	rm "$B/rootfs/urunc.json"
	arch=$(uname -m)
	# The fake monitor under the name of each: then its --version is theirs, too.
	mkdir "$T/bin"
	local m
	for m in $("$URUNC" features | jq -r '.urunc.monitors[].name'); do
		case $m in qemu) m=qemu-system-$arch ;; hvt | spt) m=solo5-$m ;; esac
		cp "$FAKE" "$T/bin/$m"
	done
	PATH=$T/bin:$PATH
	printf '[runtime]\nurunit_path = "%s"\n' "$BUILD/bin/urunit" >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
}

# kernel_for GUEST MONITOR ROOT: a small file that says of itself what that pair wants to hear.
kernel_for() {
	local target devices=()
	[ "$3" != block ] || devices=(-DBLOCK)
	case $1-$2 in
	*-hvt) target=1 ;;
	*-spt) target=2 ;;
	mirage-*) target=3 ;;
	*) return 0 ;; # the PVH kernel of all tests
	esac
	cc -c "-DTARGET=$target" "${devices[@]}" -o "$T/notes.o" "$top/tests/e2e/solo5-notes.S"
	objcopy -O binary -j .data "$T/notes.o" "$B/rootfs/boot/kernel"
}

# bundle_for GUEST MONITOR ROOT WORD...
bundle_for() {
	local guest=$1 monitor=$2 root=$3
	shift 3
	cp "$SHARED/config.json" "$B/config.json"
	cp "$SHARED/rootfs/boot/kernel" "$B/rootfs/boot/kernel"
	kernel_for "$guest" "$monitor" "$root"
	config '.root = {path: "rootfs", readonly: false} | .process.args = $ARGS.positional
		| .linux.resources.memory.limit = 629145600 # the least of all guests is 512 MiB
		| .annotations = ({unikernelType: $g, hypervisor: $m, binary: "/boot/kernel"}
			+ {initrd: {initrd: "/boot/initrd"}, block: {block: "/disk.img", blkMntPoint: "/data"}, none: {}}[$r]
			| with_entries(.key |= "com.urunc.unikernel." + .))' \
		--arg g "$guest" --arg m "$monitor" --arg r "$root" --args "$@"
}

# equal: plan, create and start the bundle; the two argv are the same.
equal() {
	local planned
	ok plan --bundle "$B" "$ID" || return 1
	planned=$(jq -c .argv <<<"$out")
	jq -e '.argv | length >= 2' <<<"$out" >/dev/null || return 1
	create && ok start "$ID" && same "$(report .argv)" "$planned" && stopped && ok delete "$ID"
}

@test "every guest on every monitor, with each kind of root that can be had here" {
	local guest monitor root n=0 guests
	truncate -s 1M "$B/rootfs/disk.img"
	mke2fs -q -F "$B/rootfs/disk.img"
	"$URUNC" features | jq -r --arg a "$arch" '.urunc.pairs[] | select(.arch == $a) | . as $p
		| .roots[] | select(IN("none", "initrd", "block")) | [$p.guest, $p.monitor, .] | join(" ")' >"$T/pairs"
	while read -r guest monitor root; do
		bundle_for "$guest" "$monitor" "$root" /app one two
		if [ ! -e /dev/kvm ] && "$URUNC" features | jq -e --arg m "$monitor" \
			'.urunc.monitors[] | select(.name == $m) | .capabilities | index("needs-kvm")' >/dev/null; then
			refused 'needs /dev/kvm' create --bundle "$B" "$ID"
			continue
		fi
		equal || {
			echo "guest $guest, monitor $monitor, root $root"
			return 1
		}
		n=$((n + 1))
	done <"$T/pairs"
	# No guest was left out for want of a root that can be made here.
	guests=$("$URUNC" features | jq -r --arg a "$arch" '[.urunc.pairs[] | select(.arch == $a) | .guest + " " + .monitor] | unique[]')
	same "$(cut -d' ' -f1,2 "$T/pairs" | sort -u)" "$(sort -u <<<"$guests")"
	[ "$n" -gt 0 ]
}

@test "a Linux guest with our init, on each of its monitors" {
	local monitor
	for monitor in $("$URUNC" features | jq -r --arg a "$arch" '.urunc.pairs[] | select(.arch == $a and .guest == "linux") | .monitor'); do
		[ "$monitor" = qemu ] || [ -e /dev/kvm ] || continue
		bundle_for linux "$monitor" initrd /urunit /app 'a b' $'new\nline' '"q"' "fake.ctl=ready,exit:0"
		equal || {
			echo "monitor $monitor"
			return 1
		}
	done
}

@test "Firecracker: its configuration file is the planned one, and its control socket hears the power button" {
	[ -e /dev/kvm ] || skip 'no /dev/kvm here'
	bundle_for linux firecracker initrd /app 'a b' fake.wait
	ok plan --bundle "$B" "$ID"
	jq -j '.box[] | select(.dst == "/fc.json") | .data' <<<"$out" >"$T/planned"
	same "$(jq '.["boot-source"].boot_args' "$T/planned")" "$(jq .guest_cmdline <<<"$out")"
	running
	same "$(report '.tree[] | select(.path == "/fc.json") | .size')" "$(stat -c %s "$T/planned")"
	ok kill "$ID" TERM
	stopped
	grep -F 'API PUT /actions HTTP/1.1\r\n' "$T/console"
	grep -F '{"action_type":"SendCtrlAltDel"}' "$T/console"
}

@test "Cloud Hypervisor: its control socket hears the power button" {
	[ -e /dev/kvm ] || skip 'no /dev/kvm here'
	bundle_for linux cloud-hypervisor initrd /app fake.wait
	running
	ok kill "$ID" TERM
	stopped
	grep -F 'API PUT /api/v1/vm.power-button HTTP/1.1\r\n' "$T/console"
}

@test "Solo5: tenders get no descriptor, and a stop as a signal" {
	local monitor
	for monitor in spt hvt; do
		[ $monitor = spt ] || [ -e /dev/kvm ] || continue
		bundle_for mirage $monitor none fake.wait fake.exit=0
		create
		ok start "$ID"
		console_has WAITING
		same "$(report '[.fds[].fd]')" '[0,1,2]'
		ok kill "$ID" TERM
		stopped
		grep -x 'SIGNAL 15' "$T/console"
		ok delete "$ID"
	done
}
