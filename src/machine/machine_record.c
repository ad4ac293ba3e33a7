/* SPDX-License-Identifier: Apache-2.0 */
/* Record tables of the machine description. */
#include "machine/machine.h"

static const struct field vm_disk_fields[] = {
	FIELD(struct vm_disk, path, FK_STR),       FIELD(struct vm_disk, serial, FK_STR),
	FIELD(struct vm_disk, name, FK_STR),       FIELD(struct vm_disk, mount_point, FK_STR),
	FIELD(struct vm_disk, fstype, FK_STR),     FIELD(struct vm_disk, readonly, FK_BOOL),
	FIELD(struct vm_disk, size_bytes, FK_U64), FIELD(struct vm_disk, layer, FK_STR),
	FIELD(struct vm_disk, options, FK_STR),
};
const struct record rec_vm_disk = RECORD(struct vm_disk, vm_disk_fields);

static const struct field vm_share_fields[] = {
	FIELD(struct vm_share, tag, FK_STR),
	FIELD(struct vm_share, path, FK_STR),
	FIELD(struct vm_share, socket, FK_STR),
	FIELD(struct vm_share, mount_point, FK_STR),
	FIELD(struct vm_share, readonly, FK_BOOL),
	FIELD(struct vm_share, in_archive, FK_BOOL),
	FIELD_SUB(struct vm_share, daemon, FK_OPT, &rec_confine_daemon),
};
const struct record rec_vm_share = RECORD(struct vm_share, vm_share_fields);

static const struct field solo5_device_fields[] = {
	FIELD(struct solo5_device, name, FK_STR),
	FIELD_ENUM(struct solo5_device, kind, solo5_kind_names),
};
static const struct record rec_solo5_device = RECORD(struct solo5_device, solo5_device_fields);

static const struct field solo5_abi_fields[] = {
	FIELD_ENUM(struct solo5_abi, target, solo5_target_names),
	FIELD(struct solo5_abi, version, FK_U32),
	FIELD_SUB(struct solo5_abi, devices, FK_RECS, &rec_solo5_device),
};
const struct record rec_solo5_abi = RECORD(struct solo5_abi, solo5_abi_fields);

static const struct field vm_nic_fields[] = {
	FIELD(struct vm_nic, tap, FK_STR),      FIELD(struct vm_nic, fd, FK_I32),
	FIELD(struct vm_nic, mac, FK_STR),      FIELD(struct vm_nic, mtu, FK_U32),
	FIELD(struct vm_nic, address, FK_STR),  FIELD(struct vm_nic, gateway, FK_STR),
	FIELD(struct vm_nic, address6, FK_STR), FIELD(struct vm_nic, gateway6, FK_STR),
	FIELD(struct vm_nic, name, FK_STR),
};
const struct record rec_vm_nic = RECORD(struct vm_nic, vm_nic_fields);

static const struct field guest_file_fields[] = {
	FIELD(struct guest_file, path, FK_STR),       FIELD(struct guest_file, mode, FK_U32),
	FIELD(struct guest_file, data, FK_BYTES),     FIELD(struct guest_file, host_path, FK_STR),
	FIELD(struct guest_file, host_bytes, FK_U64),
};
const struct record rec_guest_file = RECORD(struct guest_file, guest_file_fields);

static const struct field app_mount_fields[] = {
	FIELD(struct app_mount, path, FK_STR),      FIELD(struct app_mount, disk, FK_STR),
	FIELD(struct app_mount, from, FK_STR),      FIELD(struct app_mount, options, FK_STR),
	FIELD(struct app_mount, readonly, FK_BOOL),
};
static const struct record rec_app_mount = RECORD(struct app_mount, app_mount_fields);

