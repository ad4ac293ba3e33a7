/* SPDX-License-Identifier: Apache-2.0 */
/* The pod switch of one network namespace. */
#include "net/pod.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ip.h>
#include <string.h>

#include "common/fd.h"
#include "common/str.h"
#include "net/bpf_call.h"
#include "net/tap.h"

#define LO 1u
#define NAME "urunc:"
#define FILTER(role) NAME POD_ABI ":" role

struct role {
	const char *filter;
	uint32_t block;
	const struct pod_code *code;
};
static const struct role role_lo = {FILTER("lo"), TC_BLOCK_LO, &pod_code_lo},
			 role_tap = {FILTER("tap"), TC_BLOCK_TAP, &pod_code_tap},
			 role_link = {FILTER("link"), TC_BLOCK_LINK, &pod_code_link};

/* Where the filter of a role is or would be at this interface: in our block, or beside those of the queue's owner. */
static struct tc_place place(const struct pod *p, uint32_t ifindex, const struct role *role)
{
	const struct tc_queue *q = tc_of(&p->queues, ifindex);

	return (struct tc_place){ifindex, q ? q->block : role->block};
}

static bool is_made(const struct pod *p)
{
	return p->maps[0] >= 0;
}

/* The queues, and the filter on lo, of whatever version; id 0: there is none. */
static int find(int rt, struct pod *ret, struct tc_filter *ret_lo, struct err *e)
{
	size_t i;
	int r;

	*ret_lo = (struct tc_filter){0};
	ret->rt = rt;
	for (i = 0; i < POD_MAPS; i++)
		ret->maps[i] = -1;
	r = tc_list(rt, &ret->queues, e);
	if (r < 0 || !tc_of(&ret->queues, LO))
		return r;
	return tc_find_bpf(rt, place(ret, LO, &role_lo), NAME, ret_lo, e);
}

static int take_maps(const struct tc_filter *f, struct pod *ret, struct err *e)
{
	_cleanup_fd_ int program = -1;
	int r = bpf_program_by_id(f->id, &program, e);

	return r < 0 ? r : bpf_program_maps(program, pod_maps, POD_MAPS, ret->maps, e);
}

int pod_open(int rt, struct pod *ret, struct err *e)
{
	struct tc_filter f;
	int r = find(rt, ret, &f, e);

	if (r < 0 || f.id == 0)
		return r;
	if (!streq(f.name, role_lo.filter))
		return err_set(e, EBUSY,
			       "another version of urunc has guests in this network namespace ('%s', this one "
			       "makes '%s'): stop them first",
			       f.name, role_lo.filter);
	return take_maps(&f, ret, e);
}

int pod_open_any(int rt, struct pod *ret, bool *ret_other, struct err *e)
{
	struct tc_filter f;
	int r = find(rt, ret, &f, e);

	*ret_other = r == 0 && f.id != 0 && !streq(f.name, role_lo.filter);
	return r < 0 || f.id == 0 || *ret_other ? r : take_maps(&f, ret, e);
}

void pod_close(struct pod *p)
{
	size_t i;

	for (i = 0; i < POD_MAPS; i++)
		fd_close(&p->maps[i]);
}

/* Puts the role's filter on an interface, and a queue under it where there is none. */
static int hook(struct pod *p, uint32_t ifindex, const struct role *role, struct err *e)
{
	_cleanup_fd_ int program = -1;
	struct tc_filter f;
	int r;

	if (!tc_of(&p->queues, ifindex)) {
		r = tc_add(p->rt, ifindex, role->block, e);
		if (r < 0)
			return r;
		if (p->queues.n < TC_QUEUES_MAX)
			p->queues.v[p->queues.n++] = (struct tc_queue){ifindex, role->block};
	}
	r = tc_find_bpf(p->rt, place(p, ifindex, role), role->filter, &f, e);
	if (r < 0 || f.id)
		return r;
	r = bpf_load(role->code, p->maps, &program, e);
	return r < 0 ? r : tc_add_bpf(p->rt, place(p, ifindex, role), role->filter, program, e);
}

/* A queue of ours, or our filters beside those of the queue's owner, whatever version made them. */
static int unhook(const struct pod *p, const struct tc_queue *q, struct err *e)
{
	const struct tc_place at = {q->ifindex, q->block};
	struct tc_filter f;
	int r;

	if (q->block == TC_BLOCK_LINK || q->block == TC_BLOCK_TAP || q->block == TC_BLOCK_LO)
		return tc_remove(p->rt, q->ifindex, e);
	do {
		r = tc_find_bpf(p->rt, at, NAME, &f, e);
		if (r < 0 || f.id == 0)
			return r;
		r = tc_remove_bpf(p->rt, at, &f, e);
	} while (r == 0);
	return r;
}

