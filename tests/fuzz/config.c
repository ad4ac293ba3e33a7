/* SPDX-License-Identifier: Apache-2.0 */
/* The administrator's config.toml: TOML as such, and what its keys mean. */
/* with: common config */
#include "common/toml.h"
#include "config/config.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct toml_doc doc = {0};
	struct config c;
	struct err e = {0}, bad = {0};
	int r = toml_parse(fuzz_bytes(data, size), "f", &a, &doc, &e);

	config_defaults(&c);
	if (r == 0)
		FUZZ_HOLDS(doc.ntables >= 1 && doc.ntables <= TOML_MAX_TABLES && doc.tables[0].path.n == 0);
	else
		FUZZ_HOLDS(r == -e.code && e.msg[0]);
	/* No meaning without form. */
	if (config_parse(fuzz_bytes(data, size), "f", &a, &c, &bad) == 0)
		FUZZ_HOLDS(r == 0 && c.log_level);
	arena_release(&a);
	return 0;
}
