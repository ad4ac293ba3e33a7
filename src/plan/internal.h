/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of plan share; nobody else includes this. All of it is pure. */
#ifndef URUNC_PLAN_INTERNAL_H
#define URUNC_PLAN_INTERNAL_H

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"
#include "guests/guest.h"
#include "monitors/monitor.h"
#include "plan/plan.h"

#define KEY_PREFIX "com.urunc.unikernel."
#define MIB (1024ull * 1024)

/* Fixed names in the box: nothing from the image ever names a path there. */
#define BOX_KERNEL_PATH "/kernel"
#define BOX_INITRD_PATH "/initrd"
#define BOX_DATA_PATH "/fw"
#define BOX_DISK_PATH "/disk"          /* and a number */
#define BOX_SNAPSHOT_PATH "/dev/disk0" /* devices lie below /dev */
#define BOX_SHARE_PATH "/share"        /* and a number */
#define BOX_SHARE_SOCKET "/run/virtiofs%zu.sock"
/* Devices whose numbers never change. */
#define MISC_MAJOR 10
#define KVM_MINOR 232
#define TUN_MINOR 200
#define VHOST_NET_MINOR 238
#define RESOLV_PATH "/etc/resolv.conf"
/* Where the monitor finds its end of the control channel. */
#define CTL_FD 3
/* And its end of its own control socket. */
#define API_FD 4

/* Operations under construction; who makes the list knows how many there can be. */
struct op_list {
	struct box_op *v;
	size_t n;
};

/* Everything one plan_build needs, so that its steps have short parameter lists. */
struct build {
	const struct facts *f;
	const struct plan_wants *w;
	struct arena *a;
	struct launch_plan *p;
	struct strv warnings;
	struct op_list disks;         /* their places in the box */
	struct op_list trees;         /* of shared directories, likewise */
	struct op_list shared_mounts; /* of the spec, below the share that they will be in */
	int shared_mounts_by;         /* ROOT_VIRTIOFS or ROOT_9P, once there are any */
	struct {
		struct box_add *v;
		size_t n;
	} adds;                 /* members of the initrd that come from the host */
	uint64_t carried_bytes; /* of them, as far as mounts_max_mb counts */
	uint64_t carried_entries;
};

/* metadata.c: judges one decoded value; `label` begins the message ("annotation 'com.urunc…'"). */
int metadata_check_path(const char *label, const char *value, bool root_allowed, struct err *e) _must_check_;
int metadata_check_device(const char *label, const char *value, struct err *e) _must_check_;
int metadata_check_bool(const char *label, const char *value, bool *ret, struct err *e) _must_check_;
/* blocks.c: the key `blocks`. */
int blocks_parse(const char *label, const char *text, struct arena *a, struct metadata *ret, struct err *e)
	_must_check_;
/* Whether a runtime of this family ever had such a guest or monitor (so the text is plain, not base64). */
bool metadata_knows_guest(const char *name);
bool metadata_knows_monitor(const char *name);

/* check.c: what config.json must have, and what this version cannot do. */
int check_spec(const struct build *b, struct err *e) _must_check_;
int check_files(const struct build *b, struct err *e) _must_check_;
/* solo5.c: a binary for one tender is not given to another monitor, nor one that needs more than its own can have. */
int check_solo5(const struct build *b, struct err *e) _must_check_;
/* network.c: how many network devices its manifest declares. */
size_t solo5_nets(const struct solo5_abi *s);

/* One mount of the spec on its way to the guest. */
struct bound {
	const struct spec_mount *m;
	const char *path;            /* in the guest, clean */
	const struct mount_facts *f; /* NULL: nothing is known of its source */
	bool readonly;
};
/* What becomes of a mount that is not shared. */
enum copied { COPIED_WELL, COPIED_NOT, COPIED_NEVER }; /* as a copy; left out with a warning; refused */
/* shared_mounts.c: a mount becomes part of a shared directory, if it can be and that is better than what it would be
 * else. *ret_taken: whether it is done. -EINVAL: the configuration asks for what is impossible. */
int shared_mounts_take(struct build *b, const struct bound *t, enum copied else_it_is, bool *ret_taken,
		       struct err *e) _must_check_;
/* Why a mount was not taken, in words; NULL = by choice. */
const char *shared_mounts_why_not(const struct build *b, const struct bound *t);
/* When all mounts are decided: makes the share. */
int shared_mounts_finish(struct build *b, struct err *e) _must_check_;

