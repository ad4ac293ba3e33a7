/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and joining the three streams of a process. */
#include "shim/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "shim/cli.h"
#include "shim/shim.h"
#include "shim/uri.h"

void stdio_init(struct stdio *io)
{
	*io = (struct stdio){.keeper = -1};
	for (int i = 0; i < 3; i++) {
		io->given[i] = io->ours[i] = io->fifo[i] = io->hold[i] = -1;
		pump_init(&io->pumps[i]);
	}
	console_init(&io->console);
	logger_init(&io->logger);
}

static void close_given(struct stdio *io)
{
	/* The same descriptor may stand for two streams. */
	if (io->given[STREAM_ERR] == io->given[STREAM_OUT])
		io->given[STREAM_ERR] = -1;
	for (int i = 0; i < 3; i++)
		fd_close(&io->given[i]);
}

void stdio_close(struct stdio *io)
{
	close_given(io);
	for (int i = 0; i < 3; i++) {
		fd_close(&io->ours[i]);
		fd_close(&io->fifo[i]);
		fd_close(&io->hold[i]);
		pump_close(&io->pumps[i]);
	}
	fd_close(&io->keeper);
	console_done(&io->console);
	logger_close(&io->logger);
}

void stdio_done(struct stdio *io)
{
	stdio_close(io);
	for (int i = 0; i < 3; i++)
		free(io->paths[i]);
	stdio_init(io);
}

static int copy_path(char **to, const char *from, struct err *e)
{
	if (!*from)
		return 0;
	*to = strdup(from);
	return *to ? 0 : err_oom(e);
}

int stdio_ask(struct stdio *io, const char *in, const char *out, const char *err, bool terminal, struct err *e)
{
	int r = copy_path(&io->paths[STREAM_IN], in, e);

	if (r == 0)
		r = copy_path(&io->paths[STREAM_OUT], out, e);
	if (r == 0)
		r = copy_path(&io->paths[STREAM_ERR], err, e);
	io->terminal = terminal;
	return r;
}

