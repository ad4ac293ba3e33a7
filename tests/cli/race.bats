#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Commands at the same time: one wins, the others say so, nothing is lost and nothing is left.
load helpers

# both NAME COMMAND...: runs it in the background; its status goes to $T/NAME.
beside() {
	local name=$1
	shift
	{
		local rc=0
		timeout -k 1 30 "$RT" --root "$ROOT" "$@" >"$T/$name.out" 2>"$T/$name.err" </dev/null 3>&- 4>&- || rc=$?
		echo $rc >"$T/$name"
	} &
	jobs+=($!)
}

all_done() {
	wait "${jobs[@]}"
	jobs=()
}

@test "creates of one id at once: exactly one succeeds" {
	guest fake.wait
	local n jobs=()
	for _ in 1 2 3 4 5; do
		for n in 1 2 3 4; do
			beside c$n create --bundle "$B" "$ID"
		done
		all_done
		same "$(cat "$T"/c[1-4] | sort | tr '\n' ' ')" '0 1 1 1 '
		grep -l 'already exists' "$T"/c[1-4].err | wc -l | grep -x 3
		status_is "$ID" created
		ok delete --force "$ID"
		nothing_left
	done
}

@test "starts at once: exactly one succeeds, the guest runs once" {
	guest fake.wait
	local n jobs=()
	for _ in 1 2 3; do
		create
		for n in 1 2 3 4; do
			beside s$n start "$ID"
		done
		all_done
		same "$(cat "$T"/s[1-4] | sort | tr '\n' ' ')" '0 1 1 1 '
		console_has WAITING
		same "$(grep -c WAITING "$T/console")" 1
		status_is "$ID" running
		ok delete --force "$ID"
	done
}

@test "start and delete wait for whoever works on the container" {
	only_urunc
	guest fake.wait
	local command jobs=()
	create
	for command in start 'delete --force'; do
		mkfifo "$T/go"
		(
			exec 3<"$ROOT/$ID" 4>&-
			flock 3
			echo >"$T/locked"
			read -r _ <"$T/go"
		) &
		jobs+=($!)
		within 5000 test -e "$T/locked"
		# shellcheck disable=SC2086
		beside waiting $command "$ID"
		read -rt 0.3 <>"$T/never" || :
		[ ! -e "$T/waiting" ]
		echo >"$T/go"
		all_done
		same "$(<"$T/waiting")" 0
		rm "$T/go" "$T/locked" "$T/waiting"
	done
	nothing_left
}

@test "kill and delete --force at once" {
	guest fake.wait
	local jobs=()
	for _ in 1 2 3 4 5; do
		running
		beside k1 kill "$ID" KILL
		beside d1 delete --force "$ID"
		beside k2 kill --all "$ID" 9
		all_done
		same "$(<"$T/d1")" 0
		nothing_left
	done
}

@test "deletes at once: all of them with --force succeed" {
	guest fake.wait
	local n jobs=()
	for _ in 1 2 3; do
		running
		for n in 1 2 3 4; do
			beside d$n delete --force "$ID"
		done
		all_done
		same "$(cat "$T"/d[1-4] | sort -u)" 0
		nothing_left
	done
}

@test "start and delete --force at once: started or refused, gone in either case" {
	guest fake.wait
	local jobs=()
	for _ in 1 2 3 4 5; do
		create
		beside s start "$ID"
		beside d delete --force "$ID"
		all_done
		same "$(<"$T/d")" 0
		[ ! -s "$T/s.err" ] || one_line "$(<"$T/s.err")"
		nothing_left
	done
}

@test "create and delete --force at once: created or not, never half" {
	guest fake.wait
	local jobs=()
	for _ in 1 2 3 4 5; do
		beside c create --bundle "$B" "$ID"
		beside d delete --force "$ID"
		all_done
		if [ -e "$ROOT/$ID" ]; then status_is "$ID" created; fi
		rt delete --force "$ID"
		same "$status" 0
		nothing_left
	done
}

@test "state, list and ps while containers come and go always answer" {
	guest fake.wait
	local n jobs=()
	mkdir "$T/other"
	(
		T=$T/other # its files are not those of the commands below
		for n in 1 2 3 4 5 6; do
			ID=${ID}l create && rt start "${ID}l" && rt delete --force "${ID}l"
		done
		echo yes >"${T%/other}/churned"
	) >"$T/churn" 2>&1 &
	jobs=($!)
	running
	until [ -e "$T/churned" ] || ! kill -0 "${jobs[0]}" 2>/dev/null; do
		ok list --format json
		jq -e 'type == "array"' <<<"$out" >/dev/null
		ok ps -f json "$ID"
		rt state "${ID}l"
		[ "$status" -eq 0 ] || matches "$err" 'does not exist'
	done
	all_done
	[ -e "$T/churned" ] || {
		cat "$T/churn"
		false
	}
	status_is "$ID" running
}

@test "pause, resume and kill at once leave a container that can be deleted" {
	guest fake.wait
	local jobs=()
	for _ in 1 2 3; do
		running
		beside p pause "$ID"
		beside r resume "$ID"
		beside k kill "$ID" KILL
		all_done
		ok delete --force "$ID"
		nothing_left
	done
}

@test "containers side by side: ten live and die without touching each other" {
	guest fake.wait
	local n jobs=() base=$ID
	for n in 0 1 2 3 4 5 6 7 8 9; do
		beside "c$n" run --detach --bundle "$B" "$base-$n"
	done
	all_done
	same "$(cat "$T"/c[0-9] | sort -u)" 0
	ok list -q
	same "$(wc -l <<<"$out")" 10
	for n in 1 3 5 7 9; do
		beside "d$n" delete --force "$base-$n"
	done
	all_done
	ok list --format json
	same "$(jq -r '.[].status' <<<"$out" | sort | uniq -c | tr -s ' ')" ' 5 running'
}
