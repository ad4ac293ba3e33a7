/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the container's network, lets plan decide, has it done, and writes down how to take it back. */
#include "runtime/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/proc.h"
#include "monitors/monitor.h"
#include "net/net.h"

/* As many as plan lets through come with it. */
_Static_assert(NICS_BY_FD_MAX <= GATE_MORE_MAX, "a tap for each interface");

#define NS_WORD "ns "
#define NO_PATH "-"
/* What is done for a guest would be done to the host. */
#define NO_NETWORK "the container is in the host's network namespace: the guest gets no network"

struct up {
	const struct launch_plan *p;
	struct arena *a;
	int journal_fd;
	struct network *n;
};

static int note(void *arg, const char *line, struct err *e)
{
	struct up *u = arg;

	strv_add(&u->n->lines, arena_strdup(u->a, line));
	return journal_add(u->journal_fd, "network", line, e);
}

/* False: the host's own. */
static bool own_namespace(const struct launch_plan *p, const char **ret_path)
{
	for (size_t i = 0; i < p->namespaces.n; i++) {
		if (p->namespaces.v[i].kind != NS_NET)
			continue;
		*ret_path = p->namespaces.v[i].path ? p->namespaces.v[i].path : NO_PATH;
		return true;
	}
	return false;
}

static int note_namespace(struct up *u, const char *path, struct err *e)
{
	const char *line;
	struct stat st;

	if (fstat(u->n->netns, &st) < 0)
		return err_sys(e, "cannot look at the container's network namespace");
	line = arena_printf(u->a, NS_WORD "%llu %llu %s", (unsigned long long)st.st_dev,
			    (unsigned long long)st.st_ino, path);
	return line ? note(u, line, e) : err_oom(e);
}

static void warn_all(const struct strs *warnings)
{
	for (size_t i = 0; i < warnings->n; i++)
		log_warn("%s", warnings->v[i]);
}

static int attach_one(struct up *u, const struct net_facts *f, const struct net_link *link,
		      struct start_facts *now, struct gate_fds *fds, struct err *e)
{
	const struct monitor_ops *m = monitor_find(u->p->monitor);
	struct net_wish w = {
		.mode = u->p->net_mode,
		.link = link,
		.by_fd = m && m->caps & MON_TAP_FD,
		.uid = u->p->creds.uid,
		.gid = u->p->creds.gid,
		.also = now->nics.n > 0,
		.resolver_udp = f->resolver_udp,
		.resolver_tcp = f->resolver_tcp,
		.journal = note,
		.journal_arg = u,
	};
	struct net_guest g = {0};
	int r;

	if (w.by_fd && fds->nmore == GATE_MORE_MAX)
		return err_set(e, E2BIG,
			       "network interface '%s': monitor '%s' has %d interfaces, and can have no more",
			       link->name, u->p->monitor, GATE_MORE_MAX);
	r = net_attach(u->n->netns, &w, u->a, &g, e);
	if (r < 0)
		return err_wrap(e, "network interface '%s'", link->name);
	if (g.warning)
		log_warn("network interface '%s': %s", link->name, g.warning);
	if (w.by_fd) {
		fds->more[fds->nmore] = g.nic.fd;
		g.nic.fd = NETWORK_FIRST_FD + (int)fds->nmore++;
	}
	if (now->nics.n == 0)
		now->resolver = g.resolver;
	now->nics.v[now->nics.n++] = g.nic;
	return 0;
}

static int attach_all(struct up *u, const char *path, struct start_facts *now, struct gate_fds *fds,
		      struct err *e)
{
	struct net_facts f = {0};
	struct plan_links links = {0};
	struct strs warnings = {0};
	int r = net_discover(u->n->netns, u->a, &f, e);

	if (r == 0 && plan_wants_resolver(now))
		r = net_find_resolver(u->n->netns, u->a, &f, e);
	if (r == 0)
		r = plan_links(u->p, &f, u->a, &links, &warnings, e);
	if (r < 0)
		return r;
	warn_all(&warnings);
	if (links.n == 0)
		return 0;
	now->nics.v = arena_array(u->a, links.n, sizeof(*now->nics.v));
	if (!now->nics.v)
		return err_oom(e);
	r = note_namespace(u, path, e);
	for (size_t i = 0; r == 0 && i < links.n; i++)
		r = attach_one(u, &f, links.v[i], now, fds, e);
	return r;
}

