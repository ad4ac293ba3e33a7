/* SPDX-License-Identifier: Apache-2.0 */
/* What a frontend can ask BuildKit for. */
#include "bunny/gateway.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "grpc/pb.h"
#include "proto/buildkit/gateway.pb-c.h"

#define SERVICE "/moby.buildkit.v1.frontend.LLBBridge/"

/* --- calls --- */

/* Packs the question, and unpacks the answer; NULL and *e on failure. */
static void *ask(struct gateway *g, const char *path, uint64_t timeout_ms, const ProtobufCMessage *question,
		 const ProtobufCMessageDescriptor *answer, struct err *e)
{
	const struct grpc_call call = {.path = path, .timeout_ms = timeout_ms};
	struct bytes packed, got;

	g->last = (struct grpc_status){0};
	if (pb_pack(question, g->a, &packed, e) < 0 ||
	    grpc_unary(g->conn, &call, packed, g->a, &got, &g->last, e) < 0)
		return NULL;
	return pb_unpack(answer, got, g->a, e);
}
#define ASK(g_, method_, timeout_ms_, question_, answer_, e_)                                                \
	ask((g_), SERVICE method_, (timeout_ms_), &(question_)->base, &gateway__##answer_##__descriptor, (e_))

static bool has(const Gateway__PongResponse *pong, const char *id)
{
	for (size_t i = 0; i < pong->n_frontend_api_caps; i++) {
		if (streq(pong->frontend_api_caps[i]->id, id))
			return pong->frontend_api_caps[i]->enabled;
	}
	return false;
}

int gateway_open(struct gateway *g, struct grpc_conn *conn, struct arena *a, struct err *e)
{
	Gateway__PingRequest ping = GATEWAY__PING_REQUEST__INIT;
	const Gateway__PongResponse *pong;

	*g = (struct gateway){.conn = conn, .a = a};
	pong = ASK(g, "Ping", GATEWAY_PING_MS, &ping, pong_response, e);
	if (!pong)
		return -e->code;
	g->can_resolve_meta = has(pong, "source.metaresolver");
	g->can_warn = has(pong, "gateway.warnings");
	g->can_evaluate = has(pong, "gateway.solve.evaluate");
	g->can_ref = has(pong, "proto.refarray");
	return 0;
}

int gateway_solve(struct gateway *g, struct bytes definition, bool evaluate, const char **ret, struct err *e)
{
	Gateway__SolveRequest solve = GATEWAY__SOLVE_REQUEST__INIT;
	const Gateway__SolveResponse *got;

	solve.definition = pb_unpack(&llb__definition__descriptor, definition, g->a, e);
	if (!solve.definition)
		return -e->code;
	solve.allow_result_return = true;
	solve.allow_result_array_ref = g->can_ref;
	solve.evaluate = evaluate && g->can_evaluate;
	got = ASK(g, "Solve", 0, &solve, solve_response, e);
	if (!got)
		return -e->code;
	*ret = NULL;
	if (got->result && got->result->result_case == GATEWAY__RESULT__RESULT_REF)
		*ret = got->result->ref->id;
	else if (got->result && got->result->result_case == GATEWAY__RESULT__RESULT_REF_DEPRECATED)
		*ret = got->result->ref_deprecated;
	else if (*got->ref)
		*ret = got->ref;
	if (*ret && !**ret)
		*ret = NULL;
	return 0;
}

/* The server's words are all there is to know a missing file by. */
static int file_failed(const struct gateway *g, const char *path, struct err *e)
{
	if (g->last.code != GRPC_OK && (strstr(g->last.message, "no such file or directory") ||
					strstr(g->last.message, "file does not exist")))
		return err_set(e, ENOENT, "'%s': %s", path, strerror(ENOENT));
	return -e->code;
}

int gateway_read(struct gateway *g, const char *ref, const char *path, uint64_t offset, uint64_t length,
		 struct bytes *ret, struct err *e)
{
	Gateway__ReadFileRequest question = GATEWAY__READ_FILE_REQUEST__INIT;
	Gateway__FileRange range = GATEWAY__FILE_RANGE__INIT;
	const Gateway__ReadFileResponse *got;

	question.ref = pb_str(ref);
	question.file_path = pb_str(path);
	if (offset || length) {
		range.offset = (int64_t)offset;
		range.length = (int64_t)length;
		question.range = &range;
	}
	got = ASK(g, "ReadFile", 0, &question, read_file_response, e);
	if (!got)
		return file_failed(g, path, e);
	*ret = pb_bytes(got->data);
	return 0;
}

/* Go's own bits for what stat(2) has in the upper ones. */
static uint32_t mode_of(uint32_t go)
{
	static const struct {
		uint32_t go, mode;
	} types[] = {
		{1u << 31, S_IFDIR},  {1u << 27, S_IFLNK}, {1u << 25, S_IFIFO},
		{1u << 24, S_IFSOCK}, {1u << 21, S_IFCHR}, {1u << 26, S_IFBLK},
	};
	uint32_t mode = go & 0777;

	mode |= go & 1u << 23 ? S_ISUID : 0;
	mode |= go & 1u << 22 ? S_ISGID : 0;
	mode |= go & 1u << 20 ? S_ISVTX : 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (go & types[i].go)
			return mode | types[i].mode;
	}
	return mode | S_IFREG;
}

