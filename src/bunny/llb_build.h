/* SPDX-License-Identifier: Apache-2.0 */
/* The decided build as LLB. Each layer becomes one file operation, which BuildKit makes one layer of. Pure, but for
 * llb_world_*. */
#ifndef URUNC_BUNNY_LLB_BUILD_H
#define URUNC_BUNNY_LLB_BUILD_H

#include "bunny/build.h"
#include "bunny/llb.h"

/* A file of the context that somebody has looked at. */
struct llb_mode {
	const char *path; /* relative, cleaned */
	uint32_t mode;    /* permission bits */
};

/* What BuildKit is to find where. */
struct llb_world {
	const char *context;        /* the name of the client's directory; NULL: "context" */
	const char *context_source; /* instead of it: "git://...", or NULL */
	const char *context_url;    /* where that is, with its protocol; NULL: by https */
	struct strs exclude;        /* patterns of what stays out of the context */
	/* --build-context: by name, "docker-image://REF", "local:NAME", "git://..." or "oci-layout://..."; they come before
	 * images of that name. */
	struct key_values contexts;
	const char *resolve_mode; /* "default", "pull", "local", or NULL */
	/* A program that can make roots, which BuildKit is to run: in the image that `tools` is the definition of, at
	 * `tools_path`; or, without tools, these bytes themselves. */
	struct bytes tools, self;
	const char *tools_path;
	struct bytes urunit;    /* our own, for the platform of the build; nothing: there is none */
	const char *urunit_why; /* then: why */
	struct llb_mode *modes; /* of single files of the context; those of others are kept as they come */
	size_t nmodes;
	int64_t epoch; /* the time of everything that is made */
};

/* The tree that is the result. -EINVAL when it cannot be said in LLB. */
int llb_build(struct llb *g, const struct build *b, const struct llb_world *w, struct llb_at *ret,
	      struct err *e) _must_check_;

/* The client's directory, or what stands for it: all that is not excluded of `paths` (with what their links lead to). No paths:
 * everything. */
struct llb_at llb_context(struct llb *g, const struct llb_world *w, const struct strs *paths,
			  const char *name);
/* "docker-image://..." of what a build names, with --build-context considered. */
struct llb_at llb_image(struct llb *g, const struct build_input *in, const struct llb_world *w, struct err *e);
/* The value of the context of that name, which may be written short or whole; NULL: there is none. */
const char *llb_named_context(const struct llb_world *w, const char *ref, struct arena *a);

/* Fills tools_path, and self unless there are tools. */
int llb_world_program(struct llb_world *w, struct arena *a, struct err *e) _must_check_;
/* Fills urunit for this architecture, or urunit_why. */
int llb_world_urunit(struct llb_world *w, const char *arch, struct arena *a, struct err *e) _must_check_;

#endif
