#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images that are traps: where a file belongs lies something that blocks, that is endless, or that leads out of the image.
# create refuses each within a second, in one line that names the cause; nothing is left, nothing of the host is shown.
# shellcheck disable=SC2016 # $names inside single quotes are those of jq
load helpers

setup() {
	common_setup
	only_urunc
	own_rootfs
}

# no_trap REGEX: create is refused like that.
no_trap() {
	refused "$1" create --bundle "$B" --pid-file "$T/pid" "$ID" || return 1
	[[ $err != *root:* ]] || return 1
	[ ! -e "$T/pid" ] || return 1
	nothing_left
}

# dead_socket FILE: left by a process that is gone; relative, because addresses are short.
dead_socket() {
	(
		cd "${1%/*}" || exit 1
		"$helper" usurp "./${1##*/}" 3>&- 4>&- &
		within 2000 test -S "${1##*/}"
		kill -KILL $!
		wait $! 2>/dev/null || :
	)
	[ -S "$1" ]
}

# trap_of KIND FILE: puts it there.
trap_of() {
	rm -rf "$2"
	case $1 in
	fifo) mkfifo "$2" ;;
	socket) dead_socket "$2" ;;
	zero) mknod "$2" c 1 5 ;;
	tty) mknod "$2" c 5 0 ;;
	disk) mknod "$2" b 7 200 ;;
	directory) mkdir "$2" ;;
	shadow) ln -s /etc/shadow "$2" ;;
	climb) ln -s ../../../../../../../../../../etc/shadow "$2" ;;
	mem) ln -s /proc/self/mem "$2" ;;
	fd) ln -s /proc/self/fd/0 "$2" ;;
	loop) ln -s "${2##*/}" "$2" ;;
	sparse) truncate -s 1T "$2" ;;
	esac
}
kinds=(fifo socket zero tty disk directory shadow climb mem fd loop sparse)

@test "a kernel that is a trap" {
	local kind
	for kind in "${kinds[@]}"; do
		trap_of "$kind" "$B/rootfs/boot/kernel"
		no_trap '/boot/kernel' || {
			echo "kind $kind"
			return 1
		}
	done
}

@test "an initrd that is a trap" {
	local kind
	for kind in "${kinds[@]}"; do
		trap_of "$kind" "$B/rootfs/boot/initrd"
		no_trap 'initrd' || {
			echo "kind $kind"
			return 1
		}
	done
}

@test "an urunc.json that is a trap" {
	local kind
	for kind in "${kinds[@]}"; do
		trap_of "$kind" "$B/rootfs/urunc.json"
		no_trap 'urunc.json' || {
			echo "kind $kind"
			return 1
		}
	done
}

# The values are the host's own, so that it does not matter here if the promise is broken.
@test "a bundle that would rename or tune the host" {
	local key
	# Not a trap of the image: its own files are good.
	config 'del(.hostname) | .linux.namespaces = [{type: "mount"}, {type: "pid"}]'
	cp "$B/config.json" "$T/bare.json"
	config '.hostname = $h' --arg h "$(uname -n)"
	no_trap 'hostname.*UTS namespace'
	cp "$T/bare.json" "$B/config.json"
	config '.domainname = $d' --arg d "$(</proc/sys/kernel/domainname)"
	no_trap 'domainname.*UTS namespace'
	for key in net.ipv4.ip_forward kernel.msgmax kernel.shmmni fs.mqueue.msg_max kernel.domainname; do
		cp "$T/bare.json" "$B/config.json"
		another_guest
		config '.linux.sysctl = {($k): $v}' --arg k "$key" --arg v "$(<"/proc/sys/${key//.//}")"
		no_trap "sysctl '$key' is not allowed in the host" || return 1
	done
}

@test "good files grown to a tebibyte of nothing" {
	truncate -s 1T "$B/rootfs/boot/initrd"
	no_trap 'initrd'
	cp "$SHARED/rootfs/boot/initrd" "$B/rootfs/boot/initrd"
	truncate -s 1T "$B/rootfs/boot/kernel"
	no_trap 'kernel|monitor'
}

@test "a block image that is a trap" {
	local kind
	config '.root.readonly = false | .annotations = {"com.urunc.unikernel.block": "/disk.img", "com.urunc.unikernel.blkMntPoint": "/data"}'
	for kind in "${kinds[@]}"; do
		[ "$kind" != sparse ] || continue # what a good one may well be
		trap_of "$kind" "$B/rootfs/disk.img"
		no_trap '/disk.img' || {
			echo "kind $kind"
			return 1
		}
	done
}

@test "a container root that is a link, or has links where files belong" {
	mv "$B/rootfs" "$B/real"
	ln -s nowhere "$B/rootfs"
	no_trap 'root'
	ln -sfn rootfs "$B/rootfs"
	no_trap 'root'
	ln -sfn real "$B/rootfs"
	guest fake.wait
	running
	# What was resolved once is what is used.
	ln -sfn / "$B/rootfs"
	same "$(report '[.tree[] | select(.path == "/kernel") | .size]')" "[$(stat -c %s "$B/real/boot/kernel")]"
	ok delete --force "$ID"
}

# Names of the box that also exist where the links lead.
box_names_on_host() {
	local name
	jq -r '.box[].dst | split("/")[1:] | .[]' "$T/plan" | sort -u | while read -r name; do
		find "/$name" "/etc/$name" "/run/$name" -maxdepth 0 -printf '%p %y\n' 2>/dev/null || :
	done
}

@test "directories of the image that lead to the host's: nothing is made there" {
	local before
	rmdir "$B/rootfs/dev" "$B/rootfs/tmp"
	ln -s / "$B/rootfs/dev"
	ln -s ../../../../etc "$B/rootfs/usr"
	ln -s /run "$B/rootfs/tmp"
	guest fake.wait
	ok plan --bundle "$B" "$ID"
	cp "$T/out" "$T/plan"
	before=$(box_names_on_host)
	running
	same "$(box_names_on_host)" "$before"
	ok delete --force "$ID"
	same "$(box_names_on_host)" "$before"
}

@test "mounts of the bundle that name other places, or options nobody has: no mount is made anywhere" {
	local destination before
	before=$(sort /proc/self/mountinfo)
	for destination in /proc/../dev // '' .. /etc/../../etc '/a,b' $'/a\nb'; do
		cp "$SHARED/config.json" "$B/config.json"
		config '.root.path = "rootfs" | .mounts += [{destination: $d, type: "bind", source: "/etc",
			options: ["bind", "shared", "upperdir=/etc", "nosuchoption", "rw"]}]' --arg d "$destination"
		guest fake.wait
		rt create --bundle "$B" "$ID"
		[ "$status" -eq 0 ] || one_line "$err"
		same "$(sort /proc/self/mountinfo)" "$before"
		rt start "$ID"
		rt delete --force "$ID"
		same "$(sort /proc/self/mountinfo)" "$before"
	done
}

