/* SPDX-License-Identifier: Apache-2.0 */
/* Streams from here to there. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "shim/pump.h"

static struct loop loop;
static struct pump pump;
static unsigned ended;

static void on_end(struct pump *p)
{
	(void)p;
	ended++;
	loop.stop = true;
}

static void stop(struct timer *t)
{
	(void)t;
	loop.stop = true;
}

/* Lets the loop run until the pump has ended, or for a while. */
static void run(unsigned ms)
{
	static struct timer t;
	struct err e = {0};

	loop.stop = false;
	timer_set(&t, &loop, ms, stop);
	assert_ok(loop_run(&loop, &e), e);
	timer_clear(&t);
}

static void make_pipe(int fds[2])
{
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
}

static void fill(int fd, size_t n)
{
	char buf[1000];

	memset(buf, 'x', sizeof(buf));
	while (n) {
		size_t now = n < sizeof(buf) ? n : sizeof(buf);

		assert_int_equal(write(fd, buf, now), now);
		n -= now;
	}
}

static size_t drain(int fd)
{
	char buf[4096];
	size_t sum = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sum += (size_t)n;
	return sum;
}

static void flows(bool copy)
{
	int in[2], out[2];
	struct err e = {0};

	ended = 0;
	make_pipe(in);
	make_pipe(out);
	assert_ok(loop_init(&loop, &e), e);
	pump_init(&pump);
	assert_ok(pump_start(&pump, &loop, in[0], out[1], -1, copy, on_end, &e), e);
	fill(in[1], 50000);
	run(50);
	assert_int_equal(drain(out[0]), 50000);
	assert_int_equal(ended, 0);
	fill(in[1], 10);
	close(in[1]);
	run(5000);
	assert_int_equal(ended, 1);
	assert_int_equal(drain(out[0]), 10);
	assert_int_equal(read(out[0], &e, 1), 0); /* the end */
	pump_close(&pump);
	close(out[0]);
	loop_done(&loop);
}

static void bytes_and_the_end_go_through(void **state)
{
	(void)state;
	flows(false);
	flows(true);
}

/* The reader is slow: nothing is lost, nothing spins, and the end comes after the last byte. */
static void waits_for_its_reader(bool copy)
{
	struct timespec before, after;
	int in[2], out[2];
	struct err e = {0};
	size_t got;

	ended = 0;
	make_pipe(in);
	make_pipe(out);
	assert_ok(loop_init(&loop, &e), e);
	pump_init(&pump);
	assert_ok(pump_start(&pump, &loop, in[0], out[1], -1, copy, on_end, &e), e);
	fill(in[1], 60000);
	run(50);
	fill(in[1], 60000);
	close(in[1]);
	run(50);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	run(300);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 100);
	assert_int_equal(ended, 0);
	got = drain(out[0]);
	for (int i = 0; i < 100 && !ended; i++) {
		run(20);
		got += drain(out[0]);
	}
	assert_int_equal(ended, 1);
	assert_int_equal(got, 120000);
	pump_close(&pump);
	close(out[0]);
	loop_done(&loop);
}

static void a_slow_reader_gets_all_of_it(void **state)
{
	(void)state;
	waits_for_its_reader(false);
	waits_for_its_reader(true);
}

static void what_is_held_outlives_the_end(void **state)
{
	char dir[256], path[300];
	int in[2], hold, out, reader;
	struct err e = {0};

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	hold = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	out = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ended = 0;
	make_pipe(in);
	assert_ok(loop_init(&loop, &e), e);
	pump_init(&pump);
	assert_ok(pump_start(&pump, &loop, in[0], out, hold, false, on_end, &e), e);
	fill(in[1], 1234);
	close(in[1]);
	run(5000);
	assert_int_equal(ended, 1);
	/* Nobody read until now; who comes gets all of it, and the end. */
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(drain(reader), 1234);
	assert_int_equal(read(reader, &e, 1), 0);
	close(reader);
	pump_close(&pump);
	loop_done(&loop);
	unit_rmdir(dir);
}

static void a_destination_that_is_closed_ends_it(void **state)
{
	int in[2], out[2];
	struct err e = {0};

	(void)state;
	ended = 0;
	make_pipe(in);
	make_pipe(out);
	assert_ok(loop_init(&loop, &e), e);
	pump_init(&pump);
	assert_ok(pump_start(&pump, &loop, in[0], out[1], -1, false, on_end, &e), e);
	close(out[0]);
	run(5000);
	assert_int_equal(ended, 1);
	assert_false(pump.running);
	pump_close(&pump);
	close(in[1]);
	loop_done(&loop);
}

static void a_file_takes_everything(void **state)
{
	char dir[256], path[300];
	int in[2], out;
	struct stat st;
	struct err e = {0};

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/file", dir);
	out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ended = 0;
	make_pipe(in);
	assert_ok(loop_init(&loop, &e), e);
	pump_init(&pump);
	assert_ok(pump_start(&pump, &loop, in[0], out, -1, false, on_end, &e), e);
	fill(in[1], 60000);
	close(in[1]);
	run(5000);
	assert_int_equal(ended, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 60000);
	pump_close(&pump);
	loop_done(&loop);
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_and_the_end_go_through),
		cmocka_unit_test(a_slow_reader_gets_all_of_it),
		cmocka_unit_test(what_is_held_outlives_the_end),
		cmocka_unit_test(a_destination_that_is_closed_ends_it),
		cmocka_unit_test(a_file_takes_everything),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
