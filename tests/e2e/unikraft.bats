#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Unikraft: arguments, environment and the files of the initrd arrive as they were given.
#
# URUNC_TEST_UNIKRAFT is the path of a Unikraft kernel for QEMU on x86-64 (Multiboot), version 0.16.2 or newer, built with
# uklibparam, posix-environ (LIBPARAM, at least 8 entries), vfscore (AUTOMOUNT_UP), ramfs, ukcpio, uk9p, 9pfs and
# virtio_9p, without ukrandom, which software emulation has no instructions for. Its program prints, among whatever else it says, lines of these
# forms, each with '$' at its end, and in the values \n for a line break and \t for a tab:
#	argv[N]=VALUE$    for each argument, N from 0
#	env=VALUE$        for each entry of its environment
#	file=VALUE$       the contents of /etc/message
# Without that variable the same bundle is run by the fake monitor, which tells the words that it received.
load helpers

args=(nginx -g 'daemon off;' "it's \"q\"" 'back\slash\' -- '[x]' $'tab\there' $'line\nbreak' 'a -- b' 'ümlaut' 'x]')
env=(PATH=/bin 'GREETING=hello "big" world'"'"'s' 'LIST=[a, b]' EMPTY= 'PAIR=a=b' 'END=\')

# multiboot_kernel FILE: ELF with a Multiboot header in place of the note for PVH.
multiboot_kernel() {
	pvh_kernel "$1"
	printf '\0\0\0\0' | dd of="$1" bs=1 seek=84 conv=notrunc status=none
	printf '\x02\xb0\xad\x1b\0\0\0\0\xfe\x4f\x52\xe4' | dd of="$1" bs=1 seek=116 conv=notrunc status=none
}

prepare() {
	mkdir -p "$B/rootfs/unikraft" "$T/ird/etc"
	printf 'a message\nof two lines\n' >"$T/ird/etc/message"
	(cd "$T/ird" && find . -mindepth 1 | sort | cpio --quiet -o -H newc -R 0:0) >"$B/rootfs/unikraft/initrd"
	if [ -n "${URUNC_TEST_UNIKRAFT:-}" ]; then
		cp "$URUNC_TEST_UNIKRAFT" "$B/rootfs/unikraft/kernel"
		toml 'accelerator = "tcg"'
	else
		multiboot_kernel "$B/rootfs/unikraft/kernel"
		make_toml >"$T/urunc.toml"
		export URUNC_CONFIG_FILE=$T/urunc.toml
	fi
	urunc_json unikernelType=unikraft hypervisor=qemu binary=/unikraft/kernel initrd=/unikraft/initrd \
		unikernelVersion=0.17.0 >"$B/rootfs/urunc.json"
	config '.root.path = "rootfs" | .process.args = $ARGS.positional' --args -- "${args[@]}"
	config '.process.env = $ARGS.positional' --args -- "${env[@]}"
}

# shown TEXT: as the program prints it.
shown() {
	local s=${1//$'\n'/\\n}
	printf '%s$' "${s//$'\t'/\\t}"
}

# printed PREFIX: what the guest said with this prefix, a value in a line.
printed() {
	tr -d '\r' <"$T/console" | sed -n "s/^$1=//p"
}

# arrived FILE: all of it, and this is in /etc/message.
arrived() {
	same "$(printed 'argv\[[0-9]*\]' | tail -n +2)" "$(for w in "${args[@]}"; do shown "$w"; echo; done)"
	same "$(printed env)" "$(for w in "${env[@]}"; do shown "$w"; echo; done)"
	same "$(printed file)" "$1"
}

# told FILTER [JQ OPTION...]: what the fake monitor reports, which shows every byte as a character of its own.
told() {
	report "$@" | iconv -f UTF-8 -t ISO-8859-1
}

@test "unikraft: arguments, environment and files arrive" {
	ok plan --bundle "$B" "$ID"
	local planned=$out
	same "$(jq .warnings <<<"$planned")" '[]'
	boots_with 0
	if [ -n "${URUNC_TEST_UNIKRAFT:-}" ]; then
		arrived 'a message\nof two lines\n$'
		return
	fi
	same "$(told .argv)" "$(jq -c .argv <<<"$planned")"
	same "$(told '.argv[-1]' -r)" "$(
		printf '%s ' Unikraft 'env.vars=[ PATH=/bin' "'GREETING=hello \"big\" world'\"'\"'s'" "'LIST=[a, b]'] env.vars=[" \
			EMPTY= PAIR=a=b "'END=\\' ]" 'vfs.fstab=[ "initrd0:/:extract::ramfs=2:" ] --' nginx -g "'daemon off;'" \
			"'it'\"'\"'s \"q\"' 'back\\slash\\' -- '[x]' 'tab	here'"
		printf "'line\nbreak' 'a -''- b' 'ümlaut' 'x]'"
	)"
}

@test "unikraft: a file that the container mounts is in its initrd, the image's own is not changed" {
	local before
	before=$(sha256sum "$B/rootfs/unikraft/initrd")
	printf 'of the host\n' >"$T/message"
	config '.mounts = [{destination: "/etc/message", type: "bind", source: $m, options: ["bind", "ro"]},
		{destination: "/new/place/file", type: "bind", source: $m, options: ["bind", "ro"]}]' --arg m "$T/message"
	boots_with 0
	same "$(sha256sum "$B/rootfs/unikraft/initrd")" "$before"
	if [ -n "${URUNC_TEST_UNIKRAFT:-}" ]; then
		arrived 'of the host\n$'
		return
	fi
	ok plan --bundle "$B" "$ID"
	same "$(jq -c '[.box[] | select(.dst == "/initrd") | .one_archive, (.adds[] | .name)]' <<<"$out")" \
		'[true,"etc","etc/message","new","new/place","new/place/file"]'
}

@test "unikraft: a packed initrd that a file would have to be added to is refused with what to do" {
	gzip "$B/rootfs/unikraft/initrd"
	mv "$B/rootfs/unikraft/initrd.gz" "$B/rootfs/unikraft/initrd"
	config '.mounts = [{destination: "/etc/message", type: "bind", source: "/etc/passwd", options: ["bind", "ro"]}]'
	rt create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	matches "$err" "mount '/etc/message' cannot be added to initrd '/unikraft/initrd' \(gzip\).*unpack the initrd"
}

@test "unikraft: the image's own tree is the root, shared by 9p" {
	mkdir -p "$B/rootfs/etc"
	echo 'in the tree' >"$B/rootfs/etc/message"
	urunc_json unikernelType=unikraft hypervisor=qemu binary=/unikraft/kernel mountRootfs=true \
		unikernelVersion=0.17.0 >"$B/rootfs/urunc.json"
	boots_with 0
	if [ -n "${URUNC_TEST_UNIKRAFT:-}" ]; then
		arrived 'in the tree\n$'
		return
	fi
	matches "$(told '.argv[-1]' -r)" 'vfs\.fstab=\[ "fs0:/:9pfs:::" \] -- nginx'
	same "$(told '[.argv[] | select(. == "-bios" or startswith("virtio-9p"))]')" '["virtio-9p-pci,fsdev=share0,mount_tag=fs0"]'
}

@test "unikraft: an argument that its command line cannot say is refused before anything starts" {
	config '.process.args = ["app", ""]'
	rt create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	matches "$err" 'process\.args\[1\] is empty'
}
