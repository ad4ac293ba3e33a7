/* SPDX-License-Identifier: Apache-2.0 */
/* OSv: options of its loader, then the application as a shell would write it. */
#include <errno.h>
#include <string.h>

#include "guests/firmware.h"
#include "guests/guest.h"
#include "guests/networds.h"
#include "guests/quote.h"

#define MIB (1024ull * 1024)
/* What its own boot header says; with a device tree it stops at 1024 with the NUL. */
#define CMDLINE_MAX_BYTES 65535
#define CMDLINE_MAX_AARCH64 1023
#define RUNNING_BYTES (32 * MIB)
#define NICS_MAX 8
#define VCPUS_MAX 64 /* one bit each in one word of its scheduler */

static const char *const monitors[] = {"qemu", "firecracker", NULL};
/* Not microvm: there QEMU tells of its devices by ACPI only, and OSv looks on the command line. */
static const char *const machines[] = {"q35", "pc", "virt", NULL};

static void add_net(struct strbuf *out, const struct app_desc *app, const struct vm_desc *vm)
{
	const char *gateway = NULL, *server;
	struct networds w;
	size_t dns = 0;

	for (size_t i = 0; i < vm->nics.n; i++) {
		if (!networds_ipv4(&vm->nics.v[i], &w))
			continue;
		/* Its routes come from BSD, where a gateway must be in a network that an interface is in. */
		networds_reach_gateway(&w);
		sb_addf(out, "--ip=eth%zu,%s,%s ", i, w.address, w.mask);
		if (gateway == NULL)
			gateway = w.gateway;
	}
	if (gateway != NULL)
		sb_addf(out, "--defaultgw=%s ", gateway);
	server = networds_dns(&app->dns, &dns);
	if (vm->nics.n > 0 && server != NULL)
		sb_addf(out, "--nameserver=%s ", server);
}

static int check_arg(size_t i, const char *arg, struct err *e)
{
	char buf[QUOTE_LABEL_BYTES];

	if (strchr(arg, '$') != NULL)
		return err_set(
			e, EINVAL,
			"%s has a '$', which OSv takes for the beginning of a variable's name, quoted or not",
			quote_label(buf, "process.args", i));
	for (const char *s = arg; *s; s++)
		if ((unsigned char)*s > 127)
			return err_set(e, EINVAL,
				       "%s has a byte that is not ASCII, at which OSv stops reading",
				       quote_label(buf, "process.args", i));
	return 0;
}

static int add_args(struct strbuf *out, const struct strs *args, struct err *e)
{
	int r;

	for (size_t i = 0; i < args->n; i++) {
		r = check_arg(i, args->v[i], e);
		if (r < 0)
			return r;
		if (i > 0)
			sb_addc(out, ' ');
		/* A word that begins with '-' would still be one of the loader's options; a quote ends those. */
		if (i == 0 && args->v[0][0] == '-')
			return err_set(e, EINVAL,
				       "process.args[0] '%.64s' begins with '-': it must be the path of the program in "
				       "the image",
				       args->v[0]);
		quote_double(out, args->v[i]);
	}
	return 0;
}

static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	int r;

	if (app->args.n == 0 || app->args.v[0][0] == '\0')
		return err_set(e, EINVAL,
			       "process.args is empty: OSv needs the path of the program in its image there");
	add_net(out, app, vm);
	for (size_t i = 0; i < app->env.n; i++) {
		sb_add(out, "--env=");
		quote_backslash(out, app->env.v[i]);
		sb_addc(out, ' ');
	}
	r = add_args(out, &app->args, e);
	if (r < 0)
		return r;
	if (vm->arch == ARCH_AARCH64 && out->len > CMDLINE_MAX_AARCH64)
		return err_set(e, E2BIG,
			       "the command line of the guest is %zu bytes long, but OSv on aarch64 takes at most %d (shorten "
			       "process.args or process.env)",
			       out->len, CMDLINE_MAX_AARCH64);
	return 0;
}

static uint64_t min_memory(const struct guest_image *img)
{
	uint64_t kernel = img->kernel_memory_bytes > 0 ? img->kernel_memory_bytes : img->kernel_bytes * 2;

	return kernel + RUNNING_BYTES;
}

static const struct guest_ops osv = {
	.name = "osv",
	.roots = 1u << ROOT_NONE | 1u << ROOT_BLOCK,
	.monitors = monitors,
	.machines = machines,
	.max_vcpus = VCPUS_MAX,
	.max_disks = 8,
	.max_nics = NICS_MAX,
	.powerdown = true,
	.rng = true,
	.min_memory = min_memory,
	.adjust = firmware_complete,
	.cmdline = cmdline,
	.max_cmdline_bytes = CMDLINE_MAX_BYTES,
};
GUEST_REGISTER(osv);
