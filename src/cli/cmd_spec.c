/* SPDX-License-Identifier: Apache-2.0 */
/* urunc spec */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/json.h"
#include "oci/spec.h"

struct spec_opts {
	const char *bundle;
	bool rootless;
};

static const struct opt opts[] = {
	{"bundle", 'b', OPT_STR, offsetof(struct spec_opts, bundle), "DIR",
	 "where to write it (default: the working directory)"},
	{"rootless", 0, OPT_BOOL, offsetof(struct spec_opts, rootless), NULL, "for a user without privileges"},
};

static json_t *id_mapping(uint32_t id)
{
	json_t *list = json_array(), *map = json_object();

	json_object_set_new(map, "containerID", json_integer(0));
	json_object_set_new(map, "hostID", json_integer(id));
	json_object_set_new(map, "size", json_integer(1));
	json_array_append_new(list, map);
	return list;
}

/* What runc's `spec --rootless` changes. */
static int make_rootless(struct cli *c, struct strbuf *spec, struct err *e)
{
	json_t *root = NULL, *linux_o, *namespaces, *ns;
	char *text;
	size_t i;
	int r;

	json_use_arena(c->rt.arena);
	r = json_parse((struct bytes){spec->p, spec->len}, "default specification", &root, e);
	if (r < 0)
		return r;
	linux_o = json_object_get(root, "linux");
	namespaces = json_object_get(linux_o, "namespaces");
	json_array_foreach(namespaces, i, ns)
	{
		if (streq(json_string_value(json_object_get(ns, "type")), "network"))
			break;
	}
	json_array_remove(namespaces, i);
	ns = json_object();
	json_object_set_new(ns, "type", json_string("user"));
	json_array_append_new(namespaces, ns);
	json_object_set_new(linux_o, "uidMappings", id_mapping((uint32_t)geteuid()));
	json_object_set_new(linux_o, "gidMappings", id_mapping((uint32_t)getegid()));
	json_object_del(linux_o, "resources");
	text = json_dumps(root, JSON_INDENT(4) | JSON_PRESERVE_ORDER);
	if (!text)
		return err_oom(e);
	*spec = STRBUF(c->rt.arena);
	sb_add(spec, text);
	sb_addc(spec, '\n');
	return 0;
}

static int run(struct cli *c, const void *o, const struct strs *args, struct err *e)
{
	const struct spec_opts *s = o;
	struct strbuf out = STRBUF(c->rt.arena);
	_cleanup_fd_ int dir = -1, fd = -1;
	const char *bundle = s->bundle && *s->bundle ? s->bundle : ".";
	int r;

	(void)args;
	spec_default_json(&out);
	r = out.oom ? err_oom(e) : s->rootless ? make_rootless(c, &out, e) : 0;
	if (r < 0)
		return r;
	dir = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "cannot open bundle directory '%s'", bundle);
	fd = openat(dir, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return err_set(e, EEXIST, "File config.json exists. Remove it first");
	if (fd < 0)
		return err_sys(e, "cannot make config.json in '%s'", bundle);
	r = out.oom ? err_oom(e) : write_all(fd, out.p, out.len);
	return r < 0 ? err_set(e, -r, "cannot write config.json in '%s'", bundle) : 0;
}

const struct command cmd_spec = {
	.name = "spec",
	.args = "",
	.summary = "write an example config.json",
	.opts = {opts, sizeof(opts) / sizeof(opts[0])},
	.opts_bytes = sizeof(struct spec_opts),
	.run = run,
};
