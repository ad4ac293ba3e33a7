#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Limits of a container that runs, and what is counted for it.
# shellcheck disable=SC2016 # $names inside single quotes are those of jq
load helpers

limit() { value memory.limit_in_bytes memory.max; }
pids() { value pids.max pids.max; }

setup() {
	common_setup
	guest fake.wait
	config '.linux.cgroupsPath = "/" + $id | .linux.resources.memory = {limit: 67108864} | .linux.resources.pids = {limit: 100}' \
		--arg id "$ID"
}

@test "update: the options, one by one" {
	running
	ok update --pids-limit 60 "$ID"
	same "$(pids)" 60
	ok update --cpu-share 512 "$ID"
	[[ $(value cpu.shares cpu.weight) =~ ^(512|20)$ ]]
	ok update --cpu-period 50000 --cpu-quota=25000 "$ID"
	[[ $(value cpu.cfs_quota_us cpu.max) =~ ^25000( 50000)?$ ]]
	ok update --cpuset-cpus 0 "$ID"
	same "$(value cpuset.cpus cpuset.cpus)" 0
	ok update "$ID"
	same "$(pids)" 60
	status_is "$ID" running
}

@test "update: JSON from a file and from standard input, in both forms that engines use" {
	running
	echo '{"pids": {"limit": 61}}' >"$T/r.json"
	ok update --resources "$T/r.json" "$ID"
	same "$(pids)" 61
	# containerd 1.7 and 1.6
	"$URUNC" --root "$ROOT" update --resources=- "$ID" <<<'{"pids":{"limit":62}}'
	same "$(pids)" 62
	"$URUNC" --root "$ROOT" update --resources - "$ID" <<<'{"pids":{"limit":63}}'
	same "$(pids)" 63
	# Docker's zeros, and what the CRI sends along
	"$URUNC" --root "$ROOT" update --resources - "$ID" <<<'{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":0,
		"reservation":0,"swap":0,"kernel":0},"cpu":{"shares":0,"quota":0,"period":0,"cpus":"","mems":""},"blockIO":{"weight":0}}'
	same "$(pids)" 63
	# runc: with a file the other options do not count
	ok update --resources "$T/r.json" --pids-limit 99 "$ID"
	same "$(pids)" 61
}

@test "update: memory keeps limit and overhead; less than the guest has is refused in words" {
	only_urunc
	running
	local before after
	before=$(limit)
	ok update --memory 128m "$ID"
	after=$(limit)
	same $((after - before)) 67108864
	grep -q 'the guest keeps its 67108864 bytes of memory' <<<"$err"
	refused 'memory limit of 33554432 bytes is below the guest.s memory of 67108864 bytes' update --memory 32m "$ID"
	same "$(limit)" "$after"
	ok update --memory 64m "$ID"
	same "$(limit)" "$before"
	status_is "$ID" running
}

@test "update: what was changed is kept, and changes that fail change nothing" {
	only_urunc
	running
	ok update --pids-limit 70 "$ID"
	ok update --memory 128m "$ID"
	refused 'cpuset' update --pids-limit 80 --cpuset-cpus 4000 "$ID"
	same "$(pids)" 70
	# Swap alone needs the limit that is in force now.
	refused 'is below memory.limit' update --memory-swap 100m "$ID"
	status_is "$ID" running
	ok kill "$ID" KILL
	within 5000 stopped_now
	refused 'container not running' update --pids-limit 71 "$ID"
	ok delete "$ID"
	nothing_left
}
stopped_now() { status_is "$ID" stopped; }

@test "update: of a created container, before it starts" {
	create
	ok update --pids-limit 64 "$ID"
	ok start "$ID"
	same "$(pids)" 64
	status_is "$ID" running
}

@test "update: wrong calls" {
	only_urunc
	running
	refused 'does not exist' update --pids-limit 5 nosuch
	refused 'pids-limit' update --pids-limit x "$ID"
	refused 'memory' update --memory 5x "$ID"
	refused 'blkio-weight' update --blkio-weight 5000 "$ID"
	refused 'nosuch' update --nosuch 5 "$ID"
	refused 'not supported for a virtual machine' update --l3-cache-schema L3:0=f "$ID"
	refused 'No such file' update --resources "$T/nosuch" "$ID"
	echo '[]' >"$T/r.json"
	refused 'must be an object' update --resources "$T/r.json" "$ID"
	echo '{"memory": {"limit": "64m"}}' >"$T/r.json"
	refused 'linux.resources.memory.limit' update --resources "$T/r.json" "$ID"
	head -c 2000000 /dev/zero | tr '\0' ' ' >"$T/r.json"
	refused 'r.json' update --resources "$T/r.json" "$ID"
	status_is "$ID" running
}

@test "update while others look: nobody misses the container" {
	only_urunc
	running
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		"$URUNC" --root "$ROOT" update --pids-limit $((64 + i)) "$ID" &
		"$URUNC" --root "$ROOT" state "$ID" >"$T/state.$i" 2>&1 &
		[ $((i % 5)) -ne 0 ] || wait
	done
	wait
	same "$(grep -l '"status": "running"' "$T"/state.* | wc -l)" 20
}

@test "events --stats: runc's members, with numbers in them" {
	running
	ok events --stats "$ID"
	one_line "$out"
	jq -e --arg id "$ID" '.type == "stats" and .id == $id and .data.cpu.usage.total > 0 and .data.memory.usage.usage > 0
		and (.data.memory.usage.limit | type) == "number" and .data.memory.raw.pgfault > 0 and .data.pids.current >= 1
		and .data.pids.limit == 100 and (.data | has("network_interfaces"))' <<<"$out"
}

@test "events: a line each interval until the container ends" {
	only_urunc
	running
	"$URUNC" --root "$ROOT" events --interval 200ms "$ID" >"$T/events" 2>"$T/err" 3>&- 4>&- &
	local events=$!
	within 10000 two_lines
	ok kill "$ID" KILL
	wait $events
	[ "$(jq -s 'map(select(.type == "stats")) | length' "$T/events")" -ge 2 ]
	[ ! -s "$T/err" ]
}
two_lines() { [ "$(wc -l <"$T/events")" -ge 2 ]; }

@test "events: ends when nobody reads any more" {
	only_urunc
	running
	timeout 20 "$URUNC" --root "$ROOT" events --interval 50ms "$ID" 3>&- 4>&- | head -n 1 | jq -e .data
	[ "${PIPESTATUS[0]}" -ne 124 ]
}

@test "events: running out of memory is told" {
	only_urunc
	guest fake.eat=400 fake.wait
	config '.linux.cgroupsPath = "/" + $id | .linux.resources.memory = {limit: 67108864}' --arg id "$ID"
	create
	"$URUNC" --root "$ROOT" events --interval 1h "$ID" >"$T/events" 2>"$T/err" 3>&- 4>&- &
	local events=$!
	within 10000 is_waiting $events
	ok start "$ID"
	wait $events
	jq -e -s --arg id "$ID" 'any(.[]; .type == "oom" and .id == $id)' "$T/events"
}
# It has its descriptor for the shortage of memory.
is_waiting() { find "/proc/$1/fd" -lname '*eventfd*' -o -lname '*inotify*' | grep -q .; }

@test "events: wrong calls" {
	running
	refused 'does not exist' events --stats nosuch
	refused 'interval' events --interval 0s "$ID"
	refused 'interval' events --interval 5 "$ID"
	ok kill "$ID" KILL
	within 5000 stopped_now
	refused 'is not running' events --stats "$ID"
	refused 'is not running' events "$ID"
}
