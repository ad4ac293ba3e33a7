#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Exit statuses, as whoever reaps the container's process sees them, and the control channel they come through.
load helpers

# reaped [EXTRA SHELL LINE...]: creates, starts, runs the lines, then reaps; prints "exit N" or "signal N" of the init process.
reaped() {
	{
		printf '%s\n' "'$RT' --root '$ROOT' create --bundle '$B' '$ID' >>'$T/console' 2>&1 </dev/null || exit 1" \
			"'$RT' --root '$ROOT' state '$ID' | jq .pid >'$T/pid'" "'$RT' --root '$ROOT' start '$ID' || exit 1" "$@"
	} >"$T/script"
	: >"$T/console"
	timeout -k 1 60 "$helper" reap bash "$T/script" >"$T/reaped" 2>&1 </dev/null 3>&- 4>&-
	sed -n "s/^orphan $(<"$T/pid") //p" "$T/reaped"
}

until_console() {
	echo "timeout 10 tail -n +1 -f '$T/console' | grep -q -m 1 '$1'"
}

@test "without a urunit the status is the monitor's" {
	local n
	for n in 0 1 7 126 255; do
		guest fake.exit=$n
		same "$(reaped)" "exit $n"
		ok delete "$ID"
	done
}

@test "without a urunit: a monitor that dies of a signal counts as 128 + n" {
	only_urunc
	local n
	for n in 6 9 11 15; do
		guest fake.signal=$n
		same "$(reaped)" "exit $((128 + n))"
		ok delete "$ID"
	done
}

@test "without a urunit: a monitor that was asked to stop, and ends with 0, was stopped by that signal" {
	only_urunc
	guest fake.wait
	another_guest
	same "$(reaped "$(until_console WAITING)" "'$RT' --root '$ROOT' kill '$ID' TERM")" 'exit 143'
	ok delete "$ID"
	same "$(reaped "$(until_console WAITING)" "'$RT' --root '$ROOT' kill '$ID' INT")" 'exit 130'
}

@test "without a urunit, but with a power button: a guest that powers off has ended by itself" {
	only_urunc
	guest fake.wait
	same "$(reaped "$(until_console WAITING)" "'$RT' --root '$ROOT' kill '$ID' TERM")" 'exit 0'
	grep -F 'API {"execute":"qmp_capabilities"}\n{"execute":"system_powerdown"}' "$T/console"
	! grep '^SIGNAL' "$T/console"
}

@test "without a urunit: a guest that ignores its power button is killed" {
	only_urunc
	toml 'stop_grace_ms = 200'
	guest fake.wait fake.ignore=TERM
	same "$(reaped "$(until_console WAITING)" "'$RT' --root '$ROOT' kill '$ID' TERM")" 'exit 137'
	grep '^API ' "$T/console"
}

@test "a container killed at the gate" {
	only_urunc
	sed() { command sed "$@"; }
	{
		echo "'$RT' --root '$ROOT' create --bundle '$B' '$ID' >>'$T/console' 2>&1 </dev/null || exit 1"
		echo "'$RT' --root '$ROOT' kill '$ID' TERM"
	} >"$T/script"
	timeout 20 "$helper" reap bash "$T/script" >"$T/reaped" 2>&1 </dev/null 3>&- 4>&-
	matches "$(<"$T/reaped")" '^orphan [0-9]+ exit 143$'
}

@test "our urunit reports the application's status" {
	only_urunc
	local n
	for n in 0 1 7 255; do
		guest_urunit fake.ctl=ready,exit:$n
		same "$(reaped)" "exit $n"
		ok delete "$ID"
	done
	# The monitor's own status means nothing then.
	guest_urunit fake.ctl=ready,exit:7 fake.exit=3
	same "$(reaped)" 'exit 7'
}

@test "our urunit reports the signal that ended the application" {
	only_urunc
	guest_urunit fake.ctl=ready,signal:15
	same "$(reaped)" 'exit 143'
	ok delete "$ID"
	guest_urunit fake.ctl=ready,signal:9
	same "$(reaped)" 'exit 137'
}

@test "a signal passed on: the status is what the application makes of it" {
	only_urunc
	guest_urunit fake.ctl=ready,await,exit:5
	same "$(reaped "$(until_console FAKE-REPORT)" "'$RT' --root '$ROOT' kill '$ID' TERM")" 'exit 5'
	grep -x 'CTL SIGNAL 15' "$T/console"
}

@test "an application that could not be started: the guest's words on the console, the guest's status" {
	only_urunc
	guest_urunit 'fake.ctl=error:no-such-program,exit:127'
	same "$(reaped)" 'exit 127'
	grep -F no-such-program "$T/console"
}

@test "a guest that crashes after it was ready: not success, and a line that says so" {
	only_urunc
	guest_urunit fake.ctl=ready
	same "$(reaped)" 'exit 255'
	grep -F 'without telling' "$T/console"
}

