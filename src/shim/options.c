/* SPDX-License-Identifier: Apache-2.0 */
/* Runtime options. */
#include "shim/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/log.h"
#include "common/toml.h"
#include "proto/shim/runtime.pb-c.h"
#include "shim/pb.h"

#define CONFIG_FILE_MAX_BYTES (256u << 10)

static bool set(char **to, const char *s)
{
	if (!s || !*s)
		return true;
	free(*to);
	*to = strdup(s);
	return *to;
}

static int from_runc(const Pb__Any *any, struct arena *a, struct cli *c, const char **ret_root, struct err *e)
{
	const Pb__RuncOptions *o = message_read(&pb__runc_options__descriptor, any->value.data,
						any->value.len, a);

	if (!o)
		return err_set(e, EINVAL, "the runtime's options (%s) cannot be decoded", any->type_url);
	c->no_pivot = o->no_pivot_root;
	c->no_keyring = o->no_new_keyring;
	c->systemd_cgroup = o->systemd_cgroup;
	c->io_uid = o->io_uid;
	c->io_gid = o->io_gid;
	*ret_root = o->root;
	return set(&c->binary, o->binary_name) && set(&c->shim_cgroup, o->shim_cgroup) &&
			       set(&c->criu_image, o->criu_image_path) &&
			       set(&c->criu_work, o->criu_work_path)
		       ? 0
		       : err_oom(e);
}

static bool is(const struct toml_key *k, const char *name, enum toml_kind kind)
{
	return streq(k->name, name) && k->kind == kind;
}

static int from_toml(struct bytes text, const char *what, struct arena *a, struct cli *c,
		     const char **ret_root, struct err *e)
{
	struct toml_doc doc = {0};
	struct err why = {0};

	/* The file of another program may hold whatever that one likes. */
	if (toml_parse(text, what, a, &doc, &why) < 0) {
		log_warn("the runtime's options are not used: %s", why.msg);
		return 0;
	}
	for (size_t i = 0; i < doc.tables[0].nkeys; i++) {
		const struct toml_key *k = &doc.tables[0].keys[i];
		bool ok = true;

		if (is(k, "BinaryName", TOML_STRING))
			ok = set(&c->binary, k->str);
		else if (is(k, "Root", TOML_STRING))
			*ret_root = k->str;
		else if (is(k, "ShimCgroup", TOML_STRING))
			ok = set(&c->shim_cgroup, k->str);
		else if (is(k, "CriuImagePath", TOML_STRING))
			ok = set(&c->criu_image, k->str);
		else if (is(k, "CriuWorkPath", TOML_STRING))
			ok = set(&c->criu_work, k->str);
		else if (is(k, "SystemdCgroup", TOML_BOOL))
			c->systemd_cgroup = k->boolean;
		else if (is(k, "NoPivotRoot", TOML_BOOL))
			c->no_pivot = k->boolean;
		else if (is(k, "NoNewKeyring", TOML_BOOL))
			c->no_keyring = k->boolean;
		else if (is(k, "IoUid", TOML_INTEGER) && k->integer >= 0 && k->integer <= UINT32_MAX)
			c->io_uid = (uint32_t)k->integer;
		else if (is(k, "IoGid", TOML_INTEGER) && k->integer >= 0 && k->integer <= UINT32_MAX)
			c->io_gid = (uint32_t)k->integer;
		if (!ok)
			return err_oom(e);
	}
	return 0;
}

static int from_generic(const Pb__Any *any, struct arena *a, struct cli *c, const char **ret_root,
			struct err *e)
{
	const Pb__GenericOptions *o = message_read(&pb__generic_options__descriptor, any->value.data,
						   any->value.len, a);
	struct bytes text = {0};
	int r;

	if (!o)
		return err_set(e, EINVAL, "the runtime's options (%s) cannot be decoded", any->type_url);
	if (!*o->config_path)
		return from_toml((struct bytes){o->config_body.data, o->config_body.len}, "options", a, c,
				 ret_root, e);
	r = file_read(AT_FDCWD, o->config_path, CONFIG_FILE_MAX_BYTES, a, &text, e);
	return r < 0 ? err_wrap(e, "the runtime's options")
		     : from_toml(text, o->config_path, a, c, ret_root, e);
}

static char *join(const char *dir, const char *name)
{
	char *s = NULL;

	return asprintf(&s, "%s/%s", dir, name) < 0 ? NULL : s;
}

int options_read(const Pb__Any *any, const char *ns, const char *bundle, struct cli *ret, struct err *e)
{
	const char *root = NULL;
	struct arena a = {0};
	struct cli c = {0};
	int r = 0;

	if (any && any->value.len) {
		if (pb_any_is(any, "containerd.runc.v1.Options"))
			r = from_runc(any, &a, &c, &root, e);
		else if (pb_any_is(any, "runtimeoptions.v1.Options"))
			r = from_generic(any, &a, &c, &root, e);
		else
			log_warn("options of type '%s' are not known and not used", any->type_url);
	}
	if (r == 0) {
		c.root = join(root && *root ? root : CLI_DEFAULT_ROOT, ns);
		c.log = join(bundle, "log.json");
		if (!c.root || !c.log)
			r = err_oom(e);
	}
	arena_release(&a);
	if (r < 0)
		cli_done(&c);
	else
		*ret = c;
	return r;
}
