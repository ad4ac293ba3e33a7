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
/* What a guest must do so that its monitor ends. */
enum machine_end {
	END_RESET,          /* reset the machine, in any way */
	END_KEYBOARD_RESET, /* reset it by the keyboard controller: a triple fault would count as a crash */
	END_POWER_OFF,      /* switch it off: after a reset the monitor starts the guest again */
};
/* Who is process 1 in a Linux guest. */
enum init_kind {
	INIT_APP,           /* the image's own program, kernel command line protocol */
	INIT_URUNIT_COMPAT, /* the image's own (older) urunit */
	INIT_URUNIT,        /* ours: everything through its configuration, control channel present */
};

/* For whom a Solo5 binary was built, by the numbers of its own ABI note. */
enum solo5_target {
	SOLO5_NONE,
	SOLO5_HVT,
	SOLO5_SPT,
	SOLO5_VIRTIO,
	SOLO5_MUEN,
	SOLO5_GENODE,
	SOLO5_XEN,
};
enum solo5_kind { SOLO5_BLOCK = 1, SOLO5_NET = 2 };
struct solo5_device {
	const char *name; /* [A-Za-z0-9], at most 67 bytes; anything else was refused when it was read */
	int kind;         /* enum solo5_kind */
};
/* The two ELF notes of a Solo5 binary; target SOLO5_NONE: it is none. */
struct solo5_abi {
	int target; /* enum solo5_target */
	uint32_t version;
	struct {
		struct solo5_device *v;
		size_t n;
	} devices;
};

extern const char *const solo5_target_names[];
extern const char *const solo5_kind_names[];
extern const char *const arch_names[];
extern const char *const accel_names[];
extern const char *const kernel_format_names[];
extern const char *const root_kind_names[];
extern const char *const init_kind_names[];

/* A file the guest must find in its initial RAM file system, added by the runtime to the image's own. */
struct guest_file {
	const char *path; /* absolute in the guest, or GUEST_FILE_RAW */
	uint32_t mode;    /* permission bits of a regular file; with S_IFDIR a directory, without contents */
	struct bytes data;
	const char *host_path; /* instead of data: copied from the host when the box is built */
	uint64_t host_bytes;   /* size of host_path when it was looked at */
};

/* Instead of a path: no archive is made, these bytes are all of the initrd (an older urunit reads them there). */
#define GUEST_FILE_RAW ""

/* What our init mounts in the guest after its root and its volumes. */
struct app_mount {
	const char *path; /* in the guest */
	const char *disk; /* the serial of one, which says itself how it is to be mounted; NULL = none */
	const char *from; /* a file or tree in our archive, bound to path; neither this nor disk: a tmpfs */
	const char *options; /* as mount(8) takes them; bound: only flags, of the mount; NULL = none */
	bool readonly;
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
	const char *version; /* of the framework that the guest was built with; NULL = unknown */
	/* From the container's /etc/resolv.conf: addresses as text, at most 3, and search domains. */
	struct strs dns, dns_search;
	/* /etc/hosts, /etc/hostname and /etc/resolv.conf as the container is to see them. */
	struct {
		struct guest_file *v;
		size_t n;
	} files;
	struct strs sysctls;     /* KEY=VALUE, for the guest's own kernel */
	uint64_t start_clock_ms; /* the host's wall clock at start, since 1970; 0 = not yet known */
	/* What the image asks its Solo5 devices to be called; NULL = as the manifest says. */
	const char *solo5_net, *solo5_block;
	struct {
		struct app_mount *v;
		size_t n;
	} mounts;
	bool readonly_root; /* nothing may be written in the guest's root, but in what is mounted there */
};

struct vm_disk {
	const char *path;        /* in the box */
	const char *serial;      /* our own id: "rootfs", "annot_vol", "vol0" */
	const char *name;        /* how the monitor calls it, when that differs (Solo5 manifest); NULL */
	const char *mount_point; /* in the guest; "/" = its root; NULL = it finds out itself */
	const char *fstype;      /* NULL = unknown */
	bool readonly;
	uint64_t size_bytes; /* 0 = not known */
	/* A part of the root, which the guest joins out of several: "lower" and "upper" are read, "rw" is written. NULL: the
	 * disk is whole. */
	const char *layer;
	const char *options; /* of its mount in the guest: "nosuid,nodev"; NULL = none */
};
/* A directory tree shared with the guest. */
struct vm_share {
	const char *tag;    /* how the guest finds it */
	const char *path;   /* 9p: in the box */
	const char *socket; /* virtiofs: where its daemon listens in the box; NULL = 9p */
	const char *mount_point;
	bool readonly;
	bool in_archive; /* mount_point is a place in our archive: app.mounts take from there what they show */
	struct confine_daemon *daemon; /* virtiofs: who listens there */
};
struct vm_nic {
	const char *tap; /* name, or NULL when fd >= 0 */
	int32_t fd;
	const char *mac;
	uint32_t mtu;
	const char *address; /* "10.0.0.2/24" or NULL */
	const char *gateway;
	const char *address6, *gateway6; /* "fd00::2/64"; NULL = none */
	const char *name;                /* how the monitor calls it, when it must (Solo5 manifest); NULL */
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
	struct {
		struct vm_share *v;
		size_t n;
	} shares;
	struct solo5_abi solo5;
	uint32_t monitor_version; /* VERSION(major, minor, patch); 0 = not known */
	bool modern_virtio;       /* the guest's drivers know virtio 1 only */
	bool rng;                 /* the guest can use a virtio entropy source */
	bool vhost;               /* network in the host's kernel, where the configuration asks for it */
	uint32_t exit_port; /* an I/O port whose written value ends the machine (isa-debug-exit); 0 = none */
	int32_t api_fd;     /* descriptor of the monitor's end of its control socket, -1 = none */
	const char *api_path; /* or where it listens for one in the box; NULL = nowhere */
	int end; /* enum machine_end; a property of the monitor, filled in again whenever the machine is */
	bool network_known; /* nics is all there will be; before start there may be some nobody knows of yet */
};

#define VERSION(major, minor, patch)                                                                         \
	((uint32_t)(major)*1000000u + (uint32_t)(minor)*1000u + (uint32_t)(patch))

extern const struct record rec_app_desc, rec_vm_desc, rec_vm_disk, rec_vm_nic, rec_guest_file, rec_vm_share,
	rec_solo5_abi;

#endif
