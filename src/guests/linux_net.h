/* SPDX-License-Identifier: Apache-2.0 */
/* The network as a Linux kernel's own command line can say it, for an init that is not ours. */
#ifndef URUNC_GUESTS_LINUX_NET_H
#define URUNC_GUESTS_LINUX_NET_H

#include "common/err.h"
#include "common/str.h"
#include "machine/machine.h"

/* "10.0.0.2/24" or, with ret_prefix NULL, "10.0.0.1"; in host byte order. False: it is neither. */
bool linux_net_parse4(const char *s, uint32_t *ret, unsigned *ret_prefix);

/* Appends " ip=…" for the first interface with an IPv4 address: a kernel can set up that one and no IPv6. Nothing without
 * one. -EINVAL for a host name or address that cannot be said there. */
int linux_net_word(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
	_must_check_;
/* The container's host name, or "urunc" where it has none: that of every guest of the original's. */
const char *linux_net_hostname(const struct app_desc *app);
/* The same interface's gateway is outside of its network, so that the kernel refuses it as a route. */
bool linux_net_off_link(const struct vm_desc *vm);

#endif
