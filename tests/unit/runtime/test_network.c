/* SPDX-License-Identifier: Apache-2.0 */
/* What delete makes of the journal's network lines. */
#include "runtime/network.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "common/fd.h"
#include "net/net.h"
#include "unit.h"

/* wrap: net_detach */
static int calls, result;
static int was_open; /* -1: no namespace; else whether it was the file of the line */
static char lines_seen[512];
static struct stat opened;

int __wrap_net_detach(int netns_fd, const struct strs *lines, struct err *e);
int __wrap_net_detach(int netns_fd, const struct strs *lines, struct err *e)
{
	calls++;
	lines_seen[0] = '\0';
	for (size_t i = 0; i < lines->n; i++)
		snprintf(lines_seen + strlen(lines_seen), sizeof(lines_seen) - strlen(lines_seen), "%s;",
			 lines->v[i]);
	was_open = netns_fd < 0 ? -1 : fstat(netns_fd, &opened) == 0;
	return result ? err_set(e, -result, "the tap stays") : 0;
}

struct place {
	char dir[256], ns[300];
	char line[512];
};

static void name_it(struct place *p)
{
	struct stat st;

	assert_int_equal(stat(p->ns, &st), 0);
	snprintf(p->line, sizeof(p->line), "ns %llu %llu %s", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino, p->ns);
}

static void make_file(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
}

/* The blank is one of a path that a user chose. */
static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	calls = result = 0;
	was_open = -2;
	unit_tmpdir(p->dir);
	snprintf(p->ns, sizeof(p->ns), "%s/a pod", p->dir);
	make_file(p->ns);
	name_it(p);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	unit_rmdir(p->dir);
	free(p);
	return 0;
}

static void undo(const char *const *text, size_t n, int kind, struct err *e, int want)
{
	struct journal_undo v[8];
	struct journal j = {.undo = {v, n}};

	for (size_t i = 0; i < n; i++)
		v[i] = (struct journal_undo){kind, text[i]};
	assert_int_equal(network_undo(&j, e), want);
}

static void nothing_was_done(void **state)
{
	struct place *p = *state;
	struct journal none = {0};
	const char *text[] = {p->line, "tap urunc0"};
	struct err e = {0};

	assert_ok(network_undo(&none, &e), e);
	undo(text, 2, JOURNAL_CGROUP, &e, 0);
	undo(text, 1, JOURNAL_NETWORK, &e, 0);
	assert_int_equal(calls, 0);
}

static void all_its_lines(void **state)
{
	struct place *p = *state;
	const char *text[] = {p->line, "tap urunc0", "static urunc-urunc0-0 eth0", "tap urunc1"};
	struct err e = {0};
	struct stat st;

	undo(text, 4, JOURNAL_NETWORK, &e, 0);
	assert_int_equal(calls, 1);
	assert_string_equal(lines_seen, "tap urunc0;static urunc-urunc0-0 eth0;tap urunc1;");
	assert_int_equal(was_open, 1);
	assert_int_equal(stat(p->ns, &st), 0);
	assert_int_equal(st.st_ino, opened.st_ino);
}

static void failures_are_told(void **state)
{
	struct place *p = *state;
	const char *text[] = {p->line, "tap urunc0"};
	struct err e = {0};

	result = -EBUSY;
	undo(text, 2, JOURNAL_NETWORK, &e, -EBUSY);
	assert_non_null(strstr(e.msg, "the tap stays"));
}

/* With the namespace everything in it has gone. */
static void a_namespace_that_has_gone(void **state)
{
	struct place *p = *state;
	const char *text[] = {p->line, "tap urunc0"};
	struct err e = {0};

	assert_int_equal(unlink(p->ns), 0);
	undo(text, 2, JOURNAL_NETWORK, &e, 0);
	assert_int_equal(was_open, -1);
}

/* Another pod's namespace under the old name must not lose a tap of its own. */
static void a_namespace_that_was_replaced(void **state)
{
	struct place *p = *state;
	const char *text[] = {p->line, "tap urunc0"};
	char other[320];
	struct err e = {0};

	snprintf(other, sizeof(other), "%s/other", p->dir);
	make_file(other);
	assert_int_equal(rename(other, p->ns), 0);
	undo(text, 2, JOURNAL_NETWORK, &e, 0);
	assert_int_equal(was_open, -1);
}

