/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/mountinfo: names in it are anybody's. */
/* with: common */
#include "fuzz.h"
#include "common/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct mount_list l = {0};
	struct err e = {0};

	FUZZ_HOLDS(mountinfo_parse(fuzz_bytes(data, size), &a, &l, &e) == 0);
	for (size_t i = 0; i < l.n; i++) {
		const struct mount_entry *m = &l.v[i], *found;

		FUZZ_HOLDS(m->root && m->mountpoint && m->options && m->fstype && m->source &&
			   m->super_options);
		found = mountinfo_find(&l, m->mountpoint, 0);
		FUZZ_HOLDS(!found || strlen(found->mountpoint) <= strlen(m->mountpoint));
		(void)mount_option_has(m->options, "ro");
	}
	arena_release(&a);
	return 0;
}
