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
/* Where the monitor finds its end of the control channel. */
#define CTL_FD 3

/* Everything one plan_build needs, so that its steps have short parameter lists. */
struct build {
	const struct facts *f;
	const struct plan_wants *w;
	struct arena *a;
	struct launch_plan *p;
	struct strv warnings;
};

/* metadata.c: judges one decoded value; `label` begins the message ("annotation 'com.urunc…'"). */
int metadata_check_path(const char *label, const char *value, bool root_allowed, struct err *e) _must_check_;
int metadata_check_bool(const char *label, const char *value, bool *ret, struct err *e) _must_check_;
/* Whether a runtime of this family ever had such a guest or monitor (so the text is plain, not base64). */
bool metadata_knows_guest(const char *name);
bool metadata_knows_monitor(const char *name);

/* check.c: what config.json must have, and what this version cannot do. */
int check_spec(const struct build *b, struct err *e) _must_check_;
int check_files(const struct build *b, struct err *e) _must_check_;

/* mounts.c: one warning for each mount that the guest will miss. */
void mounts_warn(struct build *b);

/* app.c: what runs inside the guest. */
int app_fill(struct build *b, struct err *e) _must_check_;

/* choose.c: accelerator, then machine type; both may add warnings. */
int choose_accel(struct build *b, struct err *e) _must_check_;
int choose_machine(struct build *b, struct err *e) _must_check_;

/* memory.c: guest memory, overhead and the container's limit. initrd_bytes: of the file as the guest gets it;
 * copied: whether it lies in the container's own memory. */
int memory_decide(struct build *b, uint64_t initrd_bytes, bool copied, struct err *e) _must_check_;

/* initrd.c: the archive made of vm.files goes into op (BOX_INITRD); -ENOMEM. Sizes of the result by initrd_bytes. */
int initrd_fill(const struct launch_plan *p, struct arena *a, struct box_op *op, struct err *e) _must_check_;
uint64_t initrd_added_bytes(const struct box_op *op);

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
void cgroup_v1_settings(const struct spec_resources *r, const struct launch_plan *p, struct setting_list *out);
int cgroup_v2_settings(const struct spec_resources *r, const struct launch_plan *p, struct setting_list *out,
		       struct err *e) _must_check_;
/* The memory limit of the spec in bytes, 0 = none. */
uint64_t spec_memory_limit(const struct spec_resources *r);

/* box.c: the operations, except the initrd's archive. */
int box_decide(struct build *b, struct err *e) _must_check_;
/* Whether user uid with gid and groups but without capabilities may read the file. */
bool image_readable(const struct image_file *f, const struct confine_creds *c);

/* machine.c: guest's adjust() and its result's place in the box; needs no memory size. */
int machine_prepare(struct launch_plan *p, struct arena *a, struct err *e) _must_check_;
struct box_op *machine_initrd_op(struct launch_plan *p);

/* Names for "allowed: a, b" in messages. Never NULL. */
const char *list_names(struct arena *a, const char *const *names);
const char *list_guests(struct arena *a);
const char *list_monitors(struct arena *a);
const char *list_monitors_of(struct arena *a, const struct guest_ops *g); /* those that this build has */

#endif