static const struct field app_desc_fields[] = {
	FIELD(struct app_desc, args, FK_STRS),
	FIELD(struct app_desc, env, FK_STRS),
	FIELD(struct app_desc, cwd, FK_STR),
	FIELD(struct app_desc, uid, FK_U32),
	FIELD(struct app_desc, gid, FK_U32),
	FIELD(struct app_desc, groups, FK_U32S),
	FIELD(struct app_desc, hostname, FK_STR),
	FIELD(struct app_desc, terminal, FK_BOOL),
	FIELD_ENUM(struct app_desc, init, init_kind_names),
	FIELD_ENUM(struct app_desc, root, root_kind_names),
	FIELD(struct app_desc, console, FK_STR),
	FIELD(struct app_desc, tsc_early_khz, FK_U32),
	FIELD(struct app_desc, urunit_host_path, FK_STR),
	FIELD(struct app_desc, urunit_host_bytes, FK_U64),
	FIELD_SUB(struct app_desc, rlimits, FK_RECS, &rec_rlimit_value),
	FIELD(struct app_desc, has_umask, FK_BOOL),
	FIELD(struct app_desc, umask, FK_U32),
	FIELD(struct app_desc, version, FK_STR),
	FIELD(struct app_desc, dns, FK_STRS),
	FIELD(struct app_desc, dns_search, FK_STRS),
	FIELD_SUB(struct app_desc, files, FK_RECS, &rec_guest_file),
	FIELD(struct app_desc, sysctls, FK_STRS),
	FIELD(struct app_desc, start_clock_ms, FK_U64),
	FIELD(struct app_desc, solo5_net, FK_STR),
	FIELD(struct app_desc, solo5_block, FK_STR),
	FIELD_SUB(struct app_desc, mounts, FK_RECS, &rec_app_mount),
	FIELD(struct app_desc, readonly_root, FK_BOOL),
};
const struct record rec_app_desc = RECORD(struct app_desc, app_desc_fields);

static const struct field vm_desc_fields[] = {
	FIELD_ENUM(struct vm_desc, arch, arch_names),
	FIELD_ENUM(struct vm_desc, accel, accel_names),
	FIELD(struct vm_desc, machine, FK_STR),
	FIELD(struct vm_desc, memory_bytes, FK_U64),
	FIELD(struct vm_desc, vcpus, FK_U32),
	FIELD(struct vm_desc, kernel, FK_STR),
	FIELD_ENUM(struct vm_desc, kernel_format, kernel_format_names),
	FIELD(struct vm_desc, initrd, FK_STR),
	FIELD(struct vm_desc, cmdline, FK_STR),
	FIELD_SUB(struct vm_desc, disks, FK_RECS, &rec_vm_disk),
	FIELD_SUB(struct vm_desc, nics, FK_RECS, &rec_vm_nic),
	FIELD(struct vm_desc, ctl_fd, FK_I32),
	FIELD(struct vm_desc, terminal, FK_BOOL),
	FIELD(struct vm_desc, data_dir, FK_STR),
	FIELD(struct vm_desc, firmware, FK_STR),
	FIELD_SUB(struct vm_desc, files, FK_RECS, &rec_guest_file),
	FIELD(struct vm_desc, seccomp, FK_BOOL),
	FIELD_SUB(struct vm_desc, shares, FK_RECS, &rec_vm_share),
	FIELD_SUB(struct vm_desc, solo5, FK_REC, &rec_solo5_abi),
	FIELD(struct vm_desc, monitor_version, FK_U32),
	FIELD(struct vm_desc, modern_virtio, FK_BOOL),
	FIELD(struct vm_desc, rng, FK_BOOL),
	FIELD(struct vm_desc, vhost, FK_BOOL),
	FIELD(struct vm_desc, exit_port, FK_U32),
	FIELD(struct vm_desc, api_fd, FK_I32),
	FIELD(struct vm_desc, api_path, FK_STR),
	FIELD(struct vm_desc, network_known, FK_BOOL),
};
const struct record rec_vm_desc = RECORD(struct vm_desc, vm_desc_fields);
