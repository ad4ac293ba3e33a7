/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/ld.so.cache: where the loader of glibc finds libraries. */
#ifndef URUNC_GATHER_LDCACHE_H
#define URUNC_GATHER_LDCACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

#define LDCACHE_PATH "/etc/ld.so.cache"
#define LDCACHE_MAX_BYTES (16u << 20)

/* Borrows the text it was made from. */
struct ldcache {
	struct bytes data; /* from the header "glibc-ld.so.cache1.1" on */
	uint32_t nentries;
	const char *entries;
};

/* Any bytes: a file that is not a cache of format 1.1 gives an empty one. */
void ldcache_init(struct ldcache *ret, struct bytes file);
/* Walks the entries with this file name for programs of this machine (EM_ value; 64-bit if is64). *pos starts at 0.
 * Returns the path, NULL after the last. Several entries for one name are variants for CPU levels. */
const char *ldcache_next(const struct ldcache *c, const char *name, uint16_t machine, bool is64,
			 uint32_t *pos);

#endif
