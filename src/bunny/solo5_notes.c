/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's own reader of Solo5's notes, and its words. */
#include "bunny/solo5_notes.h"

#include "gather/elf.h"
#include "gather/solo5.h"
#include "machine/machine.h"

int solo5_notes_read(int fd, struct arena *a, struct solo5_notes *ret, struct err *e)
{
	struct solo5_notes n = {0};
	struct strv devices = STRV(a);
	struct elf_file elf;
	struct solo5_abi abi;
	int r;

	*ret = n;
	if (elf_read(fd, &elf) < 0)
		return 0;
	r = solo5_read(&elf, a, &abi, &n.problem, e);
	if (r < 0)
		return r;
	if (abi.target != SOLO5_NONE)
		n.target = solo5_target_names[abi.target];
	for (size_t i = 0; n.target && i < abi.devices.n; i++)
		strv_addf(&devices, "%s '%s'", solo5_kind_names[abi.devices.v[i].kind], abi.devices.v[i].name);
	r = strv_done(&devices, &n.devices, e);
	if (r == 0)
		*ret = n;
	return r;
}
