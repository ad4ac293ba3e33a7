/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/urunc/config.toml (or the file URUNC_CONFIG_FILE names) as one plain struct. */
#ifndef URUNC_CONFIG_CONFIG_H
#define URUNC_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/record.h"
#include "common/str.h"

#define CONFIG_DEFAULT_PATH URUNC_SYSCONFDIR "/urunc/config.toml" /* where make install puts it */
#define CONFIG_MAX_BYTES (256u << 10)
#define CONFIG_DEFAULT_MEMORY_MB 256u
#define CONFIG_DEFAULT_VCPUS 1u

/* [monitors.<name>] */
struct config_monitor {
	const char *name;
	uint64_t default_memory_mb; /* 256 */
	uint32_t default_vcpus;     /* 1; 0 in the file means 1 */
	const char *path;           /* NULL = search PATH */
	const char *data_path;      /* NULL = the monitor's usual places */
	bool vhost;
	const char *socket_path;
	uint64_t overhead_mb; /* 0 = the built-in table (architecture decision 9) */
};

struct config {
	const char *source; /* the file read, NULL = built-in defaults only */
	/* [log] */
	const char *log_level; /* error warn info debug (trace = debug; fatal, panic = error) */
	bool log_syslog;
	/* [timestamps] */
	bool timestamps_enabled;
	const char *timestamps_destination;
	/* [monitors.*]: one entry for every section present, in file order */
	struct {
		struct config_monitor *v;
		size_t n;
	} monitors;
	/* [extra_binaries.virtiofsd] */
	const char *virtiofsd_path, *virtiofsd_options;
	/* [runtime] */
	const char *delegate;    /* "runc", "crun" or a path; NULL = first found */
	const char *accelerator; /* auto (default) kvm tcg */
	const char *machine;     /* auto (default) microvm q35 pc virt */
	bool supervise;          /* true */
	bool strict;             /* true: wrong metadata is an error */
	bool replace_urunit;     /* true: our urunit takes the place of an older one in an image */
	const char *urunit_path; /* NULL = beside the urunc program, then LIBEXECDIR/urunc/urunit */
	/* What the guest misses of the spec's mounts: "warn" or "error"; "auto" (default) warns, but refuses writable
	 * directories with contents that can only be copied. */
	const char *mounts;
	/* auto (default) copy virtiofs 9p: how files and directories of mounts reach a guest; auto shares where that is
	 * known to work or a copy would not do. */
	const char *mounts_by;
	uint64_t mounts_max_mb; /* 16: contents of mounts that are copied into the guest, all together */
	const char *rootfs; /* auto (default) image virtiofs 9p: how a directory tree becomes a guest's root */
	const char *image_format; /* auto (default) erofs ext4: of the images made of trees */
	const char *cache_dir;    /* /var/lib/urunc/cache */
	uint64_t cache_max_mb;    /* 4096 */
	uint64_t writable_mb;     /* 8192: the most that a guest can write to a root that is an image */
	uint32_t stop_grace_ms; /* 10000: after a graceful stop was asked of a guest that cannot hear signals */
};

/* Fills *ret with defaults. */
void config_defaults(struct config *ret);
/* Parses TOML text over the defaults. Unknown keys and wrong types are -EINVAL with file and line number.
 * [runtime] libcontainer and vAccel, keys of the original, are accepted and mean nothing here. */
int config_parse(struct bytes text, const char *source, struct arena *a, struct config *ret, struct err *e)
	_must_check_;
/* Reads path (NULL: URUNC_CONFIG_FILE, else CONFIG_DEFAULT_PATH; only the default file may be absent). */
int config_load(const char *path, struct arena *a, struct config *ret, struct err *e) _must_check_;
/* Settings of one monitor with defaults applied. */
struct config_monitor config_monitor_get(const struct config *c, const char *name);

extern const struct record rec_config;

#endif
