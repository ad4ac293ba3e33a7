#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The gate, where a created container waits: who comes with rubbish changes nothing, who waits there in its place gets nothing.
load helpers

setup() {
	common_setup
	only_urunc
	guest fake.wait
	create
	cd "$ROOT/$ID" || return # socket addresses are short
}

@test "rubbish, silence and half a message at the gate: the container still can be started, once" {
	local text
	for text in '' x 'urunc' "$(printf '%03000d' 0)"; do
		"$helper" knock gate "$text"
	done
	"$helper" knock gate
	status_is "$ID" created
	ok start "$ID"
	console_has WAITING
	# Nobody listens any more.
	run "$helper" knock gate x
	same "$status" 111
}

@test "somebody else at the gate: start refuses to hand over anything, the container waits on" {
	mv gate real
	"$helper" usurp gate 3>&- 4>&- &
	background+=($!)
	within 5000 test -S gate
	refused 'gate' start "$ID"
	mv real gate
	status_is "$ID" created
	ok start "$ID"
	console_has WAITING
}

@test "a gate that is missing or no socket: start says so" {
	mv gate real
	refused 'does not wait to be started' start "$ID"
	echo >gate
	refused 'does not wait to be started' start "$ID"
	mv -f real gate
	ok start "$ID"
}

@test "other users can neither reach the gate nor read the plan" {
	chmod 0711 "$BATS_TEST_TMPDIR" "$T" "$ROOT"
	local file
	for file in gate plan journal; do
		run setpriv --reuid 1234 --regid 1234 --clear-groups cat "$ROOT/$ID/$file"
		same "$status" 1
		[[ $output == *'Permission denied'* ]]
	done
}

@test "a start that is killed before it has sent anything can be repeated" {
	timeout -s KILL 10 strace -qq -o /dev/null -e trace=sendmsg -e inject=sendmsg:signal=KILL:when=1 \
		"$RT" --root "$ROOT" start "$ID" >"$T/out" 2>&1 3>&- 4>&- || status=$?
	same "$status" 137
	status_is "$ID" created
	ok start "$ID"
	console_has WAITING
}
