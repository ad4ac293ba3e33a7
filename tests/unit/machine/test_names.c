/* SPDX-License-Identifier: Apache-2.0 */
/* The words of enums, which stand in JSON that other tools read. */
#include "machine/confine.h"
#include "machine/machine.h"

#include "unit.h"

/* Exactly these words, in the order of the enum, and no more. */
static void are(const char *const *names, size_t n, const char *const *want)
{
	for (size_t i = 0; i < n; i++)
		assert_string_equal(names[i], want[i]);
	assert_null(names[n]);
}
#define ARE(names, ...)                                                                                      \
	are(names, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void machine_words(void **state)
{
	(void)state;
	ARE(arch_names, [ARCH_X86_64] = "x86_64", [ARCH_AARCH64] = "aarch64");
	ARE(accel_names, [ACCEL_NONE] = "none", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg");
	ARE(kernel_format_names, [KERNEL_UNKNOWN] = "unknown", [KERNEL_BZIMAGE] = "bzimage",
	    [KERNEL_ELF_PVH] = "elf-pvh", [KERNEL_ELF_MULTIBOOT] = "elf-multiboot", [KERNEL_ELF] = "elf",
	    [KERNEL_ELF_SOLO5] = "elf-solo5", [KERNEL_ARM64_IMAGE] = "arm64-image");
	ARE(root_kind_names, [ROOT_NONE] = "none", [ROOT_INITRD] = "initrd", [ROOT_BLOCK] = "block",
	    [ROOT_9P] = "9p", [ROOT_VIRTIOFS] = "virtiofs", [ROOT_IMAGE] = "image");
	ARE(init_kind_names, [INIT_APP] = "app", [INIT_URUNIT_COMPAT] = "urunit-compat", [INIT_URUNIT] = "urunit");
	ARE(solo5_target_names, [SOLO5_NONE] = "none", [SOLO5_HVT] = "hvt", [SOLO5_SPT] = "spt",
	    [SOLO5_VIRTIO] = "virtio", [SOLO5_MUEN] = "muen", [SOLO5_GENODE] = "genode", [SOLO5_XEN] = "xen");
	ARE(solo5_kind_names, "none", [SOLO5_BLOCK] = "block", [SOLO5_NET] = "net");
}

static void confinement_words(void **state)
{
	(void)state;
	ARE(ns_kind_names, [NS_PID] = "pid", [NS_NET] = "network", [NS_MNT] = "mount", [NS_IPC] = "ipc",
	    [NS_UTS] = "uts", [NS_USER] = "user", [NS_CGROUP] = "cgroup", [NS_TIME] = "time");
	ARE(box_kind_names, [BOX_DIR] = "dir", [BOX_BIND] = "bind", [BOX_IMAGE] = "image",
	    [BOX_IMAGE_COPY] = "image-copy", [BOX_NODE] = "node", [BOX_FILE] = "file",
	    [BOX_INITRD] = "initrd", [BOX_SYMLINK] = "symlink", [BOX_DISK] = "disk", [BOX_TREE] = "tree",
	    [BOX_TMPFS] = "tmpfs", [BOX_BLOCK] = "block-node", [BOX_PROC] = "proc",
	    [BOX_HOST_TREE] = "host-tree", [BOX_HOST_MOUNT] = "host-mount");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_words),
		cmocka_unit_test(confinement_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
