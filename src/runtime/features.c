/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc features`. */
#include "runtime/features.h"

#include <stdbool.h>

#include "guests/guest.h"
#include "monitors/monitor.h"
#include "runtime/features_table.h"

static void list(struct strbuf *out, const char *indent, const char *const *v, size_t n)
{
	sb_add(out, "[");
	for (size_t i = 0; i < n; i++)
		sb_addf(out, "%s\n%s    \"%s\"", i ? "," : "", indent, v[i]);
	sb_addf(out, "\n%s]", indent);
}

static void monitor_names(struct strbuf *out)
{
	const struct monitor_ops *m;
	bool first = true;

	for (size_t i = 0; (m = monitor_next(&i)); first = false)
		sb_addf(out, "%s%s", first ? "" : ",", m->name);
}

static void guest_names(struct strbuf *out)
{
	const struct guest_ops *g;
	bool first = true;

	for (size_t i = 0; (g = guest_next(&i)); first = false)
		sb_addf(out, "%s%s", first ? "" : ",", g->name);
}

/* The table as one object, its lines moved to where it stands. */
static void table(struct strbuf *out, const char *indent)
{
	struct strbuf text = STRBUF(out->a);
	struct features_table t;
	struct err e;

	if (features_table(out->a, &t, &e) < 0) {
		out->oom = true;
		return;
	}
	record_to_json(&rec_features_table, &t, 4, &text);
	out->oom |= text.oom;
	for (size_t i = 0; i < text.len; i++) {
		sb_addc(out, text.p[i]);
		if (text.p[i] == '\n')
			sb_add(out, indent);
	}
}

void features_json(struct strbuf *out)
{
	static const char *const hooks[] = {"prestart",       "createRuntime", "createContainer",
					    "startContainer", "poststart",     "poststop"};
	static const char *const namespaces[] = {"cgroup", "ipc", "mount", "network", "pid", "time", "uts"};

	sb_addf(out, "{\n    \"ociVersionMin\": \"%s\",\n    \"ociVersionMax\": \"%s\",\n    \"hooks\": ",
		SPEC_VERSION_MIN, SPEC_VERSION_MAX);
	list(out, "    ", hooks, sizeof(hooks) / sizeof(hooks[0]));
	sb_add(out, ",\n    \"mountOptions\": [],\n    \"linux\": {\n        \"namespaces\": ");
	list(out, "        ", namespaces, sizeof(namespaces) / sizeof(namespaces[0]));
	sb_add(out, ",\n        \"capabilities\": [],\n"
		    "        \"cgroup\": {\n            \"v1\": true,\n            \"v2\": true,\n"
		    "            \"systemd\": true,\n            \"systemdUser\": false\n        },\n"
		    "        \"seccomp\": {\n            \"enabled\": false\n        },\n"
		    "        \"apparmor\": {\n            \"enabled\": false\n        },\n"
		    "        \"selinux\": {\n            \"enabled\": false\n        }\n    },\n"
		    "    \"annotations\": {\n        \"dev.urunc.version\": \"" URUNC_VERSION "\",\n"
		    "        \"dev.urunc.monitors\": \"");
	monitor_names(out);
	sb_add(out, "\",\n        \"dev.urunc.guests\": \"");
	guest_names(out);
	sb_add(out, "\"\n    },\n    \"urunc\": ");
	table(out, "    ");
	sb_add(out, "\n}\n");
}
