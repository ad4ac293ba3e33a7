/* SPDX-License-Identifier: Apache-2.0 */
/* The decision: facts in, one plain launch_plan out. Nothing here touches the world. */
#ifndef URUNC_PLAN_PLAN_H
#define URUNC_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/record.h"
#include "machine/confine.h"
#include "machine/machine.h"
#include "machine/netfacts.h"
#include "plan/facts.h"

/* One element of the key `blocks`. */
struct block_wish {
	const char *path;        /* of the image file, in the container */
	const char *mount_point; /* in the guest; NULL = attached only */
	const char *id;          /* serial, or device of a Solo5 manifest; NULL = any */
	bool readonly;
};
/* Merged, validated unikernel metadata. */
struct metadata {
	const char *type, *hypervisor, *binary, *initrd, *block, *blk_mount_point, *version, *cmdline;
	bool mount_rootfs;
	const char *solo5_net, *solo5_block;
	struct {
		struct block_wish *v;
		size_t n;
	} blocks;
};

/* What plan wants gather to look at, once the metadata is known. */
struct plan_wants {
	struct metadata meta;
	const struct monitor_ops *monitor;
	const struct guest_ops *guest;
	struct strs warnings; /* unknown keys and the like, one line each */
};

/* How the guest gets its root. */
struct plan_rootfs {
	int kind; /* enum root_kind */
	const char *source;
};
/* The disks that create makes of the container root. */
struct plan_image {
	const char *imager;       /* the program that makes them */
	const char *format;       /* "erofs" or "ext4": of the images, and the end of their names */
	const char *lower, *base; /* struct tree_facts; NULL: of the whole tree */
	const char *upper;        /* the overlay's own layer, NULL = nothing is in it */
	const char *cache_dir;
	uint64_t cache_max_bytes;
	const char *key; /* in the cache; NULL = made anew for this container */
	bool cached;     /* it was there when this was planned */
	/* What making it will read; looked at by `urunc plan` only. */
	uint64_t cost_bytes, cost_files;
	const char *lower_path, *upper_path; /* files on the host, the container's own; NULL = none */
	const char *writable; /* file in the container root, kept with it; NULL = the root is read-only */
	uint64_t writable_bytes;
};
/* The kernel modules that go into the guest's initial RAM file system. */
struct plan_modules {
	const char *imager, *cache_dir;
	const char *path;  /* of the archive on the host, made by create */
	struct strs files; /* in the container root, in the order of loading */
	uint64_t bytes;    /* of the archive, at most */
};
/* null where only start can know */
struct plan_network {
	struct {
		struct vm_nic *v;
		size_t n;
	} nics;
};

/* A host file (bind mount of the spec) that start reads for the guest. */
struct plan_source {
	const char *path;   /* in the guest */
	const char *source; /* on the host */
	bool readonly;
};

struct launch_plan {
	const char *oci_version, *id, *bundle;
	const char *monitor, *guest;
	struct strs argv, envp; /* of the monitor */
	const char *guest_cmdline;
	uint64_t memory_bytes;   /* of the guest */
	uint64_t overhead_bytes; /* what the cgroup gets besides */
	uint32_t vcpus;
	struct plan_rootfs rootfs;
	struct plan_image *image;     /* NULL: the root is something else */
	struct plan_modules *modules; /* NULL: none */
	struct plan_network *network;
	struct app_desc app;
	struct vm_desc vm;
	const char *root_path; /* the container root on the host */
	struct {
		struct confine_ns *v;
		size_t n;
	} namespaces;
	struct confine_cgroup cgroup;
	struct {
		struct box_op *v;
		size_t n;
	} box;
	struct {
		struct block_claim *v;
		size_t n;
	} claims; /* block devices of the host that the guest gets */
	struct confine_creds creds;
	bool terminal;
	uint32_t console_width, console_height;
	bool supervise;
	bool ctl;        /* urunit is expected to answer on the control channel */
	int stop_action; /* enum stop_action */
	int32_t stop_signo;
	bool stop_zero_is_signal;
	uint32_t stop_code; /* struct stop_policy */
	uint32_t stop_grace_ms;
	const char *stop_message; /* STOP_MESSAGE: written to the other end of vm.api_fd, or to vm.api_path */
	int32_t exit_ok;          /* struct guest_ops; counts when vm.exit_port is not 0 */
	int net_mode;             /* enum net_mode */
	struct {
		struct plan_source *v;
		size_t n;
	} sources;                         /* /etc/hosts and its like */
	const char *hostname, *domainname; /* for the UTS namespace, when new */
	struct {
		struct spec_kv *v;
		size_t n;
	} sysctl;
	const char *seccomp_profile; /* NULL: the spec asks for none */
	struct strs landlock;        /* empty until rules exist */
	struct spec_hooks prestart, create_runtime, create_container, start_container, poststart, poststop;
	struct {
		struct spec_kv *v;
		size_t n;
	} annotations;
	struct strs warnings; /* for the log, once */
	const char *cwd;
	uint32_t process_uid, process_gid; /* of the OCI process: startContainer hooks */
};

