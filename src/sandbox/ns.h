/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces: opening, checking, joining. */
#ifndef URUNC_SANDBOX_NS_H
#define URUNC_SANDBOX_NS_H

#include "common/err.h"
#include "machine/confine.h"

/* CLONE_NEW* of a kind. */
unsigned long ns_clone_flag(int kind);
/* Opens a namespace path and proves by NS_GET_NSTYPE that it is one of that kind; a regular file, another type
 * or a missing path is -EINVAL naming path and expected type. */
int ns_open(const struct confine_ns *ns, int *ret_fd, struct err *e) _must_check_;
/* setns(2) with a message naming the namespace. */
int ns_join(int fd, const struct confine_ns *ns, struct err *e) _must_check_;
/* Writes kernel.* / net.* / fs.mqueue.* values below /proc/sys of the calling process; names with '/', ".." or
 * outside the namespaced set are -EINVAL. key: dotted. */
int ns_sysctl(const char *key, const char *value, struct err *e) _must_check_;

#endif
