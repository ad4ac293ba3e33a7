#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Block devices of the host that become a guest's disks: off the host while it runs, back afterwards, never in two hands.
load helpers

setup() {
	common_setup
	only_urunc
	loops=()
	# As systemd has it, what is mounted here is mounted, and unmounted, in every namespace: containers of other tests, which
	# wait with a copy of our mounts, do not keep the devices in use.
	mkdir -p "$T/host"
	mount --bind "$T/host" "$T/host"
	mount --make-shared "$T/host"
	config '.root.readonly = false'
}

teardown() {
	local id pid loop rc=0
	for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
	for id in "$ROOT"/*; do
		[ ! -e "$id" ] || "$URUNC" --root "$ROOT" delete --force -- "${id##*/}" || rc=1
	done
	umount -R "$T/host" || umount -Rl "$T/host"
	for loop in "${loops[@]}"; do losetup -d "$loop"; done
	nothing_left || rc=1
	return $rc
}

# disk NAME TYPE SOURCE [MOUNT OPTION]: a file system with SOURCE's files on a loop device, mounted on $T/host/NAME; sets loop.
disk() {
	truncate -s 8M "$T/$1.img"
	mke2fs -q -F -t "$2" -d "$3" "$T/$1.img"
	loop=$(losetup -f --show "$T/$1.img")
	loops+=("$loop")
	mkdir -p "$T/host/$1"
	mount -t "$2" -o "${4:-rw}" "$loop" "$T/host/$1"
}

# snapshot [MOUNT OPTION]: the container root, on a device of its own.
snapshot() {
	mkdir -p "$T/files"
	cp -a "$SHARED"/rootfs/{boot,dev,proc,sys,tmp,etc} "$T/files/"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel mountRootfs=true >"$T/files/urunc.json"
	disk snap "${TYPE:-ext4}" "$T/files" "${1:-rw}"
	config '.root.path = $p' --arg p "$T/host/snap"
}

# volume NAME DESTINATION [OPTION]: such a file system as a mount of the spec.
volume() {
	mkdir -p "$T/data"
	echo data >"$T/data/file"
	disk "$1" ext4 "$T/data" "${4:-rw}"
	config '.mounts += [{destination: $d, type: "bind", source: $s, options: ["rbind", $o]}]' \
		--arg d "$2" --arg s "$T/host/$1" --arg o "${3:-rw}"
}

# sources NAME: of all that is mounted there, the topmost last.
sources() { awk -v t="$T/host/$1" '$5 == t {for (i = 6; $i != "-"; i++); print $(i + 2)}' /proc/self/mountinfo; }
# The guest has it: nobody can write to what is below.
unmounted() {
	same "$(sources "$1")" urunc-taken
	run ! touch "$T/host/$1/file"
	matches "$output" 'Read-only file system'
}
mounted() {
	same "$(sources "$1")" "$loop"
}
not_mounted() { same "$(sources "$1")" ''; }
line_of() { awk -v t="$T/host/$1" '$5 == t {$1 = $2 = $3 = ""; sub(/(shared|master):[0-9]+ /, ""); print}' /proc/self/mountinfo; }

@test "a snapshot is mounted until start, the guest's while it runs, mounted as it was after delete; and again" {
	local before
	TYPE=ext4 snapshot noatime,nosuid
	before=$(line_of snap)
	guest fake.wait
	for _ in 1 2; do
		create
		mounted snap
		ok start "$ID"
		console_has WAITING
		unmounted snap
		ok state "$ID"
		ok ps "$ID"
		holds '[.tree[] | select(.path == "/dev/disk0") | .type] == ["block"]'
		holds '.argv | any(.[]; contains("filename=/dev/disk0"))'
		ok kill "$ID" KILL
		stopped
		ok delete "$ID"
		same "$(line_of snap)" "$before"
	done
	cmp "$T/host/snap/boot/kernel" "$SHARED/rootfs/boot/kernel"
	[ -e "$T/host/snap/urunc.json" ]
	umount "$T/host/snap"
	e2fsck -fn "$loop"
}

@test "a mount namespace in which mounts are private changes nothing for the container itself" {
	snapshot
	mount --make-rprivate "$T/host"
	guest fake.wait
	running
	unmounted snap
	ok delete --force "$ID"
	mounted snap
}

@test "startContainer hooks see an unmounted root; the device is taken after them" {
	snapshot
	umount "$T/host/snap"
	mount "$loop" "$T/host/snap"
	cp "$helper" "$T/host/snap/hook"
	config '.hooks = {startContainer: [{path: "/bin/busybox", args: ["busybox", "touch", "/tmp/hook-was-here"]}]}'
	mkdir "$T/host/snap/bin"
	cp "$(command -v busybox)" "$T/host/snap/bin/busybox" || skip 'no room for busybox'
	guest fake.wait
	running
	ok delete --force "$ID"
	[ -e "$T/host/snap/tmp/hook-was-here" ]
}

