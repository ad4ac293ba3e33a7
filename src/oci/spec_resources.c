/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: linux.resources, the limits of the cgroup. */
#include <errno.h>
#include <string.h>

#include "oci/spec_reader.h"

#define MAX_RULES 4096

static int read_memory(const json_t *resources, struct spec_resources *res, struct err *e)
{
	static const char where[] = "linux.resources.memory";
	const json_t *o = NULL;
	int r;

	r = json_get_obj(resources, "linux.resources", "memory", &o, e);
	if (r < 0 || !o)
		return r;
	if ((r = json_get_int(o, where, "limit", -1, INT64_MAX, &res->memory_limit_bytes, e)) < 0 ||
	    (r = json_get_int(o, where, "swap", -1, INT64_MAX, &res->memory_swap_bytes, e)) < 0 ||
	    (r = json_get_int(o, where, "reservation", -1, INT64_MAX, &res->memory_reservation_bytes, e)) < 0)
		return r;
	return json_get_bool(o, where, "disableOOMKiller", &res->disable_oom_killer, e);
}

static int read_cpu(const json_t *resources, struct spec_resources *res, struct err *e)
{
	static const char where[] = "linux.resources.cpu";
	const json_t *o = NULL;
	int r;

	r = json_get_obj(resources, "linux.resources", "cpu", &o, e);
	if (r < 0 || !o)
		return r;
	if ((r = json_get_int(o, where, "shares", 0, INT64_MAX, &res->cpu_shares, e)) < 0 ||
	    (r = json_get_int(o, where, "quota", -1, INT64_MAX, &res->cpu_quota_us, e)) < 0 ||
	    (r = json_get_u64(o, where, "period", &res->cpu_period_us, e)) < 0 ||
	    (r = spec_get_word(o, where, "cpus", &res->cpuset_cpus, e)) < 0)
		return r;
	return spec_get_word(o, where, "mems", &res->cpuset_mems, e);
}

static int read_rule(struct spec_reader *in, const json_t *o, const char *where, void *ret, struct err *e)
{
	struct spec_device_rule *d = ret;
	int r;

	(void)in;
	d->major = d->minor = -1;
	if ((r = json_get_bool(o, where, "allow", &d->allow, e)) < 0 ||
	    (r = spec_get_word(o, where, "type", &d->type, e)) < 0 ||
	    (r = json_get_int(o, where, "major", -1, UINT32_MAX, &d->major, e)) < 0 ||
	    (r = json_get_int(o, where, "minor", -1, UINT32_MAX, &d->minor, e)) < 0 ||
	    (r = spec_get_word(o, where, "access", &d->access, e)) < 0)
		return r;
	if (d->type && (strlen(d->type) != 1 || !strchr("acb", *d->type)))
		return err_set(e, EINVAL, "%s.type is '%s', allowed are a, c and b", where, d->type);
	if (d->access && strspn(d->access, "rwm") != strlen(d->access))
		return err_set(e, EINVAL, "%s.access is '%s', allowed are the letters r, w and m", where,
			       d->access);
	return 0;
}

static int read_members(struct spec_reader *in, const json_t *o, struct spec_resources *res, struct err *e)
{
	static const struct spec_list_desc devices = {"devices", MAX_RULES, sizeof(struct spec_device_rule),
						      read_rule};
	const json_t *pids = NULL, *blkio = NULL;
	int r;

	if ((r = read_memory(o, res, e)) < 0 || (r = read_cpu(o, res, e)) < 0 ||
	    (r = json_get_obj(o, "linux.resources", "pids", &pids, e)) < 0 ||
	    (r = json_get_int(pids, "linux.resources.pids", "limit", -1, INT64_MAX, &res->pids_limit, e)) < 0 ||
	    (r = json_get_obj(o, "linux.resources", "blockIO", &blkio, e)) < 0 ||
	    (r = spec_get_u32(blkio, "linux.resources.blockIO", "weight", UINT16_MAX, &res->blkio_weight, e)) <
		    0 ||
	    (r = spec_read_list(in, o, "linux.resources", &devices, &res->devices, e)) < 0)
		return r;
	return spec_read_map(in, o, "linux.resources", "unified", &res->unified, e);
}

int spec_read_resources(struct spec_reader *in, const json_t *linux_obj, struct err *e)
{
	const json_t *o = NULL;
	int r = json_get_obj(linux_obj, "linux", "resources", &o, e);

	return r < 0 || !o ? r : read_members(in, o, &in->spec->resources, e);
}

int spec_parse_resources(struct bytes text, const char *what, struct arena *a, struct spec_resources *ret,
			 struct err *e)
{
	struct spec_reader in = {.a = a};
	struct spec_resources res = {0};
	json_t *root;
	int r;

	json_use_arena(a);
	r = json_parse(text, what, &root, e);
	if (r < 0)
		return r;
	if (!json_is_object(root))
		return json_type_error(root, what, "", "an object", e);
	r = read_members(&in, root, &res, e);
	if (r == 0)
		*ret = res;
	return r;
}
