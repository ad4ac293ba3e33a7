#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The box around the monitor, as the monitor itself sees it.
# shellcheck disable=SC2016 # $names inside single quotes are those of jq
load helpers

setup() {
	common_setup
	only_urunc
}

@test "the root holds exactly what the plan lists, and nothing of it can be written" {
	guest
	ok plan --bundle "$B" "$ID"
	jq -r '.box[].dst' <<<"$out" | while read -r path; do
		while [ "$path" != / ]; do
			echo "$path"
			path=$(dirname "$path")
		done
		echo /
	done | sort -u >"$T/planned"
	running
	report '.tree[].path' -r | sort -u >"$T/found"
	cat "$T/found"
	# Everything planned is there (files of the monitor may be optional), and nothing more.
	same "$(comm -13 "$T/planned" "$T/found")" ""
	jq -r '.box[] | select(.optional | not) | .dst' <<<"$out" | sort -u | comm -23 - "$T/found" >"$T/missing"
	[ ! -s "$T/missing" ]
	grep -x /monitor "$T/found"
	grep -x /kernel "$T/found"
	grep -x /initrd "$T/found"
	holds '.tree_complete and .dotdot_is_root and all(.tree[]; .writable | not)'
}

@test "the root is a small private tmpfs: read-only, nosuid, nodev but for /dev" {
	guest
	running
	holds '.root.tmpfs and .root.readonly and .root.nosuid and .root.nodev'
	holds '.root.bytes <= (4 * 1024 * 1024)'
	holds '.dev.nosuid and .dev.noexec and (.dev.nodev | not)'
	# Device nodes are in /dev only, and only harmless ones.
	same "$(report '[.tree[] | select(.type == "char" or .type == "block") | .path] | sort')" \
		'["/dev/null","/dev/random","/dev/urandom","/dev/zero"]'
	holds 'all(.tree[] | select(.type == "char"); .open == "ok")'
	holds '[.tree[] | select(.type == "fifo" or .type == "socket" or .type == "symlink")] == []'
}

@test "the image's files are those of the image" {
	guest
	running
	holds --argjson k "$(stat -c %s "$SHARED/rootfs/boot/kernel")" '[.tree[] | select(.path == "/kernel") | .size] == [$k]'
	holds --argjson k "$(stat -c %s "$FAKE")" '[.tree[] | select(.path == "/monitor") | .size] == [$k]'
}

@test "no capability in any set, no_new_privs, securebits locked" {
	guest
	running
	same "$(report '[.caps[] | ltrimstr("0x") | gsub("^0+"; "")] | unique')" '[""]'
	same "$(report .no_new_privs)" 1
	# NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE with their locks.
	same "$(report '.securebits')" 239
}

@test "the supervisor has none either, and cannot be looked into by processes of the same user" {
	guest fake.wait
	config '.process.user = {uid: 1234, gid: 2345}'
	running
	local pid
	pid=$(init_pid "$ID")
	same "$(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb)/ {print $2}' "/proc/$pid/status" | sort -u)" 0000000000000000
	same "$(awk '/^NoNewPrivs/ {print $2}' "/proc/$pid/status")" 1
	same "$(awk '/^Uid/ {print $2, $3, $4}' "/proc/$pid/status")" '1234 1234 1234'
	# The files of a process that is not dumpable are root's, whoever it is.
	same "$(stat -c %u "/proc/$pid/environ")" 0
	same "$(<"/proc/$pid/comm")" 'urunc:[run]'
}

@test "user 0 stays 0 without privileges; the caller's supplementary groups do not stay" {
	guest
	config '.process.user = {uid: 0, gid: 0}'
	: >"$T/console"
	setpriv --groups 4,5,6 "$RT" --root "$ROOT" create --bundle "$B" "$ID" >>"$T/console" 2>&1 </dev/null 3>&- 4>&-
	ok start "$ID"
	same "$(report '[.uid, .gid, .groups]')" '[[0,0,0],[0,0,0],[]]'
}

@test "another user: real, effective and saved ids and all groups" {
	guest
	config '.process.user = {uid: 1234, gid: 2345, additionalGids: [2345, 77, 88]}'
	running
	same "$(report '[.uid, .gid, (.groups | sort)]')" '[[1234,1234,1234],[2345,2345,2345],[77,88,2345]]'
	holds 'all(.tree[] | select(.path == "/initrd" or .path == "/kernel"); .mode == "0400" or .mode == "0444" or .mode == "0644")'
}

@test "files that only their owner may read reach a monitor of another user, as copies" {
	own_rootfs
	chmod 0600 "$B/rootfs/boot/kernel" "$B/rootfs/boot/initrd"
	guest
	config '.process.user = {uid: 1234, gid: 2345}'
	running
	same "$(report '[.tree[] | select(.path == "/initrd" or .path == "/kernel") | [.uid, .mode]] | unique')" '[[1234,"0400"]]'
	same "$(stat -c %a:%u "$B/rootfs/boot/kernel")" 600:0
}

