/* SPDX-License-Identifier: Apache-2.0 */
/* Everything plan may know about the world, read once by gather. Plain data; no descriptor, no pointer into the OS. */
#ifndef URUNC_PLAN_FACTS_H
#define URUNC_PLAN_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup/layout.h"
#include "common/record.h"
#include "common/str.h"
#include "config/config.h"
#include "machine/machine.h"
#include "oci/spec.h"

enum kvm_verdict { KVM_ABSENT, KVM_OPENS, KVM_WORKS }; /* OPENS: guest code fails on it (decision 12) */
extern const char *const kvm_verdict_names[];

struct host_facts {
	int arch; /* enum arch */
	const char *kernel_release;
	uint32_t cpus;
	uint64_t memory_bytes;
	int kvm;                 /* enum kvm_verdict */
	uint32_t tsc_khz;        /* 0 unknown */
	uint32_t cgroup_version; /* 0 none, 1 (also hybrid), 2 */
	struct {
		struct cgroup_controller *v;
		size_t n;
	} cgroups;                            /* v2: one entry, names "" */
	uint64_t cgroup_ancestor_limit_bytes; /* smallest memory limit above the container's cgroup; 0 = none */
	const char *ancestor_limit_path;      /* which cgroup has it */
	const char *urunit_path;              /* our urunit on the host, NULL if not found */
	uint64_t urunit_bytes;                /* its size */
	bool systemd;                         /* /run/systemd/system exists */
	bool has_tun;
};

/* One file named by metadata, as found inside the container root. */
struct image_file {
	const char *path; /* as written in the metadata; NULL = not asked for */
	bool exists;
	const char *problem; /* why it cannot be used ("is a directory", "No such file or directory"); NULL = regular file */
	uint64_t size_bytes, dev, ino;
	uint32_t mode, uid, gid;
	int format;                /* enum kernel_format, for the kernel */
	uint64_t memory_bytes;     /* struct guest_image.kernel_memory_bytes */
	uint64_t unpacked_bytes;   /* initrd: newc = size; gzip = trailer's size; else 0 */
	const char *compression;   /* initrd: "none", "gzip", "zstd", "xz", "lz4", "unknown" */
	int elf_arch;              /* -1 unknown, else enum arch */
	struct solo5_abi solo5;    /* kernel */
	const char *solo5_problem; /* a Solo5 note that cannot be read: why */
	const char *fstype;        /* block: "ext4", "ext3", "ext2", NULL = none known */
};

struct host_file {
	const char *path; /* on the host */
	const char *box;  /* where it goes in the box */
	bool optional;
};
struct monitor_facts {
	const char *path;    /* NULL: not found */
	const char *problem; /* why not, for the error text */
	struct {
		struct host_file *v;
		size_t n;
	} files; /* loader, libraries, data files; the binary itself not among them */
	bool is_static;
	uint32_t version; /* VERSION(); 0 unknown or not asked for */
};
struct root_facts {
	const char *path; /* absolute, cleaned */
	bool exists;
	const char *fstype; /* of the mount it is on: "overlay", "ext4" */
	const char *source;
	bool is_mountpoint;
	bool readonly;
	bool source_is_block; /* source is a block device that a guest may have */
	const char *own;      /* why that device stays the host's whoever asks; NULL = it does not */
	uint32_t source_major, source_minor;
	const char *options, *super_options; /* of that mount and of its file system */
};
/* A mount of the spec whose source is where the file system of a whole block device is mounted. */
struct volume_facts {
	uint32_t mount;     /* which of spec.mounts */
	const char *device; /* on the host */
	uint32_t major, minor;
	const char *fstype;
	bool readonly;    /* the host has it mounted so */
	const char *own;  /* why it stays the host's whoever asks for it; NULL = it does not */
	const char *user; /* where somebody else has it mounted, too; NULL = nobody */
	struct {
		struct claim_mount *v;
		size_t n;
	} mounts; /* to be taken away for a guest */
};
enum mount_kind {
	MOUNT_MISSING, /* there is no source */
	MOUNT_FILE,
	MOUNT_DIRECTORY,
	MOUNT_OTHER, /* a device, FIFO or socket */
};
extern const char *const mount_kind_names[];
/* The source of a bind mount of the spec. */
struct mount_facts {
	uint32_t index;      /* of the entry in spec.mounts */
	const char *source;  /* on the host, absolute */
	const char *real;    /* the same without symbolic links on the way; NULL = not known */
	int kind;            /* enum mount_kind */
	const char *problem; /* why it, or something in it, cannot be read; NULL = nothing known */
	uint32_t mode, uid, gid;
	uint64_t dev, ino;
	/* A directory is counted with itself, and not further than mounts_max_mb and its number of files allow (more). */
	uint64_t bytes, name_bytes; /* of all contents; of all names relative to it */
	uint32_t entries, skipped;  /* skipped: devices, FIFOs and sockets, not among entries */
	bool more;
	const char *other; /* in it, relative: what the process's user does not own; NULL = not looked for, or none */
	uint32_t other_uid;
};
/* How many files each MiB of mounts_max_mb allows: each costs a guest a page, whatever its size. */
#define MOUNT_ENTRIES_PER_MB 256u