@test "a namespace by a path that is something else" {
	local path
	mkfifo "$T/fifo"
	ln -s loop "$T/loop"
	echo text >"$T/file"
	for path in /proc/1/ns/mnt /proc/self/ns/user /proc/self/fd/0 "$T/file" "$T/fifo" "$T/loop" "$T" /dev/null /nosuch; do
		cp "$SHARED/config.json" "$B/config.json"
		config '.linux.namespaces |= (map(select(.type != "network")) + [{type: "network", path: $p}])' --arg p "$path"
		no_trap 'namespace' || {
			echo "path $path"
			return 1
		}
	done
}

# with_bytes OFFSET BYTES...: the kernel's, in hexadecimal.
with_bytes() {
	local at=$1
	shift
	pvh_kernel "$B/rootfs/boot/kernel"
	printf "$(printf '\\x%s' "$@")" | dd of="$B/rootfs/boot/kernel" bs=1 seek="$at" conv=notrunc status=none
}

@test "a kernel whose headers lie: refused in one line, or the monitor's affair, and never a hang" {
	local lie began
	guest fake.wait
	for lie in '28 ff ff ff ff' '28 00 00 00 00' '42 00 00' '42 ff ff' '44 ff ff' '44 00 00' '56 ff ff ff ff' '68 ff ff ff ff' \
		'72 ff ff ff ff' '88 ff ff ff ff' '100 ff ff ff ff' '116 ff ff ff ff' '120 ff ff ff ff'; do
		# shellcheck disable=SC2086
		with_bytes $lie
		began=$(date +%s)
		rt create --bundle "$B" "$ID"
		[ "$status" -eq 0 ] || one_line "$err"
		ok delete --force "$ID"
		[ $(($(date +%s) - began)) -lt 20 ] || {
			echo "lie $lie"
			return 1
		}
		nothing_left
	done
}

# only_one_word PLAIN TEXT: such a word of the application changes nothing in the monitor's words (PLAIN: those with a
# harmless one) but the one that is the guest's own, or it is refused.
only_one_word() {
	local words begin='["/app",'
	words=$(jq -nc --arg word "$2" '[$word]')
	printf '%s\n' "${template/'["/app","plain"]'/"$begin${words:1}"}" >"$B/config.json"
	rt plan --bundle "$B" "$ID"
	if [ "$status" -ne 0 ]; then
		one_line "$err" && echo "$err"
		return
	fi
	accepted=$((accepted + 1))
	jq -e --argjson plain "$1" '.argv as $a | ($plain | map(select(. as $w | $a | index($w) | not)) | length) <= 1
		and ($a | length) == ($plain | length)' <<<"$out" >/dev/null || {
		jq -c .argv <<<"$out"
		return 1
	}
}

@test "arguments that look like options stay the guest's" {
	local guest plain text template accepted=0
	for guest in linux unikraft hermit; do
		cp "$SHARED/config.json" "$B/config.json"
		config '.root.path = "rootfs" | .process.args = ["/app", "plain"]'
		another_guest $guest
		template=$(<"$B/config.json")
		ok plan --bundle "$B" "$ID"
		plain=$(jq -c .argv <<<"$out")
		for text in '-monitor tcp::4444' -monitor 'x,readonly=off -drive file=/dev/sda' -- $'a\n-drive file=/dev/sda' \
			'ends in \' '"; [ ] -- '\'; do
			only_one_word "$plain" "$text" || {
				echo "guest $guest, word $text"
				return 1
			}
		done
	done
	echo "accepted: $accepted"
	[ $accepted -ge 10 ]
}
