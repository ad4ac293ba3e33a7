#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The six kinds of hooks: when, where, with what, and what their failure does.
# shellcheck disable=SC2016 # $names inside single quotes are those of jq
load helpers

# hook KIND SCRIPT [TIMEOUT]: adds a hook that runs SCRIPT by the host's shell, in a namespace of the host's programs.
hook() {
	config '.hooks[$kind] += [{path: "/bin/sh", args: ["hook", "-c", $script, "hook-" + $kind], env: ["PATH=/usr/bin:/bin", "MARK=m-" + $kind]}
		+ (if $t == "" then {} else {timeout: ($t | tonumber)} end)]' --arg kind "$1" --arg script "$2" --arg t "${3:-}"
}

# Kinds whose programs are the host's; startContainer looks for its program in the container.
host_kinds='prestart createRuntime createContainer poststart poststop'

# inside SCRIPT: a startContainer hook by the container's shell.
inside() {
	hook startContainer "$1"
	config '.hooks.startContainer |= map(.args[0] = "sh")' # by which busybox knows what to be
}

@test "all kinds run once, in OCI order, each list in the order it is written" {
	only_urunc # runc 1.1 runs poststart in create
	guest fake.wait
	local kind n
	for kind in $host_kinds; do
		for n in 1 2 3; do
			hook "$kind" "echo $kind $n >>$T/order"
		done
	done
	inside "echo startContainer 1 >&2"
	create
	echo created >>"$T/order"
	ok start "$ID"
	echo started >>"$T/order"
	console_has WAITING
	ok kill "$ID" KILL
	stopped
	ok delete "$ID"
	same "$(tr '\n' ' ' <"$T/order")" "$(for kind in prestart createRuntime createContainer created poststart started poststop; do
		case $kind in *ed) printf '%s ' $kind ;; *) printf '%s ' $kind 1 $kind 2 $kind 3 ;; esac
	done)"
}

@test "the state on standard input: id, bundle, status, pid, annotations, and its end" {
	only_urunc # runc 1.1 runs poststart in create
	guest fake.wait
	config '.annotations = {"a.b": "c"}'
	local kind
	for kind in $host_kinds; do
		hook "$kind" "cat >$T/state.$kind"
	done
	running
	local pid
	pid=$(init_pid "$ID")
	ok delete --force "$ID"
	for kind in $host_kinds; do
		jq -e --arg id "$ID" --arg b "$B" '.id == $id and .bundle == $b and .annotations == {"a.b": "c"}
			and (.ociVersion | length > 0)' "$T/state.$kind"
	done
	same "$(cd "$T" && jq -r .status state.prestart state.createRuntime state.createContainer state.poststart state.poststop | tr '\n' ' ')" \
		'creating creating creating running stopped '
	# The number by which the reader knows the process: that of its own PID namespace.
	same "$(cd "$T" && jq -r '.pid // 0' state.prestart state.createRuntime state.poststart | sort -u)" "$pid"
	same "$(jq .pid "$T/state.createContainer")" 1
	same "$(jq '.pid // 0' "$T/state.poststop")" 0
}

@test "what a createContainer hook mounts is the container's alone" {
	mkdir -p "$T/mount"
	mount -t tmpfs none "$T/mount"
	mount --make-shared "$T/mount"
	mkdir "$T/mount/below"
	guest fake.wait
	hook createContainer "mount -t tmpfs of-the-hook $T/mount/below && grep -q of-the-hook /proc/self/mountinfo && echo mounted >$T/done"
	create
	[ -e "$T/done" ]
	run ! mountpoint "$T/mount/below"
	ok start "$ID"
	ok delete --force "$ID"
}

@test "arguments are the hook's own, from argv[0] on" {
	guest fake.wait
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["name-zero", "-c", "tr \"\\0\" \" \" </proc/$$/cmdline >'"$T"'/argv", "one two", ""]}]'
	create
	matches "$(<"$T/argv")" '^name-zero -c .* one two '
}

