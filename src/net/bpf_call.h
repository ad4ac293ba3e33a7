/* SPDX-License-Identifier: Apache-2.0 */
/* bpf(2): maps and programs by descriptor. */
#ifndef URUNC_NET_BPF_CALL_H
#define URUNC_NET_BPF_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "net/pod_code.h"

#define BPF_MAPS_MAX 16

int bpf_map_make(const struct pod_map *m, int *ret_fd, struct err *e) _must_check_;
/* These three return 0 or -errno and no text. */
int bpf_map_get(int fd, const void *key, void *value);
int bpf_map_set(int fd, const void *key, const void *value);
int bpf_map_drop(int fd, const void *key);
/* Drops every element whose value begins with this number; keys of at most 64 bytes, values of at most 8. */
void bpf_map_drop_value(int fd, uint32_t value);

/* Loads a program for cls_bpf that uses these maps. */
int bpf_load(const struct pod_code *c, const int *maps, int *ret_fd, struct err *e) _must_check_;
int bpf_program_by_id(uint32_t id, int *ret_fd, struct err *e) _must_check_;
/* Opens the maps that a program uses, each at the place where wanted[] has its name and sizes; -EPROTO when one of them is
 * missing or another. */
int bpf_program_maps(int program_fd, const struct pod_map *wanted, size_t n, int *ret_fds, struct err *e)
	_must_check_;

#endif
