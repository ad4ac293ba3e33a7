/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces: found, named, given addresses and routes. */
#ifndef URUNC_URUNIT_NIC_H
#define URUNC_URUNIT_NIC_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "urunit/config.h"

struct unic_found {
	char name[IFNAMSIZ];
	uint32_t ifindex; /* 0: there is none */
};

/* The interface below sys_class_net (normally /sys/class/net) with this hardware address, or, without one, this name. */
bool unic_find(const char *sys_class_net, const struct unic *n, struct unic_found *ret);

/* Whether one of the interface's own networks holds the gateway. */
bool unic_on_link(const struct unic *n, const struct uaddress *gateway);

/* Sets up all; what fails is told on the console: an application may do without, or fails with words of its own. */
void unic_set_up_all(const char *sys_class_net, const struct uvec *nics);

#endif
