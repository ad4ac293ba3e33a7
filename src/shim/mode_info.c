/* SPDX-License-Identifier: Apache-2.0 */
/* -info: the shim's name and version, and the features of its runtime as that tells them. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "proto/shim/runtime.pb-c.h"
#include "shim/cli.h"
#include "shim/job.h"
#include "shim/modes.h"
#include "shim/options.h"
#include "shim/pb.h"
#include "shim/shim.h"

#define FEATURES_URL "types.containerd.io/opencontainers/runtime-spec/1/features/Features"
#define FEATURES_MAX_BYTES (1u << 20)
#define FEATURES_MS 5000

struct question {
	const char *runtime;
	int out;
};

static int ask_features(const void *arg, struct err *e)
{
	const struct question *q = arg;
	const char *argv[] = {q->runtime, "features", NULL};

	if (dup2(q->out, STDOUT_FILENO) < 0)
		return err_sys(e, "cannot copy a descriptor");
	execv(q->runtime, (char *const *)(uintptr_t)argv);
	return err_sys(e, "cannot execute '%s'", q->runtime);
}

/* A runtime that cannot tell is no failure; one that is not there is. */
static int features(const Pb__Any *options, struct arena *a, struct bytes *ret, struct err *e)
{
	_cleanup_fd_ int out = -1;
	struct question q = {0};
	struct cli cli = {0};
	struct err ignored = {0};
	int r = options_read(options, "info", ".", &cli, e);

	if (r == 0)
		r = cli_find(cli.binary ? cli.binary : "urunc", a, &q.runtime, e);
	if (r == 0)
		r = memory_file("", 0, &out, e);
	cli_done(&cli);
	if (r < 0)
		return r;
	q.out = out;
	if (child_run(ask_features, &q, FEATURES_MS, &ignored) == 0 && lseek(out, 0, SEEK_SET) == 0 &&
	    read_all(out, FEATURES_MAX_BYTES, a, ret, "features", &ignored) < 0)
		*ret = (struct bytes){0};
	return 0;
}

int mode_info(struct err *e)
{
	static struct arena a;
	Pb__RuntimeInfo info = PB__RUNTIME_INFO__INIT;
	Pb__RuntimeVersion version = PB__RUNTIME_VERSION__INIT;
	Pb__Any any = PB__ANY__INIT, *options = NULL;
	struct bytes input = {0}, text = {0}, b = {0};
	int r = modes_stdin(&a, &input, e);

	if (r < 0)
		return r;
	if (input.n) {
		options = message_read(&pb__any__descriptor, input.p, input.n, &a);
		if (!options)
			return err_set(e, EINVAL, "standard input holds no options of a runtime");
	}
	r = features(options, &a, &text, e);
	if (r < 0)
		return r;
	version.version = (char *)(uintptr_t)URUNC_VERSION;
	any.type_url = (char *)(uintptr_t)FEATURES_URL;
	any.value = (ProtobufCBinaryData){text.n, (uint8_t *)(uintptr_t)text.p};
	info.name = (char *)(uintptr_t)SHIM_NAME;
	info.version = &version;
	info.options = options;
	info.features = text.n ? &any : NULL;
	if (!message_write(&info, &a, &b))
		return err_oom(e);
	r = write_all(STDOUT_FILENO, b.p, b.n);
	return r < 0 ? err_set(e, -r, "cannot write the answer") : 0;
}