static int make_pipe(int *child_end, int *our_end, bool child_reads, const struct cli *cli, struct err *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	*child_end = fds[child_reads ? 0 : 1];
	*our_end = fds[child_reads ? 1 : 0];
	if (fcntl(*our_end, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "cannot prepare a pipe");
	if ((cli->io_uid || cli->io_gid) && fchown(*child_end, cli->io_uid, cli->io_gid) < 0)
		return err_sys(e, "cannot give a pipe to user %u", cli->io_uid);
	return 0;
}

/* The read side first: with it the other opens at once, whoever else has the fifo or not. */
static int open_output_fifo(struct stdio *io, int i, const char *path, struct err *e)
{
	io->hold[i] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (io->hold[i] >= 0)
		io->fifo[i] = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return io->fifo[i] < 0 ? err_sys(e, "cannot open fifo '%s'", path) : 0;
}

/* A client that has said already that it will write no more has its fifo open, or opens it with us: only what it
 * wrote is the input then, and no keeper hides its end. */
static int open_input_fifo(struct stdio *io, const char *path, struct err *e)
{
	io->fifo[STREAM_IN] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (io->fifo[STREAM_IN] < 0)
		return err_sys(e, "cannot open fifo '%s'", path);
	if (io->in_closed)
		return 0;
	io->keeper = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return io->keeper < 0 ? err_sys(e, "cannot open fifo '%s'", path) : 0;
}

static bool is_fifo(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* A fifo gets a pipe beside it, which outlives clients that come and go; a file is handed on as it is. */
static int open_stream(struct stdio *io, int i, const char *path, const struct cli *cli, struct err *e)
{
	int r;

	if (!path)
		return 0;
	if (!is_fifo(path)) {
		if (i == STREAM_ERR && io->paths[STREAM_OUT] && streq(path, io->paths[STREAM_OUT])) {
			io->given[i] = io->given[STREAM_OUT];
			return 0;
		}
		io->given[i] = open(path,
				    i == STREAM_IN ? O_RDONLY | O_CLOEXEC : O_WRONLY | O_APPEND | O_CLOEXEC);
		return io->given[i] < 0 ? err_sys(e, "cannot open '%s'", path) : 0;
	}
	r = i == STREAM_IN ? open_input_fifo(io, path, e) : open_output_fifo(io, i, path, e);
	if (r < 0 || io->terminal)
		return r;
	return make_pipe(&io->given[i], &io->ours[i], i == STREAM_IN, cli, e);
}

static int open_paths(struct stdio *io, const struct uri *uri, const struct cli *cli, struct err *e)
{
	int r = open_stream(io, STREAM_IN, io->paths[STREAM_IN], cli, e);

	if (r == 0)
		r = open_stream(io, STREAM_OUT, io->paths[STREAM_OUT] ? uri->path : NULL, cli, e);
	if (r == 0 && !io->terminal)
		r = open_stream(io, STREAM_ERR, io->paths[STREAM_ERR], cli, e);
	return r;
}

static int open_file(struct stdio *io, const char *path, struct err *e)
{
	int *to = io->terminal ? &io->fifo[STREAM_OUT] : &io->given[STREAM_OUT];
	int r = uri_open_log(path, to, e);

	if (r == 0 && !io->terminal)
		io->given[STREAM_ERR] = *to;
	return r;
}

static int open_logger(struct stdio *io, struct shim *s, const char *id, const struct uri *uri, struct err *e)
{
	int *ends = io->terminal ? io->fifo : io->given;
	int r = logger_start(&io->logger, s, id, uri, &ends[STREAM_OUT],
			     io->terminal ? NULL : &ends[STREAM_ERR], e);

	if (r == 0 && io->terminal && fcntl(ends[STREAM_OUT], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "cannot prepare a pipe");
	return r;
}

/* What was not asked for is nothing, for a program that writes nevertheless. */
static int open_nothing(struct stdio *io, struct err *e)
{
	for (int i = 0; i < 3 && !io->terminal; i++) {
		if (io->given[i] < 0)
			io->given[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (io->given[i] < 0)
			return err_sys(e, "cannot open /dev/null");
	}
	return 0;
}

int stdio_open(struct stdio *io, struct shim *s, const char *id, const struct cli *cli, struct err *e)
{
	struct arena a = {0};
	struct uri uri;
	int r = uri_parse(io->paths[STREAM_OUT] ? io->paths[STREAM_OUT] : "", &a, &uri, e);

	if (r == 0 && uri.kind == URI_FIFO)
		r = open_paths(io, &uri, cli, e);
	else if (r == 0)
		r = open_stream(io, STREAM_IN, io->paths[STREAM_IN], cli, e);
	if (r == 0 && uri.kind == URI_FILE)
		r = open_file(io, uri.path, e);
	else if (r == 0 && uri.kind >= URI_BINARY)
		r = open_logger(io, s, id, &uri, e);
	if (r == 0)
		r = open_nothing(io, e);
	if (r == 0 && io->terminal)
		r = console_listen(&io->console, e);
	arena_release(&a);
	if (r < 0)
		stdio_close(io);
	return r;
}

struct job_stdio stdio_for_runtime(const struct stdio *io)
{
	struct job_stdio ret = JOB_STDIO;

	ret.keep = io->logger.ready;
	if (io->terminal)
		return ret;
	ret.in = io->given[STREAM_IN];
	ret.out = io->given[STREAM_OUT];
	ret.err = io->given[STREAM_ERR];
	return ret;
}

static void one_ended(struct pump *p)
{
	struct stdio *io = p->owner;

	if (io->drained && !stdio_flows(io))
		io->drained(io);
}

static int run_one(struct stdio *io, struct loop *l, int i, int src, int dst, bool copy, struct err *e)
{
	io->pumps[i].owner = io;
	return pump_start(&io->pumps[i], l, src, dst, fd_steal(&io->hold[i]), copy, one_ended, e);
}

static int run_console(struct stdio *io, struct loop *l, struct err *e)
{
	int r = console_receive(&io->console, e), copy;

	if (r < 0)
		return r;
	if (io->fifo[STREAM_OUT] >= 0) {
		copy = fcntl(io->console.master, F_DUPFD_CLOEXEC, 3);
		if (copy < 0)
			return err_sys(e, "cannot copy the terminal's descriptor");
		r = run_one(io, l, STREAM_OUT, copy, fd_steal(&io->fifo[STREAM_OUT]), true, e);
	}
	if (r == 0 && io->fifo[STREAM_IN] >= 0) {
		copy = fcntl(io->console.master, F_DUPFD_CLOEXEC, 3);
		if (copy < 0)
			return err_sys(e, "cannot copy the terminal's descriptor");
		r = run_one(io, l, STREAM_IN, fd_steal(&io->fifo[STREAM_IN]), copy, true, e);
	}
	return r;
}

int stdio_run(struct stdio *io, struct shim *s, struct err *e)
{
	int r = 0;

	close_given(io);
	logger_has_started(&io->logger);
	if (io->terminal)
		return run_console(io, &s->loop, e);
	if (io->ours[STREAM_IN] >= 0)
		r = run_one(io, &s->loop, STREAM_IN, fd_steal(&io->fifo[STREAM_IN]),
			    fd_steal(&io->ours[STREAM_IN]), false, e);
	for (int i = STREAM_OUT; i <= STREAM_ERR && r == 0; i++)
		if (io->ours[i] >= 0)
			r = run_one(io, &s->loop, i, fd_steal(&io->ours[i]), fd_steal(&io->fifo[i]), false, e);
	return r;
}

bool stdio_flows(const struct stdio *io)
{
	return io->pumps[STREAM_OUT].running || io->pumps[STREAM_ERR].running;
}

void stdio_close_in(struct stdio *io)
{
	io->in_closed = true;
	fd_close(&io->keeper);
}