@test "environment: the hook's own, or the caller's when it lists none" {
	guest fake.wait
	hook createRuntime "/usr/bin/env >$T/env.own"
	config '.hooks.createRuntime += [{path: "/usr/bin/env"}, {path: "/bin/sh", args: ["sh", "-c", "/usr/bin/env >'"$T"'/env.caller"]}]'
	CALLER=me create
	grep -x MARK=m-createRuntime "$T/env.own"
	run grep CALLER "$T/env.own"
	same "$status" 1
	grep -x CALLER=me "$T/env.caller"
}

@test "namespaces: prestart, createRuntime, poststart and poststop in the runtime's, createContainer in the container's" {
	guest fake.wait
	local kind name
	for kind in $host_kinds; do
		hook "$kind" "for n in pid net ipc uts mnt; do echo \$n \$(readlink /proc/self/ns/\$n); done >$T/ns.$kind"
	done
	create
	local pid
	pid=$(init_pid "$ID")
	for name in pid net ipc uts mnt; do
		echo "$name $(readlink "/proc/$pid/ns/$name")" >>"$T/ns.container"
		echo "$name $(readlink "/proc/self/ns/$name")" >>"$T/ns.host"
	done
	run cmp -s "$T/ns.container" "$T/ns.host"
	same "$status" 1
	cmp "$T/ns.prestart" "$T/ns.host"
	cmp "$T/ns.createRuntime" "$T/ns.host"
	cmp "$T/ns.createContainer" "$T/ns.container"
	ok start "$ID"
	ok delete --force "$ID"
	cmp "$T/ns.poststart" "$T/ns.host"
	cmp "$T/ns.poststop" "$T/ns.host"
}

@test "working directory: the bundle for hooks of the runtime, the container's root for createContainer" {
	guest fake.wait
	local kind
	for kind in $host_kinds; do
		hook "$kind" "pwd -P >$T/cwd.$kind"
	done
	cd /
	running
	ok delete --force "$ID"
	for kind in prestart createRuntime poststart poststop; do
		# runc's delete does not change its directory; a hook is easier to write when all are alike.
		[ "$RUNTIME $kind" = "runc poststop" ] || same "$(<"$T/cwd.$kind")" "$B"
	done
	same "$(<"$T/cwd.createContainer")" "$SHARED/rootfs"
}

@test "prestart hooks find the container's network namespace through the pid, as Docker's does" {
	guest fake.wait
	# shellcheck disable=SC2016  # the hook expands it
	hook prestart 'read -r s; p=${s#*\"pid\":}; p=${p%%[,\}]*}; p=${p# }; nsenter -t $p -n ip link set lo up && readlink /proc/$p/ns/net >'"$T/net"
	running
	local pid
	pid=$(init_pid "$ID")
	same "$(<"$T/net")" "$(readlink "/proc/$pid/ns/net")"
	nsenter -t "$pid" -n ip link show lo | grep -w UP
}

@test "startContainer runs inside: container's root, user and namespaces, before the program" {
	guest fake.wait
	own_rootfs
	cp -a "$SHARED/rootfs/." "$B/rootfs/"
	chmod 1777 "$B/rootfs/tmp"
	config '.root.readonly = false | .process.user = {uid: 1234, gid: 2345}'
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "pwd >/tmp/out; id -u >>/tmp/out; ls / >>/tmp/out; cat >>/tmp/out"]}]'
	create
	[ ! -e "$B/rootfs/tmp/out" ]
	ok start "$ID"
	console_has WAITING
	local pid
	cat "$B/rootfs/tmp/out"
	same "$(sed -n 1p "$B/rootfs/tmp/out")" /
	same "$(sed -n 2p "$B/rootfs/tmp/out")" 1234
	grep -x urunc.json "$B/rootfs/tmp/out"
	tail -n 1 "$B/rootfs/tmp/out" | jq -e '.status == "created" and .pid == 1'
}

@test "no hook holds descriptors of the runtime" {
	only_urunc
	guest fake.wait
	local kind
	for kind in $host_kinds; do
		hook "$kind" "ls /proc/self/fd | tr '\\n' ' ' >$T/fds.$kind"
	done
	"$helper" fds 20 "$RT" --root "$ROOT" create --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null
	ok start "$ID"
	ok delete --force "$ID"
	for kind in $host_kinds; do
		# 3 is ls reading the directory.
		same "$(<"$T/fds.$kind")" '0 1 2 3 '
	done
}

