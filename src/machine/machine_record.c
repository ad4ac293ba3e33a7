/* SPDX-License-Identifier: Apache-2.0 */
/* Record tables of the machine description. */
#include "machine/machine.h"

static const struct field vm_disk_fields[] = {
	FIELD(struct vm_disk, path, FK_STR),
	FIELD(struct vm_disk, serial, FK_STR),
	FIELD(struct vm_disk, readonly, FK_BOOL),
};
const struct record rec_vm_disk = RECORD(struct vm_disk, vm_disk_fields);

static const struct field vm_nic_fields[] = {
	FIELD(struct vm_nic, tap, FK_STR),     FIELD(struct vm_nic, fd, FK_I32),
	FIELD(struct vm_nic, mac, FK_STR),     FIELD(struct vm_nic, mtu, FK_U32),
	FIELD(struct vm_nic, address, FK_STR), FIELD(struct vm_nic, gateway, FK_STR),
};
const struct record rec_vm_nic = RECORD(struct vm_nic, vm_nic_fields);

static const struct field guest_file_fields[] = {
	FIELD(struct guest_file, path, FK_STR),       FIELD(struct guest_file, mode, FK_U32),
	FIELD(struct guest_file, data, FK_BYTES),     FIELD(struct guest_file, host_path, FK_STR),
	FIELD(struct guest_file, host_bytes, FK_U64),
};
const struct record rec_guest_file = RECORD(struct guest_file, guest_file_fields);

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
};
const struct record rec_vm_desc = RECORD(struct vm_desc, vm_desc_fields);