static int unhook_lo(const struct pod *p, struct err *e)
{
	const struct tc_queue *q = tc_of(&p->queues, LO);

	return q ? unhook(p, q, e) : 0;
}

/* Goes on after failures. */
static int unhook_all_but_lo(const struct pod *p, struct err *e)
{
	int first = 0, r;
	size_t i;

	for (i = 0; i < p->queues.n; i++) {
		if (p->queues.v[i].ifindex == LO)
			continue;
		r = unhook(p, &p->queues.v[i], first ? NULL : e);
		first = first ? first : r;
	}
	return first;
}

/* --- lo must take packets that guests send to 127.0.0.1 --- */

static const uint16_t lo_settings[] = {IPV4_DEVCONF_ROUTE_LOCALNET, IPV4_DEVCONF_ACCEPT_LOCAL};

static int open_lo(struct pod *p, struct err *e)
{
	size_t i;
	int r = 0;

	for (i = 0; i < 2 && r == 0; i++)
		r = link_conf_set(p->rt, LO, lo_settings[i], 1, e);
	return r;
}

static int close_lo(struct pod *p, struct err *e)
{
	struct pod_state st;
	uint32_t zero = 0;
	int r = bpf_map_get(p->maps[POD_MAP_STATE], &zero, &st);

	if (r < 0)
		return err_set(e, -r, "cannot read the state of the pod switch");
	if (!st.old_route_localnet)
		r = link_conf_set(p->rt, LO, IPV4_DEVCONF_ROUTE_LOCALNET, 0, e);
	if (r == 0 && !st.old_accept_local)
		r = link_conf_set(p->rt, LO, IPV4_DEVCONF_ACCEPT_LOCAL, 0, e);
	return r;
}

static int make_maps(struct pod *p, struct err *e)
{
	uint32_t old[2] = {0}, zero = 0;
	struct pod_state st = {0};
	size_t i;
	int r = 0;

	for (i = 0; i < 2 && r == 0; i++)
		r = link_conf_get(p->rt, LO, lo_settings[i], &old[i], e);
	for (i = 0; i < POD_MAPS && r == 0; i++)
		r = bpf_map_make(&pod_maps[i], &p->maps[i], e);
	if (r < 0)
		return r;
	st.old_route_localnet = old[0] != 0;
	st.old_accept_local = old[1] != 0;
	r = bpf_map_set(p->maps[POD_MAP_STATE], &zero, &st);
	return r < 0 ? err_set(e, -r, "cannot write the state of the pod switch") : 0;
}

/* Without the filter on lo nothing else can be in use: what is left of a switch that lost it goes. */
static int drop_remains(struct pod *p, struct err *e)
{
	int r = unhook_all_but_lo(p, e);

	if (r == 0)
		r = unhook_lo(p, e);
	return r < 0 ? r : tc_list(p->rt, &p->queues, e);
}

/* The filter on lo comes first and goes last, because it keeps the maps and by them what must be put back. */
int pod_make(struct pod *p, struct err *e)
{
	int r = 0;

	if (!is_made(p)) {
		r = drop_remains(p, e);
		if (r == 0)
			r = make_maps(p, e);
		if (r == 0)
			r = hook(p, LO, &role_lo, e);
	}
	return r < 0 ? r : open_lo(p, e);
}

/* --- who is there --- */

static int slot_get(const struct pod *p, uint32_t k, struct pod_slot *ret)
{
	memset(ret, 0, sizeof(*ret));
	return bpf_map_get(p->maps[POD_MAP_SLOTS], &k, ret);
}

static int slot_set(struct pod *p, uint32_t k, const struct pod_slot *s, struct err *e)
{
	int r = bpf_map_set(p->maps[POD_MAP_SLOTS], &k, s);

	return r < 0 ? err_set(e, -r, "cannot write guest %u into the pod switch", k) : 0;
}

/* Says who is behind a link, or behind lo. */
static int write_iface(struct pod *p, uint32_t ifindex, struct err *e)
{
	struct pod_iface in = {0};
	struct pod_slot s;
	uint32_t k;
	int r;

	for (k = 1; k < POD_SLOTS; k++) {
		if (slot_get(p, k, &s) < 0 || !s.tap || (ifindex == LO ? !s.local : s.link != ifindex))
			continue;
		in.taps[in.n] = s.tap;
		in.slot = in.n ? in.slot : k;
		in.mask |= 1u << k;
		in.n++;
	}
	if (in.n == 0) {
		r = bpf_map_drop(p->maps[POD_MAP_IFACES], &ifindex);
		r = r == -ENOENT ? 0 : r;
	} else {
		r = bpf_map_set(p->maps[POD_MAP_IFACES], &ifindex, &in);
	}
	return r < 0 ? err_set(e, -r, "cannot write interface %u into the pod switch", ifindex) : 0;
}

