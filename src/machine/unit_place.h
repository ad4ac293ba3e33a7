/* SPDX-License-Identifier: Apache-2.0 */
/* Where systemd keeps a container: runc's rules for linux.cgroupsPath with --systemd-cgroup, as pure text. */
#ifndef URUNC_MACHINE_UNIT_PLACE_H
#define URUNC_MACHINE_UNIT_PLACE_H

#include "common/arena.h"
#include "common/err.h"

struct unit_place {
	const char *slice; /* "machine-a.slice"; "-.slice" is the root */
	const char *name;  /* "urunc-c1.scope" */
	const char *path;  /* of its control group: "/machine.slice/machine-a.slice/urunc-c1.scope" */
};

/* wanted: "slice:prefix:name"; NULL or "" is "system.slice:urunc:<id>". An empty slice is system.slice; an empty prefix leaves
 * "-name.scope", as with runc. A slice must be one ("a-b.slice" lies in "a.slice"), the other parts must be such that systemd
 * takes the name. -EINVAL says which is not. */
int unit_place_decide(struct arena *a, const char *wanted, const char *id, struct unit_place *ret,
		      struct err *e) _must_check_;

#endif
