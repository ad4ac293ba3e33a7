/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and timers in one loop. */
#include "unit.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include "shim/loop.h"

static struct loop loop;
static char order[16];
static struct timer timers[3];

static void note(char c)
{
	order[strlen(order)] = c;
}
static void fire_a(struct timer *t)
{
	note('a');
	timer_set(t, &loop, 0, fire_a);
	timer_clear(t);
}
static void fire_b(struct timer *t)
{
	(void)t;
	note('b');
}
static void fire_stop(struct timer *t)
{
	(void)t;
	note('s');
	loop.stop = true;
}

static void timers_fire_in_their_order_and_once(void **state)
{
	struct err e = {0};

	(void)state;
	memset(order, 0, sizeof(order));
	assert_ok(loop_init(&loop, &e), e);
	timer_set(&timers[2], &loop, 30, fire_stop);
	timer_set(&timers[1], &loop, 20, fire_b);
	timer_set(&timers[0], &loop, 1000, fire_a);
	timer_set(&timers[0], &loop, 10, fire_a);
	assert_ok(loop_run(&loop, &e), e);
	assert_string_equal(order, "abs");
	loop_done(&loop);
}

static int fds[2];
static struct watch in;

static void readable(struct watch *w, uint32_t events)
{
	char c;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(w->fd, &c, 1), 1);
	note(c);
	if (c == '3')
		watch_pause(w);
}

static void write_more(struct timer *t)
{
	(void)t;
	note('p');
	watch_change(&in, EPOLLIN);
}

static void a_paused_descriptor_is_silent(void **state)
{
	struct err e = {0};

	(void)state;
	memset(order, 0, sizeof(order));
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_ok(loop_init(&loop, &e), e);
	assert_ok(watch_add(&in, &loop, fds[0], EPOLLIN, readable, &e), e);
	assert_int_equal(write(fds[1], "12345", 5), 5);
	timer_set(&timers[0], &loop, 50, write_more);
	timer_set(&timers[1], &loop, 100, fire_stop);
	assert_ok(loop_run(&loop, &e), e);
	assert_string_equal(order, "123p45s");
	watch_remove(&in);
	assert_int_equal(in.fd, -1);
	close(fds[0]);
	close(fds[1]);
	loop_done(&loop);
}

static void a_regular_file_is_always_ready_so_it_cannot_be_watched(void **state)
{
	struct err e = {0};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_ok(loop_init(&loop, &e), e);
	in = WATCH_NULL;
	assert_int_equal(watch_add(&in, &loop, fd, EPOLLIN, readable, &e), -EPERM);
	watch_change(&in, EPOLLIN);
	close(fd);
	loop_done(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_their_order_and_once),
		cmocka_unit_test(a_paused_descriptor_is_silent),
		cmocka_unit_test(a_regular_file_is_always_ready_so_it_cannot_be_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
