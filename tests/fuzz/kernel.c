/* SPDX-License-Identifier: Apache-2.0 */
/* Files that an image brings and a monitor is to load: ELF headers and notes, kernels, initrds, disks. */
/* with: core */
#include <errno.h>

#include "fuzz.h"
#include "gather/dynamic.h"
#include "gather/elf.h"
#include "gather/image.h"
#include "gather/solo5.h"

static void elf(int fd, struct arena *a)
{
	struct elf_file f;
	struct elf_dynamic dyn = {0};
	struct solo5_abi abi = {0};
	const char *text = NULL;
	struct err e = {0};
	int r = elf_read(fd, &f);

	FUZZ_HOLDS(r == 0 || r == -ENOEXEC || r == -EBADMSG);
	if (r < 0)
		return;
	FUZZ_HOLDS(f.nsegments <= ELF_MAX_SEGMENTS);
	r = elf_dynamic_read(&f, a, &dyn);
	FUZZ_HOLDS(r == 0 || r == -EBADMSG);
	r = elf_interpreter(&f, a, &text);
	FUZZ_HOLDS(r == 0 || r == -EBADMSG);
	FUZZ_HOLDS(solo5_read(&f, a, &abi, &text, &e) == 0);
	(void)(elf_has_note(&f, "Xen", 18) + elf_arch(&f));
	(void)elf_span_bytes(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size);
	struct arena a = {0};
	struct image_file f = {0};
	struct err e = {0};

	elf(fd, &a);
	FUZZ_HOLDS(kernel_inspect(fd, &a, &f, &e) == 0);
	initrd_inspect(fd, size, &f);
	block_inspect(fd, &f);
	FUZZ_HOLDS(f.compression);
	arena_release(&a);
	return 0;
}
