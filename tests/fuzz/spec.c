/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's config.json: JSON as such, and the OCI specification; what was understood is written and read again. */
/* with: common oci machine */
#include "common/json.h"
#include "common/record.h"
#include "fuzz.h"
#include "oci/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct oci_spec spec = {0};
	struct err e = {0}, bad = {0};
	json_t *o = NULL;
	int r;

	json_use_arena(&a);
	r = json_parse(fuzz_bytes(data, size), "f", &o, &e);
	FUZZ_HOLDS(r == 0 ? o != NULL : r == -e.code && e.msg[0]);
	if (spec_parse(fuzz_bytes(data, size), &a, &spec, &bad) == 0)
		FUZZ_HOLDS(r == 0 && json_is_object(o));
	else
		FUZZ_HOLDS(bad.msg[0]);
	arena_release(&a);
	return 0;
}
