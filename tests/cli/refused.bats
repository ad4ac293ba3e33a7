#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What cannot work is refused by create: within a second, in one line that names the cause, leaving nothing.
load helpers

setup() {
	common_setup
	only_urunc
}

# no REGEX: create is refused like that, on standard error and in the engine's log.
no() {
	local before
	before=$(find "$B" -printf '%p %T@\n')
	rm -f "$T/log"
	refused "$1" --log "$T/log" --log-format json create --bundle "$B" --pid-file "$T/pid" "$ID" || return 1
	same "$status" 1 || return 1
	tail -n 1 "$T/log" | jq -e --arg re "$1" '.level == "error" and (.msg | test($re))' >/dev/null || {
		echo "log: $(tail -n 1 "$T/log")"
		return 1
	}
	[ ! -e "$T/pid" ] || return 1
	same "$(find "$B" -printf '%p %T@\n')" "$before" || return 1
	nothing_left
}

# metadata KEY=VALUE...: an urunc.json of this test's own.
metadata() {
	[ -d "$B/rootfs" ] || own_rootfs
	rm -rf "$B/rootfs/urunc.json"
	urunc_json "$@" >"$B/rootfs/urunc.json"
}
good=(unikernelType=linux hypervisor=qemu binary=/boot/kernel initrd=/boot/initrd)

@test "a kernel that is missing, a directory, a FIFO, a device, empty" {
	metadata "${good[@]}"
	rm "$B/rootfs/boot/kernel"
	no '/boot/kernel.*[Nn]o such file'
	mkdir "$B/rootfs/boot/kernel"
	no '/boot/kernel.*directory'
	rmdir "$B/rootfs/boot/kernel"
	mkfifo "$B/rootfs/boot/kernel"
	no '/boot/kernel'
	rm "$B/rootfs/boot/kernel"
	mknod "$B/rootfs/boot/kernel" c 1 5
	no '/boot/kernel'
	rm "$B/rootfs/boot/kernel"
	: >"$B/rootfs/boot/kernel"
	no '/boot/kernel'
}

@test "a kernel that is no kernel, or one for another machine" {
	metadata "${good[@]}"
	echo 'this is a text' >"$B/rootfs/boot/kernel"
	no 'kernel'
	cp "$(command -v busybox)" "$B/rootfs/boot/kernel"
	no 'kernel'
	head -c 40 "$SHARED/rootfs/boot/kernel" >"$B/rootfs/boot/kernel"
	no 'kernel'
}

@test "an initrd that is missing or a directory" {
	metadata "${good[@]}"
	rm "$B/rootfs/boot/initrd"
	no '/boot/initrd'
	mkdir "$B/rootfs/boot/initrd"
	no '/boot/initrd'
}

@test "an unknown monitor: the allowed names are listed" {
	local name
	for name in xen QEMU 'qemu ' ../../bin/sh ''; do
		metadata unikernelType=linux "hypervisor=$name" binary=/boot/kernel
		no 'hypervisor'
	done
	metadata unikernelType=linux hypervisor=xen binary=/boot/kernel
	no 'xen.*qemu'
}

@test "an unknown guest: the allowed names are listed" {
	metadata unikernelType=plan9 hypervisor=qemu binary=/boot/kernel
	no 'plan9.*linux'
}

@test "a monitor that this version has not, but knows, and a pair that cannot be" {
	metadata unikernelType=linux hypervisor=spt binary=/boot/kernel
	no "guest 'linux' does not run on monitor 'spt' .allowed: qemu"
	metadata unikernelType=mirage hypervisor=firecracker binary=/boot/kernel
	no "guest 'mirage' does not run on monitor 'firecracker' .allowed: .*spt"
	metadata unikernelType=linux hypervisor=hedge binary=/boot/kernel
	no "'hedge'"
}

@test "a mandatory key that is missing or empty is named" {
	metadata unikernelType=linux hypervisor=qemu
	no 'binary'
	metadata unikernelType=linux binary=/boot/kernel
	no 'hypervisor'
	metadata hypervisor=qemu binary=/boot/kernel
	no 'unikernelType'
	metadata unikernelType=linux hypervisor=qemu binary=
	no 'binary'
}

@test "no QEMU on PATH" {
	printf '[runtime]\naccelerator = "tcg"\n' >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	mkdir "$T/bin"
	local tool
	for tool in grep find sort jq tail rm sed cut tr cat timeout; do
		ln -s "$(command -v $tool)" "$T/bin/$tool"
	done
	PATH=$T/bin no 'qemu.*not found|not found.*qemu'
}

@test "a configured monitor that is missing, a directory, or no program" {
	local path
	mkdir "$T/dir"
	echo text >"$T/text"
	chmod 0755 "$T/text"
	for path in "$T/missing" "$T/dir" "$T/text"; do
		printf '[monitors.qemu]\npath = "%s"\n[runtime]\naccelerator = "tcg"\n' "$path" >"$T/urunc.toml"
		export URUNC_CONFIG_FILE=$T/urunc.toml
		no "${path##*/}"
	done
}

