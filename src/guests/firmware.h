/* SPDX-License-Identifier: Apache-2.0 */
/* Which firmware a guest's drivers can live with. */
#ifndef URUNC_GUESTS_FIRMWARE_H
#define URUNC_GUESTS_FIRMWARE_H

#include "common/err.h"
#include "machine/machine.h"

/* An adjust() for guests that use PCI devices as a BIOS has set them up: a machine with such devices gets its own,
 * complete BIOS instead of a faster one that leaves them to the kernel. */
int firmware_for_pci(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
	_must_check_;

/* Likewise, for guests that do not live with the memory map of a faster one either, on machines that know another. */
int firmware_complete(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
	_must_check_;

#endif
