/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: the top level, root, mounts and annotations. */
#include "oci/spec.h"

#include <errno.h>
#include <string.h>

#include "oci/spec_reader.h"

bool spec_mount_has(const struct spec_mount *m, const char *option)
{
	for (size_t i = 0; i < m->options.n; i++)
		if (streq(m->options.v[i], option))
			return true;
	return false;
}

bool spec_mount_is_bind(const struct spec_mount *m)
{
	const char *type = m->type ? m->type : "";

	if (!m->destination || !m->source || !*m->source)
		return false;
	/* Some write "none", as in fstab, and say it among the options. */
	return streq(type, "bind") ||
	       ((!*type || streq(type, "none")) && (spec_mount_has(m, "bind") || spec_mount_has(m, "rbind")));
}

bool spec_mount_is_readonly(const struct spec_mount *m)
{
	return spec_mount_has(m, "ro") || spec_mount_has(m, "rro");
}

bool spec_mount_is_engines(const struct spec_mount *m)
{
	static const char *const files[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};

	if (!spec_mount_is_bind(m))
		return false;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (streq(m->destination, files[i]))
			return true;
	return false;
}

static int read_mount(struct spec_reader *in, const json_t *o, const char *where, void *ret, struct err *e)
{
	struct spec_mount *m = ret;
	int r;

	if ((r = spec_get_word(o, where, "destination", &m->destination, e)) < 0 ||
	    (r = spec_get_word(o, where, "type", &m->type, e)) < 0 ||
	    (r = spec_get_word(o, where, "source", &m->source, e)) < 0 ||
	    (r = json_get_strs(o, where, "options", in->a, &m->options, e)) < 0)
		return r;
	if (!m->destination)
		return err_set(e, EINVAL, "%s.destination is missing", where);
	return 0;
}

static int read_root(struct spec_reader *in, const json_t *top, struct err *e)
{
	const json_t *o = NULL;
	int r;

	r = json_get_obj(top, "", "root", &o, e);
	if (r < 0 || !o)
		return r;
	r = spec_get_word(o, "root", "path", &in->spec->root_path, e);
	if (r < 0)
		return r;
	return json_get_bool(o, "root", "readonly", &in->spec->root_readonly, e);
}

static int read_top(struct spec_reader *in, const json_t *top, struct err *e)
{
	static const struct spec_list_desc mounts = {"mounts", SPEC_MAX_MOUNTS, sizeof(struct spec_mount),
						     read_mount};
	struct oci_spec *s = in->spec;
	int r;

	if (!json_is_object(top))
		return json_type_error(top, "the document", "", "an object", e);
	if ((r = spec_get_word(top, "", "ociVersion", &s->oci_version, e)) < 0 ||
	    (r = spec_get_word(top, "", "hostname", &s->hostname, e)) < 0 ||
	    (r = spec_get_word(top, "", "domainname", &s->domainname, e)) < 0 ||
	    (r = read_root(in, top, e)) < 0 || (r = spec_read_process(in, top, e)) < 0 ||
	    (r = spec_read_list(in, top, "", &mounts, &s->mounts, e)) < 0 ||
	    (r = spec_read_hooks(in, top, e)) < 0 ||
	    (r = spec_read_map(in, top, "", "annotations", &s->annotations, e)) < 0)
		return r;
	return spec_read_linux(in, top, e);
}

int spec_parse(struct bytes text, struct arena *a, struct oci_spec *ret, struct err *e)
{
	struct oci_spec *spec;
	struct spec_reader in;
	json_t *top;
	int r;

	if (text.n > SPEC_MAX_BYTES)
		return err_set(e, EFBIG, "config.json: has %zu bytes, at most %u are allowed", text.n,
			       SPEC_MAX_BYTES);
	json_use_arena(a);
	r = json_parse(text, "config.json", &top, e);
	if (r < 0)
		return r;
	spec = arena_alloc(a, sizeof(*spec));
	if (!spec)
		return err_oom(e);
	in = (struct spec_reader){.a = a, .spec = spec};
	r = read_top(&in, top, e);
	if (r < 0)
		return err_wrap(e, "config.json");
	*ret = *spec;
	return 0;
}
