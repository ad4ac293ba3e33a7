/* SPDX-License-Identifier: Apache-2.0 */
/* Record tables of the facts, so that tests read them from JSON and people can see them. */
#include "plan/facts.h"

const char *const kvm_verdict_names[] = {"absent", "opens", "works", NULL};
const char *const mount_kind_names[] = {"missing", "file", "directory", "other", NULL};

static const struct field controller_fields[] = {
	FIELD(struct cgroup_controller, names, FK_STR),
	FIELD(struct cgroup_controller, mountpoint, FK_STR),
	FIELD(struct cgroup_controller, self, FK_STR),
};
static const struct record rec_cgroup_controller = RECORD(struct cgroup_controller, controller_fields);

static const struct field host_fields[] = {
	FIELD_ENUM(struct host_facts, arch, arch_names),
	FIELD(struct host_facts, kernel_release, FK_STR),
	FIELD(struct host_facts, cpus, FK_U32),
	FIELD(struct host_facts, memory_bytes, FK_U64),
	FIELD_ENUM(struct host_facts, kvm, kvm_verdict_names),
	FIELD(struct host_facts, tsc_khz, FK_U32),
	FIELD(struct host_facts, cgroup_version, FK_U32),
	FIELD_SUB(struct host_facts, cgroups, FK_RECS, &rec_cgroup_controller),
	FIELD(struct host_facts, cgroup_ancestor_limit_bytes, FK_U64),
	FIELD(struct host_facts, ancestor_limit_path, FK_STR),
	FIELD(struct host_facts, urunit_path, FK_STR),
	FIELD(struct host_facts, urunit_bytes, FK_U64),
	FIELD(struct host_facts, systemd, FK_BOOL),
	FIELD(struct host_facts, has_tun, FK_BOOL),
};
const struct record rec_host_facts = RECORD(struct host_facts, host_fields);

static const struct field image_fields[] = {
	FIELD(struct image_file, path, FK_STR),
	FIELD(struct image_file, exists, FK_BOOL),
	FIELD(struct image_file, problem, FK_STR),
	FIELD(struct image_file, size_bytes, FK_U64),
	FIELD(struct image_file, dev, FK_U64),
	FIELD(struct image_file, ino, FK_U64),
	FIELD(struct image_file, mode, FK_U32),
	FIELD(struct image_file, uid, FK_U32),
	FIELD(struct image_file, gid, FK_U32),
	FIELD_ENUM(struct image_file, format, kernel_format_names),
	FIELD(struct image_file, memory_bytes, FK_U64),
	FIELD(struct image_file, unpacked_bytes, FK_U64),
	FIELD(struct image_file, compression, FK_STR),
	FIELD(struct image_file, elf_arch, FK_I32),
	FIELD_SUB(struct image_file, solo5, FK_REC, &rec_solo5_abi),
	FIELD(struct image_file, solo5_problem, FK_STR),
	FIELD(struct image_file, fstype, FK_STR),
};
const struct record rec_image_file = RECORD(struct image_file, image_fields);

static const struct field host_file_fields[] = {
	FIELD(struct host_file, path, FK_STR),
	FIELD(struct host_file, box, FK_STR),
	FIELD(struct host_file, optional, FK_BOOL),
};
static const struct record rec_host_file = RECORD(struct host_file, host_file_fields);

static const struct field monitor_fields[] = {
	FIELD(struct monitor_facts, path, FK_STR),
	FIELD(struct monitor_facts, problem, FK_STR),
	FIELD_SUB(struct monitor_facts, files, FK_RECS, &rec_host_file),
	FIELD(struct monitor_facts, is_static, FK_BOOL),
	FIELD(struct monitor_facts, version, FK_U32),
};
const struct record rec_monitor_facts = RECORD(struct monitor_facts, monitor_fields);

static const struct field root_fields[] = {
	FIELD(struct root_facts, path, FK_STR),
	FIELD(struct root_facts, exists, FK_BOOL),
	FIELD(struct root_facts, fstype, FK_STR),
	FIELD(struct root_facts, source, FK_STR),
	FIELD(struct root_facts, is_mountpoint, FK_BOOL),
	FIELD(struct root_facts, readonly, FK_BOOL),
	FIELD(struct root_facts, source_is_block, FK_BOOL),
	FIELD(struct root_facts, own, FK_STR),
	FIELD(struct root_facts, source_major, FK_U32),
	FIELD(struct root_facts, source_minor, FK_U32),
	FIELD(struct root_facts, options, FK_STR),
	FIELD(struct root_facts, super_options, FK_STR),
};
const struct record rec_root_facts = RECORD(struct root_facts, root_fields);

static const struct field volume_fields[] = {
	FIELD(struct volume_facts, mount, FK_U32),
	FIELD(struct volume_facts, device, FK_STR),
	FIELD(struct volume_facts, major, FK_U32),
	FIELD(struct volume_facts, minor, FK_U32),
	FIELD(struct volume_facts, fstype, FK_STR),
	FIELD(struct volume_facts, readonly, FK_BOOL),
	FIELD(struct volume_facts, own, FK_STR),
	FIELD(struct volume_facts, user, FK_STR),
	FIELD_SUB(struct volume_facts, mounts, FK_RECS, &rec_claim_mount),
};
static const struct record rec_volume_facts = RECORD(struct volume_facts, volume_fields);

