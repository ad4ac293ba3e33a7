/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about record tables. */
#include "common/record_list.h"

size_t record_enum_count(const struct field *f)
{
	size_t n = 0;

	while (f->names[n])
		n++;
	return n;
}

static size_t field_min_bytes(const struct field *f)
{
	switch (f->kind) {
	case FK_BOOL:
	case FK_OPT:
		return 1;
	case FK_U64:
	case FK_I64:
		return 8;
	case FK_BYTES:
		return 5;
	case FK_REC:
		return record_min_bytes(f->sub);
	case FK_U32:
	case FK_I32:
	case FK_ENUM:
	case FK_STR:
	case FK_STRS:
	case FK_U32S:
	case FK_RECS:
		break;
	}
	return 4;
}

size_t record_min_bytes(const struct record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nfields; i++)
		n += field_min_bytes(&r->fields[i]);
	return n;
}
