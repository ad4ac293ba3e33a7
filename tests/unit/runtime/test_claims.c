/* SPDX-License-Identifier: Apache-2.0 */
/* Each mount is noted before it is taken, the last one of a device first; after a failure all come back. */
#include "runtime/claims.h"

#include <fcntl.h>

#include "common/fd.h"
#include "runtime/journal.h"
#include "storage/claim.h"
#include "unit.h"

/* wrap: claim_check claim_unmount claim_remount claim_hold */
static char done[512];
static const char *fail_at, *gone, *stuck;
int __wrap_claim_check(const struct block_claim *c, const struct claim_mount *m, struct err *e);
int __wrap_claim_check(const struct block_claim *c, const struct claim_mount *m, struct err *e)
{
	(void)c;
	return gone && streq(gone, m->target) ? err_set(e, ENOENT, "not mounted") : 0;
}

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

	snprintf(done + strlen(done), sizeof(done) - strlen(done), "+%.*s ", (int)strcspn(target, "\n"),
		 target);
	return stuck && !strncmp(stuck, target, strlen(stuck)) ? err_set(e, EAGAIN, "stuck") : 0;
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

/* A container's directory, whose journal is read anew for each start. */
struct dir {
	char path[256];
	int fd, journal_fd;
	struct arena a;
	struct err e;
	struct journal j;
};

static void read_again(struct dir *d)
{
	assert_ok(journal_read(d->fd, &d->a, &d->j, &d->e), d->e);
	done[0] = '\0';
}

static void make_dir(struct dir *d)
{
	*d = (struct dir){.fd = -1};
	unit_tmpdir(d->path);
	d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(journal_open(d->fd, &d->journal_fd, &d->e), d->e);
	read_again(d);
	fail_at = gone = stuck = NULL;
}

static void remove_dir(struct dir *d)
{
	close(d->journal_fd);
	close(d->fd);
	unit_rmdir(d->path);
	arena_release(&d->a);
}

static void taken_and_returned(void **state)
{
	struct launch_plan p = plan();
	struct dir d;

	(void)state;
	make_dir(&d);
	assert_ok(claims_take(&p, &d.j, d.journal_fd, &d.a, &d.e), d.e);
	assert_string_equal(done, "-/b -/a -/c ");
	read_again(&d);
	assert_int_equal(d.j.undo.n, 3);
	assert_int_equal(d.j.undo.v[0].kind, JOURNAL_UNMOUNT);
	assert_non_null(strstr(d.j.undo.v[0].arg, "\n/b\n"));
	assert_ok(journal_replay(&d.j, &d.e), d.e);
	assert_string_equal(done, "+/c +/a +/b ");
	/* what was given back is nothing that delete would mount */
	stuck = "/a";
	claims_return(d.journal_fd);
	read_again(&d);
	assert_int_equal(d.j.undo.n, 1);
	assert_non_null(strstr(d.j.undo.v[0].arg, "\n/a\n"));
	remove_dir(&d);
}

/* Only what this start has touched comes back, and only that was ever noted. */
static void what_fails(void **state)
{
	struct launch_plan p = plan();
	struct dir d;

	(void)state;
	make_dir(&d);
	fail_at = "/a";
	assert_fails(claims_take(&p, &d.j, d.journal_fd, &d.a, &d.e), d.e, EBUSY, "busy");
	assert_string_equal(done, "-/b -/a +/a +/b ");
	read_again(&d);
	assert_int_equal(d.j.undo.n, 0);
	fail_at = NULL;
	gone = "/a";
	assert_fails(claims_take(&p, &d.j, d.journal_fd, &d.a, &d.e), d.e, ENOENT, "not mounted");
	assert_string_equal(done, "-/b +/b ");
	read_again(&d);
	assert_int_equal(d.j.undo.n, 0);
	remove_dir(&d);
}

static void a_start_that_was_killed(void **state)
{
	struct launch_plan p = plan();
	struct dir d;

	(void)state;
	make_dir(&d);
	assert_ok(claims_take(&p, &d.j, d.journal_fd, &d.a, &d.e), d.e);
	read_again(&d);
	gone = "/b";
	assert_ok(claims_take(&p, &d.j, d.journal_fd, &d.a, &d.e), d.e);
	assert_string_equal(done, "-/b -/a -/c ");
	read_again(&d);
	assert_int_equal(d.j.undo.n, 3);
	remove_dir(&d);
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
		cmocka_unit_test(what_fails),
		cmocka_unit_test(a_start_that_was_killed),
		cmocka_unit_test(held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