static struct gateway_stat stat_of(const Gateway__Stat *s)
{
	return (struct gateway_stat){
		.path = s->path,
		.mode = mode_of(s->mode),
		.size = s->size > 0 ? (uint64_t)s->size : 0,
		.target = s->linkname,
	};
}

int gateway_stat(struct gateway *g, const char *ref, const char *path, struct gateway_stat *ret, struct err *e)
{
	Gateway__StatFileRequest question = GATEWAY__STAT_FILE_REQUEST__INIT;
	const Gateway__StatFileResponse *got;

	question.ref = pb_str(ref);
	question.path = pb_str(path);
	got = ASK(g, "StatFile", 0, &question, stat_file_response, e);
	if (!got)
		return file_failed(g, path, e);
	if (!got->stat)
		return err_set(e, EPROTO, "StatFile: the answer for '%s' is empty", path);
	*ret = stat_of(got->stat);
	return 0;
}

int gateway_list(struct gateway *g, const char *ref, const char *dir, const char *pattern,
		 struct gateway_stat **ret, size_t *ret_n, struct err *e)
{
	Gateway__ReadDirRequest question = GATEWAY__READ_DIR_REQUEST__INIT;
	const Gateway__ReadDirResponse *got;

	question.ref = pb_str(ref);
	question.dir_path = pb_str(dir);
	question.include_pattern = pb_str(pattern ? pattern : "");
	got = ASK(g, "ReadDir", 0, &question, read_dir_response, e);
	if (!got)
		return file_failed(g, dir, e);
	*ret = arena_array(g->a, got->n_entries, sizeof(**ret));
	if (!*ret)
		return err_oom(e);
	for (size_t i = 0; i < got->n_entries; i++)
		(*ret)[i] = stat_of(got->entries[i]);
	*ret_n = got->n_entries;
	return 0;
}

/* --- images --- */

static Llb__Platform platform_message(const struct platform *p)
{
	Llb__Platform m = LLB__PLATFORM__INIT;

	m.os = pb_str(p->os);
	m.architecture = pb_str(p->arch);
	m.variant = pb_str(p->variant ? p->variant : "");
	return m;
}

static void keep_image(struct gateway_image *ret, const char *digest, ProtobufCBinaryData config)
{
	*ret = (struct gateway_image){*digest ? digest : NULL, pb_bytes(config)};
}

static int image_by_meta(struct gateway *g, const char *ref, Llb__Platform *platform, const char *mode,
			 const char *log, struct gateway_image *ret, struct err *e)
{
	Gateway__ResolveSourceMetaRequest question = GATEWAY__RESOLVE_SOURCE_META_REQUEST__INIT;
	Llb__SourceOp source = LLB__SOURCE_OP__INIT;
	const Gateway__ResolveSourceMetaResponse *got;

	source.identifier = arena_printf(g->a, "docker-image://%s", ref);
	if (!source.identifier)
		return err_oom(e);
	question.source = &source;
	question.platform = platform;
	question.log_name = pb_str(log);
	question.resolve_mode = pb_str(mode);
	got = ASK(g, "ResolveSourceMeta", 0, &question, resolve_source_meta_response, e);
	if (!got)
		return -e->code;
	if (!got->image)
		return err_set(e, EPROTO, "ResolveSourceMeta: '%s' is no image", ref);
	keep_image(ret, got->image->digest, got->image->config);
	return 0;
}

int gateway_image(struct gateway *g, const char *ref, const struct platform *platform, const char *mode,
		  struct gateway_image *ret, struct err *e)
{
	Gateway__ResolveImageConfigRequest question = GATEWAY__RESOLVE_IMAGE_CONFIG_REQUEST__INIT;
	Llb__Platform p = platform_message(platform);
	const char *log = arena_printf(g->a, "load metadata for %s", ref);
	const Gateway__ResolveImageConfigResponse *got;

	if (!log)
		return err_oom(e);
	mode = mode ? mode : "default";
	if (g->can_resolve_meta)
		return image_by_meta(g, ref, &p, mode, log, ret, e);
	question.ref = pb_str(ref);
	question.platform = &p;
	question.log_name = pb_str(log);
	question.resolve_mode = pb_str(mode);
	got = ASK(g, "ResolveImageConfig", 0, &question, resolve_image_config_response, e);
	if (!got)
		return -e->code;
	keep_image(ret, got->digest, got->config);
	return 0;
}

/* --- what the user sees --- */

