/* SPDX-License-Identifier: Apache-2.0 */
/* A BuildKit for the tests of its client: it knows some files and images, remembers what it is asked, and says it. It runs in a
 * process of its own at the other end of two pipes, as the real one does. */
#ifndef URUNC_TESTS_BUNNY_BUILDKIT_H
#define URUNC_TESTS_BUNNY_BUILDKIT_H

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../grpc/server.h"
#include "grpc/pb.h"
#include "proto/buildkit/gateway.pb-c.h"

struct kit_file {
	const char *context, *path, *text; /* of a directory text is NULL */
	uint32_t mode;
};

struct kit {
	const char *caps[16];
	struct kit_file files[16]; /* of the client's directories */
	struct {
		const char *ref, *config, *digest;
	} images[8];
	bool old_refs;      /* results without Ref */
	const char *refuse; /* the Solve whose definition holds this fails */
};

/* What came of it, in memory that both processes have. */
struct kit_heard {
	char log[16384];        /* "Method words\n" ... */
	uint8_t last[16 << 20]; /* the last definition to solve; a test program may be in it */
	size_t last_n;
	uint8_t result[65536]; /* the ReturnRequest */
	size_t result_n;
};

struct kit_run {
	const struct kit *kit;
	struct kit_heard *heard;
	struct arena a;
	char refs[64][64]; /* of each solved definition: which directory it was */
	size_t nrefs;
};

static inline void kit_log(struct kit_run *r, const char *fmt, ...) _printf_(2, 3);
static inline void kit_log(struct kit_run *r, const char *fmt, ...)
{
	size_t n = strlen(r->heard->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->heard->log + n, sizeof(r->heard->log) - n, fmt, ap);
	va_end(ap);
}

static inline void kit_answer(struct server *s, const ProtobufCMessage *m)
{
	struct kit_run *r = s->arg;
	struct bytes b;

	if (pb_pack(m, &r->a, &b, NULL) == 0)
		server_body(s, b.p, b.n);
}

static inline void kit_no(struct server *s, const char *code, const char *message)
{
	s->code = code;
	s->message = message;
}

static inline const struct kit_file *kit_find(struct kit_run *r, const char *ref, const char *path)
{
	const char *context = r->refs[strtoul(ref, NULL, 10) % 64];

	path += strspn(path, "/");
	for (size_t i = 0; r->kit->files[i].path; i++) {
		if (streq(r->kit->files[i].context, context) && streq(r->kit->files[i].path, path))
			return &r->kit->files[i];
	}
	return NULL;
}

static inline void kit_ping(struct server *s)
{
	Gateway__PongResponse pong = GATEWAY__PONG_RESPONSE__INIT;
	Gateway__APICap caps[16], *list[16];
	struct kit_run *r = s->arg;
	size_t n = 0;

	for (; r->kit->caps[n]; n++) {
		gateway__apicap__init(&caps[n]);
		caps[n].id = pb_str(r->kit->caps[n]);
		caps[n].enabled = true;
		list[n] = &caps[n];
	}
	pong.n_frontend_api_caps = n;
	pong.frontend_api_caps = list;
	kit_answer(s, &pong.base);
}

/* The local directory that a definition is nothing but, or "". */
static inline const char *kit_directory(struct kit_run *r, const Llb__Definition *d)
{
	const Llb__Op *op = d->n_def == 2 ? pb_unpack(&llb__op__descriptor, pb_bytes(d->def[0]), &r->a, NULL)
					  : NULL;

	if (!op || op->op_case != LLB__OP__OP_SOURCE || !str_starts(op->source->identifier, "local://"))
		return "";
	return op->source->identifier + strlen("local://");
}

