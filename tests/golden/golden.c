/* SPDX-License-Identifier: Apache-2.0 */
/* Golden tests of plan: one directory a case, what plan makes of its bundle and facts compared byte for byte. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/json.h"
#include "gather/parts.h"
#include "plan/plan.h"

#define FILE_MAX_BYTES (1u << 20)

/* Facts of every case unless it says otherwise, and the bundle's config.json likewise. */
#define COMMON_FACTS "common-facts.json"
#define COMMON_CONFIG "common-config.json"

static unsigned count, failures;

/* RFC 7386: objects are merged, null removes, anything else takes the place of what was there. */
static json_t *merge(json_t *base, json_t *patch)
{
	const char *key;
	json_t *v;

	if (!json_is_object(patch))
		return patch;
	if (!json_is_object(base))
		base = json_object();
	json_object_foreach(patch, key, v)
	{
		if (json_is_null(v))
			json_object_del(base, key);
		else
			json_object_set(base, key, merge(json_object_get(base, key), v));
	}
	return base;
}

static int read_json(int dir, const char *name, struct arena *a, json_t **ret, struct err *e)
{
	struct bytes text;
	int r = file_read(dir, name, FILE_MAX_BYTES, a, &text, e);

	return r < 0 ? r : json_parse(text, name, ret, e);
}

/* The common file with the case's own laid over it. */
static int read_merged(int top, int dir, const char *common, const char *own, struct arena *a,
		       struct bytes *ret, struct err *e)
{
	json_t *base, *patch;
	const char *text;
	int r = read_json(top, common, a, &base, e);

	if (r < 0)
		return r;
	if (faccessat(dir, own, F_OK, 0) == 0) {
		if ((r = read_json(dir, own, a, &patch, e)) < 0)
			return r;
		base = merge(base, patch);
	}
	text = json_dumps(base, JSON_COMPACT);
	if (text == NULL)
		return err_oom(e);
	*ret = (struct bytes){text, strlen(text)};
	return 0;
}

/* config.json is a whole one; config.patch.json changes the common one. */
static int read_spec(int top, int dir, struct arena *a, struct oci_spec *ret, struct err *e)
{
	struct bytes text;
	int r;

	if (faccessat(dir, "config.json", F_OK, 0) == 0)
		r = file_read(dir, "config.json", SPEC_MAX_BYTES, a, &text, e);
	else
		r = read_merged(top, dir, COMMON_CONFIG, "config.patch.json", a, &text, e);
	return r < 0 ? r : spec_parse(text, a, ret, e);
}

static int read_config(int dir, struct arena *a, struct config *ret, struct err *e)
{
	struct bytes text;
	int r;

	config_defaults(ret);
	if (faccessat(dir, "config.toml", F_OK, 0) < 0)
		return 0;
	r = file_read(dir, "config.toml", CONFIG_MAX_BYTES, a, &text, e);
	return r < 0 ? r : config_parse(text, "config.toml", a, ret, e);
}

static int read_facts(int top, int dir, struct arena *a, struct facts *ret, struct err *e)
{
	struct bytes text;
	int r = read_merged(top, dir, COMMON_FACTS, "facts.json", a, &text, e);

	if (r < 0 || (r = record_from_json(&rec_facts, text, "facts.json", a, ret, e)) < 0 ||
	    (r = read_config(dir, a, &ret->config, e)) < 0 || (r = read_spec(top, dir, a, &ret->spec, e)) < 0)
		return r;
	/* The case's directory plays the container root: urunc.json is read and judged as in life. */
	return gather_urunc_json(dir, ret, a, e);
}

/* What travels to start must be what was decided. */
static int check_binary(const struct launch_plan *p, struct arena *a, struct err *e)
{
	struct launch_plan *back = arena_alloc(a, sizeof(*back));
	struct strbuf binary = STRBUF(a), first = STRBUF(a), second = STRBUF(a);
	int r;

	record_encode(&rec_launch_plan, p, &binary);
	if (back == NULL || binary.oom)
		return err_oom(e);
	r = record_decode(&rec_launch_plan, binary.p, binary.len, a, back, e);
	if (r < 0)
		return err_wrap(e, "plan does not survive its binary form");
	record_to_json(&rec_launch_plan, p, 0, &first);
	record_to_json(&rec_launch_plan, back, 0, &second);
	if (first.oom || second.oom)
		return err_oom(e);
	return streq(first.p, second.p) ? 0 : err_set(e, EBADMSG, "the plan's binary form changes it");
}

