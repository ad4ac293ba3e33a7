#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Solo5 guests on the tenders spt and hvt, and on QEMU: arguments, exit status, stopping, block devices.
#
# URUNC_TEST_SOLO5 is the directory of a Solo5 source tree that was built (./configure.sh && make): its tenders and its test
# programs are run. Without it the same bundles, with files that have nothing of a Solo5 binary but the notes, are run by
# the fake monitor, which tells what it received and plays what the programs would do.
load network
load solo5

prepare() {
	local m
	mkdir -p "$B/rootfs"
	{
		printf '[runtime]\naccelerator = "tcg"\n'
		for m in spt hvt; do
			printf '[monitors.%s]\npath = "%s"\n' $m "$([ -n "$real" ] && echo "$real/tenders/$m/solo5-$m" || echo "$FAKE")"
		done
		[ -n "$real" ] || printf '[monitors.qemu]\npath = "%s"\n' "$FAKE"
	} >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	# What the fake monitor does is too much for a tender's filter.
	[ -n "$real" ] || config 'del(.linux.seccomp)'
}

# notes TARGET NAME FILE: what stands for a test program of Solo5's where there is none.
notes() {
	local target=3 device=
	case $1 in hvt) target=1 ;; spt) target=2 ;; esac
	case $2 in blk) device=-DBLOCK ;; net) device=-DNET ;; two) device=-DTWO ;; esac
	# shellcheck disable=SC2086
	${CC:-cc} -c -DTARGET=$target $device -o "$T/notes.o" "$BATS_TEST_DIRNAME/solo5-notes.S"
	${OBJCOPY:-objcopy} -O binary -j .data "$T/notes.o" "$3"
}

# program NAME TARGET MONITOR [WORD...]: the bundle runs Solo5's test NAME, built for TARGET; with the fake monitor the
# words are what it is to do.
program() {
	local name=$1 target=$2 monitor=$3
	shift 3
	if [ -n "$real" ]; then
		if [ "$name" = two ]; then two_for "$target"; else cp "$real/tests/test_$name/test_$name.$target" "$B/rootfs/unikernel"; fi
		set --
	else
		notes "$target" "$name" "$B/rootfs/unikernel"
	fi
	urunc_json unikernelType=mirage "hypervisor=$monitor" binary=/unikernel >"$B/rootfs/urunc.json"
	config '.root.path = "rootfs" | .process.args = $ARGS.positional | .process.env = []' --args -- "$@"
}

two_for() {
	mkdir -p "$T/two"
	cp "$BATS_TEST_DIRNAME/solo5-two.c" "$T/two/"
	echo '{"type": "solo5.manifest", "version": 1, "devices": [{"name": "alpha", "type": "BLOCK_BASIC"}, {"name": "omega", "type": "BLOCK_BASIC"}]}' >"$T/two/manifest.json"
	"$real/elftool/solo5-elftool" gen-manifest "$T/two/manifest.json" "$T/two/manifest.c"
	build_guest "$1" "$T/two" solo5-two "$B/rootfs/unikernel"
}

# Whether this machine lets a tender have what it needs; if not, the tender is refused in words, and that is all there is.
usable() {
	[ "$1" != hvt ] || [ -c /dev/kvm ] || {
		refused "monitor 'hvt' needs /dev/kvm" create --bundle "$B" "$ID"
		return 1
	}
}

says_once() {
	[ "$(tr -d '\r' <"$T/console" | grep -cF -- "$1")" -eq 1 ] || {
		printf 'not once: %s\nconsole:\n%s\nstderr:\n%s\n' "$1" "$(<"$T/console")" "$(<"$T/err")"
		return 1
	}
}

# The command line as the guest sees it.
cmdline_is() {
	if [ -n "$real" ]; then
		says_once "Command line is: '$1'"
	else
		same "$(report -r '.argv[-1]')" "$1"
	fi
}

