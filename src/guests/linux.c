/* SPDX-License-Identifier: Apache-2.0 */
/* Linux: a kernel and an init. Ours, urunit, is told everything by a file in the initrd; another one gets what a kernel
 * command line can carry, and what it cannot is refused. */
#include <errno.h>
#include <string.h>

#include "guests/guest.h"
#include "guests/linux_conf.h"
#include "guests/linux_words.h"

#define MIB (1024ull * 1024)
#define CMDLINE_MAX_BYTES 2047
/* Measured with Debian's cloud kernel: what it needs besides its own image and the initrd. */
#define RUNNING_BYTES (24 * MIB)

static const char *const monitors[] = {"qemu", "firecracker", "cloud-hypervisor", NULL};

static uint64_t min_memory(const struct guest_image *img)
{
	/* Compressed, unknown ways: the archive is assumed to grow by this much, a kernel likewise. */
	uint64_t unpacked = img->initrd_unpacked_bytes > 0 ? img->initrd_unpacked_bytes
							   : img->initrd_bytes * 4;
	uint64_t kernel = img->kernel_memory_bytes > 0 ? img->kernel_memory_bytes : img->kernel_bytes * 4;

	/* The unpacked files lie in a tmpfs, which takes at most half of what is free while the archive is there too. */
	return kernel + img->initrd_bytes + 2 * unpacked + RUNNING_BYTES;
}

static int check_init(const struct app_desc *app, struct err *e)
{
	if (app->args.n == 0)
		return err_set(e, EINVAL,
			       "process.args is empty: a Linux guest needs the path of its init there");
	if (app->args.v[0][0] == '\0' || strpbrk(app->args.v[0], LINUX_WORD_ENDS "\"'") != NULL)
		return err_set(e, EINVAL,
			       "process.args[0] '%.128s' is empty or has blanks or quotes: it must be the path of the "
			       "guest's init",
			       app->args.v[0]);
	if (app->init != INIT_APP && app->args.n < 2)
		return err_set(e, EINVAL,
			       "process.args names only the init '%.128s' and no program for it to run",
			       app->args.v[0]);
	return 0;
}

static int add_files(const struct app_desc *app, struct vm_desc *vm, const struct strbuf *conf, struct err *e)
{
	struct guest_file *f = arena_array(conf->a, 2, sizeof(*f));

	if (f == NULL)
		return err_oom(e);
	vm->files.v = f;
	f[vm->files.n++] = (struct guest_file){.path = LINUX_CONF_PATH,
					       .mode = 0400,
					       .data = {conf->p, conf->len}};
	if (app->init == INIT_URUNIT)
		f[vm->files.n++] = (struct guest_file){.path = app->args.v[0],
						       .mode = 0755,
						       .host_path = app->urunit_host_path,
						       .host_bytes = app->urunit_host_bytes};
	return 0;
}

static int adjust(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	struct strbuf conf = STRBUF(a);
	int r = check_init(app, e);

	if (r < 0 || app->init == INIT_APP)
		return r;
	if (app->init == INIT_URUNIT)
		linux_conf_exact(app, vm->ctl_fd >= 0, &conf);
	else if ((r = linux_conf_text(app, &conf, e)) < 0)
		return r;
	return conf.oom ? err_oom(e) : add_files(app, vm, &conf, e);
}

/* What every kernel gets. Even with `quiet` one would write into the application's output, hence loglevel. */
static void add_common(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out)
{
	sb_addf(out, "console=%s quiet loglevel=0 panic=-1 reboot=t", app->console);
	if (app->tsc_early_khz != 0)
		sb_addf(out, " tsc_early_khz=%u", app->tsc_early_khz);
	/* Less to translate. The first is a word that a kernel without it would hand to init: only urunit ignores it. */
	if (vm->accel == ACCEL_TCG && vm->arch == ARCH_X86_64 && app->init == INIT_URUNIT)
		sb_add(out, " noreplace-smp");
	if (vm->accel == ACCEL_TCG)
		sb_add(out, " cryptomgr.notests");
}

static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	int r;

	add_common(app, vm, out);
	switch (app->init) {
	case INIT_URUNIT:
		sb_add(out, " rdinit=");
		sb_add(out, app->args.v[0]);
		return 0;
	case INIT_URUNIT_COMPAT:
		sb_addf(out, " root=/dev/ram0 rw URUNIT_CONFIG=" LINUX_CONF_PATH " rdinit=%s", app->args.v[0]);
		return linux_words_grouped(out, &app->args, e);
	default:
		sb_add(out, " root=/dev/ram0 rw");
		r = linux_words_env(out, &app->env, e);
		if (r < 0)
			return r;
		sb_addf(out, " rdinit=%s", app->args.v[0]);
		return linux_words_args(out, &app->args, e);
	}
}

static const struct guest_ops linux_guest = {
	.name = "linux",
	.roots = 1u << ROOT_INITRD | 1u << ROOT_NONE,
	.monitors = monitors,
	.min_memory = min_memory,
	.adjust = adjust,
	.cmdline = cmdline,
	.max_cmdline_bytes = CMDLINE_MAX_BYTES,
	.urunit = true,
	.tsc_hint = true,
};
GUEST_REGISTER(linux_guest);
