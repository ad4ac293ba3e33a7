#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A monitor and a guest that nobody has heard of, one new file each (tests/pair) and no other edit: they are listed,
# planned, started and stopped like all others.
load helpers

setup() {
	common_setup
	only_urunc
	RT=$BUILD/bin/urunc-pair
	[ -x "$RT" ] || {
		echo "$RT is missing: run 'make pair'"
		return 1
	}
	own_rootfs
	urunc_json unikernelType=pebble hypervisor=abacus binary=/boot/kernel >"$B/rootfs/urunc.json"
	printf '[monitors.abacus]\npath = "%s"\n' "$FAKE" >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
}

@test "features lists both and their pair" {
	ok features
	jq -e '.annotations | (."dev.urunc.monitors" | split(",") | index("abacus")) and (."dev.urunc.guests" | split(",") | index("pebble"))' <<<"$out"
	jq -e '.urunc.monitors[] | select(.name == "abacus") | .capabilities == ["block"] and .max_vcpus == 2 and .stop == "SIGTERM"' <<<"$out"
	jq -e '.urunc.guests[] | select(.name == "pebble") | .args and (.env | not) and .min_memory_mib == 3' <<<"$out"
	jq -e '[.urunc.pairs[] | select(.guest == "pebble") | .monitor + " " + .arch] == ["abacus x86_64", "abacus aarch64"]' <<<"$out"
}

@test "plan prints their argv" {
	process_args /app one -- --two
	ok plan --bundle "$B" "$ID"
	jq -e '.monitor == "abacus" and .guest == "pebble" and .vm.accel == "none" and .guest_cmdline == "/app one -- --two"
		and .argv == ["abacus", "--rows=1", "--beads=\(.memory_bytes / 1048576)", "--", "/kernel", "/app one -- --two"]' <<<"$out"
}

@test "what they refuse is refused in their words, what the box lacks in ours" {
	process_args /app 'a b'
	refused "pebble: argument 1 'a b' has a blank" create --bundle "$B" "$ID"
	process_args /app "$(printf 'x%.0s' {1..600})"
	refused '512' create --bundle "$B" "$ID"
	process_args /app
	urunc_json unikernelType=pebble hypervisor=qemu binary=/boot/kernel >"$B/rootfs/urunc.json"
	refused "guest 'pebble' does not run on monitor 'qemu' \(allowed: abacus\)" create --bundle "$B" "$ID"
	urunc_json unikernelType=linux hypervisor=abacus binary=/boot/kernel >"$B/rootfs/urunc.json"
	refused "guest 'linux' does not run on monitor 'abacus'" create --bundle "$B" "$ID"
	nothing_left
}

@test "a container of them lives: its argv is the planned one, its disk is in the box, TERM ends it" {
	process_args /app fake.wait
	truncate -s 1M "$B/rootfs/disk.img"
	urunc_json unikernelType=pebble hypervisor=abacus binary=/boot/kernel block=/disk.img blkMntPoint=/data >"$B/rootfs/urunc.json"
	ok plan --bundle "$B" "$ID"
	local planned
	planned=$(jq -c .argv <<<"$out")
	jq -e '.argv | index("--frame") != null' <<<"$out"
	running
	same "$(report .argv)" "$planned"
	holds '[.tree[].path] | index("/kernel") and index("/disk0")'
	status_is "$ID" running
	ok kill "$ID" TERM
	stopped
	in_console 'SIGNAL 15'
	ok delete "$ID"
}

@test "its status is the monitor's, and a stop is told as the signal that was asked for" {
	process_args /app fake.exit=7
	rt run --bundle "$B" "$ID"
	same "$status" 7
	process_args /app fake.wait
	: >"$T/console"
	"$RT" --root "$ROOT" run --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&- &
	local runner=$!
	background+=("$runner")
	console_has WAITING
	ok kill "$ID" TERM
	status=0
	wait $runner || status=$?
	same "$status" 143
}

@test "nothing else knows them" {
	same "$(find "$top/tests/pair" -type f -printf '%f\n' | sort | paste -sd ' ')" "made_up_guest.c made_up_monitor.c"
	same "$(grep -rlwE 'abacus|pebble' "$top/src" "$top/Makefile" "$top/mk")" ""
	RT=$URUNC
	ok features
	same "$(grep -E 'abacus|pebble' <<<"$out")" ""
	refused "'pebble'" create --bundle "$B" "$ID"
}
