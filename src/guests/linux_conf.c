/* SPDX-License-Identifier: Apache-2.0 */
/* urunit's configuration, in our form and in the original's. */
#include "guests/linux_conf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "guests/linux_net.h"

static void put(struct strbuf *out, const char *key, const char *value)
{
	sb_addf(out, "%s %zu\n", key, strlen(value));
	sb_add(out, value);
	sb_addc(out, '\n');
}

static void putf(struct strbuf *out, const char *key, const char *fmt, ...) _printf_(3, 4);
static void putf(struct strbuf *out, const char *key, const char *fmt, ...)
{
	const char *s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(out->a, fmt, ap);
	va_end(ap);
	if (s == NULL)
		out->oom = true;
	else
		put(out, key, s);
}

static void put_limits(const struct app_desc *app, struct strbuf *out)
{
	for (size_t i = 0; i < app->rlimits.n; i++) {
		const struct rlimit_value *l = &app->rlimits.v[i];

		putf(out, "rlimit", "%s %llu %llu", str_starts(l->type, "RLIMIT_") ? l->type + 7 : l->type,
		     (unsigned long long)l->soft, (unsigned long long)l->hard);
	}
}

/* One value made by a strbuf of its own. */
static void put_made(struct strbuf *out, const char *key, const struct strbuf *value)
{
	if (value->oom) {
		out->oom = true;
		return;
	}
	sb_addf(out, "%s %zu\n", key, value->len);
	sb_addn(out, value->p, value->len);
	sb_addc(out, '\n');
}

static void put_line(struct strbuf *out, const char *key, const char *value)
{
	if (value != NULL)
		sb_addf(out, "%s %s\n", key, value);
}

static void put_disk(const struct vm_desc *vm, size_t i, const char *path, struct strbuf *out)
{
	const struct vm_disk *d = &vm->disks.v[i];
	struct strbuf v = STRBUF(out->a);

	put_line(&v, "serial", d->serial);
	/* For monitors that tell the guest a serial of their own. */
	sb_addf(&v, "order %zu\n", i);
	put_line(&v, "path", path);
	put_line(&v, "fstype", d->fstype);
	put_line(&v, "options", d->options);
	put_line(&v, "layer", d->layer);
	if (d->readonly)
		sb_add(&v, "ro\n");
	put_made(out, "volume", &v);
}

static bool has_its_turn(const struct app_desc *app, const struct vm_disk *d)
{
	for (size_t i = 0; i < app->mounts.n; i++)
		if (app->mounts.v[i].disk != NULL && streq(app->mounts.v[i].disk, d->serial))
			return true;
	return false;
}

/* The root, however many disks it has, and whatever else has no place in the order of mounts. */
static void put_disks(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out)
{
	for (size_t i = 0; i < vm->disks.n; i++)
		if (vm->disks.v[i].mount_point != NULL && !has_its_turn(app, &vm->disks.v[i]))
			put_disk(vm, i, vm->disks.v[i].mount_point, out);
}

static void put_shares(const struct vm_desc *vm, struct strbuf *out)
{
	for (size_t i = 0; i < vm->shares.n; i++) {
		const struct vm_share *s = &vm->shares.v[i];
		struct strbuf v = STRBUF(out->a);

		if (s->mount_point == NULL)
			continue;
		put_line(&v, "tag", s->tag);
		put_line(&v, "path", s->mount_point);
		put_line(&v, "fstype", s->socket != NULL ? "virtiofs" : "9p");
		if (s->in_archive)
			sb_add(&v, "archive\n");
		if (s->readonly)
			sb_add(&v, "ro\n");
		put_made(out, "volume", &v);
	}
}

static void put_nics(const struct vm_desc *vm, struct strbuf *out)
{
	for (size_t i = 0; i < vm->nics.n; i++) {
		const struct vm_nic *n = &vm->nics.v[i];
		struct strbuf v = STRBUF(out->a);

		put_line(&v, "mac", n->mac);
		/* Probing may find them in another order than ours. */
		sb_addf(&v, "name eth%zu\n", i);
		if (n->mtu > 0)
			sb_addf(&v, "mtu %u\n", n->mtu);
		put_line(&v, "address", n->address);
		put_line(&v, "address", n->address6);
		put_line(&v, "gateway", n->gateway);
		put_line(&v, "gateway", n->gateway6);
		put_made(out, "nic", &v);
	}
}

