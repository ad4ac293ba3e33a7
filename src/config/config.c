/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as plain data: defaults, look-up, description. */
#include "config/config.h"

#include <string.h>

void config_defaults(struct config *ret)
{
	*ret = (struct config){
		.log_level = "info",
		.timestamps_destination = "/var/log/urunc/timestamps.log",
		.virtiofsd_path = "/usr/libexec/virtiofsd",
		.virtiofsd_options = "--cache always --sandbox none",
		.accelerator = "auto",
		.machine = "auto",
		.supervise = true,
		.strict = true,
		.replace_urunit = true,
		.mounts = "auto",
		.mounts_by = "auto",
		.image_format = "auto",
		.mounts_max_mb = 16,
		.rootfs = "auto",
		.cache_dir = "/var/lib/urunc/cache",
		.cache_max_mb = 4096,
		.writable_mb = 8192,
		.stop_grace_ms = 10000,
	};
}

struct config_monitor config_monitor_get(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->monitors.n; i++)
		if (streq(c->monitors.v[i].name, name))
			return c->monitors.v[i];
	return (struct config_monitor){
		.name = name,
		.default_memory_mb = CONFIG_DEFAULT_MEMORY_MB,
		.default_vcpus = CONFIG_DEFAULT_VCPUS,
	};
}

static const struct field monitor_fields[] = {
	FIELD(struct config_monitor, name, FK_STR),
	FIELD(struct config_monitor, default_memory_mb, FK_U64),
	FIELD(struct config_monitor, default_vcpus, FK_U32),
	FIELD(struct config_monitor, path, FK_STR),
	FIELD(struct config_monitor, data_path, FK_STR),
	FIELD(struct config_monitor, vhost, FK_BOOL),
	FIELD(struct config_monitor, socket_path, FK_STR),
	FIELD(struct config_monitor, overhead_mb, FK_U64),
};
static const struct record rec_config_monitor = RECORD(struct config_monitor, monitor_fields);

static const struct field config_fields[] = {
	FIELD(struct config, source, FK_STR),
	FIELD(struct config, log_level, FK_STR),
	FIELD(struct config, log_syslog, FK_BOOL),
	FIELD(struct config, timestamps_enabled, FK_BOOL),
	FIELD(struct config, timestamps_destination, FK_STR),
	FIELD_SUB(struct config, monitors, FK_RECS, &rec_config_monitor),
	FIELD(struct config, virtiofsd_path, FK_STR),
	FIELD(struct config, virtiofsd_options, FK_STR),
	FIELD(struct config, delegate, FK_STR),
	FIELD(struct config, accelerator, FK_STR),
	FIELD(struct config, machine, FK_STR),
	FIELD(struct config, supervise, FK_BOOL),
	FIELD(struct config, strict, FK_BOOL),
	FIELD(struct config, replace_urunit, FK_BOOL),
	FIELD(struct config, urunit_path, FK_STR),
	FIELD(struct config, mounts, FK_STR),
	FIELD(struct config, mounts_by, FK_STR),
	FIELD(struct config, mounts_max_mb, FK_U64),
	FIELD(struct config, rootfs, FK_STR),
	FIELD(struct config, image_format, FK_STR),
	FIELD(struct config, cache_dir, FK_STR),
	FIELD(struct config, cache_max_mb, FK_U64),
	FIELD(struct config, writable_mb, FK_U64),
	FIELD(struct config, stop_grace_ms, FK_U32),
};
const struct record rec_config = RECORD(struct config, config_fields);
