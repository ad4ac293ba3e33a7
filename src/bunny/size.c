/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes as people write them. */
#include "bunny/size.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"

static int shift_of(const char *unit)
{
	static const char letters[] = "KMGT";
	const char *at;

	if (*unit == '\0' || streq(unit, "B"))
		return 0;
	at = strchr(letters, *unit & ~0x20);
	if (!at || (unit[1] && !streq(unit + 1, "B") && !streq(unit + 1, "iB")))
		return -1;
	return 10 * (int)(at - letters + 1);
}

int size_parse(const char *s, const char *what, uint64_t *ret, struct err *e)
{
	size_t digits = s ? strspn(s, "0123456789") : 0;
	char number[24];
	uint64_t v = 0;
	int shift;

	if (!s) {
		*ret = 0;
		return 0;
	}
	shift = shift_of(s + digits);
	if (digits > 0 && digits < sizeof(number) && shift >= 0) {
		memcpy(number, s, digits);
		number[digits] = '\0';
		if (str_u64(number, 1, UINT64_MAX >> shift, &v)) {
			*ret = v << shift;
			return 0;
		}
	}
	return err_set(e, EINVAL, "%s %.64s: a size is a number and perhaps K, M, G or T, such as 60M", what,
		       s);
}
