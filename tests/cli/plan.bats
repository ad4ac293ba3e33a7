#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `urunc plan` tells what create and start would do, and does nothing of it.
load helpers

setup() {
	common_setup
	only_urunc
}

@test "the keys other tools rely on, with their types" {
	guest one 'two words'
	ok plan --bundle "$B" "$ID"
	jq -e --arg id "$ID" '.monitor == "qemu" and .guest == "linux" and (.argv | type == "array" and length > 5 and all(.[]; type == "string"))
		and (.guest_cmdline | type) == "string" and .memory_bytes == 268435456 and .vcpus == 1 and (.rootfs | type) == "object"
		and has("network") and .network == null' <<<"$out"
	same "$err" ""
	jq -e '.rootfs | [.. | strings] | index("initrd") != null' <<<"$out"
}

@test "it is one JSON object and ends with a newline" {
	ok plan --bundle "$B" "$ID"
	same "$(jq -s length "$T/out")" 1
	same "$(tail -c 1 "$T/out" | od -An -tx1 | tr -d ' ')" 0a
}

@test "the archive of the RAM disk is shown by its members, not by its bytes" {
	guest_urunit one
	ok plan --bundle "$B" "$ID"
	jq -e '[.vm.files[].path] == ["/urunit.conf", "/urunit"] and all(.box[]; .data == "" and .tail == "")' <<<"$out"
}

@test "the argv that the monitor reports is the planned one, for both kinds of init" {
	guest fake.quiet=no 'a b' '--' '-x' "it's" '"q"' 'c,d=e'
	config '.process.args = ["/init", "one", "two"]'
	local planned
	ok plan --bundle "$B" "$ID"
	planned=$(jq -c .argv <<<"$out")
	running
	same "$(report .argv)" "$planned"
	ok delete --force "$ID"
	guest_urunit fake.ctl=ready,exit:0 'a b' $'new\nline' '"q"'
	ok plan --bundle "$B" "$ID"
	planned=$(jq -c .argv <<<"$out")
	create
	ok start "$ID"
	same "$(report .argv)" "$planned"
}

@test "the same bundle gives the same bytes" {
	guest one two
	ok plan --bundle "$B" "$ID"
	local first=$out
	ok plan --bundle "$B" "$ID"
	same "$out" "$first"
	cd "$B"
	ok plan "$ID"
	same "$out" "$first"
}

@test "it changes nothing: no file, directory, mount, group or process anywhere" {
	own_rootfs
	guest_urunit one
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "touch '"$T"'/hook-ran"]}]'
	make_toml | sed '/^accelerator/d' >"$T/urunc.toml" # so the probe of KVM runs too
	export URUNC_CONFIG_FILE=$T/urunc.toml
	snapshot >"$T/before.list"
	"$RT" --root "$ROOT" plan --bundle "$B" "$ID" >"$T/plan.out" 2>&1 </dev/null 3>&- 4>&-
	snapshot >"$T/after.list"
	diff "$T/before.list" "$T/after.list"
	[ ! -e "$T/hook-ran" ]
	[ ! -e "$ROOT/$ID" ]
}

snapshot() {
	(
		cd "$B" && find . -printf '%p %y %m %s %T@\n' | sort
		find "$ROOT" -printf '%p %T@\n'
		find /run /etc/urunc /var/lib -maxdepth 2 -iname '*urunc*' -printf '%p %T@\n' 2>/dev/null | sort
		our_cgroups
		grep -F "$T" /proc/self/mountinfo
	) | grep -v -e '\.list' || :
}

@test "a second plan, after create, does not disturb the container" {
	guest fake.wait
	running
	ok plan --bundle "$B" "$ID"
	status_is "$ID" running
}

@test "the state directory needs not exist, and is not made" {
	ROOT=$T/nowhere ok plan --bundle "$B" "$ID"
	[ ! -e "$T/nowhere" ]
}

@test "errors are those of create" {
	rm "$B/config.json"
	refused 'config.json' plan --bundle "$B" "$ID"
	cp "$SHARED/config.json" "$B/config.json"
	config 'del(.linux)'
	refused linux plan --bundle "$B" "$ID"
	refused '[Cc]ontainer (ID|id)' plan --bundle "$B" 'a/b'
	rt plan --bundle "$B"
	same "$status" 1
}

@test "a bundle without metadata is an error that says who would get it" {
	own_rootfs
	rm "$B/rootfs/urunc.json"
	refused 'runc or crun' plan --bundle "$B" "$ID"
}

@test "--netns: the network namespace that start would find" {
	guest
	unshare -n sleep 1000 3>&- 4>&- &
	background+=($!)
	local pid=$!
	other_netns() { [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
	within 5000 other_netns
	ok plan --bundle "$B" --netns "/proc/$pid/ns/net" "$ID"
	jq -e '.argv | length > 5' <<<"$out"
	refused 'missing' plan --bundle "$B" --netns "$T/missing" "$ID"
	echo >"$T/file"
	refused 'file' plan --bundle "$B" --netns "$T/file" "$ID"
	refused 'mnt' plan --bundle "$B" --netns /proc/self/ns/mnt "$ID"
}

@test "annotations in plain text and in base64 give the same plan as urunc.json" {
	own_rootfs
	guest
	ok plan --bundle "$B" "$ID"
	local from_file
	from_file=$(jq -cS 'del(.annotations)' <<<"$out")
	rm "$B/rootfs/urunc.json"
	config '.annotations = {"com.urunc.unikernel.unikernelType": "linux", "com.urunc.unikernel.hypervisor": "qemu",
		"com.urunc.unikernel.binary": "/boot/kernel", "com.urunc.unikernel.initrd": "/boot/initrd"}'
	ok plan --bundle "$B" "$ID"
	same "$(jq -cS 'del(.annotations)' <<<"$out")" "$from_file"
	config '.annotations |= with_entries(.value |= @base64)'
	ok plan --bundle "$B" "$ID"
	same "$(jq -cS 'del(.annotations)' <<<"$out")" "$from_file"
}

@test "annotations win over urunc.json, key by key" {
	own_rootfs
	cp "$SHARED/rootfs/boot/kernel" "$B/rootfs/boot/other"
	config '.annotations = {"com.urunc.unikernel.unikernelType": "linux", "com.urunc.unikernel.binary": "/boot/other"}'
	ok plan --bundle "$B" "$ID"
	jq -e '[.box[] | select(.dst == "/kernel") | .src] == ["/boot/other"] and .monitor == "qemu"' <<<"$out"
}
