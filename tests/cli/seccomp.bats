#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The filter of system calls around the monitor: there when the spec has a seccomp profile, whatever is in it, and what it does.
load helpers

setup() {
	common_setup
	only_urunc
}

# number NAME: of a system call on this machine.
number() {
	awk -v name="$1" -v column="$([ "$(uname -m)" = aarch64 ] && echo 3 || echo 2)" '$1 == name {print $column}' "$top/src/sandbox/seccomp/syscalls.tbl"
}

profile() {
	config '.linux.seccomp = $p' --argjson p "${1:-{\"defaultAction\":\"SCMP_ACT_ALLOW\"\}}"
}

killed='urunc: the monitor did something that its system call filter does not allow, and was killed (--security-opt seccomp=unconfined runs it without)'

# plays STATUS WORD...: the fake monitor runs to its end, supervised or not.
plays() {
	local want=$1
	shift
	guest "$@"
	rt run --bundle "$B" "$ID"
	[ "$status" -eq "$want" ] || {
		printf 'exit %s instead of %s: %s %s\n' "$status" "$want" "$out" "$err"
		return 1
	}
}

# absent NUMBER: the monitor was told ENOSYS.
absent() {
	same "$out" "CALL $1: $(python3 -c 'import errno, os; print(os.strerror(errno.ENOSYS))')"
}

@test "with a profile the monitor has a filter, without one it has none; plan says so" {
	guest
	ok plan --bundle "$B" "$ID"
	same "$(jq -c .seccomp_profile <<<"$out")" null
	running
	same "$(report .seccomp)" 0
	ok delete --force "$ID"
	profile
	ok plan --bundle "$B" "$ID"
	same "$(jq -r .seccomp_profile <<<"$out")" monitor
	: >"$T/console"
	running
	same "$(report .seccomp)" 2
}

@test "what the profile itself allows means nothing, and the supervisor has no filter" {
	guest fake.wait
	profile '{"defaultAction": "SCMP_ACT_KILL", "syscalls": []}'
	running
	same "$(report .seccomp)" 2
	local pid
	pid=$(init_pid "$ID")
	same "$(awk '/^Seccomp:/ {print $2}' "/proc/$pid/status")" 0
	same "$(awk '/^Seccomp:/ {print $2}' "/proc/$(xargs <"/proc/$pid/task/$pid/children")/status")" 2
}

@test "a call that no monitor needs kills it: 159, and a line says why; without a profile it is the kernel's to refuse" {
	local name
	for name in mount ptrace unshare bpf; do
		profile
		plays 159 fake.quiet "fake.call=$(number $name)"
		grep -qxF "$killed" <<<"$err" || {
			echo "$name: $err"
			return 1
		}
		[[ $out != *CALL* ]]
	done
	config 'del(.linux.seccomp)'
	plays 0 fake.quiet "fake.call=$(number ptrace)"
	[[ $out = "CALL $(number ptrace): "* ]]
	[[ $err != *filter* ]]
}

@test "what programs try is not there, as on an older kernel" {
	local name
	profile
	for name in clone3 userfaultfd io_uring_setup; do
		plays 0 fake.quiet "fake.call=$(number $name)"
		absent "$(number $name)"
	done
	plays 0 fake.quiet fake.call=100000
	absent 100000
}

@test "without a supervisor the monitor has the filter as well" {
	toml 'supervise = false'
	profile
	guest
	running
	same "$(report .seccomp)" 2
	ok delete --force "$ID"
	plays 159 fake.quiet "fake.call=$(number mount)"
}

@test "behind the filter a monitor that cannot be executed is still an error in words" {
	cp "$FAKE" "$T/monitor"
	printf '[monitors.qemu]\npath = "%s"\n[runtime]\naccelerator = "tcg"\n' "$T/monitor" >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	guest fake.wait
	profile
	create
	echo 'rubbish' >"$T/monitor"
	refused 'cannot execute the monitor' start "$ID"
	stopped
	ok delete "$ID"
}
