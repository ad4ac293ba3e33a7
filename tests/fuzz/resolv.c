/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf of a container, for the guest. */
/* with: core */
#include "fuzz.h"
#include "plan/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct strs servers = {0}, search = {0};
	struct bytes other = {0};
	struct err e = {0};

	FUZZ_HOLDS(resolv_parse(fuzz_bytes(data, size), &a, &servers, &search, &e) == 0);
	FUZZ_HOLDS(servers.n <= 3 && search.n <= 32);
	for (size_t i = 0; i < servers.n; i++)
		FUZZ_HOLDS(servers.v[i][0] && !strpbrk(servers.v[i], " \t\n%/'\""));
	for (size_t i = 0; i < search.n; i++)
		FUZZ_HOLDS(search.v[i][0] && !strpbrk(search.v[i], " \t\n%/'\""));
	FUZZ_HOLDS(resolv_redirect(fuzz_bytes(data, size), "127.0.0.11", "10.0.0.1", &a, &other, &e) == 0);
	arena_release(&a);
	return 0;
}
