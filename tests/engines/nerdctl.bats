#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# nerdctl on containerd, with our shim. It is no package of Debian's: the tests run where $URUNC_TEST_NERDCTL names one.
load helpers

setup_file() {
	engine_start
	containerd_starts || return 1
	mkdir -p "$E/cni"
	cat >"$E/nerdctl.toml" <<-T
		address = "unix://$E/c/sock"
		data_root = "$E/data"
		cni_path = "/usr/lib/cni"
		cni_netconfpath = "$E/cni"
		cgroup_manager = "cgroupfs"
		hosts_dir = ["$E/hosts"]
	T
	export NERDCTL_TOML=$E/nerdctl.toml
	local name
	for name in linux busybox fake; do
		nerd load -i "$SHARED/$name.tar" >"$E/load" 2>&1 || {
			cat "$E/load"
			return 1
		}
	done
}

teardown_file() {
	T=$E
	daemon_ends containerd
}

teardown() {
	local ids
	[ -e "$E/containerd.pid" ] || return 0
	real_monitor
	ids=$(nerd ps -aq)
	[ -z "$ids" ] || nerd rm -f $ids >/dev/null
	within 5000 no_shims
}

nerd() {
	timeout -k 2 "$BOOT_SECONDS" "$URUNC_TEST_NERDCTL" "$@" </dev/null 3>&- 4>&-
}
nerd_run() {
	nerd run --pull never --runtime "$SHIM" --name "$ID" "$@" >"$T/console" 2>"$T/err" || {
		local rc=$?
		cat "$T/err"
		return $rc
	}
}
logs_say() {
	nerd logs "$ID" 2>&1 | grep -q "$1"
}
inspect() {
	nerd inspect -f "{{$1}}" "$ID"
}

@test "nerdctl run --rm -m 512m: output, environment, status 7; nothing stays" {
	local rc=0 kb
	nerd_run --rm --network none -m 512m -e "WORDS=two words" "$LINUX_IMAGE" /urunit /bin/sh -c 'echo "guest $(uname -r) $WORDS"; grep MemTotal /proc/meminfo; exit 7' || rc=$?
	same "$rc" 7
	in_console "guest $(<"$SHARED/kernel/version") two words"
	kb=$(sed -n 's/^MemTotal: *\([0-9]*\) kB.*/\1/p' "$T/console")
	[ "$kb" -le 524288 ]
	[ "$kb" -ge 400000 ]
	same "$(nerd ps -aq)" ''
}

@test "nerdctl run on its bridge, with a published port and a volume: answers; logs, ps, stats; stop, start, rm -f" {
	mkdir "$T/www"
	echo "from the host" >"$T/www/page"
	nerd_run -d -p 127.0.0.1:8080:80 -v "$T/www:/www:ro" "$LINUX_IMAGE" /urunit /bin/sh -c 'echo up; exec httpd -f -h /www'
	within $((BOOT_SECONDS * 1000)) serves "http://$(inspect .NetworkSettings.IPAddress)/page"
	serves http://127.0.0.1:8080/page
	logs_say up
	nerd ps | grep -q "$ID"
	nerd stats --no-stream --format '{{.MemUsage}}' "$ID" | grep -q MiB
	nerd stop -t 30 "$ID"
	same "$(inspect .State.Status)" exited
	nerd start "$ID"
	within $((BOOT_SECONDS * 1000)) serves "http://$(inspect .NetworkSettings.IPAddress)/page"
	nerd rm -f "$ID"
}
serves() {
	curl -sf -m 5 --connect-timeout 1 "$1" 2>/dev/null | grep -qx 'from the host'
}

@test "nerdctl run -t: the guest has a terminal" {
	local rc=0
	timeout -k 2 "$BOOT_SECONDS" script -qefc "$URUNC_TEST_NERDCTL run --rm -t --pull never --network none --runtime $SHIM --name $ID $LINUX_IMAGE \
		/urunit /bin/sh -c 'test -t 0 && echo on a tty; exit 8'" /dev/null >"$T/console" </dev/null 3>&- 4>&- || rc=$?
	in_console 'on a tty'
	same "$rc" 8
}

@test "nerdctl kill, pause, unpause, wait; exec is refused in words" {
	local rc=0
	nerd_run -d --network none "$LINUX_IMAGE" /urunit /bin/sigecho
	within 60000 logs_say 'sigecho: ready'
	nerd kill -s USR1 "$ID"
	within 10000 logs_say 'sigecho: got 10'
	nerd pause "$ID"
	same "$(inspect .State.Status)" paused
	nerd unpause "$ID"
	nerd exec "$ID" /bin/true >"$T/exec" 2>&1 || rc=$?
	[ "$rc" -ne 0 ]
	matches "$(<"$T/exec")" 'exec'
	nerd stop -t 60 "$ID"
	same "$(nerd wait "$ID")" 42
}

@test "a guest that cannot be started: urunc's one line reaches the user" {
	local rc=0
	nerd_run --rm --network none --annotation com.urunc.unikernel.hypervisor=xen "$LINUX_IMAGE" || rc=$?
	[ "$rc" -ne 0 ]
	grep -q "xen" "$T/err"
}

@test "an ordinary image runs as with runc: network, exec, status" {
	local rc=0
	nerd_run --rm "$BUSYBOX_IMAGE" /bin/sh -c 'echo "plain $(id -u)"; /bin/busybox ip -4 -o addr show dev eth0; exit 9' || rc=$?
	same "$rc" 9
	in_console 'plain 0'
	in_console 'inet 10\.4\.'
	nerd_run -d --network none "$BUSYBOX_IMAGE" /bin/sleep 1000
	same "$(nerd exec "$ID" /bin/echo inside)" inside
}

@test "nothing is left of this file" {
	T=$E
	daemon_ends containerd
	ip link del nerdctl0
	find /sys/fs/cgroup -depth -type d -name "ue${RELEASE}x*" -exec rmdir {} + 2>/dev/null || :
	LEFT_BY_ENGINE='file /run/nerdctl' nothing_is_left
}
