/* SPDX-License-Identifier: Apache-2.0 */
/* What the registries hold, as one table: monitors, guests, and which guest runs on which monitor, where and how. */
#ifndef URUNC_RUNTIME_FEATURES_TABLE_H
#define URUNC_RUNTIME_FEATURES_TABLE_H

#include "common/record.h"
#include "common/str.h"

struct feature_monitor {
	const char *name;
	struct strs archs, machines; /* machine types, best first, of all architectures */
	struct strs capabilities;
	uint32_t max_vcpus;       /* 0 = any number */
	uint64_t max_memory_mib;  /* 0 = any */
	const char *stop;         /* what ends it when nothing better is there: "SIGTERM" or "kill" */
	struct strs power_button; /* architectures on which it has one */
};
struct feature_guest {
	const char *name;
	struct strs archs, roots, block_filesystems;
	uint32_t max_vcpus; /* 0 = any number */
	uint32_t max_disks, max_nics;
	bool args, env;          /* can be given process.args, process.env */
	uint64_t min_memory_mib; /* for images of no size; theirs comes on top */
	bool urunit, power_button;
};
/* One guest on one monitor on one architecture. */
struct feature_pair {
	const char *guest, *monitor, *arch;
	struct strs machines; /* best first; none: there is only one, without a name */
	struct strs roots;
	uint32_t max_vcpus; /* 0 = any number */
	uint32_t max_disks, max_nics;
	struct strs stop; /* ways, best first: "urunit", "power-button", "SIGTERM", "kill" */
};
struct features_table {
	struct {
		struct feature_monitor *v;
		size_t n;
	} monitors;
	struct {
		struct feature_guest *v;
		size_t n;
	} guests;
	struct {
		struct feature_pair *v;
		size_t n;
	} pairs;
};

extern const struct record rec_features_table;

/* Of all that is registered. -ENOMEM. */
int features_table(struct arena *a, struct features_table *ret, struct err *e) _must_check_;

#endif
