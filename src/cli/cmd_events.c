/* SPDX-License-Identifier: Apache-2.0 */
/* urunc events */
#include "cli/amount.h"
#include "cli/cli.h"
#include "runtime/events.h"

#define INTERVAL_MS 5000

struct events_opts {
	bool stats;
	const char *interval;
};

static const struct opt opts[] = {
	{"stats", 0, OPT_BOOL, offsetof(struct events_opts, stats), NULL, "print the statistics once"},
	{"interval", 0, OPT_STR, offsetof(struct events_opts, interval), "TIME",
	 "time between two lines of statistics (default: 5s)"},
};

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	_cleanup_container_ struct container found = CONTAINER_NULL;
	const struct events_opts *v = o;
	int64_t interval_ms = INTERVAL_MS;
	int r;

	/* First of all: it may be a delegate's. */
	r = container_get(&c->rt, args->v[0], 0, &found, e);
	if (r == 0)
		r = amount_time_ms("interval", v->interval, &interval_ms, e);
	return r < 0 ? r : runtime_events(&c->rt, args->v[0], v->stats, interval_ms, e);
}

const struct command cmd_events = {
	.name = "events",
	.args = "<container-id>",
	.summary = "show statistics, and when memory runs out",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct events_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
