/* SPDX-License-Identifier: Apache-2.0 */
/* For kernels that refuse BPF: everything that comes in by a link goes to one tap, and back. */
#ifndef URUNC_NET_PLAIN_H
#define URUNC_NET_PLAIN_H

#include <stdint.h>

#include "common/err.h"
#include "net/tc.h"

/* -EBUSY when a guest is there already, or somebody else's queue on the link. */
int plain_join(int rt, const struct tc_queues *q, uint32_t tap, uint32_t link, struct err *e) _must_check_;
/* Takes the link's queue away when the tap has gone. */
int plain_unmake(int rt, const struct tc_queues *q, struct err *e) _must_check_;

#endif
