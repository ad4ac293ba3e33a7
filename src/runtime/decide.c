/* SPDX-License-Identifier: Apache-2.0 */
/* Gather, then decide. */
#include "runtime/decide.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "config/config.h"
#include "gather/gather.h"
#include "runtime/rootimage.h"
#include "sandbox/ns.h"

/* Holds the verdict of the KVM probe until the next boot. */
#define CACHE_DIR "/run/urunc-cache"

const char *decide_cache_dir(void)
{
	return geteuid() == 0 ? CACHE_DIR : NULL;
}

static int override_netns(struct oci_spec *spec, const char *path, struct arena *a, struct err *e)
{
	struct spec_ns *v;

	for (size_t i = 0; i < spec->namespaces.n; i++)
		if (streq(spec->namespaces.v[i].type, "network")) {
			spec->namespaces.v[i].path = path;
			return 0;
		}
	v = arena_array(a, spec->namespaces.n + 1, sizeof(*v));
	if (!v)
		return err_oom(e);
	for (size_t i = 0; i < spec->namespaces.n; i++)
		v[i] = spec->namespaces.v[i];
	v[spec->namespaces.n++] = (struct spec_ns){.type = "network", .path = path};
	spec->namespaces.v = v;
	return 0;
}

static void settle_log(const struct runtime *rt, const struct config *config)
{
	enum log_level level;

	if (!rt->log_level_given && config->log_level && log_level_parse(config->log_level, &level))
		log_set_level(level);
	log_syslog(config->log_syslog);
	log_before_first(NULL, NULL);
}

/* A configuration that cannot be read is the trouble of create. */
static void load_and_settle(void *arg)
{
	const struct runtime *rt = arg;
	struct config config;

	if (config_load(NULL, rt->arena, &config, NULL) == 0)
		settle_log(rt, &config);
}

void decide_log_lazily(const struct runtime *rt)
{
	log_before_first(load_and_settle, (void *)(uintptr_t)rt);
}

/* What the decision comes to; the rest of it is shown by `urunc plan`. */
static void tell(const struct launch_plan *p)
{
	log_debug("container '%s': guest '%s' on monitor '%s' (%s, machine '%s', %llu MiB, %u vCPUs), root '%s', init '%s'",
		  p->id, p->guest, p->monitor, accel_names[p->vm.accel], p->vm.machine ? p->vm.machine : "-",
		  (unsigned long long)p->memory_bytes >> 20, p->vcpus, root_kind_names[p->rootfs.kind],
		  init_kind_names[p->app.init]);
}

int decide(const struct runtime *rt, const struct decide_in *in, struct launch_plan *ret,
	   struct decide_out *ret_out, struct err *e)
{
	struct arena *a = rt->arena;
	struct facts *facts = arena_alloc(a, sizeof(*facts));
	struct config *config = arena_alloc(a, sizeof(*config));
	struct plan_wants wants = {0};
	int r;

	if (!facts || !config)
		return err_oom(e);
	r = config_load(NULL, a, config, e);
	if (r < 0)
		return r;
	settle_log(rt, config);
	r = gather_spec(in->bundle, in->id, config, a, facts, e);
	if (r < 0)
		return r;
	facts->systemd_cgroup = rt->systemd_cgroup;
	*ret_out = (struct decide_out){.config = config, .spec = &facts->spec};
	r = plan_identify(facts, a, &wants, e);
	if (r == 1)
		log_debug("container '%s' has no unikernel metadata: it goes to %s", in->id,
			  config->delegate ? config->delegate : "runc or crun");
	if (r != 0)
		return r;
	r = in->netns ? override_netns(&facts->spec, in->netns, a, e) : 0;
	if (r < 0)
		return r;
	r = gather_rest(facts, &wants, getenv("PATH"), in->cache, a, e);
	if (r < 0)
		return r;
	r = plan_build(facts, &wants, a, ret, e);
	if (r == 0)
		tell(ret);
	return r;
}

static int check_netns(const char *path, struct err *e)
{
	const struct confine_ns ns = {.kind = NS_NET, .path = path};
	_cleanup_fd_ int fd = -1;

	return ns_open(&ns, &fd, e);
}

int runtime_plan(const struct runtime *rt, const char *id, const char *bundle, const char *netns,
		 struct strbuf *out, struct err *e)
{
	struct launch_plan *plan = arena_alloc(rt->arena, sizeof(*plan));
	const struct decide_in in = {.id = id, .bundle = bundle, .netns = netns};
	struct decide_out found;
	int r;

	if (!plan)
		return err_oom(e);
	r = container_id_check(id, e);
	if (r < 0)
		return r;
	r = netns ? check_netns(netns, e) : 0;
	if (r < 0)
		return r;
	r = decide(rt, &in, plan, &found, e);
	if (r < 0)
		return r;
	if (r == 1)
		return err_set(e, EINVAL,
			       "bundle '%s' carries no unikernel metadata (annotations com.urunc.unikernel.* or "
			       "/urunc.json): it would be handed to %s",
			       bundle, found.config->delegate ? found.config->delegate : "runc or crun");
	rootimage_cost(plan);
	return plan_print_json(plan, out) < 0 ? err_oom(e) : 0;
}
