# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the e2e tests: real guests on real QEMU, by hand and through engines with roots of their own.
#
# A test has a directory $T, a state root $ROOT, a container name $ID and a bundle $B, as in tests/cli, whose helpers
# are used here; a file of engine tests has a directory $E for its daemon.
. "$BATS_TEST_DIRNAME/../cli/helpers.bash"

LINUX_IMAGE=localhost/urunc-test-linux:latest
BUSYBOX_IMAGE=localhost/urunc-test-busybox:latest
BOOT_SECONDS=90 # a limit, not an expectation: a guest takes one to three

# --- guests ---

# linux_rootfs DIR: an image that boots Debian's kernel with a busybox and our test programs in its RAM disk.
linux_rootfs() {
	local dir=$1
	mkdir -p "$dir/boot"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$dir/boot/vmlinuz"
	"$top/tests/guest/make-initrd" "$dir/boot/initrd" --kernel "$SHARED/kernel" --modules "virtio_mmio,virtio_pci,virtio_console,virtio_net" \
		"$BUILD/guest/envdump=/bin/envdump" "$BUILD/guest/sigecho=/bin/sigecho" "$BUILD/guest/blast=/bin/blast" || return 1
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz initrd=/boot/initrd >"$dir/urunc.json"
}

# system_tree DIR APPLET...: a small system in a directory, with a kernel and those of its modules that a root may need.
system_tree() {
	local dir=$1 modules applet
	shift
	modules=$dir/usr/lib/modules/$(<"$SHARED/kernel/version")
	mkdir -p "$dir"/{bin,boot,data,dev,etc,proc,sys,tmp} "$modules"
	ln -s usr/lib "$dir/lib"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$dir/boot/vmlinuz"
	(cd "$SHARED/kernel/modules/" && { find . -name 'modules.*'; find . -name '*.ko' |
		grep -E '/(virtio|erofs|overlay|ext4|jbd2|mbcache|crc|libcrc|failover|net_failover|9p|fuse|netfs|fscache)'; } |
		cpio --quiet -pdm "$modules") || return 1
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for applet; do ln -s busybox "$dir/bin/$applet"; done
}

# children PID NAME: of a container's process, as the host knows them: those with this name, or with !NAME the others.
children() {
	local pid name
	for pid in $(<"/proc/$1/task/$1/children"); do
		name=$(<"/proc/$pid/comm")
		if [ "${2#!}" = "$2" ]; then [ "$name" != "$2" ] || echo "$pid"; else [ "$name" = "${2#!}" ] || echo "$pid"; fi
	done
}

# configmap DIR: as kubelet lays one out; configmap_next DIR COLOUR: every change is a new directory and one rename.
configmap() {
	mkdir -p "$1/..2026_01_01/deep"
	echo 'red' >"$1/..2026_01_01/colour"
	echo 'down there' >"$1/..2026_01_01/deep/file"
	chmod 0751 "$1/..2026_01_01"
	ln -s ..2026_01_01 "$1/..data"
	ln -s ..data/colour "$1/colour"
	ln -s ..data/deep "$1/deep"
}
configmap_next() {
	cp -a "$1/..2026_01_01" "$1/..next"
	echo "$2" >"$1/..next/colour"
	ln -s ..next "$1/..data_tmp"
	mv -T "$1/..data_tmp" "$1/..data"
	rm -r "$1/..2026_01_01"
}

# mount_add DESTINATION TYPE SOURCE OPTION...
mount_add() {
	config '.mounts += [{destination: $ARGS.positional[0], type: $ARGS.positional[1], source: $ARGS.positional[2], options: $ARGS.positional[3:]}]' \
		--args -- "$@"
}

# probe_rootfs DIR: the smallest guest there is; it prints what it was given and resets the machine, or waits.
probe_rootfs() {
	mkdir -p "$1/boot"
	cp "$BUILD/payload/probe.elf" "$1/boot/kernel"
	(cd "$1" && : | cpio --quiet -o -H newc) >"$1/boot/initrd"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel initrd=/boot/initrd >"$1/urunc.json"
}

# busybox_rootfs DIR: an ordinary image, for the delegate.
busybox_rootfs() {
	local applet
	mkdir -p "$1"/{bin,dev,proc,sys,tmp,etc}
	cp "$(command -v busybox)" "$1/bin/busybox"
	for applet in sh sleep cat true false echo id ls kill; do ln -s busybox "$1/bin/$applet"; done
	printf 'root:x:0:0:root:/:/bin/sh\n' >"$1/etc/passwd"
}

# As engines write it by default, with a seccomp profile: what is tried here is tried behind our filter.
template() {
	local dir
	dir=$(mktemp -d)
	"$URUNC" spec --bundle "$dir" || return 1
	jq --arg root "$SHARED/linux" 'del(.annotations) | .process.terminal = false | .root.path = $root | .hostname = "guest"
		| .process.args = ["/urunit", "/bin/true"] | .process.env = ["PATH=/sbin:/bin:/usr/sbin:/usr/bin"]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}' "$dir/config.json"
	rm -r "$dir"
}

