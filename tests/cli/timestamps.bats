#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# [timestamps]: one JSON line for each step of create and start.
load helpers

setup() {
	common_setup
	only_urunc
	stamps=$T/log/deep/timestamps.log
}

stamped() {
	toml '[timestamps]' 'enabled = true' "destination = \"$stamps\""
}

# every_line_once: TS00 to TS18 in order, each once, all of $ID, never backwards in time.
every_line_once() {
	jq -se --arg id "$ID" 'map(.timestampOrder) == [range(19)]
		and all(.[]; .containerID == $id and (keys_unsorted == ["containerID", "timestampID", "timestampName", "timestampOrder", "time"]))
		and map(.timestampID) == [range(19) | "TS" + (if . < 10 then "0" else "" end) + tostring]
		and (map(.time) | . == sort) and (.[0].time > 1600000000000000000)
		and ((.[18].time - .[0].time) < 60000000000)' "$1" || {
		cat "$1"
		return 1
	}
}

@test "create and start write every step once, in order" {
	stamped
	guest fake.wait
	umask 0077
	create
	same "$(jq -r .timestampName "$stamps" | tail -n 1)" CR.terminated
	same "$(wc -l <"$stamps")" 11
	ok start "$ID"
	every_line_once "$stamps"
	same "$(stat -c %a "$stamps" "$T/log" "$T/log/deep" | tr '\n' ' ')" '644 755 755 '
	same "$(jq -r '[.timestampID, .timestampName] | join(" ")' "$stamps" | sed -n '1p;5p;19p')" \
		$'TS00 CR.invoked\nTS04 RX.create_invoked\nTS18 RX.execve_hypervisor'
}

@test "with hooks, and by run, the same" {
	stamped
	guest fake.exit=3
	config '.hooks = {createRuntime: [{path: "/bin/sleep", args: ["sleep", "0.1"]}], createContainer: [{path: "/bin/true"}]}'
	rt run --bundle "$B" "$ID"
	same "$status" 3
	every_line_once "$stamps"
	# The hook's time is where it belongs.
	jq -se '(.[7].time - .[6].time) > 100000000 and (.[8].time - .[7].time) < 100000000' "$stamps"
}

@test "containers share the file" {
	stamped
	guest fake.exit=0
	local first=$ID
	running
	ID=${ID}b
	running
	grep "\"$first\"" "$stamps" >"$T/first"
	grep "\"$ID\"" "$stamps" >"$T/second"
	every_line_once "$T/second"
	ID=$first
	every_line_once "$T/first"
	same "$(wc -l <"$stamps")" 38
}

@test "a file that cannot be used is one warning, and the container runs" {
	guest fake.exit=0
	mkdir -p "$T/log"
	mkfifo "$T/fifo"
	ln -s "$T/log/real" "$T/link"
	for stamps in "$T/fifo" "$T/link" "$T/log" /dev/null /proc/none/x; do
		stamped
		create
		one_line "$err"
		matches "$err" 'level=warning .*timestamps'
		matches "$err" "$stamps"
		ok start "$ID"
		same "$err" ""
		stopped
		ok delete "$ID"
	done
	[ ! -e "$T/log/real" ]
}

@test "disabled: no file, and not one system call more" {
	toml '[timestamps]' 'enabled = false' "destination = \"$stamps\""
	guest fake.exit=0
	running
	[ ! -e "$T/log" ]
	stopped
	ok delete "$ID"
	command -v strace || skip 'no strace here'
	strace -qq -e trace=clock_gettime,gettimeofday,time -o "$T/trace" "$RT" --root "$ROOT" create --bundle "$B" "$ID" \
		>/dev/null 2>&1 </dev/null 3>&- 4>&-
	[ -e "$T/trace" ]
	! grep -E 'clock_gettime|gettimeofday|time\(' "$T/trace"
}
