#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# [log] syslog: what goes to the log goes to /dev/log too.
load helpers

setup() {
	common_setup
	only_urunc
}

# A /dev of this test's own, in a mount namespace, with a syslog that is ours.
make_dev() {
	mkdir "$T/dev"
	mknod -m 666 "$T/dev/null" c 1 3
	"$helper" syslog "$T/dev/log" >"$T/syslog" 2>&1 3>&- 4>&- &
	background+=($!)
	bound() { grep -q BOUND "$T/syslog"; }
	within 5000 bound
}

with_dev() {
	unshare -m sh -c 'mount --make-rprivate / && mount --bind "$0" /dev && exec "$@"' "$T/dev" "$@"
}

told() { grep -qE "$1" "$T/syslog"; }

@test "warnings and errors arrive, as RFC 3164 has them" {
	make_dev
	toml '[log]' 'syslog = true'
	guest fake.exit=0
	config '.mounts += [{destination: "/data", type: "bind", source: "/tmp", options: ["bind"]}]'
	with_dev "$URUNC" --root "$ROOT" create --bundle "$B" "$ID" >/dev/null 2>"$T/err" </dev/null 3>&- 4>&-
	matches "$(<"$T/err")" '/data'
	within 5000 told '^<28>urunc\[[0-9]+\]: .*/data'
	# Also by commands that decide nothing, and with the log elsewhere.
	with_dev "$URUNC" --root "$ROOT" --log "$T/log.json" --log-format json state nosuch >/dev/null 2>&1 </dev/null 3>&- 4>&- || :
	within 5000 told '^<27>urunc\[[0-9]+\]: .*does not exist'
	grep -q 'does not exist' "$T/log.json"
}

@test "off by default: nothing is sent, and commands that say nothing read no configuration" {
	make_dev
	with_dev "$URUNC" --root "$ROOT" state nosuch >/dev/null 2>&1 </dev/null 3>&- 4>&- || :
	toml '[log]' 'syslog = true'
	with_dev "$URUNC" --root "$ROOT" state marker >/dev/null 2>&1 </dev/null 3>&- 4>&- || :
	within 5000 told '^<27>'
	same "$(grep -c '^<' "$T/syslog")" 1
	guest fake.wait
	running
	command -v strace || skip 'no strace here'
	strace -qq -e trace=open,openat -o "$T/trace" "$RT" --root "$ROOT" state "$ID" >/dev/null 2>&1 </dev/null 3>&- 4>&-
	! grep -F urunc.toml "$T/trace"
}

@test "no syslog there: nothing is said about it, and nobody waits" {
	mkdir "$T/dev"
	mknod -m 666 "$T/dev/null" c 1 3
	toml '[log]' 'syslog = true'
	local begin=${EPOCHREALTIME/./}
	with_dev "$URUNC" --root "$ROOT" state nosuch >/dev/null 2>"$T/err" </dev/null 3>&- 4>&- || :
	[ $(((${EPOCHREALTIME/./} - begin) / 1000)) -lt 1000 ]
	one_line "$(<"$T/err")"
	matches "$(<"$T/err")" 'does not exist'
}

@test "the level of the configuration holds for every command" {
	toml '[log]' 'level = "error"'
	guest fake.exit=0
	config '.mounts += [{destination: "/data", type: "bind", source: "/tmp", options: ["bind"]}]'
	create
	same "$err" ""
}