/* What an image of the container root would be made of. */
struct tree_facts {
	const char *imager_path; /* urunc-image; NULL = not found */
	/* The lower layers of an overlay, as mount(2) takes their list in directory base. NULL: only the tree as a whole. */
	const char *lower, *base;
	const char *upper;     /* the overlay's own layer; NULL when nothing is in it */
	const char *key;       /* names the lower layers' image in the cache; NULL = it cannot be kept */
	bool cached;           /* it is there, as EROFS */
	bool cached_ext4;      /* likewise */
	uint64_t cached_bytes; /* how much of the disk the former takes */
	const char *prefix;    /* of the names of the container's own files beside the cache */
};
/* A kernel module of the container root. */
struct kernel_module {
	const char *name; /* "virtio_blk": with '_' only */
	bool builtin;
	const char *path;  /* in the container root; NULL: built in, or not there */
	struct strs needs; /* paths of those to be loaded before it, in order */
	uint64_t bytes;    /* of all these files */
};
struct module_facts {
	const char *release; /* of the guest's kernel; NULL = unknown */
	bool known;          /* there is a list of its modules */
	struct {
		struct kernel_module *v;
		size_t n;
	} list; /* of those that a guest of ours may need */
};

/* For sharing the container root with a guest. */
struct share_facts {
	struct {
		struct host_file *v;
		size_t n;
	} files;        /* what virtiofsd opens when it starts, itself not among them */
	bool c_options; /* it is QEMU's own virtiofsd, in C, whose options are others */
	const char *other; /* in the container root: what the process's user does not own; NULL = not looked for, or none */
	uint32_t other_uid;
};

/* What engines set up between create and start, and only start can therefore know. */
struct start_facts {
	struct {
		struct vm_nic *v;
		size_t n;
	} nics;
	bool network_known; /* nics is all there is: the container's network was looked at */
	const char *resolver; /* where the guest reaches what listens on 127.0.0.11 in the container; NULL = nowhere */
	/* The files of launch_plan.sources that could be read, as they are now. */
	struct {
		struct guest_file *v;
		size_t n;
	} files;
	uint64_t clock_ms; /* the wall clock, since 1970; 0 = not read */
};

struct facts {
	const char *id;
	const char *bundle; /* absolute */
	struct oci_spec spec;
	struct config config;
	bool systemd_cgroup; /* asked for: the container becomes a unit of systemd's */
	/* /urunc.json of the container root, decoded: keys without the "com.urunc.unikernel." prefix stay as written */
	bool has_urunc_json;
	struct {
		struct spec_kv *v;
		size_t n;
	} urunc_json;                   /* values still base64 */
	const char *urunc_json_problem; /* present but unusable: why */
	struct root_facts root;
	struct host_facts host;
	struct monitor_facts monitor;
	struct image_file kernel, initrd, block;
	struct {
		struct image_file *v;
		size_t n;
	} blocks; /* as metadata.blocks */
	struct {
		struct volume_facts *v;
		size_t n;
	} volumes;
	bool stdio_is_terminal;
	/* As far as it is known at create: the files are, the network is not. */
	struct start_facts start;
	struct tree_facts tree;
	struct module_facts modules;
	const char *virtiofsd_path; /* found on this host; NULL = not */
	struct share_facts share;
	struct {
		struct mount_facts *v;
		size_t n;
	} mounts;
};

extern const struct record rec_start_facts, rec_host_facts, rec_monitor_facts, rec_image_file, rec_root_facts,
	rec_mount_facts;
/* struct facts without `spec` (which has its own text form, config.json). */
extern const struct record rec_facts;

#endif