arguments_arrive() {
	program hello "$1" "$2"
	config '.process.args = ["--hello=a b", "it'"'"'s", "\"q\"", "back\\slash", "--mem=1", "--", "--net:service=x", "<&>"]'
	usable "$2" || return 0
	ok plan --bundle "$B" "$ID"
	local planned=$out
	boots_with 0
	cmdline_is '--hello=a\ b it'"'"'s \"q\" back\\slash --mem=1 -- --net:service=x <&>'
	[ -n "$real" ] || same "$(report .argv)" "$(jq -c .argv <<<"$planned")"
}

@test "spt: arguments arrive, and none becomes an option of the tender" {
	arguments_arrive spt spt
}

@test "hvt: arguments arrive, and none becomes an option of the tender" {
	arguments_arrive hvt hvt
}

@test "qemu: arguments arrive at a binary for virtio" {
	arguments_arrive virtio qemu
}

exit_status_is_told() {
	program hello "$1" "$2" fake.exit=0
	usable "$2" || return 0
	boots_with 0
	program ssp "$1" "$2" fake.exit=255
	boots_with 255
}

@test "spt: the guest's exit status is the container's" {
	exit_status_is_told spt spt
}

@test "hvt: the guest's exit status is the container's" {
	exit_status_is_told hvt hvt
}

# filters_of MONITOR: sets filters, how many the running tender has: from 0.11 on one of its own, and ours.
filters_of() {
	program time "$1" "$1" fake.quiet fake.say=test_time fake.spin
	boot_aside
	says test_time
	filters=$(awk '/^Seccomp_filters:/ {print $2}' "/proc/$(children "$(init_pid "$ID")" '!none')/status")
	ok kill "$ID" TERM
	ends_with 143
	ok delete --force "$ID"
}

# behind_our_filter MONITOR
behind_our_filter() {
	local with filters
	program time "$1" "$1"
	usable "$1" || return 0
	config '.linux.seccomp = {}'
	filters_of "$1"
	with=$filters
	config 'del(.linux.seccomp)'
	filters_of "$1"
	echo "with $with, without $filters"
	[ "$with" -eq $((filters + 1)) ]
}

@test "spt: our filter is around the tender, beside its own" {
	behind_our_filter spt
}

@test "hvt: our filter is around the tender, beside its own" {
	behind_our_filter hvt
}

@test "qemu: what a binary for virtio writes when it ends is success" {
	program quiet virtio qemu fake.exit=83
	boots_with 0
}

# stops_with MONITOR SIGNAL STATUS WORD...: the program runs for five seconds if nobody stops it.
stops_with() {
	local monitor=$1 signal=$2 want=$3
	shift 3
	program time "$monitor" "$monitor" "fake.say=test_time" "$@"
	usable "$monitor" || return 0
	boot_aside
	says test_time
	ok kill "$ID" "$signal"
	ends_with "$want"
}

@test "spt: TERM and INT end the container with 143 and 130" {
	stops_with spt TERM 143 fake.spin
	stops_with spt INT 130 fake.spin
}

@test "hvt: TERM and INT end the container with 143 and 130" {
	stops_with hvt TERM 143 fake.spin
	stops_with hvt INT 130 fake.spin
}

# block_image BYTES
block_image() {
	head -c "$1" /dev/zero >"$B/rootfs/disk.img"
	urunc_json unikernelType=mirage "hypervisor=$2" binary=/unikernel block=/disk.img blkMntPoint=/data >"$B/rootfs/urunc.json"
}

writes_to_its_image() {
	program blk "$1" "$2"
	usable "$2" || return 0
	refused "block devices that have no disk: 'storage'" create --bundle "$B" "$ID"
	block_image 4097 "$2"
	[ "$2" = qemu ] || refused "device 'storage' is 4097 bytes large" create --bundle "$B" "$ID"
	block_image 8192 "$2"
	boots_with 0
	if [ -n "$real" ]; then
		says_once SUCCESS
		[ "$(head -c 10 "$B/rootfs/disk.img")" = 0123456789 ]
	elif [ "$2" != qemu ]; then
		holds '.argv | index("--block:storage=/disk0") != null'
	fi
}

@test "spt: the block image is attached by the name in the binary's manifest" {
	writes_to_its_image spt spt
}

@test "hvt: the block image is attached by the name in the binary's manifest" {
	writes_to_its_image hvt hvt
}

