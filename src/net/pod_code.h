/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled pod switch (src/net/bpf/pod.c) as mk/bpf2c.c writes it down. */
#ifndef URUNC_NET_POD_CODE_H
#define URUNC_NET_POD_CODE_H

#include <stddef.h>
#include <stdint.h>

struct pod_map {
	const char *name;
	uint32_t type, key_bytes, value_bytes, entries, flags;
};
/* The instruction of this number loads the address of this map. */
struct pod_reloc {
	uint32_t insn, map;
};
struct pod_code {
	const char *name;
	const uint64_t *insns;
	size_t n;
	const struct pod_reloc *relocs;
	size_t nrelocs;
};

/* In the order in which src/net/bpf/pod.c names them. */
enum pod_map_index {
	POD_MAP_SLOTS,
	POD_MAP_IFACES,
	POD_MAP_STATE,
	POD_MAP_FLOWS,
	POD_MAP_PORTS,
	POD_MAP_ASKED,
	POD_MAPS
};

extern const struct pod_map pod_maps[];
extern const size_t pod_nmaps;
extern const struct pod_code pod_code_link, pod_code_tap, pod_code_lo;

#endif
