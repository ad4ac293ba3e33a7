/* SPDX-License-Identifier: Apache-2.0 */
/* Seen with Unikraft: under qboot, which gives PCI devices no addresses, it waits for its 9p device for ever. */
#include "guests/firmware.h"

int firmware_for_pci(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	(void)app;
	(void)a;
	(void)e;
	if (vm->nics.n > 0 || vm->disks.n > 0 || vm->shares.n > 0 || vm->rng)
		vm->firmware = NULL;
	return 0;
}
