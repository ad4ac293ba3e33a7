/* SPDX-License-Identifier: Apache-2.0 */
/* The pod switch of one network namespace: BPF filters on lo, the links and the taps, and the maps that they share. */
#ifndef URUNC_NET_POD_H
#define URUNC_NET_POD_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "net/bpf/pod.h"
#include "net/pod_code.h"
#include "net/tc.h"

/* Everything is found again through the namespace: nothing is pinned or written down anywhere. */
struct pod {
	int rt;             /* borrowed */
	int maps[POD_MAPS]; /* -1: there is no switch (yet) */
	struct tc_queues queues;
};

/* ret must be closed in any case. No switch in the namespace: maps[0] < 0. */
int pod_open(int rt, struct pod *ret, struct err *e) _must_check_;
/* The same for taking things back, where a switch of another version is no failure: *ret_other, and maps[0] < 0. */
int pod_open_any(int rt, struct pod *ret, bool *ret_other, struct err *e) _must_check_;
void pod_close(struct pod *p);
#define _cleanup_pod_ __attribute__((cleanup(pod_close)))

/* Makes the switch where there is none yet. */
int pod_make(struct pod *p, struct err *e) _must_check_;
/* Forgets guests whose tap has gone. */
int pod_prune(struct pod *p, struct err *e) _must_check_;
uint32_t pod_guests(const struct pod *p);
/* Finds a number for the guest, makes the switch know it and puts filters on its tap and its link. slot->tap exists. */
int pod_join(struct pod *p, const struct pod_slot *slot, uint32_t *ret_number, struct err *e) _must_check_;
/* Ports as numbers; 0 = unchanged. */
int pod_set_resolver(struct pod *p, uint32_t udp, uint32_t tcp, struct err *e) _must_check_;
/* Takes filters, queues and settings back when no guest is left; else does nothing. Goes on after failures. */
int pod_unmake(struct pod *p, struct err *e) _must_check_;
/* The same for a switch of another version, whose maps nobody here can read: queues and filters go when no tap is left,
 * the settings of lo stay. */
int pod_unmake_other(struct pod *p, struct err *e) _must_check_;

#endif
