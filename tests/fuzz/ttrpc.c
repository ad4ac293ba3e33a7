/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of ttrpc, arriving in pieces: whoever connects may say anything. */
/* with: shim/frame.c */
#include "fuzz.h"
#include "shim/frame.h"

/* The first byte says how large the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader r = {0};
	size_t piece = size ? data[0] + 1u : 1, at = 1, in_frame = 0;

	while (at < size) {
		uint8_t *p = NULL, head[FRAME_HEADER_BYTES];
		size_t n = frame_reader_space(&r, &p);
		struct frame f;

		FUZZ_HOLDS(n > 0 && n <= FRAME_MAX_BYTES);
		n = n < piece ? n : piece;
		n = n < size - at ? n : size - at;
		memcpy(p, data + at, n);
		frame_reader_add(&r, n);
		at += n;
		in_frame += n;
		/* Memory follows what came, not what was promised. */
		FUZZ_HOLDS(r.cap <= 2 * in_frame + 4096);
		if (!frame_reader_next(&r, &f))
			continue;
		if (f.too_long) {
			FUZZ_HOLDS(f.n == 0);
		} else {
			FUZZ_HOLDS(f.n + FRAME_HEADER_BYTES == in_frame);
			frame_header_put(head, (uint32_t)f.n, f.stream, f.type, f.flags);
			FUZZ_HOLDS(memcmp(head, data + at - in_frame, FRAME_HEADER_BYTES) == 0);
			FUZZ_HOLDS(f.n == 0 || memcmp(f.p, data + at - f.n, f.n) == 0);
		}
		in_frame = 0;
	}
	frame_reader_done(&r);
	return 0;
}
