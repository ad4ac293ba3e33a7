/* SPDX-License-Identifier: Apache-2.0 */
/* Record tables of the confinement descriptions. */
#include "machine/confine.h"

static const struct field ns_fields[] = {
	FIELD_ENUM(struct confine_ns, kind, ns_kind_names),
	FIELD(struct confine_ns, path, FK_STR),
};
const struct record rec_confine_ns = RECORD(struct confine_ns, ns_fields);

static const struct field dir_fields[] = {
	FIELD(struct cgroup_dir, names, FK_STR),
	FIELD(struct cgroup_dir, mountpoint, FK_STR),
	FIELD(struct cgroup_dir, path, FK_STR),
};
static const struct record rec_cgroup_dir = RECORD(struct cgroup_dir, dir_fields);

static const struct field setting_fields[] = {
	FIELD(struct cgroup_setting, controller, FK_STR),
	FIELD(struct cgroup_setting, file, FK_STR),
	FIELD(struct cgroup_setting, value, FK_STR),
	FIELD(struct cgroup_setting, optional, FK_BOOL),
};
static const struct record rec_cgroup_setting = RECORD(struct cgroup_setting, setting_fields);

static const struct field device_fields[] = {
	FIELD(struct device_rule, allow, FK_BOOL), FIELD(struct device_rule, type, FK_STR),
	FIELD(struct device_rule, major, FK_I64),  FIELD(struct device_rule, minor, FK_I64),
	FIELD(struct device_rule, access, FK_STR),
};
static const struct record rec_device_rule = RECORD(struct device_rule, device_fields);

static const struct field property_fields[] = {
	FIELD(struct unit_property, name, FK_STR),   FIELD_ENUM(struct unit_property, kind, unit_kind_names),
	FIELD(struct unit_property, number, FK_U64), FIELD(struct unit_property, text, FK_STR),
	FIELD(struct unit_property, list, FK_STRS),
};
static const struct record rec_unit_property = RECORD(struct unit_property, property_fields);

static const struct field unit_fields[] = {
	FIELD(struct confine_unit, name, FK_STR),
	FIELD(struct confine_unit, slice, FK_STR),
	FIELD(struct confine_unit, description, FK_STR),
	FIELD_SUB(struct confine_unit, properties, FK_RECS, &rec_unit_property),
};
const struct record rec_confine_unit = RECORD(struct confine_unit, unit_fields);

static const struct field cgroup_fields[] = {
	FIELD(struct confine_cgroup, version, FK_U32),
	FIELD(struct confine_cgroup, path, FK_STR),
	FIELD_SUB(struct confine_cgroup, dirs, FK_RECS, &rec_cgroup_dir),
	FIELD_SUB(struct confine_cgroup, settings, FK_RECS, &rec_cgroup_setting),
	FIELD_SUB(struct confine_cgroup, devices, FK_RECS, &rec_device_rule),
	FIELD(struct confine_cgroup, memory_limit_bytes, FK_U64),
	FIELD_SUB(struct confine_cgroup, unit, FK_OPT, &rec_confine_unit),
};
const struct record rec_confine_cgroup = RECORD(struct confine_cgroup, cgroup_fields);

static const struct field add_fields[] = {
	FIELD(struct box_add, name, FK_STR),        FIELD(struct box_add, source, FK_STR),
	FIELD(struct box_add, label, FK_STR),       FIELD(struct box_add, max_bytes, FK_U64),
	FIELD(struct box_add, max_entries, FK_U32), FIELD(struct box_add, dev, FK_U64),
	FIELD(struct box_add, ino, FK_U64),         FIELD(struct box_add, kind, FK_U32),
};
static const struct record rec_box_add = RECORD(struct box_add, add_fields);

static const struct field box_fields[] = {
	FIELD_ENUM(struct box_op, kind, box_kind_names),
	FIELD(struct box_op, dst, FK_STR),
	FIELD(struct box_op, src, FK_STR),
	FIELD(struct box_op, mode, FK_U32),
	FIELD(struct box_op, uid, FK_U32),
	FIELD(struct box_op, gid, FK_U32),
	FIELD(struct box_op, major, FK_U32),
	FIELD(struct box_op, minor, FK_U32),
	FIELD(struct box_op, dev, FK_U64),
	FIELD(struct box_op, ino, FK_U64),
	FIELD(struct box_op, data, FK_BYTES),
	FIELD(struct box_op, optional, FK_BOOL),
	FIELD(struct box_op, host_src, FK_STR),
	FIELD(struct box_op, host_bytes, FK_U64),
	FIELD(struct box_op, tail, FK_BYTES),
	FIELD_SUB(struct box_op, adds, FK_RECS, &rec_box_add),
	FIELD(struct box_op, host_base, FK_STR),
	FIELD(struct box_op, one_archive, FK_BOOL),
};
const struct record rec_box_op = RECORD(struct box_op, box_fields);

static const struct field daemon_fields[] = {
	FIELD(struct confine_daemon, argv, FK_STRS),
	FIELD(struct confine_daemon, caps, FK_STRS),
	FIELD(struct confine_daemon, nofile, FK_U64),
	FIELD_SUB(struct confine_daemon, box, FK_RECS, &rec_box_op),
};
const struct record rec_confine_daemon = RECORD(struct confine_daemon, daemon_fields);

static const struct field claim_mount_fields[] = {
	FIELD(struct claim_mount, target, FK_STR),
	FIELD(struct claim_mount, fstype, FK_STR),
	FIELD(struct claim_mount, options, FK_STR),
	FIELD(struct claim_mount, super_options, FK_STR),
};
const struct record rec_claim_mount = RECORD(struct claim_mount, claim_mount_fields);

static const struct field claim_fields[] = {
	FIELD(struct block_claim, source, FK_STR),
	FIELD(struct block_claim, node, FK_STR),
	FIELD(struct block_claim, major, FK_U32),
	FIELD(struct block_claim, minor, FK_U32),
	FIELD(struct block_claim, readonly, FK_BOOL),
	FIELD_SUB(struct block_claim, mounts, FK_RECS, &rec_claim_mount),
};
const struct record rec_block_claim = RECORD(struct block_claim, claim_fields);

static const struct field rlimit_fields[] = {
	FIELD(struct rlimit_value, type, FK_STR),
	FIELD(struct rlimit_value, soft, FK_U64),
	FIELD(struct rlimit_value, hard, FK_U64),
};
const struct record rec_rlimit_value = RECORD(struct rlimit_value, rlimit_fields);

static const struct field creds_fields[] = {
	FIELD(struct confine_creds, uid, FK_U32),
	FIELD(struct confine_creds, gid, FK_U32),
	FIELD(struct confine_creds, groups, FK_U32S),
	FIELD_SUB(struct confine_creds, rlimits, FK_RECS, &rec_rlimit_value),
	FIELD(struct confine_creds, has_oom_score_adj, FK_BOOL),
	FIELD(struct confine_creds, oom_score_adj, FK_I32),
	FIELD(struct confine_creds, umask, FK_U32),
};
const struct record rec_confine_creds = RECORD(struct confine_creds, creds_fields);
