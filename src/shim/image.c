/* SPDX-License-Identifier: Apache-2.0 */
/* Asking containerd what an image says of itself. */
#include "shim/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/json.h"
#include "common/path.h"
#include "grpc/grpc.h"
#include "grpc/pb.h"
#include "proto/shim/containerd.pb-c.h"

#define CALL_MS 2000
#define CONFIG_MAX_BYTES (4u << 20)
#define MANIFEST_MAX_BYTES (4u << 20)

#if defined(__x86_64__)
#define OUR_ARCHITECTURE "amd64"
#else
#define OUR_ARCHITECTURE "arm64"
#endif

/* One conversation. */
struct talk {
	struct grpc_conn *conn;
	const char *ns;
	struct arena *a;
};

/* NULL when it fails. */
static void *ask(const struct talk *t, const char *path, const void *request,
		 const ProtobufCMessageDescriptor *type, struct err *e)
{
	const struct grpc_header headers[] = {{"containerd-namespace", t->ns}};
	const struct grpc_call call = {.path = path, .headers = headers, .nheaders = 1, .timeout_ms = CALL_MS};
	struct bytes packed = {0}, answer = {0};

	if (pb_pack(request, t->a, &packed, e) < 0 ||
	    grpc_unary(t->conn, &call, packed, t->a, &answer, NULL, e) < 0)
		return NULL;
	return pb_unpack(type, answer, t->a, e);
}

/* --- content --- */

struct reading {
	struct arena *a;
	struct strbuf text;
	struct bytes request;
	bool sent;
};

static int next_request(void *arg, struct bytes *ret, struct err *e)
{
	struct reading *r = arg;

	(void)e;
	if (r->sent)
		return 0;
	r->sent = true;
	*ret = r->request;
	return 1;
}

static int got_piece(void *arg, struct bytes message, struct err *e)
{
	struct reading *r = arg;
	const Pb__ReadContentResponse *m = pb_unpack(&pb__read_content_response__descriptor, message, r->a, e);

	if (!m)
		return -EPROTO;
	if (r->text.len + m->data.len > MANIFEST_MAX_BYTES)
		return err_set(e, EFBIG, "the image's manifest has more than %u bytes", MANIFEST_MAX_BYTES);
	sb_addn(&r->text, m->data.data, m->data.len);
	return 0;
}

static int read_content(const struct talk *t, const char *digest, struct bytes *ret, struct err *e)
{
	const struct grpc_header headers[] = {{"containerd-namespace", t->ns}};
	struct reading r = {.a = t->a, .text = STRBUF(t->a)};
	const struct grpc_call call = {.path = "/containerd.services.content.v1.Content/Read",
				       .headers = headers,
				       .nheaders = 1,
				       .next = next_request,
				       .got = got_piece,
				       .arg = &r,
				       .timeout_ms = CALL_MS};
	Pb__ReadContentRequest request = PB__READ_CONTENT_REQUEST__INIT;
	struct grpc_status status = {0};
	const char *text = NULL;
	int err;

	request.digest = pb_str(digest);
	err = pb_pack(&request.base, t->a, &r.request, e);
	if (err == 0)
		err = grpc_call(t->conn, &call, t->a, &status, e);
	if (err == 0 && status.code != GRPC_OK)
		err = err_set(e, EIO, "Read: %s", status.message);
	if (err == 0)
		err = sb_done(&r.text, &text, e);
	if (err == 0)
		*ret = (struct bytes){text, r.text.len};
	return err;
}

static bool is_index(const char *media_type)
{
	return strstr(media_type, "index") || strstr(media_type, "manifest.list");
}

int image_pick_manifest(struct bytes index, struct arena *a, const char **ret_digest, struct err *e)
{
	const json_t *manifests = NULL, *m;
	const char *digest = "";
	json_t *doc = NULL;
	size_t i;
	int r = json_parse(index, "the image's index", &doc, e);

	if (r == 0)
		r = json_get_arr(doc, "", "manifests", &manifests, e);
	if (r < 0)
		return r;
	json_array_foreach(manifests, i, m)
	{
		const json_t *platform = NULL;
		const char *architecture = NULL, *os = NULL, *this = NULL;

		if (json_get_str(m, "manifests", "digest", &this, e) < 0 ||
		    json_get_obj(m, "manifests", "platform", &platform, e) < 0 ||
		    (platform && (json_get_str(platform, "platform", "architecture", &architecture, e) < 0 ||
				  json_get_str(platform, "platform", "os", &os, e) < 0)))
			return -e->code;
		if (this && !*digest &&
		    (json_array_size(manifests) == 1 ||
		     (streq(architecture, OUR_ARCHITECTURE) && (!os || streq(os, "linux")))))
			digest = this;
	}
	*ret_digest = arena_strdup(a, digest);
	return *ret_digest ? 0 : err_oom(e);
}

/* --- merging --- */

/* Adds one of ours unless it is there. */
static int add(json_t *annotations, const char *key, const char *value, bool *added, struct err *e)
{
	if (!str_starts(key, IMAGE_KEY_PREFIX) || json_object_get(annotations, key))
		return 0;
	if (json_object_set_new(annotations, key, json_string(value)) < 0)
		return err_set(e, EINVAL, "annotation '%s' of the image is not text", key);
	*added = true;
	return 0;
}

static int add_manifest(const struct talk *t, const Pb__Descriptor *target, json_t *annotations, bool *added,
			struct err *e)
{
	const char *digest = target->digest, *key;
	const json_t *of_manifest = NULL, *value;
	struct bytes text = {0};
	json_t *doc = NULL;
	int r = read_content(t, digest, &text, e);

