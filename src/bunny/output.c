/* SPDX-License-Identifier: Apache-2.0 */
/* Giving an image away: as a file, a directory, to an engine, to a registry. */
#include "bunny/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/cache.h"
#include "bunny/child.h"
#include "bunny/engines.h"
#include "bunny/new_file.h"
#include "bunny/registry.h"
#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"

int output_parse(const char *word, struct output *ret, struct err *e)
{
	static const struct {
		const char *word;
		enum output_kind kind;
		bool path;
		const char *engine;
	} known[] = {
		{"tar=", OUTPUT_TAR, true, NULL},
		{"oci=", OUTPUT_OCI_DIR, true, NULL},
		{"oci-archive=", OUTPUT_OCI_ARCHIVE, true, NULL},
		{"-", OUTPUT_STDOUT, false, NULL},
		{"docker", OUTPUT_LOAD, false, "docker"},
		{"containerd", OUTPUT_LOAD, false, "containerd"},
		{"ctr", OUTPUT_LOAD, false, "containerd"},
		{"podman", OUTPUT_LOAD, false, "podman"},
		{"registry", OUTPUT_REGISTRY, false, NULL},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].path ? str_starts(word, known[i].word) : streq(word, known[i].word)) {
			*ret = (struct output){known[i].kind, known[i].path ? strchr(word, '=') + 1 : NULL,
					       known[i].engine};
			return !known[i].path || *ret->path
				       ? 0
				       : err_set(e, EINVAL, "-o %s: a path must follow", word);
		}
	}
	if (*word == '\0' || strchr(word, '='))
		return err_set(
			e, EINVAL,
			"-o %s: FILE, -, oci=DIR, oci-archive=FILE, docker, containerd, podman and registry are known",
			word);
	*ret = (struct output){OUTPUT_TAR, word, NULL};
	return 0;
}

static int write_rope(const struct rope *rope, int fd, struct report *report, struct err *e)
{
	return rope_write(rope, &(struct rope_out){fd, NULL, report_bytes, report}, e);
}

static int write_file(const struct rope *rope, const char *path, struct report *report, struct arena *a,
		      struct err *e)
{
	_cleanup_new_file_ struct new_file f = NEW_FILE;
	int r = new_file_begin(path, a, &f, e);

	if (r == 0)
		r = write_rope(rope, f.fd, report, e);
	return r == 0 ? new_file_end(&f, a, e) : r;
}

/* --- a directory --- */

/* A blob is there if its bytes are. */
static bool has_blob(int dir, const char *hex, const struct digest *d, uint64_t n, struct arena *a)
{
	_cleanup_fd_ int fd = openat(dir, hex, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct rope one = ROPE(a);
	struct digest is;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != n)
		return false;
	rope_add(&one, piece_fd(fd, 0, n));
	return rope_digest(&one, &is, NULL) == 0 && digest_eq(&is, d);
}

static int write_blob(const char *blobs, int dir, const struct digest *d, struct piece data,
		      struct report *report, struct arena *a, struct err *e)
{
	char hex[DIGEST_HEX_BYTES];
	struct rope one = ROPE(a);
	const char *path;
	int r;

	digest_hex(d, hex);
	if (has_blob(dir, hex, d, data.n, a))
		return 0;
	path = arena_printf(a, "%s/%s", blobs, hex);
	rope_add(&one, data);
	r = path ? rope_done(&one, e) : err_oom(e);
	return r == 0 ? write_file(&one, path, report, a, e) : r;
}

static int write_blobs(const struct out_image *im, const char *blobs, int dir, struct report *report,
		       struct arena *a, struct err *e)
{
	struct piece config = piece_bytes(im->config_json, strlen(im->config_json));
	struct piece manifest = piece_bytes(im->manifest_json, strlen(im->manifest_json));
	int r = write_blob(blobs, dir, &im->config_digest, config, report, a, e);

