/* SPDX-License-Identifier: Apache-2.0 */
/* The decision between its parts. Only for them. */
#ifndef URUNC_BUNNY_DECIDE_H
#define URUNC_BUNNY_DECIDE_H

#include "bunny/build.h"

#define BOOT_KERNEL "/.boot/kernel"
#define BOOT_ROOTFS "/.boot/rootfs"
#define URUNIT_PATH "/urunit"

struct decider {
	const struct recipe *r;
	const struct build_facts *facts;
	const struct recipe_options *opt;
	struct arena *a;
	struct diags *d;
	struct build *b;
	/* The kernel and the root as files of the context, for checks; NULL if they are none. */
	const struct path_facts *kernel_facts;
	struct path_facts given_kernel; /* of opt->kernel_bytes */
};

void decide_oom(struct decider *x);

int decide_bunnyfile(struct decider *x) _must_check_;
int decide_containerfile(struct decider *x) _must_check_;

/* --- building --- */

/* Returns the tree's index. */
size_t decide_tree(struct decider *x, struct from base);
/* A layer with room for n operations, filled by the caller; NULL when out of memory. */
struct build_op *decide_layer(struct decider *x, size_t tree, const char *created_by, size_t n);
/* A layer that copies one file to one place. */
void decide_copy_file(struct decider *x, size_t tree, struct from from, const char *source, const char *dst,
		      int mode, struct src_pos pos);
/* The usual kernel of the monitor, or what the command line says instead, into the tree at BOOT_KERNEL. */
void decide_default_kernel(struct decider *x, size_t tree, const char *monitor);
/* urunit into the tree at URUNIT_PATH. */
void decide_urunit(struct decider *x, size_t tree);
void decide_set(struct decider *x, const char *key, const char *value); /* an annotation */
const char *decide_get(const struct decider *x, const char *key);       /* "" if it is not set */

/* --- knowing --- */

/* NULL: not wanted or not known. */
const struct path_facts *decide_path_facts(const struct decider *x, const char *path);
/* The image's config, or an empty one. */
struct image_config decide_image_config(const struct decider *x, size_t index);
/* Names, paths and the kernel's architecture; sets the platform. */
void decide_check(struct decider *x, const char *framework, const char *monitor);

/* --- the command --- */

/* The first word that runs, or NULL. */
const char *decide_argv0(const struct image_config *c);
bool decide_is_urunit(const char *argv0);
void decide_prepend_urunit(struct decider *x);
/* Warns if nothing would be run, or something else than the annotation says. */
void decide_check_command(struct decider *x, struct src_pos pos);

#endif
