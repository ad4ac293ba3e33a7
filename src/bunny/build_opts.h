/* SPDX-License-Identifier: Apache-2.0 */
/* Options and set-up that commands which build have in common. */
#ifndef URUNC_BUNNY_BUILD_OPTS_H
#define URUNC_BUNNY_BUILD_OPTS_H

#include "bunny/cmd.h"
#include "bunny/gather.h"
#include "bunny/output.h"

struct build_opts {
	struct strv tags, outputs, loads, build_args, labels, images;
	const char *file, *target, *platform, *monitor, *kernel, *annotations;
	const char *namespace, *address, *snapshotter, *metadata;
	bool quiet, json, offline, pull, plain_http, no_urunit, keep_times, keep_modes, tar;
};

#define BUILD_OPT(name_, letter_, kind_, field_, arg_, help_)                                                \
	{                                                                                                    \
		name_, letter_, kind_, offsetof(struct build_opts, field_), arg_, help_                      \
	}
/* What fetching images needs. */
#define BUILD_OPTS_SOURCE                                                                                    \
	BUILD_OPT("image", 0, OPT_LIST, images, "NAME=IMAGE",                                                \
		  "take IMAGE where a file says NAME; may be repeated"),                                     \
		BUILD_OPT("offline", 0, OPT_BOOL, offline, NULL, "ask no registry: only what is here"),      \
		BUILD_OPT("pull", 0, OPT_BOOL, pull, NULL,                                                   \
			  "ask registries first, not the engines of this machine"),                          \
		BUILD_OPT("plain-http", 0, OPT_BOOL, plain_http, NULL, "speak to registries without TLS"),   \
		BUILD_OPT("namespace", 'n', OPT_STR, namespace, "NAME",                                      \
			  "containerd's namespace (CONTAINERD_NAMESPACE, default)"),                         \
		BUILD_OPT("address", 'a', OPT_STR, address, "SOCKET",                                        \
			  "containerd's socket (CONTAINERD_ADDRESS)"),                                       \
		BUILD_OPT("quiet", 'q', OPT_BOOL, quiet, NULL, "only tell of errors"),                       \
		BUILD_OPT("json", 0, OPT_BOOL, json, NULL, "progress and results as lines of JSON")
/* What giving an image away needs. */
#define BUILD_OPTS_OUTPUT                                                                                                 \
	BUILD_OPT("tag", 't', OPT_LIST, tags, "NAME", "name of the image; may be repeated"),                              \
		BUILD_OPT("output", 'o', OPT_LIST, outputs, "OUT",                                                        \
			  "FILE, -, oci=DIR, oci-archive=FILE, docker, containerd, podman or registry; may be repeated"), \
		BUILD_OPT("out", 0, OPT_LIST, outputs, "OUT", NULL),                                                      \
		BUILD_OPT("tar", 0, OPT_BOOL, tar, NULL, "an archive named after the image, here"),                       \
		BUILD_OPT("load", 0, OPT_LIST, loads, "ENGINE", "give it to docker, containerd or podman"),               \
		BUILD_OPT("snapshotter", 0, OPT_STR, snapshotter, "NAME",                                                 \
			  "containerd's snapshotter to unpack it for"),                                                   \
		BUILD_OPT("annotations", 0, OPT_STR, annotations, "FORM",                                                 \
			  "of the manifest: plain (default), base64 (as bima had them) or none")

/* Everything that building needs, in the arena. */
struct build_tools {
	struct source_options source;
	struct sources sources;
	struct context context;
	struct maker maker;
	struct diags diags;
	struct output *outputs;
	size_t noutputs;
	struct output_options out;
	struct image_ref *names;
	size_t nnames;
};

/* context NULL: there is none. */
int build_tools_open(struct bunny *b, const struct build_opts *o, const char *context, struct build_tools *t,
		     struct err *e) _must_check_;
/* --platform's, if there is one; *ret is left alone without. */
int build_tools_platform(const struct build_opts *o, struct arena *a, struct platform *ret, struct err *e)
	_must_check_;
/* Where the image goes. Those who do something long call it before; build_tools_finish calls it for the others. */
int build_tools_outputs(struct bunny *b, const struct build_opts *o, struct build_tools *t, struct err *e)
	_must_check_;
/* Says what the front ends and the decision had to say. -EINVAL, with *e, if there was an error among it. */
int build_tools_diags(struct bunny *b, const struct build_tools *t, const struct source *file, struct err *e)
	_must_check_;
/* Makes the image and gives it to all outputs; its digest is the last line on standard output. */
int build_tools_finish(struct bunny *b, const struct build_opts *o, struct build_tools *t,
		       struct build *build, struct err *e) _must_check_;
/* An image that is made already. */
int build_tools_give(struct bunny *b, struct build_tools *t, const struct out_image *im, struct err *e)
	_must_check_;

#endif
