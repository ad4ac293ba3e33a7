/* SPDX-License-Identifier: Apache-2.0 */
/* Units of systemd's. Root talks to systemd itself, by its own socket, which needs no bus; the system bus is the other way. */
#include "sandbox/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cpulist.h"
#include "dbus/bus.h"

#define SYSTEMD_SOCKET "/run/systemd/private"
#define BUS_SOCKET "/run/dbus/system_bus_socket"
#define TIMEOUT_MS 30000 /* runc's, too */

#define SERVICE "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define ERROR(name) "org.freedesktop.systemd1." name

/* --- calls --- */

static int call(struct dbus *d, const char *member, const char *signature, const struct strbuf *body,
		dbus_signal_fn fn, void *arg, struct dbus_message *ret, struct err *e)
{
	const struct dbus_call c = {.destination = SERVICE,
				    .path = MANAGER_PATH,
				    .interface = MANAGER,
				    .member = member,
				    .signature = signature,
				    .body = body};

	return dbus_call(d, &c, fn, arg, ret, e);
}

/* On a bus signals come only to those who asked for them; systemd's own socket has them anyway. */
static int subscribe(struct dbus *d, struct err *e)
{
	struct strbuf rule = STRBUF(d->a);
	const struct dbus_call match = {.destination = "org.freedesktop.DBus",
					.path = "/org/freedesktop/DBus",
					.interface = "org.freedesktop.DBus",
					.member = "AddMatch",
					.signature = "s",
					.body = &rule};
	struct dbus_message reply;
	int r;

	dbus_put_str(&rule, "type='signal',sender='" SERVICE "',interface='" MANAGER "',member='JobRemoved'");
	r = dbus_call(d, &match, NULL, NULL, &reply, e);
	return r < 0 ? r : call(d, "Subscribe", NULL, NULL, NULL, NULL, &reply, e);
}

static int open_systemd(struct arena *a, struct dbus *ret, struct err *e)
{
	struct err first = {0};
	int r;

	if (geteuid() == 0 && dbus_open(SYSTEMD_SOCKET, false, TIMEOUT_MS, a, ret, &first) == 0)
		return 0;
	r = dbus_open(BUS_SOCKET, true, TIMEOUT_MS, a, ret, e);
	if (r == 0) {
		r = subscribe(ret, e);
		if (r < 0)
			dbus_close(ret);
	}
	return r < 0 ? err_wrap(e,
				"systemd cannot be reached (--systemd-cgroup needs root and a running systemd)")
		     : 0;
}

/* --- properties --- */

/* systemd's bit mask: CPU 0 is the lowest bit of the first byte. */
static int put_cpus(struct strbuf *b, const char *text, struct err *e)
{
	struct dbus_array bytes;
	struct cpulist l;

	if (!cpulist_parse(text, &l))
		return err_set(e, EINVAL, "'%.64s' is no list of CPUs (like 0-3,7)", text);
	dbus_put_sig(b, "ay");
	bytes = dbus_begin_array(b, 1);
	for (uint32_t i = 0; i < (l.end + 7) / 8; i++)
		dbus_put_byte(b, l.bits[i]);
	dbus_end_array(b, bytes);
	return 0;
}

/* "PATH rwm" */
static int put_devices(struct strbuf *b, const struct strs *list, struct err *e)
{
	struct dbus_array all;

	dbus_put_sig(b, "a(ss)");
	all = dbus_begin_array(b, 8);
	for (size_t i = 0; i < list->n; i++) {
		const char *blank = strchr(list->v[i], ' ');
		const char *path = blank ? arena_strndup(b->a, list->v[i], (size_t)(blank - list->v[i]))
					 : NULL;

		if (!path)
			return err_oom(e);
		dbus_put_align(b, 8);
		dbus_put_str(b, path);
		dbus_put_str(b, blank + 1);
	}
	dbus_end_array(b, all);
	return 0;
}

static int put_property(struct strbuf *b, const struct unit_property *p, struct err *e)
{
	dbus_put_align(b, 8);
	dbus_put_str(b, p->name);
	switch (p->kind) {
	case UNIT_BOOL:
		dbus_put_sig(b, "b");
		dbus_put_u32(b, p->number != 0);
		return 0;
	case UNIT_U64:
		dbus_put_sig(b, "t");
		dbus_put_u64(b, p->number);
		return 0;
	case UNIT_CPUS:
		return put_cpus(b, p->text, e);
	case UNIT_DEVICES:
		return put_devices(b, &p->list, e);
	default:
		dbus_put_sig(b, "s");
		dbus_put_str(b, p->text);
		return 0;
	}
}

