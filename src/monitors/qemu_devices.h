/* SPDX-License-Identifier: Apache-2.0 */
/* The part of QEMU's command line that describes devices. */
#ifndef URUNC_MONITORS_QEMU_DEVICES_H
#define URUNC_MONITORS_QEMU_DEVICES_H

#include "common/err.h"
#include "common/str.h"
#include "machine/machine.h"

/* Of the guest's memory, when it must be shared with a file system daemon. */
#define QEMU_MEMORY_ID "mem"

/* Refuses what the words could not say. */
int qemu_check_devices(const struct vm_desc *vm, struct err *e) _must_check_;
/* A daemon (virtiofs) reads and writes the guest's memory. */
bool qemu_shares_memory(const struct vm_desc *vm);
/* Console, control sockets, then every device in an order that never changes. */
void qemu_add_devices(const struct vm_desc *vm, struct strv *l);

#endif
