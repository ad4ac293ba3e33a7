#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# urunc-image on its own: two descriptors, one line when something is wrong, no privileges.
load helpers

imager() { # words; the tree is $T/tree, the file $T/out
	: >"$T/out"
	"$BUILD/bin/urunc-image" "$@" 3<"$T/tree" 4<>"$T/out"
}

setup() {
	common_setup
	mkdir -p "$T/tree/.urunc" "$T/tree/lib"
	echo one >"$T/tree/lib/a.ko"
	echo hidden >"$T/tree/.urunc/rw.img"
}

@test "a tree becomes an image that leaves the writable layer's file out" {
	imager erofs
	[ "$(stat -c %s "$T/out")" -gt 0 ]
	grep -q one "$T/out"
	! grep -q hidden "$T/out" || false
}

@test "the same as ext4, where the kernel has no EROFS" {
	imager ext4-tree
	/sbin/e2fsck -fn "$T/out"
	same "$(/sbin/debugfs -R 'cat /lib/a.ko' "$T/out" 2>/dev/null)" one
	! /sbin/debugfs -R 'ls /' "$T/out" 2>/dev/null | grep -qE 'urunc|lost' || false
	run imager ext4-tree 4096
	[ "$status" = 3 ]
	[[ $output = *"allowed are 4096"* ]]
}

@test "a writable file system" {
	imager ext4 1073741824
	[ "$(stat -c %s "$T/out")" = 1073741824 ]
	[ $(($(stat -c %b "$T/out") * 512)) -lt 2000000 ]
}

@test "modules become an archive" {
	imager modules /lib/a.ko
	grep -aq '/.urunc/a.ko' "$T/out"
}

@test "one line says what is wrong" {
	: >"$T/out"
	run imager
	[ "$status" = 1 ]
	[[ $output = "usage: urunc-image "* ]]
	run imager ext4 12
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
	run imager modules $'/no\nsuch'
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
	run "$BUILD/bin/urunc-image" erofs 3<"$T/tree" 4</dev/null
	[ "$status" = 1 ]
	[[ $output = *"descriptor 4 must be an empty regular file"* ]]
	echo x >"$T/full"
	run "$BUILD/bin/urunc-image" erofs 3<"$T/tree" 4<>"$T/full"
	[[ $output = *"empty regular file"* ]]
}

@test "while it reads it has one capability, and it can gain none" {
	[ "$(id -u)" = 0 ] || skip "only root has any to lose"
	mkfifo "$T/slow"
	: >"$T/out"
	strace -f -o "$T/trace" -e trace=capset,prctl,openat,openat2 "$BUILD/bin/urunc-image" erofs 3<"$T/tree" 4<>"$T/out"
	grep -q 'PR_SET_NO_NEW_PRIVS, 1' "$T/trace"
	grep 'capset' "$T/trace" | grep -q 'effective=1<<CAP_DAC_READ_SEARCH, permitted=1<<CAP_DAC_READ_SEARCH, inheritable=0'
	# Nothing of the tree is opened before.
	[ "$(grep -nE 'capset' "$T/trace" | head -n 1 | cut -d: -f1)" -lt "$(grep -nE '"(lib|a.ko)' "$T/trace" | head -n 1 | cut -d: -f1)" ]
}

@test "a directory that leads to itself by links is read once" {
	ln -s . "$T/tree/self"
	ln -s ../.. "$T/tree/lib/up"
	imager erofs
	[ "$(stat -c %s "$T/out")" -lt 20000 ]
}

@test "an image has no more bytes than it is allowed" {
	head -c 100000 /dev/urandom >"$T/tree/lib/big"
	imager erofs 1000000
	# The contents alone, then what describes them.
	: >"$T/out"
	run imager erofs 50000
	[ "$status" = 3 ]
	[ "${#lines[@]}" = 1 ]
	run imager erofs 100010
	[ "$status" = 3 ]
	[[ $output = "cannot write an image: File too large" ]]
	[ "$(stat -c %s "$T/out")" -le 100010 ]
	run imager layer x
	[[ $output = *"is no number of bytes"* ]]
}
