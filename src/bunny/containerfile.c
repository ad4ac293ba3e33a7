/* SPDX-License-Identifier: Apache-2.0 */
/* Containerfiles: stages, what they begin with, and which of them are needed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bunny/cf.h"

/* What a FROM names, until it is known whether the stage is needed. */
struct base {
	const char *ref; /* an image, or NULL */
	struct platform platform;
	bool platform_given;
	struct src_pos pos;
	const char *monitor; /* that the stage's labels name, or NULL */
};

struct parser {
	struct front *f;
	struct cf_file file;
	struct cf_globals *globals;
	struct base bases[RECIPE_MAX_STAGES];
	size_t expanded;
};

/* --- before the first FROM --- */

static void read_global_arg(struct parser *p, const struct cf_step *s)
{
	static const struct cf_vars nothing = {0};
	const struct cf_scope scope = {&nothing, &p->globals->args, &p->expanded};

	for (size_t i = 0; i < s->nwords; i++) {
		const char *eq = strchr(s->words[i].text, '='), *given;
		struct cf_word value = {eq ? eq + 1 : "",
					s->words[i].off + (eq ? (size_t)(eq - s->words[i].text) + 1 : 0)};
		char *name = arena_strndup(p->f->a, s->words[i].text, strcspn(s->words[i].text, "="));
		bool is_given;

		if (!name) {
			front_oom(p->f);
			return;
		}
		if (p->globals->args.n >= CF_MAX_VARS) {
			diag_error(p->f->d, cf_step_pos(p->f, s), NULL, "more than %d variables", CF_MAX_VARS);
			return;
		}
		given = cf_build_arg(p->f->opt, name, &is_given);
		if (is_given)
			cf_set(p->f, &p->globals->args, name, given);
		else if (eq)
			cf_set(p->f, &p->globals->args, name, cf_expand(p->f, s, &value, &scope));
		else if (!cf_find(&p->globals->args, name))
			cf_set(p->f, &p->globals->args, name, NULL);
	}
}

/* Returns how many steps come before the first stage. */
static size_t read_globals(struct parser *p)
{
	size_t i = 0;

	for (; i < p->file.nsteps && p->file.steps[i].kind != CF_FROM; i++) {
		const struct cf_step *s = &p->file.steps[i];

		if (s->kind == CF_ARG)
			read_global_arg(p, s);
		else
			diag_error(p->f->d, cf_step_pos(p->f, s),
				   "begin with FROM, for instance 'FROM scratch'",
				   "no build stage in current context: %s comes before the first FROM",
				   s->keyword);
	}
	return i;
}

/* --- FROM --- */

/* "hvt" in LABEL com.urunc.unikernel.hypervisor=hvt, as far as it can be known without the base's variables. */
static const char *stage_monitor(struct parser *p, const struct stage *stage)
{
	const char *found = NULL;

	for (size_t i = 0; i < stage->nsteps; i++) {
		const struct cf_step *s = &stage->steps[i];

		for (size_t w = 0; s->kind == CF_LABEL && s->pairs && w < s->nwords; w++) {
			const char *text = s->words[w].text, *value;
			size_t n;

			if (!strstr(text, BUNNY_KEY("hypervisor")) || !(value = strchr(text, '=')))
				continue;
			value++;
			value += *value == '"' || *value == '\'';
			n = strcspn(value, "\"'$\\");
			found = arena_strndup(p->f->a, value, n);
		}
	}
	return found && *found ? found : NULL;
}

