/* SPDX-License-Identifier: Apache-2.0 */
/* Facts in, launch plan out. */
#include "plan/plan.h"

#include <errno.h>
#include <string.h>

#include "plan/internal.h"

#define MONITOR_NOFILE_LEAST 256
#define MONITOR_UMASK 077

static int put_namespaces(struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;
	struct confine_ns *v = arena_array(b->a, s->namespaces.n, sizeof(*v));
	int kind;

	if (v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < s->namespaces.n; i++) {
		for (kind = 0; ns_kind_names[kind] != NULL; kind++)
			if (streq(ns_kind_names[kind], s->namespaces.v[i].type))
				break;
		if (ns_kind_names[kind] == NULL)
			return err_set(e, EINVAL, "linux.namespaces: unknown type '%.64s' (allowed: %s)",
				       s->namespaces.v[i].type, list_names(b->a, ns_kind_names));
		v[i] = (struct confine_ns){kind, s->namespaces.v[i].path};
	}
	b->p->namespaces.v = v;
	b->p->namespaces.n = s->namespaces.n;
	return 0;
}

/* Limits that speak about address space, CPU time or the number of processes are the application's: on the monitor,
 * whose address space is the guest's memory, they would mean something else. */
static bool is_monitor_limit(const char *type)
{
	static const char *const guest_only[] = {"RLIMIT_AS",  "RLIMIT_DATA",  "RLIMIT_STACK", "RLIMIT_RSS",
						 "RLIMIT_CPU", "RLIMIT_NPROC", "RLIMIT_FSIZE"};

	for (size_t i = 0; i < sizeof(guest_only) / sizeof(guest_only[0]); i++)
		if (streq(type, guest_only[i]))
			return false;
	return true;
}

static int put_creds(struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;
	struct confine_creds *c = &b->p->creds;

	c->uid = s->uid;
	c->gid = s->gid;
	c->groups = s->groups;
	c->has_oom_score_adj = s->has_oom_score_adj;
	c->oom_score_adj = s->oom_score_adj;
	c->umask = MONITOR_UMASK;
	c->rlimits.v = arena_array(b->a, s->rlimits.n, sizeof(*c->rlimits.v));
	if (c->rlimits.v == NULL)
		return err_oom(e);
	for (size_t i = 0; i < s->rlimits.n; i++) {
		struct rlimit_value l = {s->rlimits.v[i].type, s->rlimits.v[i].soft, s->rlimits.v[i].hard};

		if (!is_monitor_limit(l.type))
			continue;
		if (streq(l.type, "RLIMIT_NOFILE") && l.soft < MONITOR_NOFILE_LEAST)
			l.soft = MONITOR_NOFILE_LEAST;
		if (l.hard < l.soft)
			l.hard = l.soft;
		c->rlimits.v[c->rlimits.n++] = l;
	}
	return 0;
}

static void put_hooks(struct build *b)
{
	const struct oci_spec *s = &b->f->spec;

	b->p->prestart = s->prestart;
	b->p->create_runtime = s->create_runtime;
	b->p->create_container = s->create_container;
	b->p->start_container = s->start_container;
	b->p->poststart = s->poststart;
	b->p->poststop = s->poststop;
}

/* Knative's sidecar expects the application at a fixed address. */
static int net_mode(const struct oci_spec *s)
{
	const char *name = spec_annotation(s, "io.kubernetes.cri.container-name");

	return streq(name, "user-container") ? NET_STATIC : NET_DYNAMIC;
}

/* A section for a monitor of the original's that is not here is no mistake; a typing error would be lost. */
static void warn_config(struct build *b)
{
	const struct config *c = &b->f->config;

	for (size_t i = 0; i < c->monitors.n; i++)
		if (!metadata_knows_monitor(c->monitors.v[i].name))
			strv_addf(&b->warnings,
				  "%s: [monitors.%.64s] has no effect: no monitor is called so (allowed: %s)",
				  c->source != NULL ? c->source : "configuration", c->monitors.v[i].name,
				  list_monitors(b->a));
}

static void warn_network(struct build *b)
{
	if (b->w->guest->max_nics == 0)
		strv_addf(&b->warnings, "guest '%s' has no network: the container's does not reach it",
			  b->w->guest->name);
}

/* What the spec's profile says is for the application, which is not a process of this host: only that there is one counts. */
static const char *seccomp_profile(const struct build *b)
{
	const char *own = b->w->monitor->seccomp_profile;

	if (!b->f->spec.has_seccomp)
		return NULL;
	return own != NULL ? own : "monitor";
}

