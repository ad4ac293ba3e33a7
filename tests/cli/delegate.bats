#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Containers that are no unikernels: runc or crun gets them, for every command of their lives.
# shellcheck disable=SC2016 # $names inside single quotes are those of jq
load helpers

setup() {
	common_setup
	only_urunc
	# No metadata: an ordinary container. A sed per file is cheaper than a busybox per test.
	mkdir "$B/rootfs"
	cp -a "$SHARED"/rootfs/{bin,dev,proc,sys,tmp,etc,init} "$B/rootfs/"
	config '.root.path = "rootfs"'
}

# crun refuses a host with hybrid control groups: it gets a mount namespace without them.
without_unified() {
	if [ -d /sys/fs/cgroup/unified ]; then
		unshare -m sh -c 'umount /sys/fs/cgroup/unified && exec "$@"' sh "$@"
	else
		"$@"
	fi
}

@test "the whole life through runc: create, start, state, ps, pause, resume, kill, delete" {
	guest fake.wait
	running
	[ -e "$ROOT/$ID/state.json" ]
	status_is "$ID" running
	same "$out" "$(runc --root "$ROOT" state "$ID")"
	ok ps --format json "$ID"
	jq -e 'length >= 1' <<<"$out"
	ok pause "$ID"
	status_is "$ID" paused
	ok resume "$ID"
	refused 'cannot delete container' delete "$ID"
	ok kill "$ID" USR1
	console_has 'SIGNAL 10'
	ok kill "$ID" TERM
	stopped
	ok kill --all "$ID" 9
	ok delete "$ID"
	refused 'does not exist' state "$ID"
	ok delete --force "$ID"
}

@test "exec, update and events work for them" {
	guest fake.wait
	running
	rt exec "$ID" /bin/sh -c 'echo inside; exit 9'
	same "$status" 9
	same "$out" inside
	ok update --pids-limit 55 "$ID"
	ok update --resources=/dev/stdin "$ID" <<<'{}' || ok update --pids-limit 56 "$ID"
	ok events --stats "$ID"
	jq -e .data <<<"$out"
	printf '{"args":["/bin/true"],"cwd":"/","user":{"uid":0,"gid":0}}' >"$T/process.json"
	ok exec --process "$T/process.json" --detach --pid-file "$T/exec.pid" "$ID"
	[ -s "$T/exec.pid" ]
}

@test "run passes the status and the output" {
	guest fake.say=hello fake.exit=7
	rt run --bundle "$B" "$ID"
	same "$status" 7
	matches "$out" hello
	nothing_left
}

@test "run --detach, then delete --force" {
	guest fake.wait
	"$RT" --root "$ROOT" run -d --bundle "$B" --pid-file "$T/pid" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&-
	status_is "$ID" running
	same "$(<"$T/pid")" "$(init_pid "$ID")"
	ok delete --force "$ID"
}

@test "global flags which runc does not know are dropped, others passed" {
	guest fake.wait
	rt --log "$T/log" --log-format json --log-level error --cgroup-manager cgroupfs --debug --rootless=auto create --bundle "$B/nothing" "$ID"
	same "$status" 1
	: >"$T/console"
	"$RT" --root "$ROOT" --log "$T/log2" --log-format json --log-level error --cgroup-manager=cgroupfs create --bundle "$B" "$ID" \
		>"$T/console" 2>"$T/err" </dev/null 3>&- 4>&-
	[ -e "$ROOT/$ID/state.json" ]
	rt --log "$T/log3" --log-format json start nosuch
	tail -n 1 "$T/log3" | jq -e '.level == "error"'
	rt --log "$T/log3" --log-format json create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	tail -n 1 "$T/log3" | jq -e '.level == "error" and (.msg | test("exist"))'
}

@test "list shows ours and the delegate's together" {
	guest fake.wait
	running
	local theirs=$ID
	ID=${ID}u
	config '.root.path = $r' --arg r "$SHARED/rootfs"
	running
	ok list -q
	same "$out" "$theirs"$'\n'"$ID"
	ok list --format json
	jq -e --arg a "$theirs" --arg b "$ID" 'map(.id) == [$a, $b] and map(.status) == ["running", "running"]' <<<"$out"
	ok list
	same "$(wc -l <"$T/out")" 3
}

