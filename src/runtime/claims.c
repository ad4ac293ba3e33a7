/* SPDX-License-Identifier: Apache-2.0 */
/* What the plan claims of the host's block devices, carried out. */
#include "runtime/claims.h"

#include <errno.h>

#include "common/log.h"
#include "storage/claim.h"

/* Not on the stack, which the process gives back while it waits for the guest to end. */
static int held[CLAIMS_HELD_MAX];
static size_t nheld;

/* Likewise: what was taken, as it was noted, in this order. */
static struct strs taken;

/* The last mount of a device goes first: an earlier one may be what it was made from. */
static bool nth(const struct launch_plan *p, size_t i, const struct block_claim **ret,
		const struct claim_mount **ret_mount)
{
	for (size_t k = 0; k < p->claims.n; k++) {
		const struct block_claim *c = &p->claims.v[k];

		if (i < c->mounts.n) {
			*ret = c;
			*ret_mount = &c->mounts.v[c->mounts.n - 1 - i];
			return true;
		}
		i -= c->mounts.n;
	}
	return false;
}

/* The note of a start of this container that was killed, NULL = none. */
static const char *noted(const struct journal *j, const struct block_claim *c, const struct claim_mount *m)
{
	for (size_t i = 0; i < j->undo.n; i++)
		if (j->undo.v[i].kind == JOURNAL_UNMOUNT && claim_is_noted(j->undo.v[i].arg, c, m))
			return j->undo.v[i].arg;
	return NULL;
}

static int take(const struct block_claim *c, const struct claim_mount *m, const struct journal *j,
		int journal_fd, struct arena *a, struct err *e)
{
	const char *text = noted(j, c, m);
	int r = 0;

	if (!text && (r = claim_check(c, m, e)) == 0 && (r = claim_text(c, m, a, &text, e)) == 0)
		r = journal_add(journal_fd, "unmount", text, e);
	if (r < 0)
		return r;
	taken.v[taken.n++] = text;
	return claim_unmount(c, m, e);
}

int claims_take(const struct launch_plan *p, const struct journal *j, int journal_fd, struct arena *a,
		struct err *e)
{
	const struct block_claim *c;
	const struct claim_mount *m;
	size_t n = 0;
	int r = 0;

	while (nth(p, n, &c, &m))
		n++;
	taken.n = 0;
	taken.v = arena_array(a, n, sizeof(*taken.v));
	if (!taken.v)
		return err_oom(e);
	for (size_t i = 0; r == 0 && nth(p, i, &c, &m); i++)
		r = take(c, m, j, journal_fd, a, e);
	if (r < 0)
		claims_return(journal_fd);
	return r;
}

void claims_return(int journal_fd)
{
	while (taken.n > 0) {
		const char *text = taken.v[--taken.n];
		struct err e = {0};

		if (claim_remount(text, &e) < 0 || journal_add(journal_fd, "mounted", text, &e) < 0)
			log_warn("%s", e.msg);
	}
}

bool claims_root(const struct launch_plan *p)
{
	for (size_t i = 0; i < p->claims.n; i++)
		for (size_t k = 0; k < p->claims.v[i].mounts.n; k++)
			if (streq(p->claims.v[i].mounts.v[k].target, p->root_path))
				return true;
	return false;
}

static int hold_each(const struct launch_plan *p,
		     int (*hold)(const struct block_claim *, int *, struct err *), struct err *e)
{
	if (p->claims.n > CLAIMS_MAX || nheld + p->claims.n > CLAIMS_HELD_MAX)
		return err_set(e, E2BIG,
			       "the guest would get %zu block devices of the host; at most %d are possible",
			       p->claims.n, CLAIMS_MAX);
	for (size_t i = 0; i < p->claims.n; i++) {
		int fd = -1, r = hold(&p->claims.v[i], &fd, e);

		if (r < 0)
			return r;
		if (fd >= 0)
			held[nheld++] = fd;
	}
	return 0;
}

int claims_lock(const struct launch_plan *p, struct err *e)
{
	return hold_each(p, claim_lock, e);
}

int claims_hold(const struct launch_plan *p, struct err *e)
{
	return hold_each(p, claim_hold, e);
}

size_t claims_held(const int **ret)
{
	*ret = held;
	return nheld;
}
