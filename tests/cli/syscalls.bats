#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How many system calls a command makes itself. Those on control groups are left out: as many as the host has hierarchies.
load helpers

# frugal MOST COMMAND...: what a command makes today, and a fifth more for other hosts.
frugal() {
	local most=$1 n
	shift
	strace -qq -y -s 200 -o "$T/trace" "$RT" --root "$ROOT" "$@" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&-
	n=$(grep -vc /sys/fs/cgroup "$T/trace")
	[ "$n" -le "$most" ] || {
		echo "$1 makes $n system calls, at most $most are expected; the most frequent:"
		grep -v /sys/fs/cgroup "$T/trace" | sed 's/(.*//' | sort | uniq -c | sort -rn | head
		return 1
	}
}

@test "no command makes many more system calls than it needs" {
	if grep -q __asan_init "$RT"; then skip 'a sanitizer makes calls of its own'; fi
	guest fake.wait
	create # leaves the verdict on KVM in its cache
	ok delete --force "$ID"
	frugal 215 create --bundle "$B" --pid-file "$T/pid" "$ID"
	frugal 90 start "$ID"
	frugal 42 state "$ID"
	frugal 44 kill "$ID" KILL
	stopped
	frugal 52 delete "$ID"
}
