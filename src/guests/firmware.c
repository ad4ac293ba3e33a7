/* SPDX-License-Identifier: Apache-2.0 */
/* Seen with Unikraft under qboot: it waits for its 9p device for ever, since PCI devices have no addresses there; and 0.17.0 ends with
 * "Assertion failure: pg_count * 0x1000 == len" (lib/ukboot/boot.c), since it takes the memory map's pieces for whole pages. */
#include "guests/firmware.h"

#include "common/str.h"

int firmware_for_pci(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	(void)app;
	(void)a;
	(void)e;
	if (vm->nics.n > 0 || vm->disks.n > 0 || vm->shares.n > 0 || vm->rng)
		vm->firmware = NULL;
	return 0;
}

int firmware_complete(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	(void)app;
	(void)a;
	(void)e;
	/* That machine's own choice is qboot, too. */
	if (!streq(vm->machine, "microvm"))
		vm->firmware = NULL;
	return 0;
}
