/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc update`. */
#ifndef URUNC_RUNTIME_UPDATE_H
#define URUNC_RUNTIME_UPDATE_H

#include "common/err.h"
#include "oci/spec.h"
#include "runtime/container.h"

/* Gives a container that has not stopped other limits (plan_update says which can change) and keeps them in its state: all
 * of them or none. -EREMOTE for a delegate's container, before anything was read from a file. */
int runtime_update(const struct runtime *rt, const char *id, const struct spec_resources *wanted,
		   struct err *e) _must_check_;
/* The JSON object of `--resources`: "-" is standard input. */
int update_read_resources(const char *file, struct arena *a, struct spec_resources *ret, struct err *e)
	_must_check_;

#endif