int gateway_warn(struct gateway *g, const struct diag *d, const struct source *source, struct err *e)
{
	Gateway__WarnRequest question = GATEWAY__WARN_REQUEST__INIT;
	Llb__SourceInfo info = LLB__SOURCE_INFO__INIT;
	Llb__Position at = LLB__POSITION__INIT;
	Llb__Range range = LLB__RANGE__INIT, *ranges = &range;
	ProtobufCBinaryData hint;

	if (!g->can_warn)
		return 0;
	question.level = 1;
	question.short_ = pb_data((struct bytes){d->text, strlen(d->text)});
	if (d->hint) {
		hint = pb_data((struct bytes){d->hint, strlen(d->hint)});
		question.n_detail = 1;
		question.detail = &hint;
	}
	if (d->pos.line && source) {
		info.filename = pb_str(source->name);
		info.data = pb_data(source->text);
		question.info = &info;
		at.line = (int32_t)d->pos.line;
		range.start = range.end = &at;
		question.n_ranges = 1;
		question.ranges = &ranges;
	}
	return ASK(g, "Warn", GATEWAY_PING_MS, &question, warn_response, e) ? 0 : -e->code;
}

/* --- the end --- */

static Gateway__Ref *ref_message(struct gateway *g, const char *id)
{
	Gateway__Ref *r = arena_alloc(g->a, sizeof(*r));

	if (r) {
		gateway__ref__init(r);
		r->id = pb_str(id ? id : "");
	}
	return r;
}

static int add_metadata(struct gateway *g, Gateway__Result *r, const struct key_values *l, struct err *e)
{
	Gateway__Result__MetadataEntry *each = arena_array(g->a, l->n, sizeof(*each));

	r->metadata = arena_array(g->a, l->n, sizeof(*r->metadata));
	if (!each || !r->metadata)
		return err_oom(e);
	for (size_t i = 0; i < l->n; i++) {
		gateway__result__metadata_entry__init(&each[i]);
		each[i].key = pb_str(l->v[i].key);
		each[i].value = pb_data((struct bytes){l->v[i].value, strlen(l->v[i].value)});
		r->metadata[i] = &each[i];
	}
	r->n_metadata = l->n;
	return 0;
}

static int add_refs(struct gateway *g, Gateway__Result *r, const struct gateway_result *results, size_t n,
		    struct err *e)
{
	Gateway__RefMap__RefsEntry *each = arena_array(g->a, n, sizeof(*each));
	Gateway__RefMap *map = arena_alloc(g->a, sizeof(*map));

	if (!each || !map)
		return err_oom(e);
	gateway__ref_map__init(map);
	map->refs = arena_array(g->a, n, sizeof(*map->refs));
	if (!map->refs)
		return err_oom(e);
	for (size_t i = 0; i < n; i++) {
		gateway__ref_map__refs_entry__init(&each[i]);
		each[i].key = pb_str(results[i].id);
		each[i].value = ref_message(g, results[i].ref);
		if (!each[i].value)
			return err_oom(e);
		map->refs[i] = &each[i];
	}
	map->n_refs = n;
	r->result_case = GATEWAY__RESULT__RESULT_REFS;
	r->refs = map;
	return 0;
}

static int add_ref(struct gateway *g, Gateway__Result *r, const char *ref, struct err *e)
{
	if (!g->can_ref) {
		r->result_case = GATEWAY__RESULT__RESULT_REF_DEPRECATED;
		r->ref_deprecated = pb_str(ref ? ref : "");
		return 0;
	}
	r->result_case = GATEWAY__RESULT__RESULT_REF;
	r->ref = ref_message(g, ref);
	return r->ref ? 0 : err_oom(e);
}

int gateway_return(struct gateway *g, const struct gateway_result *results, size_t n,
		   const struct key_values *metadata, struct err *e)
{
	Gateway__ReturnRequest question = GATEWAY__RETURN_REQUEST__INIT;
	Gateway__Result result = GATEWAY__RESULT__INIT;
	int r = add_metadata(g, &result, metadata, e);

	if (r == 0)
		r = n == 1 && !results[0].id ? add_ref(g, &result, results[0].ref, e)
					     : add_refs(g, &result, results, n, e);
	if (r < 0)
		return r;
	question.result = &result;
	return ASK(g, "Return", 0, &question, return_response, e) ? 0 : -e->code;
}

int gateway_fail(struct gateway *g, const char *message, struct bytes details, struct err *e)
{
	Gateway__ReturnRequest question = GATEWAY__RETURN_REQUEST__INIT;
	Gateway__Status mine = GATEWAY__STATUS__INIT, *status = NULL;

	if (details.n)
		status = pb_unpack(&gateway__status__descriptor, details, g->a, NULL);
	if (!status)
		status = &mine;
	status->code = status->code ? status->code : GRPC_UNKNOWN;
	status->message = pb_str(message);
	question.error = status;
	return ASK(g, "Return", GATEWAY_PING_MS, &question, return_response, e) ? 0 : -e->code;
}