@test "environment: nothing of the caller's, nothing of the application's" {
	guest
	config '.process.env += ["SECRET_OF_APP=1"]'
	SECRET_OF_CALLER=1 create
	SECRET_OF_CALLER=1 ok start "$ID"
	report .env
	same "$(report '[.env[] | select(test("SECRET|PATH=/bin|HELLO|HOME=/root"))]')" '[]'
	ok plan --bundle "$B" "$ID"
	same "$(report .env)" "$(jq -c .envp <<<"$out")"
}

@test "working directory, process group, umask, parent, dispositions" {
	guest
	umask 0000
	running
	holds '.cwd == "/" and .signals_blocked == [] and .signals_ignored == [] and .pdeathsig == 9 and .nice == 0'
	holds '.umask == 63'
	# pid 1 of its namespace is the supervisor.
	holds '.ppid == 1 and .pid > 1 and .sid == 1'
}

@test "new namespaces: each one its own, except those the bundle does not ask for" {
	guest fake.wait
	config '.linux.namespaces = [{type: "pid"}, {type: "network"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}, {type: "cgroup"}]'
	running
	local kind name
	for kind in pid network ipc uts mount cgroup; do
		case $kind in network) name=net ;; mount) name=mnt ;; *) name=$kind ;; esac
		holds --argjson host "$(stat -Lc %i "/proc/self/ns/$name")" ".namespaces.$kind != \$host and .namespaces.$kind != null"
	done
	holds --argjson host "$(stat -Lc %i /proc/self/ns/user)" '.namespaces.user == $host'
	holds --argjson host "$(stat -Lc %i /proc/self/ns/time)" '.namespaces.time == $host'
}

@test "without namespaces in the bundle the monitor still gets a mount namespace of its own" {
	guest fake.wait
	config '.linux.namespaces = [] | del(.hostname)'
	running
	holds --argjson host "$(stat -Lc %i /proc/self/ns/mnt)" '.namespaces.mount != $host'
	holds --argjson host "$(stat -Lc %i /proc/self/ns/net)" '.namespaces.network == $host'
	holds --argjson host "$(stat -Lc %i /proc/self/ns/pid)" '.namespaces.pid == $host'
	holds '.root.tmpfs and .root.readonly'
	ok kill "$ID" KILL
	stopped
	none_left() { [ -z "$(our_processes)" ]; }
	within 2000 none_left
}

@test "namespaces by path are joined: network, ipc, uts, pid, as in a pod" {
	guest fake.wait
	running
	local pid=$ID kind
	pid=$(init_pid "$ID")
	local first=$ID
	ID=${ID}b
	config '.linux.namespaces = [{type: "mount"}, {type: "network", path: "/proc/\($p)/ns/net"}, {type: "ipc", path: "/proc/\($p)/ns/ipc"},
		{type: "uts", path: "/proc/\($p)/ns/uts"}, {type: "pid", path: "/proc/\($p)/ns/pid"}] | del(.hostname)' --arg p "$pid"
	running
	for kind in net:network ipc:ipc uts:uts pid:pid; do
		holds --argjson want "$(stat -Lc %i "/proc/$pid/ns/${kind%:*}")" ".namespaces.${kind#*:} == \$want"
	done
	holds '.hostname == "guest" and .pid > 2'
	ok delete --force "$ID"
	ID=$first
	status_is "$ID" running
}

@test "a namespace path that is no namespace, of another type, or missing is refused" {
	local path
	echo >"$T/file"
	for path in "$T/file" /proc/1/ns/mnt "$T/missing" /proc/self/ns/net/ /; do
		cp "$SHARED/config.json" "$B/config.json"
		config '.linux.namespaces |= map(if .type == "uts" then .path = $p else . end) | del(.hostname)' --arg p "$path"
		refused 'uts' create --bundle "$B" "$ID"
		nothing_left
	done
}

@test "hostname, domainname and sysctls are those of the bundle" {
	guest fake.wait
	another_guest
	local pid other
	other=$(other_forwarding)
	config '.hostname = "a-name" | .domainname = "a.domain" | .linux.sysctl = {"net.ipv4.ip_forward": $v, "kernel.shmmni": "1234"}' --arg v "$other"
	running
	holds '.hostname == "a-name" and .domainname == "a.domain"'
	pid=$(init_pid "$ID")
	same "$(nsenter -t "$pid" -n cat /proc/sys/net/ipv4/ip_forward)" "$other"
	same "$(nsenter -t "$pid" -i cat /proc/sys/kernel/shmmni)" 1234
}

# The value that a new network namespace does not have: it takes the host's, which engines switch on.
other_forwarding() {
	echo $((1 - $(unshare -n cat /proc/sys/net/ipv4/ip_forward)))
}

@test "sysctls outside the container's namespaces are refused" {
	local key
	for key in kernel.panic vm.swappiness ../../etc/passwd net/ipv4/ip_forward kernel.core_pattern; do
		cp "$SHARED/config.json" "$B/config.json"
		another_guest
		config '.linux.sysctl = {($k): "1"}' --arg k "$key"
		refused 'sysctl' create --bundle "$B" "$ID"
	done
	nothing_left
}

