/* SPDX-License-Identifier: Apache-2.0 */
/* The record table of the launch plan: its JSON form for people, its binary form for state and gate. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "monitors/monitor.h"
#include "plan/plan.h"

static const char *const stop_action_names[] = {"signal-monitor", "kill", "message", NULL};

static const char *const net_mode_names[] = {"dynamic", "static", NULL};

static const struct field source_fields[] = {
	FIELD(struct plan_source, path, FK_STR),
	FIELD(struct plan_source, source, FK_STR),
	FIELD(struct plan_source, readonly, FK_BOOL),
};
static const struct record rec_plan_source = RECORD(struct plan_source, source_fields);

static const struct field rootfs_fields[] = {
	FIELD_ENUM(struct plan_rootfs, kind, root_kind_names),
	FIELD(struct plan_rootfs, source, FK_STR),
};
static const struct record rec_plan_rootfs = RECORD(struct plan_rootfs, rootfs_fields);

static const struct field image_fields[] = {
	FIELD(struct plan_image, imager, FK_STR),          FIELD(struct plan_image, format, FK_STR),
	FIELD(struct plan_image, lower, FK_STR),           FIELD(struct plan_image, base, FK_STR),
	FIELD(struct plan_image, upper, FK_STR),           FIELD(struct plan_image, cache_dir, FK_STR),
	FIELD(struct plan_image, cache_max_bytes, FK_U64), FIELD(struct plan_image, key, FK_STR),
	FIELD(struct plan_image, cached, FK_BOOL),         FIELD(struct plan_image, cost_bytes, FK_U64),
	FIELD(struct plan_image, cost_files, FK_U64),      FIELD(struct plan_image, lower_path, FK_STR),
	FIELD(struct plan_image, upper_path, FK_STR),      FIELD(struct plan_image, writable, FK_STR),
	FIELD(struct plan_image, writable_bytes, FK_U64),
};
static const struct record rec_plan_image = RECORD(struct plan_image, image_fields);

static const struct field modules_fields[] = {
	FIELD(struct plan_modules, imager, FK_STR), FIELD(struct plan_modules, cache_dir, FK_STR),
	FIELD(struct plan_modules, path, FK_STR),   FIELD(struct plan_modules, files, FK_STRS),
	FIELD(struct plan_modules, bytes, FK_U64),
};
static const struct record rec_plan_modules = RECORD(struct plan_modules, modules_fields);

static const struct field network_fields[] = {
	FIELD_SUB(struct plan_network, nics, FK_RECS, &rec_vm_nic),
};
static const struct record rec_plan_network = RECORD(struct plan_network, network_fields);

static const struct field plan_fields[] = {
	FIELD(struct launch_plan, oci_version, FK_STR),
	FIELD(struct launch_plan, id, FK_STR),
	FIELD(struct launch_plan, bundle, FK_STR),
	FIELD(struct launch_plan, monitor, FK_STR),
	FIELD(struct launch_plan, guest, FK_STR),
	FIELD(struct launch_plan, argv, FK_STRS),
	FIELD(struct launch_plan, envp, FK_STRS),
	FIELD(struct launch_plan, guest_cmdline, FK_STR),
	FIELD(struct launch_plan, memory_bytes, FK_U64),
	FIELD(struct launch_plan, overhead_bytes, FK_U64),
	FIELD(struct launch_plan, vcpus, FK_U32),
	FIELD_SUB(struct launch_plan, rootfs, FK_REC, &rec_plan_rootfs),
	FIELD_SUB(struct launch_plan, image, FK_OPT, &rec_plan_image),
	FIELD_SUB(struct launch_plan, modules, FK_OPT, &rec_plan_modules),
	FIELD_SUB(struct launch_plan, network, FK_OPT, &rec_plan_network),
	FIELD_SUB(struct launch_plan, app, FK_REC, &rec_app_desc),
	FIELD_SUB(struct launch_plan, vm, FK_REC, &rec_vm_desc),
	FIELD(struct launch_plan, root_path, FK_STR),
	FIELD_SUB(struct launch_plan, namespaces, FK_RECS, &rec_confine_ns),
	FIELD_SUB(struct launch_plan, cgroup, FK_REC, &rec_confine_cgroup),
	FIELD_SUB(struct launch_plan, box, FK_RECS, &rec_box_op),
	FIELD_SUB(struct launch_plan, claims, FK_RECS, &rec_block_claim),
	FIELD_SUB(struct launch_plan, creds, FK_REC, &rec_confine_creds),
	FIELD(struct launch_plan, terminal, FK_BOOL),
	FIELD(struct launch_plan, console_width, FK_U32),
	FIELD(struct launch_plan, console_height, FK_U32),
	FIELD(struct launch_plan, supervise, FK_BOOL),
	FIELD(struct launch_plan, ctl, FK_BOOL),
	FIELD_ENUM(struct launch_plan, stop_action, stop_action_names),
	FIELD(struct launch_plan, stop_signo, FK_I32),
	FIELD(struct launch_plan, stop_zero_is_signal, FK_BOOL),
	FIELD(struct launch_plan, stop_code, FK_U32),
	FIELD(struct launch_plan, stop_grace_ms, FK_U32),
	FIELD(struct launch_plan, stop_message, FK_STR),
	FIELD(struct launch_plan, exit_ok, FK_I32),
	FIELD_ENUM(struct launch_plan, net_mode, net_mode_names),
	FIELD_SUB(struct launch_plan, sources, FK_RECS, &rec_plan_source),
	FIELD(struct launch_plan, hostname, FK_STR),
	FIELD(struct launch_plan, domainname, FK_STR),
	FIELD_SUB(struct launch_plan, sysctl, FK_RECS, &rec_spec_kv),
	FIELD(struct launch_plan, seccomp_profile, FK_STR),
	FIELD(struct launch_plan, landlock, FK_STRS),
	FIELD_SUB(struct launch_plan, prestart, FK_RECS, &rec_spec_hook),
	FIELD_SUB(struct launch_plan, create_runtime, FK_RECS, &rec_spec_hook),
	FIELD_SUB(struct launch_plan, create_container, FK_RECS, &rec_spec_hook),
	FIELD_SUB(struct launch_plan, start_container, FK_RECS, &rec_spec_hook),
	FIELD_SUB(struct launch_plan, poststart, FK_RECS, &rec_spec_hook),
	FIELD_SUB(struct launch_plan, poststop, FK_RECS, &rec_spec_hook),
	FIELD_SUB(struct launch_plan, annotations, FK_RECS, &rec_spec_kv),
	FIELD(struct launch_plan, warnings, FK_STRS),
	FIELD(struct launch_plan, cwd, FK_STR),
	FIELD(struct launch_plan, process_uid, FK_U32),
	FIELD(struct launch_plan, process_gid, FK_U32),
};
const struct record rec_launch_plan = RECORD(struct launch_plan, plan_fields);

/* The same for all plans of a process. */
static uint32_t layout(void)
{
	static uint32_t known;

	if (known == 0)
		known = record_layout(&rec_launch_plan);
	return known;
}

