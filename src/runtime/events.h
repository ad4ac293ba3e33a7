/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc events`: what runc's command of that name prints. */
#ifndef URUNC_RUNTIME_EVENTS_H
#define URUNC_RUNTIME_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup/stats.h"
#include "common/err.h"
#include "common/str.h"
#include "runtime/container.h"

/* once: one line of statistics. Else one every interval_ms (> 0), and one for each time that memory ran out, until the
 * container ends. Lines go to standard output. */
int runtime_events(const struct runtime *rt, const char *id, bool once, int64_t interval_ms, struct err *e)
	_must_check_;
/* events_json.c: runc's line of statistics, newline and all. Pure. */
void events_stats_json(const char *id, const struct cgroup_stats *s, struct strbuf *out);
void events_oom_json(const char *id, struct strbuf *out);

#endif
