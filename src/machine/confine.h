/* SPDX-License-Identifier: Apache-2.0 */
/* Plain descriptions of confinement: decided by plan, carried out by sandbox. */
#ifndef URUNC_MACHINE_CONFINE_H
#define URUNC_MACHINE_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup/layout.h"
#include "common/record.h"
#include "common/str.h"

enum ns_kind { NS_PID, NS_NET, NS_MNT, NS_IPC, NS_UTS, NS_USER, NS_CGROUP, NS_TIME };
extern const char *const ns_kind_names[]; /* the OCI words: pid network mount ipc uts user cgroup time */
struct confine_ns {
	int kind;         /* enum ns_kind */
	const char *path; /* join this one; NULL = new */
};

struct cgroup_setting {
	const char *controller; /* v1: which hierarchy ("memory"); v2: NULL */
	const char *file, *value;
	bool optional; /* failure is no error */
};
/* A scope of systemd's that the container becomes. Its limits are written into the control group as well; told to systemd they
 * stay when it writes its own. */
enum unit_kind {
	UNIT_BOOL,
	UNIT_U64,
	UNIT_STR,
	UNIT_CPUS /* text is a list of CPUs */,
	UNIT_DEVICES /* list: "PATH rwm" */
};
extern const char *const unit_kind_names[];
struct unit_property {
	const char *name; /* "MemoryMax" */
	int kind;         /* enum unit_kind */
	uint64_t number;
	const char *text;
	struct strs list;
};
struct confine_unit {
	const char *name, *slice;
	const char *description; /* of this container alone: what tells the unit from another one of the same name */
	struct {
		struct unit_property *v;
		size_t n;
	} properties;
};
struct device_rule {
	bool allow;
	const char *type;     /* "a" "b" "c" */
	int64_t major, minor; /* -1 = any */
	const char *access;   /* subset of "rwm" */
};
struct confine_cgroup {
	uint32_t version; /* 0: no cgroup is used; else 1 or 2 */
	const char *path; /* below each hierarchy: "/default/c1" */
	struct {
		struct cgroup_dir *v;
		size_t n;
	} dirs;
	struct {
		struct cgroup_setting *v;
		size_t n;
	} settings; /* written in order, before any process is inside */
	struct {
		struct device_rule *v;
		size_t n;
	} devices; /* applied in order after "deny everything"; n == 0: devices are not limited */
	uint64_t memory_limit_bytes; /* guest + overhead, for information; 0 = unlimited */
	struct confine_unit *unit;   /* NULL: the directories are ours to make */
};

/* The monitor's program in every box, whatever argv[0] calls it. */
#define BOX_MONITOR_PATH "/monitor"

enum box_kind {
	BOX_DIR,        /* directory, mode */
	BOX_BIND,       /* host file or directory src, bound read-only */
	BOX_IMAGE,      /* file src inside the container root, bound read-only */
	BOX_IMAGE_COPY, /* same, copied (when the monitor's user could not read the original) */
	BOX_NODE, /* character device major:minor, below /dev (a device tmpfs of its own), owner and mode */
	BOX_FILE, /* bytes data, owner and mode */
	BOX_INITRD, /* src inside the container root (NULL = none) copied, zero-padded to a multiple of 4, then data.
			   When host_src is set, data ends with the cpio header of one more member whose contents are
			   that host file: exactly host_bytes of it follow (another size is an error), padded to 4, then
			   tail. So our urunit's bytes never travel through plan, state or gate. Owner and mode apply. */
	BOX_SYMLINK, /* src is the target */
	BOX_DISK, /* like BOX_IMAGE, but writable unless mode has no write bit: a block image of the container */
	BOX_TREE, /* directory src inside the container root ("/" = all of it), bound with its mounts; writable
			unless mode has no write bit; nosuid, nodev */
	BOX_TMPFS, /* a small writable tmpfs of its own (host_bytes its size): owner and mode of its root */
	BOX_BLOCK, /* block device major:minor, below /dev, owner and mode */
	BOX_PROC, /* procfs of the container's own PID namespace, read-only, without anything but processes, and of
			those only the ones that the reader may trace: itself. For programs that reopen their descriptors. */
	BOX_HOST_TREE, /* file or directory src of the host (S_IFREG or S_IFDIR in mode) that must still be dev, ino; else
			like BOX_TREE: bound with its mounts, writable unless mode has no write bit, nosuid, nodev */
	BOX_HOST_MOUNT, /* the same without the mounts below it */
};
extern const char *const box_kind_names[];
/* BOX_INITRD: a file or directory tree of the host that becomes members of the archive. It is read when the box is built, in
 * one go from source to archive; what needs more room than this then (it grew meanwhile) is an error that names label. */
