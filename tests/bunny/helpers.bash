# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Shared by bunny's tests. A test has a directory $T, where it is, with a context $C and a cache of its own.
bats_require_minimum_version 1.7.0
PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
top=$(cd "${BATS_TEST_DIRNAME:-.}/../.." && pwd)
BUILD=${BUILD:-${URUNC_BUILD:-$top/build}}
BUNNY=$BUILD/bin/bunny
K=com.urunc.unikernel
unset SOURCE_DATE_EPOCH DOCKER_HOST CONTAINERD_ADDRESS CONTAINERD_NAMESPACE

setup() {
	T=$BATS_TEST_TMPDIR C=$BATS_TEST_TMPDIR/context
	export XDG_CACHE_HOME=$T/cache
	mkdir -p "$C"
	cd "$T" || return 1
}

bunny() { "$BUNNY" "$@" 3>&- 4>&-; }

# fails WORDS COMMAND...: it fails, and says these words.
fails() {
	local words=$1
	shift
	run "$@"
	echo "$output"
	[ "$status" -ne 0 ] && [[ $output == *"$words"* ]]
}

# A file that looks like a Linux kernel for x86-64: an ELF header and nothing else.
fake_kernel() { printf '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0%0100d' 0 >"$1"; }

# The bunnyfile of a small image; $1: type of its root.
small() {
	fake_kernel "$C/kernel"
	echo 'port 6379' >"$C/redis.conf"
	cat >"$C/bunnyfile" <<-E
		version: v0.1
		platforms: {framework: ${2:-unikraft}, monitor: qemu}
		rootfs: {from: scratch, type: ${1:-initrd}, include: ["redis.conf:/conf/redis.conf"]}
		kernel: {from: local, path: kernel}
		cmdline: redis-server /conf/redis.conf
	E
}

# blob ARCHIVE DIGEST; manifest, config ARCHIVE; layer ARCHIVE N: what is in an image's archive.
blob() { tar -xOf "$1" "blobs/sha256/${2#sha256:}"; }
manifest() { blob "$1" "$(tar -xOf "$1" index.json | jq -r '.manifests[0].digest')"; }
config() { blob "$1" "$(manifest "$1" | jq -r .config.digest)"; }
layer() { blob "$1" "$(manifest "$1" | jq -r ".layers[$2].digest")"; }
# file ARCHIVE PATH: a file of the image, whichever layer has it last.
file() {
	local i found=
	for ((i = $(manifest "$1" | jq '.layers | length') - 1; i >= 0; i--)); do
		layer "$1" "$i" | zcat -f | tar -xO "$2" 2>/dev/null && found=1 && break
	done
	[ -n "$found" ]
}