	if (r == 0 && is_index(target->media_type)) {
		r = image_pick_manifest(text, t->a, &digest, e);
		if (r == 0 && !*digest)
			return 0;
		if (r == 0)
			r = read_content(t, digest, &text, e);
	}
	if (r == 0)
		r = json_parse(text, "the image's manifest", &doc, e);
	if (r == 0)
		r = json_get_obj(doc, "", "annotations", &of_manifest, e);
	if (r < 0 || !of_manifest)
		return r;
	for (void *it = json_object_iter((json_t *)(uintptr_t)of_manifest); it && r == 0;
	     it = json_object_iter_next((json_t *)(uintptr_t)of_manifest, it)) {
		key = json_object_iter_key(it);
		value = json_object_iter_value(it);
		if (json_is_string(value))
			r = add(annotations, key, json_string_value(value), added, e);
	}
	return r;
}

/* What containerd knows, into the annotations. */
static int collect(const struct talk *t, const char *id, json_t *annotations, bool *added, struct err *e)
{
	Pb__GetContainerRequest ask_container = PB__GET_CONTAINER_REQUEST__INIT;
	Pb__GetImageRequest ask_image = PB__GET_IMAGE_REQUEST__INIT;
	const Pb__GetContainerResponse *c;
	const Pb__GetImageResponse *i;
	int r = 0;

	ask_container.id = pb_str(id);
	c = ask(t, "/containerd.services.containers.v1.Containers/Get", &ask_container,
		&pb__get_container_response__descriptor, e);
	if (!c || !c->container)
		return -EIO;
	/* Docker keeps its images to itself. */
	if (*c->container->image) {
		ask_image.name = c->container->image;
		i = ask(t, "/containerd.services.images.v1.Images/Get", &ask_image,
			&pb__get_image_response__descriptor, e);
		if (i && i->image && i->image->target)
			r = add_manifest(t, i->image->target, annotations, added, e);
	}
	for (size_t n = 0; r == 0 && n < c->container->n_labels; n++)
		r = add(annotations, c->container->labels[n]->key, c->container->labels[n]->value, added, e);
	return r;
}

/* Whether all is said that a guest needs; a wish alone, as for all of a pod, leaves the rest to the image. */
static bool is_complete(const json_t *annotations)
{
	static const char *const needed[] = {"unikernelType", "hypervisor", "binary"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		char key[sizeof(IMAGE_KEY_PREFIX) + 16];

		snprintf(key, sizeof(key), IMAGE_KEY_PREFIX "%s", needed[i]);
		if (!json_object_get(annotations, key))
			return false;
	}
	return true;
}

/* Whether the container says itself what it is, or is known to be none of ours. */
static bool is_told(const json_t *config, const json_t *annotations, const char *bundle, struct arena *a)
{
	const json_t *root = NULL;
	const char *path = NULL, *type = NULL;
	struct err ignored = {0};

	if (is_complete(annotations))
		return true;
	if (json_get_str(annotations, "", "io.kubernetes.cri.container-type", &type, &ignored) == 0 &&
	    streq(type, "sandbox"))
		return true;
	if (json_get_obj(config, "", "root", &root, &ignored) == 0 && root &&
	    json_get_str(root, "", "path", &path, &ignored) == 0 && path) {
		const char *dir = path_join_clean(a, bundle, path);
		_cleanup_fd_ int fd = dir ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		const struct rpath file = {fd, "/urunc.json"};
		_cleanup_fd_ int found = -1;

		return fd >= 0 && rpath_open(&file, O_PATH, &found, &ignored) == 0;
	}
	return false;
}

static int write_config(const char *path, const json_t *config, struct err *e)
{
	const char *text = json_dumps(config, JSON_COMPACT);

	return text ? file_write_atomic(AT_FDCWD, path, 0644, text, strlen(text), e) : err_oom(e);
}

static int complete(const char *grpc_address, const char *ns, const char *id, const char *path,
		    json_t *config, json_t *annotations, struct arena *a, struct err *e)
{
	_cleanup_grpc_ struct grpc_conn *conn = NULL;
	struct talk t = {.ns = ns, .a = a};
	_cleanup_fd_ int fd = -1;
	bool added = false;
	int r = fd_connect(grpc_address, CALL_MS, &fd, e);

	if (r == 0)
		r = grpc_open(fd, fd, "localhost", &conn, e);
	t.conn = conn;
	if (r == 0)
		r = collect(&t, id, annotations, &added, e);
	if (r == 0 && added)
		r = write_config(path, config, e);
	return r < 0 ? r : added;
}

int image_annotate(const char *grpc_address, const char *ns, const char *id, const char *bundle, struct err *e)
{
	struct arena a = {0};
	const char *path = arena_printf(&a, "%s/config.json", bundle);
	json_t *config = NULL, *annotations;
	struct bytes text = {0};
	int r;

	if (!path)
		return err_oom(e);
	json_use_arena(&a);
	r = file_read(AT_FDCWD, path, CONFIG_MAX_BYTES, &a, &text, e);
	if (r == 0)
		r = json_parse(text, path, &config, e);
	if (r == 0) {
		annotations = json_object_get(config, "annotations");
		if (!annotations) {
			annotations = json_object();
			r = json_object_set(config, "annotations", annotations) < 0 ? err_oom(e) : 0;
		}
		if (r == 0 && json_is_object(annotations) && !is_told(config, annotations, bundle, &a))
			r = complete(grpc_address, ns, id, path, config, annotations, &a, e);
	}
	arena_release(&a);
	return r;
}
