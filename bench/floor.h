/* SPDX-License-Identifier: Apache-2.0 */
/* The floor: what a create+start asks of the kernel, and nothing else. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <sys/types.h>

#define FLOOR_LINES 512
#define FLOOR_WORDS 6

/*
 * The work to be done, read from a file: a line is a verb and up to five words, separated by single blanks.
 *   ns FLAGS                     sum of CLONE_NEW*, decimal
 *   cgns                         a cgroup namespace after the process is in its group
 *   cgroup VERSION DIR           to be made; v1: the process attaches itself, v2: it is born there
 *   set FILE VALUE               written after all groups are made; blanks in VALUE are '~'
 *   devices PROGRAM_LENGTH       v2: load and attach a program of so many instructions
 *   bind SRC DST   image SRC DST   dir DST   node DST MAJOR MINOR   copy SRC DST   file DST BYTES   initrd SRC DST BYTES
 *                                the box, in this order; DST without its first '/'
 *   user UID GID
 *   monitor PATH                 in the box
 *   supervise                    a process between us and the monitor
 */
struct line {
	char *word[FLOOR_WORDS];
};
struct work {
	struct line line[FLOOR_LINES];
	size_t n;
};

/* Both end the process with a message on failure. */
void floor_box(const struct work *w);
void floor_drop(const struct work *w);
void floor_die(const char *what) __attribute__((noreturn));
const struct line *floor_find(const struct work *w, const char *verb);

#endif
