#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line as containerd's shim, Docker, podman, conmon and people write it.
load helpers

# with GLOBAL... : `list` works with these global flags.
with() {
	status=0
	"$RT" "$@" --root "$ROOT" list -q >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- || status=$?
	[ "$status" -eq 0 ] || {
		echo "$*: exit $status: $(<"$T/err")"
		return 1
	}
}

@test "global flags that runc has, in both forms" {
	with --debug
	with --log "$T/log"
	with "--log=$T/log"
	with --log-format json
	with --log-format=text
	with --systemd-cgroup
	with --systemd-cgroup=true
	with --systemd-cgroup=false
	with --rootless true
	with --rootless=false
	with --rootless=auto
	with --criu /usr/bin/criu
	with --criu=criu
	with "--root=$ROOT"
}

@test "global flags of crun and of other callers are accepted" {
	only_urunc
	with --cgroup-manager cgroupfs
	with --cgroup-manager=systemd
	with --cgroup-manager=disabled
	with --log-level debug
	with --log-level=error
	with --debug --systemd-cgroup --log "$T/log" --log-format=json --rootless=auto
}

@test "what containerd's shim and Docker pass, word by word" {
	guest fake.wait
	local global=(--root "$ROOT" --log "$B/log.json" --log-format json)
	"$RT" "${global[@]}" create --bundle "$B" --pid-file "$B/init.pid" --no-pivot --no-new-keyring "$ID" \
		>"$T/console" 2>&1 </dev/null 3>&- 4>&-
	"$RT" "${global[@]}" --systemd-cgroup=false start "$ID" 3>&-
	"$RT" "${global[@]}" ps --format json "$ID" 3>&- | jq -e 'length >= 1'
	"$RT" "${global[@]}" kill "$ID" 0 3>&-
	"$RT" "${global[@]}" kill --all "$ID" 9 3>&-
	stopped
	"$RT" "${global[@]}" delete "$ID" 3>&-
	"$RT" "${global[@]}" delete --force "$ID" 3>&-
	[ ! -s "$B/log.json" ]
}

@test "what podman and conmon pass, with next to no environment" {
	only_urunc # podman gives --root to runc through runtime_args
	guest fake.wait
	local bare=(env -i XDG_RUNTIME_DIR= URUNC_CONFIG_FILE="$URUNC_CONFIG_FILE" "$RT" --root "$ROOT")
	"${bare[@]}" create --bundle "$B" --pid-file "$B/pidfile" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&-
	"${bare[@]}" start "$ID" 3>&-
	console_has WAITING
	"${bare[@]}" pause "$ID" 3>&-
	"${bare[@]}" resume "$ID" 3>&-
	"${bare[@]}" kill "$ID" 15 3>&-
	stopped
	"${bare[@]}" delete --force "$ID" 3>&-
}

@test "create takes every flag that runc's create has" {
	guest fake.wait
	ok create --bundle "$B" --pid-file "$T/pid" --no-pivot --no-new-keyring --preserve-fds 0 "$ID"
	ok delete "$ID"
	ok create "--bundle=$B" "--pid-file=$T/pid" --preserve-fds=0 --no-pivot=true "$ID"
	ok delete "$ID"
	ok create -b "$B" "$ID"
	ok delete "$ID"
}

@test "--preserve-fds brings no descriptor to the monitor" {
	only_urunc
	guest
	another_guest
	: >"$T/console"
	"$RT" --root "$ROOT" create --bundle "$B" --preserve-fds 2 "$ID" >>"$T/console" 2>&1 </dev/null 3</ 4</
	ok start "$ID"
	same "$(report '[.fds[].fd]')" '[0,1,2]'
}

@test "flags may follow the arguments" {
	guest fake.wait
	create
	ok kill "$ID" KILL --all
	stopped
	ok delete "$ID" --force
}

@test "an unknown global flag is refused by name" {
	rt --nosuch list
	same "$status" 1
	matches "$err" nosuch
	one_line "$err"
}

