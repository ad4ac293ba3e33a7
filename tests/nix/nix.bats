#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# nix/: the args.nix of the documents and what is made of them, with Debian's Nix and a store of the test's own.
bats_require_minimum_version 1.7.0

setup() {
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	T=$BATS_TEST_TMPDIR
	export NIX_STORE_DIR=$T/store NIX_STATE_DIR=$T/var NIX_LOG_DIR=$T/log NIX_CONF_DIR=$T/conf HOME=$T
	mkdir -p "$T/conf" "$T/work"
	printf 'build-users-group =\nsandbox = false\nsubstitute = false\n' >"$T/conf/nix.conf"
	cp "$top"/nix/*.nix "$T/work"
	cd "$T/work" || return
}

teardown() {
	chmod -R u+w "$T" 2>/dev/null || true
}

same() { # GOT WANT
	[ "$1" = "$2" ] || {
		printf 'got:\n%s\nwanted:\n%s\n' "$1" "$2"
		return 1
	}
}

recipe() {
	nix-instantiate --eval --strict --json -A recipe "$@" | jq -r .
}

# refused WORDS: the evaluation of args.nix, read from standard input, ends with a line that has these words.
refused() {
	cat >args.nix
	run nix-instantiate --eval --strict -A drvPath .
	[ "$status" -ne 0 ] && [[ $output == *"error: args.nix: "*"$1"* ]] || {
		printf 'wanted: %s\ngot: %s\n' "$1" "$output"
		return 1
	}
}

# with [LINE...]: an args.nix with these annotations in place of the usual ones of the same name.
with() {
	local k line
	declare -A a=([unikernelType]='"linux"' [hypervisor]='"qemu"' [binary]='"/k"' [cmdline]='"x"')
	for line; do
		k=${line%%=*}
		a[$k]=${line#*=}
	done
	printf '{ name = "%s"; tag = "%s"; files = %s; annotations = {' "${name:-n}" "${tag:-t}" "${files:-{ \}}"
	for k in "${!a[@]}"; do printf ' %s = %s;' "$k" "${a[$k]}"; done
	printf '}; }\n'
}

@test "the example beside it, as the documents have it for Rumprun" {
	echo k >hello.hvt
	same "$(recipe)" 'FROM scratch
COPY ["hello.hvt","/unikernel/hello.hvt"]
LABEL "com.urunc.unikernel.binary"="/unikernel/hello.hvt"
LABEL "com.urunc.unikernel.blkMntPoint"=""
LABEL "com.urunc.unikernel.block"=""
LABEL "com.urunc.unikernel.cmdline"="hello"
LABEL "com.urunc.unikernel.hypervisor"="hvt"
LABEL "com.urunc.unikernel.initrd"=""
LABEL "com.urunc.unikernel.mountRootfs"="false"
LABEL "com.urunc.unikernel.unikernelType"="rumprun"
LABEL "com.urunc.unikernel.unikernelVersion"=""'
	same "$(nix-instantiate --eval -A reference .)" '"hello-rumprun:latest"'
}

@test "each args.nix of the documents: useDMBlock, names with slashes, an initrd" {
	local document
	touch hello.hvt redis.hvt redis.conf rootfs.cpio app-elfloader-qemu-x86_64-initrd_qemu-x86_64
	for document in P4 R4 R7; do
		cp "$top/tests/data/documents/$document/args.nix" .
		# What bunny makes of that recipe is a case of tests/bunny/golden.
		same "$(recipe)" "$(<"$top/tests/bunny/golden/$document/Containerfile")"
	done
	same "$(nix-instantiate --eval -A reference .)" '"urunc/prebuilt/chttp-unikraft-qemu:test"'
}

@test "nothing in a value is read as code: quotes, dollars, backslashes, blanks" {
	with 'cmdline="nginx  -g '"'daemon off;'"' \"x\" $HOME \${PATH} `id` a\\b *"' >args.nix
	same "$(recipe | grep cmdline)" 'LABEL "com.urunc.unikernel.cmdline"="nginx  -g '"'daemon off;'"' \"x\" \$HOME \${PATH} `id` a\\b *"'
}

@test "what cannot be meant is refused in words, all names that are wrong at once" {
	with platform='"x"' hyperviser='"y"' | refused 'unknown annotations hyperviser, platform; there are unikernelType, hypervisor'
	with 'unikernelType=""' 'binary=""' | refused 'annotations unikernelType, binary empty'
	with 'block=[ ]' | refused 'annotations.block must be a string, not a list'
	with 'cmdline="a\nb"' | refused 'annotations.cmdline must be one line'
	printf '{ name = "n"; tag = "t"; files = { }; annotations = { binary = "/k"; }; }' | refused 'annotations unikernelType, hypervisor, cmdline missing'
	printf '{ name = "n"; file = { }; annotations = { }; }' | refused 'unknown file; it has name, tag, files, annotations'
	printf '{ name = "n"; annotations = { }; }' | refused 'tag, files missing'
	name=Big with | refused "name 'Big' must be of a-z"
	tag=a/b with | refused "tag 'a/b' must be"
	files='{ "../x" = "/x"; }' with | refused "files: '../x' must lie below the directory of args.nix"
	files='{ "/etc/passwd" = "/x"; }' with | refused "files: '/etc/passwd' must lie below"
	files='{ "./x" = "x"; }' with | refused "files: './x' must go to an absolute path"
	files='{ "./x" = "/x"; "./y/z" = "/z"; }' with | refused "files: x, y/z missing beside args.nix"
}

@test "only what is named reaches the store, from another directory too; a boolean is one" {
	local context
	mkdir -p other/a/b other/c
	echo 1 >other/a/b/one
	echo 2 >other/a/secret
	echo 3 >other/c/three
	echo '#!' >other/run && chmod +x other/run
	files='{ "./a/b" = "/b"; "run" = "/run"; }' with mountRootfs=true >other/args.nix
	context=$(nix-instantiate --read-write-mode --eval --strict --json -A context . --arg src ./other | jq -r .)
	same "$(cd "$context" && find . -type f | LC_ALL=C sort)" $'./a/b/one\n./run'
	[ -x "$context/run" ]
	[[ $(recipe . --arg src ./other) == *'"com.urunc.unikernel.mountRootfs"="true"'* ]]
	# The same without a copy of this directory, by an expression in the command.
	[[ $(recipe . --arg args '{ name = "n"; tag = "t"; files = { }; annotations = { unikernelType = "mirage"; hypervisor = "spt"; binary = "/k"; cmdline = ""; }; }') == *'="mirage"'* ]]
}

@test "nix-build starts the program it is given, with the recipe, the name, the files and a fixed date, and links its tar" {
	local first
	cat >teller <<-'E'
		#!/bin/sh
		PATH=/usr/bin:/bin
		{
			echo "$#: $1 $2 $3 $5 $6 $7 epoch $SOURCE_DATE_EPOCH"
			cat "$4"
			(cd "$9" && find . -type f)
		} >"$8"
	E
	chmod +x teller
	echo k >hello.hvt
	nix-build default.nix --arg bunny ./teller
	[ -f result ]
	[[ $(readlink result) == *-hello-rumprun-latest.tar ]]
	same "$(sed -n '1p;2p;$p' result)" $'9: build --offline -f -t hello-rumprun:latest -o epoch 0\nFROM scratch\n./hello.hvt'
	# The same input is the same path; another file is another one.
	first=$(readlink result)
	touch -d 2001-01-01 hello.hvt
	nix-build --arg bunny ./teller
	same "$(readlink result)" "$first"
	echo other >hello.hvt
	nix-build --arg bunny ./teller
	[ "$(readlink result)" != "$first" ]
	run nix-build --arg bunny ./nowhere
	[ "$status" -ne 0 ]
	[[ $output == *"no bunny at $PWD/nowhere: say --arg bunny"* ]]
}

@test "the image of bunny: command, labels, annotations, urunc.json, files; the same bytes from another directory" {
	local bunny=${URUNC_BUILD:-$top/build}/bin/bunny first dir
	echo redis >redis.hvt
	echo conf >redis.conf
	files='{ "./redis.hvt" = "/unikernel/redis.hvt"; "./redis.conf" = "/conf/redis.conf"; }' name=urunc/prebuilt/redis-rumprun-hvt tag=test \
		with 'unikernelType="rumprun"' 'hypervisor="hvt"' 'binary="/unikernel/redis.hvt"' useDMBlock=true \
		'cmdline="redis-server '"'/data/my conf'"' \$x"' 'initrd=""' >args.nix
	nix-build --arg bunny "$bunny"
	first=$(readlink result)
	same "$(skopeo inspect --config "docker-archive:$first" | jq -c '.config.Cmd')" '["redis-server","/data/my conf","$x"]'
	same "$(skopeo inspect --config "docker-archive:$first" | jq -c '.config.Labels | [.["com.urunc.unikernel." + ("binary", "cmdline", "useDMBlock", "initrd")]]')" \
		'["/unikernel/redis.hvt","redis-server '"'/data/my conf'"' $x","true",""]'
	same "$(skopeo inspect --raw "oci-archive:$first" | jq -r '.annotations["com.urunc.unikernel.hypervisor"]')" hvt
	same "$(tar -xOf "$first" manifest.json | jq -c '.[0].RepoTags')" '["urunc/prebuilt/redis-rumprun-hvt:test"]'
	mkdir layers
	skopeo copy -q "docker-archive:$first" dir:layers
	for layer in $(skopeo inspect --raw dir:layers | jq -r '.layers[].digest | sub("sha256:"; "")'); do tar -xf "layers/$layer"; done
	same "$(jq -r '.["com.urunc.unikernel.useDMBlock"] | @base64d' urunc.json)" true
	same "$(cat unikernel/redis.hvt conf/redis.conf)" $'redis\nconf'
	dir=$T/elsewhere
	mkdir "$dir" && cp redis.hvt redis.conf args.nix "$dir"
	nix-build --arg bunny "$bunny" --arg src "$dir" --out-link other
	cmp "$first" other
	[ ! -e /homeless-shelter ] # the home of builds without a sandbox, which Nix wants to stay away
}
