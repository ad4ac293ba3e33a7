/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc features`: what this build can do, in the shape of the OCI features document that runc prints. */
#ifndef URUNC_RUNTIME_FEATURES_H
#define URUNC_RUNTIME_FEATURES_H

#include "common/str.h"

#define SPEC_VERSION_MIN "1.0.0"
#define SPEC_VERSION_MAX "1.2.0"

/* Engines change their config.json by what is listed here (Docker writes `rro` mounts when it is), so nothing is listed
 * that is not honoured. Monitors and guests come from the registries: their names as annotations, which are text for
 * engines, and all that is known of them in the member "urunc" (runtime/features_table.h). */
void features_json(struct strbuf *out);

#endif