/* pid 0: none. */
static int put_properties(struct strbuf *b, const struct confine_unit *u, pid_t pid, struct err *e)
{
	struct dbus_array all = dbus_begin_array(b, 8), pids;
	int r = 0;

	for (size_t i = 0; r == 0 && i < u->properties.n; i++)
		r = put_property(b, &u->properties.v[i], e);
	if (r == 0 && pid > 0) {
		dbus_put_align(b, 8);
		dbus_put_str(b, "PIDs");
		dbus_put_sig(b, "au");
		pids = dbus_begin_array(b, 4);
		dbus_put_u32(b, (uint32_t)pid);
		dbus_end_array(b, pids);
	}
	dbus_end_array(b, all);
	return r;
}

/* --- jobs --- */

/* The end of one job, perhaps seen before the job's name is known. */
struct job_end {
	const char *unit;
	const char *job; /* NULL: not known yet */
	char seen[128], result[32];
};

static int on_signal(void *arg, const struct dbus_message *m)
{
	struct job_end *j = arg;
	struct dbus_in in = dbus_body(m);
	const char *path, *unit, *result;

	if (!m->member || !streq(m->member, "JobRemoved") || !m->signature || !streq(m->signature, "uoss"))
		return 0;
	(void)dbus_get_u32(&in);
	path = dbus_get_str(&in);
	unit = dbus_get_str(&in);
	result = dbus_get_str(&in);
	if (in.bad || !streq(unit, j->unit) || (j->job && !streq(path, j->job)) ||
	    strlen(path) >= sizeof(j->seen))
		return 0;
	memcpy(j->seen, path, strlen(path) + 1);
	snprintf(j->result, sizeof(j->result), "%s", result);
	return 1;
}

/* Calls something that makes a job, and waits for the job's end. */
static int run_job(struct dbus *d, const char *member, const char *signature, const struct strbuf *body,
		   const char *unit, struct err *e)
{
	struct job_end end = {.unit = unit};
	struct dbus_message reply;
	struct dbus_in in;
	int r = call(d, member, signature, body, on_signal, &end, &reply, e);

	if (r < 0)
		return r;
	in = dbus_body(&reply);
	end.job = reply.signature && streq(reply.signature, "o") ? dbus_get_str(&in) : NULL;
	if (!end.job)
		return err_set(e, EBADMSG, "systemd's answer to %s is not understood", member);
	if (!streq(end.seen, end.job))
		r = dbus_wait_signal(d, on_signal, &end, e);
	if (r < 0)
		return r;
	return streq(end.result, "done")
		       ? 0
		       : err_set(e, EIO, "systemd's job for it ended with '%s'", end.result);
}

static int on_name(struct dbus *d, const char *member, const char *name, struct dbus_message *ret,
		   struct err *e)
{
	struct strbuf body = STRBUF(d->a);

	dbus_put_str(&body, name);
	if (body.oom)
		return err_oom(e);
	return call(d, member, "s", &body, NULL, NULL, ret, e);
}

static int start_on(struct dbus *d, const struct confine_unit *u, pid_t pid, struct err *e)
{
	struct strbuf body = STRBUF(d->a);
	struct dbus_array none;
	struct dbus_message reply;
	struct err ignored = {0};
	int r;

	dbus_put_str(&body, u->name);
	dbus_put_str(&body, "replace");
	r = put_properties(&body, u, pid, e);
	if (r < 0)
		return r;
	none = dbus_begin_array(&body, 8);
	dbus_end_array(&body, none);
	if (body.oom)
		return err_oom(e);
	r = run_job(d, "StartTransientUnit", "ssa(sv)a(sa(sv))", &body, u->name, e);
	/* What failed once stays until somebody says that he has seen it. */
	if (r == -EREMOTEIO && streq(d->error, ERROR("UnitExists")) &&
	    on_name(d, "ResetFailedUnit", u->name, &reply, &ignored) == 0)
		r = run_job(d, "StartTransientUnit", "ssa(sv)a(sa(sv))", &body, u->name, e);
	if (r == -EREMOTEIO && streq(d->error, ERROR("UnitExists")))
		return err_set(
			e, EEXIST,
			"it exists already: end it ('systemctl stop %s') or choose another linux.cgroupsPath",
			u->name);
	return r;
}

