/* SPDX-License-Identifier: Apache-2.0 */
/* bunnyfile: from YAML to a recipe. The messages are those of the original where it has one. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bunny/front.h"
#include "bunny/size.h"
#include "bunny/cmdline.h"
#include "bunny/yaml.h"

#define NEWEST_VERSION "v0.1"

/* The members of a map that are known, and what was found. Fields point into the tree. */
struct field {
	const char *name;
	const struct yaml_node **to;
};

struct top {
	const struct yaml_node *version, *platforms, *rootfs, *kernel, *cmd, *cmdline, *entrypoint, *envs;
	/* platforms */
	const struct yaml_node *framework, *framework_version, *monitor, *architecture, *arch;
	/* rootfs */
	const struct yaml_node *root_from, *root_path, *root_type, *root_include, *root_size, *root_fs;
	/* kernel */
	const struct yaml_node *kernel_from, *kernel_path;
};

static const char *kind_of(const struct yaml_node *n)
{
	return yaml_kind_names[n->kind];
}

static void unknown_key(struct front *f, const struct yaml_node *key, const char *where,
			const struct field *fields, size_t n)
{
	const char *names[16], *near;
	struct strs words = {names, n};

	for (size_t i = 0; i < n; i++)
		names[i] = fields[i].name;
	near = nearest_word(key->text, &words);
	diag_warn(f->d, key->pos, near ? arena_printf(f->a, "did you mean '%s'?", near) : NULL,
		  "unknown key '%s'%s%s: nothing is done with it", key->text, *where ? " in " : "", where);
}

/* Sorts the members of a map into the fields. A missing map (NULL) or null is an empty one. */
static void read_fields(struct front *f, const struct yaml_node *map, const char *where,
			const struct field *fields, size_t n)
{
	if (!map || (map->kind == YAML_SCALAR && map->null))
		return;
	if (map->kind != YAML_MAP) {
		diag_error(f->d, map->pos, "write 'key: value' lines, indented by the same number of blanks",
			   "invalid format of input file: %s must be a map, not %s",
			   *where ? where : "the file", kind_of(map));
		return;
	}
	for (const struct yaml_node *m = map->first; m; m = m->next) {
		size_t i = 0;

		while (i < n && !streq(fields[i].name, m->key->text))
			i++;
		if (i == n)
			unknown_key(f, m->key, where, fields, n);
		else
			*fields[i].to = m;
	}
}

/* The place of a value, or of its key if there is nothing to point at. */
static struct src_pos pos_of(const struct yaml_node *n)
{
	if (!n)
		return (struct src_pos){1, 1, 0};
	return n->kind == YAML_SCALAR && *n->text ? n->pos : n->key ? n->key->pos : n->pos;
}

/* The text of a scalar; "" for none. Lists and maps are an error. */
static const char *text_of(struct front *f, const struct yaml_node *n, const char *what)
{
	if (!n)
		return "";
	if (n->kind == YAML_SCALAR)
		return n->text;
	diag_error(f->d, n->pos, NULL, "invalid format of input file: %s must be a text, not %s", what,
		   kind_of(n));
	return "";
}

static struct strs list_of(struct front *f, const struct yaml_node *n, const char *what)
{
	struct strv l = STRV(f->a);
	struct strs words = {0};
	struct err e;

	if (!n || (n->kind == YAML_SCALAR && n->null))
		return words;
	if (n->kind != YAML_LIST) {
		diag_error(f->d, pos_of(n), arena_printf(f->a, "write a list: %s: [\"a\", \"b\"]", what),
			   "invalid format of input file: %s must be a list of texts, not %s", what,
			   kind_of(n));
		return words;
	}
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		if (m->kind != YAML_SCALAR)
			diag_error(f->d, m->pos, "put quotes around a text with ': ' in it",
				   "invalid format of input file: an entry of %s must be a text, not %s",
				   what, kind_of(m));
		else
			strv_add(&l, m->text);
	}
	if (strv_done(&l, &words, &e) < 0)
		front_oom(f);
	return words;
}

/* --- version --- */

