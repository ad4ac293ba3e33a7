/* SPDX-License-Identifier: Apache-2.0 */
/* Linux: a kernel and an init, ours (configured by a file) or the image's own (configured by the command line). */
#include <errno.h>
#include <string.h>

#include "guests/guest.h"
#include "machine/confine.h"

#define MIB (1024ull * 1024)
#define CONF_PATH "/urunit.conf"
#define MAX_WORDS 31

static const char *const monitors[] = {"qemu", "firecracker", "cloud-hypervisor", NULL};

static uint64_t min_memory(const struct guest_image *img)
{
	uint64_t unpacked = img->initrd_unpacked_bytes > 0 ? img->initrd_unpacked_bytes : img->initrd_bytes * 3;
	uint64_t kernel = img->kernel_memory_bytes > 0 ? img->kernel_memory_bytes : img->kernel_bytes * 4;

	return kernel + img->initrd_bytes + unpacked + 24 * MIB;
}

static void put(struct strbuf *b, const char *key, const char *value, size_t n)
{
	sb_addf(b, "%s %zu\n", key, n);
	sb_addn(b, value, n);
	sb_addc(b, '\n');
}

static void put_num(struct strbuf *b, const char *key, uint32_t value, const char *fmt_octal)
{
	char text[24];
	struct strbuf t = {.p = text, .cap = sizeof(text)};

	if (fmt_octal != NULL)
		sb_addf(&t, "%o", value);
	else
		sb_addf(&t, "%u", value);
	put(b, key, text, t.len);
}

static void put_limits(struct strbuf *b, const struct app_desc *app, struct arena *a)
{
	for (size_t i = 0; i < app->rlimits.n; i++) {
		const struct rlimit_value *v = &app->rlimits.v[i];
		struct strbuf t = STRBUF(a);

		sb_addf(&t, "%s %llu %llu", str_starts(v->type, "RLIMIT_") ? v->type + 7 : v->type,
			(unsigned long long)v->soft, (unsigned long long)v->hard);
		if (t.oom)
			b->oom = true;
		else
			put(b, "rlimit", t.p, t.len);
	}
}

/* Everything urunit must know, each value with its length so that no byte is special. */
static void put_exact(struct strbuf *b, const struct app_desc *app, bool ctl, struct arena *a)
{
	sb_add(b, "URS\n");
	if (ctl)
		put(b, "ctl", "1", 1);
	if (app->hostname != NULL)
		put(b, "hostname", app->hostname, strlen(app->hostname));
	if (app->terminal)
		put(b, "terminal", "1", 1);
	put_num(b, "uid", app->uid, NULL);
	put_num(b, "gid", app->gid, NULL);
	for (size_t i = 0; i < app->groups.n; i++)
		put_num(b, "group", app->groups.v[i], NULL);
	if (app->has_umask)
		put_num(b, "umask", app->umask, "o");
	put_limits(b, app, a);
	put(b, "cwd", app->cwd, strlen(app->cwd));
	for (size_t i = 0; i < app->env.n; i++)
		put(b, "env", app->env.v[i], strlen(app->env.v[i]));
	for (size_t i = 1; i < app->args.n; i++)
		put(b, "arg", app->args.v[i], strlen(app->args.v[i]));
	sb_add(b, "URE\n");
}

/* The original's text form, for an urunit of the image. */
static int put_text(struct strbuf *b, const struct app_desc *app, struct err *e)
{
	sb_add(b, "UES\n");
	for (size_t i = 0; i < app->env.n; i++) {
		if (strchr(app->env.v[i], '\n') != NULL)
			return err_set(e, EINVAL,
				       "process.env[%zu] holds a newline, which the image's own urunit cannot take (set [runtime] "
				       "replace_urunit = true)",
				       i);
		sb_addf(b, "%s\n", app->env.v[i]);
	}
	sb_addf(b, "UEE\nUCS\nUID:%u\nGID:%u\nWD:%s\nUCE\nUBS\nUBE\n", app->uid, app->gid, app->cwd);
	return 0;
}

