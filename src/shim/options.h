/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's options as engines hand them over, in whichever message. */
#ifndef URUNC_SHIM_OPTIONS_H
#define URUNC_SHIM_OPTIONS_H

#include "common/err.h"
#include "proto/shim/types.pb-c.h"
#include "shim/cli.h"

/* Fills *ret from an Any that holds containerd.runc.v1.Options or runtimeoptions.v1.Options (TOML; NULL or empty: the
 * defaults), for one namespace and bundle. Keys of the TOML that mean nothing here are left alone. */
int options_read(const Pb__Any *any, const char *ns, const char *bundle, struct cli *ret, struct err *e)
	_must_check_;

#endif
