#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The words of the golden plans, given to the real monitors. QEMU is always there. The others are taken from
# URUNC_TEST_FIRECRACKER and URUNC_TEST_CLOUD_HYPERVISOR (programs), with an uncompressed kernel in URUNC_TEST_VMLINUX;
# without them the same words are held against what their documentation lists.
load helpers

plans() {
	find "$top/tests/golden" -name plan.json
}

# takes_all PROGRAM WORD0 KERNEL
takes_all() {
	local all
	mapfile -t all < <(plans)
	run unshare -mn /usr/bin/python3 "$BATS_TEST_DIRNAME/accept.py" "$@" "${all[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
}

# Everything in an array of words that is an option, once each.
options_of() {
	plans | xargs -d '\n' jq -r --arg m "$1" 'select(.monitor == $m) | .argv[] | select(startswith("--")) | sub("=.*"; "")' | sort -u
}

@test "QEMU takes every word of every golden plan" {
	takes_all "$(command -v qemu-system-x86_64)" qemu-system-x86_64 "$SHARED/kernel/vmlinuz"
}

@test "QEMU refuses a word that it does not know (so taking the others means something)" {
	mkdir "$T/g"
	jq '.argv += ["-device", "virtio-rng-pci,nonsense=1"]' "$top/tests/golden/qemu-q35-initrd-alone/plan.json" >"$T/g/plan.json"
	run unshare -mn /usr/bin/python3 "$BATS_TEST_DIRNAME/accept.py" "$(command -v qemu-system-x86_64)" qemu-system-x86_64 \
		"$SHARED/kernel/vmlinuz" "$T/g/plan.json"
	[ "$status" -eq 1 ]
	[[ $output == *"0 taken, 1 refused"* ]]
}

@test "Firecracker takes every golden argv and JSON" {
	local known='["boot-source","machine-config","drives","network-interfaces","entropy"]'
	if [ -n "${URUNC_TEST_FIRECRACKER-}" ]; then
		takes_all "$URUNC_TEST_FIRECRACKER" firecracker "$URUNC_TEST_VMLINUX"
		return
	fi
	options_of firecracker >"$T/options"
	[ -s "$T/options" ]
	! grep -vxE -e '--(config-file|level|api-sock|no-api)' "$T/options"
	plans | xargs -d '\n' jq --argjson known "$known" 'select(.monitor == "firecracker")
		| .box[] | select(.dst == "/fc.json") | .data | fromjson | (keys - $known == []) and has("boot-source") and has("drives")
		and (."boot-source" | keys - ["kernel_image_path", "initrd_path", "boot_args"] == [])
		and (."machine-config" | keys == ["mem_size_mib", "vcpu_count"])
		and all(.drives[]; keys == ["drive_id", "is_read_only", "is_root_device", "path_on_host"])
		and all(."network-interfaces"[]?; keys - ["guest_mac", "host_dev_name", "iface_id", "mtu"] == [])' >"$T/verdicts"
	[ "$(sort -u "$T/verdicts")" = true ]
}

@test "Cloud Hypervisor takes every golden argv" {
	if [ -n "${URUNC_TEST_CLOUD_HYPERVISOR-}" ]; then
		takes_all "$URUNC_TEST_CLOUD_HYPERVISOR" cloud-hypervisor "$URUNC_TEST_VMLINUX"
		return
	fi
	options_of cloud-hypervisor >"$T/options"
	[ -s "$T/options" ]
	! grep -vxE -e '--(memory|cpus|console|serial|seccomp|rng|disk|net|fs|api-socket|kernel|initramfs|cmdline)' "$T/options"
}