struct box_add {
	const char *name; /* of the member, without '/' in front; what is in a tree lies below it */
	const char *source; /* on the host; NULL: an empty directory, left out where the image's archive has one */
	const char *label;  /* where the guest sees it, for messages */
	uint64_t max_bytes; /* of the archive, headers and all */
	uint32_t max_entries;
	/* Of source itself, not of what a directory contains, as create saw it; a difference is an error. 0: not checked. */
	uint64_t dev, ino;
	uint32_t kind; /* S_IFDIR or S_IFREG */
};
struct box_op {
	int kind;        /* enum box_kind */
	const char *dst; /* absolute in the box, cleaned, chosen by us; missing parents are made 0755 */
	const char *src;
	uint32_t mode, uid, gid, major, minor;
	uint64_t dev, ino; /* BOX_IMAGE*, BOX_INITRD, BOX_HOST_*: must still be this one (0,0: not checked) */
	struct bytes data;
	bool optional;        /* a missing host file is skipped */
	const char *host_src; /* BOX_INITRD only, see there; NULL = none */
	uint64_t host_bytes;  /* BOX_INITRD, BOX_TMPFS */
	struct bytes tail;
	/* BOX_INITRD: more members, between those of the host file and tail. */
	struct {
		struct box_add *v;
		size_t n;
	} adds;
	/* BOX_INITRD: this file of the host is copied instead of src; it is ours, made when the container was. */
	const char *host_base;
	/* BOX_INITRD: src is an uncompressed newc archive and loses its end mark, so that all is one archive. */
	bool one_archive;
};

/* A program that runs beside the monitor, as user 0 in a box of its own with a few capabilities, and serves it at a
 * listening socket: its descriptor DAEMON_FD. */
#define DAEMON_FD 3
struct confine_daemon {
	struct strs argv; /* argv[0] is its path in its box */
	struct strs caps; /* "CAP_CHOWN"; it gets no other, and nothing that it starts does */
	uint64_t nofile;  /* open files that it may have; as many as the host allows when that is less */
	struct {
		struct box_op *v;
		size_t n;
	} box;
};

/* One place where the host has a block device's file system mounted. */
struct claim_mount {
	const char *target, *fstype;
	const char *options;       /* of the mount: "rw,nosuid" */
	const char *super_options; /* of the file system: "rw,errors=remount-ro" */
};
/* A block device of the host that becomes a guest's disk: its mounts are taken away before the guest runs, put back
 * when the container is deleted, and nobody else may have it in between. */
struct block_claim {
	const char *source; /* its name on the host */
	const char *node;   /* in the box */
	uint32_t major, minor;
	bool readonly;
	struct {
		struct claim_mount *v;
		size_t n;
	} mounts; /* in the order in which they were made */
};

struct rlimit_value {
	const char *type; /* "RLIMIT_NOFILE" */
	uint64_t soft, hard;
};
struct confine_creds {
	uint32_t uid, gid;
	struct u32s groups;
	struct {
		struct rlimit_value *v;
		size_t n;
	} rlimits;
	bool has_oom_score_adj;
	int32_t oom_score_adj;
	uint32_t umask;
};

extern const struct record rec_confine_ns, rec_confine_cgroup, rec_confine_unit, rec_box_op,
	rec_confine_creds, rec_rlimit_value, rec_block_claim, rec_claim_mount, rec_confine_daemon;

#endif