static const struct field mount_fields[] = {
	FIELD(struct mount_facts, index, FK_U32),     FIELD(struct mount_facts, source, FK_STR),
	FIELD(struct mount_facts, real, FK_STR),      FIELD_ENUM(struct mount_facts, kind, mount_kind_names),
	FIELD(struct mount_facts, problem, FK_STR),   FIELD(struct mount_facts, mode, FK_U32),
	FIELD(struct mount_facts, uid, FK_U32),       FIELD(struct mount_facts, gid, FK_U32),
	FIELD(struct mount_facts, dev, FK_U64),       FIELD(struct mount_facts, ino, FK_U64),
	FIELD(struct mount_facts, bytes, FK_U64),     FIELD(struct mount_facts, name_bytes, FK_U64),
	FIELD(struct mount_facts, entries, FK_U32),   FIELD(struct mount_facts, skipped, FK_U32),
	FIELD(struct mount_facts, more, FK_BOOL),     FIELD(struct mount_facts, other, FK_STR),
	FIELD(struct mount_facts, other_uid, FK_U32),
};
const struct record rec_mount_facts = RECORD(struct mount_facts, mount_fields);

static const struct field tree_fields[] = {
	FIELD(struct tree_facts, imager_path, FK_STR),  FIELD(struct tree_facts, lower, FK_STR),
	FIELD(struct tree_facts, base, FK_STR),         FIELD(struct tree_facts, upper, FK_STR),
	FIELD(struct tree_facts, key, FK_STR),          FIELD(struct tree_facts, cached, FK_BOOL),
	FIELD(struct tree_facts, cached_ext4, FK_BOOL), FIELD(struct tree_facts, cached_bytes, FK_U64),
	FIELD(struct tree_facts, prefix, FK_STR),
};
static const struct record rec_tree_facts = RECORD(struct tree_facts, tree_fields);

static const struct field module_fields[] = {
	FIELD(struct kernel_module, name, FK_STR),  FIELD(struct kernel_module, builtin, FK_BOOL),
	FIELD(struct kernel_module, path, FK_STR),  FIELD(struct kernel_module, needs, FK_STRS),
	FIELD(struct kernel_module, bytes, FK_U64),
};
static const struct record rec_kernel_module = RECORD(struct kernel_module, module_fields);

static const struct field modules_fields[] = {
	FIELD(struct module_facts, release, FK_STR),
	FIELD(struct module_facts, known, FK_BOOL),
	FIELD_SUB(struct module_facts, list, FK_RECS, &rec_kernel_module),
};
static const struct record rec_module_facts = RECORD(struct module_facts, modules_fields);

static const struct field share_fields[] = {
	FIELD_SUB(struct share_facts, files, FK_RECS, &rec_host_file),
	FIELD(struct share_facts, c_options, FK_BOOL),
	FIELD(struct share_facts, other, FK_STR),
	FIELD(struct share_facts, other_uid, FK_U32),
};
static const struct record rec_share_facts = RECORD(struct share_facts, share_fields);

static const struct field start_fields[] = {
	FIELD_SUB(struct start_facts, nics, FK_RECS, &rec_vm_nic),
	FIELD(struct start_facts, resolver, FK_STR),
	FIELD(struct start_facts, network_known, FK_BOOL),
	FIELD_SUB(struct start_facts, files, FK_RECS, &rec_guest_file),
	FIELD(struct start_facts, clock_ms, FK_U64),
};
const struct record rec_start_facts = RECORD(struct start_facts, start_fields);

static const struct field facts_fields[] = {
	FIELD(struct facts, id, FK_STR),
	FIELD(struct facts, bundle, FK_STR),
	FIELD_SUB(struct facts, config, FK_REC, &rec_config),
	FIELD(struct facts, systemd_cgroup, FK_BOOL),
	FIELD(struct facts, has_urunc_json, FK_BOOL),
	FIELD_SUB(struct facts, urunc_json, FK_RECS, &rec_spec_kv),
	FIELD(struct facts, urunc_json_problem, FK_STR),
	FIELD_SUB(struct facts, root, FK_REC, &rec_root_facts),
	FIELD_SUB(struct facts, host, FK_REC, &rec_host_facts),
	FIELD_SUB(struct facts, monitor, FK_REC, &rec_monitor_facts),
	FIELD_SUB(struct facts, kernel, FK_REC, &rec_image_file),
	FIELD_SUB(struct facts, initrd, FK_REC, &rec_image_file),
	FIELD_SUB(struct facts, block, FK_REC, &rec_image_file),
	FIELD_SUB(struct facts, blocks, FK_RECS, &rec_image_file),
	FIELD_SUB(struct facts, volumes, FK_RECS, &rec_volume_facts),
	FIELD(struct facts, stdio_is_terminal, FK_BOOL),
	FIELD_SUB(struct facts, start, FK_REC, &rec_start_facts),
	FIELD_SUB(struct facts, tree, FK_REC, &rec_tree_facts),
	FIELD_SUB(struct facts, modules, FK_REC, &rec_module_facts),
	FIELD(struct facts, virtiofsd_path, FK_STR),
	FIELD_SUB(struct facts, share, FK_REC, &rec_share_facts),
	FIELD_SUB(struct facts, mounts, FK_RECS, &rec_mount_facts),
};
const struct record rec_facts = RECORD(struct facts, facts_fields);
