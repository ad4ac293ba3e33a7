#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One guest by hand: what it is given, what comes back.
load helpers

@test "a guest boots, speaks from its own kernel and ends with 0" {
	app /bin/sh -c 'echo "kernel $(uname -r)"; echo to stderr >&2'
	boots_with 0
	# not one line of the kernel's
	same "$out" "kernel $(<"$SHARED/kernel/version")"$'\nto stderr'
	same "$err" ""
}

@test "the application's exit status 7 is urunc's" {
	app /bin/sh -c 'exit 7'
	boots_with 7
}

@test "an application that a signal ends gives 128+n" {
	app /bin/sh -c 'kill -SEGV $$'
	boots_with 139
}

@test "an application that cannot be started gives 127 and a line that names it" {
	app /bin/no-such-program
	boots_with 127
	matches "$out$err" "no-such-program"
}

@test "arguments arrive byte for byte: blanks, quotes, newlines, nothing at all, UTF-8" {
	app /bin/envdump 'a b' "it's" '"q"' $'x\ny' '' '--' "'one'" $'tab\there' 'ümlaut' '\back' '$HOME' 'K=V'
	boots_with 0
	same "$(dump .args)" "$(jq -cn '["/bin/envdump"] + $ARGS.positional' \
		--args -- 'a b' "it's" '"q"' $'x\ny' '' '--' "'one'" $'tab\there' 'ümlaut' '\back' '$HOME' 'K=V')"
}

@test "the documents' nginx: an image whose command is only /urunit, and a quote in its cmdline that is never closed" {
	app /bin/envdump
	config '.process.args = ["/urunit"] | .annotations["com.urunc.unikernel.cmdline"] = $c' \
		--arg c "/urunit /bin/envdump -g 'daemon off;error_log stderr debug;"
	boots_with 0
	same "$(dump .args)" '["/bin/envdump","-g","daemon off;error_log stderr debug;"]'
	matches "$err" 'cmdline: the quote before .daemon. is never closed'
}

@test "the environment arrives exactly: order, blanks, quotes, newlines, empty values" {
	app /bin/envdump
	config '.process.env = $ARGS.positional' --args -- PATH=/bin HOME=/h 'A=a b' "B=it's \"q\"" $'C=x\ny' D= 'E=k=v' 'UES=UEE'
	boots_with 0
	same "$(dump .env)" "$(jq -cn '$ARGS.positional' --args -- PATH=/bin HOME=/h 'A=a b' "B=it's \"q\"" $'C=x\ny' D= 'E=k=v' 'UES=UEE')"
}

@test "user, groups, directory, host name, umask and limits are the container's" {
	app /bin/envdump
	config '.process.user = {uid: 1000, gid: 1000, additionalGids: [5, 1000], umask: 63} | .process.cwd = "/home/user"
		| .hostname = "my-guest" | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 1024}]'
	boots_with 0
	same "$(dump '[.uid, .euid, .gid, .egid, (.groups | sort), .cwd, .hostname, .umask, .nofile]')" \
		'[1000,1000,1000,1000,[5,1000],"/home/user","my-guest",63,[512,1024]]'
}

@test "more output than any buffer holds arrives whole and in order" {
	app /bin/blast 300000
	boots_with 0
	[ "$(stat -c %s "$T/console")" -eq 300000 ]
	python3 - "$T/console" <<-'END'
		import sys
		data = open(sys.argv[1], "rb").read()
		want = bytes((i * 7 + i // 256) & 255 for i in range(len(data)))
		sys.exit(data != want)
	END
}

@test "TERM: the application gets it and finishes in its own time, with its own status" {
	app /bin/sh -c 'trap "echo stopping; sleep 1; echo stopped; exit 3" TERM; echo ready; while :; do sleep 1 & wait; done'
	boot_aside
	says '^ready'
	ok kill "$ID" TERM
	ends_with 3
	in_console '^stopping'
	in_console '^stopped'
}

@test "every signal is the application's: USR1, HUP, WINCH, a real-time one, and 0 is none" {
	app /bin/sigecho
	boot_aside
	says 'sigecho: ready'
	local s
	for s in USR1 HUP 28 40; do # musl keeps 32 to 34 for itself
		ok kill "$ID" "$s"
		says "sigecho: got $(case $s in USR1) echo 10 ;; HUP) echo 1 ;; *) echo "$s" ;; esac)\b"
	done
	ok kill "$ID" 0
	status_is "$ID" running
	ok kill "$ID" TERM
	ends_with 42
}

@test "KILL ends the guest at once: 137" {
	app /bin/sigecho
	boot_aside
	says 'sigecho: ready'
	ok kill "$ID" KILL
	ends_with 137
}

@test "an orphan in the guest is reaped, and does not outlive the application" {
	app /bin/sh -c '(sleep 1000 & ) ; echo gone; exit 4'
	boots_with 4
}
