# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Made once for all e2e tests: one guest (Debian's cloud kernel, busybox, our test programs) and its images.
bats_require_minimum_version 1.7.0

setup_suite() {
	. "$BATS_TEST_DIRNAME/helpers.bash"
	local tool p
	for tool in jq cpio busybox qemu-system-x86_64 containerd ctr runc podman conmon dockerd ip script; do
		command -v "$tool" >/dev/null || {
			echo "'$tool' is missing: run script/bootstrap test" >&2
			return 1
		}
	done
	for p in bin/urunc bin/urunit payload/probe.elf guest/envdump guest/sigecho; do
		[ -e "$BUILD/$p" ] || {
			echo "$BUILD/$p is missing: run 'make all payload guest-programs' or set BUILD" >&2
			return 1
		}
	done
	[ "$(id -u)" -eq 0 ] || {
		echo "these tests need root" >&2
		return 1
	}
	export SHARED=$BATS_SUITE_TMPDIR BUILD
	chmod 0711 "$BATS_RUN_TMPDIR" "$SHARED"
	"$top/tests/guest/fetch-kernel" "$SHARED/kernel" || return 1
	linux_rootfs "$SHARED/linux" || return 1
	probe_rootfs "$SHARED/probe" || return 1
	busybox_rootfs "$SHARED/busybox" || return 1
	template >"$SHARED/config.json" || return 1
	"$top/script/oci-image" "$SHARED/linux" "$LINUX_IMAGE" "$SHARED/linux.tar" -e IMAGE=linux /urunit /bin/echo 'from the image' || return 1
	"$top/script/oci-image" "$SHARED/busybox" "$BUSYBOX_IMAGE" "$SHARED/busybox.tar" -e PATH=/bin /bin/sh || return 1
}
