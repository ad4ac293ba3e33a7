/* SPDX-License-Identifier: Apache-2.0 */
/* The two plain structs in which plan, monitors and guests meet: what runs (app) and in what (vm). */
#ifndef URUNC_MACHINE_MACHINE_H
#define URUNC_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/record.h"
#include "common/str.h"
#include "machine/confine.h"

enum arch { ARCH_X86_64, ARCH_AARCH64 };
enum accel { ACCEL_NONE, ACCEL_KVM, ACCEL_TCG };
enum kernel_format {
	KERNEL_UNKNOWN,
	KERNEL_BZIMAGE, /* x86 Linux setup header */
	KERNEL_ELF_PVH, /* ELF with the Xen PHYS32_ENTRY note */
	KERNEL_ELF_MULTIBOOT,
	KERNEL_ELF,         /* other ELF */
	KERNEL_ELF_SOLO5,   /* ELF with a Solo5 manifest note */
	KERNEL_ARM64_IMAGE, /* arm64 Linux Image */
};
/* How the guest gets its root file system. */
enum root_kind { ROOT_NONE, ROOT_INITRD, ROOT_BLOCK, ROOT_9P, ROOT_VIRTIOFS, ROOT_IMAGE };
/* Who is process 1 in a Linux guest. */
enum init_kind {
	INIT_APP,           /* the image's own program, kernel command line protocol */
	INIT_URUNIT_COMPAT, /* the image's own (older) urunit */
	INIT_URUNIT,        /* ours: everything through its configuration, control channel present */
};

extern const char *const arch_names[];
extern const char *const accel_names[];
extern const char *const kernel_format_names[];
extern const char *const root_kind_names[];
extern const char *const init_kind_names[];

/* A file the guest must find in its initial RAM file system, added by the runtime to the image's own. */
struct guest_file {
	const char *path; /* absolute in the guest */
	uint32_t mode;    /* permission bits; regular file */
	struct bytes data;
	const char *host_path; /* instead of data: copied from the host when the box is built */
	uint64_t host_bytes;   /* size of host_path when it was looked at */
};

/* Sizes of what boots, for memory bounds. */
struct guest_image {
	uint64_t kernel_bytes; /* file */
	uint64_t kernel_memory_bytes; /* what it says it needs while starting (bzImage init_size, ELF span); 0 unknown */
	uint64_t initrd_bytes;          /* file */
	uint64_t initrd_unpacked_bytes; /* 0 unknown */
};

struct app_desc {
	struct strs args, env;
	const char *cwd;
	uint32_t uid, gid;
	struct u32s groups;
	const char *hostname;
	bool terminal;
	int init;                     /* enum init_kind */
	int root;                     /* enum root_kind */
	const char *console;          /* the monitor's serial console as the guest kernel names it: "ttyS0" */
	uint32_t tsc_early_khz;       /* non-zero: the guest kernel must be told (TCG microvm) */
	const char *urunit_host_path; /* ours, to be put into the guest; NULL if there is none */
	uint64_t urunit_host_bytes;
	struct {
		struct rlimit_value *v;
		size_t n;
	} rlimits; /* the application's own, set inside the guest */
	bool has_umask;
	uint32_t umask;
};

struct vm_disk {
	const char *path;   /* in the box */
	const char *serial; /* our own id */
	bool readonly;
};
struct vm_nic {
	const char *tap; /* name, or NULL when fd >= 0 */
	int32_t fd;
	const char *mac;
	uint32_t mtu;
	const char *address; /* "10.0.0.2/24" or NULL */
	const char *gateway;
};

/* Neutral description of the machine. A guest may change it, a monitor turns it into words. */
struct vm_desc {
	int arch;            /* enum arch */
	int accel;           /* enum accel */
	const char *machine; /* "microvm", "q35", "virt"; chosen by plan among what guest and monitor allow */
	uint64_t memory_bytes;
	uint32_t vcpus;
	const char *kernel; /* in the box */
	int kernel_format;  /* enum kernel_format */
	const char *initrd; /* in the box, NULL if none */
	const char *cmdline;
	struct {
		struct vm_disk *v;
		size_t n;
	} disks;
	struct {
		struct vm_nic *v;
		size_t n;
	} nics;
	int32_t ctl_fd;       /* descriptor of the control channel in the monitor, -1 = none */
	bool terminal;        /* stdio is a terminal */
	const char *data_dir; /* the monitor's data files in the box */
	const char *firmware; /* file in data_dir, NULL = the machine's own choice */
	struct {
		struct guest_file *v;
		size_t n;
	} files;      /* to be added to the initrd */
	bool seccomp; /* the spec asked for a seccomp profile */
};

extern const struct record rec_app_desc, rec_vm_desc, rec_vm_disk, rec_vm_nic, rec_guest_file;

#endif
