/* SPDX-License-Identifier: Apache-2.0 */
/* Control files, parsed line by line; only the cgroup files include this. */
#ifndef URUNC_CGROUP_READER_H
#define URUNC_CGROUP_READER_H

#include "cgroup/stats.h"

#define READER_BYTES 65536

/* One directory of control files and one buffer for the file that is being looked at. */
struct cg_reader {
	struct arena *a;
	int dirfd;
	char *buf;  /* READER_BYTES */
	char *next; /* the line after the current one */
	bool oom;   /* sticky, as in a strbuf */
};

/* Opens the directory. 0, -ENOENT when it is gone, or -errno. */
int cg_reader_open(struct cg_reader *r, const char *path);
void cg_reader_close(struct cg_reader *r);
/* Reads the file whole. False when it is not there (or says nothing). */
bool cg_file(struct cg_reader *r, const char *file);
/* The next line of it that is not empty, without its newline; NULL at the end. */
char *cg_line(struct cg_reader *r);
/* Cuts the next word off *p, which ends at any byte of seps. NULL when there is none. */
char *cg_word(char **p, const char *seps);
/* Decimal, or "max" = CGROUP_NO_LIMIT. False leaves *ret alone. */
bool cg_number(const char *word, uint64_t *ret);
/* A file that holds one number: false (and *ret as it was) when it is not there or is something else. */
bool cg_u64(struct cg_reader *r, const char *file, uint64_t *ret);
/* A file of lines "<key> <number>": each into the member of that key. */
struct cg_key {
	const char *key;
	uint64_t *to;
};
void cg_keys(struct cg_reader *r, const char *file, const struct cg_key *keys, size_t n);
/* A copy of a file's first line in the arena; "" when it is not there. */
const char *cg_text(struct cg_reader *r, const char *file);
/* Makes room for one more element of an array that was grown by nothing else: capacities are powers of two. NULL when
 * memory is gone (then r->oom). */
void *cg_grow(struct cg_reader *r, void *v, size_t n, size_t size);

/* Both versions have them. */
void cg_memory_stat(struct cg_reader *r, struct cgroup_stats *s);
void cg_rdma(struct cg_reader *r, const char *file, struct cgroup_rdma_list *l);
/* Page sizes for which the group has files "hugetlb.<size>.<suffix>". */
void cg_hugetlb(struct cg_reader *r, struct cgroup_stats *s, const char *usage, const char *limit);

/* stats_v1.c: the hierarchy with these controllers. stats_v2.c: all. */
void cg_stats_v1(struct cg_reader *r, const char *names, struct cgroup_stats *s);
void cg_stats_v2(struct cg_reader *r, struct cgroup_stats *s);

#endif
