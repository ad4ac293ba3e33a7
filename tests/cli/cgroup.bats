#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Control groups: who is inside, what is limited, what freezing does. Names of v1 and of v2, whichever the host has.
# shellcheck disable=SC2016 # $names inside single quotes are those of jq
load helpers

# whole_pages BYTES: what the kernel makes of a limit.
whole_pages() {
	echo $(($1 / 4096 * 4096))
}

# groups PID: its group in every hierarchy that has controllers or a name, one path a line.
groups() {
	awk -F: '$2 != "" || NR == 1 {print $3}' "/proc/$1/cgroup" | sort -u
}

@test "init process and monitor are inside, in every hierarchy" {
	guest fake.fork fake.wait
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	running
	local pid
	ok ps -f json "$ID"
	[ "$(jq length <<<"$out")" -ge 2 ]
	for pid in $(jq '.[]' <<<"$out"); do
		same "$(groups "$pid")" "/$ID"
	done
}

@test "a created container is inside before it is started" {
	create
	groups "$(init_pid "$ID")" | grep -F "$ID"
	same "$(groups "$(init_pid "$ID")" | grep -vcF "$ID")" 0
}

@test "cgroupsPath: absolute, nested, relative, missing; parents that were made go too" {
	only_urunc # runc leaves the parents
	guest fake.wait
	config '.linux.cgroupsPath = "/" + $id + "-a/b/c"' --arg id "$ID"
	running
	[ -n "$(our_cgroups "$ID-a")" ]
	ok delete --force "$ID"
	nothing_left
	config '.linux.cgroupsPath = $id + "-r/x"' --arg id "$ID"
	running
	[ -n "$(our_cgroups "$ID-r")" ]
	ok delete --force "$ID"
	nothing_left
	config 'del(.linux.cgroupsPath)'
	running
	[ -n "$(our_cgroups)" ]
}

@test "cgroupsPath: a parent that others use stays" {
	only_urunc
	guest fake.wait
	local first=$ID dir
	config '.linux.cgroupsPath = "/" + $id + "-parent/one"' --arg id "$ID"
	running
	ID=${ID}b
	config '.linux.cgroupsPath = "/" + $id + "-parent/two"' --arg id "$first"
	running
	ok delete --force "$first"
	status_is "$ID" running
	[ -n "$(our_cgroups "$first-parent")" ]
	ok delete --force "$ID"
	same "$(our_cgroups "$first-parent")" ""
}

@test "cgroupsPath: .. stays below the root of the hierarchy; the root itself and control bytes are refused" {
	only_urunc
	guest fake.wait
	config '.linux.cgroupsPath = "/../../../" + $id' --arg id "$ID"
	running
	same "$(groups "$(init_pid "$ID")")" "/$ID"
	ok delete --force "$ID"
	local path
	for path in "a"$'\n'"b" / /../ /.; do
		config '.linux.cgroupsPath = $p' --arg p "$path"
		refused 'cgroupsPath' create --bundle "$B" "$ID"
	done
	nothing_left
}

@test "systemd's form of cgroupsPath: without --systemd-cgroup a path, with it only where systemd runs" {
	only_urunc
	guest fake.wait
	config '.linux.cgroupsPath = "user.slice:urunc:" + $id' --arg id "$ID"
	running
	grep -F "/user.slice:urunc:$ID" "/proc/$(init_pid "$ID")/cgroup"
	ok delete --force "$ID"
	nothing_left
	[ ! -d /run/systemd/system ] || return 0
	local flag
	for flag in --systemd-cgroup --cgroup-manager=systemd; do
		refused 'init is not systemd' "$flag" create --bundle "$B" "$ID"
	done
	nothing_left
}

@test "memory: the guest gets the limit, the group the limit and the monitor's overhead" {
	only_urunc
	guest fake.wait
	config '.linux.resources.memory = {limit: 134217728}'
	ok plan --bundle "$B" "$ID"
	local guest overhead
	guest=$(jq .memory_bytes <<<"$out")
	overhead=$(jq .overhead_bytes <<<"$out")
	same "$guest" 134217728
	[ "$overhead" -ge $((16 << 20)) ]
	running
	same "$(value memory.limit_in_bytes memory.max)" "$(whole_pages $((guest + overhead)))"
	holds '.argv | join(" ") | test("-m (size=)?(128M|131072[kK]|134217728[bB])")'
}

@test "memory: overhead_mb of the configuration counts" {
	only_urunc
	local mb sums=()
	guest fake.wait
	config '.linux.resources.memory = {limit: 134217728}'
	for mb in 33 77; do
		make_toml | sed "/^path/a overhead_mb = $mb" >"$T/urunc.toml"
		export URUNC_CONFIG_FILE=$T/urunc.toml
		running
		sums+=("$(value memory.limit_in_bytes memory.max)")
		ok delete --force "$ID"
	done
	same $((sums[1] - sums[0])) $((44 << 20))
	[ "${sums[0]}" -ge $((161 << 20)) ]
}

@test "memory: without a limit the default, and the group is still bounded" {
	only_urunc
	make_toml | sed '/^path/a default_memory_mb = 100' >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	guest fake.wait
	ok plan --bundle "$B" "$ID"
	same "$(jq .memory_bytes <<<"$out")" $((100 << 20))
	local sum
	sum=$(jq '.memory_bytes + .overhead_bytes' <<<"$out")
	running
	same "$(value memory.limit_in_bytes memory.max)" "$(whole_pages "$sum")"
}

