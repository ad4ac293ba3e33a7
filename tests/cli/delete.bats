#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Nothing stays, whatever state the container is in; nothing else goes.
load helpers

@test "a stopped container: everything is gone" {
	guest fake.exit=0
	create
	ok start "$ID"
	stopped
	ok delete "$ID"
	same "$out$err" ""
	nothing_left
}

@test "a running container is refused without --force and goes with it" {
	guest fake.wait
	running
	refused "cannot delete container $ID that is not stopped: running" delete "$ID"
	status_is "$ID" running
	ok delete --force "$ID"
	same "$out$err" ""
	nothing_left
}

@test "a paused container is refused without --force and goes with it" {
	guest fake.wait
	running
	ok pause "$ID"
	refused "cannot delete container $ID that is not stopped: paused" delete "$ID"
	ok delete --force "$ID"
	nothing_left
}

@test "a created container goes with and without --force" {
	create
	ok delete "$ID"
	nothing_left
	create
	ok delete -f "$ID"
	nothing_left
}

@test "twice: the second is an error without --force, and none with it" {
	create
	ok delete "$ID"
	refused 'container does not exist' delete "$ID"
	ok delete --force "$ID"
	ok delete "$ID" --force
	same "$out$err" ""
}

@test "an empty directory that a killed create left: gone with --force" {
	mkdir "$ROOT/$ID"
	refused 'container does not exist' state "$ID"
	ok delete --force "$ID"
	[ "$RUNTIME" = runc ] && rm -rf "${ROOT:?}/$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "half-written files that a killed create left: gone with --force" {
	only_urunc
	mkdir -m 0700 "$ROOT/$ID"
	echo half >"$ROOT/$ID/.plan.tmp"
	echo 'cgroup' >"$ROOT/$ID/journal"
	ok delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "delete does not follow links out of the state directory" {
	only_urunc
	mkdir -p "$T/precious"
	echo data >"$T/precious/file"
	create
	ln -s "$T/precious" "$ROOT/$ID/link"
	ln -s "$T/precious/file" "$ROOT/$ID/filelink"
	ok delete --force "$ID"
	same "$(<"$T/precious/file")" data
	# A state directory that is itself a link is nobody's.
	ln -s "$T/precious" "$ROOT/${ID}l"
	rt delete --force "${ID}l"
	same "$(<"$T/precious/file")" data
	rm "$ROOT/${ID}l"
}

@test "bundle and container root are untouched" {
	guest fake.wait
	own_rootfs
	[ "$RUNTIME" = urunc ] || cp -a "$SHARED/rootfs/." "$B/rootfs/"
	mkdir -p "$B"/rootfs/{lib,lib64,usr,dev,proc,sys,tmp}
	local before
	before=$(tree "$B")
	running
	ok delete --force "$ID"
	same "$(tree "$B")" "$before"
}

# tree DIR: everything about everything below.
tree() {
	(cd "$1" && find . -printf '%p %y %m %U:%G %s %T@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

@test "a control group that still holds a process of somebody: gone with --force" {
	only_urunc
	guest fake.wait
	running
	sleep 1000 3>&- 4>&- &
	local stray=$! dir
	background+=("$stray")
	for dir in $(our_cgroups); do
		echo $stray >"$dir/cgroup.procs"
	done
	ok kill "$ID" KILL
	stopped
	ok delete --force "$ID"
	nothing_left
}

@test "without a plan the journal is enough: a running container and its group go with --force" {
	only_urunc
	guest fake.wait
	local what dir stray
	for what in running paused stopped; do
		running
		sleep 1000 3>&- 4>&- &
		stray=$!
		background+=("$stray")
		for dir in $(our_cgroups); do
			echo $stray >"$dir/cgroup.procs"
		done
		[ $what != paused ] || ok pause "$ID"
		[ $what != stopped ] || {
			ok kill "$ID" KILL
			stopped
		}
		printf 'nonsense' >"$ROOT/$ID/plan"
		refused 'damaged' delete "$ID"
		ok delete --force "$ID"
		nothing_left
	done
}

@test "a bad line of the journal is told, and --force goes on" {
	only_urunc
	guest fake.wait
	running
	echo 'process x' >>"$ROOT/$ID/journal"
	refused 'bad line' delete "$ID"
	ok delete --force "$ID"
	matches "$err" "bad line 'process x'"
	nothing_left
}

@test "the guest may end at the very moment of delete" {
	guest fake.wait
	for _ in 1 2 3 4 5; do
		running
		kill -KILL "$(init_pid "$ID")"
		ok delete --force "$ID"
		nothing_left
	done
}

@test "a create that takes long: with --force it takes everything back, and nobody waits for its end" {
	only_urunc
	local begin took
	# Whatever lies beside the program makes the images.
	mkdir "$T/bin"
	cp "$URUNC" "$T/bin/urunc"
	printf '#!/bin/sh\n: >%s/imaging\nexec sleep 1000\n' "$T" >"$T/bin/urunc-image"
	chmod 0755 "$T/bin/urunc-image"
	RT=$T/bin/urunc
	toml "cache_dir = \"$T/cache\"" 'rootfs = "image"'
	own_rootfs
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel mountRootfs=true >"$B/rootfs/urunc.json"
	guest_urunit fake.wait
	"$RT" --root "$ROOT" create --bundle "$B" "$ID" >/dev/null 2>"$T/create.err" </dev/null 3>&- 4>&- &
	background+=("$!")
	within 10000 test -e "$T/imaging"
	status_is "$ID" creating
	begin=${EPOCHREALTIME/./}
	ok delete --force "$ID"
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	same "$out$err" ""
	[ $took -lt 8000 ] # the lock is waited for 10 s
	status=0
	wait "${background[-1]}" || status=$?
	same "$status" 143
	matches "$(<"$T/create.err")" 'interrupted by signal 15: what was begun is undone'
	[ ! -e "$ROOT/$ID" ]
	nothing_left
}