@test "a failing prestart, createRuntime or createContainer hook fails create, its output is told, nothing stays" {
	local kind
	for kind in prestart createRuntime createContainer; do
		cp "$SHARED/config.json" "$B/config.json"
		hook "$kind" 'echo words of the hook; echo more >&2; exit 3'
		hook "$kind" "touch $T/ran.$kind"
		refused 'hook.*exit status 3.*words of the hook' create --bundle "$B" "$ID"
		nothing_left
		[ ! -e "$T/ran.$kind" ]
	done
}

@test "poststop hooks run after a failed create whose hooks had begun" {
	only_urunc
	hook createRuntime 'exit 1'
	hook poststop "cat >$T/poststop"
	refused hook create --bundle "$B" "$ID"
	jq -e '.status == "stopped"' "$T/poststop"
}

@test "a failing startContainer hook fails start; the container is stopped" {
	only_urunc # runc 1.1 prints it and exits 0
	guest fake.wait
	inside 'echo words of the hook; exit 3'
	create
	refused 'startContainer hook.*exit status 3.*words of the hook' start "$ID"
	stopped
	ok delete "$ID"
	run grep WAITING "$T/console"
	same "$status" 1
}

@test "a failing poststart hook fails start and stops the container" {
	only_urunc # runc 1.1 runs it in create
	guest fake.wait
	hook poststart 'exit 3'
	create
	refused 'poststart hook.*exit status 3' start "$ID"
	stopped
	ok delete "$ID"
}

@test "a failing poststop hook is logged, and delete has worked" {
	guest fake.wait
	hook poststop 'echo words of the hook; exit 3'
	hook poststop "touch $T/second"
	create
	ok delete "$ID"
	matches "$err" 'hook.*exit status 3'
	nothing_left
}

@test "a hook that cannot be executed is named" {
	config '.hooks.createRuntime = [{path: "/nonexistent/hook"}]'
	refused 'nonexistent' create --bundle "$B" "$ID"
	nothing_left
}

@test "a hook killed by a signal has failed" {
	hook createRuntime 'kill -KILL $$'
	refused 'hook.*(signal 9|signal: killed)' create --bundle "$B" "$ID"
	nothing_left
}

@test "timeout: the hook is killed with its group and create fails in time" {
	only_urunc # runc 1.1 kills the hook alone, then waits for its child to close the pipe
	# The hook's child would keep the pipe open for ever.
	hook createRuntime "sleep 1000 & echo \$! >$T/child; sleep 1000" 1
	local begin=${EPOCHREALTIME/./} took
	rt create --bundle "$B" "$ID"
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	[ "$status" -ne 0 ]
	matches "$err" 'hook ran past specified timeout'
	[ $took -ge 1000 ]
	[ $took -lt 3000 ]
	within 2000 gone "$(<"$T/child")"
}

@test "a hook within its timeout is left alone" {
	hook createRuntime "touch $T/ran" 100
	create
	[ -e "$T/ran" ]
}

@test "a hook may leave a process behind that keeps its output open" {
	only_urunc # runc waits for the end of the output
	hook createRuntime "sleep 1000 & echo \$! >$T/child"
	local begin=${EPOCHREALTIME/./}
	create
	[ $((${EPOCHREALTIME/./} - begin)) -lt 1000000 ]
	kill "$(<"$T/child")"
}

@test "a hook that does not read its state, or writes a lot, does not hang create" {
	hook createRuntime 'exec <&-; head -c 3000000 /dev/zero | tr "\0" x; echo end'
	create
	status_is "$ID" created
}

@test "a failing hook's endless output is cut, in one line" {
	only_urunc # runc passes all of it on
	hook createRuntime 'yes; exit 1' 1
	rt create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	[ "${#err}" -lt 200000 ]
	[ "$(tail -n 1 "$T/err" | wc -c)" -lt 2000 ]
}

@test "createRuntime hooks run before the pid file is there, and see the container as creating" {
	only_urunc # runc prints the state of its own memory
	guest fake.wait
	hook createRuntime "$URUNC --root $ROOT state $ID >$T/state; test -e $T/pid && touch $T/early; true"
	create --pid-file "$T/pid"
	same "$(jq -r .status "$T/state")" creating
	[ ! -e "$T/early" ]
	[ -s "$T/pid" ]
}

