/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the guest's kernel, below /proc/sys. */
#ifndef URUNC_URUNIT_SYSCTL_H
#define URUNC_URUNIT_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>

#include "urunit/text.h"

#define USYSCTL_PATH_BYTES 256

/*
 * "<dir>/net/ipv4/ip_forward" for "net.ipv4.ip_forward=1" or "net/ipv4/ip_forward=1". The separator is what comes first of
 * '.' and '/', the other one stands for itself turned round ("net.ipv4.conf.eth0/1.mtu": eth0.1), as in sysctl(8). False
 * for an empty part, "..", or a name too long.
 */
bool usysctl_path(const char *dir, const char *assignment, char ret[USYSCTL_PATH_BYTES]);

/* Sets each NAME=VALUE below dir (normally /proc/sys); what cannot be set is told on the console. */
void usysctl_set_all(const char *dir, const struct uvec *assignments);

#endif
