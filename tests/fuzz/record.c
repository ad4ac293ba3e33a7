/* SPDX-License-Identifier: Apache-2.0 */
/* State on the disk and what goes through the gate, in both forms of records: what is taken can be written and is the same
 * when it is read again. */
/* with: core */
#include "common/json.h"
#include "common/record.h"
#include "fuzz.h"
#include "plan/plan.h"

static const struct record *const kinds[] = {&rec_facts, &rec_start_facts, &rec_host_facts, &rec_config,
					     &rec_launch_plan};

static void binary(const struct record *r, const uint8_t *data, size_t size, struct arena *a)
{
	void *obj = arena_alloc(a, r->size), *again = arena_alloc(a, r->size);
	struct strbuf out = STRBUF(a), out2 = STRBUF(a);
	struct err e = {0};

	if (record_decode(r, data, size, a, obj, &e) < 0) {
		FUZZ_HOLDS(e.msg[0]);
		return;
	}
	record_encode(r, obj, &out);
	FUZZ_HOLDS(record_decode(r, out.p, out.len, a, again, &e) == 0);
	record_encode(r, again, &out2);
	FUZZ_HOLDS(out.len == out2.len && memcmp(out.p, out2.p, out.len) == 0);
}

static void text(const struct record *r, const uint8_t *data, size_t size, struct arena *a)
{
	void *obj = arena_alloc(a, r->size), *again = arena_alloc(a, r->size);
	struct strbuf out = STRBUF(a), out2 = STRBUF(a);
	struct err e = {0};

	if (record_from_json(r, fuzz_bytes(data, size), "f", a, obj, &e) < 0) {
		FUZZ_HOLDS(e.msg[0]);
		return;
	}
	record_to_json(r, obj, 0, &out);
	FUZZ_HOLDS(record_from_json(r, fuzz_bytes((void *)out.p, out.len), "f", a, again, &e) == 0);
	record_to_json(r, again, 0, &out2);
	FUZZ_HOLDS(out.len == out2.len && memcmp(out.p, out2.p, out.len) == 0);
}

/* The first byte says which record, in which form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	const struct record *r;

	if (size == 0)
		return 0;
	r = kinds[(data[0] & 0x7f) % (sizeof(kinds) / sizeof(kinds[0]))];
	json_use_arena(&a);
	if (data[0] & 0x80)
		binary(r, data + 1, size - 1, &a);
	else
		text(r, data + 1, size - 1, &a);
	arena_release(&a);
	return 0;
}
