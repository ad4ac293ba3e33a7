/* SPDX-License-Identifier: Apache-2.0 */
/* bunny frontend-image: the image that a `# syntax=` line names. It holds this program and nothing else. */
#include <errno.h>
#include <fcntl.h>

#include "bunny/build_opts.h"
#include "common/io.h"

#define PROGRAM_MAX_BYTES (64u << 20)

static const struct opt image_opts[] = {
	BUILD_OPTS_OUTPUT,
	BUILD_OPT("plain-http", 0, OPT_BOOL, plain_http, NULL, "speak to registries without TLS"),
	BUILD_OPT("namespace", 'n', OPT_STR, namespace, "NAME",
		  "containerd's namespace (CONTAINERD_NAMESPACE, default)"),
	BUILD_OPT("address", 'a', OPT_STR, address, "SOCKET", "containerd's socket (CONTAINERD_ADDRESS)"),
	BUILD_OPT("quiet", 'q', OPT_BOOL, quiet, NULL, "only tell of errors"),
	BUILD_OPT("json", 0, OPT_BOOL, json, NULL, "progress and results as lines of JSON"),
};

/* What BuildKit wants to know before it starts a frontend. */
static int describe(struct image_config *c, struct arena *a, struct err *e)
{
	static const char *entrypoint[] = {"/bin/bunny"};
	int r;

	c->platform = (struct platform){"linux", host_arch(), NULL};
	c->entrypoint = (struct strs){entrypoint, 1};
	/* --build-context is understood; the network is not needed. */
	r = kv_set(&c->labels, a, "moby.buildkit.frontend.caps", "moby.buildkit.frontend.contexts", e);
	if (r == 0)
		r = kv_set(&c->labels, a, "moby.buildkit.frontend.network.none", "true", e);
	return r;
}

static int run_frontend_image(struct bunny *b, const void *opts, const struct strs *args, struct err *e)
{
	struct build_op op = {.kind = BUILD_FILE, .dst = "/bin/bunny", .mode = 0755};
	struct build_layer layer = {"bunny " URUNC_VERSION, &op, 1};
	struct build_tree tree = {{FROM_SCRATCH, 0}, &layer, 1};
	struct build build = {.trees = &tree, .ntrees = 1};
	struct build_tools *t = arena_alloc(b->a, sizeof(*t));
	int r = t ? build_tools_open(b, opts, NULL, t, e) : err_oom(e);

	(void)args;
	if (r == 0)
		r = file_read(AT_FDCWD, "/proc/self/exe", PROGRAM_MAX_BYTES, b->a, &op.bytes, e);
	if (r == 0)
		r = describe(&build.config, b->a, e);
	return r == 0 ? build_tools_finish(b, opts, t, &build, e) : r;
}

const struct bunny_command cmd_frontend_image = {
	.name = "frontend-image",
	.args = "",
	.summary = "makes an image of bunny itself, for '# syntax=' lines",
	.opts = {image_opts, sizeof(image_opts) / sizeof(image_opts[0])},
	.opts_bytes = sizeof(struct build_opts),
	.run = run_frontend_image,
};
