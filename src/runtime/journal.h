/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of one container: what was done to the host, one line before each effect, so that it can be
 * undone by whoever comes later, and what has happened to the container since. */
#ifndef URUNC_RUNTIME_JOURNAL_H
#define URUNC_RUNTIME_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"

#define JOURNAL_FILE "journal"
#define JOURNAL_MAX_BYTES (1u << 20)

/*
 * Lines: a word, then arguments after single blanks; bytes below 0x21, '%' and DEL in an argument are
 * written %XX.
 *   creator PID STARTTIME BOOTID
 *                          the process that creates the container; everything that follows was done in this boot; the
 *                          first line ("boot BOOTID" is the same without the process, by older versions)
 *   cgroup PATH            a control group directory that is about to be made
 *   unit NAME DESCRIPTION  a unit of systemd's that is about to be made
 *   unmount MOUNT          a mount of a block device that is about to be taken away for the guest (claim_text)
 *   mounted MOUNT          that mount is there again: the notes of it before this one count no more
 *   network LINE           something that is about to be done in the container's network namespace (runtime/network.h)
 *   unlink PATH            a file of this container alone that is about to be made
 *   process PID STARTTIME BOOTID
 *                          the container's init process exists (written before it is let go)
 *   created                create has finished
 *   starting               start has begun to hand over the plan
 *   started                the monitor was executed
 * A last line without newline was torn by a crash and does not count. Unknown words are skipped.
 */
enum journal_undo_kind { JOURNAL_CGROUP, JOURNAL_UNIT, JOURNAL_UNMOUNT, JOURNAL_UNLINK, JOURNAL_NETWORK };
struct journal_undo {
	int kind; /* enum journal_undo_kind */
	const char *arg;
};
struct journal {
	pid_t pid; /* 0 = no process yet */
	uint64_t start_time;
	pid_t creator; /* 0 = not noted */
	uint64_t creator_start_time;
	const char *boot_id; /* of the boot in which pid and the control groups mean something; NULL = not noted */
	bool created, starting, started;
	struct {
		struct journal_undo *v;
		size_t n;
	} undo; /* in order of writing */
};

/* Opens for appending, made 0600 if missing. */
int journal_open(int dirfd, int *ret_fd, struct err *e) _must_check_;
/* One line in one write(2). arg may be NULL. */
int journal_add(int fd, const char *word, const char *arg, struct err *e) _must_check_;
int journal_add_process(int fd, pid_t pid, uint64_t start_time, const char *boot_id, struct err *e)
	_must_check_;
/* The first line. */
int journal_add_creator(int fd, pid_t pid, uint64_t start_time, const char *boot_id, struct err *e)
	_must_check_;
/* A missing journal reads as empty. */
int journal_read(int dirfd, struct arena *a, struct journal *ret, struct err *e) _must_check_;
/* The same for clearing away: a line that is not understood is skipped with a warning, which names id. */
int journal_salvage(int dirfd, const char *id, struct arena *a, struct journal *ret, struct err *e)
	_must_check_;
/* journal_read from text (n bytes, changed in place). */
int journal_parse(char *text, size_t n, struct arena *a, struct journal *ret, struct err *e) _must_check_;
/* Takes back every entry, newest first and mounts after everything else, going on after failures; -errno of the first
 * failure. While a control group is busy (-EBUSY) nothing is mounted. Missing things are fine. The container's processes must be dead. */
int journal_replay(const struct journal *j, struct err *e) _must_check_;

#endif