static int adjust(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
{
	struct strbuf b = STRBUF(a);
	struct guest_file *f;
	const char *text;
	size_t n = 0;
	int r;

	if (app->init == INIT_APP)
		return 0;
	if (app->init == INIT_URUNIT)
		put_exact(&b, app, vm->ctl_fd >= 0, a);
	else if ((r = put_text(&b, app, e)) < 0)
		return r;
	if ((r = sb_done(&b, &text, e)) < 0)
		return r;
	f = arena_array(a, 2, sizeof(*f));
	if (f == NULL)
		return err_oom(e);
	f[n++] = (struct guest_file){.path = CONF_PATH, .mode = 0600, .data = {text, b.len}};
	if (app->init == INIT_URUNIT)
		f[n++] = (struct guest_file){.path = app->args.v[0], .mode = 0755, .host_path = app->urunit_host_path,
					     .host_bytes = app->urunit_host_bytes};
	vm->files.v = f;
	vm->files.n = n;
	return 0;
}

static int check_word(const char *what, size_t i, const char *s, struct err *e)
{
	if (strpbrk(s, "\n\r") != NULL)
		return err_set(e, EINVAL, "%s[%zu] holds a line break, which the kernel command line cannot carry", what, i);
	if (strchr(s, '"') != NULL)
		return err_set(e, EINVAL, "%s[%zu] holds a double quote, which the kernel command line cannot carry", what, i);
	return 0;
}

static int add_env(const struct app_desc *app, struct strbuf *out, struct err *e)
{
	if (app->env.n > MAX_WORDS)
		return err_set(e, E2BIG, "process.env has %zu entries, but a Linux kernel passes on at most %d", app->env.n,
			       MAX_WORDS);
	for (size_t i = 0; i < app->env.n; i++) {
		int r = check_word("process.env", i, app->env.v[i], e);

		if (r < 0)
			return r;
		if (strpbrk(app->env.v[i], " \t") != NULL)
			return err_set(e, EINVAL, "process.env[%zu] holds a blank, which this guest's init cannot take", i);
		sb_addf(out, " %s", app->env.v[i]);
	}
	return 0;
}

static int add_args(const struct app_desc *app, struct strbuf *out, struct err *e)
{
	if (app->args.n > MAX_WORDS)
		return err_set(e, E2BIG, "process.args has %zu entries, but a Linux kernel passes on at most %d", app->args.n,
			       MAX_WORDS);
	if (app->args.n > 1)
		sb_add(out, " --");
	for (size_t i = 1; i < app->args.n; i++) {
		int r = check_word("process.args", i, app->args.v[i], e);

		if (r < 0)
			return r;
		const char *q = strpbrk(app->args.v[i], " \t") != NULL ? "'" : "";

		sb_addf(out, " %s%s%s", q, app->args.v[i], q);
	}
	return 0;
}

static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	int r = 0;

	(void)vm;
	if (app->args.n == 0)
		return err_set(e, EINVAL, "no init was specified: process.args is empty");
	if ((r = check_word("process.args", 0, app->args.v[0], e)) < 0)
		return r;
	sb_addf(out, "console=%s quiet panic=-1 reboot=t", app->console);
	if (app->tsc_early_khz != 0)
		sb_addf(out, " tsc_early_khz=%u", app->tsc_early_khz);
	sb_addf(out, " rdinit=%s", app->args.v[0]);
	if (app->init == INIT_URUNIT)
		return 0;
	if (app->init == INIT_URUNIT_COMPAT)
		sb_add(out, " URUNIT_CONFIG=" CONF_PATH);
	else
		r = add_env(app, out, e);
	return r < 0 ? r : add_args(app, out, e);
}

static const struct guest_ops linux_guest = {
	.name = "linux",
	.roots = 1u << ROOT_INITRD,
	.monitors = monitors,
	.min_memory = min_memory,
	.adjust = adjust,
	.cmdline = cmdline,
	.max_cmdline_bytes = 2047,
	.tsc_hint = true,
};
GUEST_REGISTER(linux_guest);
