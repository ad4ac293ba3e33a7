#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman and conmon with a store of their own.
load network

setup_file() {
	engine_dir
	# podman wants a short path there
	RUNROOT=$(mktemp -d /tmp/ue.XXXXXX)
	export RUNROOT
	pod load -i "$SHARED/linux.tar" >"$E/load" 2>&1 || {
		cat "$E/load"
		return 1
	}
	pod load -i "$SHARED/busybox.tar" >>"$E/load" 2>&1
}

teardown_file() {
	T=$E
	pod rm -fa >/dev/null 2>&1
	pod rmi -fa >/dev/null 2>&1
	rm -rf "$RUNROOT"
}

teardown() {
	local pid
	for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
	pod rm -f "$ID" >/dev/null 2>&1
	drop_pod
	nothing_left
}

pod() {
	podman --root "$E/store" --runroot "$RUNROOT" --tmpdir "$E/tmp" --cgroup-manager cgroupfs --events-backend file \
		--storage-driver vfs --runtime "$URUNC" "$@" </dev/null 3>&- 4>&-
}
# The default limits of podman are beyond what a process without CAP_SYS_RESOURCE may set.
pod_run() {
	timeout -k 2 "$BOOT_SECONDS" podman --root "$E/store" --runroot "$RUNROOT" --tmpdir "$E/tmp" --cgroup-manager cgroupfs \
		--events-backend file --storage-driver vfs --runtime "$URUNC" run --ulimit nofile=1024:4096 --ulimit nproc=1024:4096 \
		--network "${NETWORK:-none}" --name "$ID" "$@" </dev/null >"$T/console" 2>"$T/err" 3>&- 4>&-
}

@test "podman run: the guest's output and its exit status 7" {
	local rc=0
	pod_run --rm "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "guest $(uname -r)"; exit 7' || rc=$?
	in_console "guest $(<"$SHARED/kernel/version")"
	[ "$rc" -eq 7 ]
}

@test "podman stop: TERM reaches the application, its own status is kept" {
	pod_run -d "$LINUX_IMAGE" /urunit /bin/sigecho
	within 60000 logs_say 'sigecho: ready'
	pod kill -s USR1 "$ID"
	within 10000 logs_say 'sigecho: got 10'
	pod stop -t 30 "$ID"
	[ "$(pod inspect -f '{{.State.ExitCode}}' "$ID")" -eq 42 ]
}
logs_say() {
	pod logs "$ID" 2>&1 | grep -q "$1"
}

@test "podman pause, unpause" {
	pod_run -d "$LINUX_IMAGE" /urunit /bin/sigecho
	within 60000 logs_say 'sigecho: ready'
	pod pause "$ID"
	[ "$(pod inspect -f '{{.State.Status}}' "$ID")" = paused ]
	pod unpause "$ID"
	pod kill -s KILL "$ID"
	within 10000 exited
	[ "$(pod inspect -f '{{.State.ExitCode}}' "$ID")" -eq 137 ]
}
exited() {
	[ "$(pod inspect -f '{{.State.Status}}' "$ID")" = exited ]
}

# The container's network is that of a pod that was there before.
@test "podman run --network ns: the guest answers on the address of that namespace" {
	make_pod
	NETWORK=ns:/run/netns/$P pod_run -d "$LINUX_IMAGE" /urunit /bin/sh -c 'mkdir /www; hostname >/www/name; exec httpd -f -h /www'
	serves outside "http://$POD4/name"
	serves inside http://127.0.0.1/name
	pod rm -f -t 0 "$ID"
	pod_clean
}

@test "podman run: environment and user of the command line arrive" {
	pod_run --rm -e 'A=b c' -u 1000:1000 -h my-guest "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "<$A> $(id -u):$(id -g) $(hostname)"'
	in_console '<b c> 1000:1000 my-guest'
}

@test "an ordinary image runs as with runc" {
	local rc=0
	pod_run --rm "$BUSYBOX_IMAGE" /bin/sh -c 'echo "plain $(id -u)"; exit 9' || rc=$?
	in_console 'plain 0'
	[ "$rc" -eq 9 ]
	pod_run -d "$BUSYBOX_IMAGE" /bin/sleep 1000
	[ "$(pod exec "$ID" /bin/echo inside)" = inside ]
	pod rm -f -t 0 "$ID"
}

@test "nothing is left of this file" {
	T=$E
	within 5000 engine_left
	! grep -F "$RUNROOT" /proc/self/mountinfo
}
