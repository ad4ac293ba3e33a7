/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel parameters: whose kernel they speak to. They mean the application's, so where the guest can be told of them they
 * are its kernel's; elsewhere they are set in the namespaces of the monitor, as other runtimes do. */
#include <errno.h>
#include <string.h>

#include "plan/internal.h"

#define KEY_MAX_BYTES 200

/* Which namespace keeps a kernel parameter away from the host. NULL: none does, and who sets parameters refuses it. */
static const char *namespace_of(const char *key)
{
	static const struct {
		const char *prefix;
		bool exact;
		const char *type;
	} known[] = {
		{"net.", false, "network"},         {"fs.mqueue.", false, "ipc"},
		{"kernel.msg", false, "ipc"},       {"kernel.sem", true, "ipc"},
		{"kernel.shm", false, "ipc"},       {"kernel.hostname", true, "uts"},
		{"kernel.domainname", true, "uts"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].exact ? streq(key, known[i].prefix) : str_starts(key, known[i].prefix))
			return known[i].type;
	return NULL;
}

static bool has_namespace(const struct oci_spec *s, const char *type)
{
	for (size_t i = 0; i < s->namespaces.n; i++)
		if (streq(s->namespaces.v[i].type, type))
			return true;
	return false;
}

static int keep_on_host(struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;

	for (size_t i = 0; i < s->sysctl.n; i++) {
		const char *key = s->sysctl.v[i].key, *type = namespace_of(key);

		if (type != NULL && !has_namespace(s, type))
			return err_set(e, EINVAL,
				       "sysctl '%.128s' is not allowed in the host's %s namespace: add one of type '%s' "
				       "to linux.namespaces or remove it from linux.sysctl",
				       key, type, type);
	}
	b->p->sysctl.v = s->sysctl.v;
	b->p->sysctl.n = s->sysctl.n;
	return 0;
}

/* A name below /proc/sys and nowhere else; '=' ends it on its way into the guest. */
static bool is_key(const char *key)
{
	size_t n = strlen(key);

	return n > 0 && n <= KEY_MAX_BYTES && strchr(key, '=') == NULL && strchr(key, '/') == NULL &&
	       strstr(key, "..") == NULL && key[0] != '.' && key[n - 1] != '.';
}

/* The guest has a kernel of its own, so no parameter can reach the host's, and none has to be refused. */
static int give_to_guest(struct build *b, struct err *e)
{
	const struct oci_spec *s = &b->f->spec;
	struct strv l = STRV(b->a);

	for (size_t i = 0; i < s->sysctl.n; i++) {
		if (!is_key(s->sysctl.v[i].key))
			return err_set(e, EINVAL,
				       "linux.sysctl: '%.128s' is no name of a kernel parameter (like "
				       "'net.core.somaxconn')",
				       s->sysctl.v[i].key);
		strv_addf(&l, "%s=%s", s->sysctl.v[i].key, s->sysctl.v[i].value);
	}
	return strv_done(&l, &b->p->app.sysctls, e);
}

int sysctl_decide(struct build *b, struct err *e)
{
	return b->w->guest->sysctls ? give_to_guest(b, e) : keep_on_host(b, e);
}
