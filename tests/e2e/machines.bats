#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Machine types and terminals.
load helpers

on_machine() {
	toml "machine = \"$1\"" 'accelerator = "tcg"'
	ok plan --bundle "$B" "$ID"
	jq -e --arg m "$1" '.argv | any(test("^" + $m + "(,|$)"))' <<<"$out" >/dev/null || {
		echo "no machine $1 in: $out"
		return 1
	}
	app /bin/sh -c 'echo up; exit 9'
	boots_with 9
	matches "$out" up
}

@test "Linux boots on microvm" {
	on_machine microvm
}

@test "Linux boots on q35" {
	on_machine q35
}

@test "a guest kernel that is an ELF file with the PVH note boots too" {
	config '.root.path = $root | .process.args = ["/init", "pvh"]' --arg root "$SHARED/probe"
	toml 'machine = "microvm"'
	boots_with 0
	matches "$out" pvh
}

@test "a terminal is a terminal in the guest, and the program reads from it" {
	config '.process.terminal = true'
	app /bin/sh -c 'test -t 0 && test -t 1 && echo "on a tty"; read -r line; echo "<$line>"; exit 6'
	local rc=0
	mkfifo "$T/in"
	# keeps the terminal open until the guest has ended
	exec 9<>"$T/in"
	timeout -k 2 "$BOOT_SECONDS" script -qefc "'$URUNC' --root '$ROOT' run --bundle '$B' $ID" /dev/null \
		<"$T/in" >"$T/console" 2>"$T/err" 3>&- 4>&- &
	run_pid=$!
	background+=("$run_pid")
	says 'on a tty'
	echo 'typed words' >&9
	wait "$run_pid" || rc=$?
	exec 9>&-
	in_console '<typed words>'
	[ "$rc" -eq 6 ]
}

@test "a terminal by console socket (as engines do it)" {
	config '.process.terminal = true'
	app /bin/sh -c 'test -t 1 && echo "on a tty"; exit 0'
	/usr/bin/python3 - "$T/sock" >"$T/console" 2>"$T/err" 3>&- 4>&- <<-'END' &
		import array, os, socket, sys
		s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1)
		c, _ = s.accept()
		_, anc, _, _ = c.recvmsg(4096, socket.CMSG_SPACE(4))
		fd = array.array("i", anc[0][2])[0]
		while True:
		    try:
		        d = os.read(fd, 4096)
		    except OSError:
		        break
		    if not d:
		        break
		    sys.stdout.buffer.write(d); sys.stdout.flush()
	END
	background+=($!)
	within 5000 test -S "$T/sock"
	ok create --bundle "$B" --console-socket "$T/sock" "$ID"
	ok start "$ID"
	says 'on a tty'
	within 20000 status_is "$ID" stopped
	ok delete "$ID"
}
