#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman and conmon call the program itself.
load helpers

setup_file() {
	engine_start
	# Where podman looks for the plugins of its networks differs; its own configuration is left out.
	printf '[network]\ncni_plugin_dirs = ["/usr/lib/cni"]\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' >"$E/containers.conf"
	export CONTAINERS_CONF=$E/containers.conf PODMAN_IGNORE_CGROUPSV1_WARNING=1
	local name
	for name in linux busybox fake; do
		pod load -i "$SHARED/$name.tar" >"$E/load" 2>&1 || {
			cat "$E/load"
			return 1
		}
	done
}

teardown() {
	[ -z "$(pod ps -aq)" ] || pod rm -fa -t 0 >/dev/null
	real_monitor
}

pod() {
	timeout -k 2 "$BOOT_SECONDS" podman --root "$E/store" --runroot "$E/run" --tmpdir "$E/tmp" --network-config-dir "$E/net" \
		--cgroup-manager cgroupfs --events-backend file --storage-driver overlay --runtime "$URUNC" "$@" </dev/null 3>&- 4>&-
}
# The default limits of podman are beyond what a process without CAP_SYS_RESOURCE may set.
pod_run() {
	pod run --ulimit nofile=1024:4096 --ulimit nproc=1024:4096 --name "$ID" "$@" >"$T/console" 2>"$T/err" || {
		local rc=$?
		cat "$T/err"
		return $rc
	}
}
logs_say() {
	pod logs "$ID" 2>&1 | grep -q "$1"
}
inspect() {
	pod inspect -f "{{$1}}" "$ID"
}

@test "podman run --rm: output, status 7, nothing stays" {
	local rc=0
	pod_run --rm --network none -m 256m "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "guest $(uname -r)"; exit 7' || rc=$?
	same "$rc" 7
	in_console "guest $(<"$SHARED/kernel/version")"
	same "$(pod ps -aq)" ''
}

@test "podman run on a bridge: curl gets an answer; logs; stop within the time-out; start, and it answers again; rm" {
	local begin
	pod_run -d --network podman "$LINUX_IMAGE" /urunit /bin/sh -c 'trap "exit 5" TERM; echo up; mkdir /www; hostname >/www/name; httpd -h /www; while :; do sleep 1 & wait $!; done'
	serves_at "$(inspect .Config.Hostname)"
	logs_say up
	begin=$SECONDS
	pod stop -t 60 "$ID"
	[ $((SECONDS - begin)) -lt 30 ]
	same "$(inspect .State.ExitCode)" 5
	pod start "$ID"
	serves_at "$(inspect .Config.Hostname)"
	pod rm -f -t 0 "$ID"
	same "$(pod ps -aq)" ''
}
serves_at() {
	within $((BOOT_SECONDS * 1000)) answers_at "$@" || {
		pod logs "$ID"
		return 1
	}
}
answers_at() {
	local address
	address=$(pod inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$ID")
	curl -sf -m 5 --connect-timeout 1 "http://$address/name" >"$T/got" 2>/dev/null && grep -qxF -- "$1" "$T/got"
}

@test "podman pause, unpause, kill, wait; exec is refused in words" {
	local rc=0
	fake_monitor
	pod_run -d --network none "$FAKE_IMAGE" /init fake.wait
	pod pause "$ID"
	same "$(inspect .State.Status)" paused
	pod unpause "$ID"
	pod exec "$ID" /bin/true >"$T/exec" 2>&1 || rc=$?
	[ "$rc" -ne 0 ]
	matches "$(<"$T/exec")" 'exec'
	pod kill -s KILL "$ID"
	same "$(pod wait "$ID")" 137
}

@test "the monitor is behind our filter of system calls by podman's own default, and not with seccomp=unconfined" {
	local option pid
	for option in '' --security-opt=seccomp=unconfined; do
		pod_run -d --network none $option "$LINUX_IMAGE" /urunit /bin/sleep 1000
		pid=$(inspect .State.Pid)
		same "$(awk '/^Seccomp:/ {print $2}' "/proc/$(xargs <"/proc/$pid/task/$pid/children")/status")" "$([ -n "$option" ] && echo 0 || echo 2)"
		pod rm -f -t 0 "$ID" >/dev/null
	done
}

@test "an ordinary image runs as with runc: network, exec, status" {
	local rc=0
	pod_run --rm --network podman "$BUSYBOX_IMAGE" /bin/sh -c 'echo "plain $(id -u)"; /bin/busybox ip -4 -o addr show dev eth0; exit 9' || rc=$?
	same "$rc" 9
	in_console 'plain 0'
	in_console 'inet 10\.'
	pod_run -d --network none "$BUSYBOX_IMAGE" /bin/sleep 1000
	same "$(pod exec "$ID" /bin/echo inside)" inside
}

@test "nothing is left of this file" {
	T=$E
	local bridge
	for bridge in cni-podman0 podman0; do
		if ip link show "$bridge" >/dev/null 2>&1; then ip link del "$bridge"; fi
	done
	LEFT_BY_ENGINE='mount /run/e/podman.bats/store/overlay$|cgroup .*/libpod_parent' nothing_is_left
}
