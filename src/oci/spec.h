/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an OCI runtime configuration (config.json, runtime-spec 1.0 to 1.2) that urunc reads. */
#ifndef URUNC_OCI_SPEC_H
#define URUNC_OCI_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/record.h"
#include "common/str.h"

#define SPEC_MAX_BYTES (4u << 20)
#define SPEC_MAX_ENV 1024
#define SPEC_MAX_ENV_BYTES (128u << 10)
#define SPEC_MAX_MOUNTS 512
#define SPEC_MAX_HOOKS 64
#define SPEC_MAX_GROUPS 65536

struct spec_mount {
	const char *destination, *type, *source;
	struct strs options;
};
/* As runc takes them: type "bind", or none of a kernel's file systems and the option bind or rbind. */
bool spec_mount_is_bind(const struct spec_mount *m);
/* A file that engines write for every container until start, perhaps by a new file and a rename: /etc/hosts,
 * /etc/hostname, /etc/resolv.conf. */
bool spec_mount_is_engines(const struct spec_mount *m);
bool spec_mount_has(const struct spec_mount *m, const char *option);
/* "ro", or "rro" (with all that is mounted below, which is so for guests in any case). */
bool spec_mount_is_readonly(const struct spec_mount *m);
struct spec_rlimit {
	const char *type; /* "RLIMIT_NOFILE" */
	uint64_t soft, hard;
};
struct spec_hook {
	const char *path;
	struct strs args, env;
	uint32_t timeout_s; /* 0 = none */
};
struct spec_hooks {
	struct spec_hook *v;
	size_t n;
};
struct spec_ns {
	const char *type; /* pid network mount ipc uts user cgroup time */
	const char *path; /* NULL = new */
};
struct spec_kv {
	const char *key, *value;
};
struct spec_device {
	const char *path, *type; /* type: c b u p */
	int64_t major, minor;
	uint32_t file_mode, uid, gid;
};
struct spec_device_rule {
	bool allow;
	const char *type;     /* a c b; NULL = a */
	int64_t major, minor; /* -1 = any */
	const char *access;   /* subset of rwm; NULL = rwm */
};
struct spec_id_map {
	uint32_t container_id, host_id, size;
};

/* Numbers that may be absent are 0 when absent unless a has_ member says otherwise; Docker writes 0 for "unchanged". */
struct spec_resources {
	int64_t memory_limit_bytes, memory_swap_bytes, memory_reservation_bytes; /* -1 = unlimited */
	bool disable_oom_killer;
	int64_t cpu_quota_us, cpu_shares;
	uint64_t cpu_period_us;
	const char *cpuset_cpus, *cpuset_mems;
	int64_t pids_limit;
	uint32_t blkio_weight;
	struct {
		struct spec_device_rule *v;
		size_t n;
	} devices;
	struct {
		struct spec_kv *v;
		size_t n;
	} unified;
};

struct oci_spec {
	const char *oci_version;
	bool has_process;
	bool terminal;
	uint32_t console_width, console_height;
	struct strs args, env;
	const char *cwd;
	uint32_t uid, gid;
	struct u32s groups;
	bool has_umask;
	uint32_t umask;
	bool has_oom_score_adj;
	int32_t oom_score_adj;
	bool no_new_privileges;
	struct {
		struct spec_rlimit *v;
		size_t n;
	} rlimits;
	const char *root_path; /* as written; NULL if absent */
	bool root_readonly;
	const char *hostname, *domainname;
	struct {
		struct spec_mount *v;
		size_t n;
	} mounts;
	struct spec_hooks prestart, create_runtime, create_container, start_container, poststart, poststop;
	struct {
		struct spec_kv *v;
		size_t n;
	} annotations;
	bool has_linux;
	struct {
		struct spec_ns *v;
		size_t n;
	} namespaces;
	struct {
		struct spec_id_map *v;
		size_t n;
	} uid_maps, gid_maps;
	const char *cgroups_path; /* NULL if absent */
	struct spec_resources resources;
	struct {
		struct spec_device *v;
		size_t n;
	} devices;
	struct {
		struct spec_kv *v;
		size_t n;
	} sysctl;
	bool has_seccomp;
	const char *rootfs_propagation;
};

/* Parses config.json. Unknown members are ignored (the OCI rule); known ones of a wrong type, over the limits above,
 * or senseless (uid 2^32-1, empty hook path, relative hook path, env entry without '=' or with an empty name,
 * unknown namespace type, the same namespace twice) are -EINVAL with the JSON path in the text.
 * `process`, `root` and `linux` may be missing here; who needs them says so. */
int spec_parse(struct bytes text, struct arena *a, struct oci_spec *ret, struct err *e) _must_check_;

/* The object of linux.resources alone, as `update` gets it. what names it in messages; the rules are the same. */
int spec_parse_resources(struct bytes text, const char *what, struct arena *a, struct spec_resources *ret,
			 struct err *e) _must_check_;

/* The value of an annotation, NULL if absent. */
const char *spec_annotation(const struct oci_spec *s, const char *key);

/* Tables so that hooks can travel in the plan. */
extern const struct record rec_spec_hook;   /* struct spec_hook */
extern const struct record rec_spec_rlimit; /* struct spec_rlimit */
extern const struct record rec_spec_kv;     /* struct spec_kv */

/* The OCI State object handed to hooks and printed by `urunc state` (runtime-spec "State"; runc adds the
 * other members). One JSON object, no trailing newline. */
struct oci_state {
	const char *oci_version, *id, *status; /* creating created running stopped paused */
	int32_t pid;                           /* 0 when stopped */
	const char *bundle;
	const char *rootfs;  /* runc extra; NULL leaves it out */
	const char *created; /* runc extra, RFC 3339; NULL leaves it out */
	const char *owner;   /* runc extra; NULL leaves it out */
	const struct spec_kv *annotations;
	size_t nannotations;
};
void state_to_json(const struct oci_state *s, int indent, struct strbuf *out);

/* The default config.json of `urunc spec`. */
void spec_default_json(struct strbuf *out);

#endif
