/* SPDX-License-Identifier: Apache-2.0 */
/* What the binary and the JSON side of records share. */
#ifndef URUNC_COMMON_RECORD_LIST_H
#define URUNC_COMMON_RECORD_LIST_H

#include <stddef.h>

#include "common/record.h"

/* How every FK_RECS member lies in memory, whatever its element type. */
struct rec_list {
	void *v;
	size_t n;
};

size_t record_enum_count(const struct field *f);
/* The fewest bytes that one object takes in binary form. */
size_t record_min_bytes(const struct record *r);

#endif