@test "a device in use is refused at start, in words, and stays mounted" {
	local pid
	snapshot
	guest fake.wait
	create
	(cd "$T/host/snap" && exec sleep 1000) 3>&- 4>&- &
	pid=$!
	background+=("$pid")
	inside() { [ "$(readlink "/proc/$pid/cwd")" = "$T/host/snap" ]; }
	within 2000 inside
	refused "block device '$loop' .*mount on '$T/host/snap' is in use" start "$ID"
	mounted snap
	kill "$pid"
	within 2000 gone "$pid"
	ok start "$ID"
	unmounted snap
}

@test "a device that another mount namespace still has is refused by its exclusive open, and comes back" {
	snapshot
	mount --make-rprivate "$T/host"
	unshare --mount --propagation private sleep 1000 3>&- 4>&- &
	background+=($!)
	elsewhere() { grep -qs "$T/host/snap" "/proc/$!/mountinfo" && [[ "$(readlink "/proc/$!/exe")" == *sleep* ]]; }
	within 2000 elsewhere
	guest fake.wait
	create
	refused "block device '$loop' cannot be given to the guest: somebody still has it" start "$ID"
	mounted snap
	ok delete --force "$ID"
	mounted snap
}

@test "two containers and one device: the second is refused, the first goes on, and nobody else gets the device" {
	snapshot
	guest fake.wait
	create
	refused "block device '$loop' cannot be given to the guest: another container has it, or is to have it" \
		create --bundle "$B" "$ID-2"
	ok start "$ID"
	console_has WAITING
	refused "container root '$T/host/snap' cannot be used: its block device is given to the guest of another container" \
		create --bundle "$B" "$ID-2"
	run ! mount "$loop" "$T/host/snap"
	status_is "$ID" running
	ok delete --force "$ID"
	mounted snap
}

@test "a loop device that vanishes with its mount is kept for the guest, and vanishes afterwards" {
	snapshot
	umount "$T/host/snap"
	losetup -d "$loop"
	loops=()
	mount -o loop "$T/snap.img" "$T/host/snap"
	loop=$(awk -v t="$T/host/snap" '$2 == t {print $1}' /proc/mounts)
	guest fake.wait
	running
	unmounted snap
	losetup "$loop"
	ok delete --force "$ID"
	mounted snap
	umount "$T/host/snap"
	run ! losetup "$loop"
}

@test "kill -9 of the supervisor, the monitor or the guest's process: delete --force mounts the snapshot again" {
	snapshot
	guest fake.wait
	running
	kill -KILL "$(init_pid "$ID")"
	stopped
	ok delete --force "$ID"
	mounted snap
	running
	local monitor
	monitor=$(pgrep -P "$(init_pid "$ID")")
	kill -KILL "$monitor"
	stopped
	unmounted snap
	ok delete "$ID"
	mounted snap
}

@test "a volume that is a file system of its own is a disk, and mounted again for kubelet with its own mounts" {
	own_rootfs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel >"$B/rootfs/urunc.json"
	mkdir -p "$T/host/plugins/kubernetes.io/pv"
	volume pod /data ro noatime
	local before
	mount --bind "$T/host/pod" "$T/host/plugins/kubernetes.io/pv"
	before=$(line_of pod)$(line_of plugins/kubernetes.io/pv)
	guest_urunit fake.wait
	ok plan --bundle "$B" "$ID"
	jq -e '.vm.disks | length == 1 and (.[0] | .path == "/dev/vol'"$(jq '.mounts | length - 1' "$B/config.json")"'"
		and .mount_point == "/data" and .fstype == "ext4" and .readonly)' <<<"$out"
	running
	unmounted pod
	unmounted plugins/kubernetes.io/pv
	ok delete --force "$ID"
	same "$(line_of pod)$(line_of plugins/kubernetes.io/pv)" "$before"
}

@test "what a guest has as a volume no other container gets, nor the directory below it" {
	own_rootfs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel >"$B/rootfs/urunc.json"
	volume pod /data
	guest_urunit fake.wait
	running
	unmounted pod
	refused "source '$T/host/pod' cannot be used: its block device is given to the guest of another container" \
		create --bundle "$B" "$ID-2"
	config '.mounts[-1].source += "/sub"'
	refused "source '$T/host/pod/sub' cannot be used: its block device" create --bundle "$B" "$ID-2"
	ln -s pod "$T/host/link"
	config '.mounts[-1].source = $s' --arg s "$T/host/link"
	refused "source '$T/host/link' cannot be used: its block device .* umount '$T/host/pod'" create --bundle "$B" "$ID-2"
	ok delete --force "$ID"
	mounted pod
	umount "$T/host/pod"
	not_mounted pod
}