static void put_files(const struct app_desc *app, struct strbuf *out)
{
	for (size_t i = 0; i < app->files.n; i++) {
		const struct guest_file *f = &app->files.v[i];
		struct strbuf v = STRBUF(out->a);

		sb_addf(&v, "%o %s\n", f->mode, f->path);
		sb_addn(&v, f->data.p, f->data.n);
		put_made(out, "file", &v);
	}
}

static void put_volume(const struct vm_desc *vm, const struct app_mount *m, struct strbuf *out)
{
	for (size_t i = 0; i < vm->disks.n; i++)
		if (streq(vm->disks.v[i].serial, m->disk))
			put_disk(vm, i, m->path, out);
}

static void put_mount(const struct app_mount *m, struct strbuf *out)
{
	struct strbuf v = STRBUF(out->a);

	put_line(&v, "from", m->from);
	put_line(&v, "path", m->path);
	put_line(&v, "options", m->options);
	if (m->readonly)
		sb_add(&v, "ro\n");
	put_made(out, m->from != NULL ? "bind" : "tmpfs", &v);
}

static void put_mounts(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out)
{
	for (size_t i = 0; i < app->mounts.n; i++) {
		if (app->mounts.v[i].disk != NULL)
			put_volume(vm, &app->mounts.v[i], out);
		else
			put_mount(&app->mounts.v[i], out);
	}
	if (app->readonly_root)
		put(out, "readonly", "1");
}

void linux_conf_exact(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out)
{
	sb_add(out, "URS\n");
	if (vm->ctl_fd >= 0)
		put(out, "ctl", "1");
	if (vm->end == END_POWER_OFF)
		put(out, "end", "poweroff");
	if (app->start_clock_ms != 0)
		putf(out, "clock", "%llu", (unsigned long long)app->start_clock_ms);
	put_disks(app, vm, out);
	put_shares(vm, out);
	put_mounts(app, vm, out);
	put_nics(vm, out);
	put_files(app, out);
	for (size_t i = 0; i < app->sysctls.n; i++)
		put(out, "sysctl", app->sysctls.v[i]);
	put(out, "hostname", linux_net_hostname(app));
	if (app->terminal)
		put(out, "terminal", "1");
	putf(out, "uid", "%u", app->uid);
	putf(out, "gid", "%u", app->gid);
	for (size_t i = 0; i < app->groups.n; i++)
		putf(out, "group", "%u", app->groups.v[i]);
	if (app->has_umask)
		putf(out, "umask", "%o", app->umask);
	put_limits(app, out);
	put(out, "cwd", app->cwd);
	for (size_t i = 0; i < app->env.n; i++)
		put(out, "env", app->env.v[i]);
	/* The first argument is urunit itself. */
	for (size_t i = 1; i < app->args.n; i++)
		put(out, "arg", app->args.v[i]);
	sb_add(out, "URE\n");
}

/* A line of its own: no line break inside, and not the marker that ends the section. */
static int text_line(struct strbuf *out, const char *what, const char *line, const char *end, struct err *e)
{
	if (strpbrk(line, "\r\n") != NULL || streq(line, end))
		return err_set(e, EINVAL,
			       "%s has a line break or is '%s', which the image's own urunit cannot be told (set [runtime] "
			       "replace_urunit = true to use urunc's)",
			       what, end);
	sb_addf(out, "%s\n", line);
	return 0;
}

/* The root is the kernel's to mount; an old urunit knows only ext4 disks. */
static int text_volumes(const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	int r;

	sb_add(out, "UBS\n");
	for (size_t i = 0; i < vm->disks.n; i++) {
		const struct vm_disk *d = &vm->disks.v[i];

		if (d->mount_point == NULL || streq(d->mount_point, "/"))
			continue;
		sb_addf(out, "ID:%s\nMP:", d->serial);
		r = text_line(out, "the mount point of a volume", d->mount_point, "UBE", e);
		if (r < 0)
			return r;
	}
	sb_add(out, "UBE\n");
	return 0;
}

int linux_conf_text(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	char what[40];
	struct strbuf name = {.p = what, .cap = sizeof(what)};
	int r;

	sb_add(out, "UES\n");
	for (size_t i = 0; i < app->env.n; i++) {
		name.len = 0;
		sb_addf(&name, "process.env[%zu]", i);
		r = text_line(out, what, app->env.v[i], "UEE", e);
		if (r < 0)
			return r;
	}
	sb_addf(out, "UEE\nUCS\nUID:%u\nGID:%u\nWD:", app->uid, app->gid);
	r = text_line(out, "process.cwd", app->cwd, "UCE", e);
	if (r < 0)
		return r;
	sb_add(out, "UCE\n");
	return text_volumes(vm, out, e);
}
