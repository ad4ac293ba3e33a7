/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: the linux section but for resources. */
#include <errno.h>
#include <string.h>

#include "oci/spec_reader.h"

#define MAX_ID_MAPS 340 /* the kernel's own limit */
#define MAX_DEVICES 4096

static const char *const ns_types[] = {"pid",  "network", "mount", "ipc", "uts",
				       "user", "cgroup",  "time",  NULL};

static int read_ns(struct spec_reader *in, const json_t *o, const char *where, void *ret, struct err *e)
{
	struct spec_ns *ns = ret;
	const char *path = NULL;
	int r;

	(void)in;
	if ((r = spec_get_word(o, where, "type", &ns->type, e)) < 0 ||
	    (r = spec_get_word(o, where, "path", &path, e)) < 0)
		return r;
	if (path && (r = spec_get_abspath(o, where, "path", &ns->path, e)) < 0)
		return r;
	for (size_t i = 0; ns_types[i]; i++)
		if (streq(ns->type, ns_types[i]))
			return 0;
	return err_set(e, EINVAL,
		       "%s.type is '%s', allowed are pid, network, mount, ipc, uts, user, cgroup and time",
		       where, ns->type ? ns->type : "");
}

static int check_ns_twice(const struct oci_spec *s, struct err *e)
{
	for (size_t i = 0; i < s->namespaces.n; i++)
		for (size_t k = 0; k < i; k++)
			if (streq(s->namespaces.v[i].type, s->namespaces.v[k].type))
				return err_set(e, EINVAL, "linux.namespaces has '%s' twice",
					       s->namespaces.v[i].type);
	return 0;
}

static int read_id_map(struct spec_reader *in, const json_t *o, const char *where, void *ret, struct err *e)
{
	struct spec_id_map *m = ret;
	int r;

	(void)in;
	if ((r = spec_get_u32(o, where, "containerID", ID_MAX, &m->container_id, e)) < 0 ||
	    (r = spec_get_u32(o, where, "hostID", ID_MAX, &m->host_id, e)) < 0)
		return r;
	return spec_get_u32(o, where, "size", UINT32_MAX, &m->size, e);
}

static int read_device(struct spec_reader *in, const json_t *o, const char *where, void *ret, struct err *e)
{
	struct spec_device *d = ret;
	int r;

	(void)in;
	if ((r = spec_get_abspath(o, where, "path", &d->path, e)) < 0 ||
	    (r = spec_get_word(o, where, "type", &d->type, e)) < 0 ||
	    (r = json_get_int(o, where, "major", -1, UINT32_MAX, &d->major, e)) < 0 ||
	    (r = json_get_int(o, where, "minor", -1, UINT32_MAX, &d->minor, e)) < 0 ||
	    (r = spec_get_u32(o, where, "fileMode", UINT32_MAX, &d->file_mode, e)) < 0 ||
	    (r = spec_get_u32(o, where, "uid", ID_MAX, &d->uid, e)) < 0 ||
	    (r = spec_get_u32(o, where, "gid", ID_MAX, &d->gid, e)) < 0)
		return r;
	if (!d->path)
		return err_set(e, EINVAL, "%s.path is missing", where);
	if (!d->type || strlen(d->type) != 1 || !strchr("cbup", *d->type))
		return err_set(e, EINVAL, "%s.type is '%s', allowed are c, b, u and p", where,
			       d->type ? d->type : "");
	return 0;
}

int spec_read_linux(struct spec_reader *in, const json_t *root, struct err *e)
{
	static const struct spec_list_desc namespaces = {"namespaces", 64, sizeof(struct spec_ns), read_ns},
					   uid_maps = {"uidMappings", MAX_ID_MAPS, sizeof(struct spec_id_map),
						       read_id_map},
					   gid_maps = {"gidMappings", MAX_ID_MAPS, sizeof(struct spec_id_map),
						       read_id_map},
					   devices = {"devices", MAX_DEVICES, sizeof(struct spec_device),
						      read_device};
	const json_t *o = NULL, *seccomp = NULL;
	struct oci_spec *s = in->spec;
	int r;

	r = json_get_obj(root, "", "linux", &o, e);
	if (r < 0 || !o)
		return r;
	s->has_linux = true;
	if ((r = spec_read_list(in, o, "linux", &namespaces, &s->namespaces, e)) < 0 ||
	    (r = check_ns_twice(s, e)) < 0 ||
	    (r = spec_read_list(in, o, "linux", &uid_maps, &s->uid_maps, e)) < 0 ||
	    (r = spec_read_list(in, o, "linux", &gid_maps, &s->gid_maps, e)) < 0 ||
	    (r = spec_read_list(in, o, "linux", &devices, &s->devices, e)) < 0 ||
	    (r = spec_read_map(in, o, "linux", "sysctl", &s->sysctl, e)) < 0 ||
	    (r = spec_get_word(o, "linux", "cgroupsPath", &s->cgroups_path, e)) < 0 ||
	    (r = spec_get_word(o, "linux", "rootfsPropagation", &s->rootfs_propagation, e)) < 0 ||
	    (r = json_get_obj(o, "linux", "seccomp", &seccomp, e)) < 0)
		return r;
	s->has_seccomp = seccomp != NULL;
	return spec_read_resources(in, o, e);
}
