/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc list`: our containers and the delegates'. */
#ifndef URUNC_RUNTIME_LIST_H
#define URUNC_RUNTIME_LIST_H

#include "common/err.h"
#include "runtime/container.h"
#include "runtime/delegate.h"

enum list_format { LIST_TABLE, LIST_JSON, LIST_IDS };

/* All containers below the root, sorted by id, in runc's formats. A delegate is asked only when there are directories of
 * its shape. A container that cannot be read is left out with a warning. */
int runtime_list(const struct runtime *rt, const struct delegate_call *call, enum list_format format,
		 struct strbuf *out, struct err *e) _must_check_;

#endif
