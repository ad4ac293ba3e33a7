#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A containerd of our own with its stock runc shim, urunc as the runtime's program.
load network

setup_file() {
	engine_dir
	private_containerd || return 1
	ctr images import --snapshotter native "$SHARED/linux.tar" >"$E/import" 2>&1 || return 1
	ctr images import --snapshotter native "$SHARED/busybox.tar" >>"$E/import" 2>&1
}

teardown_file() {
	T=$E
	stop_daemon containerd
}

# The shim keeps each namespace of containerd below the runtime's root.
prepare() {
	RUNC_ROOT=$ROOT
	ROOT=$ROOT/default
}

teardown() {
	local pid
	for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
	timeout -k 1 10 ctr task kill -s KILL "$ID" >/dev/null 2>&1 || :
	within 5000 removed >/dev/null || :
	drop_pod
	nothing_left
}
removed() {
	timeout -k 1 10 ctr task rm "$ID" >/dev/null 2>&1
	timeout -k 1 10 ctr containers rm "$ID" >/dev/null 2>&1
	! ctr containers info "$ID" >/dev/null 2>&1
}

ctr_run() { # [OPTION...] IMAGE [WORD...]; the id comes after the image
	local options=()
	while [ "${1#-}" != "$1" ]; do
		options+=("$1")
		shift
	done
	local image=$1
	shift
	# ctr leaves the container's stdin open and passes TERM on, hence </dev/null and -k
	timeout -k 2 "$BOOT_SECONDS" ctr run --snapshotter native --runc-binary "$URUNC" --runc-root "$RUNC_ROOT" \
		"${options[@]}" "$image" "$ID" "$@" </dev/null >"$T/console" 2>"$T/err" 3>&- 4>&-
}

@test "ctr run: the guest's output and its exit status 7" {
	local rc=0
	ctr_run --rm "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "guest $(uname -r)"; exit 7' || rc=$?
	in_console "guest $(<"$SHARED/kernel/version")"
	[ "$rc" -eq 7 ]
}

@test "ctr run: the image's own command and environment" {
	ctr_run --rm "$LINUX_IMAGE"
	in_console 'from the image'
	ctr_run --rm "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "image=$IMAGE"'
	in_console 'image=linux'
}

@test "ctr task kill: TERM and USR1 reach the application, its own status comes back" {
	ctr_run --rm "$LINUX_IMAGE" /urunit /bin/sigecho &
	run_pid=$!
	background+=("$run_pid")
	says 'sigecho: ready'
	ctr task kill -s SIGUSR1 "$ID"
	says 'sigecho: got 10'
	ctr task kill -s SIGTERM "$ID"
	ends_with 42
}

@test "ctr run -d: ls, ps, pause, resume, kill, exit status, rm" {
	ctr_run -d "$LINUX_IMAGE" /urunit /bin/sigecho
	ctr task ls | grep -E "^$ID +[0-9]+ +RUNNING"
	[ "$(ctr task ps "$ID" | tail -n +2 | wc -l)" -ge 2 ]
	ctr task pause "$ID"
	ctr task ls | grep -E "^$ID +[0-9]+ +PAUSED"
	status_is "$ID" paused
	ctr task resume "$ID"
	status_is "$ID" running
	ctr task kill -s KILL "$ID"
	within 10000 task_is STOPPED
	local rc=0
	ctr task rm "$ID" 2>"$T/err" || rc=$?
	[ "$rc" -eq 137 ] || grep -q 137 "$T/err"
	ctr containers rm "$ID"
}
task_is() {
	ctr task ls | grep -qE "^$ID +[0-9]+ +$1"
}

@test "ctr run --with-ns: the guest answers on the address of that namespace" {
	make_pod
	ctr_run -d "--with-ns=network:/run/netns/$P" "$LINUX_IMAGE" /urunit /bin/sh -c 'mkdir /www; hostname >/www/name; exec httpd -f -h /www'
	serves outside "http://$POD4/name"
	serves inside http://127.0.0.1/name
	ctr task kill -s KILL "$ID"
	within 10000 task_is STOPPED
	within 5000 removed
	pod_clean
}

@test "ctr run --memory-limit: the guest has that much" {
	ctr_run --rm --memory-limit=134217728 "$LINUX_IMAGE" /urunit /bin/grep MemTotal /proc/meminfo
	[ "$(sed -n 's/^MemTotal: *\([0-9]*\) kB.*/\1/p' "$T/console")" -le 131072 ]
}

@test "ctr run: a guest that cannot be started gives urunc's one line to the user" {
	local rc=0
	ctr_run --rm --memory-limit=16777216 "$LINUX_IMAGE" /urunit /bin/true || rc=$?
	[ "$rc" -ne 0 ]
	matches "$(<"$T/err")" 'memory'
	[ "$(grep -c . "$T/err")" -eq 1 ]
}

@test "ctr run --mount: a directory and a file reach the guest, read-only, with ctr's own tmpfs on /run" {
	mkdir -p "$T/cm/..v1"
	echo red >"$T/cm/..v1/colour"
	ln -s ..v1 "$T/cm/..data"
	ln -s ..data/colour "$T/cm/colour"
	ctr_run --rm --mount="type=bind,src=$T/cm,dst=/etc/config,options=rbind:ro" \
		--mount="type=bind,src=$T/cm/..v1/colour,dst=/a/file,options=bind:ro" "$LINUX_IMAGE" \
		/urunit /bin/sh -c 'cat /etc/config/colour /a/file; touch /etc/config/x 2>/dev/null || echo ro; grep -o " /run tmpfs" /proc/mounts'
	same "$(<"$T/console")" $'red\nred\nro\n /run tmpfs'
}

@test "ctr run -t: the guest has a terminal" {
	local rc=0
	mkfifo "$T/in"
	exec 9<>"$T/in"
	timeout -k 2 "$BOOT_SECONDS" script -qefc "ctr run --rm -t --snapshotter native --runc-binary $URUNC --runc-root $RUNC_ROOT \
		$LINUX_IMAGE $ID /urunit /bin/sh -c 'test -t 0 && echo on a tty; exit 8'" /dev/null \
		<"$T/in" >"$T/console" 2>&1 3>&- 4>&- || rc=$?
	exec 9>&-
	in_console 'on a tty'
	[ "$rc" -eq 8 ]
}

@test "an ordinary image runs as with runc: output, status, task ps, kill" {
	local rc=0
	ctr_run --rm "$BUSYBOX_IMAGE" /bin/sh -c 'echo "plain $(id -u)"; exit 9' || rc=$?
	in_console 'plain 0'
	[ "$rc" -eq 9 ]
	ctr_run -d "$BUSYBOX_IMAGE" /bin/sleep 1000
	[ "$(ctr task ps "$ID" | tail -n +2 | wc -l)" -eq 1 ]
	ctr task exec --exec-id x "$ID" /bin/echo inside </dev/null | grep -q inside
	ctr task kill -s KILL "$ID"
	within 10000 task_is STOPPED
}

@test "nothing is left of this file" {
	T=$E
	stop_daemon containerd
	engine_left
}
