/* SPDX-License-Identifier: Apache-2.0 */
/* Where an image goes. */
#ifndef URUNC_BUNNY_OUTPUT_H
#define URUNC_BUNNY_OUTPUT_H

#include "bunny/oci_write.h"
#include "bunny/report.h"

enum output_kind {
	OUTPUT_TAR, /* one archive for everybody */
	OUTPUT_STDOUT,
	OUTPUT_OCI_DIR,
	OUTPUT_OCI_ARCHIVE,
	OUTPUT_LOAD, /* into an engine */
	OUTPUT_REGISTRY,
};

struct output {
	enum output_kind kind;
	const char *path;
	const char *engine; /* "docker", "containerd", "podman" */
};

struct output_options {
	const char *namespace, *address, *snapshotter; /* of containerd */
	bool plain_http;
	struct report *report;
};

/* "FILE", "tar=FILE", "-", "oci=DIR", "oci-archive=FILE", "docker", "containerd" ("ctr"), "podman", "registry". */
int output_parse(const char *word, struct output *ret, struct err *e) _must_check_;
/* Writes or hands over. A file gets its name when it is whole. */
int output_write(const struct output *o, const struct output_options *opt, const struct out_image *im,
		 struct arena *a, struct err *e) _must_check_;

#endif
