#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# From create to delete, the way engines go it.
load helpers

@test "create, start, kill, delete: each step says nothing and exits 0" {
	guest fake.wait
	create
	same "$err" ""
	status_is "$ID" created
	ok start "$ID"
	same "$out$err" ""
	console_has WAITING
	status_is "$ID" running
	ok kill "$ID" TERM
	same "$out$err" ""
	stopped
	ok delete "$ID"
	same "$out$err" ""
	refused 'container does not exist' state "$ID"
}

@test "a created container runs nothing before start" {
	guest fake.say=hello
	create
	status_is "$ID" created
	[ ! -s "$T/console" ]
	ok start "$ID"
	console_has hello
	stopped
}

@test "a second create of the same id is refused and harms nothing" {
	guest fake.wait
	running
	refused 'container with given ID already exists' create --bundle "$B" "$ID"
	status_is "$ID" running
}

@test "start works once" {
	guest fake.wait
	running
	refused 'cannot start an already running container' start "$ID"
	ok kill "$ID" KILL
	stopped
	refused 'cannot start a container that has stopped' start "$ID"
}

@test "start, kill, state, ps, pause, resume, delete of an unknown container say so" {
	local command
	for command in start kill state ps pause resume delete; do
		refused 'container does not exist' $command "$ID"
	done
}

@test "an id can be used again after delete" {
	guest fake.exit=0
	for _ in 1 2 3; do
		create
		ok start "$ID"
		stopped
		ok delete "$ID"
		nothing_left
	done
}

@test "run: waits, passes output on, deletes, exits as the program does" {
	guest fake.say=hello fake.exit=7
	rt run --bundle "$B" "$ID"
	same "$status" 7
	matches "$out" hello
	same "$err" ""
	nothing_left
}

@test "run: a program killed by a signal counts as 128 + n" {
	only_urunc # runc's guest is a shell that cannot kill itself as pid 1
	guest fake.signal=9
	rt run --bundle "$B" "$ID"
	same "$status" 137
}

@test "run: standard input reaches the program" {
	guest fake.echo
	"$RT" --root "$ROOT" run --bundle "$B" "$ID" <<<"from the caller" >"$T/out" 2>"$T/err" 3>&- 4>&-
	grep -x 'from the caller' "$T/out"
	nothing_left
}

@test "run -d: comes back at once with the container running, and writes the pid file" {
	guest fake.wait
	"$RT" --root "$ROOT" run -d --pid-file "$T/pid" --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&-
	status_is "$ID" running
	same "$(<"$T/pid")" "$(init_pid "$ID")"
	console_has WAITING
}

@test "run --keep: the stopped container stays" {
	guest fake.exit=3
	rt run --keep --bundle "$B" "$ID"
	same "$status" 3
	status_is "$ID" stopped
	ok delete "$ID"
}

@test "run: a signal to the runtime is passed on" {
	guest fake.wait
	"$RT" --root "$ROOT" run --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&- &
	local pid=$!
	background+=("$pid")
	console_has WAITING
	status=0
	kill -TERM $pid
	wait $pid || status=$?
	# The guest powers off by itself.
	same "$status" 0
	nothing_left
}

@test "run: an id that exists is refused and the other container lives on" {
	guest fake.wait
	running
	refused 'container with given ID already exists' run --bundle "$B" "$ID"
	status_is "$ID" running
}

@test "the bundle may be given absolute, relative, as short option or as the working directory" {
	guest fake.wait
	local form
	cd "$T"
	for form in "--bundle $B" "--bundle=$B" "-b $B" "--bundle bundle" "-b ./bundle/" "--bundle ../t/bundle"; do
		# shellcheck disable=SC2086
		ok create $form "$ID" >/dev/null
		ok state "$ID"
		same "$(jq -r .bundle <<<"$out")" "$B"
		ok delete "$ID"
	done
	cd "$B"
	ok create "$ID"
	ok state "$ID"
	same "$(jq -r .bundle <<<"$out")" "$B"
}

@test "the caller's working directory may vanish between the commands" {
	guest fake.wait
	mkdir "$T/gone"
	cd "$T/gone"
	create
	rmdir "$T/gone"
	ok start "$ID"
	console_has WAITING
	status_is "$ID" running
	ok delete --force "$ID"
}

@test "the root directory of the container may be relative to the bundle" {
	guest fake.wait
	ln -s "$SHARED/rootfs" "$B/linked"
	mkdir "$B/rootfs"
	cp -a "$SHARED/rootfs/." "$B/rootfs"
	config '.root.path = "rootfs"'
	running
	ok state "$ID"
	same "$(jq -r .rootfs <<<"$out")" "$B/rootfs"
}

@test "--root: a relative state directory, one that does not exist yet, one with blanks" {
	guest fake.wait
	local dir
	cd "$T"
	for dir in new/deep/root "$T/with blank/root"; do
		"$RT" --root "$dir" create --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&-
		"$RT" --root "$dir" start "$ID" 3>&-
		same "$("$RT" --root "$dir" list -q)" "$ID"
		"$RT" --root "$dir" delete --force "$ID"
		[ -z "$(ls -A "$dir")" ]
	done
}

@test "two containers from one bundle do not disturb each other" {
	guest fake.wait
	running
	local first=$ID
	ID=${ID}b running
	ok kill "${first}b" KILL
	within 5000 status_is "${first}b" stopped
	status_is "$first" running
	ok delete "${first}b"
	status_is "$first" running
}