void plan_encode(const struct launch_plan *p, struct strbuf *out)
{
	const uint32_t mine = htole32(layout());

	sb_addn(out, &mine, sizeof(mine));
	record_encode(&rec_launch_plan, p, out);
}

int plan_decode(const void *buf, size_t n, struct arena *a, struct launch_plan *ret, struct err *e)
{
	uint32_t its;

	if (n < sizeof(its))
		return err_set(e, EBADMSG, "a plan of %zu bytes is none", n);
	memcpy(&its, buf, sizeof(its));
	if (le32toh(its) != layout())
		return err_set(e, ESTALE,
			       "its plan was made by another version of urunc, and this one cannot read it: delete the "
			       "container and create it again");
	return record_decode(&rec_launch_plan, (const char *)buf + sizeof(its), n - sizeof(its), a, ret, e);
}

int plan_print_json(const struct launch_plan *p, struct strbuf *out)
{
	struct launch_plan shown = *p;
	struct box_op *ops = arena_array(out->a, p->box.n, sizeof(*ops));

	if (ops == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < p->box.n; i++) {
		ops[i] = p->box.v[i];
		if (ops[i].kind == BOX_INITRD)
			ops[i].data = ops[i].tail = (struct bytes){0};
	}
	shown.box.v = ops;
	record_to_json(&rec_launch_plan, &shown, 2, out);
	sb_addc(out, '\n');
	return out->oom ? -ENOMEM : 0;
}