@test "an unknown flag of a command is refused by name" {
	local command
	for command in create run start kill delete state list ps pause resume spec features; do
		rt $command --nosuch "$ID"
		same "$status" 1
		matches "$err" nosuch
	done
}

@test "a flag without its value, or with one it cannot have, is refused" {
	rt create "$ID" --bundle
	[ "$status" -ne 0 ]
	[ "$RUNTIME" = runc ] || matches "$err" bundle
	rt kill --all=maybe "$ID"
	[ "$status" -ne 0 ]
	rt --log-format xml list
	same "$status" 1
	matches "$err" 'invalid log-format'
	rt create --preserve-fds many --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
}

@test "too many or too few arguments: exit 1 and the command's name" {
	local command
	for command in create run start kill delete state ps pause resume; do
		rt $command
		same "$status" 1
		one_line "$err"
		matches "$err" "$command"
	done
	for command in create start delete state pause resume; do
		rt $command a b c
		same "$status" 1
		matches "$err" "$command"
	done
	rt kill a b c
	same "$status" 1
	for command in list features; do
		rt $command extra
		[ "$RUNTIME $command" = "runc features" ] || same "$status" 1
	done
}

@test "an unknown command is refused by name" {
	rt nosuch
	[ "$status" -ne 0 ]
	matches "$err" nosuch
	one_line "$err"
}

@test "no command, --help, -h, help: what there is, on standard output, exit 0" {
	local form
	for form in '' --help -h help; do
		# shellcheck disable=SC2086
		ok $form
		same "$err" ""
		for command in create start run state kill delete list ps spec features pause resume; do
			matches "$out" "(^|[[:space:]])$command([[:space:],]|\$)"
		done
	done
}

@test "--help of every command names its flags" {
	ok create --help
	matches "$out" --bundle
	matches "$out" --pid-file
	matches "$out" --console-socket
	ok kill --help
	matches "$out" --all
	ok delete -h
	matches "$out" --force
	ok run --help
	matches "$out" --detach
	ok list --help
	matches "$out" --format
}

@test "--version and -v: name, version and specification on lines of their own" {
	local form
	for form in --version -v; do
		ok $form
		matches "$out" "^$RUNTIME version [0-9]+\\.[0-9]"
		grep -E '^spec: [0-9]+\.[0-9]+\.[0-9]+' "$T/out"
	done
}

@test "the default state directory follows XDG_RUNTIME_DIR only for callers who are not root" {
	only_urunc
	mkdir "$T/xdg"
	chmod 0711 "$T" "$BATS_TEST_TMPDIR"
	XDG_RUNTIME_DIR=$T/xdg "$RT" list -q 3>&-
	[ -z "$(ls -A "$T/xdg")" ]
	guest fake.wait
	XDG_RUNTIME_DIR=$T/xdg "$RT" create --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&-
	[ -d "/run/urunc/$ID" ]
	[ ! -e "$T/xdg/urunc" ]
	"$RT" delete --force "$ID" 3>&-
}

@test "--root / is refused" {
	only_urunc
	local form
	for form in / // /../ /.; do
		rt --root $form list
		[ "$status" -ne 0 ]
		matches "$err" root
	done
}

@test "exec of a unikernel: one clear error" {
	only_urunc
	guest fake.wait
	running
	refused 'exec' exec "$ID" true
	refused 'exec' exec --process /dev/null --detach --pid-file "$T/pid" "$ID"
	cd "$T" # where a delegate leaves what it makes
	for command in 'exec X true' 'update X' 'events X' 'checkpoint X' 'restore X'; do
		# shellcheck disable=SC2086
		rt $command
		[ "$status" -ne 0 ]
		one_line "$err"
	done
	status_is "$ID" running
}

@test "the environment of the caller cannot reconfigure a container" {
	only_urunc
	guest
	LD_PRELOAD=/nonexistent.so URUNC_ROOT=/nonexistent create
	ok start "$ID"
	same "$(report '[.env[] | select(test("LD_|URUNC"))]')" '[]'
}