@test "config.json: missing, empty, broken, no object, too deep, too large, a directory, a FIFO, a link to itself" {
	local c=$B/config.json
	rm "$c"
	no 'config.json'
	: >"$c"
	no 'config.json'
	printf '{"ociVersion": "1.0.2", ' >"$c"
	no 'config.json'
	echo '[]' >"$c"
	no 'config.json|object'
	echo '{"a": 1, "a": 2}' >"$c"
	no 'config.json'
	printf '%0*d' 10000 0 | tr 0 '[' >"$c"
	no 'config.json'
	truncate -s 5M "$c"
	no 'config.json'
	rm "$c"
	mkdir "$c"
	no 'config.json'
	rmdir "$c"
	mkfifo "$c"
	no 'config.json'
	rm "$c"
	ln -s config.json "$c"
	no 'config.json'
	rm "$c"
	printf '{"ociVersion": "1.0.2", "hostname": "a\\u0000b"}' >"$c"
	no '.'
}

@test "config.json without linux, process, root" {
	local key
	for key in linux process root; do
		cp "$SHARED/config.json" "$B/config.json"
		config "del(.$key)"
		# Without a root there is no urunc.json: the annotations make it ours.
		config '.annotations = {"com.urunc.unikernel.unikernelType": "linux", "com.urunc.unikernel.hypervisor": "qemu",
			"com.urunc.unikernel.binary": "/boot/kernel"}'
		no "$key"
	done
}

@test "a bundle that is missing, a file, or not accessible" {
	refused "$T/nowhere" create --bundle "$T/nowhere" "$ID"
	refused 'config.json' create --bundle "$B/config.json" "$ID"
	refused "$T/dangling" create --bundle "$T/dangling/../dangling" "$ID"
}

@test "a container root that is missing or a file" {
	config '.root.path = "nosuch"'
	config '.annotations = {"com.urunc.unikernel.unikernelType": "linux", "com.urunc.unikernel.hypervisor": "qemu",
		"com.urunc.unikernel.binary": "/boot/kernel"}'
	no 'nosuch'
	echo >"$B/nosuch"
	no 'nosuch'
}

@test "urunc.json: a directory, a FIFO, a device, a socket, empty, huge, sparse, broken, no object" {
	own_rootfs
	local u=$B/rootfs/urunc.json
	rm "$u"
	mkdir "$u"
	no 'urunc.json.*directory'
	rmdir "$u"
	mkfifo "$u"
	no 'urunc.json'
	rm "$u"
	mknod "$u" c 1 5
	no 'urunc.json'
	rm "$u"
	: >"$u"
	no 'urunc.json'
	truncate -s 1T "$u"
	no 'urunc.json'
	rm "$u"
	head -c 70000 /dev/zero | tr '\0' ' ' >"$u"
	no 'urunc.json'
	echo '{' >"$u"
	no 'urunc.json'
	echo '"text"' >"$u"
	no 'urunc.json'
}

@test "urunc.json: links that lead nowhere inside the root" {
	own_rootfs
	local target
	for target in /etc/shadow /proc/self/mem ../../../../../../etc/shadow urunc.json; do
		ln -sf "$target" "$B/rootfs/urunc.json"
		rm -f "$B/rootfs/etc/shadow"
		rt create --bundle "$B" "$ID"
		[ "$status" -ne 0 ]
		nothing_left
		run grep root: "$T/err"
		same "$status" 1
	done
}

@test "urunc.json: values that are no text, no base64, doubled" {
	own_rootfs
	local u=$B/rootfs/urunc.json k=com.urunc.unikernel
	echo "{\"$k.unikernelType\": 1, \"$k.hypervisor\": \"cWVtdQ==\"}" >"$u"
	no 'unikernelType'
	echo "{\"$k.unikernelType\": [\"bGludXg=\"]}" >"$u"
	no 'unikernelType'
	echo "{\"$k.unikernelType\": \"bGludXg\"}" >"$u"
	no 'unikernelType'
	printf '{"%s.unikernelType": "bGlu\\ndXg="}' $k >"$u"
	no 'unikernelType'
	echo "{\"$k.unikernelType\": \"bGludXg=\", \"$k.unikernelType\": \"bGludXg=\"}" >"$u"
	no 'urunc.json'
	echo "{\"$k.unikernelType\": \"bAB4\"}" >"$u"
	no 'unikernelType'
	echo "{\"$k.unikernelType\": \"/w==\"}" >"$u"
	no 'unikernelType'
}