@test "a device that is not mounted any more at start is refused, and delete mounts nothing" {
	snapshot
	guest fake.wait
	create
	umount "$T/host/snap"
	refused "block device '$loop' is not mounted on '$T/host/snap' any more" start "$ID"
	not_mounted snap
	ok delete --force "$ID"
	not_mounted snap
}

@test "a device that was refused at start and is unmounted later is not mounted by delete" {
	local pid
	snapshot
	guest fake.wait
	create
	(cd "$T/host/snap" && exec sleep 1000) 3>&- 4>&- &
	pid=$!
	background+=("$pid")
	inside() { [ "$(readlink "/proc/$pid/cwd")" = "$T/host/snap" ]; }
	within 2000 inside
	refused 'is in use' start "$ID"
	kill "$pid"
	within 2000 gone "$pid"
	umount "$T/host/snap"
	ok delete --force "$ID"
	not_mounted snap
}

@test "a start that is killed before it hands over can be repeated" {
	snapshot
	guest fake.wait
	create
	timeout 10 strace -qq -o "$T/trace" -e trace=umount2 -e inject=umount2:signal=KILL:when=1 \
		"$URUNC" --root "$ROOT" start "$ID" >"$T/out" 2>&1 || status=$?
	same "$status" 137
	mounted snap
	umount "$T/host/snap" # as if it had been killed a moment later
	ok start "$ID"
	unmounted snap
	console_has WAITING
	ok delete --force "$ID"
	mounted snap
}

@test "a device without a file system afterwards: delete warns, and the guard stays" {
	snapshot
	guest fake.wait
	running
	dd if=/dev/zero of="$T/snap.img" bs=1M count=8 conv=notrunc status=none
	blockdev --flushbufs "$loop"
	ok delete --force "$ID"
	matches "$err" "'$loop' is not mounted on '$T/host/snap' again: .*; so that nobody writes .* 'urunc-taken' stays there"
	unmounted snap
	umount "$T/host/snap"
	not_mounted snap
}

@test "what somebody has mounted over the guard keeps delete from giving back, until it is unmounted" {
	snapshot
	guest fake.wait
	running
	mount -t tmpfs other "$T/host/snap"
	refused "'$loop' cannot be mounted on '$T/host/snap' again: something was mounted over 'urunc-taken' .* delete the container again" \
		delete --force "$ID"
	same "$(sources snap)" $'urunc-taken\nother'
	umount "$T/host/snap"
	ok delete --force "$ID"
	mounted snap
}

@test "a device that somebody has mounted over the guard again stays, and the guard below it is told of" {
	snapshot
	guest fake.wait
	running
	kill -KILL "$(init_pid "$ID")"
	stopped
	free() { mount "$loop" "$T/host/snap" 2>/dev/null; }
	within 2000 free
	ok delete "$ID"
	matches "$err" "'urunc-taken' stays on '$T/host/snap', below '$loop', .*: unmount both"
	same "$(sources snap)" "urunc-taken"$'\n'"$loop"
	umount "$T/host/snap"
	umount "$T/host/snap"
	not_mounted snap
}

@test "a volume that somebody else has mounted is not taken away from them" {
	own_rootfs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel >"$B/rootfs/urunc.json"
	volume pod /data
	mkdir "$T/host/other"
	toml 'mounts = "warn"'
	mount --bind "$T/host/pod" "$T/host/other"
	guest_urunit fake.wait
	ok plan --bundle "$B" "$ID"
	jq -e '.vm.disks == [] and .claims == []' <<<"$out"
}

@test "a mount that fstab names stays the host's, as a volume and as a root" {
	own_rootfs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel >"$B/rootfs/urunc.json"
	volume 'a b' /data
	toml 'mounts = "warn"'
	guest_urunit fake.wait
	ok plan --bundle "$B" "$ID"
	jq -e '.claims | length == 1' <<<"$out"
	mkdir "$T/etc"
	printf '# of this test\nUUID=x %s ext4 defaults 0 2\n' "$T/host/a\\040b" >"$T/etc/fstab"
	cat >"$T/with-fstab" <<-'END'
		#!/bin/sh
		mount -t overlay -o "lowerdir=$T/etc:/etc" overlay /etc && exec "$@"
	END
	chmod 0755 "$T/with-fstab"
	export T
	out=$(unshare --mount "$T/with-fstab" "$URUNC" --root "$ROOT" plan --bundle "$B" "$ID")
	jq -e '.vm.disks == [] and .claims == []' <<<"$out"
	# The guest cannot do without what is there: it is no disk any more, and this monitor shares nothing.
	truncate -s 20M "$T/host/a b/large"
	toml 'mounts_by = "copy"'
	run unshare --mount "$T/with-fstab" "$URUNC" --root "$ROOT" create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	matches "$output" "mount '/data' .*cannot reach the guest.*: with it more than .* cannot be a disk \(it is the host's own \(/etc/fstab names it\)\)"
}

