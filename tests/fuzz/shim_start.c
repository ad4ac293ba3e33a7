/* SPDX-License-Identifier: Apache-2.0 */
/* What containerd says to a shim when it starts it, log destinations of clients, and mount options of snapshotters. */
/* with: common config grpc/pb.c shim/bootstrap.c shim/cli.c shim/mount_options.c shim/options.c shim/pb.c shim/uri.c runtime/delegate.c runtime/capture.c runtime/owner.c runtime/spawn.c proto/shim/runtime.proto proto/shim/types.proto */
/* link: -l:libprotobuf-c.a */
#include <errno.h>

#include "common/log.h"
#include "fuzz.h"
#include "shim/args.h"
#include "shim/bootstrap.h"
#include "shim/mount_options.h"
#include "shim/options.h"
#include "shim/uri.h"

static void start(const uint8_t *data, size_t size, struct arena *a)
{
	const struct args args = {.ns = "n", .id = "i"};
	struct bootstrap b = {0};
	struct bytes out = {0};
	struct cli c = {0};
	struct err e = {0};

	if (bootstrap_read(fuzz_bytes(data, size), &args, a, &b, &e) < 0) {
		FUZZ_HOLDS(e.code && e.msg[0]);
		return;
	}
	FUZZ_HOLDS(b.socket_dir && b.ttrpc_address && b.grpc_address && b.program);
	FUZZ_HOLDS(bootstrap_answer(&b, "unix:///x", a, &out, &e) == 0 && out.n > 0);
	if (options_read(b.options, "ns", "/b", &c, &e) == 0)
		FUZZ_HOLDS(str_ends(c.root, "/ns") && strcmp(c.log, "/b/log.json") == 0);
	else
		FUZZ_HOLDS(e.code && e.msg[0]);
	cli_done(&c);
}

static void destination(const char *text, struct arena *a)
{
	struct uri u = {0};
	struct err e = {0};

	if (uri_parse(text, a, &u, &e) < 0) {
		FUZZ_HOLDS(e.code == EINVAL && e.msg[0]);
		return;
	}
	FUZZ_HOLDS(u.path && (*u.path == '/' || !*text) && u.query.n % 2 == 0);
	for (size_t i = 0; i < u.query.n; i++)
		FUZZ_HOLDS(u.query.v[i] && strlen(u.query.v[i]) <= strlen(text));
}

/* Words are cut at line ends; the page is small, so that long ones are shortened often. */
static void options(char *text, struct arena *a)
{
	const char *words[64];
	struct mount_options o = {0};
	struct err e = {0};
	size_t n = 0;

	for (char *p = text; *p && n < 64; p += strcspn(p, "\n")) {
		if (*p == '\n')
			*p++ = '\0';
		words[n++] = p;
	}
	if (mount_options_sort("overlay", words, n, 64, a, &o, &e) == 0)
		FUZZ_HOLDS(strlen(o.data) < 64 && (!o.lower_base || str_ends(o.lower_base, "/")));
	else
		FUZZ_HOLDS((e.code == E2BIG || e.code == EINVAL) && e.msg[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool quiet;
	struct arena a = {0};
	struct err e = {0};
	char *text;

	quiet = quiet || log_open("/dev/null", false, LOG_LVL_DEBUG, &e) == 0;
	if (size == 0)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	if (data[0] % 3 == 0)
		start(data + 1, size - 1, &a);
	else if (data[0] % 3 == 1)
		destination(text, &a);
	else
		options(text, &a);
	free(text);
	arena_release(&a);
	return 0;
}