@test "qemu: the block image is the binary's device" {
	writes_to_its_image virtio qemu
}

# disk NAME BYTES: a file that begins with its name.
disk() {
	printf '%s' "$1" >"$B/rootfs/$1.img"
	truncate -s "$2" "$B/rootfs/$1.img"
}

# Named the other way round than the manifest has them, and than they are given.
two_disks() {
	local blocks='[{"path": "/last.img", "id": "omega"}, {"path": "/first.img", "id": "alpha"}]'
	program two "$1" "$1"
	usable "$1" || return 0
	disk first 8192
	disk last 4096
	refused "block devices that have no disk: 'alpha', 'omega'" create --bundle "$B" "$ID"
	urunc_json unikernelType=mirage "hypervisor=$1" binary=/unikernel "blocks=$blocks" >"$B/rootfs/urunc.json"
	boots_with 0
	if [ -n "$real" ]; then
		says_once 'alpha is first'
		says_once 'omega is last'
		same "$(tail -c +513 "$B/rootfs/first.img" | head -c 5)$(tail -c +513 "$B/rootfs/last.img" | head -c 5)" alphaomega
	else
		holds '.argv | index("--block:alpha=/disk1") != null and index("--block:omega=/disk0") != null'
	fi
	urunc_json unikernelType=mirage "hypervisor=$1" binary=/unikernel "blocks=${blocks/alpha/beta}" >"$B/rootfs/urunc.json"
	refused "'beta'" create --bundle "$B" "$ID"
}

@test "spt: two block images, by the names in the binary's manifest" {
	two_disks spt
}

@test "hvt: two block images, by the names in the binary's manifest" {
	two_disks hvt
}

@test "a binary for another tender is refused by the name of that one, and a device without a network at start" {
	program hello hvt spt
	refused "built for Solo5 target 'hvt', but the monitor is 'spt': set .*hypervisor' to 'hvt'" create --bundle "$B" "$ID"
	program hello virtio hvt
	refused "built for Solo5 target 'virtio', but the monitor is 'hvt': set .*hypervisor' to 'qemu'" create --bundle "$B" "$ID"
	program hello spt qemu
	refused "built for Solo5 target 'spt', but the monitor is 'qemu': set .*hypervisor' to 'spt'" create --bundle "$B" "$ID"
	program net spt spt
	config '.linux.namespaces |= map(select(.type != "network")) + [{type: "network"}]'
	create
	refused "network devices that the container has no interface for: 'service" start "$ID"
}

teardown() {
	local rc=0
	rt delete --force "$ID"
	[ "$status" -eq 0 ] || rc=1
	if [ -e "/run/netns/$P" ]; then pod_clean || rc=1; fi
	drop_pod
	nothing_left || rc=1
	return $rc
}

answers_ping() {
	local mac
	program net "$1" "$2" fake.tap=urunc0 fake.wait
	usable "$2" || return 0
	POD4=10.0.0.2 OUT4=10.0.0.1
	make_pod
	[ -z "$real" ] || test_net_for "$1" "$T/test_net" "$B/rootfs/unikernel"
	mac=$(ip -n "$P" -j link show eth0 | jq -r '.[0].address')
	create
	ok start "$ID"
	# It is there for the monitor's user, and for as long as the container.
	ip -n "$P" -d -j link show urunc0 | jq -e '.[0] | .linkinfo.info_data.persist and .mtu == 1400' >/dev/null
	if [ -n "$real" ]; then
		says 'Serving ping on 10.0.0.2'
		outside busybox ping -c 3 -W 5 10.0.0.2
	else
		says WAITING
		holds '.argv | index("--net:service=urunc0") != null and index("--net-mac:service=" + $mac) != null' --arg mac "$mac"
		grep -qx 'TAP urunc0' <(tr -d '\r' <"$T/console")
	fi
	ok kill "$ID" KILL
	ok delete --force "$ID"
	pod_clean
}

@test "spt: the guest has the container's network by a tap with a name" {
	answers_ping spt spt
}

@test "hvt: the guest has the container's network by a tap with a name" {
	answers_ping hvt hvt
}
