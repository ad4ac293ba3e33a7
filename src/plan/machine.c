/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a plan that depends on the network and is therefore made again at start: the guest's files and command
 * line, the monitor's words. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

static int need_ops(const struct launch_plan *p, const struct monitor_ops **m, const struct guest_ops **g,
		    struct err *e)
{
	*m = monitor_find(p->monitor);
	*g = guest_find(p->guest);
	if (*m == NULL || *g == NULL)
		return err_set(e, EINVAL,
			       "the plan names monitor '%s' and guest '%s', which this urunc does not have",
			       p->monitor, p->guest);
	return 0;
}

int machine_prepare(struct launch_plan *p, struct arena *a, struct err *e)
{
	const struct monitor_ops *m;
	const struct guest_ops *g;
	int r = need_ops(p, &m, &g, e);

	if (r < 0)
		return r;
	p->vm.end = m->end[p->vm.arch];
	p->vm.files.v = NULL;
	p->vm.files.n = 0;
	return g->adjust != NULL ? g->adjust(&p->app, &p->vm, a, e) : 0;
}

struct box_op *machine_initrd_op(struct launch_plan *p)
{
	return box_find(p, BOX_INITRD_PATH);
}

static int fill_initrd(struct launch_plan *p, struct arena *a, struct err *e)
{
	struct box_op *op = machine_initrd_op(p);

	if (p->vm.files.n == 0 && (op == NULL || op->adds.n == 0))
		return 0;
	if (op == NULL || op->kind != BOX_INITRD)
		return err_set(e, EINVAL, "the guest's own files have no place in the box of this plan");
	return initrd_fill(p, a, op, e);
}

/* A monitor's configuration file is a file of ours in the box. */
static int put_config_file(const struct monitor_ops *m, struct launch_plan *p, struct arena *a, struct err *e)
{
	struct guest_file file = {0};
	int r;

	if (m->config_file == NULL)
		return 0;
	r = m->config_file(&p->vm, a, &file, e);
	if (r < 0)
		return r;
	return box_put(p, a,
		       (struct box_op){.kind = BOX_FILE,
				       .dst = file.path,
				       .mode = file.mode,
				       .uid = p->creds.uid,
				       .gid = p->creds.gid,
				       .data = file.data},
		       e);
}

static int put_net_node(struct launch_plan *p, const char *dst, uint32_t minor, struct arena *a, struct err *e)
{
	return box_put(p, a,
		       (struct box_op){.kind = BOX_NODE,
				       .dst = dst,
				       .mode = 0600,
				       .uid = p->creds.uid,
				       .gid = p->creds.gid,
				       .major = MISC_MAJOR,
				       .minor = minor},
		       e);
}

/* A tap that comes as a descriptor needs no device in the box. */
static int put_net_nodes(struct launch_plan *p, struct arena *a, struct err *e)
{
	bool by_name = false;
	int r = 0;

	for (size_t i = 0; i < p->vm.nics.n; i++)
		by_name = by_name || p->vm.nics.v[i].fd < 0;
	if (by_name)
		r = put_net_node(p, "/dev/net/tun", TUN_MINOR, a, e);
	if (r == 0 && p->vm.vhost && p->vm.nics.n > 0)
		r = put_net_node(p, "/dev/vhost-net", VHOST_NET_MINOR, a, e);
	return r;
}

static int make_cmdline(const struct guest_ops *g, struct launch_plan *p, struct arena *a, struct err *e)
{
	struct strbuf b = STRBUF(a);
	const char *s;
	int r = g->cmdline(&p->app, &p->vm, &b, e);

	if (r < 0 || (r = sb_done(&b, &s, e)) < 0)
		return r;
	if (g->max_cmdline_bytes > 0 && strlen(s) > g->max_cmdline_bytes)
		return err_set(e, E2BIG,
			       "the command line of the guest is %zu bytes long, but guest '%s' takes at most %zu (shorten "
			       "process.args or process.env)",
			       strlen(s), g->name, g->max_cmdline_bytes);
	p->vm.cmdline = p->guest_cmdline = s;
	return 0;
}

static int make_argv(const struct monitor_ops *m, struct launch_plan *p, struct arena *a, struct err *e)
{
	struct strv words = STRV(a);
	int r = m->check != NULL ? m->check(&p->vm, e) : 0;

	if (r < 0 || (r = m->argv(&p->vm, &words, e)) < 0)
		return r;
	return strv_done(&words, &p->argv, e);
}

int plan_machine(struct launch_plan *p, const struct start_facts *now, struct arena *a, struct err *e)
{
	const struct monitor_ops *m;
	const struct guest_ops *g;
	int r;

	if ((r = need_ops(p, &m, &g, e)) < 0 || (r = now_fill(p, now, a, e)) < 0 ||
	    (r = machine_prepare(p, a, e)) < 0 || (r = fill_initrd(p, a, e)) < 0 ||
	    (r = put_net_nodes(p, a, e)) < 0 || (r = make_cmdline(g, p, a, e)) < 0 ||
	    (r = put_config_file(m, p, a, e)) < 0)
		return r;
	return make_argv(m, p, a, e);
}
