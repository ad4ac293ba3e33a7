#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Descriptors, terminals, pid files and logs, under all the circumstances that callers arrange.
load helpers

@test "pid file: the decimal number alone, no newline, nothing else in its directory" {
	guest fake.wait
	create --pid-file "$B/init.pid"
	same "$(od -An -c "$B/init.pid" | tr -d ' \n')" "$(init_pid "$ID")"
	same "$(cd "$B" && echo .[!.]* *)" '.[!.]* config.json init.pid'
	same "$(stat -c %a "$B/init.pid")" 644
}

@test "pid file: relative to the caller's directory, and an old one is replaced" {
	guest fake.wait
	cd "$T"
	echo old >here.pid
	create --pid-file here.pid
	same "$(<here.pid)" "$(init_pid "$ID")"
}

@test "pid file that cannot be written: create fails and nothing stays" {
	refused 'no/such/dir' create --bundle "$B" --pid-file "$T/no/such/dir/pid" "$ID"
	nothing_left
	mkdir "$T/dir"
	refused 'dir' create --bundle "$B" --pid-file "$T/dir" "$ID"
	nothing_left
	same "$(ls -A "$T/dir")" ""
}

@test "pid file: none after a failed create" {
	config '.hooks.createRuntime = [{path: "/bin/false"}]'
	refused hook create --bundle "$B" --pid-file "$T/pid" "$ID"
	[ ! -e "$T/pid" ]
}

@test "pid file: taken back when create fails after it was written" {
	only_urunc
	refused 'nobody-listens' create --bundle "$B" --pid-file "$T/pid" --pidfd-socket "$T/nobody-listens" "$ID"
	[ ! -e "$T/pid" ]
}

@test "console socket: the terminal's master arrives, and the monitor has the slave" {
	only_urunc # what the guest prints is ours
	guest fake.say=at-the-terminal
	another_guest
	config '.process.terminal = true | .process.consoleSize = {width: 91, height: 33}'
	"$helper" console "$T/console.sock" >"$T/console" 3>&- 4>&- &
	background+=($!)
	within 5000 test -S "$T/console.sock"
	ok create --bundle "$B" --console-socket "$T/console.sock" "$ID"
	ok start "$ID"
	console_has at-the-terminal
	grep -Ex 'NAME /dev/pts/[0-9]+' "$T/console"
	grep -x 'TTY 91 33' "$T/console"
	holds '[.fds[] | .tty and .controlling] == [true, true, true] and ([.fds[].ino] | unique | length) == 1'
	stopped
	# The master sees the end when nobody holds the slave any more.
	within 5000 gone "${background[0]}"
}

@test "console socket: what is typed reaches the program" {
	guest fake.echo
	config '.process.terminal = true'
	"$helper" console "$T/console.sock" 'typed in' >"$T/console" 3>&- 4>&- &
	background+=($!)
	within 5000 test -S "$T/console.sock"
	ok create --bundle "$B" --console-socket "$T/console.sock" "$ID"
	ok start "$ID"
	# Once as the terminal's echo, once from the program.
	twice() { [ "$(grep -c 'typed in' "$T/console")" -ge 2 ]; }
	within 5000 twice
	ok delete --force "$ID"
}

@test "console socket: wrong combinations are refused and nothing stays" {
	refused 'cannot use console socket' create --bundle "$B" --console-socket "$T/s" "$ID"
	config '.process.terminal = true'
	refused 'cannot allocate tty' create --bundle "$B" "$ID"
	refused 'cannot allocate tty' run --detach --bundle "$B" "$ID"
	refused "$T/s" create --bundle "$B" --console-socket "$T/s" "$ID"
	echo >"$T/file"
	refused "$T/file" create --bundle "$B" --console-socket "$T/file" "$ID"
	nothing_left
}

@test "console socket: a path too long for a socket address is refused in words" {
	only_urunc
	config '.process.terminal = true'
	local dir
	dir=$T/$(printf '%0120d' 0)
	mkdir "$dir"
	refused 'console socket' create --bundle "$B" --console-socket "$dir/s" "$ID"
}

@test "pidfd socket: a descriptor of the container's process" {
	only_urunc # runc has it since 1.2
	guest fake.wait
	"$helper" console "$T/pidfd.sock" >"$T/pidfd" 3>&- 4>&- &
	background+=($!)
	within 5000 test -S "$T/pidfd.sock"
	create --pidfd-socket "$T/pidfd.sock"
	within 5000 gone "${background[0]}"
	grep -x 'NAME pidfd' "$T/pidfd"
	grep -x "PID $(init_pid "$ID")" "$T/pidfd"
}