@test "a device that the container has at two places is shared at both" {
	own_rootfs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel >"$B/rootfs/urunc.json"
	volume pod /data
	toml 'mounts = "warn"'
	mkdir "$T/host/pod/sub"
	guest_urunit fake.wait
	ok plan --bundle "$B" "$ID"
	jq -e '.claims | length == 1' <<<"$out"
	config '.mounts += [.mounts[-1] | .destination = "/again"]'
	ok plan --bundle "$B" "$ID"
	jq -e '.vm.disks == [] and .claims == []' <<<"$out"
	config '.mounts[-1].source += "/sub"'
	ok plan --bundle "$B" "$ID"
	jq -e '.vm.disks == [] and .claims == []' <<<"$out"
	ln -s pod/sub "$T/host/link"
	config '.mounts[-1].source = $s' --arg s "$T/host/link"
	ok plan --bundle "$B" "$ID"
	jq -e '.vm.disks == [] and .claims == []' <<<"$out"
	ln -sfn pod "$T/host/link" # the only one
	config 'del(.mounts[-2])'
	ok plan --bundle "$B" "$ID"
	jq -e --arg t "$T/host/pod" '.claims | length == 1 and .[0].mounts[0].target == $t' <<<"$out"
}

@test "a volume's flags and recursive read-only are the guest's" {
	own_rootfs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel >"$B/rootfs/urunc.json"
	volume pod /data rro
	config '.mounts[-1].options += ["nosuid", "nodev", "noexec"]'
	guest_urunit fake.wait
	ok plan --bundle "$B" "$ID"
	jq -e '.vm.disks[0] | .readonly and .options == "nosuid,nodev,noexec"' <<<"$out"
}

# held DIR: a process of $T/bin has a mount there.
held() {
	local pid
	for pid in $(pgrep -f "^/bin/sh $T/bin/urunc-image"); do
		grep -q " $1 " "/proc/$pid/mountinfo" && return 0
	done
	return 1
}
building() { pgrep -f "^/bin/sh $T/bin/urunc-image"; }

@test "what is unmounted while an image is built is not held by the build" {
	own_rootfs
	mkdir -p "$T/bin" "$T"/host/{one,two,own,work,root}
	cp "$URUNC" "$T/bin/urunc"
	mkfifo "$T/go"
	printf '#!/bin/sh\nread -r _ <%s\nexit 1\n' "$T/go" >"$T/bin/urunc-image"
	chmod 0755 "$T/bin/urunc-image"
	cp -a "$B/rootfs/." "$T/host/one"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel mountRootfs=true >"$T/host/one/urunc.json"
	mount -t overlay overlay -o "lowerdir=$T/host/two:$T/host/one,upperdir=$T/host/own,workdir=$T/host/work" "$T/host/root"
	config '.root.path = $p' --arg p "$T/host/root"
	guest_urunit fake.wait
	disk pod ext4 "$T/host/two"
	"$T/bin/urunc" --root "$ROOT" create --bundle "$B" "$ID" >"$T/out" 2>"$T/err" 3>&- 4>&- &
	background+=($!)
	within 5000 building
	held "$T/host/pod"
	umount "$T/host/pod"
	run ! held "$T/host/pod"
	echo >"$T/go"
	wait $! || :
	matches "$(<"$T/err")" 'urunc-image|disk cannot be made'
}

@test "a device of the spec is a disk if its rule names it, and not in a privileged container" {
	own_rootfs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel >"$B/rootfs/urunc.json"
	truncate -s 8M "$T/raw.img"
	loop=$(losetup -f --show "$T/raw.img")
	loops+=("$loop")
	local minor=${loop#/dev/loop}
	config '.linux.devices = [{path: "/dev/data", type: "b", major: 7, minor: $m}] | .linux.resources.devices = [{allow: false, access: "rwm"},
		{allow: true, access: "rwm"}]' --argjson m "$minor"
	guest_urunit fake.wait
	ok plan --bundle "$B" "$ID"
	jq -e '.vm.disks == []' <<<"$out"
	config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "b", major: 7, minor: $m, access: "r"}]' \
		--argjson m "$minor"
	ok plan --bundle "$B" "$ID"
	jq -e '.vm.disks | length == 1 and .[0].path == "/dev/dev0" and .[0].readonly' <<<"$out"
	running
	holds '[.tree[] | select(.path == "/dev/dev0") | .type] == ["block"]'
}
