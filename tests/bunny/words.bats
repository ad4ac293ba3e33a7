#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What bunny says: help, versions, progress in each form, mistakes on the command line.
load helpers

@test "every command has its help, and the list names every command" {
	local command
	bunny --help >list
	[ "$(grep -c '^   [a-z]' list)" -ge 8 ]
	for command in $(sed -n 's/^   \([a-z]*\) .*/\1/p' list); do
		bunny "$command" --help | grep -q "^usage: bunny $command"
	done
	bunny help build | cmp - <(bunny build --help)
	bunny | cmp - list
}

@test "versions, in every spelling" {
	local word
	for word in -v --version -version version; do [[ $(bunny "$word") == "bunny version "* ]]; done
}

@test "mistakes on the command line" {
	fails "unknown command 'bild' (see 'bunny --help')" bunny bild
	fails "flag provided but not defined: -bogus (see 'bunny build --help')" bunny build --bogus .
	fails 'build takes CONTEXT, not 0 words' bunny build
	small
	fails 'say where the image goes' bunny build "$C"
	fails "-o foo=bar: FILE, -, oci=DIR" bunny build -o foo=bar "$C"
	fails '--load rkt: docker, containerd and podman are known' bunny build --load rkt "$C"
	fails "'me/x@y' is no name of an image" bunny build -t me/x@y "$C"
	fails 'SOURCE_DATE_EPOCH' env SOURCE_DATE_EPOCH=yesterday "$BUNNY" build -t x "$C"
	fails "context 'nowhere': No such file" bunny build -t x nowhere
	fails 'has no bunnyfile, Containerfile or Dockerfile' bunny build -t x "$T"
	fails '--platform x: OS/ARCH' bunny build -t x --platform x "$C"
	fails '--annotations maybe: plain, base64 and none' bunny build -t x --annotations maybe "$C"
	fails '--size 1x: a size is a number' bunny mkfs --size 1x "$C" out
	fails '--platform windows/amd64: images of guests are for linux' bunny build -t x --platform windows/amd64 "$C"
	fails '--image x: NAME=IMAGE is wanted' bunny check --image x "$C"
	fails '--monitor hvt: qemu, firecracker and cloud-hypervisor are known' bunny convert -t x --monitor hvt ./none.tar
	fails '--fs xfs: ext2 and ext4' bunny mkfs --fs xfs "$C" out
	fails "has a digest: an image is given a tag" bunny push x "me/x@sha256:$(printf '%064d' 0)"
	fails "'oci-archive:x.tar' says no registry: name one: bunny push oci-archive:x.tar NAME" bunny push oci-archive:x.tar
	# Outputs before inputs: neither a kernel nor an image is fetched for nothing.
	fails '-o foo=bar: FILE, -, oci=DIR' bunny convert -o foo=bar nowhere
	fails '--platform x: OS/ARCH' bunny convert -t x --platform x nowhere
}

@test "inputs that are none: one line, and nothing is left" {
	local command
	small
	mkfifo fifo
	for command in mkinitrd mkfs; do
		fails "'fifo' is neither a directory nor a tar archive in a file" bunny "$command" -q fifo out
		[ "${#lines[@]}" -eq 1 ]
		fails "there is no file 'Nowhere': 'Nowhere' is no name of an image" bunny "$command" -q Nowhere out
		[ "${#lines[@]}" -eq 1 ]
		[ ! -e out ]
	done
	fails "cannot write '/dev/full': a file or a block device is wanted for a disk" bunny mkfs "$C" /dev/full
	fails 'No space left on device' bunny mkinitrd "$C" /dev/full
}

@test "a file in a pipe of the shell's is waited for" {
	mkfifo never
	small
	bunny check -q -f <(read -rt 0.5 <>never || cat "$C/bunnyfile") "$C" | grep -q '^guest:   unikraft on qemu'
	mkfifo none
	fails 'there is nothing in the file' bunny check -f none "$C"
}

@test "plain lines, lines of JSON, or nothing; the digest alone on standard output" {
	small
	bunny build -t x -o x.tar "$C" >out 2>err
	grep -qx 'sha256:[0-9a-f]\{64\}' out
	grep -q '^writing x.tar  [0-9.]* KiB  [0-9.]* s$' err
	bunny build -q -t x -o x.tar "$C" >out 2>err
	grep -qx 'sha256:[0-9a-f]\{64\}' out
	[ ! -s err ]
	bunny build --json -t x -o x.tar "$C" >out 2>err
	jq -e .digest out
	jq -es 'all(.step != null) and any(.bytes > 0)' err
}

@test "a terminal sees one line that changes" {
	small
	script -qec "TERM=xterm $BUNNY build -t x -o x.tar $C" /dev/null </dev/null >seen
	grep -q $'\r\033\\[Kwriting x.tar' seen
}

@test "called bima: its archive, its order of files, its output words" {
	ln -s "$BUNNY" bima
	fake_kernel redis.hvt
	echo conf >redis.conf
	cat >Containerfile <<-E
		FROM scratch
		COPY redis.hvt /unikernel/redis.hvt
		LABEL "$K.binary"=/unikernel/redis.hvt
		LABEL "$K.cmdline"='redis-server'
		LABEL "$K.unikernelType"="rumprun"
		LABEL "$K.hypervisor"="hvt"
	E
	./bima build --output tar -t nubificus/image:tag .
	[ "$(tar --force-local -xOf image:tag manifest.json | jq -r '.[0].RepoTags[0]')" = nubificus/image:tag ]
	mv image:tag x.tar
	config x.tar | jq -e '.config.Cmd == ["redis-server"]'
}
