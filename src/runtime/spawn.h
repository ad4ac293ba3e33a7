/* SPDX-License-Identifier: Apache-2.0 */
/* Making processes: clone3 with identity (pidfd), namespaces and cgroup in one step. */
#ifndef URUNC_RUNTIME_SPAWN_H
#define URUNC_RUNTIME_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

/* Like fork: 0 in the child; in the parent the child's number, with a pidfd (O_CLOEXEC) in *ret_pidfd unless NULL.
 * flags: CLONE_NEW*; cgroup_fd: the child is born in that cgroup v2 directory, -1 = the caller's.
 * The caller must be single-threaded. -1 and errno on failure. */
pid_t spawn_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd);

/* Waits for a child of ours to end and reaps it; returns its wait status (waitpid form) or -errno. */
int spawn_reap(pid_t pid);

/* 128 + n for a signal, else the exit code. */
int spawn_exit_code(int wait_status);

/* For a child that is about to exec something else: the signals of `which` (bit signo - 1) to their default, nothing
 * blocked. Those that have handlers are reset by exec; what was ignored would stay so. */
#define SPAWN_ALL_SIGNALS UINT64_MAX
void spawn_reset_signals(uint64_t which);
/* The cheap half of it, for children whose handlers are all known: nothing blocked. */
void spawn_unblock_signals(void);

/* For one that waits for signals at a descriptor: every signal blocked, also the two that libc keeps for itself and
 * takes out of every mask it is given. Its sigprocmask, when it puts a mask back, unblocks those two again. */
void spawn_block_signals(void);
/* A signalfd for all of them, O_CLOEXEC and O_NONBLOCK; -1 and errno on failure. */
int spawn_signalfd(void);
struct signalfd_siginfo;
/* SIGPIPE that a write of our own has caused: it is nobody's message. */
bool spawn_is_own_pipe(const struct signalfd_siginfo *s);

/* In a child: dies with its parent, whose number is `parent`, also when that is dead already. */
void spawn_die_with(pid_t parent);

/* Closes every descriptor from 3 on but those in keep (any order, negatives ignored, n <= 16). */
void spawn_close_others(const int *keep, size_t n);

#endif
