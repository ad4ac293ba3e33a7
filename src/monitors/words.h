/* SPDX-License-Identifier: Apache-2.0 */
/* What several monitors ask of the texts that become parts of their words. */
#ifndef URUNC_MONITORS_WORDS_H
#define URUNC_MONITORS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "machine/machine.h"

/* virtio-blk has room for no more in its serial number; a longer one would reach the guest cut. */
#define DISK_SERIAL_MAX_BYTES 20u

/* "02:00:00:00:00:01" */
bool word_is_mac(const char *s);
/* Something, and nothing that an option parser takes apart: comma, equals sign, quote, bracket, control byte. */
bool word_is_plain(const char *s);

/* Each refuses in words; 0 or -EINVAL (-E2BIG). */
int words_check_vcpus(const char *monitor, const struct vm_desc *vm, uint32_t max, struct err *e) _must_check_;
int words_check_nic(const struct vm_nic *n, struct err *e) _must_check_;
int words_check_disk(const struct vm_disk *d, struct err *e) _must_check_;
int words_check_share(const struct vm_share *s, struct err *e) _must_check_;
int words_check_api_path(const char *monitor, const struct vm_desc *vm, struct err *e) _must_check_;
/* The monitors in Rust pass only printable ASCII on, and have this much room for it. */
int words_check_cmdline(const char *monitor, const char *cmdline, size_t max_bytes, struct err *e)
	_must_check_;

#endif