@test "memory: a guest that fills all of its memory lives" {
	only_urunc
	guest fake.eat=128 fake.wait
	config '.linux.resources.memory = {limit: 134217728, swap: 134217728}'
	running
	grep -x 'ATE 128' "$T/console"
	status_is "$ID" running
}

@test "memory: what eats beyond limit and overhead is killed, and the host is not" {
	only_urunc
	make_toml | sed '/^path/a overhead_mb = 8' >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	guest fake.eat=200 fake.wait
	config '.linux.resources.memory = {limit: 134217728, swap: 134217728}'
	create
	ok start "$ID"
	stopped
	run grep WAITING "$T/console"
	same "$status" 1
}

@test "memory: a limit that cannot hold the guest is refused in words" {
	only_urunc
	local limit
	for limit in 4096 1048576; do
		config '.linux.resources.memory = {limit: $l}' --argjson l $limit
		refused "memory.*$limit" create --bundle "$B" "$ID"
	done
	config '.linux.resources.memory = {limit: 134217728, swap: 1048576}'
	refused 'swap' create --bundle "$B" "$ID"
	nothing_left
}

@test "memory: limits that mean none" {
	only_urunc
	local limit
	for limit in -1 0 9223372036854771712; do
		config '.linux.resources.memory = {limit: $l}' --argjson l "$limit"
		ok plan --bundle "$B" "$ID"
		same "$(jq .memory_bytes <<<"$out")" $((256 << 20))
	done
}

@test "processor, processes, cpuset: as the bundle says" {
	guest fake.wait
	config '.linux.resources.cpu = {shares: 512, quota: 50000, period: 100000, cpus: "0"} | .linux.resources.pids = {limit: 100}'
	running
	same "$(value pids.max pids.max)" 100
	same "$(value cpuset.cpus cpuset.cpus)" 0
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		same "$(value none cpu.max)" '50000 100000'
	else
		same "$(value cpu.shares none)" 512
		same "$(value cpu.cfs_quota_us none)" 50000
	fi
}

@test "a pids limit made for one small process does not keep the monitor from starting" {
	only_urunc
	guest fake.fork fake.wait
	config '.linux.resources.pids = {limit: 1}'
	running
	[ "$(value pids.max pids.max)" -ge 8 ]
}

@test "the zeros that Docker writes mean: leave alone" {
	guest fake.wait
	config '.linux.resources = {memory: {limit: 0, swap: 0, reservation: 0}, cpu: {shares: 0, quota: 0, period: 0, cpus: "", mems: ""},
		pids: {limit: 0}, blockIO: {weight: 0}}'
	running
	status_is "$ID" running
}

@test "devices: what the monitor does not need cannot be opened" {
	only_urunc
	guest fake.wait
	running
	[ -e /sys/fs/cgroup/devices ] || return 0 # v2 attaches a program that cannot be read back
	value devices.list devices.list >"$T/devices"
	cat "$T/devices"
	run grep -E '^a|^b|^c \*' "$T/devices"
	same "$status" 1
	grep -E '^c 1:3 rwm' "$T/devices"
}

@test "pause and resume: the state, and that nothing runs meanwhile" {
	guest fake.wait
	running
	ok pause "$ID"
	same "$out$err" ""
	status_is "$ID" paused
	matches "$(value freezer.state cgroup.freeze)" '^(FROZEN|1)$'
	ok kill "$ID" TERM
	status_is "$ID" paused
	ok resume "$ID"
	stopped
}

@test "pause of a created container freezes it; start refuses; resume gives it back" {
	guest fake.wait
	create
	ok pause "$ID"
	status_is "$ID" paused
	rt start "$ID"
	[ "$status" -ne 0 ] || [ "$RUNTIME" = runc ]
	ok resume "$ID"
	[ "$RUNTIME" = runc ] || status_is "$ID" created
}

@test "pause and resume in the wrong state say what runc says" {
	guest fake.exit=0
	create
	refused 'container not paused' resume "$ID"
	ok start "$ID"
	stopped
	refused 'container not running' pause "$ID"
	refused 'container not paused' resume "$ID"
}

@test "pause of a paused container is refused" {
	guest fake.wait
	running
	ok pause "$ID"
	refused 'container not running' pause "$ID"
	status_is "$ID" paused
}

@test "KILL reaches a paused container" {
	guest fake.wait
	running
	ok pause "$ID"
	ok kill "$ID" KILL
	[ "$RUNTIME" = runc ] && rt resume "$ID"
	stopped
}

@test "kill --all KILL reaches a paused container" {
	guest fake.fork fake.wait
	running
	ok pause "$ID"
	ok kill --all "$ID" KILL
	stopped
	ok delete "$ID"
}

@test "a group that exists already is used, and is not removed by us" {
	only_urunc
	guest fake.wait
	config '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	local base made=()
	for base in $(findmnt -rno TARGET -t cgroup,cgroup2); do
		mkdir "$base/$ID"
		made+=("$base/$ID")
	done
	[ ${#made[@]} -gt 0 ]
	running
	ok delete --force "$ID"
	for base in "${made[@]}"; do
		rmdir "$base"
	done
}
