/* SPDX-License-Identifier: Apache-2.0 */
/* The urunit that is part of bunny itself. */
#ifndef URUNC_BUNNY_OWN_URUNIT_H
#define URUNC_BUNNY_OWN_URUNIT_H

#include "bunny/rope.h"

/* For a machine in OCI's names. -ENOENT: bunny has none for it; says where one could be put. */
int own_urunit(const char *arch, struct piece *ret, struct arena *a, struct err *e) _must_check_;

#endif
