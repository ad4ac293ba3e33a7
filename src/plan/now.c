/* SPDX-License-Identifier: Apache-2.0 */
/* What start knows, and create may know in part: network interfaces, and the files that engines write for the container. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

#define HOSTNAME_PATH "/etc/hostname"
#define HOSTNAME_MAX_BYTES 64

/* Every engine gives a container a network; a guest without drivers does without, and create has warned of it. */
static int count_nics(const struct launch_plan *p, const struct start_facts *now, size_t *ret, struct err *e)
{
	size_t n = now != NULL ? now->nics.n : 0;
	size_t most = plan_max_nics(guest_find(p->guest), monitor_find(p->monitor));

	if (most == 0)
		n = 0;
	if (n > most)
		return err_set(e, EINVAL,
			       "the container has %zu network interfaces, but guest '%s' can have at most %zu: connect the "
			       "container to fewer networks",
			       n, p->guest, most);
	*ret = n;
	return 0;
}

static int put_nics(struct launch_plan *p, const struct start_facts *now, struct arena *a, struct err *e)
{
	struct plan_network *net = arena_alloc(a, sizeof(*net));
	size_t n = 0;
	int r = count_nics(p, now, &n, e);

	if (r < 0)
		return r;
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

/* The first word of an /etc/hostname; NULL when it is no name that a guest could have. */
static const char *name_in(struct bytes file, struct arena *a)
{
	static const char blanks[] = " \t\r\n";
	const char *s = file.p;
	size_t n = 0;

	while (n < file.n && strchr(blanks, s[n]) == NULL)
		n++;
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9') && strchr("-._", s[i]) == NULL)
			return NULL;
	return n > 0 && n <= HOSTNAME_MAX_BYTES ? arena_strndup(a, s, n) : NULL;
}

static int put_files(struct app_desc *app, const struct start_facts *now, struct arena *a, struct err *e)
{
	int r;

	app->files.v = now != NULL ? now->files.v : NULL;
	app->files.n = now != NULL ? now->files.n : 0;
	app->dns = app->dns_search = (struct strs){0};
	for (size_t i = 0; i < app->files.n; i++) {
		/* A container of a pod has no name of its own: the pod's is in the namespace that it joins, and in this file. */
		if (app->hostname == NULL && streq(app->files.v[i].path, HOSTNAME_PATH))
			app->hostname = name_in(app->files.v[i].data, a);
		if (!streq(app->files.v[i].path, RESOLV_PATH))
			continue;
		if (now->resolver != NULL) {
			r = resolv_redirect(app->files.v[i].data, DOCKER_RESOLVER, now->resolver, a,
					    &app->files.v[i].data, e);
			if (r < 0)
				return r;
		}
		r = resolv_parse(app->files.v[i].data, a, &app->dns, &app->dns_search, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int now_fill(struct launch_plan *p, const struct start_facts *now, struct arena *a, struct err *e)
{
	int r = put_nics(p, now, a, e);

	p->app.start_clock_ms = now != NULL ? now->clock_ms : 0;
	return r < 0 ? r : put_files(&p->app, now, a, e);
}
