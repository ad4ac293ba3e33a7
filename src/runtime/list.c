/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc list`. */
#include "runtime/list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "config/config.h"
#include "runtime/state.h"

struct entry {
	const char *id, *status, *bundle, *created, *owner;
	int64_t pid;
	const char *json; /* the whole object as it is printed */
};

struct listing {
	const struct runtime *rt;
	struct entry *v;
	size_t n, cap;
	bool has_runc, has_crun;
};

static int add_entry(struct listing *l, const struct entry *en, struct err *e)
{
	struct entry *v = arena_room(l->rt->arena, l->v, l->n, &l->cap, 32, sizeof(*v));

	if (!v)
		return err_oom(e);
	l->v = v;
	l->v[l->n++] = *en;
	return 0;
}

/* Names are not looked up: this program knows no name services, and every other owner is rare. */
static const char *owner_name(struct arena *a, uint32_t uid)
{
	return uid == 0 ? "root" : arena_printf(a, "%u", uid);
}

static int add_ours(struct listing *l, struct container *c, struct err *e)
{
	struct arena *a = l->rt->arena;
	struct strbuf json = STRBUF(a);
	char *created = arena_alloc(a, 40);
	struct oci_state st;
	enum status s;
	int r;

	if (!created)
		return err_oom(e);
	r = status_read(c, false, &s, e);
	if (r < 0)
		return r;
	state_fill(c, s, created, &st);
	st.owner = owner_name(a, c->head.owner);
	state_to_json(&st, 0, &json);
	if (json.oom || !st.owner)
		return err_oom(e);
	return add_entry(l,
			 &(struct entry){.id = st.id,
					 .status = st.status,
					 .bundle = st.bundle,
					 .created = created,
					 .owner = st.owner,
					 .pid = st.pid,
					 .json = json.p},
			 e);
}

static int look_at(struct listing *l, const char *id, struct err *e)
{
	_cleanup_container_ struct container c = CONTAINER_NULL;
	struct err bad = {0};
	int r;

	if (container_id_check(id, &bad) < 0)
		return 0;
	r = container_open(l->rt, id, 0, &c, &bad);
	if (r == -ENOMEM)
		return err_oom(e);
	if (r < 0) {
		/* Files in the root are nobody's business. */
		if (r != -ENOTDIR)
			log_warn("cannot list container '%s': %s", id, bad.msg);
		return 0;
	}
	l->has_runc = l->has_runc || c.owner == OWNER_RUNC;
	l->has_crun = l->has_crun || c.owner == OWNER_CRUN;
	return c.owner == OWNER_US ? add_ours(l, &c, e) : 0;
}

static int scan_root(struct listing *l, struct err *e)
{
	DIR *d = opendir(l->rt->root);
	struct dirent *ent;
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : err_sys(e, "cannot list state root '%s'", l->rt->root);
	while (r == 0 && (ent = readdir(d)))
		r = look_at(l, ent->d_name, e);
	closedir(d);
	return r;
}

static int add_foreign(struct listing *l, const json_t *o, struct err *e)
{
	struct entry en = {.id = "", .status = "", .bundle = "", .created = "", .owner = ""};
	char *text;

	if (json_get_str(o, "list", "id", &en.id, e) < 0 ||
	    json_get_str(o, "list", "status", &en.status, e) < 0 ||
	    json_get_str(o, "list", "bundle", &en.bundle, e) < 0 ||
	    json_get_str(o, "list", "created", &en.created, e) < 0 ||
	    json_get_str(o, "list", "owner", &en.owner, e) < 0 ||
	    json_get_int(o, "list", "pid", INT64_MIN, INT64_MAX, &en.pid, e) < 0)
		return -EINVAL;
	text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (!text)
		return err_oom(e);
	en.json = text; /* in our arena, like all of jansson's memory */
	return add_entry(l, &en, e);
}

/* runc's word for an empty list. A document of ours begins with a bracket, so it is looked for before. */
static bool is_null(struct bytes text)
{
	const char *p = text.p;

	while (text.n > 0 && p[text.n - 1] == '\n')
		text.n--;
	return text.n == 4 && memcmp(p, "null", 4) == 0;
}

static int add_delegates(struct listing *l, const struct delegate_call *call, int owner,
			 const char *configured, struct err *e)
{
	const char *what = owner == OWNER_CRUN ? "crun list" : "runc list";
	struct bytes text = {0};
	json_t *root = NULL, *item;
	size_t i;
	int r;

	r = delegate_list(call, owner, configured, l->rt->arena, &text, e);
	if (r < 0)
		return r;
	if (is_null(text))
		return 0;
	r = json_parse(text, what, &root, e);
	if (r < 0)
		return r;
	if (!json_is_array(root))
		return err_set(e, EINVAL, "%s did not print a list", what);
	json_array_foreach(root, i, item)
	{
		r = add_foreign(l, item, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int ask_delegates(struct listing *l, const struct delegate_call *call, struct err *e)
{
	struct config config;
	struct err bad = {0};
	int r;

	if (!l->has_runc && !l->has_crun)
		return 0;
	json_use_arena(l->rt->arena);
	r = config_load(NULL, l->rt->arena, &config, e);
	if (r < 0)
		return r;
	if (l->has_runc && add_delegates(l, call, OWNER_RUNC, config.delegate, &bad) < 0)
		log_warn("containers of runc are not listed: %s", bad.msg);
	if (l->has_crun && add_delegates(l, call, OWNER_CRUN, config.delegate, &bad) < 0)
		log_warn("containers of crun are not listed: %s", bad.msg);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

/* --- printing --- */

#define COLUMNS 6
static const char *const titles[COLUMNS] = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};

static const char *cell(struct arena *a, const struct entry *en, int column)
{
	switch (column) {
	case 0:
		return en->id;
	case 1:
		return arena_printf(a, "%lld", (long long)en->pid);
	case 2:
		return en->status;
	case 3:
		return en->bundle;
	case 4:
		return en->created;
	default:
		return en->owner;
	}
}

/* Columns as Go's tabwriter sets them for runc: at least 12 wide, at least 3 blanks between. */
static void print_row(const char *const *row, const size_t *width, struct strbuf *out)
{
	for (int column = 0; column < COLUMNS - 1; column++) {
		sb_add(out, row[column]);
		for (size_t i = strlen(row[column]); i < width[column]; i++)
			sb_addc(out, ' ');
	}
	sb_add(out, row[COLUMNS - 1]);
	sb_addc(out, '\n');
}

static int print_table(const struct listing *l, struct strbuf *out, struct err *e)
{
	const char *(*rows)[COLUMNS] = arena_array(l->rt->arena, l->n + 1, sizeof(*rows));
	size_t width[COLUMNS];

	if (!rows)
		return err_oom(e);
	for (int column = 0; column < COLUMNS; column++) {
		width[column] = 12;
		for (size_t i = 0; i <= l->n; i++) {
			const char *text = i ? cell(l->rt->arena, &l->v[i - 1], column) : titles[column];

			if (!text)
				return err_oom(e);
			rows[i][column] = text;
			if (strlen(text) + 3 > width[column])
				width[column] = strlen(text) + 3;
		}
	}
	for (size_t i = 0; i <= l->n; i++)
		print_row(rows[i], width, out);
	return 0;
}

static void print_json(const struct listing *l, struct strbuf *out)
{
	if (l->n == 0) {
		sb_add(out, "null\n"); /* what runc prints for an empty list */
		return;
	}
	for (size_t i = 0; i < l->n; i++) {
		sb_addc(out, i ? ',' : '[');
		sb_add(out, l->v[i].json);
	}
	sb_add(out, "]\n");
}

int runtime_list(const struct runtime *rt, const struct delegate_call *call, enum list_format format,
		 struct strbuf *out, struct err *e)
{
	struct listing l = {.rt = rt};
	int r = scan_root(&l, e);

	if (r < 0)
		return r;
	r = ask_delegates(&l, call, e);
	if (r < 0)
		return r;
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_id);
	if (format == LIST_TABLE)
		r = print_table(&l, out, e);
	else if (format == LIST_JSON)
		print_json(&l, out);
	for (size_t i = 0; format == LIST_IDS && i < l.n; i++) {
		sb_add(out, l.v[i].id);
		sb_addc(out, '\n');
	}
	if (r < 0)
		return r;
	return out->oom ? err_oom(e) : 0;
}