/* "v0.1", "0.0.9", "1.2.3-rc1": major and minor; what comes behind a third number is not looked at. NULL, or what is wrong. */
static const char *parse_version(const char *s, unsigned long *ret_major, unsigned long *ret_minor)
{
	unsigned long v[3] = {0};
	size_t n = 0;

	if (*s == 'v')
		s++;
	for (;; s++) {
		char *end;

		if (*s < '0' || *s > '9')
			return "it must be numbers with dots between";
		errno = 0;
		v[n++] = strtoul(s, &end, 10);
		if (errno)
			return "a number is too large";
		s = end;
		if (*s != '.' || n == 3)
			break;
	}
	if (*s && *s != '-' && *s != '+' && *s != '.')
		return "it must be numbers with dots between";
	*ret_major = v[0];
	*ret_minor = v[1];
	/* 0.1.1 comes after 0.1 */
	if (v[0] == 0 && v[1] == 1 && v[2] > 0)
		*ret_minor = 2;
	return NULL;
}

static void check_version(struct front *f, const struct yaml_node *n)
{
	const char *text = text_of(f, n, "version"), *problem;
	unsigned long major, minor;

	if (!*text) {
		diag_error(f->d, pos_of(n), "begin the file with 'version: " NEWEST_VERSION "'",
			   "The version field is necessary");
		return;
	}
	problem = parse_version(text, &major, &minor);
	if (problem)
		diag_error(f->d, pos_of(n), "write 'version: " NEWEST_VERSION "'",
			   "Could not parse version in user bunnyfile %s: %s", text, problem);
	else if (major > 0 || minor > 1)
		diag_error(f->d, pos_of(n), NULL, "Unsupported version %s. Please use %s or earlier", text,
			   NEWEST_VERSION);
}

/* --- platforms --- */

static const char *needed(struct front *f, const struct yaml_node *n, const struct yaml_node *map,
			  const char *name, const char *of)
{
	const char *text = text_of(f, n, name);

	if (!*text && !(n && n->kind != YAML_SCALAR))
		diag_error(f->d, n ? pos_of(n) : pos_of(map), NULL, "The %s field of %s is necessary", name,
			   of);
	return text;
}

static void read_platforms(struct front *f, struct top *t, struct unikernel *u)
{
	const struct field fields[] = {{"framework", &t->framework},
				       {"version", &t->framework_version},
				       {"monitor", &t->monitor},
				       {"architecture", &t->architecture},
				       {"arch", &t->arch}};
	const struct yaml_node *arch;

	read_fields(f, t->platforms, "platforms", fields, sizeof(fields) / sizeof(fields[0]));
	u->framework = needed(f, t->framework, t->platforms, "framework", "platforms");
	u->framework_pos = pos_of(t->framework);
	if (*u->framework)
		front_check_name(f, "framework", u->framework, &front_frameworks, u->framework_pos);
	u->monitor = needed(f, t->monitor, t->platforms, "monitor", "platforms");
	u->monitor_pos = pos_of(t->monitor);
	if (*u->monitor)
		front_check_name(f, "monitor", u->monitor, &front_monitors, u->monitor_pos);
	u->version = text_of(f, t->framework_version, "version");
	if (!*u->version)
		u->version = NULL;
	arch = t->architecture ? t->architecture : t->arch;
	if (t->architecture && t->arch)
		diag_warn(f->d, t->arch->key->pos, NULL,
			  "'arch' is the old name of 'architecture', which is there, too: "
			  "nothing is done with it");
	u->arch_pos = pos_of(arch);
	front_set_arch(f, text_of(f, arch, "architecture"), u->arch_pos);
}

/* --- where something comes from --- */

static struct from read_from(struct front *f, const char *text, const struct unikernel *u, bool need_config,
			     struct src_pos pos)
{
	struct from from = {0};

	if (!*text || streq(text, "scratch"))
		return from;
	if (streq(text, "local")) {
		from.kind = FROM_CONTEXT;
		return from;
	}
	from.kind = FROM_IMAGE;
	from.index = front_add_image(f, text, u->monitor, need_config, pos);
	return from;
}

static void want_file(struct front *f, const char *path, bool content, struct src_pos pos)
{
	struct path_want want = {.path = path, .content = content, .pos = pos};

	if (path && recipe_add_path(f->r, f->a, &want) == SIZE_MAX)
		front_oom(f);
}

/* --- rootfs.include --- */

