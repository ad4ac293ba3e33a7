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
	p->vm.files.v = NULL;
	p->vm.files.n = 0;
	return g->adjust != NULL ? g->adjust(&p->app, &p->vm, a, e) : 0;
}

static struct box_op *find_op(struct launch_plan *p, const char *dst)
{
	for (size_t i = 0; i < p->box.n; i++)
		if (streq(p->box.v[i].dst, dst))
			return &p->box.v[i];
	return NULL;
}

struct box_op *machine_initrd_op(struct launch_plan *p)
{
	return find_op(p, BOX_INITRD_PATH);
}

static int fill_initrd(struct launch_plan *p, struct arena *a, struct err *e)
{
	struct box_op *op = machine_initrd_op(p);

	if (p->vm.files.n == 0)
		return 0;
	if (op == NULL || op->kind != BOX_INITRD)
		return err_set(e, EINVAL, "the guest's own files have no place in the box of this plan");
	return initrd_fill(p, a, op, e);
}

/* A monitor's configuration file is a file of ours in the box. */
static int put_config_file(const struct monitor_ops *m, struct launch_plan *p, struct arena *a, struct err *e)
{
	struct guest_file file = {0};
	struct box_op *op, *v;
	int r;

	if (m->config_file == NULL)
		return 0;
	r = m->config_file(&p->vm, a, &file, e);
	if (r < 0)
		return r;
	op = find_op(p, file.path);
	if (op == NULL) {
		v = arena_array(a, p->box.n + 1, sizeof(*v));
		if (v == NULL)
			return err_oom(e);
		if (p->box.n > 0)
			memcpy(v, p->box.v, p->box.n * sizeof(*v));
		op = &v[p->box.n++];
		p->box.v = v;
	}
	*op = (struct box_op){.kind = BOX_FILE,
			      .dst = file.path,
			      .mode = file.mode,
			      .uid = p->creds.uid,
			      .gid = p->creds.gid,
			      .data = file.data};
	return 0;
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

static int set_nics(struct launch_plan *p, const struct start_facts *now, struct arena *a, struct err *e)
{
	struct plan_network *net = arena_alloc(a, sizeof(*net));
	size_t n = now != NULL ? now->nics.n : 0;

	if (net == NULL || (net->nics.v = arena_array(a, n, sizeof(*net->nics.v))) == NULL)
		return err_oom(e);
	if (n > 0)
		memcpy(net->nics.v, now->nics.v, n * sizeof(*net->nics.v));
	net->nics.n = n;
	p->network = net;
	p->vm.nics.v = net->nics.v;
	p->vm.nics.n = n;
	p->vm.network_known = now != NULL && now->network_known;
	return 0;
}

int plan_machine(struct launch_plan *p, const struct start_facts *now, struct arena *a, struct err *e)
{
	const struct monitor_ops *m;
	const struct guest_ops *g;
	int r;

	if ((r = need_ops(p, &m, &g, e)) < 0 || (r = set_nics(p, now, a, e)) < 0 ||
	    (r = machine_prepare(p, a, e)) < 0 || (r = fill_initrd(p, a, e)) < 0 ||
	    (r = put_config_file(m, p, a, e)) < 0 || (r = make_cmdline(g, p, a, e)) < 0)
		return r;
	return make_argv(m, p, a, e);
}