/* mount_order.c: what our init mounts in the guest, in this order. */
int mounts_add(struct build *b, struct app_mount m, struct err *e) _must_check_;
/* A mount of the spec that is the disk with this serial; for other inits a disk says itself where it goes. */
int mounts_add_volume(struct build *b, const char *serial, const char *path, struct err *e) _must_check_;
/* When the spec's are all there: the disks that it knows nothing of, each where it is seen. */
int mounts_add_images(struct build *b, struct err *e) _must_check_;
/* The flags of a bind mount that a guest's mount can have as well, but "ro"; NULL = none. */
int mounts_flags(const struct bound *t, struct arena *a, const char **ret, struct err *e) _must_check_;
/* mounts.c: how each mount of the spec reaches the guest (app.mounts, build.adds) or that it does not; needs root and init. */
int mounts_decide(struct build *b, struct err *e) _must_check_;
/* The files that start will read. */
int mounts_find_sources(struct build *b, struct err *e) _must_check_;

/* storage.c: the guest's root, disks and shares. */
int storage_decide(struct build *b, struct err *e) _must_check_;
/* The container's snapshot itself becomes a disk: nothing can be read from it while the guest runs. */
bool storage_is_snapshot(const struct build *b);
/* How many operations storage_box adds. */
size_t storage_ops(const struct build *b);
void storage_box(const struct build *b, struct op_list *l);

/* Whether the container root may not be written. */
bool storage_readonly(const struct build *b);

/* image.c: the root as disks made of the container root. NULL: it is possible. */
const char *image_why_not(const struct build *b);
int image_use(struct build *b, struct err *e) _must_check_;

/* modules.c: whether the guest's kernel has this module, inside or beside: 1 yes, 0 no, -1 nobody knows. */
int modules_known(const struct build *b, const char *name);
/* The kernel modules that this machine needs; asked when the machine is known. */
int modules_decide(struct build *b, struct err *e) _must_check_;

/* disks.c: one more disk, its place in the box (op.dst becomes its path) and what asked for it, for messages. */
int disks_add(struct build *b, struct vm_disk disk, struct box_op op, const char *asked, struct err *e)
	_must_check_;
/* An image file of the container as such a disk. wish: where it is to be mounted, and whether it is written. */
int disks_add_image(struct build *b, const struct image_file *f, const struct block_wish *wish,
		    const char *serial, const char *key, struct err *e) _must_check_;
/* A block device of the host. claim.node is its path in the box. */
int disks_add_device(struct build *b, struct vm_disk disk, struct block_claim claim, const char *asked,
		     struct err *e) _must_check_;

/* shares.c: the container root as a shared directory. NULL: it is possible. */
const char *shares_why_not_virtiofs(const struct build *b);
const char *shares_why_not_9p(const struct build *b);
int shares_use(struct build *b, int kind, struct err *e) _must_check_;
/* One more share with all of these: box operations whose dst is "/NAME", below the share. */
int shares_use_mounts(struct build *b, int kind, const struct op_list *mounts, struct err *e) _must_check_;
/* Why 9p cannot serve a tree that the guest may write, in which `other` belongs to user other_uid (NULL: to nobody but
 * the process's user). where: what the tree is, in words. */
const char *shares_why_not_owned(const struct build *b, const char *other, uint32_t other_uid,
				 const char *where);
size_t shares_ops(const struct build *b);
void shares_box(const struct build *b, struct op_list *l);
/* What the daemons take of the container's memory. */
uint64_t shares_overhead(const struct build *b);

/* volumes.c: mounts of the spec that become disks, devices of the spec that do. The index-th mount has this serial. */
#define VOLUME_SERIAL "vol%zu"
int volumes_decide(struct build *b, struct err *e) _must_check_;
/* Whether the index-th mount of the spec becomes a disk, so that nobody else has to bring it to the guest. Needs
 * app.init. */
bool volumes_take_mount(const struct build *b, size_t index);
/* Why it does not, in words, when it is the file system of a whole block device; else NULL. */
const char *volumes_why_not(const struct build *b, size_t index);

/* resolv.c: what a resolv.conf says; junk in it is ignored. */
int resolv_parse(struct bytes text, struct arena *a, struct strs *ret_servers, struct strs *ret_search,
		 struct err *e) _must_check_;

/* now.c: what start knows goes into app and vm; with nothing known, nothing is there. */
int now_fill(struct launch_plan *p, const struct start_facts *now, struct arena *a, struct err *e)
	_must_check_;

/* app.c: what runs inside the guest. */
int app_fill(struct build *b, struct err *e) _must_check_;

/* sysctl.c: to the guest's kernel or the host's namespaces. */
int sysctl_decide(struct build *b, struct err *e) _must_check_;

/* stop.c: the stop policy, the control channel, the monitor's control socket. */
int stop_decide(struct build *b, struct err *e) _must_check_;

/* vm.c: the machine without its devices and sizes. */
int vm_fill(struct build *b, struct err *e) _must_check_;

