#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd with our shim, by `ctr`: what people and test suites do with it.
load helpers

setup_file() {
	engine_start
	containerd_starts && images default linux busybox fake && images other fake
}

teardown_file() {
	T=$E
	daemon_ends containerd
}

teardown() {
	local pid
	for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
	[ -e "$E/containerd.pid" ] || return 0
	real_monitor
	within 20000 no_containers
	within 5000 no_shims
}

# ctr_run [OPTION...] IMAGE [WORD...]: container $ID, in namespace $NS; the id comes after the image.
ctr_run() {
	local options=()
	while [ "${1#-}" != "$1" ]; do
		options+=("$1")
		shift
	done
	local image=$1
	shift
	[ "$SHIM" != io.containerd.runc.v2 ] || options+=(--runc-binary "$URUNC")
	timeout -k 2 "$BOOT_SECONDS" ctr -n "${NS:-default}" run --runtime "$SHIM" "${options[@]}" "$image" "$ID" "$@" \
		</dev/null >"$T/console" 2>"$T/err" 3>&- 4>&-
}

# started [OPTION...] IMAGE [WORD...]: the same, detached, and it must work; its output goes to $T/log-$ID.
started() {
	ctr_run -d "--log-uri=file://$T/log-$ID" "$@" || {
		echo "ctr run -d: $(<"$T/err")"
		return 1
	}
}
logged() { # TEXT [ID]
	grep -qe "$1" "$T/log-${2:-$ID}"
}

# removed_with STATUS [ID]: a task that has ended, whose status this is; the container goes with it.
removed_with() {
	local rc=0
	within 20000 task_is STOPPED "${2-}" || {
		C task ls
		cat "$T/log-${2:-$ID}"
		ps ax -o pid,ppid,stat,args | grep -F -e "${2:-$ID}" -e qemu | cut -c1-150
		log_of containerd
		return 1
	}
	C task rm "${2:-$ID}" >"$T/rm" 2>&1 || rc=$?
	[ "$rc" -eq "$1" ] || grep -q "exit code $1\b\|status $1\b\|: $1\$" "$T/rm" || {
		echo "status is not $1: exit $rc, $(<"$T/rm")"
		return 1
	}
	C containers rm "${2:-$ID}"
}

@test "ctr run --rm: a guest's output and its exit status 7" {
	local rc=0
	ctr_run --rm "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "guest $(uname -r)"; exit 7' || rc=$?
	in_console "guest $(<"$SHARED/kernel/version")"
	same "$rc" 7
	same "$(<"$T/err")" ''
}

# A serial line of an emulated machine takes minutes for as much.
@test "ctr run --rm: 10 MB of output arrive as they were written, those of a guest and of an ordinary container" {
	fake_monitor
	ctr_run --rm "$FAKE_IMAGE" /init fake.quiet fake.flood=10
	yes "$(head -c 4095 /dev/zero | tr '\0' x)" | head -c 10485760 | cmp - "$T/console"
	ctr_run --rm "--mount=type=bind,src=$SHARED/blast,dst=/blast,options=bind:ro" "$BUSYBOX_IMAGE" /bin/cat /blast
	cmp "$T/console" "$SHARED/blast"
}

@test "ctr run -d: ls, ps, metrics, pause, resume, kill; the guest's own answer to TERM, status 42; rm" {
	started "$LINUX_IMAGE" /urunit /bin/sigecho
	task_is RUNNING
	[ "$(C task ps "$ID" | tail -n +2 | wc -l)" -ge 2 ]
	within 60000 logged 'sigecho: ready'
	C task metrics "$ID" >"$T/metrics"
	[ "$(awk '$1 ~ /^memory.usage(_in_bytes)?$/ {print int($2 / 1048576)}' "$T/metrics")" -ge 20 ]
	C task pause "$ID"
	task_is PAUSED
	C task resume "$ID"
	task_is RUNNING
	C task kill -s SIGUSR1 "$ID"
	within 10000 logged 'sigecho: got 10'
	C task kill -s SIGTERM "$ID"
	removed_with 42
}

@test "ctr run --rm: ended by KILL, the status is 137" {
	local rc=0
	fake_monitor
	ctr_run --rm "$FAKE_IMAGE" /init fake.wait &
	run_pid=$!
	background+=("$run_pid")
	says WAITING
	C task kill -s KILL "$ID"
	wait "$run_pid" || rc=$?
	same "$rc" 137
}

@test "ctr run -t: the guest has a terminal" {
	local rc=0 with=''
	[ "$SHIM" != io.containerd.runc.v2 ] || with="--runc-binary $URUNC"
	mkfifo "$T/in"
	exec 9<>"$T/in"
	timeout -k 2 "$BOOT_SECONDS" script -qefc "ctr run --rm -t --runtime $SHIM $with $LINUX_IMAGE $ID /urunit /bin/sh -c 'test -t 0 && echo on a tty; exit 8'" \
		/dev/null <"$T/in" >"$T/console" 2>&1 3>&- 4>&- || rc=$?
	exec 9>&-
	in_console 'on a tty'
	same "$rc" 8
}

@test "two namespaces at once: containers of one name do not meet" {
	fake_monitor
	started "$FAKE_IMAGE" /init fake.wait
	NS=other started "$FAKE_IMAGE" /init fake.wait
	task_is RUNNING
	task_is RUNNING "$ID" other
	[ "$(shims "$ID" | wc -l)" -eq 2 ]
	C -n other task kill -s KILL "$ID"
	within 10000 task_is STOPPED "$ID" other
	task_is RUNNING
	C task kill -s KILL "$ID"
	removed_with 137
}