	if (r == 0)
		r = write_blob(blobs, dir, &im->digest, manifest, report, a, e);
	for (size_t i = 0; r == 0 && i < im->nlayers; i++)
		r = write_blob(blobs, dir, &im->layers[i].digest, im->layers[i].data, report, a, e);
	return r;
}

static int write_small(int dir, const char *name, const char *text, struct err *e)
{
	return file_write_atomic(dir, name, 0644, text, strlen(text), e);
}

/* The index is replaced: a layout that bunny writes has one image in it. */
static int write_dir(const struct out_image *im, const char *path, struct report *report, struct arena *a,
		     struct err *e)
{
	const char *blobs = arena_printf(a, "%s/blobs/sha256", path), *index;
	_cleanup_fd_ int top = -1, dir = -1;
	int r = blobs ? path_mkdirs(blobs, 0755, e) : err_oom(e);

	if (r < 0)
		return r;
	top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = open(blobs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0 || dir < 0)
		return err_sys(e, "cannot write into '%s'", path);
	r = image_index_json(im, a, &index, e);
	if (r == 0)
		r = write_blobs(im, blobs, dir, report, a, e);
	if (r == 0)
		r = write_small(top, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", e);
	return r == 0 ? write_small(top, "index.json", index, e) : r;
}

/* --- engines and registries --- */

static int load(const struct output *o, const struct output_options *opt, const struct rope *rope,
		struct arena *a, struct err *e)
{
	enum locator_kind engine = streq(o->engine, "docker")   ? LOCATE_DOCKER
				   : streq(o->engine, "podman") ? LOCATE_PODMAN
								: LOCATE_CONTAINERD;
	struct child_io io = {.in = rope, .progress = report_bytes, .arg = opt->report, .out = -1};

	return engine_load(engine, opt->namespace, opt->address, opt->snapshotter, &io, a, e);
}

/* skopeo reads files by name only. */
static int push(const struct output_options *opt, const struct out_image *im, const struct rope *rope,
		struct arena *a, struct err *e)
{
	const char *tmp = getenv("TMPDIR"), *path;
	struct cache cache;
	int r;

	if (im->nnames == 0)
		return err_set(e, EINVAL, "a name is needed to push to a registry: -t REGISTRY/NAME:TAG");
	r = cache_open(a, &cache, e);
	if (r < 0)
		return r;
	path = arena_printf(a, "%s/push.%d",
			    cache.path    ? cache.path
			    : tmp && *tmp ? tmp
					  : "/tmp",
			    (int)getpid());
	r = path ? write_file(rope, path, opt->report, a, e) : err_oom(e);
	for (size_t i = 0; r == 0 && i < im->nnames; i++)
		r = registry_push(path, ref_text(&im->names[i], a), opt->plain_http, a, e);
	if (path)
		unlink(path);
	return r;
}

int output_write(const struct output *o, const struct output_options *opt, const struct out_image *im,
		 struct arena *a, struct err *e)
{
	bool pure = o->kind == OUTPUT_OCI_ARCHIVE || o->kind == OUTPUT_REGISTRY;
	struct rope rope = ROPE(a);
	int r;

	if (o->kind == OUTPUT_OCI_DIR) {
		report_step(opt->report, "writing %s", o->path);
		return write_dir(im, o->path, opt->report, a, e);
	}
	r = image_archive(im, pure, &rope, e);
	if (r < 0)
		return r;
	switch (o->kind) {
	case OUTPUT_STDOUT:
		report_step(opt->report, "writing to standard output");
		return write_rope(&rope, STDOUT_FILENO, opt->report, e);
	case OUTPUT_LOAD:
		report_step(opt->report, "loading into %s", o->engine);
		return load(o, opt, &rope, a, e);
	case OUTPUT_REGISTRY:
		report_step(opt->report, "pushing to the registry");
		return push(opt, im, &rope, a, e);
	default:
		report_step(opt->report, "writing %s", o->path);
		return write_file(&rope, o->path, opt->report, a, e);
	}
}