@test "run at a terminal: the program has one of its own, bytes and status pass" {
	only_urunc # runc too, but its guest prints other things
	guest fake.say=at-the-terminal fake.exit=9
	another_guest
	config '.process.terminal = true'
	status=0
	timeout -k 1 20 script -qec "stty cols 77 rows 22; '$RT' --root '$ROOT' run --bundle '$B' '$ID'" /dev/null \
		>"$T/console" 2>&1 <>"$T/never" 3>&- 4>&- || status=$?
	same "$status" 9
	grep at-the-terminal "$T/console"
	holds '[.fds[] | .tty and .controlling] == [true, true, true]'
	nothing_left
}

@test "the monitor's standard streams are the very files that create was given" {
	only_urunc
	guest
	another_guest
	mkfifo "$T/in"
	: >"$T/console"
	"$RT" --root "$ROOT" create --bundle "$B" "$ID" <>"$T/in" >>"$T/console" 2>"$T/other" 3>&- 4>&-
	ok start "$ID"
	same "$(report '[.fds[] | [.fd, .ino]]')" \
		"[[0,$(stat -c %i "$T/in")],[1,$(stat -c %i "$T/console")],[2,$(stat -c %i "$T/other")]]"
}

@test "standard input's end reaches the program" {
	guest fake.echo fake.say=end
	printf 'one line\n' >"$T/in"
	"$RT" --root "$ROOT" create --bundle "$B" "$ID" <"$T/in" >"$T/console" 2>&1 3>&- 4>&-
	ok start "$ID"
	console_has 'one line'
	stopped
}

@test "stdio that cannot be written: read-only /dev/null as 0, 1 and 2, as CRI gives it" {
	guest fake.wait
	"$RT" --root "$ROOT" --log "$T/log" --log-format json create --bundle "$B" "$ID" </dev/null 1</dev/null 2</dev/null 3>&- 4>&-
	"$RT" --root "$ROOT" --log "$T/log" start "$ID" </dev/null 1</dev/null 2</dev/null 3>&- 4>&-
	within 5000 status_is "$ID" running
	ok kill "$ID" KILL
	stopped
	[ ! -s "$T/log" ]
	status=0
	"$RT" --root "$ROOT" --log "$T/log" --log-format json create --bundle "$T/no" "$ID" </dev/null 1</dev/null 2</dev/null 3>&- 4>&- || status=$?
	same "$status" 1
	jq -e '.level == "error" and (.msg | length > 0) and (.time | length > 0)' "$T/log"
}

@test "closed stdio: nothing else lands on 0, 1 and 2" {
	only_urunc
	guest fake.wait
	"$RT" --root "$ROOT" create --bundle "$B" "$ID" <&- >&- 2>&- 3>&- 4>&-
	"$RT" --root "$ROOT" start "$ID" <&- >&- 2>&- 3>&- 4>&-
	within 5000 status_is "$ID" running
	local pid
	for pid in $("$RT" --root "$ROOT" ps -f json "$ID" 3>&- | jq '.[]'); do
		same "$(readlink "/proc/$pid/fd/0") $(readlink "/proc/$pid/fd/1") $(readlink "/proc/$pid/fd/2")" '/dev/null /dev/null /dev/null'
	done
	"$RT" --root "$ROOT" kill "$ID" KILL <&- >&- 2>&- 3>&- 4>&-
	stopped
	"$RT" --root "$ROOT" delete "$ID" <&- >&- 2>&- 3>&- 4>&-
	nothing_left
}

@test "descriptors of the caller, 3 to 9, 3 to 1000: none reaches supervisor or monitor" {
	only_urunc
	guest fake.wait
	another_guest
	local last pid
	for last in 9 1000; do
		: >"$T/console"
		"$helper" fds $last "$RT" --root "$ROOT" create --bundle "$B" "$ID" >>"$T/console" 2>&1 </dev/null
		"$helper" fds $last "$RT" --root "$ROOT" start "$ID" >"$T/out" 2>&1 </dev/null
		same "$(report '[.fds[].fd]')" '[0,1,2]'
		console_has WAITING
		pid=$(init_pid "$ID")
		same "$(find "/proc/$pid/fd" -lname '/' -o -lname '/[!d]*' ! -lname "$T/*")" ""
		ok delete --force "$ID"
	done
}

@test "descriptors of the caller at the gate: the waiting process holds none" {
	only_urunc
	: >"$T/console"
	"$helper" fds 9 "$RT" --root "$ROOT" create --bundle "$B" "$ID" >>"$T/console" 2>&1 </dev/null
	local pid fd
	pid=$(init_pid "$ID")
	for fd in "/proc/$pid/fd"/*; do
		case ${fd##*/} in 0 | 1 | 2) continue ;; esac
		matches "$(readlink "$fd")" '^(socket:|anon_inode:)'
	done
}

