#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Step by step, with a guest of a few kilobytes that boots in no time, and with Linux where it matters.
load helpers

probe() {
	config '.root.path = $root | .process.args = ["/init"] + $ARGS.positional' --arg root "$SHARED/probe" --args -- "$@"
}

@test "probe guest: create, start, run to the end, stopped, delete" {
	probe hello
	create
	status_is "$ID" created
	ok start "$ID"
	says 'hello'
	within 10000 status_is "$ID" stopped
	ok delete "$ID"
	refused 'does not exist' state "$ID"
}

@test "probe guest: run returns when the machine resets, and the container is gone" {
	probe hello
	boots_with 0
	matches "$out" "hello"
	refused 'does not exist' state "$ID"
}

@test "probe guest: a guest that hears neither signals nor the power button is killed after the grace time: 137" {
	probe probe.wait
	toml 'stop_grace_ms = 300'
	boot_aside
	says 'probe.wait'
	ok kill "$ID" TERM
	ends_with 137
}

@test "probe guest: delete refuses while it runs, --force does not" {
	probe probe.wait
	create
	ok start "$ID"
	says 'probe.wait'
	refused 'running|not stopped' delete "$ID"
	ok delete --force "$ID"
	refused 'does not exist' state "$ID"
}

@test "probe guest: twenty containers one after the other leave nothing" {
	probe hello
	local i
	for i in $(seq 20); do boots_with 0; done
}

@test "state and ps tell the truth while a guest runs" {
	app /bin/sigecho
	boot_aside
	says 'sigecho: ready'
	status_is "$ID" running
	local pid
	pid=$(init_pid "$ID")
	# the supervisor, which is the container's process, and QEMU
	ok ps --format json "$ID"
	jq -e --argjson pid "$pid" 'index($pid) != null and length >= 2' <<<"$out"
	ok kill "$ID" KILL
	ends_with 137
}

@test "pause stops the guest's clock ticking, resume lets it go on" {
	app /bin/sh -c 'i=0; while :; do echo "tick $i"; i=$((i + 1)); sleep 0.2; done'
	boot_aside
	says '^tick 2'
	ok pause "$ID"
	status_is "$ID" paused
	local before
	# what was on its way may still arrive; after that there is silence
	within 3000 silent
	before=$(wc -l <"$T/console")
	read -rt 1 <>"$T/never" || :
	[ "$(wc -l <"$T/console")" -eq "$before" ]
	ok resume "$ID"
	status_is "$ID" running
	within 10000 longer "$before"
	ok kill "$ID" KILL
	ends_with 137
}
silent() {
	local n
	n=$(wc -l <"$T/console")
	read -rt 0.5 <>"$T/never" || :
	[ "$(wc -l <"$T/console")" -eq "$n" ]
}
longer() {
	[ "$(wc -l <"$T/console")" -gt $(($1 + 2)) ]
}

@test "supervise = false: the monitor is the container's process" {
	toml 'supervise = false'
	app /bin/echo 'by itself'
	create
	ok start "$ID"
	says 'by itself'
	within 20000 status_is "$ID" stopped
	ok delete "$ID"
}

@test "when the supervisor is killed, QEMU goes with it" {
	app /bin/sigecho
	create
	ok start "$ID"
	says 'sigecho: ready'
	kill -KILL "$(init_pid "$ID")"
	within 5000 status_is "$ID" stopped
	within 5000 no_process_left
	ok delete "$ID"
}
no_process_left() {
	[ -z "$(our_processes)" ]
}
