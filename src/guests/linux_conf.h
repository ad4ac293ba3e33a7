/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file that urunit, process 1 of a Linux guest, reads. */
#ifndef URUNC_GUESTS_LINUX_CONF_H
#define URUNC_GUESTS_LINUX_CONF_H

#include "common/err.h"
#include "common/str.h"
#include "machine/machine.h"

#define LINUX_CONF_PATH "/urunit.conf"

/* Our own form: every value with its length, so that any byte passes. Of the machine: control port, disks, shares and
 * network interfaces. */
void linux_conf_exact(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out);
/* The original's text form, for an image's own urunit: of the machine only the disks. What it cannot say is -EINVAL. */
int linux_conf_text(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
	_must_check_;

#endif