static void read_include_text(struct front *f, const struct yaml_node *n, struct include *inc)
{
	const char *colon = strchr(n->text, ':');

	inc->from.kind = FROM_CONTEXT;
	inc->source = colon ? arena_strndup(f->a, n->text, (size_t)(colon - n->text)) : n->text;
	inc->destination = colon && colon[1] ? colon + 1 : inc->source;
	if (!inc->source) {
		front_oom(f);
		return;
	}
	if (!*inc->source)
		diag_error(f->d, pos_of(n), "write 'file of the context:path in the image'",
			   "invalid file mapping \"%s\", src is empty", n->text);
}

static void read_include_map(struct front *f, const struct yaml_node *n, const struct unikernel *u,
			     struct include *inc)
{
	const struct yaml_node *from = NULL, *source = NULL, *destination = NULL;
	const struct field fields[] = {{"from", &from}, {"source", &source}, {"destination", &destination}};
	const char *from_text;

	read_fields(f, n, "an entry of include", fields, sizeof(fields) / sizeof(fields[0]));
	from_text = text_of(f, from, "from");
	if (!*from_text)
		from_text = "local";
	inc->source = text_of(f, source, "source");
	inc->destination = text_of(f, destination, "destination");
	if (streq(from_text, "scratch"))
		diag_error(f->d, pos_of(from), "'local' means the context; otherwise name an image",
			   "there are no files in 'scratch' to include");
	inc->from = read_from(f, from_text, u, false, pos_of(from));
	if (!*inc->source)
		diag_error(f->d, n->pos, NULL,
			   "invalid file mapping at line %u, column %u: source is empty (from=\"%s\", destination=\"%s\")",
			   n->pos.line, n->pos.col, from_text, inc->destination);
	if (!*inc->destination)
		diag_error(f->d, n->pos, NULL,
			   "invalid file mapping at line %u, column %u: destination is empty (from=\"%s\", source=\"%s\")",
			   n->pos.line, n->pos.col, from_text, inc->source);
}

static void read_include(struct front *f, const struct yaml_node *n, const struct unikernel *u,
			 struct include *inc)
{
	*inc = (struct include){.pos = n->pos};
	if (n->kind == YAML_SCALAR)
		read_include_text(f, n, inc);
	else if (n->kind == YAML_MAP)
		read_include_map(f, n, u, inc);
	if (n->kind == YAML_LIST)
		diag_error(f->d, n->pos,
			   "write 'source:destination', or a map of from, source and destination",
			   "invalid Include file format");
	else if (inc->source && *inc->source && inc->from.kind == FROM_CONTEXT) {
		inc->source = front_context_path(f, inc->source, pos_of(n));
		want_file(f, inc->source, false, pos_of(n));
	} else if (inc->source && *inc->source) {
		inc->source = front_absolute(f, "/", inc->source, false);
	}
	if (inc->destination && *inc->destination)
		inc->destination = front_absolute(f, "/", inc->destination, true);
}

static void read_includes(struct front *f, const struct yaml_node *n, struct unikernel *u)
{
	size_t count = 0;

	if (!n || (n->kind == YAML_SCALAR && n->null))
		return;
	if (n->kind != YAML_LIST) {
		diag_error(f->d, pos_of(n), "write a list: each entry a line with '- ' before it",
			   "invalid format of input file: include must be a list, not %s", kind_of(n));
		return;
	}
	for (const struct yaml_node *m = n->first; m; m = m->next)
		count++;
	if (count > RECIPE_MAX_STEPS) {
		diag_error(f->d, pos_of(n), "include the directory that they are in",
			   "more than %d entries in include", RECIPE_MAX_STEPS);
		return;
	}
	u->includes = arena_array(f->a, count, sizeof(*u->includes));
	if (!u->includes) {
		front_oom(f);
		return;
	}
	for (const struct yaml_node *m = n->first; m; m = m->next)
		read_include(f, m, u, &u->includes[u->nincludes++]);
}

/* --- rootfs --- */

static void read_root_type(struct front *f, const struct yaml_node *n, struct unikernel *u)
{
	const char *text = text_of(f, n, "type");
	bool unikraft = streq(u->framework, "unikraft");

	u->root_type_pos = pos_of(n);
	if (streq(text, "initrd"))
		u->root_type = ROOT_INITRD;
	else if (streq(text, "block"))
		u->root_type = ROOT_BLOCK;
	else if (streq(text, "raw"))
		u->root_type = ROOT_RAW;
	if (*text && (u->root_type == ROOT_DEFAULT || (unikraft && u->root_type == ROOT_BLOCK)))
		diag_error(f->d, u->root_type_pos,
			   unikraft ? "allowed: initrd, raw" : "allowed: initrd, block, raw",
			   "Cannot set %s rootfs type for %s", text, unikraft ? "unikraft" : "generic");
}