/* A private one has no path and ended with the container; what nobody wrote is not followed; and a pipe does not block. */
static void namespaces_without_a_way_to_them(void **state)
{
	struct place *p = *state;
	char relative[512], pipe[600], cut[512];
	const char *lines[] = {"ns 4 4026532000 -",        relative, pipe, "ns", "ns 4",
			       "ns x y /proc/self/ns/net", cut};
	struct err e = {0};

	snprintf(relative, sizeof(relative), "ns 1 2 %s", p->ns + 1);
	snprintf(cut, sizeof(cut), "%.*s", (int)(strrchr(p->line, '/') - p->line), p->line);
	snprintf(pipe, sizeof(pipe), "ns 1 2 %s/pipe", p->dir);
	assert_int_equal(mkfifo(strchr(pipe, '/'), 0600), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *text[] = {lines[i], "tap urunc0"};

		undo(text, 2, JOURNAL_NETWORK, &e, 0);
		assert_int_equal(was_open, -1);
	}
}

/* --- too many --- */

/* wrap: net_discover net_attach plan_links */
static int attached;
int __wrap_net_discover(int netns_fd, struct arena *a, struct net_facts *ret, struct err *e);
int __wrap_net_discover(int netns_fd, struct arena *a, struct net_facts *ret, struct err *e)
{
	(void)netns_fd;
	(void)a;
	(void)e;
	*ret = (struct net_facts){0};
	return 0;
}

int __wrap_plan_links(const struct launch_plan *p, const struct net_facts *f, struct arena *a,
		      struct plan_links *ret, struct strs *ret_warnings, struct err *e);
int __wrap_plan_links(const struct launch_plan *p, const struct net_facts *f, struct arena *a,
		      struct plan_links *ret, struct strs *ret_warnings, struct err *e)
{
	static const struct net_link link = {.name = "eth7"};

	(void)p;
	(void)f;
	(void)ret_warnings;
	(void)e;
	ret->n = GATE_MORE_MAX + 1;
	ret->v = arena_array(a, ret->n, sizeof(*ret->v));
	for (size_t i = 0; i < ret->n; i++)
		ret->v[i] = &link;
	return 0;
}

int __wrap_net_attach(int netns_fd, const struct net_wish *w, struct arena *a, struct net_guest *ret,
		      struct err *e);
int __wrap_net_attach(int netns_fd, const struct net_wish *w, struct arena *a, struct net_guest *ret,
		      struct err *e)
{
	(void)netns_fd;
	(void)w;
	(void)a;
	(void)e;
	attached++;
	ret->nic.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return 0;
}

/* One that waits in a network namespace of its own; 0: there can be none. */
static pid_t process_with_network(void)
{
	pid_t pid;
	char ok = 0;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0 && write(ends[1], "y", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	if (read(ends[0], &ok, 1) != 1) {
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		pid = 0;
	}
	close(ends[0]);
	return pid;
}

/* Whatever plan says: there is no room for more. */
static void more_taps_than_can_be_sent_are_refused(void **state)
{
	struct confine_ns ns = {.kind = NS_NET};
	struct launch_plan p = {.monitor = "qemu", .guest = "linux", .namespaces = {&ns, 1}};
	struct start_facts now = {0};
	struct network n = {.netns = -1};
	struct arena a = {0};
	struct err e = {0};
	struct {
		struct gate_fds fds;
		int beyond[4];
	} x = {.beyond = {1, 2, 3, 4}};
	pid_t pid;
	int pidfd;

	(void)state;
	unit_needs_root();
	pid = process_with_network();
	unit_needs("a network namespace", pid > 0);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	attached = calls = 0;
	assert_fails(network_up(&p, pid, pidfd, open("/dev/null", O_WRONLY | O_CLOEXEC), &a, &now, &x.fds, &n,
				&e),
		     e, E2BIG,
		     "network interface 'eth7': monitor 'qemu' has 8 interfaces, and can have no more");
	assert_int_equal(attached, GATE_MORE_MAX);
	assert_int_equal(calls, 1); /* taken back */
	assert_int_equal(x.fds.nmore, 0);
	assert_int_equal(now.nics.n, 0);
	assert_int_equal(x.beyond[0], 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(pidfd);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_was_done, setup, teardown),
		cmocka_unit_test_setup_teardown(all_its_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_namespace_that_has_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_namespace_that_was_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(namespaces_without_a_way_to_them, setup, teardown),
		cmocka_unit_test(more_taps_than_can_be_sent_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
