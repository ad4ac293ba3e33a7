/* SPDX-License-Identifier: Apache-2.0 */
/* ld.so.cache: offsets and counts of a file that a damaged system may have left anyhow. */
/* with: common gather/ldcache.c */
#include "fuzz.h"
#include "gather/ldcache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ldcache c;
	const char *path;
	uint32_t pos = 0;

	ldcache_init(&c, fuzz_bytes(data, size));
	while ((path = ldcache_next(&c, "libc.so.6", 62, true, &pos)))
		FUZZ_HOLDS(path >= (const char *)data && path + strlen(path) < (const char *)data + size);
	return 0;
}
