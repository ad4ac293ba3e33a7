/* SPDX-License-Identifier: Apache-2.0 */
/* Hermit: the kernel is a loader, the initrd the application with Hermit linked into it. */
#include <errno.h>
#include <string.h>

#include "guests/firmware.h"
#include "guests/guest.h"
#include "guests/networds.h"
#include "guests/quote.h"

#define MIB (1024ull * 1024)
/* Its loader copies the command line about in 4 KiB that it never gives back: with much more than 340 bytes it stops
 * before the application starts. A network needs at most 133 of them. */
#define ROOM_BYTES 207
/* One argument of a program, the monitor's, cannot be longer on Linux. */
#define CMDLINE_MAX_BYTES 131071
#define RUNNING_BYTES (32 * MIB) /* upstream's own tests give so much to a program that does nothing */
#define EXIT_PORT 0xf4
#define EXIT_SUCCESS_VALUE 1

static const char *const monitors[] = {"qemu", NULL};

static void add_env(struct strbuf *out, const struct app_desc *app)
{
	for (size_t i = 0; i < app->env.n; i++) {
		const char *word = arena_printf(out->a, "env=%s", app->env.v[i]);

		if (word == NULL) {
			out->oom = true;
			return;
		}
		if (out->len > 0)
			sb_addc(out, ' ');
		quote_shell(out, word);
	}
}

static void add_net(struct strbuf *out, const struct app_desc *app, const struct vm_desc *vm)
{
	const char *server;
	struct networds w;
	size_t dns = 0;

	if (vm->nics.n == 0 || !networds_ipv4(&vm->nics.v[0], &w))
		return;
	sb_addf(out, "%s-ip %s -mask %s", out->len > 0 ? " " : "", w.address, w.mask);
	if (w.gateway != NULL)
		sb_addf(out, " -gateway %s", w.gateway);
	for (int i = 1; i <= 2 && (server = networds_dns(&app->dns, &dns)) != NULL; i++)
		sb_addf(out, " env=HERMIT_DNS%d=%s", i, server);
}

static void add_args(struct strbuf *out, const struct app_desc *app)
{
	if (app->args.n > 0)
		sb_add(out, out->len > 0 ? " --" : "--");
	for (size_t i = 0; i < app->args.n; i++) {
		sb_addc(out, ' ');
		quote_shell(out, app->args.v[i]);
	}
}

/* A variable too many must not keep the application from starting; an argument that is missing must. */
static bool env_fits(const struct app_desc *app, struct arena *a)
{
	struct strbuf b = STRBUF(a);

	add_env(&b, app);
	add_args(&b, app);
	return b.len <= ROOM_BYTES;
}

/* What is not UTF-8 makes its loader drop the whole line. */
static int check_list(const char *list, const struct strs *l, struct err *e)
{
	char buf[QUOTE_LABEL_BYTES];

	for (size_t i = 0; i < l->n; i++)
		if (!str_is_utf8(l->v[i], strlen(l->v[i])))
			return err_set(e, EINVAL, "%s is not UTF-8, which a Hermit command line has to be",
				       quote_label(buf, list, i));
	return 0;
}

static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	int r;

	if ((r = check_list("process.args", &app->args, e)) < 0 ||
	    (r = check_list("process.env", &app->env, e)) < 0)
		return r;
	if (env_fits(app, out->a))
		add_env(out, app);
	add_net(out, app, vm);
	add_args(out, app);
	return 0;
}

static void warn(const struct app_desc *app, struct strv *warnings)
{
	if (app->env.n > 0 && !env_fits(app, warnings->a))
		strv_addf(warnings,
			  "the %zu variables of process.env do not reach the guest: with the arguments they are longer than the "
			  "%d bytes that Hermit's loader has room for",
			  app->env.n, ROOM_BYTES);
}

/* The application lies in memory as a file and once more where the loader puts it. */
static uint64_t min_memory(const struct guest_image *img)
{
	uint64_t loader = img->kernel_memory_bytes > 0 ? img->kernel_memory_bytes : img->kernel_bytes;

	return loader + 2 * img->initrd_bytes + RUNNING_BYTES;
}

static const struct guest_ops hermit = {
	.name = "hermit",
	.roots = 1u << ROOT_INITRD,
	.monitors = monitors,
	/* On aarch64 its loader looks for the application where only QEMU's guest-loader device can put it. */
	.archs = 1u << ARCH_X86_64,
	.max_nics = 1,
	.modern_virtio = true,
	.exit_port = EXIT_PORT,
	.exit_ok = EXIT_SUCCESS_VALUE,
	.min_memory = min_memory,
	.adjust = firmware_complete,
	.cmdline = cmdline,
	.max_cmdline_bytes = CMDLINE_MAX_BYTES,
	.warn = warn,
};
GUEST_REGISTER(hermit);