static bool valid_stage_name(const char *s)
{
	if (!(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z'))
		return false;
	for (; *s; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z') && !(*s >= '0' && *s <= '9') &&
		    *s != '-' && *s != '_' && *s != '.')
			return false;
	return true;
}

/* Names are the same in capitals. SIZE_MAX: there is none before `before`. */
static size_t find_stage(const struct recipe *r, const char *name, size_t before)
{
	for (size_t i = before; i-- > 0;)
		if (r->stages[i].name && strcasecmp(r->stages[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

static void read_stage_name(struct parser *p, const struct cf_step *s, struct stage *stage, size_t index)
{
	if (s->nwords == 1)
		return;
	if (s->nwords != 3 || strcasecmp(s->words[1].text, "AS") != 0) {
		diag_error(p->f->d, cf_pos(p->f, s, s->words[1].off, strlen(s->words[1].text)), NULL,
			   "FROM requires either one or three arguments: FROM image [AS name]");
		return;
	}
	stage->name = s->words[2].text;
	if (!valid_stage_name(stage->name))
		diag_error(p->f->d, cf_pos(p->f, s, s->words[2].off, strlen(stage->name)), NULL,
			   "invalid name for build stage: \"%s\", name can't start with a number or contain symbols",
			   stage->name);
	else if (find_stage(p->f->r, stage->name, index) != SIZE_MAX)
		diag_error(p->f->d, cf_pos(p->f, s, s->words[2].off, strlen(stage->name)), NULL,
			   "a stage before this one is called '%s', too", stage->name);
}

static void read_platform(struct parser *p, const struct cf_step *s, const struct cf_scope *scope,
			  struct base *base)
{
	const struct cf_flag *flag = cf_flag(s, "platform");
	const char *text;

	base->platform = p->f->r->platform;
	for (size_t i = 0; i < s->nflags; i++)
		if (!streq(s->flags[i].name, "platform"))
			diag_error(p->f->d, cf_pos(p->f, s, s->flags[i].off, strlen(s->flags[i].name) + 2),
				   NULL, "unknown flag: --%s", s->flags[i].name);
	if (!flag)
		return;
	text = cf_expand(p->f, s,
			 &(struct cf_word){flag->value ? flag->value : "", flag->off + strlen("--platform=")},
			 scope);
	/* An architecture alone is Linux on it. */
	if (!strchr(text, '/') && arch_from_name(text)) {
		base->platform = (struct platform){"linux", arch_from_name(text), NULL};
	} else if (!platform_parse(text, p->f->a, &base->platform)) {
		diag_error(p->f->d, cf_pos(p->f, s, flag->off, strlen("--platform=") + strlen(text)),
			   "write it as --platform=linux/amd64", "'%s' is no platform", text);
		return;
	}
	base->platform_given = true;
}

static void read_from(struct parser *p, const struct cf_step *s, size_t index)
{
	static const struct cf_vars nothing = {0};
	const struct cf_scope scope = {&nothing, &p->globals->args, &p->expanded};
	struct stage *stage = &p->f->r->stages[index];
	struct base *base = &p->bases[index];
	const char *name;
	size_t errors = p->f->d->errors, known;

	*base = (struct base){.pos = cf_step_pos(p->f, s)};
	stage->pos = base->pos;
	if (s->nwords == 0) {
		diag_error(p->f->d, base->pos, "name an image, or 'scratch'",
			   "FROM requires either one or three arguments: FROM image [AS name]");
		return;
	}
	base->pos = cf_pos(p->f, s, s->words[0].off, strlen(s->words[0].text));
	name = cf_expand(p->f, s, &s->words[0], &scope);
	read_platform(p, s, &scope, base);
	read_stage_name(p, s, stage, index);
	if (!*name && p->f->d->errors == errors)
		diag_error(p->f->d, base->pos, "give the ARG before FROM a value, or use --build-arg",
			   "base name (%s) should not be blank", s->words[0].text);
	if (!*name || streq(name, "scratch"))
		return;
	known = find_stage(p->f->r, name, index);
	if (known != SIZE_MAX) {
		stage->base = (struct from){FROM_STAGE, known};
		return;
	}
	stage->base.kind = FROM_IMAGE;
	base->ref = name;
}

/* --- COPY --from --- */

bool cf_copy_from(struct front *f, const struct cf_step *s, size_t index, bool report, struct from *ret)
{
	const struct cf_flag *flag = cf_flag(s, "from");
	struct src_pos pos;
	const char *v;
	size_t stage;

	*ret = (struct from){FROM_CONTEXT, 0};
	if (!flag)
		return true;
	v = flag->value ? flag->value : "";
	pos = cf_pos(f, s, flag->off, strlen("--from=") + strlen(v));
	if (!*v || strchr(v, '$')) {
		if (report)
			diag_error(f->d, pos, "use a stage with that image: 'FROM $IMAGE AS x', then --from=x",
				   *v ? "--from takes no variables"
				      : "--from needs the name of a stage or an image");
		return false;
	}
	stage = find_stage(f->r, v, f->r->nstages);
	if (v[strspn(v, "0123456789")] == '\0')
		stage = strlen(v) < 9 ? (size_t)strtoul(v, NULL, 10) : SIZE_MAX - 1;
	if (stage != SIZE_MAX) {
		if (stage >= index && report)
			diag_error(f->d, pos, "a stage can be used behind its end only",
				   stage >= f->r->nstages ? "there is no stage '%s'"
							  : "stage '%s' is not before this one",
				   v);
		*ret = (struct from){FROM_STAGE, stage};
		return stage < index;
	}
	if (streq(v, "scratch")) {
		if (report)
			diag_error(f->d, pos, NULL, "there are no files in 'scratch' to copy");
		return false;
	}
	*ret = (struct from){FROM_IMAGE, front_add_image(f, v, NULL, false, pos)};
	return true;
}

/* --- which stages are needed --- */

static size_t find_target(struct parser *p)
{
	struct recipe *r = p->f->r;
	const char *target = p->f->opt->target, *near;
	struct strv l = STRV(p->f->a);
	struct strs names;
	size_t i;
	struct err e;

	if (!target || !*target)
		return r->nstages - 1;
	i = find_stage(r, target, r->nstages);
	if (i == SIZE_MAX && strlen(target) < 9 && target[strspn(target, "0123456789")] == '\0')
		i = (size_t)strtoul(target, NULL, 10);
	if (i < r->nstages)
		return i;
	for (i = 0; i < r->nstages; i++)
		if (r->stages[i].name)
			strv_add(&l, r->stages[i].name);
	near = strv_done(&l, &names, &e) == 0 ? nearest_word(target, &names) : NULL;
	diag_error(p->f->d, (struct src_pos){0},
		   near ? arena_printf(p->f->a, "did you mean '%s'?", near) : NULL,
		   "target stage \"%s\" could not be found", target);
	return r->nstages - 1;
}

static void mark_used(struct parser *p)
{
	struct recipe *r = p->f->r;

	r->stages[r->final_stage].used = true;
	/* Stages only use earlier ones, so all users of one come before it on this way. */
	for (size_t i = r->final_stage + 1; i-- > 0;) {
		const struct stage *stage = &r->stages[i];

		if (!stage->used)
			continue;
		if (stage->base.kind == FROM_STAGE)
			r->stages[stage->base.index].used = true;
		for (size_t s = 0; s < stage->nsteps; s++) {
			const struct cf_flag *flag = cf_flag(&stage->steps[s], "from");
			struct from from;

			/* Names of images are looked at later, in the order of the file. */
			if (!flag || !flag->value || stage->steps[s].kind != CF_COPY)
				continue;
			from = (struct from){FROM_STAGE, find_stage(r, flag->value, r->nstages)};
			if (flag->value[0] && flag->value[strspn(flag->value, "0123456789")] == '\0')
				from.index = (size_t)strtoul(flag->value, NULL, 10);
			if (from.index < i)
				r->stages[from.index].used = true;
		}
	}
}

static void add_base_image(struct parser *p, size_t index)
{
	struct stage *stage = &p->f->r->stages[index];
	const struct base *base = &p->bases[index];
	struct image_want want = {base->ref, base->platform, false, true, base->pos};

	if (stage->base.kind != FROM_IMAGE)
		return;
	if (!base->platform_given) {
		const char *monitor = base->monitor ? base->monitor : p->f->opt->monitor;

		stage->base.index = front_add_image(p->f, base->ref, monitor ? monitor : "qemu", true,
						    base->pos);
		return;
	}
	stage->base.index = recipe_add_image(p->f->r, p->f->a, &want);
	if (stage->base.index == SIZE_MAX)
		front_oom(p->f);
}

static void check_stage(struct parser *p, size_t index)
{
	const struct stage *stage = &p->f->r->stages[index];
	struct from from;

	add_base_image(p, index);
	for (size_t i = 0; i < stage->nsteps; i++) {
		const struct cf_step *s = &stage->steps[i];

		if (s->kind == CF_COPY)
			(void)cf_copy_from(p->f, s, index, true, &from);
		if (s->kind == CF_RUN)
			diag_error(p->f->d, cf_step_pos(p->f, s),
				   "build that image with `docker build` or `podman build` and name it in FROM here, or make "
				   "it bootable as it is with `bunny convert IMAGE`",
				   "RUN in line %u cannot be carried out: bunny runs nothing of an image while it builds",
				   cf_step_pos(p->f, s).line);
	}
}

/* --- build arguments that nobody asks for --- */

static bool is_declared(const struct parser *p, const char *name, size_t n)
{
	static const char *const known[] = {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY",
					    "NO_PROXY",   "ALL_PROXY",   "SOURCE_DATE_EPOCH"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i]) == n && strncasecmp(known[i], name, n) == 0)
			return true;
	if (n > 9 && memcmp(name, "BUILDKIT_", 9) == 0)
		return true;
	for (size_t i = 0; i < p->file.nsteps; i++)
		for (size_t w = 0; p->file.steps[i].kind == CF_ARG && w < p->file.steps[i].nwords; w++)
			if (strncmp(p->file.steps[i].words[w].text, name, n) == 0 &&
			    strchr("=", p->file.steps[i].words[w].text[n]))
				return true;
	return false;
}

static void check_build_args(struct parser *p)
{
	for (size_t i = 0; i < p->f->opt->build_args.n; i++) {
		const char *s = p->f->opt->build_args.v[i];
		size_t n = strcspn(s, "=");

		if (!is_declared(p, s, n))
			diag_warn(p->f->d, (struct src_pos){0}, "the file needs a line 'ARG NAME' for it",
				  "build argument '%.*s' is not used", (int)(n > 100 ? 100 : n), s);
	}
}

/* bima took files without FROM; there the image was always empty. */
static bool begin_without_from(struct parser *p)
{
	struct recipe *r = p->f->r;

	for (size_t i = 0; i < p->file.nsteps; i++)
		if (p->file.steps[i].kind == CF_FROM)
			return false;
	if (p->file.nsteps == 0 || p->file.steps[0].kind == CF_ARG)
		return false;
	diag_warn(p->f->d, cf_step_pos(p->f, &p->file.steps[0]), "write 'FROM scratch' first",
		  "the file has no FROM: the image begins empty");
	r->stages[0] = (struct stage){.steps = p->file.steps, .nsteps = p->file.nsteps, .used = true};
	r->nstages = 1;
	return true;
}

static void read_stages(struct parser *p)
{
	struct recipe *r = p->f->r;

	for (size_t i = read_globals(p); i < p->file.nsteps; i++) {
		const struct cf_step *s = &p->file.steps[i];
		struct stage *stage;

		if (s->kind != CF_FROM) {
			r->stages[r->nstages - 1].nsteps++;
			continue;
		}
		if (r->nstages == RECIPE_MAX_STAGES) {
			diag_error(p->f->d, cf_step_pos(p->f, s), NULL, "more than %d stages",
				   RECIPE_MAX_STAGES);
			return;
		}
		stage = &r->stages[r->nstages++];
		*stage = (struct stage){.steps = s + 1};
		read_from(p, s, r->nstages - 1);
	}
	if (r->nstages == 0)
		diag_error(p->f->d, (struct src_pos){0}, "begin with 'FROM scratch' or an image",
			   "file with no instructions: there is no FROM");
}

int containerfile_read(struct front *f)
{
	struct parser *p = arena_alloc(f->a, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->f = f;
	p->globals = arena_alloc(f->a, sizeof(*p->globals));
	f->r->stages = arena_array(f->a, RECIPE_MAX_STAGES, sizeof(*f->r->stages));
	if (!p->globals || !f->r->stages)
		return -ENOMEM;
	f->r->globals = p->globals;
	front_set_arch(f, NULL, (struct src_pos){0});
	cf_platform_args(f, &p->globals->args);
	if ((r = cf_read(f, &p->file)) < 0)
		return r;
	if (!begin_without_from(p))
		read_stages(p);
	check_build_args(p);
	if (f->r->nstages == 0)
		return front_result(f);
	f->r->final_stage = find_target(p);
	for (size_t i = 0; i < f->r->nstages; i++)
		p->bases[i].monitor = stage_monitor(p, &f->r->stages[i]);
	mark_used(p);
	for (size_t i = 0; i < f->r->nstages; i++)
		if (f->r->stages[i].used)
			check_stage(p, i);
	return front_result(f);
}