static inline void kit_solve(struct server *s, struct bytes question)
{
	Gateway__SolveResponse answer = GATEWAY__SOLVE_RESPONSE__INIT;
	Gateway__Result result = GATEWAY__RESULT__INIT;
	Gateway__Ref ref = GATEWAY__REF__INIT;
	struct kit_run *r = s->arg;
	const Gateway__SolveRequest *q = pb_unpack(&gateway__solve_request__descriptor, question, &r->a, NULL);
	struct bytes packed;
	char id[16];

	if (!q || !q->definition || pb_pack(&q->definition->base, &r->a, &packed, NULL) < 0) {
		kit_no(s, "3", "no definition");
		return;
	}
	kit_log(r, "Solve %s%s\n", kit_directory(r, q->definition), q->evaluate ? " now" : "");
	r->heard->last_n = packed.n < sizeof(r->heard->last) ? packed.n : 0;
	memcpy(r->heard->last, packed.p, r->heard->last_n);
	if (r->kit->refuse && memmem(packed.p, packed.n, r->kit->refuse, strlen(r->kit->refuse))) {
		kit_no(s, "2", "lstat /var/lib/x/nothing: no such file or directory");
		return;
	}
	snprintf(r->refs[r->nrefs % 64], sizeof(r->refs[0]), "%s", kit_directory(r, q->definition));
	snprintf(id, sizeof(id), "%zu", r->nrefs++);
	ref.id = id;
	if (r->kit->old_refs) {
		result.result_case = GATEWAY__RESULT__RESULT_REF_DEPRECATED;
		result.ref_deprecated = id;
	} else {
		result.result_case = GATEWAY__RESULT__RESULT_REF;
		result.ref = &ref;
	}
	answer.result = &result;
	kit_answer(s, &answer.base);
}

static inline void kit_read(struct server *s, struct bytes question)
{
	Gateway__ReadFileResponse answer = GATEWAY__READ_FILE_RESPONSE__INIT;
	struct kit_run *r = s->arg;
	const Gateway__ReadFileRequest *q = pb_unpack(&gateway__read_file_request__descriptor, question,
						      &r->a, NULL);
	const struct kit_file *f = kit_find(r, q->ref, q->file_path);
	size_t n, at = q->range ? (size_t)q->range->offset : 0;

	kit_log(r, "ReadFile %s %s\n", r->refs[strtoul(q->ref, NULL, 10) % 64], q->file_path);
	if (!f || !f->text) {
		kit_no(s, "2", "open /x: no such file or directory");
		return;
	}
	n = strlen(f->text) - at;
	if (q->range && q->range->length && (size_t)q->range->length < n)
		n = (size_t)q->range->length;
	answer.data = pb_data((struct bytes){f->text + at, n});
	kit_answer(s, &answer.base);
}

static inline void kit_stat(struct server *s, struct bytes question)
{
	Gateway__StatFileResponse answer = GATEWAY__STAT_FILE_RESPONSE__INIT;
	Gateway__Stat stat = GATEWAY__STAT__INIT;
	struct kit_run *r = s->arg;
	const Gateway__StatFileRequest *q = pb_unpack(&gateway__stat_file_request__descriptor, question,
						      &r->a, NULL);
	const struct kit_file *f = kit_find(r, q->ref, q->path);

	if (!f) {
		kit_no(s, "2", "lstat /x: no such file or directory");
		return;
	}
	stat.path = pb_str(f->path);
	stat.mode = f->mode | (f->text ? 0 : 1u << 31);
	stat.size = f->text ? (int64_t)strlen(f->text) : 0;
	answer.stat = &stat;
	kit_answer(s, &answer.base);
}

static inline void kit_list(struct server *s)
{
	Gateway__ReadDirResponse answer = GATEWAY__READ_DIR_RESPONSE__INIT;
	struct kit_run *r = s->arg;
	Gateway__Stat stats[16], *list[16];
	size_t n = 0;

	for (; r->kit->files[n].path; n++) {
		gateway__stat__init(&stats[n]);
		stats[n].path = pb_str(r->kit->files[n].path);
		stats[n].mode = r->kit->files[n].mode;
		list[n] = &stats[n];
	}
	answer.n_entries = n;
	answer.entries = list;
	kit_answer(s, &answer.base);
}

static inline void kit_image(struct server *s, const char *ref, const Llb__Platform *p, const char *mode,
			     bool meta)
{
	Gateway__ResolveImageConfigResponse old = GATEWAY__RESOLVE_IMAGE_CONFIG_RESPONSE__INIT;
	Gateway__ResolveSourceMetaResponse new = GATEWAY__RESOLVE_SOURCE_META_RESPONSE__INIT;
	Gateway__ResolveSourceImageResponse image = GATEWAY__RESOLVE_SOURCE_IMAGE_RESPONSE__INIT;
	struct kit_run *r = s->arg;

	kit_log(r, "Image %s %s/%s %s%s\n", ref, p->os, p->architecture, mode, meta ? " meta" : "");
	for (size_t i = 0; i < 8 && r->kit->images[i].ref; i++) {
		if (!streq(r->kit->images[i].ref, ref))
			continue;
		old.digest = image.digest = pb_str(r->kit->images[i].digest ? r->kit->images[i].digest : "");
		old.config = image.config = pb_data(
			(struct bytes){r->kit->images[i].config, strlen(r->kit->images[i].config)});
		new.image = &image;
		kit_answer(s, meta ? &new.base : &old.base);
		return;
	}
	kit_no(s, "5", "docker.io/library/x: not found");
}

