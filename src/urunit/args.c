/* SPDX-License-Identifier: Apache-2.0 */
/* The application's arguments out of the words that the kernel cut its command line into. */
#include "urunit/args.h"

#include <errno.h>

#include "common/words.h"

int uargs_regroup(char *const *words, size_t n, struct uvec *out)
{
	for (size_t at = 0; at < n;) {
		const char *const *group = (const char *const *)words + at;
		enum words_kind kind;
		size_t len = words_group(group, n - at, &kind);
		/* One word is put right in place: they are ours to write to. */
		char *arg = len > 1 ? umem_map(words_bytes(group, len)) : words[at];

		if (!arg)
			return -ENOMEM;
		words_join(group, len, kind, arg);
		if (uvec_add(out, &arg, sizeof(arg)) < 0)
			return -ENOMEM;
		at += len;
	}
	return 0;
}
