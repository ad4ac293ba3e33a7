/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user asks for: a bunnyfile, a Containerfile, or a command line such as `bunny convert`, as plain data.
 *
 * How one comes to be, and who does what (all but the two gatherings is pure):
 *   recipe_parse      bytes -> recipe; names the images whose configs are needed (images[])
 *   gather            build_facts.images[i] for each of recipe.images[i] that has need_config
 *   recipe_expand     variables of the Containerfile, which may come from a base image's Env; names the files (paths[])
 *   gather            build_facts.paths[i] for each of recipe.paths[i]
 *   build_decide      recipe + facts -> struct build (build.h)
 */
#ifndef URUNC_BUNNY_RECIPE_H
#define URUNC_BUNNY_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bunny/diag.h"
#include "bunny/image_config.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#define RECIPE_MAX_BYTES (1u << 20) /* of a file */
#define RECIPE_MAX_STAGES 64
#define RECIPE_MAX_STEPS 4096 /* instructions, or entries of an include list */
#define RECIPE_MAX_PATHS 4096 /* files of the context that are named */

struct build_facts;

/* The annotations' common prefix; BUNNY_KEY("binary") is the whole key. */
#define BUNNY_KEY_PREFIX "com.urunc.unikernel."
#define BUNNY_KEY(name) BUNNY_KEY_PREFIX name
#define BUNNY_VALUE_MAX_BYTES (16u << 10) /* of one, for urunc refuses longer ones */

/* --- what is named by it and must be found --- */

/* An image, as it was written ("redis:alpine", "oci:dir:tag", "unikraft.org/nginx:1.15"; not normalised). */
struct image_want {
	const char *ref;
	struct platform platform; /* which one of its manifests; always filled in */
	bool any_platform; /* a catalog image: if the platform is not there and it has but one manifest, that one */
	bool need_config; /* build_facts.images[i] must be filled for recipe_expand and build_decide */
	struct src_pos pos;
};

/* A file of the context. path is relative to it, without leading '/', "./" or ".."; pattern: it has wildcards. */
struct path_want {
	const char *path;
	bool pattern;
	bool content; /* build_facts.paths[i] should say what kind of kernel or root it is */
	struct src_pos pos;
};

enum from_kind { FROM_SCRATCH, FROM_CONTEXT, FROM_STAGE, FROM_IMAGE, FROM_URUNIT };

/* Where files come from. index: of recipe.stages or recipe.images (build.h: trees or inputs). FROM_URUNIT: bunny's own
 * urunit for the platform, whose only file is /urunit. */
struct from {
	enum from_kind kind;
	size_t index;
};

/* --- what is done with it --- */

enum copy_rules {
	/* Containerfile: a directory gives what is in it; wildcards; a destination that ends in '/' is a directory. */
	COPY_DOCKER,
	/* bunnyfile: a directory goes below an existing destination, otherwise becomes it; no wildcards. */
	COPY_BUNNY,
};

struct owner {
	/* Names or numbers as text. user NULL: keep (files of the context are 0:0); user a name and group NULL: the group
	 * that the image's /etc/passwd gives that user. */
	const char *user, *group;
};

enum recipe_op_kind { OP_COPY, OP_FILE, OP_DIR };

struct recipe_op {
	enum recipe_op_kind kind;
	struct src_pos pos;
	const char *text; /* the instruction in one line, for history and progress */
	/* OP_COPY */
	struct from from;
	struct strs sources; /* relative to the context, or absolute in an image or stage; cleaned, no ".." */
	enum copy_rules rules;
	bool unpack;         /* ADD: local tar archives are extracted */
	struct strs exclude; /* --exclude patterns */
	/* OP_FILE: these bytes become dst. */
	struct bytes bytes;
	/* all: an absolute path; a trailing '/' means "into" and is kept. OP_DIR: made with its parents if missing. */
	const char *dst;
	int mode; /* --chmod; -1: keep (OP_FILE 0644, OP_DIR 0755) */
	struct owner owner;
};

/* Of a Containerfile before expansion; private to its front end (cf.h). */
struct cf_step;
struct cf_globals;

struct stage {
	const char *name; /* NULL if it has none */
	struct from base; /* SCRATCH, STAGE (an earlier one) or IMAGE */
	struct src_pos pos;
	bool used; /* the final stage needs it; others are never gathered for nor built */
	/* Filled by recipe_expand: */
	struct recipe_op *ops;
	size_t nops;
	struct image_config config; /* the base's with all of the stage's own applied; platform as the base's */
	/* What of config the file itself said, not only its base. */
	bool own_cmd, own_entrypoint;
	const struct cf_step *steps;
	size_t nsteps;
};

/* --- the unikernel part: of bunnyfiles and of `bunny convert`; Containerfiles say it in labels --- */

enum root_type { ROOT_DEFAULT, ROOT_INITRD, ROOT_BLOCK, ROOT_RAW };

