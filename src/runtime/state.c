/* SPDX-License-Identifier: Apache-2.0 */
/* What state a container is in: the journal says what was done, the kernel says what is alive. */
#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/proc.h"
#include "sandbox/cgroup.h"

const char *status_name(enum status s)
{
	static const char *const names[] = {"creating", "created", "running", "paused", "stopped"};

	return names[s];
}

static int init_alive(struct container *c, bool *ret, struct err *e)
{
	struct err gone = {0};
	struct proc_stat st;
	bool same;
	int r;

	*ret = false;
	if (c->journal.pid == 0)
		return 0;
	r = container_same_boot(c, &same, e);
	if (r < 0 || !same)
		return r;
	r = proc_stat_read(c->journal.pid, &st, &gone);
	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return err_set(e, -r, "%s", gone.msg);
	*ret = st.start_time == c->journal.start_time && st.state != 'Z' && st.state != 'X';
	return 0;
}

/* Only asked after a `start` that began and did not finish: was it killed before or after the hand-over? */
static bool left_the_gate(pid_t pid)
{
	_cleanup_fd_ int fd = -1;
	char path[32], comm[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	n = read(fd, comm, sizeof(comm));
	return n < (ssize_t)strlen(COMM_GATE) || memcmp(comm, COMM_GATE, strlen(COMM_GATE)) != 0;
}

int status_of_living(const struct container *c, enum status *ret, struct err *e)
{
	const struct journal *j = &c->journal;
	bool frozen = false;
	int r;

	if (!j->created) {
		*ret = ST_CREATING;
		return 0;
	}
	r = cgroup_frozen(&c->head.cgroup, &frozen, e);
	if (r < 0)
		return r;
	if (frozen)
		*ret = ST_PAUSED;
	else if (j->started || (j->starting && left_the_gate(j->pid)))
		*ret = ST_RUNNING;
	else
		*ret = ST_CREATED;
	return 0;
}

int status_read(struct container *c, bool lock_held, enum status *ret, struct err *e)
{
	const struct journal *j = &c->journal;
	bool alive, young;
	int r;

	r = init_alive(c, &alive, e);
	if (r < 0)
		return r;
	if (alive)
		return status_of_living(c, ret, e);
	/* No process yet is the youth of a container, but only while somebody works on it. */
	young = !j->created && j->pid == 0 && !lock_held && container_is_locked(c->dirfd);
	*ret = young ? ST_CREATING : ST_STOPPED;
	return 0;
}

int container_pidfd(struct container *c, int *ret_pidfd, struct err *e)
{
	bool same;
	int r;

	if (c->journal.pid == 0)
		return err_set(e, ESRCH, "container '%s' has no process", c->head.id);
	r = container_same_boot(c, &same, e);
	if (r < 0)
		return r;
	if (!same)
		return err_set(e, ESRCH, "container '%s' belongs to an earlier boot of this machine",
			       c->head.id);
	return proc_open_checked(c->journal.pid, c->journal.start_time, ret_pidfd, e);
}

void state_fill(const struct container *c, enum status s, char *created_text, struct oci_state *ret)
{
	clock_rfc3339(c->head.created_ns, 1, created_text, 40);
	*ret = (struct oci_state){
		.oci_version = c->head.oci_version,
		.id = c->head.id,
		.status = status_name(s),
		.pid = s == ST_STOPPED ? 0 : c->journal.pid,
		.bundle = c->head.bundle,
		.rootfs = c->head.rootfs,
		.created = created_text,
		.owner = "",
		.annotations = c->head.annotations.v,
		.nannotations = c->head.annotations.n,
	};
}

int runtime_state(const struct runtime *rt, const char *id, struct strbuf *out, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	struct oci_state st;
	char created[40];
	enum status s;
	int r;

	r = container_get(rt, id, 0, &c, e);
	if (r < 0)
		return r;
	r = status_read(&c, false, &s, e);
	if (r < 0)
		return r;
	state_fill(&c, s, created, &st);
	state_to_json(&st, 2, out);
	return out->oom ? err_oom(e) : 0;
}
