/* SPDX-License-Identifier: Apache-2.0 */
/* Rumprun: a NetBSD program whose command line is one object that looks like JSON. Its parser takes keys several times,
 * and never undoes an escape: what a string holds is what it gets. */
#include <errno.h>
#include <string.h>

#include "guests/networds.h"
#include "guests/quote.h"
#include "guests/solo5.h"

#define ROOT_MOUNT "/data" /* its own root is inside the kernel: nothing can be mounted over it */
/* This text anywhere makes it look for its configuration on a disk. */
#define OTHER_CONFIG "_RUMPRUN_ROOTFSCFG="

static const char *const monitors[] = {"hvt", "spt", NULL};
static const char *const filesystems[] = {"ext2", NULL};

static int check_text(const char *what, const char *s, struct err *e)
{
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(
				e, EINVAL,
				"%s has a line break or another control byte, which a Rumprun guest cannot be given",
				what);
	if (!str_is_utf8(s, strlen(s)))
		return err_set(e, EINVAL, "%s is no valid UTF-8, which a Rumprun guest cannot be given", what);
	if (strstr(s, OTHER_CONFIG) != NULL)
		return err_set(e, EINVAL,
			       "%s has the text '" OTHER_CONFIG "', by which a Rumprun guest looks for its "
			       "configuration elsewhere",
			       what);
	return 0;
}

/* A string that reaches its reader as it is: escapes would reach him too. */
static int add_string(struct strbuf *out, const char *what, const char *s, struct err *e)
{
	int r = check_text(what, s, e);

	if (r < 0)
		return r;
	if (strpbrk(s, "\"\\") != NULL)
		return err_set(e, EINVAL,
			       "%s has a double quote or a backslash, which a Rumprun guest cannot be given",
			       what);
	sb_addf(out, "\"%s\"", s);
	return 0;
}

/* The program's words are split once more, as a shell does it: between single quotes a backslash still takes the next
 * byte as it is, and with it come the quotes and backslashes that JSON must have escaped. */
static int add_word(struct strbuf *out, const char *what, const char *s, struct err *e)
{
	const char *quote = s[0] == '\0' || strchr(s, ' ') != NULL ? "'" : "";
	int r = check_text(what, s, e);

	if (r < 0)
		return r;
	if (strchr(s, '\'') != NULL)
		return err_set(e, EINVAL, "%s has a single quote, which a Rumprun guest cannot be given",
			       what);
	sb_add(out, quote);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			sb_addc(out, '\\');
		sb_addc(out, *s);
	}
	sb_add(out, quote);
	return 0;
}

static int add_args(const struct app_desc *app, struct strbuf *out, struct err *e)
{
	char label[QUOTE_LABEL_BYTES];
	int r;

	sb_add(out, "\"cmdline\":\"");
	for (size_t i = 0; i < app->args.n; i++) {
		if (i > 0)
			sb_addc(out, ' ');
		r = add_word(out, quote_label(label, "process.args", i), app->args.v[i], e);
		if (r < 0)
			return r;
	}
	sb_addc(out, '"');
	return 0;
}

static int add_env(const struct app_desc *app, struct strbuf *out, struct err *e)
{
	char label[QUOTE_LABEL_BYTES + 3 + QUOTE_SHOWN_BYTES];
	char place[QUOTE_LABEL_BYTES];
	int r;

	for (size_t i = 0; i < app->env.n; i++) {
		struct strbuf b = {.p = label, .cap = sizeof(label)};

		sb_addf(&b, "%s (%.*s)", quote_label(place, "process.env", i),
			quote_name_bytes(app->env.v[i]), app->env.v[i]);
		sb_add(out, ",\"env\":");
		r = add_string(out, label, app->env.v[i], e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* It knows one interface, and adds a default route only to a gateway in that interface's own network. Where the network
 * is routed (an address alone, as with Calico) whoever is at the other end answers for every address, so a wider network
 * works; the widest that can be said is half of all addresses. */
static int add_net(const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	struct networds w;

	if (vm->nics.n == 0 || !networds_ipv4(&vm->nics.v[0], &w))
		return 0;
	networds_reach_gateway(&w);
	if (w.prefix == 0)
		return err_set(e, EINVAL,
			       "a Rumprun guest at %s cannot reach gateway %s: it needs one whose address begins with the same "
			       "bit (use a network with a gateway of its own)",
			       w.address, w.gateway != NULL ? w.gateway : "(none)");
	sb_addf(out,
		",\"net\":{\"if\":\"ukvmif0\",\"cloner\":\"True\",\"type\":\"inet\",\"method\":\"static\","
		"\"addr\":\"%s\",\"mask\":\"%u\"",
		w.address, w.prefix);
	if (w.gateway != NULL)
		sb_addf(out, ",\"gw\":\"%s\"", w.gateway);
	sb_addc(out, '}');
	return 0;
}

static int add_disk(const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	const char *at;
	int r;

	if (vm->disks.n == 0)
		return 0;
	at = vm->disks.v[0].mount_point;
	if (at == NULL || streq(at, "/"))
		at = ROOT_MOUNT;
	sb_add(out, ",\"blk\":{\"source\":\"etfs\",\"path\":\"/dev/ld0a\",\"fstype\":\"blk\",\"mountpoint\":");
	r = add_string(out, "the mount point of the block image", at, e);
	sb_addc(out, '}');
	return r;
}

static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	int r;

	sb_addc(out, '{');
	if ((r = add_args(app, out, e)) < 0 || (r = add_env(app, out, e)) < 0 ||
	    (r = add_net(vm, out, e)) < 0 || (r = add_disk(vm, out, e)) < 0)
		return r;
	sb_addc(out, '}');
	return 0;
}

static const struct guest_ops rumprun = {
	.name = "rumprun",
	.roots = 1u << ROOT_NONE | 1u << ROOT_BLOCK,
	.monitors = monitors,
	.block_filesystems = filesystems,
	.max_vcpus = 1,
	.max_disks = 1,
	.max_nics = 1,
	.min_memory = solo5_min_memory,
	.adjust = solo5_name_devices,
	.cmdline = cmdline,
	.max_cmdline_bytes = SOLO5_GUEST_CMDLINE_MAX_BYTES,
};
GUEST_REGISTER(rumprun);
