/* SPDX-License-Identifier: Apache-2.0 */
/* What the cgroup files share among themselves; nobody else includes this. */
#ifndef URUNC_SANDBOX_CGROUP_INTERNAL_H
#define URUNC_SANDBOX_CGROUP_INTERNAL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "machine/confine.h"
#include "sandbox/cgroup.h"

#define CG_PATH_BYTES 4096
#define CG_TEXT_BYTES 1024 /* of the short control files */

/* --- cgroup_tree.c: files and directories --- */
/* Reads a control file without its last newline. Length or -errno; longer than n - 1 is cut. */
ssize_t cg_read(const char *dir, const char *file, char *buf, size_t n);
/* A control file's descriptor or -errno. */
int cg_open(const char *dir, const char *file, int flags);
/* One write(2) of the whole value, into an open file or a named one. 0 or -errno. */
int cg_put(int fd, const char *value);
int cg_write(const char *dir, const char *file, const char *value);
/* Is word one of the words in list, which are separated by any byte of seps? */
bool cg_has_word(const char *list, const char *word, const char *seps);
/* Makes d->path with missing parents. *ret_made becomes true unless it was there before. */
int cg_tree_make(const struct cgroup_dir *d, cgroup_note_fn note, void *arg, bool *ret_made, struct err *e)
	_must_check_;
/* rmdir, children first. 0 or -errno; a missing directory is 0. */
int cg_tree_remove(const char *path);
/* Appends the processes in path and below. A missing directory has none. */
struct cg_pids {
	struct arena *a;
	pid_t *v;
	size_t n, cap;
};
int cg_tree_pids(const char *path, struct cg_pids *out, struct err *e) _must_check_;

/* --- cgroup_v1.c --- */
/* The hierarchy with this controller, or NULL. */
const struct cgroup_dir *cg_v1_dir(const struct confine_cgroup *cg, const char *controller);
/* fresh: no directory existed before, so none has values of its own. */
int cg_v1_configure(const struct confine_cgroup *cg, bool fresh, struct err *e) _must_check_;
int cg_v1_set(const struct confine_cgroup *cg, const struct cgroup_setting *s, struct err *e) _must_check_;
int cg_v1_attach(const struct confine_cgroup *cg, pid_t pid, struct err *e) _must_check_;
int cg_v1_freeze(const struct confine_cgroup *cg, bool frozen, int timeout_ms, struct err *e) _must_check_;

/* --- cgroup_v2.c --- */
int cg_v2_configure(const struct confine_cgroup *cg, struct err *e) _must_check_;
/* Hands down the controllers that the settings need. What cannot be had shows itself when a setting is written: an errno,
 * 0 = all was well. */
int cg_v2_prepare(const struct confine_cgroup *cg);
int cg_v2_set(const struct confine_cgroup *cg, const struct cgroup_setting *s, int reason, struct err *e)
	_must_check_;
int cg_v2_freeze(const struct confine_cgroup *cg, bool frozen, int timeout_ms, struct err *e) _must_check_;
/* Waits until cgroup.events says "<key> <value>"; a directory that is gone counts as reached. 0, -ETIMEDOUT, -errno. */
int cg_v2_wait(const char *dir, const char *key, char value, int timeout_ms);

/* --- cgroup_dev.c --- */
#define CG_DEV_PROLOGUE 7 /* instructions before the first rule */
#define CG_DEV_EPILOGUE 6
#define CG_DEV_PER_RULE 4 /* at most */
#define CG_DEV_RULES_MAX 4096
/* Assembles the program that decides by these rules (deny everything, then each in order). out holds at least
 * CG_DEV_PROLOGUE + n * CG_DEV_PER_RULE + CG_DEV_EPILOGUE instructions. Pure. */
int cg_dev_assemble(const struct device_rule *rules, size_t n, struct bpf_insn *out, size_t *ret_n,
		    struct err *e) _must_check_;
/* Loads the program and attaches it to the v2 directory. */
int cg_dev_attach(const char *dir, const struct device_rule *rules, size_t n, struct err *e) _must_check_;

#endif
