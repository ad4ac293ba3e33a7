/* SPDX-License-Identifier: Apache-2.0 */
/* An image's initrd, looked through for its end. */
/* with: common */
#include <errno.h>

#include "common/cpio.h"
#include "fuzz.h"

static void see(const char *name, uint32_t mode, void *arg)
{
	(void)mode;
	FUZZ_HOLDS(!strstr(name, "/../"));
	++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	uint64_t end = UINT64_MAX;
	size_t n = 0;
	int r = cpio_scan(fuzz_file(data, size), size, see, &n, &end, &e);

	FUZZ_HOLDS(r == 0 ? end < size && n <= size / 112 : r == -EINVAL && e.msg[0]);
	return 0;
}
