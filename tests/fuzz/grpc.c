/* SPDX-License-Identifier: Apache-2.0 */
/* What a gRPC server says, from its first byte on: frames, header tables, messages, trailers. */
/* with: common grpc/h2.c grpc/status.c */
/* link: -l:libnghttp2.a */
#include <errno.h>

#include "fuzz.h"
#include "grpc/h2.h"

struct talk {
	bool sent;
	size_t messages;
};

static int next(void *arg, struct bytes *ret, struct err *e)
{
	struct talk *t = arg;

	(void)e;
	if (t->sent)
		return 0;
	t->sent = true;
	*ret = (struct bytes){"request", 7};
	return 1;
}

static int got(void *arg, struct bytes m, struct err *e)
{
	struct talk *t = arg;

	FUZZ_HOLDS(m.n <= GRPC_MESSAGE_MAX_BYTES);
	for (size_t i = 0; i < m.n; i++)
		t->messages += ((const volatile uint8_t *)m.p)[i] == 0;
	t->messages++;
	return t->messages > 100000 ? err_set(e, E2BIG, "enough") : 0;
}

static int drain(struct h2 *h, struct err *e)
{
	const void *p;
	size_t n;
	int r;

	do {
		r = h2_pull(h, &p, &n, e);
	} while (r == 0 && n > 0);
	return r;
}

/* The first byte says how long the pieces are in which the others come. Two calls, one after the other. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t piece = size ? 1 + (size_t)data[0] * data[0] : 1;
	struct talk t = {0};
	const struct grpc_call call = {.path = "/f.F/F", .next = next, .got = got, .arg = &t};
	struct arena a = {0};
	struct err e = {0};
	struct h2 *h;
	size_t at = 1;

	FUZZ_HOLDS(h2_new("localhost", &h, &e) == 0);
	for (int n = 0; n < 2; n++) {
		struct grpc_status status = {.code = -7};
		int r;

		t.sent = false;
		e = (struct err){0};
		r = h2_begin(h, &call, &e);
		if (r == 0)
			r = drain(h, &e);
		while (r == 0 && !h2_over(h) && at < size) {
			size_t len = size - at < piece ? size - at : piece;

			r = h2_feed(h, data + at, len, &e);
			at += len;
			if (r == 0)
				r = drain(h, &e);
		}
		if (r == 0)
			r = h2_end(h, &a, &status, &e);
		FUZZ_HOLDS(r == -e.code && (r == 0 || e.msg[0]));
		if (r == 0)
			FUZZ_HOLDS(status.code >= 0 && status.code < 1000 && status.message);
		else
			FUZZ_HOLDS(status.code == -7);
	}
	h2_free(h);
	arena_release(&a);
	return 0;
}