@test "a guest that never was ready: not success, and a line that says so" {
	only_urunc
	guest_urunit fake.ctl=half
	same "$(reaped)" 'exit 255'
	grep -F 'before its program was started' "$T/console"
}

@test "a guest that reports its status and does not power off is ended" {
	only_urunc
	toml 'stop_grace_ms = 300'
	guest_urunit fake.ctl=ready,exit:6 fake.spin
	same "$(reaped)" 'exit 6'
}

@test "rubbish on the control channel ends the conversation, not the supervisor" {
	only_urunc
	guest_urunit fake.ctl=ready,garbage fake.wait
	# From then on the guest cannot be heard: the stop goes to the monitor, and its end is the container's.
	same "$(reaped "$(until_console WAITING)" "'$RT' --root '$ROOT' kill '$ID' TERM")" 'exit 143'
	grep -x 'SIGNAL 15' "$T/console"
}

@test "ten thousand unknown frames are skipped, and the supervisor stays small" {
	only_urunc
	guest_urunit fake.ctl=ready,flood:10000,exit:9
	same "$(reaped)" 'exit 9'
}

@test "a channel that the guest closes: signals fall back to the monitor" {
	only_urunc
	guest_urunit fake.ctl=ready,close fake.wait
	same "$(reaped "$(until_console WAITING)" "'$RT' --root '$ROOT' kill '$ID' TERM")" 'exit 143'
	grep -x 'SIGNAL 15' "$T/console"
}

@test "a frame cut into pieces and the end right behind it are both read" {
	only_urunc
	guest_urunit fake.ctl=ready,exit:33,close
	same "$(reaped)" 'exit 33'
}

@test "READY of another version still is ready" {
	only_urunc
	guest_urunit fake.ctl=ready:9,await,exit:4
	same "$(reaped "$(until_console FAKE-REPORT)" "'$RT' --root '$ROOT' kill '$ID' USR1")" 'exit 4'
	grep -x 'CTL SIGNAL 10' "$T/console"
}

@test "only the first EXIT counts" {
	only_urunc
	guest_urunit fake.ctl=ready,exit:3,exit:4
	same "$(reaped)" 'exit 3'
}

@test "supervise = false: the process itself is the monitor, its status the container's" {
	only_urunc
	toml 'supervise = false'
	guest fake.exit=7
	same "$(reaped)" 'exit 7'
	ok delete "$ID"
	guest fake.wait
	same "$(reaped "$(until_console WAITING)" "'$RT' --root '$ROOT' kill '$ID' KILL")" 'signal 9'
	ok delete "$ID"
	guest fake.wait
	create
	ok start "$ID"
	console_has WAITING
	same "$(<"/proc/$(init_pid "$ID")/comm")" monitor
	ok kill "$ID" TERM
	stopped
}

@test "supervise = false: run returns 128 + n for a monitor killed by a signal" {
	only_urunc
	toml 'supervise = false'
	guest fake.wait
	"$RT" --root "$ROOT" run --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&- &
	local pid=$!
	background+=("$pid")
	console_has WAITING
	ok kill "$ID" KILL
	status=0
	wait $pid || status=$?
	same "$status" 137
}

@test "run passes every signal to the application and returns its status" {
	only_urunc
	guest_urunit fake.ctl=ready,await,await,exit:12
	"$RT" --root "$ROOT" run --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&- &
	local pid=$!
	background+=("$pid")
	console_has FAKE-REPORT
	kill -USR2 $pid
	console_has '^CTL SIGNAL 12$'
	kill -TERM $pid
	console_has '^CTL SIGNAL 15$'
	status=0
	wait $pid || status=$?
	same "$status" 12
	nothing_left
}

@test "a flood of output that nobody reads does not stop signals or the end" {
	only_urunc
	guest fake.flood=1 fake.wait
	mkfifo "$T/pipe"
	exec 9<>"$T/pipe"
	"$RT" --root "$ROOT" create --bundle "$B" "$ID" >"$T/pipe" 2>&1 </dev/null 3>&- 4>&- 9>&-
	ok start "$ID" 9>&-
	ok kill "$ID" KILL 9>&-
	stopped
	exec 9>&-
}

@test "when the supervisor dies, the monitor dies with it" {
	only_urunc
	config '.linux.namespaces |= map(select(.type != "pid"))'
	guest fake.wait
	running
	local pid
	pid=$(init_pid "$ID")
	kill -KILL "$pid"
	none_left() { [ -z "$(our_processes)" ]; }
	within 2000 none_left
	ok delete "$ID"
}

@test "the supervisor is small" {
	only_urunc
	guest fake.wait
	running
	local pid own
	pid=$(init_pid "$ID")
	# What a further container costs: its program's pages are shared with all others.
	own=$(awk '/^Private_Dirty/ {print $2}' "/proc/$pid/smaps_rollup")
	echo "own memory: $own KiB"
	[ "$own" -gt 0 ]
	[ "$own" -le 150 ]
}
