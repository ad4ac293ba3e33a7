#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every golden case that ends in a build is built, with stand-ins for its files and images: the image has the annotations,
# the config and the /urunc.json that were decided, and the files are where they belong.
# shellcheck disable=SC2030,SC2031  # each test is a subshell
bats_require_minimum_version 1.7.0
load stand-ins

setup() {
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	T=$BATS_TEST_TMPDIR
	bunny=${BUNNY:-$top/build/bin/bunny}
	K=com.urunc.unikernel
	export XDG_CACHE_HOME=$T/cache
}

# The input of a case, and its dump without what was said before it.
open_case() {
	golden=$top/tests/bunny/golden/$1
	dump=$T/$1.json facts=$golden/facts.json context=$T/$1.context layout=$T/$1.oci
	input=
	for f in "$golden"/{bunnyfile,Containerfile} "$top/tests/data/documents/$1"/{bunnyfile,Containerfile}; do
		[ -n "$input" ] || [ ! -e "$f" ] || input=$f
	done
	sed -n '/^{/,$p' "$golden/result.txt" >"$dump"
	[ -s "$dump" ]
}

options_of() {
	[ -e "$golden/options.json" ] || return 0
	jq -r '(.build_args // [] | .[] | "--build-arg=" + .), (.labels // {} | to_entries[] | "--label=" + .key + "=" + .value),
		(.target // empty | "--target=" + .), (.kernel_file // empty | "--kernel=" + .)' "$golden/options.json"
}

blob_of() { # DIGEST
	echo "$layout/blobs/sha256/${1#sha256:}"
}

same() { # WHAT GOT WANT
	[ "$2" = "$3" ] && return
	printf '%s: %s is\n%s\nnot\n%s\n' "$case" "$1" "$2" "$3"
	return 1
}

build_case() {
	local -a options
	stand_in_context "$facts" "$context"
	mapfile -t options < <(stand_in_images "$facts" "$dump" "$T/$case.images" && options_of)
	(cd "$context" && "$bunny" build -q --offline -f "$input" -t "test/${case,,}:1" -o "oci=$layout" "${options[@]}" "$context") \
		>"$T/$case.out" 2>&1 || {
		printf '%s: ' "$case"
		cat "$T/$case.out"
		return 1
	}
	manifest=$(blob_of "$(jq -r '.manifests[0].digest' "$layout/index.json")")
	config=$(blob_of "$(jq -r .config.digest "$manifest")")
	last=$(blob_of "$(jq -r '.layers[-1].digest' "$manifest")")
}

check_case() {
	same annotations "$(jq -S .annotations "$manifest")" "$(jq -S .annotations "$dump")" &&
		same config "$(jq -S .config "$config")" "$(jq -S .config "$dump")" &&
		same platform "$(jq -r '.os + "/" + .architecture' "$config")" "$(jq -r .platform "$dump")" &&
		same urunc.json "$(tar -xOf "$last" urunc.json)" "$(jq -rj .urunc_json "$dump")" &&
		same layers "$(jq '.layers | length' "$manifest")" "$(jq '.rootfs.diff_ids | length' "$config")"
}

# What is said to be the kernel, the initrd or the disk is there.
check_files() {
	local path digest names=''
	while read -r digest; do names+=$(tar -tf "$(blob_of "$digest")" | sed 's|^\./||')$'\n'; done < <(jq -r '.layers[].digest' "$manifest")
	while read -r path; do
		grep -qxF "${path#/}" <<<"$names" || {
			printf '%s: no %s among\n%s\n' "$case" "$path" "$names"
			return 1
		}
	done < <(jq -r '.annotations | ."com.urunc.unikernel.binary", ."com.urunc.unikernel.initrd", ."com.urunc.unikernel.block" | select(. != null and . != "")' "$dump")
}

run_cases() {
	local failed=0 built=0
	for case; do
		open_case "$case" || continue
		built=$((built + 1))
		{ build_case && check_case && check_files; } || failed=$((failed + 1))
	done
	echo "$built built, $failed of them otherwise than decided"
	[ "$built" -ge "$least" ] && [ "$failed" -eq 0 ]
}

@test "every file of the documents becomes the image that was decided" {
	# but O7-arm64, which needs a urunit of another architecture
	least=26
	run_cases L1 L1b L2 L3 L4 L5 P1 P2 P3 P4 R1 R2 R3 R4 R5 R6 R7 O1 O2 O3 O4 O5 O6 O7 O7-no-urunit O8
}

@test "every other golden case that ends in a build becomes that image" {
	local -a names
	least=21
	mapfile -t names < <(cd "$top/tests/bunny/golden" && printf '%s\n' * | grep -vE '^([LPRO][0-9]|bad-|cf-bad-)')
	run_cases "${names[@]}"
}

@test "R1: the bytes of urunc.json and the initrd are those of the documents" {
	case=R1
	open_case R1
	build_case
	tar -xOf "$last" urunc.json >"$T/got"
	printf %s '{"com.urunc.unikernel.binary":"Ly5ib290L2tlcm5lbA==","com.urunc.unikernel.cmdline":"cmVkaXMtc2VydmVyIC9jb25mL3JlZGlzLmNvbmY=","com.urunc.unikernel.hypervisor":"cWVtdQ==","com.urunc.unikernel.initrd":"Ly5ib290L3Jvb3Rmcw==","com.urunc.unikernel.mountRootfs":"ZmFsc2U=","com.urunc.unikernel.unikernelType":"dW5pa3JhZnQ="}' >"$T/want"
	cmp "$T/got" "$T/want"
	tar -tvf "$last" | grep -q '^-rw-r--r-- 0/0 .* urunc.json$'
	rootfs=$(blob_of "$(jq -r '.layers[-2].digest' "$manifest")")
	[ "$(tar -xOf "$rootfs" .boot/rootfs | cpio -t --quiet | sed 's|^\./||' | tr '\n' ' ')" = '. conf conf/redis.conf ' ]
	[ "$(tar -xOf "$rootfs" .boot/rootfs | cpio -i --to-stdout --quiet '*redis.conf')" = "$(cat "$context/redis.conf")" ]
}

@test "two builds, elsewhere and later, are the same to the last byte" {
	local first
	case=R1
	open_case R1
	build_case
	first=$(cat "$layout/index.json")
	rm -rf "$layout" "$T/$case.images"
	mv "$context" "$T/elsewhere"
	context=$T/elsewhere
	touch -d @1000000000 "$context"/*
	build_case
	[ "$first" = "$(cat "$layout/index.json")" ]
}

@test "a file with errors builds nothing, says all of them, and ends with 1" {
	case=bad-missing-files
	golden=$top/tests/bunny/golden/$case
	mkdir "$T/context"
	echo 'version: v0.1
platforms: {framework: linux, monitr: qemu}
kernel: {from: local, path: kernal}
cmd: /app' >"$T/context/bunnyfile"
	printf 'x' >"$T/context/kernel"
	run -1 "$bunny" build -t a -o "oci=$T/out" "$T/context"
	[[ $output == *"bunnyfile:2:31: warning: unknown key 'monitr' in platforms"* ]]
	[[ $output == *"hint: did you mean 'monitor'?"* ]]
	[[ $output == *"bunnyfile:2:1: error: The monitor field of platforms is necessary"* ]]
	[[ $output == *"bunnyfile:4:6: error: invalid format of input file: cmd must be a list of texts, not a text"* ]]
	[ "${lines[-1]}" = "bunny: 2 errors in $T/context/bunnyfile" ]
	[ ! -e "$T/out" ]
	run -1 --separate-stderr "$bunny" check --json "$T/context"
	[ "$(jq -c 'select(.column == 31) | [.level, .line, .hint]' <<<"$stderr")" = '["warning",2,"did you mean '"'monitor'"'?"]' ]
	[ "$(jq -s 'map(select(.level == "error")) | length' <<<"$stderr")" = 2 ]
	sed -i 's/monitr/monitor/; s/^cmd.*/cmd: [\/app]/' "$T/context/bunnyfile"
	run -1 "$bunny" check "$T/context"
	[[ $output == *"error: there is no 'kernal' in the context"* ]]
	[[ $output == *"hint: did you mean 'kernel'?"* ]]
}

@test "check tells what will boot" {
	case=L5
	open_case L5
	stand_in_context "$facts" "$context"
	mapfile -t options < <(stand_in_images "$facts" "$dump" "$T/images")
	run -0 --separate-stderr "$bunny" check --offline -f "$input" "${options[@]}" "$context"
	[ "${lines[0]}" = 'guest:   linux on firecracker, linux/amd64' ]
	[ "${lines[1]}" = 'kernel:  /kernel (/kernel of harbor.nbfc.io/nubificus/urunc/linux-kernel-firecracker:v6.14)' ]
	[ "${lines[2]}" = 'root:    initrd /.boot/rootfs (rootfs.initrd of the context)' ]
	[ "${lines[3]}" = 'init:    /urunit /whoami' ]
	run -0 --separate-stderr "$bunny" check --offline --json -f "$input" "${options[@]}" "$context"
	[ "$(jq -r '.annotations."com.urunc.unikernel.initrd"' <<<"$output")" = /.boot/rootfs ]
}

@test "check warns of the guests and monitors that urunc does not bring together, and of no others" {
	local guest monitor runs warned
	mkdir "$T/context"
	touch "$T/context/k"
	"$top/build/bin/urunc" features >"$T/features"
	while read -r guest monitor; do
		printf 'FROM scratch\nCOPY k /k\nLABEL %s.binary=/k %s.unikernelType=%s %s.hypervisor=%s %s.mountRootfs=false\nCMD ["/x"]\n' \
			"$K" "$K" "$guest" "$K" "$monitor" "$K" >"$T/context/Containerfile"
		runs=$(jq --arg g "$guest" --arg m "$monitor" '[.urunc.pairs[] | select(.guest == $g and .monitor == $m)] | length' "$T/features")
		"$bunny" check "$T/context" >"$T/out" 2>&1 || true
		warned=$(grep -c "urunc does not run '$guest' on '$monitor'" "$T/out" || true)
		[ $((runs > 0)) -ne "$warned" ] || {
			echo "$guest on $monitor: $runs pairs, $warned warnings"
			cat "$T/out"
			return 1
		}
	done < <(jq -r '[.urunc.guests[].name] as $g | [.urunc.monitors[].name] as $m | $g[] as $x | $m[] | $x + " " + .' "$T/features")
}