@test "one id for both kinds: who came first keeps it" {
	guest fake.wait
	running
	local own=$SHARED/rootfs
	config '.root.path = $r' --arg r "$own"
	refused 'already exists' create --bundle "$B" "$ID"
	ok delete --force "$ID"
	running
	config '.root.path = "rootfs"'
	rt create --bundle "$B" "$ID"
	[ "$status" -ne 0 ]
	status_is "$ID" running
	[ -e "$ROOT/$ID/plan" ]
}

@test "the configured delegate is used, by name and by path" {
	guest fake.wait
	cat >"$T/mydelegate" <<-END
		#!/bin/sh
		echo "\$@" >>"$T/calls"
		exec $(command -v runc) "\$@"
	END
	chmod 0755 "$T/mydelegate"
	toml "delegate = \"$T/mydelegate\""
	running
	ok delete --force "$ID"
	same "$(wc -l <"$T/calls")" 3
	matches "$(sed -n 1p "$T/calls")" "create --bundle $B $ID\$"
	matches "$(sed -n 2p "$T/calls")" "start $ID\$"
	matches "$(sed -n 3p "$T/calls")" "delete --force $ID\$"
	mv "$T/mydelegate" "$T/runc"
	toml 'delegate = "runc"'
	PATH=$T:$PATH running
	same "$(wc -l <"$T/calls")" 5
}

@test "restore goes to the configured delegate" {
	printf '#!/bin/sh\necho "$@" >>"%s"\n' "$T/calls" >"$T/mydelegate"
	chmod 0755 "$T/mydelegate"
	toml "delegate = \"$T/mydelegate\""
	ok restore --image-path "$T/image" --bundle "$B" "$ID"
	matches "$(<"$T/calls")" "restore --image-path $T/image --bundle $B $ID\$"
}

@test "crun as delegate: the whole life" {
	guest fake.wait
	toml 'delegate = "crun"'
	: >"$T/console"
	without_unified "$RT" --root "$ROOT" --cgroup-manager=cgroupfs create --bundle "$B" "$ID" >>"$T/console" 2>&1 </dev/null 3>&- 4>&-
	[ -e "$ROOT/$ID/status" ]
	[ ! -e "$ROOT/$ID/state.json" ]
	without_unified "$RT" --root "$ROOT" start "$ID" 3>&- 4>&-
	console_has WAITING
	without_unified "$RT" --root "$ROOT" state "$ID" 3>&- | jq -e '.status == "running"'
	# Whatever the configuration says now: the one that made it is asked.
	toml 'delegate = "runc"'
	without_unified "$RT" --root "$ROOT" state "$ID" 3>&- | jq -e '.status == "running"'
	without_unified "$RT" --root "$ROOT" list --format json 3>&- | jq -e 'map(.status) == ["running"]'
	without_unified "$RT" --root "$ROOT" kill "$ID" KILL 3>&- 4>&-
	without_unified "$RT" --root "$ROOT" delete --force "$ID" 3>&- 4>&-
	[ ! -e "$ROOT/$ID" ]
}

@test "a delegate chosen at create is remembered when the configuration changes" {
	guest fake.wait
	running
	toml 'delegate = "crun"'
	status_is "$ID" running
	ok kill "$ID" KILL
	stopped
	ok delete "$ID"
}

@test "no PATH: the built-in one finds the delegate" {
	guest fake.wait
	env -i URUNC_CONFIG_FILE="$URUNC_CONFIG_FILE" "$RT" --root "$ROOT" create --bundle "$B" "$ID" >"$T/console" 2>&1 </dev/null 3>&- 4>&-
	env -i XDG_RUNTIME_DIR= URUNC_CONFIG_FILE="$URUNC_CONFIG_FILE" "$RT" --root "$ROOT" start "$ID" 3>&- 4>&-
	env -i URUNC_CONFIG_FILE="$URUNC_CONFIG_FILE" "$RT" --root "$ROOT" delete --force "$ID" 3>&- 4>&-
}