extern const struct record rec_launch_plan;
/* The binary form, on disk and for the container's process: record_layout (4 bytes, little-endian), then the record. */
void plan_encode(const struct launch_plan *p, struct strbuf *out);
/* -ESTALE when another version of urunc has written it, whose plans look otherwise; -EBADMSG when it is damaged. */
int plan_decode(const void *buf, size_t n, struct arena *a, struct launch_plan *ret, struct err *e)
	_must_check_;

/* Step 1. 0 and *ret_wants when the container is ours. 1 when it is the delegate's: it carries no unikernel metadata at
 * all, or it is a pod's sandbox, or a pod's container that got only pod-wide wishes (neither type nor binary, no
 * urunc.json). Negative when it carries wrong metadata; with [runtime] strict = false that is 1 too, and e says why. Pure. */
int plan_identify(const struct facts *f, struct arena *a, struct plan_wants *ret_wants, struct err *e)
	_must_check_;
/* Step 2. f now also holds monitor, image and host facts. Validates everything that can be known before start. Pure. */
int plan_build(const struct facts *f, const struct plan_wants *w, struct arena *a, struct launch_plan *ret,
	       struct err *e) _must_check_;
/* Step 3, at start, when network and files are known (each may be none): fills network, app.dns, app.files,
 * guest_cmdline, argv again. Pure. Also used by plan_build itself with facts.start. */
int plan_machine(struct launch_plan *p, const struct start_facts *now, struct arena *a, struct err *e)
	_must_check_;
/* The interfaces that become the guest's, in order: pointers into f. */
struct plan_links {
	const struct net_link **v;
	size_t n;
};
/* As many interfaces can this guest have on this monitor; either may be NULL. */
struct guest_ops;
struct monitor_ops;
size_t plan_max_nics(const struct guest_ops *g, const struct monitor_ops *m);
/* Before step 3: as many of the container's interfaces as guest, monitor and program can have. The first one (with the default
 * route) must be usable; others that are not, or are too many, are left out with a warning. Pure. */
int plan_links(const struct launch_plan *p, const struct net_facts *f, struct arena *a,
	       struct plan_links *ret, struct strs *ret_warnings, struct err *e) _must_check_;
/* Whether the container's resolv.conf names Docker's resolver, which listens on an address of the namespace that a guest
 * takes for its own. */
bool plan_wants_resolver(const struct start_facts *now);
/* Other limits for a container that exists. *ret_write: its cgroup with what has to be written now; *ret_after: with all
 * that is then in force. Numbers that are 0 stay as they are, devices are not looked at. The guest keeps its memory and
 * its processors: a memory limit below the guest's memory is -EINVAL, one above it gives the group that and the overhead.
 * Pure. */
int plan_update(const struct launch_plan *p, const struct spec_resources *wanted, struct arena *a,
		struct confine_cgroup *ret_write, struct confine_cgroup *ret_after, struct strs *ret_warnings,
		struct err *e) _must_check_;
/* The plan as one JSON object, indented, newline at the end. The archive bytes of the initrd are left out (its members
 * are shown as vm.files). 0 or -ENOMEM. */
int plan_print_json(const struct launch_plan *p, struct strbuf *out) _must_check_;

#endif
