# SPDX-License-Identifier: Apache-2.0
# Shared by the guest-making scripts: where things are, and how to copy cheaply.
# shellcheck shell=bash disable=SC2034 # the callers use the variables

guest_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top_dir=$(cd "$guest_dir/../.." && pwd)
cache_dir=${URUNC_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/urunc}
build_dir=${BUILD:-$top_dir/build}

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || die "'$tool' is missing: run script/bootstrap demo"
	done
}

# A copy that shares its blocks where the file system can; never a hard link, because a test may write to it.
copy() {
	cp -f --reflink=auto -- "$1" "$2"
}
