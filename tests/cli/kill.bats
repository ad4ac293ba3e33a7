#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Signals: the one that was asked for, to the process that is meant.
load helpers

@test "TERM is the default" {
	guest fake.wait
	running
	ok kill "$ID"
	stopped
}

@test "signals by number, by name with and without SIG, in any case" {
	guest fake.wait
	local form
	for form in 9 KILL SIGKILL kill sigkill Kill; do
		running
		ok kill "$ID" "$form"
		same "$out$err" ""
		stopped
		ok delete "$ID"
	done
}

@test "0 only looks" {
	guest fake.wait
	create
	ok kill "$ID" 0
	ok start "$ID"
	console_has WAITING
	ok kill "$ID" 0
	status_is "$ID" running
	ok kill "$ID" KILL
	stopped
	refused 'container not running' kill "$ID" 0
}

@test "a signal that does not exist is refused and sends nothing" {
	guest fake.wait
	running
	local form
	for form in NOSUCH SIGNOSUCH TERMX 15x ' 15' 1.5; do
		refused 'unknown signal' kill "$ID" "$form"
	done
	for form in 99 65; do
		refused 'signal' kill "$ID" "$form"
	done
	# runc takes it for 9, its lower half.
	[ "$RUNTIME" = runc ] || refused 'signal' kill "$ID" 4294967305
	for form in -1 -9; do
		rt kill "$ID" "$form"
		[ "$status" -ne 0 ]
	done
	status_is "$ID" running
}

@test "realtime signals are numbers like others" {
	guest fake.wait
	running
	ok kill "$ID" 40
	[ "$RUNTIME" = runc ] || status_is "$ID" running
}

@test "after the end: the text that containerd's shim looks for, and exit 1" {
	guest fake.exit=0
	create
	ok start "$ID"
	stopped
	local form
	for form in 9 15 TERM 0; do
		refused 'container not running' kill "$ID" $form
		same "$status" 1
	done
}

@test "--all after the end is no error, in all its forms" {
	guest fake.exit=0
	create
	ok start "$ID"
	stopped
	ok kill --all "$ID" 9
	ok kill -a "$ID" KILL
	ok kill --all "$ID" TERM
	same "$out$err" ""
}

@test "--all KILL ends every process of the container" {
	guest fake.fork fake.wait
	running
	[ "$(our_processes | wc -l)" -ge 2 ]
	ok kill --all "$ID" KILL
	stopped
	none_left() { [ -z "$(our_processes)" ]; }
	within 2000 none_left
	ok delete "$ID"
}

@test "KILL of the init process takes the monitor and its children along" {
	guest fake.fork fake.wait
	running
	ok kill "$ID" KILL
	stopped
	none_left() { [ -z "$(our_processes)" ]; }
	within 2000 none_left
	ok delete "$ID"
}

@test "a container that waits for start dies of TERM, INT, HUP and QUIT" {
	local signal
	for signal in TERM INT HUP QUIT KILL; do
		create
		ok kill "$ID" $signal
		stopped
		ok delete "$ID"
	done
}

@test "a container that waits for start does not die of WINCH, USR1 or CHLD" {
	only_urunc # runc's init has Go's handlers
	local signal
	create
	for signal in WINCH CHLD URG; do
		ok kill "$ID" $signal
		status_is "$ID" created
	done
	ok start "$ID"
}

@test "a guest that cannot hear signals: WINCH, USR1 and CHLD do not stop it" {
	only_urunc
	guest fake.wait
	running
	local signal
	for signal in WINCH USR1 USR2 CHLD CONT ALRM; do
		ok kill "$ID" $signal
		status_is "$ID" running
	done
	ok kill "$ID" TERM
	stopped
	# The monitor itself heard nothing, its control socket nothing but the stop.
	same "$(grep -c '^SIGNAL' "$T/console")" 0
	same "$(grep -c '^API' "$T/console")" 1
	ok delete "$ID"
	another_guest
	running
	for signal in WINCH USR1 USR2 CHLD CONT ALRM; do
		ok kill "$ID" $signal
	done
	ok kill "$ID" TERM
	stopped
	same "$(grep -c '^SIGNAL' "$T/console")" 1
	grep -x 'SIGNAL 15' "$T/console"
}

@test "a monitor that does not stop when it is asked to is killed after the grace time" {
	only_urunc
	toml 'stop_grace_ms = 200'
	guest fake.ignore=TERM fake.wait
	another_guest
	running
	local begin=${EPOCHREALTIME/./}
	ok kill "$ID" TERM
	stopped
	[ $((${EPOCHREALTIME/./} - begin)) -ge 190000 ]
	grep -x 'SIGNAL 15' "$T/console"
}

@test "our urunit hears every signal with its own number" {
	only_urunc
	guest_urunit fake.ctl=ready,await,await,await,await,await,exit:0
	create
	ok start "$ID"
	console_has FAKE-REPORT
	local n
	for n in 10 1 28 40; do
		ok kill "$ID" $n
		console_has "^CTL SIGNAL $n\$"
	done
	ok kill "$ID" TERM
	console_has '^CTL SIGNAL 15$'
	stopped
}

@test "signals sent before the guest is ready are kept for it" {
	only_urunc
	# Touching that much memory takes longer than the two commands; should it not, nothing changes.
	guest_urunit fake.eat=150 fake.ctl=ready,await,await,exit:0
	create
	ok start "$ID"
	console_has FAKE-REPORT
	ok kill "$ID" USR1
	ok kill "$ID" TERM
	console_has '^CTL SIGNAL 10$'
	console_has '^CTL SIGNAL 15$'
	stopped
}

@test "a guest that is never ready gets no signal, and dies of KILL" {
	only_urunc
	guest_urunit fake.ctl=await
	create
	ok start "$ID"
	console_has FAKE-REPORT
	ok kill "$ID" USR1
	ok kill "$ID" TERM
	status_is "$ID" running
	ok kill "$ID" KILL
	stopped
	run grep 'CTL SIGNAL' "$T/console"
	same "$status" 1
}

@test "no other process of the same number is ever hit" {
	only_urunc
	guest fake.wait
	running
	sleep 1000 3>&- 4>&- &
	background+=($!)
	local other=$! pid
	pid=$(init_pid "$ID")
	kill -KILL "$pid"
	within 5000 gone "$pid"
	sed -i "s/^process $pid /process $other /" "$ROOT/$ID/journal"
	refused 'container not running' kill "$ID" 9
	ok kill --all "$ID" 9
	ok delete --force "$ID"
	kill -0 $other
}
