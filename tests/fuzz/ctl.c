/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the control channel, arriving in pieces: a guest may say anything. */
/* with: common/ctl.c */
#include "common/ctl.h"
#include "fuzz.h"

/* The first byte says how large the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctl_reader r = {0};
	size_t piece = size ? data[0] + 1u : 1, at = 1;
	int rc = 0;

	while (rc >= 0 && at < size) {
		uint8_t out[CTL_HEADER_BYTES + CTL_MAX_PAYLOAD], *p = NULL;
		size_t n = ctl_reader_space(&r, &p);
		struct ctl_frame f;

		FUZZ_HOLDS(n > 0);
		n = n < piece ? n : piece;
		n = n < size - at ? n : size - at;
		memcpy(p, data + at, n);
		ctl_reader_add(&r, n);
		at += n;
		while ((rc = ctl_reader_next(&r, &f)) == 1) {
			FUZZ_HOLDS(f.len <= CTL_MAX_PAYLOAD);
			/* What was read is what would be written. */
			FUZZ_HOLDS(ctl_frame_put(out, f.type, f.payload, f.len) ==
				   CTL_HEADER_BYTES + (size_t)f.len);
			FUZZ_HOLDS(out[0] == CTL_MAGIC && out[1] == f.type);
		}
	}
	return 0;
}
