# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Shared by the engine tests. They run in a world of their own (see `world`), once for each release of Debian: $RELEASE.
# What both need is in $SHARED; an engine's files are in $E, below /run, which is empty at first.
. "$BATS_TEST_DIRNAME/../e2e/helpers.bash"
. "$BATS_TEST_DIRNAME/../e2e/solo5.bash"

SHIM=${SHIM:-io.containerd.urunc.v2}
FAKE_IMAGE=localhost/urunc-test-fake:latest
PAUSE_IMAGE=localhost/urunc-test-pause:1
SOLO5_IMAGE=localhost/urunc-test-solo5:latest
BOOT_SECONDS=120 # a limit, not an expectation

# Made once, by `run`: Debian's kernel, images, the messages of the CRI.
make_shared() {
	"$top/tests/guest/fetch-kernel" "$SHARED/kernel" &&
		linux_rootfs "$SHARED/linux" &&
		"$top/script/oci-image" "$SHARED/linux" "$LINUX_IMAGE" "$SHARED/linux.tar" -e IMAGE=linux /urunit /bin/echo 'from the image' &&
		busybox_rootfs "$SHARED/busybox" &&
		"$top/script/oci-image" "$SHARED/busybox" "$BUSYBOX_IMAGE" "$SHARED/busybox.tar" -e PATH=/bin /bin/sh &&
		make_rootfs "$SHARED/fake" &&
		"$top/script/oci-image" "$SHARED/fake" "$FAKE_IMAGE" "$SHARED/fake.tar" /init fake.quiet &&
		mkdir -p "$SHARED/pause" &&
		musl-gcc -Os -static -s -o "$SHARED/pause/pause" "$top/tests/engines/pause.c" &&
		"$top/script/oci-image" "$SHARED/pause" "$PAUSE_IMAGE" "$SHARED/pause.tar" /pause &&
		protoc -I "$top/tests/engines" --python_out="$SHARED" cri.proto &&
		"$BUILD/guest/blast" 10000000 >"$SHARED/blast" &&
		{ [ -z "$real" ] || make_solo5; } &&
		rm -r "$SHARED/linux" "$SHARED/fake" "$SHARED/busybox" "$SHARED/pause"
}

# Solo5's own guest that answers ping, and its tender.
make_solo5() {
	mkdir -p "$SHARED/solo5" &&
		test_net_for spt "$SHARED/test_net" "$SHARED/solo5/unikernel" &&
		urunc_json unikernelType=mirage hypervisor=spt binary=/unikernel >"$SHARED/solo5/urunc.json" &&
		"$top/script/oci-image" "$SHARED/solo5" "$SOLO5_IMAGE" "$SHARED/solo5.tar" unikernel &&
		cp "$real/tenders/spt/solo5-spt" "$SHARED/solo5-spt" &&
		rm -r "$SHARED/solo5" "$SHARED/test_net"
}

setup() {
	T=$BATS_TEST_TMPDIR/t
	ID=ue${RELEASE}x$BATS_SUITE_TEST_NUMBER
	mkdir -p "$T"
	mkfifo "$T/never"
	background=()
	: >"$T/console"
	: >"$T/err"
	PATH=$BUILD/bin:$PATH
	if declare -F prepare >/dev/null; then prepare; fi
}

# --- daemons ---