/* ret_file: what kind of end it was. Only trouble of the test itself is an error. */
static int outcome(const struct facts *f, struct arena *a, struct strbuf *out, const char **ret_file,
		   struct err *e)
{
	struct launch_plan *plan = arena_alloc(a, sizeof(*plan));
	struct plan_wants wants = {0};
	struct err why = {0};
	int r;

	if (plan == NULL)
		return err_oom(e);
	*ret_file = "error.txt";
	r = plan_identify(f, a, &wants, &why);
	if (r == 1) {
		sb_add(out, "delegate\n");
		return 0;
	}
	if (r == 0)
		r = plan_build(f, &wants, a, plan, &why);
	if (r < 0) {
		if (r != -why.code || strchr(why.msg, '\n') != NULL)
			return err_set(e, EBADMSG, "returned %d, but code %d with '%s'", r, why.code, why.msg);
		sb_addf(out, "%s: %s\n", strerrorname_np(why.code), why.msg);
		return 0;
	}
	*ret_file = "plan.json";
	r = plan_print_json(plan, out);
	return r < 0 ? err_oom(e) : check_binary(plan, a, e);
}

static int write_file(int dir, const char *name, const struct strbuf *text, struct err *e)
{
	_cleanup_fd_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text->p, text->len) != (ssize_t)text->len)
		return err_sys(e, "cannot write %s", name);
	return 0;
}

static size_t line_bytes(const char *s)
{
	return strcspn(s, "\n");
}

/* The first line that differs, in both forms. */
static int differs(const char *file, const char *want, const char *got, struct err *e)
{
	unsigned line = 1;

	while (line_bytes(want) == line_bytes(got) && strncmp(want, got, line_bytes(want)) == 0 && *want &&
	       *got) {
		want += line_bytes(want) + (want[line_bytes(want)] == '\n');
		got += line_bytes(got) + (got[line_bytes(got)] == '\n');
		line++;
	}
	return err_set(e, EBADMSG, "%s line %u\n#   wanted: %.*s\n#   got:    %.*s", file, line,
		       (int)line_bytes(want), want, (int)line_bytes(got), got);
}

static int compare(int dir, const char *file, const struct strbuf *got, struct arena *a, struct err *e)
{
	const char *other = streq(file, "plan.json") ? "error.txt" : "plan.json";
	struct bytes want;
	int r;

	if (getenv("GOLDEN_UPDATE") != NULL) {
		if (unlinkat(dir, other, 0) < 0 && errno != ENOENT)
			return err_sys(e, "cannot remove %s", other);
		return write_file(dir, file, got, e);
	}
	if (faccessat(dir, other, F_OK, 0) == 0)
		return err_set(e, EBADMSG, "wanted %s, got %s: %.300s", other, file, got->p);
	r = file_read(dir, file, FILE_MAX_BYTES, a, &want, e);
	if (r < 0)
		return r;
	if (want.n == got->len && memcmp(want.p, got->p, want.n) == 0)
		return 0;
	return differs(file, arena_strndup(a, want.p, want.n), got->p, e);
}

static int run_case(int top, const char *name, struct arena *a, struct err *e)
{
	_cleanup_fd_ int dir = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct facts *f = arena_alloc(a, sizeof(*f));
	struct strbuf out = STRBUF(a);
	const char *file = "";
	int r;

	if (dir < 0)
		return err_sys(e, "cannot open %s", name);
	if (f == NULL)
		return err_oom(e);
	if ((r = read_facts(top, dir, a, f, e)) < 0 || (r = outcome(f, a, &out, &file, e)) < 0)
		return r;
	return out.oom ? err_oom(e) : compare(dir, file, &out, a, e);
}

static void report(int top, const char *name)
{
	struct arena a = {0};
	struct err e = {0};

	json_use_arena(&a);
	count++;
	if (run_case(top, name, &a, &e) == 0) {
		printf("ok %u - golden: %s\n", count, name);
	} else {
		failures++;
		printf("not ok %u - golden: %s\n# %s\n", count, name, e.msg);
	}
	arena_release(&a);
}

static int is_case(const struct dirent *d)
{
	return d->d_type == DT_DIR && d->d_name[0] != '.';
}

/* usage: golden-runner DIRECTORY [CASE...] */
int main(int argc, char **argv)
{
	struct dirent **names = NULL;
	int top = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int n = argc > 2 || top < 0 ? 0 : scandir(argv[1], &names, is_case, alphasort);

	if (top < 0 || n < 0) {
		fprintf(stderr, "usage: golden-runner DIRECTORY [CASE...]\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		report(top, argv[i]);
	for (int i = 0; i < n; i++) {
		report(top, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	close(top);
	printf("1..%u\n", count);
	return failures > 0 || count == 0;
}
