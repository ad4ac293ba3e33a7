/* SPDX-License-Identifier: Apache-2.0 */
/* What a BuildKit answers, message by message, and the definition of an image that it leaves for its frontend. */
/* with: common grpc/pb.c bunny/gateway.c bunny/llb.c bunny/llb_files.c bunny/llb_finish.c bunny/digest.c bunny/image_config.c proto/buildkit/ops.proto proto/buildkit/gateway.proto */
/* link: -l:libprotobuf-c.a -lcrypto */
#include <errno.h>

#include "bunny/gateway.h"
#include "bunny/llb.h"
#include "fuzz.h"

static struct bytes answer;

/* In the place of the real one: every call is answered with the same bytes. */
int grpc_unary(struct grpc_conn *c, const struct grpc_call *call, struct bytes request, struct arena *a,
	       struct bytes *ret, struct grpc_status *ret_status, struct err *e)
{
	(void)c, (void)a;
	FUZZ_HOLDS(call->path && (request.n == 0 || request.p));
	*ret_status = (struct grpc_status){.code = GRPC_OK, .message = ""};
	if (answer.n > 0 && ((const uint8_t *)answer.p)[0] == 0xff) {
		*ret_status = (struct grpc_status){GRPC_UNKNOWN, "no such file or directory", answer};
		return err_set(e, EIO, "refused");
	}
	*ret = answer;
	return 0;
}

static size_t touch(const char *s)
{
	return s ? strlen(s) : 0;
}

static int ask(struct gateway *g, unsigned which, struct err *e)
{
	static const struct platform p = {"linux", "amd64", NULL};
	struct gateway_image image;
	struct gateway_stat st, *list;
	struct bytes text;
	const char *ref;
	size_t n;
	int r;

	switch (which % 5) {
	case 0:
		r = gateway_solve(g, (struct bytes){"", 0}, true, &ref, e);
		FUZZ_HOLDS(r < 0 || !ref || *ref);
		return r;
	case 1:
		r = gateway_read(g, "1", "/f", 0, 9, &text, e);
		return r < 0 ? r : 0;
	case 2:
		r = gateway_stat(g, "1", "/f", &st, e);
		FUZZ_HOLDS(r < 0 || touch(st.path) + touch(st.target) < SIZE_MAX);
		return r;
	case 3:
		r = gateway_list(g, "1", "/", "*", &list, &n, e);
		for (size_t i = 0; r == 0 && i < n; i++)
			FUZZ_HOLDS(touch(list[i].path) < SIZE_MAX);
		return r;
	default:
		r = gateway_image(g, "x", &p, NULL, &image, e);
		FUZZ_HOLDS(r < 0 || !image.digest || *image.digest);
		return r;
	}
}

static void import(struct bytes definition, struct arena *a)
{
	struct llb g = LLB(a, NULL);
	struct llb_at at = llb_import(&g, definition, "f");
	struct llb_files *f = llb_files_begin(&g, at);
	struct bytes packed, again;
	struct err e = {0};

	llb_file(f, "/x", 0644, (struct bytes){"x", 1}, (struct owner){0}, 0);
	if (llb_finish(&g, llb_files_end(f, (struct llb_show){0}), &packed, &e) < 0) {
		FUZZ_HOLDS(e.code && e.msg[0]);
		return;
	}
	/* What we made of it can be taken in again. */
	g = LLB(a, NULL);
	at = llb_import(&g, packed, "f");
	FUZZ_HOLDS(llb_finish(&g, at, &again, &e) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct gateway g;
	struct err e = {0};
	int r;

	if (size == 0)
		return 0;
	answer = (struct bytes){data + 1, size - 1};
	r = gateway_open(&g, NULL, &a, &e);
	FUZZ_HOLDS(r == -e.code);
	for (int meta = 0; meta < 2; meta++) {
		g.can_resolve_meta = g.can_ref = meta;
		e = (struct err){0};
		r = ask(&g, data[0], &e);
		FUZZ_HOLDS(r == -e.code && (r == 0 || e.msg[0]));
	}
	e = (struct err){0};
	r = gateway_fail(&g, "no", answer, &e);
	FUZZ_HOLDS(r == -e.code);
	import(answer, &a);
	arena_release(&a);
	return 0;
}
