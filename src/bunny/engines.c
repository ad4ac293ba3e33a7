/* SPDX-License-Identifier: Apache-2.0 */
/* Images that an engine of this machine has, by the engine's own client. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bunny/child.h"
#include "bunny/engines.h"
#include "bunny/source.h"

#define DOCKER_SOCKET "/var/run/docker.sock"
#define CONTAINERD_SOCKET "/run/containerd/containerd.sock"

const char *engine_word(enum locator_kind engine)
{
	switch (engine) {
	case LOCATE_DOCKER:
		return "docker";
	case LOCATE_CONTAINERD:
		return "containerd";
	default:
		return "podman";
	}
}

const char *engine_program(enum locator_kind engine)
{
	return engine == LOCATE_CONTAINERD ? "ctr" : engine_word(engine);
}

static const char *containerd_socket(const char *address)
{
	const char *env = getenv("CONTAINERD_ADDRESS");

	return address ? address : env && *env ? env : CONTAINERD_SOCKET;
}

/* Whether asking makes sense: a client that finds no daemon takes its time to say so. */
static bool engine_runs(enum locator_kind engine, const char *address, struct arena *a)
{
	struct stat st;

	if (!child_exists(engine_program(engine), a))
		return false;
	if (engine == LOCATE_DOCKER)
		return getenv("DOCKER_HOST") || stat(DOCKER_SOCKET, &st) == 0;
	if (engine == LOCATE_CONTAINERD)
		return stat(containerd_socket(address), &st) == 0;
	return true;
}

void engine_words(enum locator_kind engine, const char *namespace, const char *address, struct strv *l)
{
	strv_add(l, engine_program(engine));
	if (engine != LOCATE_CONTAINERD)
		return;
	if (address) {
		strv_add(l, "--address");
		strv_add(l, address);
	}
	if (namespace) {
		strv_add(l, "--namespace");
		strv_add(l, namespace);
	}
}

static void export_words(enum locator_kind engine, const char *name, const struct platform *p, struct strv *l)
{
	switch (engine) {
	case LOCATE_CONTAINERD:
		strv_add(l, "images");
		strv_add(l, "export");
		strv_add(l, "--platform");
		strv_addf(l, "%s/%s", p->os, p->arch);
		strv_add(l, "-");
		strv_add(l, name);
		return;
	case LOCATE_PODMAN:
		strv_add(l, "save");
		strv_add(l, "--quiet");
		strv_add(l, name);
		return;
	default:
		strv_add(l, "save");
		strv_add(l, name);
		return;
	}
}

/* Is the image there? Saying so is cheaper than beginning to export it, and tells "no" from "broken". */
static bool has_image(enum locator_kind engine, const struct sources *s, const char *name)
{
	struct strv l = STRV(s->a);
	struct strs argv;
	struct bytes text;

	engine_words(engine, s->o->namespace, s->o->address, &l);
	if (engine == LOCATE_CONTAINERD) {
		strv_add(&l, "images");
		strv_add(&l, "list");
		strv_add(&l, "--quiet");
		strv_addf(&l, "name==%s", name);
	} else {
		strv_add(&l, "image");
		strv_add(&l, "inspect");
		strv_add(&l, "--format");
		strv_add(&l, "{{.Id}}");
		strv_add(&l, name);
	}
	if (strv_done(&l, &argv, NULL) < 0)
		return false;
	return child_read(&argv, 65536, s->a, &text, NULL) == 0 && text.n > 0;
}

int engine_export(const struct sources *s, enum locator_kind engine, const struct image_ref *ref,
		  const struct platform *platform, int out_fd, struct err *e)
{
	/* Docker shows names without what it adds itself; containerd knows them only whole. */
	const char *name = engine == LOCATE_DOCKER ? ref_familiar(ref, s->a) : ref_text(ref, s->a);
	struct strv l = STRV(s->a);
	struct strs argv;
	int r;

	if (!name)
		return err_oom(e);
	if (!engine_runs(engine, s->o->address, s->a))
		return err_set(e, ENOENT, "%s is not there", engine_word(engine));
	if (!has_image(engine, s, name))
		return err_set(e, ENOENT, "%s has no image %s", engine_word(engine), name);
	report_step(s->report, "taking %s from %s", name, engine_word(engine));
	engine_words(engine, s->o->namespace, s->o->address, &l);
	export_words(engine, name, platform, &l);
	r = strv_done(&l, &argv, e);
	return r == 0 ? child_run(&argv, &(struct child_io){.out = out_fd}, s->a, e) : r;
}

int engine_load(enum locator_kind engine, const char *namespace, const char *address, const char *snapshotter,
		const struct child_io *io, struct arena *a, struct err *e)
{
	struct strv l = STRV(a);
	struct strs argv;
	int r;

	if (!child_exists(engine_program(engine), a))
		return err_set(e, ENOENT, "there is no '%s' to load it into %s with", engine_program(engine),
			       engine_word(engine));
	engine_words(engine, namespace, address, &l);
	if (engine == LOCATE_CONTAINERD) {
		strv_add(&l, "images");
		strv_add(&l, "import");
		if (snapshotter) {
			strv_add(&l, "--snapshotter");
			strv_add(&l, snapshotter);
		}
		strv_add(&l, "-");
	} else {
		strv_add(&l, "load");
	}
	r = strv_done(&l, &argv, e);
	return r == 0 ? child_run(&argv, io, a, e) : r;
}
