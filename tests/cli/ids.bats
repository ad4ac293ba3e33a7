#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Names of containers become names of directories and control groups.
load helpers

# tries NAME: create and delete work.
tries() {
	guest fake.wait
	ID=$1 create
	ok delete "$1"
}

@test "letters, digits and _ + - . are allowed" {
	tries "$ID"
	tries "${ID}_A+b-c.d"
	tries "_$ID"
	tries "+$ID"
	tries ".$ID"
	tries "..$ID"
	tries "$ID.."
}

@test "255 bytes are allowed, 256 are not" {
	only_urunc # runc leaves that to the file system
	local long
	long=$ID$(printf '%0255d' 0)
	tries "${long:0:255}"
	refused 'container ID' create --bundle "$B" "${long:0:256}"
	refused 'container ID' create --bundle "$B" "$(printf '%04096d' 0)"
}

@test "anything else is refused by create and run, and nothing is made" {
	local id command
	for id in . .. ../x a/b /abs a/ 'a b' $'a\nb' $'a\tb' 'a:b' 'a*' 'ä' 'a\b' '%41' ''; do
		for command in create run; do
			refused '[Cc]ontainer (ID|id)' $command --bundle "$B" "$id"
		done
	done
	[ -z "$(ls -A "$ROOT")" ]
	[ ! -e "$T/x" ]
}

@test "no other command leaves the state directory by a name" {
	only_urunc # runc answers "does not exist", which is as good
	local command
	mkdir "$T/x"
	echo precious >"$T/x/state.json"
	for command in start state kill ps pause resume 'delete' 'delete --force'; do
		# shellcheck disable=SC2086
		rt $command ../x
		[ "$status" -ne 0 ]
		one_line "$err"
		# shellcheck disable=SC2086
		rt $command ..
		[ "$status" -ne 0 ]
	done
	same "$(<"$T/x/state.json")" precious
	[ -d "$ROOT" ]
}

@test "a name that begins with a hyphen is an option, after -- it is a name" {
	only_urunc # runc's parser has no such way
	guest fake.wait
	rt create --bundle "$B" "-x$ID"
	[ "$status" -ne 0 ]
	ok create --bundle "$B" -- "-x$ID"
	ok state -- "-x$ID"
	same "$(jq -r .id <<<"$out")" "-x$ID"
	ok delete --force -- "-x$ID"
}