/* vcpus.c */
int vcpus_decide(struct build *b, struct err *e) _must_check_;

/* choose.c: accelerator, then machine type; both may add warnings. */
int choose_accel(struct build *b, struct err *e) _must_check_;
int choose_machine(struct build *b, struct err *e) _must_check_;

/* memory.c: guest memory, overhead and the container's limit. initrd_bytes: of the file as the guest gets it;
 * copied: whether it lies in the container's own memory. */
int memory_decide(struct build *b, uint64_t initrd_bytes, bool copied, struct err *e) _must_check_;

/* initrd.c: the archive made of vm.files goes into op (BOX_INITRD); -ENOMEM. Sizes of the result by initrd_bytes. */
int initrd_fill(const struct launch_plan *p, struct arena *a, struct box_op *op, struct err *e) _must_check_;
uint64_t initrd_added_bytes(const struct box_op *op);
/* Where our init finds what is carried to it, out of everybody's way. */
#define INITRD_CARRIED_DIR ".urunc"
#define SHARED_MOUNTS_PATH "/" INITRD_CARRIED_DIR "/share"

/* cgroup.c, cgroup_v1.c, cgroup_v2.c */
int cgroup_decide(struct build *b, struct err *e) _must_check_;
struct setting_list {
	struct arena *a;
	struct cgroup_setting *v;
	size_t n, cap;
	bool oom;
};
void setting_add(struct setting_list *l, const char *controller, const char *file, bool optional,
		 const char *fmt, ...) _printf_(5, 6);
/* What the memory files are made of, since the group holds more than the guest. */
struct group_memory {
	bool given;           /* false: the limit stays as it is */
	uint64_t limit_bytes; /* of the group, 0 = none */
	uint64_t asked_bytes; /* of that the container's part, to which its other limits belong; 0 = none */
	uint64_t overhead_bytes;
};
/* The monitor's threads are no processes of the application, which lives behind the guest's own kernel: a limit too
 * small for them would only keep the machine from starting. */
#define PIDS_LEAST 32
void cgroup_v1_settings(const struct spec_resources *r, const struct group_memory *m,
			struct setting_list *out);
int cgroup_v2_settings(const struct spec_resources *r, const struct group_memory *m, struct setting_list *out,
		       struct err *e) _must_check_;
/* unit.c: the container as a unit of systemd's, with every limit of cg->settings that systemd has a property for. */
int unit_decide(struct build *b, struct err *e) _must_check_;
/* The properties that those settings are, and nothing else. */
int unit_limits(struct arena *a, const struct confine_cgroup *cg, struct confine_unit *ret, struct err *e)
	_must_check_;
/* Whether memory.swap goes with a limit of that size (0 = none). */
int cgroup_check_swap(const struct spec_resources *r, uint64_t limit, struct err *e) _must_check_;
/* The memory limit of the spec in bytes, 0 = none. */
bool spec_memory_unlimited(int64_t bytes); /* whether a number stands for "no limit" */
uint64_t spec_memory_limit(const struct spec_resources *r);

/* box.c: the operations, except the initrd's archive. */
int box_decide(struct build *b, struct err *e) _must_check_;
/* Nothing may lie where the directory of a socket goes; to be asked when the box is complete. */
int box_check(const struct build *b, struct err *e) _must_check_;
void box_add(struct op_list *l, struct box_op op);
struct box_op *box_find(struct launch_plan *p, const char *dst);
/* Takes the place of the operation with the same dst, or comes last. */
int box_put(struct launch_plan *p, struct arena *a, struct box_op op, struct err *e) _must_check_;
bool box_copies_kernel(const struct build *b);
/* Whether user uid with gid and groups but without capabilities may read the file, or write it too. */
bool image_readable(const struct image_file *f, const struct confine_creds *c);
bool image_writable(const struct image_file *f, const struct confine_creds *c);

/* machine.c: guest's adjust(); needs no memory size. */
int machine_prepare(struct launch_plan *p, struct arena *a, struct err *e) _must_check_;
struct box_op *machine_initrd_op(struct launch_plan *p);

#define DOCKER_RESOLVER "127.0.0.11"
/* network.c: the text of a resolv.conf with another address in place of one. */
int resolv_redirect(struct bytes text, const char *from, const char *to, struct arena *a, struct bytes *ret,
		    struct err *e) _must_check_;

/* Names for "allowed: a, b" in messages. Never NULL. */
const char *list_names(struct arena *a, const char *const *names);
const char *list_guests(struct arena *a);
const char *list_monitors(struct arena *a);
const char *list_monitors_of(struct arena *a, const struct guest_ops *g); /* those that this build has */

#endif