static bool is_ours(int netns)
{
	struct stat own, st;

	return stat("/proc/self/ns/net", &own) < 0 || fstat(netns, &st) < 0 ||
	       (own.st_dev == st.st_dev && own.st_ino == st.st_ino);
}

/* The number is looked at first and the process afterwards: while it lives, the number is its own. */
static int open_of_process(pid_t pid, int pidfd, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open the container's network namespace");
	if (pidfd_signal(pidfd, 0) < 0)
		return err_set(e, ESRCH, "the container's init process died before the monitor was started");
	*ret_fd = fd_steal(&fd);
	return 0;
}

int network_up(const struct launch_plan *p, pid_t pid, int pidfd, int journal_fd, struct arena *a,
	       struct start_facts *now, struct gate_fds *fds, struct network *ret, struct err *e)
{
	struct network n = {.netns = -1, .lines = STRV(a)};
	struct up u = {.p = p, .a = a, .journal_fd = journal_fd, .n = &n};
	const char *path;
	int r;

	if (!own_namespace(p, &path)) {
		log_warn(NO_NETWORK);
		return 0;
	}
	r = open_of_process(pid, pidfd, &n.netns, e);
	if (r < 0)
		return r;
	if (is_ours(n.netns)) {
		log_warn(NO_NETWORK);
		fd_close(&n.netns);
		return 0;
	}
	r = attach_all(&u, path, now, fds, e);
	if (r < 0) {
		network_down(&n, fds);
		now->nics.n = 0;
		return r;
	}
	*ret = n;
	return 0;
}

static int detach(int netns, struct strv *lines, struct err *e)
{
	struct strs list;
	int r = strv_done(lines, &list, e);

	return r < 0 ? r : net_detach(netns, &list, e);
}

void network_down(struct network *n, struct gate_fds *fds)
{
	struct err e = {0};

	for (; fds->nmore > 0; fds->nmore--)
		fd_close(&fds->more[fds->nmore - 1]);
	if (n->netns >= 0 && n->lines.n > 0 && detach(n->netns, &n->lines, &e) < 0)
		log_warn("%s", e.msg);
	fd_close(&n->netns);
}

/* One number and the blank after it; NULL when there is none. */
static const char *number(const char *s, struct arena *a, uint64_t *ret)
{
	size_t n = strcspn(s, " ");
	const char *word = arena_strndup(a, s, n);

	return word && s[n] == ' ' && str_u64(word, 0, UINT64_MAX, ret) ? s + n + 1 : NULL;
}

/* The namespace of a line "ns DEVICE INODE PATH"; -1 when it has gone, with all that was in it. */
static int open_namespace(const char *line, struct arena *a)
{
	const char *path = line + strlen(NS_WORD);
	uint64_t dev = 0, ino = 0;
	_cleanup_fd_ int fd = -1;
	struct stat st;

	path = number(path, a, &dev);
	if (path)
		path = number(path, a, &ino);
	if (!path || *path != '/')
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != dev || st.st_ino != ino)
		return -1;
	return fd_steal(&fd);
}

int network_undo(const struct journal *j, struct err *e)
{
	struct arena a = {0};
	struct strv lines = STRV(&a);
	_cleanup_fd_ int netns = -1;
	int r = 0;

	for (size_t i = 0; i < j->undo.n; i++) {
		const struct journal_undo *u = &j->undo.v[i];

		if (u->kind != JOURNAL_NETWORK)
			continue;
		if (str_starts(u->arg, NS_WORD)) {
			fd_close(&netns);
			netns = open_namespace(u->arg, &a);
		} else {
			strv_add(&lines, u->arg);
		}
	}
	if (lines.n > 0)
		r = detach(netns, &lines, e);
	arena_release(&a);
	return r;
}