@test "an empty environment is enough for every command" {
	guest fake.wait
	local bare=(env -i "$RT" --root "$ROOT") command
	[ "$RUNTIME" = runc ] || bare=(env -i "URUNC_CONFIG_FILE=$URUNC_CONFIG_FILE" "$RT" --root "$ROOT")
	"${bare[@]}" create --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&-
	for command in "state $ID" "start $ID" "list" "ps -f json $ID" "kill $ID 0" "pause $ID" "resume $ID" "delete --force $ID" features; do
		# shellcheck disable=SC2086
		"${bare[@]}" $command >"$T/out" 3>&- 4>&-
	done
}

@test "signals blocked or ignored by the caller are neither for the monitor" {
	only_urunc
	guest fake.wait
	: >"$T/console"
	"$helper" signals "$RT" --root "$ROOT" create --bundle "$B" "$ID" >>"$T/console" 2>&1 </dev/null 3>&- 4>&-
	"$helper" signals "$RT" --root "$ROOT" start "$ID" 3>&- 4>&-
	same "$(report '[.signals_blocked, .signals_ignored]')" '[[],[]]'
	console_has WAITING
	ok kill "$ID" TERM
	stopped
}

@test "log: text form as runc's, appended to" {
	echo 'first line' >"$T/log"
	rt --log "$T/log" state "$ID"
	same "$status" 1
	matches "$err" '^container does not exist$'
	same "$(sed -n 1p "$T/log")" 'first line'
	matches "$(sed -n 2p "$T/log")" '^time="20[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+)" level=error msg="container does not exist"$'
	same "$(wc -l <"$T/log")" 2
}

@test "log: JSON form as containerd's shim reads it" {
	rt --log "$T/log" --log-format json state "$ID"
	same "$(wc -l <"$T/log")" 1
	jq -e 'keys == ["level", "msg", "time"] and .level == "error" and .msg == "container does not exist"
		and (.time | test("^20[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+)$"))' "$T/log"
}

@test "log: without --log errors go to standard error in the chosen form" {
	rt state "$ID"
	matches "$err" '^time=".*" level=error msg="container does not exist"$'
	rt --log-format json state "$ID"
	jq -e '.level == "error"' <<<"$err"
}

@test "log: quotes, newlines and control bytes in names stay inside one record" {
	only_urunc
	local dir=$'no"such\\dir\nwith\tcontrol\x01bytes\xff'
	rt --log "$T/log" --log-format json create --bundle "$T/$dir" "$ID"
	same "$status" 1
	one_line "$err"
	same "$(wc -l <"$T/log")" 1
	jq -e '.level == "error"' "$T/log"
	rt create --bundle "$T/$dir" "$ID"
	one_line "$err"
	matches "$err" '^time="[^"]*" level=error msg="'
}

@test "log: nothing is written when all went well" {
	guest fake.wait
	local command
	ok --log "$T/log" create --bundle "$B" "$ID"
	for command in start state 'kill --all' 'delete --force'; do
		# shellcheck disable=SC2086
		ok --log "$T/log" --log-format json $command "$ID"
		same "$err" ""
	done
	[ ! -s "$T/log" ]
}

@test "log: a file that cannot be opened is an error" {
	refused 'no/such' --log "$T/no/such/log" list
}

@test "--debug tells what was decided, of a guest and of a container for a delegate" {
	only_urunc
	guest fake.quiet fake.exit=0
	ok --debug --log "$T/log" --log-format json run --bundle "$B" "$ID"
	jq -se --arg id "$ID" 'map(select(.level == "debug").msg) == ["container \u0027\($id)\u0027: guest \u0027linux\u0027 on monitor" +
		" \u0027qemu\u0027 (tcg, machine \u0027microvm\u0027, 256 MiB, 1 vCPUs), root \u0027initrd\u0027, init \u0027app\u0027"]' "$T/log"
	ok --log "$T/quiet" run --bundle "$B" "$ID"
	[ ! -s "$T/quiet" ]
	mkdir -p "$T/none/rootfs"
	config '.root.path = $r | .process.args = ["/nonexistent"]' --arg r "$T/none/rootfs"
	rt --debug run --bundle "$B" "$ID"
	[[ $err == *"container '$ID' has no unikernel metadata: it goes to runc or crun"* ]]
}

@test "--debug adds records of level debug or less" {
	ok --debug --log "$T/log" --log-format json list -q
	same "$out" ""
	[ ! -s "$T/log" ] || jq -e . "$T/log"
	rt --debug --log "$T/log" --log-format json state "$ID"
	tail -n 1 "$T/log" | jq -e '.level == "error"'
}
