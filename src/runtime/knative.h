/* SPDX-License-Identifier: Apache-2.0 */
/* Knative's queue-proxy, an ordinary container beside a unikernel: it must look for the application where the guest is. */
#ifndef URUNC_RUNTIME_KNATIVE_H
#define URUNC_RUNTIME_KNATIVE_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"
#include "oci/spec.h"

/* The guest's address in a pod of Knative. */
#define KNATIVE_GUEST_ADDRESS "172.16.1.2"

/* When the container is a queue-proxy: points its readiness probe and its redirection at the guest, in the bundle's own
 * config.json, in one step, with its mode and owner, and with every other byte of it as it was. Else, and when that was
 * done before, nothing is written. */
int knative_prepare(const char *bundle, const struct oci_spec *spec, struct arena *a, struct err *e)
	_must_check_;

/* --- the parts, pure --- */

/* The environment of process as it has to be: "host" in SERVING_READINESS_PROBE is the guest, that variable comes
 * last, and after it REDIRECT_IP. */
int knative_env(const struct strs *env, struct arena *a, struct strs *ret, struct err *e) _must_check_;
/* config.json (valid JSON, a NUL behind it) with another process.env; nothing else changes. -EINVAL when it has no
 * process. */
int knative_splice(struct bytes json, const struct strs *env, struct arena *a, struct bytes *ret,
		   struct err *e) _must_check_;

#endif