static void read_root_block(struct front *f, struct top *t, struct unikernel *u)
{
	const char *size = text_of(f, t->root_size, "size"), *fs = text_of(f, t->root_fs, "fs");
	struct err e = {0};

	if (*size && size_parse(size, "size", &u->root_size_bytes, &e) < 0)
		diag_error(f->d, pos_of(t->root_size), NULL, "%s", e.msg);
	if (*fs && !streq(fs, "ext2") && !streq(fs, "ext4"))
		diag_error(f->d, pos_of(t->root_fs), "allowed: ext2, ext4", "fs '%s' is not known", fs);
	u->root_fs = *fs ? fs : NULL;
	if ((*size || *fs) && (u->root_type != ROOT_BLOCK || u->root_path))
		diag_warn(f->d, pos_of(*size ? t->root_size : t->root_fs), NULL,
			  "size and fs are only for a root of type block that is made here");
}

/* What may not be together. */
static void check_root(struct front *f, struct top *t, const struct unikernel *u)
{
	bool path = u->root_path != NULL, raw = u->root_type == ROOT_RAW;

	if (path && u->root_from.kind == FROM_SCRATCH)
		diag_error(f->d, u->root_path_pos, "'from: local' takes the file from the context",
			   "The from field of rootfs can not be empty or scratch, if path is set");
	if (path && raw)
		diag_error(f->d, u->root_path_pos,
			   "leave path out, or say what kind of file it is: initrd or block",
			   "The path field in rootfs can not be combined with a raw rootfs");
	if (raw && u->root_from.kind == FROM_CONTEXT)
		diag_error(f->d, u->root_type_pos,
			   "for files of the context in the image itself: 'from: scratch' and an include list",
			   "If type of rootfs is raw, then from can not be local");
	if (u->nincludes && u->root_from.kind == FROM_CONTEXT && !path)
		diag_error(f->d, pos_of(t->root_include),
			   "include builds a root: it goes with 'from: scratch', an image, or the path of an initrd",
			   "Invalid combination of includes and from fields");
	if (u->nincludes && u->root_from.kind == FROM_IMAGE && !path && u->root_type == ROOT_DEFAULT)
		diag_error(f->d, pos_of(t->root_include),
			   "add 'type: raw' (or initrd or block, which make a root file of the image and these files)",
			   "Adding files to an existing non-raw rootfs is not yet supported");
	if (!path && u->root_from.kind == FROM_CONTEXT && !raw)
		diag_error(f->d, pos_of(t->root_from),
			   "name the file of the context, or use 'from: scratch' with an include list",
			   "The path field of rootfs is necessary if from is local");
}

static void read_root(struct front *f, struct top *t, struct unikernel *u)
{
	const struct field fields[] = {{"from", &t->root_from}, {"path", &t->root_path},
				       {"type", &t->root_type}, {"include", &t->root_include},
				       {"size", &t->root_size}, {"fs", &t->root_fs}};
	const char *path;

	read_fields(f, t->rootfs, "rootfs", fields, sizeof(fields) / sizeof(fields[0]));
	u->root_given = t->rootfs && !t->rootfs->null;
	u->root_pos = pos_of(t->rootfs);
	u->root_path_pos = pos_of(t->root_path);
	read_root_type(f, t->root_type, u);
	u->root_from = read_from(f, text_of(f, t->root_from, "from"), u, true, pos_of(t->root_from));
	path = text_of(f, t->root_path, "path");
	u->root_path = *path ? path : NULL;
	read_includes(f, t->root_include, u);
	read_root_block(f, t, u);
	check_root(f, t, u);
	if (u->root_path && u->root_from.kind == FROM_CONTEXT) {
		u->root_path = front_context_path(f, path, u->root_path_pos);
		want_file(f, u->root_path, true, u->root_path_pos);
	} else if (u->root_path) {
		u->root_path = front_absolute(f, "/", path, false);
	}
}

/* --- kernel --- */

