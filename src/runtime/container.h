/* SPDX-License-Identifier: Apache-2.0 */
/* One container on disk: <root>/<id>/ with the files `plan` (identity and launch plan, immutable), `journal` and the
 * socket `gate`. Commands take what they know about a container from here only. */
#ifndef URUNC_RUNTIME_CONTAINER_H
#define URUNC_RUNTIME_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "oci/spec.h"
#include "plan/plan.h"
#include "runtime/journal.h"
#include "runtime/owner.h"

#define ID_MAX_BYTES 255

/* What every command hands down: made by main. */
struct runtime {
	struct arena *arena;
	const char *root;     /* state root, absolute and cleaned */
	mode_t root_mode;     /* for making it */
	bool log_level_given; /* on the command line: then the configuration's is not asked */
	bool systemd_cgroup;  /* containers become units of systemd's */
};

/* The part of `plan` that all commands need; it is stored in front, so that `kill` and `state` read little. */
struct container_head {
	const char *oci_version, *id, *bundle, *rootfs;
	uint64_t created_ns; /* realtime clock */
	uint32_t owner;      /* uid of the creator */
	struct confine_cgroup cgroup;
	struct spec_hooks poststart, poststop;
	struct {
		struct spec_kv *v;
		size_t n;
	} annotations;
	const char *timestamps; /* file to which start appends, too; NULL = not wanted */
};
extern const struct record rec_container_head;

struct container {
	int owner; /* enum container_owner; what follows is only set for OWNER_US */
	int dirfd; /* of <root>/<id>, set for OWNER_US and OWNER_LEFTOVER, else -1 */
	struct container_head head;
	struct launch_plan *plan; /* NULL unless asked for */
	struct journal journal;
	int other_boot; /* -1 = not looked yet */
};
#define CONTAINER_NULL ((struct container){.dirfd = -1, .other_boot = -1})
void container_done(struct container *c);
#define _cleanup_container_ __attribute__((cleanup(container_done)))

/* -EINVAL unless [A-Za-z0-9_+.-]{1,255} and not "." or "..". */
int container_id_check(const char *id, struct err *e) _must_check_;

enum {
	OPEN_PLAN = 1u << 0, /* read the launch plan too */
	OPEN_LOCK = 1u << 1, /* lock before reading (container_lock, LOCK_WAIT_MS), so that what was read stays true */
	OPEN_DAMAGED = 1u << 2, /* take a container whose `plan` or lines of whose journal cannot be read: what is left
				   of them has to be enough to clear it away */
};

/* Finds out whose <root>/<id> is and, when it is ours, reads it. flags: OPEN_*. A container that does not exist is no
 * failure (OWNER_NONE). Without OPEN_LOCK it never waits. */
int container_open(const struct runtime *rt, const char *id, unsigned flags, struct container *ret,
		   struct err *e) _must_check_;
/* container_open, where anything but a container of ours is an error: -ENOENT "container does not exist", -EREMOTE for a
 * delegate's, which is nothing to tell the user: the command has to be handed over. */
int container_get(const struct runtime *rt, const char *id, unsigned flags, struct container *ret,
		  struct err *e) _must_check_;

int container_foreign(struct err *e);

/* Whether what the journal says was done in this boot of the machine. After another boot, numbers of processes and
 * paths of control groups belong to whoever uses them now: only the files are still the container's. Where no boot
 * is noted, nothing was done that could tell. */
int container_same_boot(struct container *c, bool *ret, struct err *e) _must_check_;
/* For a container whose `plan` cannot be read: the head's cgroup from the journal, so that it can be killed. */
int container_salvage_cgroup(struct container *c, struct arena *a, struct err *e) _must_check_;
/* Removes <root>/<id> if it is a container of ours of another boot: 1. Anything else is left alone: 0. */
int container_clear_stale(const struct runtime *rt, const char *id, struct err *e) _must_check_;

/* Makes the state root if needed and <root>/<id> (0700), locked, and notes us and the boot in its journal, which stays open
 * in *ret_journal. An existing directory is -EEXIST, unless it is one of ours of another boot: that is stopped for good
 * and makes room. */
int container_make_dir(const struct runtime *rt, const char *id, int *ret_dirfd, int *ret_journal,
		       struct err *e) _must_check_;
/* Writes `plan` under its final name in one step. */
int container_write(int dirfd, const struct container_head *head, const struct launch_plan *plan,
		    struct arena *a, struct err *e) _must_check_;

/* The per-container lock: flock on the directory. Held by create, start and delete while they work. Waits at most
 * timeout_ms (0: not at all); -EBUSY when somebody else keeps it, -ENOENT when the directory was removed meanwhile. */
int container_lock(int dirfd, int timeout_ms, struct err *e) _must_check_;
void container_unlock(int dirfd);
/* Whether some command holds the lock right now. */
bool container_is_locked(int dirfd);
#define LOCK_WAIT_MS 10000

/* Takes back the journal (newest first), then removes the files and the directory. Processes must be dead.
 * Goes on after failures; -errno of the first. The directory stays when an effect could not be undone. */
int container_destroy(const struct runtime *rt, const char *id, int dirfd, const struct journal *j,
		      struct err *e) _must_check_;

#endif
