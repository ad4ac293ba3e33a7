#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Docker: 20.10 calls the program itself (`runtimes.path`), 26 has our shim (`runtimeType`), as deploy/docker has them for people.
load helpers

setup_file() {
	engine_start
	containerd_starts || return 1
	export DOCKER_HOST=unix://$E/d.sock
	cp "$top/deploy/docker/daemon-$([ "$RELEASE" = 12 ] && echo 20.10 || echo 23).json" "$E/daemon.json"
	sed -i "s|/usr/local/bin|$BUILD/bin|" "$E/daemon.json"
	docker_starts || return 1
	local name
	for name in linux busybox fake; do
		dock load -i "$SHARED/$name.tar" >"$E/load" 2>&1 || {
			cat "$E/load"
			return 1
		}
	done
}
docker_starts() {
	daemon dockerd dockerd --config-file "$E/daemon.json" --data-root "$E/data" --exec-root "$E/exec" -H "$DOCKER_HOST" \
		-p "$E/docker.pid" --containerd "$CONTAINERD_ADDRESS" --bip 172.30.77.1/24 --storage-driver overlay2 \
		--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/ue${RELEASE}xdocker"
	within 30000 dock_answers || {
		log_of dockerd
		return 1
	}
}
dock_answers() {
	dock version >/dev/null 2>&1
}

teardown_file() {
	T=$E
	daemon_ends dockerd
	daemon_ends containerd
}

teardown() {
	local ids
	[ -e "$E/dockerd.pid" ] || return 0
	real_monitor
	ids=$(dock ps -aq)
	[ -z "$ids" ] || dock rm -f $ids >/dev/null
	within 5000 no_shims
}

# A second client may come first in PATH; Debian's belongs to Debian's daemon.
dock() {
	timeout -k 2 "$BOOT_SECONDS" /usr/bin/docker "$@" </dev/null 3>&- 4>&-
}
dock_run() {
	dock run --pull never --runtime urunc --name "$ID" "$@" >"$T/console" 2>"$T/err" || {
		local rc=$?
		cat "$T/err"
		return $rc
	}
}
logs_say() {
	dock logs "$ID" 2>&1 | grep -q "$1"
}
inspect() {
	dock inspect -f "{{$1}}" "$ID"
}

@test "docker run --rm -m 512M: output, status 7, the guest has the memory; nothing stays" {
	local rc=0 kb
	dock_run --rm --network none -m 512M "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "guest $(uname -r)"; grep MemTotal /proc/meminfo; exit 7' || rc=$?
	same "$rc" 7
	in_console "guest $(<"$SHARED/kernel/version")"
	kb=$(sed -n 's/^MemTotal: *\([0-9]*\) kB.*/\1/p' "$T/console")
	[ "$kb" -le 524288 ]
	[ "$kb" -ge 400000 ]
	same "$(dock ps -aq)" ''
}

@test "docker run on a bridge: curl gets an answer; logs, top, stats; restart, and it answers again; rm -f" {
	dock_run -d -p 127.0.0.1:8080:80 "$LINUX_IMAGE" /urunit /bin/sh -c 'echo up; mkdir /www; hostname >/www/name; exec httpd -f -h /www'
	serves_at "$(inspect .Config.Hostname)"
	same "$(curl -sf -m 5 http://127.0.0.1:8080/name)" "$(inspect .Config.Hostname)"
	logs_say up
	dock top "$ID" | grep -q qemu-system
	[ "$(dock stats --no-stream --format '{{.MemUsage}}' "$ID" | sed 's/MiB.*//; s/\..*//')" -ge 20 ]
	dock restart -t 0 "$ID"
	serves_at "$(inspect .Config.Hostname)"
	same "$(dock logs "$ID" | grep -c up)" 2
	dock rm -f "$ID"
}
serves_at() {
	within $((BOOT_SECONDS * 1000)) answers_at "$@" || {
		dock logs "$ID"
		return 1
	}
}
answers_at() {
	curl -sf -m 5 --connect-timeout 1 "http://$(inspect .NetworkSettings.IPAddress)/name" >"$T/got" 2>/dev/null && grep -qxF -- "$1" "$T/got"
}

@test "docker stop: the guest answers TERM long before the time-out, its own status is kept; start runs it again" {
	local begin
	dock_run -d --network none "$LINUX_IMAGE" /urunit /bin/sigecho
	within 60000 logs_say 'sigecho: ready'
	dock kill -s USR1 "$ID"
	within 10000 logs_say 'sigecho: got 10'
	begin=$SECONDS
	dock stop -t 60 "$ID"
	[ $((SECONDS - begin)) -lt 30 ]
	same "$(inspect .State.ExitCode)" 42
	dock start "$ID"
	same "$(inspect .State.Status)" running
	dock kill "$ID"
	same "$(dock wait "$ID")" 137
}

@test "docker pause, unpause, update, kill; exec is refused in words" {
	local rc=0 undeclared=()
	# From 23 on a shim needs no entry in daemon.json.
	[ "$RELEASE" = 12 ] || undeclared=(--runtime io.containerd.urunc.v2)
	fake_monitor
	dock_run -d "${undeclared[@]}" --network none -m 512M "$FAKE_IMAGE" /init fake.wait
	dock pause "$ID"
	same "$(inspect .State.Status)" paused
	dock unpause "$ID"
	dock exec "$ID" /bin/true >"$T/exec" 2>&1 || rc=$?
	[ "$rc" -ne 0 ]
	matches "$(<"$T/exec")" 'exec'
	same "$(inspect .State.Status)" running
	dock kill "$ID"
	same "$(dock wait "$ID")" 137
}

@test "dockerd restarted with live-restore: the guest runs on, its status is kept" {
	jq '. + {"live-restore": true}' "$E/daemon.json" >"$E/d.json" && mv "$E/d.json" "$E/daemon.json"
	daemon_ends dockerd
	docker_starts
	fake_monitor
	dock_run -d --network none "$FAKE_IMAGE" /urunit /app fake.quiet fake.say=HERE fake.ctl=ready,await,exit:6
	within 10000 logs_say HERE
	daemon_ends dockerd KILL
	docker_starts
	same "$(inspect .State.Status)" running
	dock stop -t 30 "$ID"
	same "$(inspect .State.ExitCode)" 6
}

@test "the monitor is behind our filter of system calls by docker's own default, and not with seccomp=unconfined" {
	fake_monitor
	dock_run --network none "$FAKE_IMAGE" /init
	same "$(report .seccomp)" 2
	dock rm "$ID" >/dev/null
	dock_run --network none --security-opt seccomp=unconfined "$FAKE_IMAGE" /init
	same "$(report .seccomp)" 0
}

@test "an ordinary image runs as with runc: network, exec, status" {
	local rc=0
	dock_run --rm "$BUSYBOX_IMAGE" /bin/sh -c 'echo "plain $(id -u)"; /bin/busybox ip -4 -o addr show dev eth0; exit 9' || rc=$?
	same "$rc" 9
	in_console 'plain 0'
	in_console 'inet 172\.30\.77\.'
	dock_run -d --network none "$BUSYBOX_IMAGE" /bin/sleep 1000
	same "$(dock exec "$ID" /bin/echo inside)" inside
}

@test "nothing is left of this file" {
	T=$E
	daemon_ends dockerd
	daemon_ends containerd
	ip link del docker0
	find /sys/fs/cgroup -depth -type d -name "ue${RELEASE}xdocker" -exec rmdir {} +
	LEFT_BY_ENGINE='(mount|file) /run/docker/netns|mount /run/e/docker.bats/data$' nothing_is_left
}