static void put_identity(struct build *b)
{
	const struct oci_spec *s = &b->f->spec;
	struct launch_plan *p = b->p;

	p->oci_version = s->oci_version;
	p->id = b->f->id;
	p->bundle = b->f->bundle;
	p->monitor = b->w->monitor->name;
	p->guest = b->w->guest->name;
	p->root_path = b->f->root.path;
	p->terminal = s->terminal;
	p->console_width = s->console_width;
	p->console_height = s->console_height;
	p->hostname = s->hostname;
	p->domainname = s->domainname;
	p->annotations.v = s->annotations.v;
	p->annotations.n = s->annotations.n;
	p->cwd = s->cwd != NULL ? s->cwd : "/";
	p->process_uid = s->uid;
	p->process_gid = s->gid;
	p->seccomp_profile = seccomp_profile(b);
	p->net_mode = net_mode(s);
}

static int put_env(struct build *b, struct err *e)
{
	struct strv l = STRV(b->a);

	for (size_t i = 0; b->w->monitor->env != NULL && b->w->monitor->env[i] != NULL; i++)
		strv_add(&l, b->w->monitor->env[i]);
	return strv_done(&l, &b->p->envp, e);
}

/* Box first, because the archive's size is part of the memory sum; argv last, because it names that sum. */
static int put_box_and_memory(struct build *b, struct err *e)
{
	uint64_t initrd_bytes = b->w->meta.initrd != NULL ? b->f->initrd.size_bytes
				: b->p->modules != NULL   ? b->p->modules->bytes
							  : 0;
	struct box_op *op;
	int r;

	if ((r = machine_prepare(b->p, b->a, e)) < 0)
		return r;
	if (b->p->vm.files.n > 0 || b->adds.n > 0)
		b->p->vm.initrd = BOX_INITRD_PATH;
	if ((r = box_decide(b, e)) < 0)
		return r;
	op = machine_initrd_op(b->p);
	if (op != NULL && op->kind == BOX_INITRD) {
		if ((r = initrd_fill(b->p, b->a, op, e)) < 0)
			return r;
		initrd_bytes += initrd_added_bytes(op);
	}
	return memory_decide(b, initrd_bytes, op != NULL && op->kind != BOX_IMAGE, e);
}

static int finish(struct build *b, struct err *e)
{
	int r = plan_machine(b->p, &b->f->start, b->a, e);

	if (r < 0)
		return r;
	if (b->f->start.nics.n == 0)
		b->p->network = NULL; /* only start can know it */
	r = box_check(b, e);
	return r < 0 ? r : strv_done(&b->warnings, &b->p->warnings, e);
}

int plan_build(const struct facts *f, const struct plan_wants *w, struct arena *a, struct launch_plan *ret,
	       struct err *e)
{
	struct launch_plan p = {0};
	struct build b = {.f = f, .w = w, .a = a, .p = &p, .warnings = STRV(a)};
	int r;

	for (size_t i = 0; i < w->warnings.n; i++)
		strv_add(&b.warnings, w->warnings.v[i]);
	if ((r = check_spec(&b, e)) < 0 || (r = check_files(&b, e)) < 0)
		return r;
	warn_config(&b);
	warn_network(&b);
	put_identity(&b);
	put_hooks(&b);
	if ((r = put_namespaces(&b, e)) < 0 || (r = put_creds(&b, e)) < 0 || (r = app_fill(&b, e)) < 0 ||
	    (r = sysctl_decide(&b, e)) < 0 || (r = mounts_find_sources(&b, e)) < 0 ||
	    (r = stop_decide(&b, e)) < 0 || (r = vm_fill(&b, e)) < 0 || (r = storage_decide(&b, e)) < 0 ||
	    (r = mounts_decide(&b, e)) < 0 || (r = vcpus_decide(&b, e)) < 0 || (r = put_env(&b, e)) < 0 ||
	    (r = choose_accel(&b, e)) < 0 || (r = choose_machine(&b, e)) < 0 ||
	    (r = modules_decide(&b, e)) < 0 || (r = now_fill(&p, &f->start, a, e)) < 0 ||
	    (r = put_box_and_memory(&b, e)) < 0 || (r = cgroup_decide(&b, e)) < 0 || (r = finish(&b, e)) < 0)
		return r;
	*ret = p;
	return 0;
}