@test "30 containers at once: all run, all end with a status of their own" {
	local i pids=() base=$ID
	fake_monitor
	for i in {1..30}; do
		ID=$base-$i
		mkdir "$T/$i"
		T=$T/$i ctr_run --rm "$FAKE_IMAGE" /urunit /app fake.quiet fake.say=HERE "fake.ctl=ready,await,exit:$i" &
		pids+=($!)
	done
	background+=("${pids[@]}")
	within 60000 all_are_here
	[ "$(C task ls | grep -c "^$base-[0-9]* .*RUNNING")" -eq 30 ]
	for i in {1..30}; do C task kill -s TERM "$base-$i" & done
	for i in {1..30}; do
		local rc=0
		wait "${pids[i - 1]}" || rc=$?
		[ "$rc" -eq "$i" ] || {
			echo "container $i ended with $rc: $(cat "$T/$i/err" "$T/$i/console")"
			return 1
		}
	done
}
all_are_here() {
	[ "$(cat "$T"/*/console | grep -c HERE)" -eq 30 ]
}

@test "a guest that cannot be started: urunc's one line reaches the user, and nothing stays" {
	local rc=0
	ctr_run --rm --memory-limit=16777216 "$LINUX_IMAGE" /urunit /bin/true || rc=$?
	[ "$rc" -ne 0 ]
	matches "$(<"$T/err")" 'memory'
	[ "$(grep -c . "$T/err")" -eq 1 ]
	no_containers
}

@test "an ordinary image runs as with runc: output, status, exec, ps" {
	local rc=0
	ctr_run --rm "$BUSYBOX_IMAGE" /bin/sh -c 'echo "plain $(id -u)"; echo complaint >&2; exit 9' || rc=$?
	same "$(<"$T/console")" 'plain 0'
	same "$(<"$T/err")" complaint
	same "$rc" 9
	started "$BUSYBOX_IMAGE" /bin/sleep 1000
	[ "$(C task ps "$ID" | tail -n +2 | wc -l)" -eq 1 ]
	rc=0
	C task exec --exec-id x "$ID" /bin/sh -c 'echo inside; exit 3' >"$T/exec" || rc=$?
	same "$(<"$T/exec")" inside
	same "$rc" 3
	C task kill -s KILL "$ID"
	removed_with 137
}

@test "exec in a guest is refused in words" {
	local rc=0
	[ "$SHIM" != io.containerd.runc.v2 ] || skip "our shim's words"
	fake_monitor
	started "$FAKE_IMAGE" /init fake.wait
	C task exec --exec-id x "$ID" /bin/true >"$T/exec" 2>&1 || rc=$?
	[ "$rc" -ne 0 ]
	matches "$(<"$T/exec")" 'exec'
	C task kill -s KILL "$ID"
	removed_with 137
}

# --- when parts of it end ---

@test "containerd restarted while 5 guests run: all are there, all can be ended, their statuses are right" {
	local base=$ID i pid
	for i in 1 2; do
		ID=$base-$i started "$LINUX_IMAGE" /urunit /bin/sigecho
	done
	for i in 1 2; do within 60000 logged 'sigecho: ready' $base-$i; done
	fake_monitor
	for i in 3 4 5; do
		ID=$base-$i started "$FAKE_IMAGE" /urunit /app fake.quiet fake.say=HERE "fake.ctl=ready,await,exit:$i"
		within 10000 logged HERE "$base-$i"
	done
	daemon_ends containerd KILL
	containerd_starts
	for i in 1 2 3 4 5; do task_is RUNNING "$base-$i"; done
	C task kill -s TERM "$base-1"
	removed_with 42 "$base-1"
	C task kill -s KILL "$base-3"
	removed_with 137 "$base-3"
	# And one that ends while nobody looks.
	pid=$(C task ls | awk -v id="$base-4" '$1 == id {print $2}')
	daemon_ends containerd
	kill -TERM "$pid"
	within 10000 gone "$pid"
	containerd_starts
	removed_with 4 "$base-4"
	for i in 2 5; do
		task_is RUNNING "$base-$i"
		C task kill -s TERM "$base-$i"
	done
	removed_with 42 "$base-2"
	removed_with 5 "$base-5"
}

@test "the shim killed: the container is reported as gone, and everything of it is" {
	local net=$ID
	ip netns add "$net"
	ip -n "$net" link add eth0 type veth peer name v0
	ip -n "$net" addr add 10.99.0.2/24 dev eth0
	ip -n "$net" link set eth0 up
	started "--with-ns=network:/run/netns/$net" "$LINUX_IMAGE" /urunit /bin/sigecho
	within 60000 logged 'sigecho: ready'
	[ "$(ip -n "$net" -o link | wc -l)" -gt 3 ]
	pgrep -f '^qemu-system'
	kill -KILL "$(shims "$ID" | cut -d' ' -f1)"
	within 10000 no_task
	within 10000 no_process
	same "$(ip -n "$net" -o link | wc -l)" 3
	C containers rm "$ID"
	ip netns del "$net"
	within 5000 no_mount
	same "$(our_cgroups)" ''
	same "$(grep -cF /run/containerd/s/ /proc/net/unix)" 0
}
no_task() {
	! C task ls | grep -q "^$ID "
}
no_process() {
	! pgrep -af '^qemu-system|^[^ ]*/urunc |^[^ ]*virtiofsd'
}
no_mount() {
	! grep -F "$ID" /proc/self/mountinfo
}

@test "nothing is left of this file" {
	T=$E
	daemon_ends containerd
	nothing_is_left
}
