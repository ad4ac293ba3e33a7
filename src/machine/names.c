/* SPDX-License-Identifier: Apache-2.0 */
/* The words by which enums of the machine description appear in JSON and messages. */
#include "machine/confine.h"
#include "machine/machine.h"

const char *const arch_names[] = {"x86_64", "aarch64", NULL};
const char *const accel_names[] = {"none", "kvm", "tcg", NULL};
const char *const kernel_format_names[] = {"unknown", "bzimage",   "elf-pvh",     "elf-multiboot",
					   "elf",     "elf-solo5", "arm64-image", NULL};
const char *const root_kind_names[] = {"none", "initrd", "block", "9p", "virtiofs", "image", NULL};
const char *const solo5_target_names[] = {"none", "hvt", "spt", "virtio", "muen", "genode", "xen", NULL};
/* The numbers begin at 1, as in the manifest. */
const char *const solo5_kind_names[] = {"none", "block", "net", NULL};
const char *const init_kind_names[] = {"app", "urunit-compat", "urunit", NULL};
const char *const ns_kind_names[] = {"pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time", NULL};
const char *const box_kind_names[] = {"dir",  "bind",      "image",      "image-copy",
				      "node", "file",      "initrd",     "symlink",
				      "disk", "tree",      "tmpfs",      "block-node",
				      "proc", "host-tree", "host-mount", NULL};
const char *const unit_kind_names[] = {"bool", "number", "text", "cpus", "devices", NULL};