@test "sysctls of a guest that has a kernel for them are that kernel's, and none can be named that is a path" {
	guest fake.wait
	config '.linux.sysctl = {"net.ipv4.ip_forward": $v}' --arg v "$(other_forwarding)"
	running
	same "$(nsenter -t "$(init_pid "$ID")" -n cat /proc/sys/net/ipv4/ip_forward)" "$(unshare -n cat /proc/sys/net/ipv4/ip_forward)"
	ok delete --force "$ID"
	local key
	for key in ../../etc/passwd net/ipv4/ip_forward 'a=b' .a a. ''; do
		config '.linux.sysctl = {($k): "1"}' --arg k "$key"
		refused 'sysctl' create --bundle "$B" "$ID"
	done
	nothing_left
}

@test "limits: no core files; what the kernel does not let us raise is no failure" {
	guest fake.wait
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 1048576, soft: 1048576}, {type: "RLIMIT_NPROC", hard: 3, soft: 2}]'
	running
	same "$(report '.rlimits.CORE')" '[0,0]'
	holds '.rlimits.NOFILE[0] >= 1024'
}

@test "oom score: raised as asked; lowering it without the privilege is no failure" {
	guest fake.wait
	config '.process.oomScoreAdj = 321'
	running
	local pid own
	for pid in $("$RT" --root "$ROOT" ps -f json "$ID" 3>&- | jq '.[]'); do
		same "$(<"/proc/$pid/oom_score_adj")" 321
	done
	ok delete --force "$ID"
	own=$(</proc/self/oom_score_adj)
	config '.process.oomScoreAdj = -998'
	running
	pid=$(init_pid "$ID")
	matches "$(<"/proc/$pid/oom_score_adj")" "^(-998|$own)\$"
}

@test "with supervise = false the monitor is the container's process, in the same box" {
	toml 'supervise = false'
	guest fake.exit=0
	running
	holds '.pid == 1 and .root.readonly and .no_new_privs == 1 and ([.fds[].fd] == [0, 1, 2]) and .cwd == "/"'
	same "$(report '[.caps[] | ltrimstr("0x") | gsub("^0+"; "")] | unique')" '[""]'
}

@test "the control channel is the only further descriptor, a socket, where the command line says" {
	guest_urunit fake.ctl=ready,exit:0
	create
	ok start "$ID"
	same "$(report '[.fds[] | [.fd, .type, .cloexec]]')" '[[0,"char",false],[1,"file",false],[2,"file",false],[3,"socket",false]]'
	matches "$(report '.argv')" 'fd=3'
}

@test "the monitor's control socket is one more, where the command line says, and nobody outside has it" {
	guest fake.wait
	running
	same "$(report '[.fds[] | [.fd, .type, .cloexec]]')" '[[0,"char",false],[1,"file",false],[2,"file",false],[4,"socket",false]]'
	matches "$(report .argv)" 'id=qmp,fd=4'
	another_guest
	ID=${ID}b running
	same "$(report '[.fds[].fd]')" '[0,1,2]'
}

@test "our urunit travels in the initrd, after the image's own archive" {
	guest_urunit fake.ctl=ready,exit:0
	create
	ok start "$ID"
	local size
	size=$(report '.tree[] | select(.path == "/initrd") | .size')
	[ "$size" -gt "$(stat -c %s "$BUILD/bin/urunit")" ]
}

@test "a kernel that was exchanged between create and start is not used" {
	own_rootfs
	guest fake.wait
	create
	cp "$B/rootfs/boot/kernel" "$B/rootfs/boot/other"
	mv "$B/rootfs/boot/other" "$B/rootfs/boot/kernel"
	refused 'kernel' start "$ID"
	stopped
	ok delete "$ID"
}

@test "links in the image never lead out of it" {
	own_rootfs
	guest
	ln -sf /etc/passwd "$B/rootfs/boot/kernel"
	refused 'kernel' create --bundle "$B" "$ID"
	ln -sf ../../../../../../../../etc/passwd "$B/rootfs/boot/kernel"
	refused 'kernel' create --bundle "$B" "$ID"
	ln -sf /proc/self/exe "$B/rootfs/boot/kernel"
	refused 'kernel' create --bundle "$B" "$ID"
	# Inside the image they work.
	cp "$SHARED/rootfs/boot/kernel" "$B/rootfs/boot/real"
	ln -sf /boot/real "$B/rootfs/boot/kernel"
	running
	console_has FAKE-REPORT
}

@test "the image's directories are no places where anything is made" {
	own_rootfs
	guest fake.wait
	ln -s / "$B/rootfs/usr"
	ln -sfn /run "$B/rootfs/run"
	rm -r "$B/rootfs/tmp" "$B/rootfs/dev"
	ln -s /etc "$B/rootfs/dev"
	ln -s /run "$B/rootfs/tmp"
	local before
	before=$(listing "$B/rootfs/boot" /etc)
	running
	ok delete --force "$ID"
	same "$(listing "$B/rootfs/boot" /etc)" "$before"
}

listing() {
	find "$@" -printf '%p %y %m %s %T@ %l\n' | sort | sha256sum
}