# engine_start: $E, and the state of the world to compare with at the end.
engine_start() {
	E=/run/e/${BATS_TEST_FILENAME##*/}
	T=$E # for within()
	mkdir -p "$E"
	mkfifo "$E/never"
	PATH=$BUILD/bin:$PATH
	export E PATH
	unset XDG_RUNTIME_DIR DOCKER_HOST CONTAINERD_ADDRESS CONTAINERD_NAMESPACE
	export URUNC_CONFIG_FILE=$E/urunc.toml
	real_monitor
	world_now >"$E/before"
}

# daemon NAME COMMAND...: in the background, its log in $LOGS, its pid in $E/NAME.pid.
daemon() {
	local name=$1
	shift
	"$@" </dev/null >>"$LOGS/${BATS_TEST_FILENAME##*/}.$name" 2>&1 3>&- 4>&- &
	echo $! >"$E/$name.pid"
	disown
}

# daemon_ends NAME [SIGNAL]
daemon_ends() {
	local pid
	[ -e "$E/$1.pid" ] || return 0
	pid=$(<"$E/$1.pid")
	rm "$E/$1.pid"
	kill "-${2:-TERM}" "$pid" 2>/dev/null || return 0
	within 20000 gone "$pid" || kill -KILL "$pid"
}

log_of() { # NAME: its last words, as they explain a failure
	tail -n 15 "$LOGS/${BATS_TEST_FILENAME##*/}.$1" | sed "s/^/$1: /"
}

# containerd_starts: with a root, state and socket of its own, below $E/c; further settings in $E/cri.toml, or no CRI.
containerd_starts() {
	local toml=$E/containerd.toml
	[ -e "$toml" ] || {
		mkdir -p "$E/c"
		printf 'version = 2\nroot = "%s"\nstate = "%s"\n' "$E/c/root" "$E/c/state"
		[ -e "$E/cri.toml" ] || echo 'disabled_plugins = ["io.containerd.grpc.v1.cri"]'
		printf '[grpc]\n  address = "%s"\n[ttrpc]\n  address = "%s"\n' "$E/c/sock" "$E/c/sock.ttrpc"
		printf '[plugins."io.containerd.internal.v1.opt"]\n  path = "%s"\n' "$E/c/opt"
		[ ! -e "$E/cri.toml" ] || cat "$E/cri.toml"
	} >"$toml"
	export CONTAINERD_ADDRESS=$E/c/sock
	daemon containerd containerd -c "$toml"
	within 20000 ctr_answers || {
		log_of containerd
		return 1
	}
}

# ctr leaves the container's stdin open and passes TERM on, hence </dev/null and -k.
C() {
	timeout -k 2 60 ctr "$@" </dev/null 3>&- 4>&-
}

images() { # NAMESPACE NAME...
	local ns=$1 name
	shift
	for name; do
		C -n "$ns" images import "$SHARED/$name.tar" >"$E/import" 2>&1 || {
			cat "$E/import"
			return 1
		}
	done
}

# containers: of all namespaces, "NAMESPACE ID".
containers() {
	local ns
	for ns in $(C namespaces ls -q); do
		C -n "$ns" containers ls -q | sed "s/^/$ns /"
	done
}

# no_containers: whatever a test has left is ended and removed.
no_containers() {
	local ns id
	while read -r ns id; do
		C -n "$ns" task kill -s KILL "$id" >/dev/null 2>&1
		C -n "$ns" task rm "$id" >/dev/null 2>&1
		C -n "$ns" containers rm "$id" >/dev/null 2>&1
	done < <(containers)
	[ -z "$(containers)" ]
}

# shims [ID]: processes, "PID WORDS".
shims() {
	pgrep -af "containerd-shim.* -id ${1-}"
}
no_shims() {
	! shims
}

task_is() { # STATUS [ID] [NAMESPACE]
	C -n "${3:-default}" task ls | grep -qE "^${2:-$ID} +[0-9]+ +$1"
}

# The monitor that tells what it was given and does what it is told, where a guest's boot would cost too much; and the real one.
fake_monitor() {
	printf '[monitors.qemu]\npath = "%s"\n[runtime]\naccelerator = "tcg"\nurunit_path = "%s"\n' \
		"$BUILD/payload/fake_monitor" "$BUILD/bin/urunit" >"$URUNC_CONFIG_FILE"
}
real_monitor() {
	printf '[runtime]\nurunit_path = "%s"\n' "$BUILD/bin/urunit" >"$URUNC_CONFIG_FILE"
}

# --- what is left behind ---

# Everything of the world that an engine could leave: processes, mounts, links, sockets, control groups, files in /run.
world_now() {
	local p
	for p in /proc/[0-9]*; do
		# Those that lost their parent; bats and its own are under process 1 by way of bats.
		[ "$(cut -d')' -f2- "$p/stat" 2>/dev/null | cut -d' ' -f3)" = 1 ] || continue
		tr '\0' ' ' <"$p/cmdline" 2>/dev/null | grep -v '/bats ' | sed "s/^/process ${p#/proc/} /"
	done
	cut -d' ' -f5 /proc/self/mountinfo | sed 's/^/mount /'
	ip -o link | cut -d: -f2 | sed 's/^/link/'
	awk 'NF > 7 {print "socket", $8}' /proc/net/unix
	find /sys/fs/cgroup -depth -type d -name "*ue${RELEASE}x*" -printf 'cgroup %p\n' 2>/dev/null || : # others come and go
	find /run -mindepth 1 -maxdepth 3 ! -path '/run/e*' ! -path '/run/bats*' ! -path '/run/urunc-cache*' -printf 'file %p\n' 2>/dev/null || :
}

# nothing_is_left: after the daemons have ended. What engines themselves keep is named here.
nothing_is_left() {
	within 5000 world_is_clean || {
		cat "$E/left"
		return 1
	}
}
world_is_clean() {
	world_now | sort | comm -13 <(sort "$E/before") - |
		grep -vE '^file /run/(containerd(/(s|fifo|runc|runc/[^/]*|io\.containerd[^ ]*))?|urunc|runc|crun|docker.*|libpod.*|xtables.lock|urunc-net.lock|lock/netavark.lock|netns|netavark.*|containers.*|podman.*)$' |
		grep -vE "${LEFT_BY_ENGINE:-^\$}" >"$E/left"
	[ ! -s "$E/left" ]
}