@test "paths in metadata: nothing but plain names inside the root" {
	local path
	for path in ../boot/kernel '-kernel' '/boot/../boot/kernel' '/boot//kernel' '/' '.' '/boot/k,readonly=off' \
		'/boot/kernel -drive file=/dev/sda' 'file:/boot/kernel' 'nbd:10.0.0.1:1' $'/boot/ker\nnel' '/dev/fd/3'; do
		metadata unikernelType=linux hypervisor=qemu "binary=$path" initrd=/boot/initrd
		no 'binary|kernel|/dev/fd/3'
		metadata unikernelType=linux hypervisor=qemu binary=/boot/kernel "initrd=$path"
		no 'initrd|/dev/fd/3'
	done
	metadata unikernelType=linux hypervisor=qemu "binary=/$(printf '%05000d' 0)"
	no 'binary'
}

@test "mountRootfs and its old name must be a boolean" {
	local value
	for value in yes 2 'TRUE '; do
		metadata "${good[@]}" "mountRootfs=$value"
		no 'mountRootfs'
	done
	metadata "${good[@]}" useDMBlock=maybe
	no 'useDMBlock'
}

@test "process: cwd below /proc, relative cwd, impossible users, bad environment" {
	config '.process.cwd = "/proc/self/fd/9"'
	no 'cwd'
	config '.process.cwd = "relative"'
	no 'cwd'
	config '.process.cwd = "/" | .process.user.uid = 4294967295'
	no 'uid'
	config '.process.user.uid = 0 | .process.user.additionalGids = [range(70000)]'
	no 'additionalGids'
	config '.process.user.additionalGids = [] | .process.env = ["=x"]'
	no 'env'
	config '.process.env = ["NOEQUALS"]'
	no 'env'
	config '.process.env = [range(1025) | "A\(.)=1"]'
	no 'env'
}

@test "a guest command line that is longer than the guest's limit" {
	config '.process.args = ["/init", ("x" * 5000)]'
	no '20[0-9][0-9]'
	config '.process.args = ["/init"] + [range(40) | "w\(.)"]'
	no '31|words|arguments'
	config '.process.args = ["/init", "two\nlines"]'
	no 'newline|control|line'
	config '.process.args = []'
	no 'args|init'
}

@test "user namespaces: one clear error until they are there" {
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}]'
	no 'user namespace'
}

@test "namespaces: an unknown type, the same one twice" {
	config '.linux.namespaces += [{type: "fancy"}]'
	no 'fancy'
	cp "$SHARED/config.json" "$B/config.json"
	config '.linux.namespaces += [{type: "pid"}]'
	no 'namespaces'
}

@test "a broken configuration file: file and line are named" {
	printf '[runtime]\nsupervise = maybe\n' >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	no 'urunc.toml: line 2'
	printf '[runtime]\nnosuch = 1\n' >"$T/urunc.toml"
	no 'nosuch'
	export URUNC_CONFIG_FILE=$T/missing.toml
	no 'missing.toml'
}

@test "KVM demanded where a monitor cannot have it, a machine that does not exist" {
	make_toml | sed 's/"tcg"/"warp"/' >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	no 'accelerator'
	make_toml 'machine = "pdp11"' >"$T/urunc.toml"
	no 'machine.*pdp11'
}

@test "a state directory that is full, read-only, a file, or below a file" {
	mkdir "$T/mount"
	mount -t tmpfs -o size=16k,nr_inodes=3 none "$T/mount"
	ROOT=$T/mount refused 'No space left' create --bundle "$B" "$ID"
	mount -o remount,ro "$T/mount"
	ROOT=$T/mount refused 'Read-only' create --bundle "$B" "$ID"
	same "$(find "$T/mount" -mindepth 1)" ""
	umount "$T/mount"
	echo >"$T/file"
	ROOT=$T/file refused "$T/file" create --bundle "$B" "$ID"
	ROOT=$T/file/below refused "$T/file" create --bundle "$B" "$ID"
}

@test "too few descriptors for what has to be done" {
	local limit
	for limit in 4 5 6 7 8 9; do
		status=0
		(ulimit -n $limit && exec "$RT" --root "$ROOT" create --bundle "$B" "$ID") >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- || status=$?
		[ $status -eq 0 ] || one_line "$(<"$T/err")"
		[ $status -eq 1 ] || status_is "$ID" created
		ok delete --force "$ID"
		nothing_left
	done
}

@test "start that fails in the box: the container's own words, and it is stopped" {
	own_rootfs
	guest fake.wait
	create
	rm "$B/rootfs/boot/kernel"
	refused 'kernel' start "$ID"
	stopped
	ok delete "$ID"
}

@test "start whose monitor cannot be executed says so and is no success" {
	cp "$FAKE" "$T/monitor"
	printf '[monitors.qemu]\npath = "%s"\n[runtime]\naccelerator = "tcg"\n' "$T/monitor" >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	guest fake.wait
	create
	# Not a program any more.
	echo 'rubbish' >"$T/monitor"
	refused 'cannot execute the monitor' start "$ID"
	stopped
	ok delete "$ID"
}
