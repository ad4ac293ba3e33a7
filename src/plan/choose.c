/* SPDX-License-Identifier: Apache-2.0 */
/* Which accelerator and which machine type: the two choices that decide how fast a guest starts. */
#include <errno.h>

#include "plan/internal.h"

static int refuse_kvm(const struct build *b, struct err *e)
{
	return err_set(e, ENODEV,
		       "monitor '%s' needs /dev/kvm, which is missing or cannot be opened on this host%s",
		       b->w->monitor->name,
		       b->w->monitor->caps & MON_TCG
			       ? " ([runtime] accelerator = \"kvm\" was asked for; \"auto\" may use "
				 "software emulation)"
			       : "");
}

int choose_accel(struct build *b, struct err *e)
{
	const struct monitor_ops *ops = b->w->monitor;
	const char *wish = b->f->config.accelerator;
	bool want_kvm = streq(wish, "kvm"), want_tcg = streq(wish, "tcg");

	b->p->vm.accel = ACCEL_NONE;
	if (ops->caps & MON_TCG)
		b->p->vm.accel = ACCEL_TCG;
	if (!(ops->caps & MON_KVM) || (want_tcg && (ops->caps & MON_TCG)))
		return 0;
	if (b->f->host.kvm == KVM_WORKS ||
	    (b->f->host.kvm == KVM_OPENS && (want_kvm || !(ops->caps & MON_TCG)))) {
		b->p->vm.accel = ACCEL_KVM;
		if (b->f->host.kvm == KVM_OPENS)
			strv_add(&b->warnings,
				 "/dev/kvm opens, but a trial instruction fails on it: the guest may not run");
		return 0;
	}
	return want_kvm || !(ops->caps & MON_TCG) ? refuse_kvm(b, e) : 0;
}

static bool name_allowed(const char *const *names, const char *name)
{
	if (names == NULL)
		return true;
	for (size_t i = 0; names[i] != NULL; i++)
		if (streq(names[i], name))
			return true;
	return false;
}

/* This machine gives a Linux guest no clock to measure its TSC by; a wrong or missing number hangs or bends it. */
static bool needs_tsc(const struct build *b, const char *machine)
{
	return b->w->monitor->tsc_machine != NULL && streq(machine, b->w->monitor->tsc_machine) &&
	       b->p->vm.accel == ACCEL_TCG;
}

/* NULL when the machine will do, else what is in the way. */
static const char *objection(const struct build *b, const char *machine)
{
	if (!name_allowed(b->w->guest->machines, machine))
		return "the guest does not support it";
	if (b->w->monitor->machine_ok != NULL && !b->w->monitor->machine_ok(machine, &b->p->vm))
		return "it cannot start this kernel format";
	if (needs_tsc(b, machine) && b->f->host.tsc_khz == 0)
		return "the host's TSC frequency is not known";
	if (needs_tsc(b, machine) && !b->w->guest->tsc_hint)
		return "the guest cannot be told the TSC frequency";
	return NULL;
}

static void settle(struct build *b, const char *machine)
{
	b->p->vm.machine = machine;
	b->p->app.tsc_early_khz = needs_tsc(b, machine) ? b->f->host.tsc_khz : 0;
}

static int choose_wanted(struct build *b, const char *const *machines, struct err *e)
{
	const char *wish = b->f->config.machine, *why;

	if (!name_allowed(machines, wish))
		return err_set(e, EINVAL,
			       "[runtime] machine '%.64s' is none of monitor '%s' on %s (allowed: auto, %s)",
			       wish, b->w->monitor->name, arch_names[b->p->vm.arch],
			       list_names(b->a, machines));
	why = objection(b, wish);
	if (why != NULL)
		return err_set(e, EINVAL, "[runtime] machine '%s' cannot be used: %s", wish, why);
	settle(b, wish);
	return 0;
}

int choose_machine(struct build *b, struct err *e)
{
	const char *const *machines = b->w->monitor->machines[b->p->vm.arch];
	const char *why = NULL;

	if (machines == NULL)
		return 0;
	if (b->f->config.machine != NULL && !streq(b->f->config.machine, "auto"))
		return choose_wanted(b, machines, e);
	for (size_t i = 0; machines[i] != NULL; i++) {
		why = objection(b, machines[i]);
		if (why == NULL) {
			settle(b, machines[i]);
			return 0;
		}
	}
	return err_set(
		e, EINVAL,
		"kernel '%.256s' (format %s) cannot be started by monitor '%s' on any of its machines (%s): %s",
		b->f->kernel.path, kernel_format_names[b->p->vm.kernel_format], b->w->monitor->name,
		list_names(b->a, machines), why);
}
