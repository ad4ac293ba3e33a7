/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people write them in options: "512m", "-1", "1m30s". */
#ifndef URUNC_CLI_AMOUNT_H
#define URUNC_CLI_AMOUNT_H

#include <stdint.h>

#include "common/err.h"

/* All three: text NULL or "" leaves *ret alone; anything that is not understood is -EINVAL naming the option. */

/* A decimal number, perhaps with '-' in front, within min..max. */
int amount_number(const char *option, const char *text, int64_t min, int64_t max, int64_t *ret, struct err *e)
	_must_check_;
/* Bytes: "1048576", "512m", "1.5g", "2GiB" (all of them powers of 1024, as docker and runc have it), or "-1". */
int amount_bytes(const char *option, const char *text, int64_t *ret, struct err *e) _must_check_;
/* A time as Go writes it: "5s", "1m30s", "500ms", "1.5h". */
int amount_time_ms(const char *option, const char *text, int64_t *ret, struct err *e) _must_check_;

#endif
