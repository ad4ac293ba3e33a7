/* SPDX-License-Identifier: Apache-2.0 */
/* Each mount is noted before it is taken, the last one of a device first; after a failure all come back. */
#include "runtime/claims.h"

#include <fcntl.h>

#include "common/fd.h"
#include "runtime/journal.h"
#include "storage/claim.h"
#include "unit.h"

/* wrap: claim_unmount claim_remount claim_hold */
static char done[512];
static const char *fail_at;
int __wrap_claim_unmount(const struct block_claim *c, const struct claim_mount *m, struct err *e);
int __wrap_claim_unmount(const struct block_claim *c, const struct claim_mount *m, struct err *e)
{
	(void)c;
	snprintf(done + strlen(done), sizeof(done) - strlen(done), "-%s ", m->target);
	return fail_at && streq(fail_at, m->target) ? err_set(e, EBUSY, "busy") : 0;
}

int __wrap_claim_remount(const char *text, struct err *e);
int __wrap_claim_remount(const char *text, struct err *e)
{
	const char *target = strstr(text, "/dev/x\n") + 7;

	(void)e;
	snprintf(done + strlen(done), sizeof(done) - strlen(done), "+%.*s ", (int)strcspn(target, "\n"),
		 target);
	return 0;
}

int __wrap_claim_hold(const struct block_claim *c, int *ret_fd, struct err *e);
int __wrap_claim_hold(const struct block_claim *c, int *ret_fd, struct err *e)
{
	(void)e;
	*ret_fd = 100 + (int)c->minor;
	return 0;
}

static struct claim_mount mounts[] = {{"/a", "ext4", "rw", "rw"},
				      {"/b", "ext4", "rw", "rw"},
				      {"/c", "ext4", "rw", "rw"}};
static struct block_claim claims[2];

static struct launch_plan plan(void)
{
	struct launch_plan p = {.root_path = "/c"};

	for (size_t i = 0; i < 2; i++) {
		claims[i] = (struct block_claim){.source = "/dev/x", .major = 7, .minor = (uint32_t)i};
		claims[i].mounts.v = i ? mounts + 2 : mounts;
		claims[i].mounts.n = i ? 1 : 2;
	}
	p.claims.v = claims;
	p.claims.n = 2;
	return p;
}

static void taken_and_returned(void **state)
{
	struct launch_plan p = plan();
	struct arena a = {0};
	struct err e = {0};
	struct journal j;
	char dir[256];
	int dirfd, fd;

	(void)state;
	unit_tmpdir(dir);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(journal_open(dirfd, &fd, &e), e);
	assert_ok(claims_take(&p, fd, &a, &e), e);
	assert_string_equal(done, "-/b -/a -/c ");
	assert_ok(journal_read(dirfd, &a, &j, &e), e);
	assert_int_equal(j.undo.n, 3);
	assert_int_equal(j.undo.v[0].kind, JOURNAL_UNMOUNT);
	assert_non_null(strstr(j.undo.v[0].arg, "\n/b\n"));
	done[0] = '\0';
	assert_ok(journal_replay(&j, &e), e);
	assert_string_equal(done, "+/c +/a +/b ");
	done[0] = '\0';
	fail_at = "/a";
	assert_fails(claims_take(&p, fd, &a, &e), e, EBUSY, "busy");
	assert_string_equal(done, "-/b -/a +/a +/b +/c ");
	fail_at = NULL;
	fd_close(&fd);
	close(dirfd);
	unit_rmdir(dir);
	arena_release(&a);
}

static void held(void **state)
{
	struct launch_plan p = plan();
	struct err e = {0};
	const int *fds;

	(void)state;
	assert_true(claims_root(&p));
	p.root_path = "/elsewhere";
	assert_false(claims_root(&p));
	assert_int_equal(claims_held(&fds), 0);
	assert_ok(claims_hold(&p, &e), e);
	assert_int_equal(claims_held(&fds), 2);
	assert_true(fds[0] == 100 && fds[1] == 101);
	p.claims.n = CLAIMS_MAX + 1;
	assert_fails(claims_hold(&p, &e), e, E2BIG, "at most 24");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_and_returned),
		cmocka_unit_test(held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
