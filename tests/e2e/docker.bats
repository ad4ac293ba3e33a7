#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A dockerd of our own, in a network namespace of its own, so that its bridge and rules touch nobody.
load network

setup_file() {
	engine_dir
	private_containerd || return 1
	export DOCKER_HOST=unix://$E/d.sock NETNS=urunc-e2e-$$
	jq -n --arg urunc "$URUNC" '{runtimes: {urunc: {path: $urunc}}}' >"$E/daemon.json"
	ip netns add "$NETNS" || return 1
	nsenter --net="/run/netns/$NETNS" ip link set lo up
	start_daemon dockerd nsenter --net="/run/netns/$NETNS" dockerd --config-file "$E/daemon.json" --data-root "$E/data" \
		--exec-root "$E/exec" -H "$DOCKER_HOST" -p "$E/docker.pid" --containerd "$E/c.sock" --bip 172.30.77.1/24 \
		--storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs
	within 30000 dock_answers || {
		tail -n 5 "$E/dockerd.log"
		return 1
	}
	dock load -i "$SHARED/linux.tar" >"$E/load" 2>&1 || {
		cat "$E/load"
		return 1
	}
	dock load -i "$SHARED/busybox.tar" >>"$E/load" 2>&1
}

teardown_file() {
	T=$E
	stop_daemon dockerd
	stop_daemon containerd
	ip netns del "$NETNS" 2>/dev/null
	grep -F "$E" /proc/self/mountinfo | cut -d' ' -f5 | sort -r | xargs -r umount -l 2>/dev/null
	:
}

teardown() {
	local pid
	for pid in "${background[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
	dock rm -f "$ID" >/dev/null 2>&1
	nothing_left
}

# Another client may come first in PATH; Debian's speaks to Debian's daemon.
dock() {
	/usr/bin/docker "$@" </dev/null 3>&- 4>&-
}
dock_answers() {
	dock version >/dev/null 2>&1
}
dock_run() {
	timeout -k 2 "$BOOT_SECONDS" /usr/bin/docker run --pull never --runtime urunc --name "$ID" "$@" \
		</dev/null >"$T/console" 2>"$T/err" 3>&- 4>&-
}
logs_say() {
	dock logs "$ID" 2>&1 | grep -q "$1"
}

@test "docker run --network none: the guest's output and its exit status 7" {
	local rc=0
	dock_run --rm --network none "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "guest $(uname -r)"; exit 7' || rc=$?
	in_console "guest $(<"$SHARED/kernel/version")"
	[ "$rc" -eq 7 ]
}

@test "docker run on a bridge: the prestart hook has made the container's network, and the guest answers in it" {
	local pid address
	dock_run -d "$LINUX_IMAGE" /urunit /bin/sh -c 'mkdir /www; hostname >/www/name; exec httpd -f -h /www'
	pid=$(dock inspect -f '{{.State.Pid}}' "$ID")
	address=$(dock inspect -f '{{.NetworkSettings.IPAddress}}' "$ID")
	nsenter --net="/proc/$pid/ns/net" ip -4 -o addr show dev eth0 | grep -q "$address"
	P=$NETNS
	serves inside "http://$address/name" "$(dock inspect -f '{{.Config.Hostname}}' "$ID")"
	[ "$(nsenter --net="/proc/$pid/ns/net" curl -sf -m 5 http://127.0.0.1/name)" = "$(<"$T/got")" ]
	# A second life of the same container, in a new namespace.
	dock restart -t 0 "$ID"
	serves inside "http://$(dock inspect -f '{{.NetworkSettings.IPAddress}}' "$ID")/name" "$(<"$T/got")"
}

@test "docker run on a network of the user's: the guest finds others by name" {
	local rc=0
	dock network create "$ID" >/dev/null
	dock run -d --pull never --network "$ID" --name "${ID}web" "$BUSYBOX_IMAGE" /bin/sleep 1000
	dock_run --network "$ID" "$LINUX_IMAGE" /urunit /bin/sh -c "cat /etc/resolv.conf; nslookup -type=a ${ID}web" || rc=$?
	dock rm -f "${ID}web" "$ID" >/dev/null
	dock network rm "$ID" >/dev/null
	[ "$rc" -eq 0 ] || {
		cat "$T/console" "$T/err"
		return 1
	}
	in_console '^nameserver 169\.254\.77\.53'
	in_console "^Name:.*${ID}web"
}

@test "docker stop: TERM reaches the application, its own status is kept" {
	dock_run -d --network none "$LINUX_IMAGE" /urunit /bin/sigecho
	within 60000 logs_say 'sigecho: ready'
	dock kill -s USR1 "$ID"
	within 10000 logs_say 'sigecho: got 10'
	dock stop -t 30 "$ID"
	[ "$(dock inspect -f '{{.State.ExitCode}}' "$ID")" -eq 42 ]
}

@test "docker pause, top, unpause, kill" {
	dock_run -d --network none "$LINUX_IMAGE" /urunit /bin/sigecho
	within 60000 logs_say 'sigecho: ready'
	dock top "$ID" | grep -q qemu-system
	dock pause "$ID"
	[ "$(dock inspect -f '{{.State.Status}}' "$ID")" = paused ]
	dock unpause "$ID"
	dock kill "$ID"
	[ "$(dock wait "$ID")" -eq 137 ]
}

@test "docker run: memory limit, environment, user, host name and directory arrive" {
	dock_run --rm --network none -m 128m -e 'A=b c' -u 1000:1000 -h my-guest -w /tmp "$LINUX_IMAGE" \
		/urunit /bin/sh -c 'echo "<$A> $(id -u):$(id -g) $(hostname) $PWD"; grep MemTotal /proc/meminfo'
	in_console '<b c> 1000:1000 my-guest /tmp'
	[ "$(sed -n 's/^MemTotal: *\([0-9]*\) kB.*/\1/p' "$T/console")" -le 131072 ]
}

@test "an ordinary image runs as with runc, with a network" {
	local rc=0
	dock_run --rm "$BUSYBOX_IMAGE" /bin/sh -c 'echo "plain $(id -u)"; /bin/busybox ip -4 -o addr show dev eth0; exit 9' || rc=$?
	in_console 'plain 0'
	in_console 'inet 172\.30\.77\.'
	[ "$rc" -eq 9 ]
	dock_run -d --network none "$BUSYBOX_IMAGE" /bin/sleep 1000
	[ "$(dock exec "$ID" /bin/echo inside)" = inside ]
}

@test "nothing is left of this file" {
	T=$E
	stop_daemon dockerd
	stop_daemon containerd
	ip netns del "$NETNS"
	within 5000 engine_left
}
