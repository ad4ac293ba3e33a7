#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The memory rule (docs/design/memory.md) with a real kernel and a real monitor.
load helpers

@test "a limit of 128 MiB boots, and the guest has no more than that" {
	app /bin/sh -c 'grep MemTotal /proc/meminfo'
	config '.linux.resources.memory = {limit: 134217728, swap: 134217728}'
	boots_with 0
	local kib
	kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB.*/\1/p' "$T/console" | tr -d '\r')
	[ "$kib" -le 131072 ] && [ "$kib" -gt 80000 ]
}

@test "a limit that cannot hold the guest is refused in words, not OOM-killed" {
	config '.linux.resources.memory.limit = 16777216'
	boot
	[ "$status" -eq 1 ]
	one_line "$err"
	matches "$err" '16777216|16 MiB'
	same "$out" ""
}

@test "a guest that uses all of its memory is not killed because of its monitor" {
	# fills its RAM disk, which may take half of the memory, and lives
	app /bin/sh -c 'dd if=/dev/zero of=/fill bs=1M count=36 2>/dev/null; echo "filled $(wc -c </fill)"; exit 5'
	config '.linux.resources.memory.limit = 134217728'
	boots_with 5
	matches "$out" 'filled 37748736'
}

@test "without a limit it has what the configuration says" {
	printf '[monitors.qemu]\ndefault_memory_mb = 160\n' >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
	app /bin/sh -c 'grep MemTotal /proc/meminfo'
	boots_with 0
	local kib
	kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB.*/\1/p' "$T/console" | tr -d '\r')
	[ "$kib" -le 163840 ] && [ "$kib" -gt 110000 ]
}
