/* SPDX-License-Identifier: Apache-2.0 */
/* What the plan claims of the host's block devices, carried out. */
#include "runtime/claims.h"

#include <errno.h>

#include "common/log.h"
#include "runtime/journal.h"
#include "storage/claim.h"

/* Not on the stack, which the process gives back while it waits for the guest to end. */
static int held[CLAIMS_HELD_MAX];
static size_t nheld;

static int take(const struct block_claim *c, const struct claim_mount *m, int journal_fd, struct arena *a,
		struct err *e)
{
	const char *text;
	int r = claim_text(c, m, a, &text, e);

	if (r == 0)
		r = journal_add(journal_fd, "unmount", text, e);
	return r < 0 ? r : claim_unmount(c, m, e);
}

/* The last mount of a device goes first: an earlier one may be what it was made from. */
static int take_all(const struct launch_plan *p, int journal_fd, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < p->claims.n; i++) {
		const struct block_claim *c = &p->claims.v[i];

		for (size_t k = c->mounts.n; k-- > 0;) {
			int r = take(c, &c->mounts.v[k], journal_fd, a, e);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

int claims_take(const struct launch_plan *p, int journal_fd, struct arena *a, struct err *e)
{
	int r = take_all(p, journal_fd, a, e);

	if (r < 0)
		claims_return(p, a);
	return r;
}

void claims_return(const struct launch_plan *p, struct arena *a)
{
	for (size_t i = 0; i < p->claims.n; i++) {
		const struct block_claim *c = &p->claims.v[i];

		for (size_t k = 0; k < c->mounts.n; k++) {
			struct err e = {0};
			const char *text;

			if (claim_text(c, &c->mounts.v[k], a, &text, &e) < 0 || claim_remount(text, &e) < 0)
				log_warn("%s", e.msg);
		}
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
