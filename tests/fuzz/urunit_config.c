/* SPDX-License-Identifier: Apache-2.0 */
/* urunit's configuration, both forms: what is understood lies within the file, lists end, numbers are in their bounds. */
/* with: urunit common/ctl.c common/words.c */
#include "fuzz.h"
#include "urunit/config.h"

static void in_text(const char *s, const char *text, size_t n)
{
	FUZZ_HOLDS(!s || (s >= text && s + strlen(s) <= text + n));
}

static void check_strings(const struct uvec *v, const char *text, size_t n)
{
	char *const *s = v->p;
	size_t count = v->bytes / sizeof(*s);

	FUZZ_HOLDS(count == 0 || !s[count]);
	for (size_t i = 0; i < count; i++) {
		FUZZ_HOLDS(s[i]);
		in_text(s[i], text, n);
	}
}

static void check(const struct uconf *c, const char *text, size_t n)
{
	const struct uvolume *vol = c->volumes.p;
	const struct unic *nic = c->nics.p;
	const struct uputfile *file = c->files.p;
	const struct ubind *bind = c->binds.p;

	check_strings(&c->args, text, n);
	check_strings(&c->env, text, n);
	check_strings(&c->sysctls, text, n);
	in_text(c->cwd, text, n);
	in_text(c->hostname, text, n);
	in_text(c->first_unknown, text, n);
	FUZZ_HOLDS(!c->hostname || strlen(c->hostname) <= UCONF_HOSTNAME_MAX);
	FUZZ_HOLDS(c->uid <= UCONF_ID_MAX && c->gid <= UCONF_ID_MAX && c->umask <= 0777);
	for (size_t i = 0; i < UCONF_RLIMITS; i++)
		FUZZ_HOLDS(!c->rlimits[i].set || c->rlimits[i].soft <= c->rlimits[i].hard);
	for (size_t i = 0; i < c->volumes.bytes / sizeof(*vol); i++) {
		FUZZ_HOLDS(vol[i].id && vol[i].path && vol[i].path[0] == '/');
		FUZZ_HOLDS(vol[i].after <= c->binds.bytes / sizeof(*bind));
		in_text(vol[i].id, text, n);
		in_text(vol[i].path, text, n);
		in_text(vol[i].fstype, text, n);
	}
	for (size_t i = 0; i < c->nics.bytes / sizeof(*nic); i++)
		FUZZ_HOLDS((nic[i].name || strlen(nic[i].mac) == UNIC_MAC_BYTES - 1) &&
			   nic[i].n_addresses <= UNIC_ADDRESSES && nic[i].n_gateways <= UNIC_GATEWAYS);
	for (size_t i = 0; i < c->files.bytes / sizeof(*file); i++)
		FUZZ_HOLDS(file[i].path[0] == '/' && !strstr(file[i].path, "/../") && file[i].data >= text &&
			   file[i].data + file[i].n <= text + n);
	for (size_t i = 0; i < c->binds.bytes / sizeof(*bind); i++)
		FUZZ_HOLDS(bind[i].path[0] == '/' && bind[i].fd == -1);
}

static void drop(struct uvec *v)
{
	if (v->p)
		munmap(v->p, v->cap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct utext why = {0};
	struct uconf c = {0};
	char *text = fuzz_text(data, size);
	int rc = uconf_parse(&c, text, size, &why);

	if (rc == 0)
		check(&c, text, size);
	else
		FUZZ_HOLDS(why.n > 0 && why.n < sizeof(why.s) && strlen(why.s) == why.n);
	if (c.env.p == c.urs_env.p)
		c.urs_env = (struct uvec){0};
	struct uvec *all[] = {&c.args, &c.env,   &c.urs_env, &c.groups, &c.volumes,
			      &c.nics, &c.files, &c.sysctls, &c.binds};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		drop(all[i]);
	free(text);
	return 0;
}