setup() {
	T=$BATS_TEST_TMPDIR/t
	ROOT=$T/root
	B=$T/bundle
	ID=ue$$x$BATS_SUITE_TEST_NUMBER
	RT=$URUNC
	mkdir -p "$ROOT" "$B"
	chmod 0711 "$BATS_TEST_TMPDIR" "$T"
	mkfifo "$T/never"
	background=()
	: >"$T/console"
	cp "$SHARED/config.json" "$B/config.json"
	unset XDG_RUNTIME_DIR URUNC_CONFIG_FILE
	if declare -F prepare >/dev/null; then prepare; fi
}

# A helper of tests/cli, there with the fake monitor, here with the real one.
toml() {
	printf '[runtime]\n' >"$T/urunc.toml"
	printf '%s\n' "$@" >>"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
}

# app WORD...: the application and its arguments, under our urunit.
app() {
	config '.process.args = ["/urunit"] + $ARGS.positional' --args -- "$@"
}

# boot [OPTION...]: `urunc run` to the end; sets status, out (the guest's console) and err.
boot() {
	status=0
	timeout -k 2 "$BOOT_SECONDS" "$URUNC" --root "$ROOT" run --bundle "$B" "$@" "$ID" \
		>"$T/console" 2>"$T/err" </dev/null 3>&- 4>&- || status=$?
	out=$(<"$T/console")
	err=$(<"$T/err")
}

# boots_with STATUS: the same, and the status must be this one.
boots_with() {
	boot
	[ "$status" -eq "$1" ] || {
		printf 'exit %s instead of %s\nconsole:\n%s\nstderr:\n%s\n' "$status" "$1" "$out" "$err"
		return 1
	}
}

# boot_aside: `urunc run` in the background; $run_pid, its output in $T/console.
boot_aside() {
	timeout -k 2 "$BOOT_SECONDS" "$URUNC" --root "$ROOT" run --bundle "$B" "$ID" \
		>"$T/console" 2>"$T/err" </dev/null 3>&- 4>&- &
	run_pid=$!
	background+=("$run_pid")
}

# ends_with STATUS: what was started aside ends, with this status.
ends_with() {
	local rc=0
	wait "$run_pid" || rc=$?
	[ "$rc" -eq "$1" ] || {
		printf 'exit %s instead of %s\nconsole:\n%s\nstderr:\n%s\n' "$rc" "$1" "$(<"$T/console")" "$(<"$T/err")"
		return 1
	}
}

says() {
	within $((BOOT_SECONDS * 1000)) in_console "$1" || {
		printf 'console:\n%s\nstderr:\n%s\n' "$(<"$T/console")" "$(<"$T/err")"
		return 1
	}
}

# dump FILTER: asks what envdump has printed about itself.
dump() {
	tr -d '\r' <"$T/console" | grep '^{"uid"' | head -n 1 | jq -c "$@"
}

# --- engines ---

# start_daemon NAME COMMAND...: in the background, its log in $E/NAME.log, its pid in $E/NAME.pid.
start_daemon() {
	local name=$1
	shift
	"$@" </dev/null >"$E/$name.log" 2>&1 3>&- 4>&- &
	echo $! >"$E/$name.pid"
}

# stop_daemon NAME: asks it to end and waits for it.
stop_daemon() {
	local pid
	[ -e "$E/$1.pid" ] || return 0
	pid=$(<"$E/$1.pid")
	kill "$pid" 2>/dev/null
	within 15000 gone "$pid" || kill -KILL "$pid"
}

engine_dir() {
	E=$BATS_FILE_TMPDIR/e
	T=$E # for within()
	mkdir -p "$E"
	chmod 0711 "$BATS_FILE_TMPDIR" "$E"
	[ -p "$E/never" ] || mkfifo "$E/never"
	export E
	unset XDG_RUNTIME_DIR URUNC_CONFIG_FILE DOCKER_HOST
}

# private_containerd: with a root, state and socket of its own; both images imported.
private_containerd() {
	cat >"$E/containerd.toml" <<END
version = 2
root = "$E/croot"
state = "$E/cstate"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$E/c.sock"
[ttrpc]
  address = "$E/c.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "$E/opt"
END
	start_daemon containerd containerd -c "$E/containerd.toml"
	export CONTAINERD_ADDRESS=$E/c.sock
	within 20000 ctr_answers || {
		tail -n 5 "$E/containerd.log"
		return 1
	}
}

ctr_answers() {
	ctr version >/dev/null 2>&1
}

# Processes, mounts and cgroups that mention the engine's directory or the names our tests give.
engine_left() {
	local found
	found=$(
		{ grep -lF "$E" /proc/[0-9]*/cmdline 2>/dev/null; } | cut -d/ -f3 | sort -u | while read -r p; do
			[ "$p" = $$ ] || [ "$p" = "$BASHPID" ] || gone "$p" || printf 'process %s %s\n' "$p" "$(tr '\0' ' ' <"/proc/$p/cmdline")"
		done
		grep -F "$E" /proc/self/mountinfo | sed 's/^/mount /'
		our_cgroups "ue$$" | sed 's/^/cgroup /'
	)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		return 1
	}
}