static void read_kernel(struct front *f, struct top *t, struct unikernel *u)
{
	const struct field fields[] = {{"from", &t->kernel_from}, {"path", &t->kernel_path}};
	const char *from, *path;

	read_fields(f, t->kernel, "kernel", fields, sizeof(fields) / sizeof(fields[0]));
	from = needed(f, t->kernel_from, t->kernel, "from", "kernel");
	path = needed(f, t->kernel_path, t->kernel, "path", "kernel");
	u->kernel_pos = pos_of(t->kernel_from);
	u->kernel_path_pos = pos_of(t->kernel_path);
	if (streq(from, "scratch"))
		diag_error(f->d, u->kernel_pos,
			   "'local' takes the kernel from the context; otherwise name an image",
			   "there is no kernel in 'scratch'");
	if (!*from || !*path)
		return;
	u->kernel_from = read_from(f, from, u, recipe_kernel_is_base(u), u->kernel_pos);
	if (u->kernel_from.kind == FROM_CONTEXT) {
		u->kernel_path = front_context_path(f, path, u->kernel_path_pos);
		want_file(f, u->kernel_path, true, u->kernel_path_pos);
	} else {
		u->kernel_path = front_absolute(f, "/", path, false);
	}
}

/* --- the command --- */

static void read_command(struct front *f, const struct top *t, struct unikernel *u)
{
	const char *cmdline = text_of(f, t->cmdline, "cmdline");
	struct err e;
	bool open;

	u->cmd = list_of(f, t->cmd, "cmd");
	u->entrypoint = list_of(f, t->entrypoint, "entrypoint");
	u->entrypoint_given = u->entrypoint.n > 0;
	u->cmd_pos = pos_of(u->cmd.n ? t->cmd : t->cmdline);
	u->cmdline = cmdline;
	if (u->cmd.n) {
		if (*cmdline)
			diag_warn(f->d, pos_of(t->cmdline), "remove it",
				  "cmd is there, too: nothing is done with cmdline");
		if (cmdline_join(&u->cmd, f->a, &u->cmdline, &e) < 0)
			front_oom(f);
	} else if (*cmdline) {
		if (cmdline_split(cmdline, f->a, &u->cmd, &open, &e) < 0)
			front_oom(f);
		else if (open)
			diag_warn(f->d, u->cmd_pos, "add the missing quote",
				  "a quote in cmdline is never closed: it ends where cmdline ends");
	}
	u->cmd_given = u->cmd.n > 0;
	u->envs = list_of(f, t->envs, "envs");
	for (size_t i = 0; i < u->envs.n; i++)
		if (!strchr(u->envs.v[i], '=') || u->envs.v[i][0] == '=')
			diag_error(f->d, pos_of(t->envs), "write '- NAME=value'",
				   "'%s' in envs is not NAME=value", u->envs.v[i]);
}

bool recipe_kernel_is_base(const struct unikernel *u)
{
	if (u->root_from.kind != FROM_SCRATCH)
		return u->root_from.kind == FROM_CONTEXT;
	return u->nincludes == 0 || recipe_root_type(u) != ROOT_RAW;
}

enum root_type recipe_root_type(const struct unikernel *u)
{
	if (u->root_type != ROOT_DEFAULT)
		return u->root_type;
	return streq(u->framework, "unikraft") ? ROOT_INITRD : ROOT_RAW;
}

int bunnyfile_read(struct front *f)
{
	struct top t = {0};
	const struct field fields[] = {{"version", &t.version}, {"platforms", &t.platforms},
				       {"rootfs", &t.rootfs},   {"kernel", &t.kernel},
				       {"cmd", &t.cmd},         {"cmdline", &t.cmdline},
				       {"envs", &t.envs},       {"entrypoint", &t.entrypoint}};
	struct unikernel *u = arena_alloc(f->a, sizeof(*u));
	struct yaml_node *root = NULL;
	int r;

	if (!u)
		return -ENOMEM;
	f->r->unikernel = u;
	if ((r = yaml_read(f->source, f->a, &root, f->d)) < 0)
		return r;
	read_fields(f, root, "", fields, sizeof(fields) / sizeof(fields[0]));
	/* Of a file that is no map, nothing more can be said. */
	if (root && root->kind != YAML_MAP && !root->null)
		return front_result(f);
	check_version(f, t.version);
	read_platforms(f, &t, u);
	read_root(f, &t, u);
	read_kernel(f, &t, u);
	read_command(f, &t, u);
	return front_result(f);
}