struct include {
	struct from from; /* CONTEXT or IMAGE */
	const char *source, *destination;
	struct src_pos pos;
};

struct unikernel {
	const char *framework, *version, *monitor; /* version may be NULL */
	struct src_pos framework_pos, monitor_pos, root_pos, root_path_pos, root_type_pos, kernel_pos,
		kernel_path_pos, arch_pos;
	/* The root. from: SCRATCH, CONTEXT or IMAGE. path is NULL if there is none. */
	bool root_given; /* there is such a section at all */
	struct from root_from;
	const char *root_path;
	enum root_type root_type;
	struct include *includes;
	size_t nincludes;
	/* Size and file system of a block root that is built; 0 and NULL: what fits, and ext2 */
	uint64_t root_size_bytes;
	const char *root_fs; /* "ext2" or "ext4" */
	/* The kernel. from: CONTEXT or IMAGE; kernel_auto: the default one for the monitor and platform. */
	bool kernel_auto;
	struct from kernel_from;
	const char *kernel_path;
	/* The command. cmd is `cmd`, or `cmdline` split; cmdline is the text for the annotation. given: not only inherited. */
	bool cmd_given, entrypoint_given;
	struct strs cmd, entrypoint, envs;
	const char *cmdline; /* never NULL */
	struct src_pos cmd_pos;
};

/* The type after the framework's default. */
enum root_type recipe_root_type(const struct unikernel *u);
/* Does the image begin with that of the kernel, if the kernel comes from one? Otherwise the kernel is copied. */
bool recipe_kernel_is_base(const struct unikernel *u);

enum urunit_choice {
	URUNIT_AUTO, /* Containerfile: for Linux guests, if no label forbids it; bunnyfile: only if it is asked for */
	URUNIT_NO,
	URUNIT_YES,
};

enum recipe_kind { RECIPE_BUNNYFILE, RECIPE_CONTAINERFILE };

struct recipe {
	enum recipe_kind kind;
	struct source source;
	struct platform platform; /* of the result: os is always "linux" */
	bool platform_given; /* by the file or the command line; otherwise the host's, and a kernel may correct it */
	struct image_want *images;
	size_t nimages;
	struct path_want *paths;
	size_t npaths;
	struct stage *stages; /* Containerfile only */
	size_t nstages;
	size_t final_stage;
	const struct cf_globals *globals; /* Containerfile only */
	struct unikernel *unikernel;      /* NULL for a Containerfile */
};

/* What the command line (or BuildKit's options) says beside the file. Everything may be zero. */
struct recipe_options {
	struct strs build_args;    /* NAME=VALUE, or NAME alone (no value: unset) */
	struct key_values labels;  /* --label: above the file's */
	const char *target;        /* stage to stop at */
	struct platform platform;  /* arch NULL: the file's, else host_arch */
	const char *host_arch;     /* "amd64", "arm64": never NULL */
	const char *monitor;       /* default monitor for Containerfiles without the label; NULL: qemu */
	const char *kernel_ref;    /* default kernel instead of the usual image: image reference, or NULL */
	const char *kernel_file;   /* the same as a file of the context, or NULL */
	struct bytes kernel_bytes; /* p not NULL: kernel_file is a file of this machine, with these bytes */
	const char *kernel_path;   /* path in kernel_ref; NULL: /.boot/kernel */
	const char *urunit_ref;    /* urunit from this image instead of our own; NULL: our own */
	enum urunit_choice urunit;
	bool only_bunnyfile, only_containerfile; /* otherwise found out from the bytes */
};

/* Reads a file of either syntax (packaging: a Containerfile begins with FROM or ARG; a bunnyfile is a YAML mapping).
 * All errors and warnings of the file go to `d`; -EINVAL if there was an error, -ENOMEM. The recipe borrows source's
 * text and opt. Limits: RECIPE_MAX_*. */
int recipe_parse(const struct source *source, const struct recipe_options *opt, struct arena *a,
		 struct recipe *ret, struct diags *d) _must_check_;

/* Fills what depends on the images' configs: stages' ops and config, and paths[]. facts->images[] is used. */
int recipe_expand(struct recipe *r, const struct build_facts *facts, const struct recipe_options *opt,
		  struct arena *a, struct diags *d) _must_check_;

/* Where the label is set that the result has; line 0 if the file does not set it. */
struct src_pos recipe_label_pos(const struct recipe *r, const char *key);

/* For recipes that no file is behind. Return the index. SIZE_MAX: out of memory. */
size_t recipe_add_image(struct recipe *r, struct arena *a, const struct image_want *want);
size_t recipe_add_path(struct recipe *r, struct arena *a, const struct path_want *want);

/* "x86", "x86_64", "amd64" -> "amd64"; "aarch64", "arm64" -> "arm64"; "arm", "riscv64" ...; NULL if unknown. */
const char *arch_from_name(const char *name);
/* "OS/ARCH[/VARIANT]"; false: not of this form. */
bool platform_parse(const char *s, struct arena *a, struct platform *ret);

#endif
