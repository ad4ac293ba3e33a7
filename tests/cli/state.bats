#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `state` says what is true now, not what was written once.
load helpers

@test "created, running, paused, running, stopped" {
	guest fake.wait
	create
	status_is "$ID" created
	ok start "$ID"
	console_has WAITING
	status_is "$ID" running
	ok pause "$ID"
	status_is "$ID" paused
	ok resume "$ID"
	status_is "$ID" running
	ok kill "$ID" KILL
	stopped
	same "$(jq .pid <<<"$out")" 0
}

@test "the object has runc's members, with their types" {
	guest fake.wait
	config '.annotations = {"a.b": "c", "x": ""}'
	running
	ok state "$ID"
	jq -e --arg id "$ID" --arg b "$B" --arg root "$SHARED/rootfs" '
		(keys - ["annotations", "owner"]) == ["bundle", "created", "id", "ociVersion", "pid", "rootfs", "status"]
		and .id == $id and .bundle == $b and .rootfs == $root and .status == "running" and (.pid | type) == "number"
		and .annotations == {"a.b": "c", "x": ""}' <<<"$out"
	matches "$(jq -r .created <<<"$out")" '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,9})?Z$'
	[ -d "/proc/$(jq .pid <<<"$out")" ]
}

@test "ociVersion is that of the bundle" {
	only_urunc # runc prints its own
	guest fake.wait
	config '.ociVersion = "1.0.1"'
	create
	ok state "$ID"
	same "$(jq -r .ociVersion <<<"$out")" 1.0.1
}

@test "a guest that ends by itself is stopped" {
	guest fake.exit=0
	create
	ok start "$ID"
	stopped
	same "$(jq .pid <<<"$out")" 0
}

@test "an init process that was killed from outside is stopped" {
	guest fake.wait
	running
	kill -KILL "$(init_pid "$ID")"
	stopped
	ok delete "$ID"
}

@test "an init process killed before start is stopped, and start says so" {
	create
	local pid
	pid=$(init_pid "$ID")
	kill -KILL "$pid"
	within 5000 gone "$pid"
	status_is "$ID" stopped
	refused 'cannot start a container that has stopped' start "$ID"
	ok delete "$ID"
}

# Whoever should reap is busy: our own commands run as its children.
@test "a zombie is stopped: state, kill, start and delete all see it so" {
	guest fake.wait
	running() { :; } # the steps below are those of a script
	cat >"$T/script" <<-END
		set -e
		"$RT" --root "$ROOT" create --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null
		"$RT" --root "$ROOT" start "$ID"
		pid=\$("$RT" --root "$ROOT" state "$ID" | jq .pid)
		kill -KILL "\$pid"
		until grep -q '^State:.Z' "/proc/\$pid/status"; do :; done
		"$RT" --root "$ROOT" state "$ID" | jq -r .status
		"$RT" --root "$ROOT" kill "$ID" TERM 2>&1 || echo "kill \$?"
		"$RT" --root "$ROOT" kill --all "$ID" KILL && echo all
		"$RT" --root "$ROOT" start "$ID" 2>/dev/null || echo "start \$?"
		grep '^State:' "/proc/\$pid/status"
		"$RT" --root "$ROOT" delete "$ID" && echo deleted
	END
	"$helper" reap bash "$T/script" >"$T/log" 2>"$T/err" 3>&- 4>&-
	cat "$T/log"
	same "$(sed -n 1p "$T/log")" stopped
	matches "$(sed -n 2p "$T/log")" 'container not running'
	same "$(sed -n 3p "$T/log")" 'kill 1'
	same "$(sed -n 4p "$T/log")" all
	same "$(sed -n 5p "$T/log")" 'start 1'
	matches "$(sed -n 6p "$T/log")" zombie
	same "$(sed -n 7p "$T/log")" deleted
}

@test "the pid of another process is not taken for the container's" {
	only_urunc # the journal is ours
	guest fake.wait
	running
	sleep 1000 3>&- 4>&- &
	background+=($!)
	local other=$! pid
	pid=$(init_pid "$ID")
	kill -KILL "$pid"
	within 5000 gone "$pid"
	# As if the kernel had given the number to somebody else: same number form, other start time.
	sed -i "s/^process $pid /process $other /" "$ROOT/$ID/journal"
	grep "^process $other " "$ROOT/$ID/journal"
	status_is "$ID" stopped
	refused 'container not running' kill "$ID" KILL
	ok delete --force "$ID"
	kill -0 "$other"
}

# As if the machine had been started anew since: the boot is noted first and beside the process.
reboot() {
	local boot
	boot=$(</proc/sys/kernel/random/boot_id)
	same "$(grep -c -- "$boot" "$ROOT/$ID/journal")" 2
	sed -i "s/$boot/00000000-0000-0000-0000-000000000000/" "$ROOT/$ID/journal"
}

# The group that has the container's path now is somebody else's, with a process in it.
@test "state of another boot is stopped, kills nobody, and can be deleted" {
	only_urunc
	guest fake.wait
	local pid force dir
	for force in '' --force; do
		running
		pid=$(init_pid "$ID")
		reboot
		status_is "$ID" stopped
		same "$(jq .pid <<<"$out")" 0
		refused 'container not running' kill "$ID" KILL
		ok kill --all "$ID" KILL
		ok delete $force "$ID"
		[ ! -e "$ROOT/$ID" ]
		kill -0 "$pid"
		! gone "$pid" || return 1
		kill -KILL "$pid"
		within 5000 gone "$pid"
		for dir in $(our_cgroups); do within 5000 rmdir "$dir"; done
		nothing_left
	done
}

@test "create takes the place of a container of another boot" {
	only_urunc
	guest fake.wait
	local pid dir
	create
	pid=$(init_pid "$ID")
	kill -KILL "$pid"
	within 5000 gone "$pid"
	for dir in $(our_cgroups); do within 5000 rmdir "$dir"; done
	rt create --bundle "$B" "$ID" # of this boot: in the way
	matches "$err" 'already exists'
	reboot
	running
	status_is "$ID" running
	ok delete --force "$ID"
	nothing_left
}

@test "a damaged state file is told in one line, and delete --force still clears away" {
	only_urunc
	create
	local pid
	pid=$(init_pid "$ID")
	printf 'nonsense' >"$ROOT/$ID/plan"
	refused 'damaged' state "$ID"
	refused 'damaged' start "$ID"
	kill -KILL "$pid"
	within 5000 gone "$pid"
	ok delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "a torn last line of the journal counts as not written" {
	only_urunc
	guest fake.wait
	create
	printf 'started' >>"$ROOT/$ID/journal"
	status_is "$ID" created
}

@test "the state directory is for its owner only" {
	only_urunc
	create
	same "$(stat -c %a "$ROOT/$ID")" 700
	same "$(find "$ROOT/$ID" -type f -perm /077)" ""
	same "$(stat -c %a "$ROOT/$ID/gate")" 600
}

@test "state waits for nobody: it answers while another command holds the lock" {
	only_urunc
	guest fake.wait
	running
	(
		exec 3<"$ROOT/$ID" 4>&-
		flock 3
		echo >"$T/locked"
		exec sleep 1000
	) &
	background+=($!)
	within 5000 test -e "$T/locked"
	local begin=${EPOCHREALTIME/./}
	status_is "$ID" running
	[ $((${EPOCHREALTIME/./} - begin)) -lt 1000000 ]
	ok list -q
	same "$out" "$ID"
	ok kill "$ID" 0
}
