/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of gather_rest; nobody outside this directory needs them. */
#ifndef URUNC_GATHER_PARTS_H
#define URUNC_GATHER_PARTS_H

#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/path.h"
#include "common/str.h"
#include "common/mountinfo.h"
#include "plan/facts.h"
#include "plan/plan.h"

/* spec_facts.c: /urunc.json below rootfd into f; trouble goes into f->urunc_json_problem. -ENOMEM only. */
int gather_urunc_json(int rootfd, struct facts *f, struct arena *a, struct err *e) _must_check_;

/* host.c: all of f->host but kvm, tsc_khz and the cgroup part. */
int gather_host(struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e) _must_check_;
/* shares.c: f->virtiofsd_path and f->share, for monitors and guests that can use them; after gather_tree. */
int gather_shares(struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e) _must_check_;

/* cgroups.c */
/* The smallest memory limit of the groups above the container's. cgroups_path as in the spec, NULL = default;
 * systemd: it is about a unit. */
int cgroups_ancestor_limit(bool systemd, const char *cgroups_path, const char *id, struct arena *a,
			   struct host_facts *h, struct err *e) _must_check_;

/* probe.c: the verdict and the clock, from cache_dir's file when it is of this boot and device. Never fails. */
struct kvm_facts {
	int verdict; /* enum kvm_verdict */
	uint32_t tsc_khz;
};
struct kvm_facts kvm_probe(const char *device, const char *cache_dir, struct arena *a);
/* Runs the code of decision 12 on an open /dev/kvm. tsc_khz is 0 when KVM does not tell. */
struct kvm_facts kvm_run_code(int kvm);
/* tsc.c: from the kernel's own conversion factors, without KVM; 0 if they cannot be had. */
uint32_t tsc_khz_from_perf(void);
/* ns = ticks * mult >> shift, turned round; 0 for factors that make no sense. */
uint32_t tsc_khz_from_factors(uint32_t mult, uint32_t shift);

/* host_mounts.c: mount points that no guest gets, whatever a container asks for. fstab is read when it is first needed. */
#define HOST_FSTAB "/etc/fstab"
struct host_mounts {
	const char *fstab; /* its path */
	bool read;
	struct strs named; /* in it */
};
/* Is the absolute clean path one of them: a part of every system, or named by fstab? In words; NULL = it is not. */
int host_mounts_has(struct host_mounts *h, const struct mount_list *mounts, const char *path, struct arena *a,
		    const char **ret_why, struct err *e) _must_check_;

/* root_facts.c: r->path is set; fills the rest from the mount list. */
int gather_root(struct root_facts *r, const struct mount_list *mounts, struct host_mounts *own,
		struct arena *a, struct err *e) _must_check_;

/* What is open there, without symbolic links on the way; path where the kernel does not tell. NULL when out of memory. */
const char *gather_fd_path(int fd, const char *path, struct arena *a);
/* The same of what has this name; path itself when there is nothing. Mounts nothing. */
const char *gather_real_path(const char *path, struct arena *a);
/* Is it the absolute name of a block device? */
bool gather_is_block(const char *source, dev_t *ret);

/* Says that a path lies below a guard (MOUNT_GUARD_SOURCE): -EBUSY. */
int gather_is_taken(struct err *e, const char *what, const char *path, const char *guard) _must_check_;
/* -EBUSY when the container root is such a place: nothing of the image is there to look at. */
int gather_check_root(int rootfd, const char *path, struct arena *a, struct err *e) _must_check_;

/* volumes.c: f->volumes. -EBUSY when a guest of another container has what is to be mounted. */
int gather_volumes(struct facts *f, const struct mount_list *mounts, struct host_mounts *own, struct arena *a,
		   struct err *e) _must_check_;

/* layers.c: f->tree, when the container root is to be the guest's; after gather_root. */
int gather_tree(struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e) _must_check_;
/* The value of an overlay's option, cut out of the text of mountinfo; NULL without it. */
const char *layers_option(const char *super_options, const char *name, struct arena *a);

/* modules.c: f->modules, for a guest whose initial RAM file system is all ours. */
int gather_modules(int rootfd, struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e)
	_must_check_;

/* start.c: f->start.files, as far as they can be read now. */
int gather_files(struct facts *f, struct arena *a, struct err *e) _must_check_;

/* mounts.c: f->mounts. */
int gather_bind_mounts(struct facts *f, struct arena *a, struct err *e) _must_check_;

/* image.c: one file named by metadata; path NULL = not asked for. */
enum image_use { IMAGE_KERNEL, IMAGE_INITRD, IMAGE_BLOCK };
int gather_image(int rootfd, const char *path, enum image_use use, struct arena *a, struct image_file *ret,
		 struct err *e) _must_check_;

/* monitor.c: f->monitor for w->monitor. */
int gather_monitor(struct facts *f, const struct plan_wants *w, const char *search_path, struct arena *a,
		   struct err *e) _must_check_;

#endif