int unit_start(const struct confine_unit *u, pid_t pid, struct err *e)
{
	_cleanup_dbus_ struct dbus d = DBUS_NULL;
	struct arena a = {0};
	int r = open_systemd(&a, &d, e);

	if (r == 0)
		r = start_on(&d, u, pid, e);
	arena_release(&a);
	return r < 0 ? err_wrap(e, "systemd unit '%s'", u->name) : 0;
}

int unit_set(const struct confine_unit *u, struct err *e)
{
	_cleanup_dbus_ struct dbus d = DBUS_NULL;
	struct arena a = {0};
	struct strbuf body = STRBUF(&a);
	struct dbus_message reply;
	int r;

	if (u->properties.n == 0)
		return 0;
	dbus_put_str(&body, u->name);
	dbus_put_u32(&body, 1); /* until it ends */
	r = put_properties(&body, u, 0, e);
	if (r == 0)
		r = body.oom ? err_oom(e) : open_systemd(&a, &d, e);
	if (r == 0)
		r = call(&d, "SetUnitProperties", "sba(sv)", &body, NULL, NULL, &reply, e);
	arena_release(&a);
	return r < 0 ? err_wrap(e, "systemd unit '%s'", u->name) : 0;
}

/* 1: it is there and ours; 0: it is not. */
static int is_ours(struct dbus *d, const char *name, const char *description, struct err *e)
{
	struct strbuf body = STRBUF(d->a);
	struct dbus_call get = {.destination = SERVICE,
				.interface = "org.freedesktop.DBus.Properties",
				.member = "Get",
				.signature = "ss",
				.body = &body};
	struct dbus_message reply;
	struct dbus_in in;
	const char *type;
	int r = on_name(d, "GetUnit", name, &reply, e);

	if (r == -EREMOTEIO && streq(d->error, ERROR("NoSuchUnit")))
		return 0;
	if (r < 0)
		return r;
	in = dbus_body(&reply);
	get.path = reply.signature && streq(reply.signature, "o") ? dbus_get_str(&in) : NULL;
	if (!get.path)
		return err_set(e, EBADMSG, "systemd's answer to GetUnit is not understood");
	dbus_put_str(&body, "org.freedesktop.systemd1.Unit");
	dbus_put_str(&body, "Description");
	r = dbus_call(d, &get, NULL, NULL, &reply, e);
	if (r == -EREMOTEIO)
		return 0; /* it went while we asked */
	if (r < 0)
		return r;
	in = dbus_body(&reply);
	type = dbus_get_sig(&in);
	return type && streq(type, "s") && streq(dbus_get_str(&in), description);
}

static int stop_on(struct dbus *d, const char *name, struct err *e)
{
	struct strbuf body = STRBUF(d->a), kill = STRBUF(d->a);
	struct dbus_message reply;
	struct err ignored = {0};
	int r;

	/* A scope is stopped by TERM and a long patience; the container's time is over already. */
	dbus_put_str(&kill, name);
	dbus_put_str(&kill, "all");
	dbus_put_u32(&kill, SIGKILL);
	(void)call(d, "KillUnit", "ssi", &kill, NULL, NULL, &reply, &ignored);
	dbus_put_str(&body, name);
	dbus_put_str(&body, "replace");
	r = run_job(d, "StopUnit", "ss", &body, name, e);
	if (r == -EREMOTEIO && streq(d->error, ERROR("NoSuchUnit")))
		return 0;
	/* One that failed is still listed. */
	if (r == 0 && on_name(d, "ResetFailedUnit", name, &reply, &ignored) < 0 && d->error[0] == '\0')
		return err_set(e, ignored.code, "%s", ignored.msg);
	return r;
}

int unit_stop(const char *name, const char *description, struct err *e)
{
	_cleanup_dbus_ struct dbus d = DBUS_NULL;
	struct arena a = {0};
	int r = open_systemd(&a, &d, e);

	if (r == 0)
		r = is_ours(&d, name, description, e);
	if (r > 0)
		r = stop_on(&d, name, e);
	arena_release(&a);
	return r < 0 ? err_wrap(e, "systemd unit '%s'", name) : 0;
}