/* Its flows and ports would be sent to a tap that is no more. */
static int forget(struct pod *p, uint32_t k, const struct pod_slot *s, struct err *e)
{
	static const int owned[] = {POD_MAP_FLOWS, POD_MAP_PORTS};
	const struct pod_slot none = {0};
	size_t i;
	int r = slot_set(p, k, &none, e);

	if (r == 0)
		r = write_iface(p, s->link, e);
	if (r == 0)
		r = write_iface(p, LO, e);
	for (i = 0; i < 2; i++)
		bpf_map_drop_value(p->maps[owned[i]], s->tap);
	(void)bpf_map_drop(p->maps[POD_MAP_IFACES], &s->tap);
	return r;
}

int pod_prune(struct pod *p, struct err *e)
{
	struct pod_slot s;
	uint32_t k;
	int r = 0;

	for (k = 1; is_made(p) && r == 0 && k < POD_SLOTS; k++) {
		const struct tc_queue *q;

		if (slot_get(p, k, &s) < 0 || !s.tap)
			continue;
		q = tc_of(&p->queues, s.tap);
		if (q && q->block == TC_BLOCK_TAP)
			continue;
		r = forget(p, k, &s, e);
	}
	return r;
}

uint32_t pod_guests(const struct pod *p)
{
	struct pod_slot s;
	uint32_t k, n = 0;

	for (k = 1; is_made(p) && k < POD_SLOTS; k++)
		n += slot_get(p, k, &s) == 0 && s.tap;
	return n;
}

static int free_slot(const struct pod *p, uint32_t *ret, struct err *e)
{
	struct pod_slot s;
	uint32_t k;

	for (k = 1; k < POD_SLOTS; k++) {
		if (slot_get(p, k, &s) == 0 && !s.tap) {
			*ret = k;
			return 0;
		}
	}
	return err_set(e, EUSERS,
		       "this network namespace has %d guests already, which is the most it can have",
		       POD_SLOTS - 1);
}

static int enter(struct pod *p, uint32_t k, const struct pod_slot *slot, struct err *e)
{
	struct pod_iface me = {.slot = k};
	int r = slot_set(p, k, slot, e);

	if (r == 0) {
		r = bpf_map_set(p->maps[POD_MAP_IFACES], &slot->tap, &me);
		if (r < 0)
			return err_set(e, -r, "cannot write tap %u into the pod switch", slot->tap);
	}
	if (r == 0)
		r = hook(p, slot->link, &role_link, e);
	if (r == 0)
		r = write_iface(p, slot->link, e);
	if (r == 0 && slot->local)
		r = write_iface(p, LO, e);
	return r;
}

/* The tap's queue is what makes a slot count (see pod_prune), so it comes before the slot. */
int pod_join(struct pod *p, const struct pod_slot *slot, uint32_t *ret_number, struct err *e)
{
	const struct pod_slot none = {0};
	uint32_t k = 0;
	int r = free_slot(p, &k, e);

	if (r == 0)
		r = hook(p, slot->tap, &role_tap, e);
	if (r < 0)
		return r;
	r = enter(p, k, slot, e);
	if (r < 0)
		(void)bpf_map_set(p->maps[POD_MAP_SLOTS], &k, &none);
	else
		*ret_number = k;
	return r;
}

int pod_set_resolver(struct pod *p, uint32_t udp, uint32_t tcp, struct err *e)
{
	struct pod_state st;
	uint32_t zero = 0;
	int r = bpf_map_get(p->maps[POD_MAP_STATE], &zero, &st);

	if (r == 0) {
		if (udp)
			st.resolver_udp = htons((uint16_t)udp);
		if (tcp)
			st.resolver_tcp = htons((uint16_t)tcp);
		r = bpf_map_set(p->maps[POD_MAP_STATE], &zero, &st);
	}
	return r < 0 ? err_set(e, -r, "cannot tell the pod switch where the resolver is") : 0;
}

int pod_unmake_other(struct pod *p, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < p->queues.n; i++)
		if (p->queues.v[i].block == TC_BLOCK_TAP)
			return 0;
	r = unhook_all_but_lo(p, e);
	return r < 0 ? r : unhook_lo(p, e);
}

int pod_unmake(struct pod *p, struct err *e)
{
	int first, r;

	if (pod_guests(p) > 0)
		return 0;
	first = unhook_all_but_lo(p, e);
	if (is_made(p)) {
		r = close_lo(p, first ? NULL : e);
		first = first ? first : r;
	}
	return first < 0 ? first : unhook_lo(p, e);
}
