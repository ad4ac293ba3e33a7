/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What will be built: the decision, as plain data that core carries out with files and the BuildKit part as LLB.
 *
 * A build is trees. Each one begins with nothing, with all layers of an image, or with an earlier tree, and adds layers of
 * operations. One of them is the result; its layers are those of the image (the base's own are taken over unchanged).
 */
#ifndef URUNC_BUNNY_BUILD_H
#define URUNC_BUNNY_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bunny/diag.h"
#include "bunny/image_config.h"
#include "bunny/recipe.h"
#include "common/arena.h"
#include "common/err.h"

/* --- facts --- */

struct image_facts {
	bool known;                 /* the rest is filled */
	const char *digest;         /* of the manifest, "sha256:..."; NULL: not known */
	struct image_config config; /* of the image; config.platform says what it is for */
};

enum path_kind {
	PATH_UNKNOWN, /* nobody looked: nothing is concluded */
	PATH_ABSENT,
	PATH_FILE,
	PATH_DIR,
	PATH_OTHER,   /* device, socket ... */
	PATH_MATCHES, /* a pattern that has matches */
	PATH_OUTSIDE, /* a link that leads out of the context */
};

enum path_content {
	CONTENT_UNKNOWN,
	CONTENT_CPIO,   /* newc, or the binary and portable forms */
	CONTENT_PACKED, /* gzip, xz, zstd: a packed initrd */
	CONTENT_EXT,    /* ext2, ext3, ext4 */
	CONTENT_FS,     /* another file system or partition table */
	CONTENT_TAR,
	CONTENT_KERNEL, /* ELF, bzImage, arm64 Image, PE */
	CONTENT_OTHER,
};

struct path_facts {
	enum path_kind kind;
	bool ignored; /* it is there, but .dockerignore keeps it out */
	uint64_t size_bytes;
	enum path_content content; /* if it was wanted */
	const char *arch;          /* of CONTENT_KERNEL, OCI's name; NULL: not known */
	struct strs near; /* for PATH_ABSENT: names of files in the same directory (all, or some hundred) */
};

/* images[i], paths[i] answer recipe.images[i], recipe.paths[i]; counts may be smaller: then the rest is not known. */
struct build_facts {
	struct image_facts *images;
	size_t nimages;
	struct path_facts *paths;
	size_t npaths;
};

/* --- the build --- */

struct build_input {
	const char *ref; /* as written */
	struct platform platform;
	bool any_platform;
	const char *digest; /* if facts knew it: exactly this is meant */
};

enum root_kind { ROOT_KIND_INITRD, ROOT_KIND_EXT2, ROOT_KIND_EXT4 };

enum build_op_kind { BUILD_COPY, BUILD_FILE, BUILD_DIR, BUILD_ROOT };

/* One step. Copies have one source each. */
struct build_op {
	enum build_op_kind kind;
	/* BUILD_COPY: from CONTEXT, STAGE (index: of trees), IMAGE (index: of inputs) or URUNIT. */
	struct from from;
	const char *source; /* CONTEXT: relative, "." is all of it; others: absolute */
	enum copy_rules rules;
	bool wildcard; /* source is a pattern of pattern_match(); no match is an error */
	bool dst_dir;  /* dst is a directory, made if missing: the file keeps its name below it */
	bool unpack;
	struct strs exclude;
	/* BUILD_FILE */
	struct bytes bytes;
	/* BUILD_ROOT: the whole tree `from.index` (kind STAGE) as one file. An initrd may follow another one: `source` of
	 * `after`, CONTEXT or IMAGE; SCRATCH: none. */
	enum root_kind root;
	struct from after;
	uint64_t size_bytes; /* of a block root; 0: what fits */
	/* all: absolute, cleaned, without trailing '/' (but "/") */
	const char *dst;
	int mode; /* -1: keep */
	struct owner owner;
	struct src_pos pos; /* for errors while it is done */
};

struct build_layer {
	const char *created_by; /* history and progress */
	struct build_op *ops;
	size_t nops;
};

struct build_tree {
	struct from base; /* SCRATCH, STAGE (an earlier tree) or IMAGE (an input) */
	struct build_layer *layers;
	size_t nlayers;
};

struct build {
	struct build_input *inputs;
	size_t ninputs;
	struct build_tree *trees; /* only those that are needed, in the order they can be made */
	size_t ntrees;
	size_t result; /* of trees */
	struct image_config
		config; /* of the result, complete; config.labels are the labels, config.platform the platform */
	struct key_values annotations; /* of the manifest, plain */
	struct bytes urunc_json;       /* also written by the last layer of the result */
	/* What will boot, in words, for `bunny check`. */
	const char *kernel_words, *root_words;
	const char *init_note; /* what is unusual about the command, or NULL */
};

/* Decides everything. Warnings and errors go to `d`; -EINVAL if there was an error, -ENOMEM. Never reads anything. */
int build_decide(const struct recipe *r, const struct build_facts *facts, const struct recipe_options *opt,
		 struct arena *a, struct build *ret, struct diags *d) _must_check_;

/* The bytes of /urunc.json: keys sorted, values in base64, compact, no newline. */
/* A value that is longer than BUNNY_VALUE_MAX_BYTES, or NULL. */
const struct key_value *build_value_too_long(const struct key_values *annotations);
void build_urunc_json(const struct key_values *annotations, struct strbuf *out);

/* The whole build as JSON (tests; `bunny check --json`). */
void build_dump(const struct build *b, struct strbuf *out);
/* What `bunny check` prints for people. */
void build_describe(const struct build *b, struct strbuf *out);

#endif