static inline void kit_return(struct server *s, struct bytes question)
{
	Gateway__ReturnResponse answer = GATEWAY__RETURN_RESPONSE__INIT;
	struct kit_run *r = s->arg;

	kit_log(r, "Return\n");
	r->heard->result_n = question.n < sizeof(r->heard->result) ? question.n : 0;
	memcpy(r->heard->result, question.p, r->heard->result_n);
	kit_answer(s, &answer.base);
}

static inline void kit_handle(struct server *s)
{
	const char *method = strrchr(s->path, '/') + 1;
	const struct bytes question = {s->request + 5, s->request_n - 5};
	struct kit_run *r = s->arg;

	if (!str_starts(s->path, "/moby.buildkit.v1.frontend.LLBBridge/"))
		kit_no(s, "12", "no such service");
	else if (streq(method, "Ping"))
		kit_ping(s);
	else if (streq(method, "Solve"))
		kit_solve(s, question);
	else if (streq(method, "ReadFile"))
		kit_read(s, question);
	else if (streq(method, "StatFile"))
		kit_stat(s, question);
	else if (streq(method, "ReadDir"))
		kit_list(s);
	else if (streq(method, "Return"))
		kit_return(s, question);
	else if (streq(method, "ResolveSourceMeta")) {
		const Gateway__ResolveSourceMetaRequest *q =
			pb_unpack(&gateway__resolve_source_meta_request__descriptor, question, &r->a, NULL);

		kit_image(s, q->source->identifier + strlen("docker-image://"), q->platform, q->resolve_mode,
			  true);
	} else if (streq(method, "ResolveImageConfig")) {
		const Gateway__ResolveImageConfigRequest *q =
			pb_unpack(&gateway__resolve_image_config_request__descriptor, question, &r->a, NULL);

		kit_image(s, q->ref, q->platform, q->resolve_mode, false);
	} else if (streq(method, "Warn")) {
		const Gateway__WarnRequest *q = pb_unpack(&gateway__warn_request__descriptor, question, &r->a,
							  NULL);
		Gateway__WarnResponse answer = GATEWAY__WARN_RESPONSE__INIT;

		kit_log(r, "Warn %.*s\n", (int)q->short_.len, (const char *)q->short_.data);
		kit_answer(s, &answer.base);
	} else
		kit_no(s, "12", "unknown method");
}

static inline _Noreturn void kit_serve(const struct kit *kit, struct kit_heard *heard, int in, int out)
{
	struct kit_run run = {.kit = kit, .heard = heard};
	struct server s = {.handle = kit_handle, .arg = &run};
	static uint8_t buf[65536];

	server_open(&s);
	for (;;) {
		const uint8_t *p;
		ssize_t n = nghttp2_session_mem_send(s.session, &p);

		for (ssize_t at = 0, m; at < n; at += m) {
			m = write(out, p + at, (size_t)(n - at));
			if (m <= 0)
				_exit(0);
		}
		if (n > 0)
			continue;
		n = read(in, buf, sizeof(buf));
		if (n <= 0 || nghttp2_session_mem_recv(s.session, buf, (size_t)n) < 0)
			_exit(0);
	}
}

struct kit_end {
	int in, out;
	pid_t pid;
	struct kit_heard *heard;
};

static inline struct kit_end kit_start(const struct kit *kit)
{
	struct kit_end end;
	int there[2], back[2];

	signal(SIGPIPE, SIG_IGN);
	end.heard = mmap(NULL, sizeof(*end.heard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(end.heard != MAP_FAILED);
	assert_int_equal(pipe(there), 0);
	assert_int_equal(pipe(back), 0);
	end.pid = fork();
	assert_true(end.pid >= 0);
	if (end.pid == 0) {
		close(there[1]);
		close(back[0]);
		kit_serve(kit, end.heard, there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	end.out = there[1];
	end.in = back[0];
	return end;
}

static inline void kit_stop(struct kit_end *end)
{
	close(end->in);
	close(end->out);
	waitpid(end->pid, NULL, 0);
	munmap(end->heard, sizeof(*end->heard));
}

#endif
