/* SPDX-License-Identifier: Apache-2.0 */
/* MirageOS: an OCaml program whose command line is read by parse-argv and then by Cmdliner. */
#include <errno.h>
#include <string.h>

#include "guests/firmware.h"
#include "guests/networds.h"
#include "guests/quote.h"
#include "guests/solo5.h"

/* Solo5's binding for virtio writes 41 there, whatever its program ended with. */
#define EXIT_PORT 0x501
#define EXIT_ANY 41
/* What MirageOS calls its network unless it is told otherwise; its options have no prefix. */
#define DEFAULT_NET "service"

static const char *const monitors[] = {"hvt", "spt", "qemu", NULL};
static const char *const machines[] = {"q35", "pc", NULL};

/* parse-argv splits at blanks, and nothing else; a backslash makes any byte an ordinary one. Solo5 itself skips what it
 * takes for blanks at the beginning. */
static int add_word(struct strbuf *out, size_t i, const char *word, struct err *e)
{
	char label[QUOTE_LABEL_BYTES];

	if (word[0] == '\0')
		return err_set(e, EINVAL, "%s is empty, which a MirageOS guest cannot be given",
			       quote_label(label, "process.args", i));
	if (out->len > 0)
		sb_addc(out, ' ');
	for (; *word; word++) {
		if (strchr(" \t\n\v\f\r\"\\", *word) != NULL)
			sb_addc(out, '\\');
		sb_addc(out, *word);
	}
	return 0;
}

/* The prefix of the options for one interface: "" or "NAME-". */
static void prefix_of(const struct app_desc *app, const struct vm_desc *vm, size_t i, struct strbuf *out)
{
	const char *name = vm->nics.v[i].name;

	if (name == NULL && i == 0)
		name = app->solo5_net;
	if (name != NULL && !streq(name, DEFAULT_NET) && (app->solo5_net != NULL || vm->nics.n > 1))
		sb_addf(out, "%s-", name);
}

/* Cmdliner does not take an option twice: what the image or the user says counts. */
static bool is_given(const struct app_desc *app, const char *option)
{
	size_t n = strlen(option);

	for (size_t i = 0; i < app->args.n && !streq(app->args.v[i], "--"); i++)
		if (str_starts(app->args.v[i], option) &&
		    (app->args.v[i][n] == '=' || app->args.v[i][n] == '\0'))
			return true;
	return false;
}

static void add_option(const struct app_desc *app, const char *prefix, const char *name, const char *value,
		       struct strbuf *out)
{
	struct strbuf option = STRBUF(out->a);

	sb_addf(&option, "--%s%s", prefix, name);
	out->oom |= option.oom;
	if (option.oom || value == NULL || is_given(app, option.p))
		return;
	sb_addf(out, "%s%s=%s", out->len > 0 ? " " : "", option.p, value);
}

static void add_nic(const struct app_desc *app, const struct vm_desc *vm, size_t i, struct strbuf *out)
{
	const struct vm_nic *n = &vm->nics.v[i];
	struct strbuf prefix = STRBUF(out->a);
	struct networds w;

	prefix_of(app, vm, i, &prefix);
	out->oom |= prefix.oom;
	if (prefix.p == NULL)
		sb_add(&prefix, "");
	if (networds_ipv4(n, &w)) {
		struct strbuf address = STRBUF(out->a);

		sb_addf(&address, "%s/%u", w.address, w.prefix);
		out->oom |= address.oom;
		add_option(app, prefix.p, "ipv4", address.p, out);
		add_option(app, prefix.p, "ipv4-gateway", w.gateway, out);
	} else if (n->address6 != NULL) {
		/* Only then: a program without IPv6 would not start, since it does not know the option. */
		add_option(app, prefix.p, "ipv6", n->address6, out);
		add_option(app, prefix.p, "ipv6-gateway", n->gateway6, out);
	}
}

static int adjust(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	int r = solo5_name_devices(app, vm, a, e);

	if (r < 0)
		return r;
	if (vm->kernel_format != KERNEL_ELF_SOLO5)
		return firmware_for_pci(app, vm, a, e);
	/* A tender ends with the status that the program gave. */
	vm->exit_port = 0;
	return 0;
}

static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	int r;

	for (size_t i = 0; i < vm->nics.n; i++)
		add_nic(app, vm, i, out);
	for (size_t i = 0; i < app->args.n; i++)
		if ((r = add_word(out, i, app->args.v[i], e)) < 0)
			return r;
	return 0;
}

static const struct guest_ops mirage = {
	.name = "mirage",
	.roots = 1u << ROOT_NONE,
	.monitors = monitors,
	.machines = machines,
	.max_vcpus = 1,
	.max_disks = 16,
	.max_nics = 16,
	.no_env = true,
	.bare_args = true,
	.exit_port = EXIT_PORT,
	.exit_ok = EXIT_ANY,
	.min_memory = solo5_min_memory,
	.adjust = adjust,
	.cmdline = cmdline,
	.max_cmdline_bytes = SOLO5_GUEST_CMDLINE_MAX_BYTES,
};
GUEST_REGISTER(mirage);