@test "a hook may call the runtime about its own container without a deadlock" {
	only_urunc
	guest fake.wait
	hook poststart "$URUNC --root $ROOT state $ID >$T/state && $URUNC --root $ROOT kill $ID 0 && $URUNC --root $ROOT ps $ID >$T/ps"
	hook poststop "$URUNC --root $ROOT delete --force $ID && $URUNC --root $ROOT list -q >$T/list"
	running
	same "$(jq -r .status "$T/state")" running
	ok delete --force "$ID"
	same "$err" ""
	[ -e "$T/list" ] && [ ! -s "$T/list" ]
}

@test "a container killed while its createRuntime hook runs: the hook goes too, create fails" {
	only_urunc
	# shellcheck disable=SC2016  # the hook expands it
	hook createRuntime 'read -r s; p=${s#*\"pid\":}; kill -KILL ${p%%[,\}]*}; exec sleep 1000'
	refused 'died' create --bundle "$B" "$ID"
	nothing_left
}

@test "more than 64 hooks of a kind, relative paths and empty ones are refused" {
	only_urunc
	config '.hooks.prestart = [range(65) | {path: "/bin/true"}]'
	refused 'hooks.prestart.*64' create --bundle "$B" "$ID"
	config '.hooks.prestart = [{path: "bin/true"}]'
	refused 'hooks.prestart' create --bundle "$B" "$ID"
	config '.hooks.prestart = [{path: ""}]'
	refused 'hooks.prestart' create --bundle "$B" "$ID"
	config '.hooks.prestart = [range(64) | {path: "/bin/true"}]'
	create
}

# interrupted SIGNAL COMMAND...: COMMAND is begun, and hit by SIGNAL when a hook has made $T/begun. Sets status.
interrupted() {
	local signal=$1 pid
	shift
	rm -f "$T/begun"
	"$RT" --root "$ROOT" "$@" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- &
	pid=$!
	background+=("$pid")
	within 5000 test -e "$T/begun"
	kill "-$signal" "$pid"
	within 5000 gone "$pid"
	status=0
	wait "$pid" || status=$?
}

@test "a signal in the middle of create or run undoes everything and is the end" {
	only_urunc
	hook createRuntime "touch $T/begun; exec sleep 1000"
	hook poststop "echo poststop >>$T/poststop"
	local command
	for command in create run 'run -d'; do
		# shellcheck disable=SC2086  # two words
		interrupted TERM $command --bundle "$B" --pid-file "$T/pid" "$ID"
		same "$status" 143
		nothing_left
	done
	same "$(wc -l <"$T/poststop")" 3
	# In the container's own process, while we wait for its message.
	cp "$SHARED/config.json" "$B/config.json"
	hook createContainer "touch $T/begun; exec sleep 1000"
	interrupted HUP create --bundle "$B" --pid-file "$T/pid" "$ID"
	same "$status" 129
	nothing_left
	[ ! -e "$T/pid" ]
}

@test "a signal to run while a startContainer hook hangs removes the container" {
	only_urunc
	own_rootfs
	cp -a "$SHARED/rootfs/." "$B/rootfs/"
	chmod 1777 "$B/rootfs/tmp"
	config '.root.readonly = false'
	inside 'touch /tmp/begun; exec sleep 1000'
	rm -f "$B/rootfs/tmp/begun"
	"$RT" --root "$ROOT" run --bundle "$B" "$ID" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- &
	local pid=$!
	background+=("$pid")
	within 5000 test -e "$B/rootfs/tmp/begun"
	kill -TERM "$pid"
	within 5000 gone "$pid"
	status=0
	wait "$pid" || status=$?
	same "$status" 143
	nothing_left
}

@test "a signal that the caller ignores does not interrupt" {
	only_urunc
	guest fake.wait
	mkfifo "$T/go"
	hook createRuntime "touch $T/begun; read -r x <$T/go"
	(
		trap '' HUP
		exec "$RT" --root "$ROOT" create --bundle "$B" "$ID" >"$T/console" 2>"$T/err" </dev/null 3>&- 4>&-
	) &
	local pid=$!
	within 5000 test -e "$T/begun"
	kill -HUP "$pid"
	echo go >"$T/go"
	wait "$pid"
	status_is "$ID" created
}
