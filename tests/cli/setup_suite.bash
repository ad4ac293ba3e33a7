# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Made once for a whole run: what all bundles share.
bats_require_minimum_version 1.7.0

setup_suite() {
	. "$BATS_TEST_DIRNAME/helpers.bash"
	local tool
	for tool in jq cpio busybox runc crun flock cc; do
		command -v "$tool" >/dev/null || {
			echo "'$tool' is missing: run script/bootstrap test" >&2
			return 1
		}
	done
	[ -x "$URUNC" ] || {
		echo "$URUNC is missing: run 'make' or set BUILD" >&2
		return 1
	}
	[ "$(id -u)" -eq 0 ] || {
		echo "these tests need root" >&2
		return 1
	}
	SHARED=$BATS_SUITE_TMPDIR
	export SHARED
	chmod 0711 "$BATS_RUN_TMPDIR" "$SHARED"
	cc -O1 -D_GNU_SOURCE -o "$SHARED/helper" "$BATS_TEST_DIRNAME/helper.c" || return 1
	make_rootfs "$SHARED/rootfs" || return 1
	make_template >"$SHARED/config.json" || return 1
	make_toml >"$SHARED/urunc.toml" || return 1
}
