#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What list, ps, spec and features print, for the programs that read it.
load helpers

@test "list: nothing there is an empty table, an empty array, no words" {
	ok list
	matches "$out" '^ID +PID +STATUS +BUNDLE +CREATED +OWNER *$'
	one_line "$out"
	ok list -q
	same "$out" ""
	ok list --format json
	# runc says null; both are what callers take for none.
	matches "$out" '^(\[\]|null)$'
}

@test "list: a state directory that does not exist is empty too" {
	ROOT=$T/none ok list -q
	same "$out" ""
}

@test "list: the table's columns" {
	guest fake.wait
	running
	local pid
	pid=$(init_pid "$ID")
	ok list
	same "$(wc -l <"$T/out")" 2
	matches "$(sed -n 2p "$T/out")" "^$ID +$pid +running +$B +20[0-9T:.-]+Z +root *\$"
}

@test "list --format json: one object for each container, members as state's" {
	guest fake.wait
	running
	local one=$ID
	ID=${ID}b create
	ok list --format json
	jq -e --arg one "$one" 'length == 2 and map(.id) == [$one, $one + "b"] and map(.status) == ["running", "created"]
		and all(.[]; has("ociVersion") and has("pid") and has("bundle") and has("rootfs") and has("created"))
		and map(.owner) == ["root", "root"]' <<<"$out"
	ok list -f json
	ok list --format=json
	ok list -q
	same "$out" "$one"$'\n'"${one}b"
	ok list --quiet
	same "$out" "$one"$'\n'"${one}b"
}

@test "list shows stopped containers with pid 0" {
	guest fake.exit=0
	create
	ok start "$ID"
	stopped
	ok list
	matches "$(sed -n 2p "$T/out")" "^$ID +0 +stopped "
}

@test "list goes on when one container's state is damaged" {
	guest fake.wait
	create
	mkdir "$ROOT/${ID}x"
	ok list -q
	matches "$out" "$ID"
	rm -r "${ROOT:?}/${ID}x"
}

@test "list and ps refuse unknown formats" {
	create
	refused 'invalid format' list --format yaml
	refused 'invalid format' ps --format yaml "$ID"
}

@test "ps --format json: the numbers of the container's processes" {
	guest fake.fork fake.wait
	running
	ok ps --format json "$ID"
	local pid
	pid=$(init_pid "$ID")
	jq -e --argjson pid "$pid" 'index($pid) != null and length >= 2' <<<"$out"
	for pid in $(jq '.[]' <<<"$out"); do
		grep -q "$ID" "/proc/$pid/cgroup"
	done
	ok ps -f json "$ID"
	ok ps --format=json "$ID"
}

@test "ps: a table with a line for each process" {
	guest fake.wait
	running
	local pid
	pid=$(init_pid "$ID")
	ok ps "$ID"
	matches "$(sed -n 1p "$T/out")" '^UID +PID +PPID '
	grep -Eq "^[a-z0-9]+ +$pid " "$T/out"
	ok ps --format table "$ID"
}

@test "ps of a created container shows its init process" {
	create
	ok ps --format json "$ID"
	same "$(jq -c . <<<"$out")" "[$(init_pid "$ID")]"
}

@test "ps of a stopped container: no process, no error" {
	guest fake.exit=0
	create
	ok start "$ID"
	stopped
	ok ps --format json "$ID"
	jq -e 'length == 0' <<<"$out"
	ok ps "$ID"
	one_line "$out"
}

@test "spec writes a config.json that works, and never over an old one" {
	mkdir "$T/new"
	ok spec --bundle "$T/new"
	jq -e '.ociVersion and .process.args and .root.path and (.linux.namespaces | length) >= 5' "$T/new/config.json"
	refused 'exists' spec --bundle "$T/new"
	mkdir "$T/cwd"
	(cd "$T/cwd" && "$RT" spec 3>&-)
	cmp "$T/cwd/config.json" "$T/new/config.json"
	ok spec -b "$T" && rm "$T/config.json"
}

@test "spec's config.json is a container once its files are there" {
	only_urunc
	mkdir -p "$T/new/rootfs/boot"
	ok spec --bundle "$T/new"
	jq -e '.annotations | has("com.urunc.unikernel.unikernelType")' "$T/new/config.json"
	cp "$SHARED/rootfs/boot/kernel" "$T/new/rootfs$(jq -r '.annotations["com.urunc.unikernel.binary"]' "$T/new/config.json")"
	cp "$SHARED/rootfs/boot/initrd" "$T/new/rootfs$(jq -r '.annotations["com.urunc.unikernel.initrd"]' "$T/new/config.json")"
	B=$T/new
	config '.process.terminal = false'
	create
	ok start "$ID"
	console_has FAKE-REPORT
}

@test "features: the members that Docker and containerd look at" {
	ok features
	jq -e '(.ociVersionMin | type) == "string" and (.ociVersionMax | type) == "string"
		and (.hooks == ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"])
		and (.mountOptions | type) == "array" and (.linux.namespaces | index("network") != null)
		and (.linux.cgroup | type) == "object" and (.linux.capabilities | type) == "array"' <<<"$out"
}

@test "features: only what is true" {
	only_urunc
	ok features
	# Docker writes rro mounts for runtimes that list it.
	jq -e '(.mountOptions | index("rro")) == null and .linux.cgroup.v1 == true and .linux.cgroup.v2 == true
		and .linux.cgroup.systemd == true and .linux.seccomp.enabled == false' <<<"$out"
	jq -e '[.annotations[] | split(",")[]] | (index("qemu") != null) and (index("linux") != null)' <<<"$out"
}

@test "output to a full device is an error, not silence" {
	only_urunc
	guest fake.wait
	create
	local command
	for command in "state $ID" 'list' 'features' "ps $ID"; do
		status=0
		# shellcheck disable=SC2086
		"$RT" --root "$ROOT" $command >/dev/full 2>"$T/err" 3>&- || status=$?
		[ "$status" -ne 0 ] || {
			echo "$command said nothing about its lost output"
			false
		}
	done
}