@test "no delegate at all: an error that says what to do" {
	toml "delegate = \"$T/nobody\""
	refused "$T/nobody.*runtime.delegate" create --bundle "$B" "$ID"
	nothing_left
}

@test "urunc under the name runc does not call itself for ever" {
	guest fake.wait
	mkdir "$T/bin"
	cp "$URUNC" "$T/bin/runc"
	: >"$T/console"
	PATH=$T/bin:$PATH timeout 10 "$T/bin/runc" --root "$ROOT" create --bundle "$B" "$ID" >>"$T/console" 2>&1 </dev/null 3>&- 4>&-
	[ -e "$ROOT/$ID/state.json" ]
}

@test "stdin, terminal and descriptors go to the delegate untouched" {
	config '.process.args = ["/bin/cat"]'
	"$RT" --root "$ROOT" run --bundle "$B" "$ID" <<<"through two" >"$T/out" 3>&- 4>&-
	same "$(<"$T/out")" "through two"
}

@test "wrong metadata is an error, not a container for the delegate" {
	cp -a "$SHARED/rootfs/boot" "$B/rootfs/"
	echo '{"com.urunc.unikernel.hypervisor": "cWVtdQ=="}' >"$B/rootfs/urunc.json"
	refused 'unikernelType' create --bundle "$B" "$ID"
	nothing_left
}

@test "with strict = false wrong metadata goes to the delegate" {
	guest fake.wait
	cp -a "$SHARED/rootfs/boot" "$B/rootfs/"
	echo '{"com.urunc.unikernel.hypervisor": "cWVtdQ=="}' >"$B/rootfs/urunc.json"
	toml 'strict = false'
	create
	[ -e "$ROOT/$ID/state.json" ]
}

@test "annotations of others are no metadata" {
	guest fake.wait
	config '.annotations = {"com.example.hypervisor": "qemu", "io.kubernetes.cri.container-type": "sandbox"}'
	create
	[ -e "$ROOT/$ID/state.json" ]
}

@test "Knative's queue-proxy looks for the guest; create twice changes it once; nothing else is rewritten" {
	guest fake.wait
	config '.process.env += ["SERVING_READINESS_PROBE={\"tcpSocket\":{\"port\":8080,\"host\":\"127.0.0.1\"}}", "LAST=1"]
		| .annotations = {"io.kubernetes.cri.container-name": "user-container"}'
	chmod 0640 "$B/config.json"
	local before
	before=$(<"$B/config.json")
	running
	same "$(<"$B/config.json")" "$before"
	ok delete --force "$ID"
	config '.annotations["io.kubernetes.cri.container-name"] = "queue-proxy"'
	chmod 0640 "$B/config.json"
	before=$(jq -c 'del(.process.env)' "$B/config.json")
	running
	same "$(jq -c '.process.env[-3:]' "$B/config.json")" \
		'["LAST=1","SERVING_READINESS_PROBE={\"tcpSocket\":{\"port\":8080,\"host\":\"172.16.1.2\"}}","REDIRECT_IP=172.16.1.2"]'
	same "$(jq -c 'del(.process.env)' "$B/config.json")" "$before"
	same "$(stat -c %a "$B/config.json")" 640
	rt exec "$ID" /bin/env
	grep -x 'REDIRECT_IP=172.16.1.2' <<<"$out"
	ok delete --force "$ID"
	before=$(<"$B/config.json")
	running
	same "$(<"$B/config.json")" "$before"
	# plan and a unikernel of that name change nothing.
	ok delete --force "$ID"
	config '.process.env = ["A=1"]'
	before=$(<"$B/config.json")
	rt plan --bundle "$B" "$ID"
	config '.root.path = $r' --arg r "$SHARED/rootfs"
	before=$(<"$B/config.json")
	running
	same "$(<"$B/config.json")" "$before"
}
