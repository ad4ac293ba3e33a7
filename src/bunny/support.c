/* SPDX-License-Identifier: Apache-2.0 */
/* A table of guests: their monitors, and the roots that they can use. */
#include "bunny/support.h"

#define ON(...)                                                                                              \
	{                                                                                                    \
		(const char *[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)        \
	}

static const struct guest_support guests[] = {
	{"hermit", SUPPORT_INITRD, ON("qemu")},
	{"linux", SUPPORT_INITRD | SUPPORT_BLOCK | SUPPORT_RAW, ON("cloud-hypervisor", "firecracker", "qemu")},
	{"mewz", 0, ON("qemu")},
	{"mirage", SUPPORT_BLOCK, ON("hvt", "qemu", "spt")},
	{"osv", SUPPORT_BLOCK, ON("firecracker", "qemu")},
	{"rumprun", SUPPORT_BLOCK | SUPPORT_RAW, ON("hvt", "spt")},
	{"unikraft", SUPPORT_INITRD | SUPPORT_RAW, ON("firecracker", "qemu")},
};

const struct guest_support *support_find(const char *guest)
{
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++)
		if (streq(guests[i].name, guest))
			return &guests[i];
	return NULL;
}

bool support_runs_on(const struct guest_support *g, const char *monitor)
{
	for (size_t i = 0; i < g->monitors.n; i++)
		if (streq(g->monitors.v[i], monitor))
			return true;
	return false;
}
