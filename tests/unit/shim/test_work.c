/* SPDX-License-Identifier: Apache-2.0 */
/* Who may end what is at work. Everything else: tests/shim/test_recovery.py, with runtimes that hang. */
#include "unit.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "proto/shim/task.pb-c.h"
#include "shim/call.h"
#include "shim/job.h"
#include "shim/methods.h"
#include "shim/shim.h"
#include "shim/task.h"

static struct shim shim;

static void stop(struct timer *t)
{
	(void)t;
	shim.loop.stop = true;
}

static void run_for(uint64_t ms)
{
	static struct timer t;
	struct err e = {0};

	shim.loop.stop = false;
	timer_set(&t, &shim.loop, ms, stop);
	assert_ok(loop_run(&shim.loop, &e), e);
}

static const struct method *method(const char *name)
{
	const struct method *m = method_find("containerd.task.v2.Task", name);

	assert_non_null(m);
	return m;
}

static void only_a_delete_of_the_container_ends_its_work(void **state)
{
	Pb__DeleteRequest of_exec = PB__DELETE_REQUEST__INIT, of_all = PB__DELETE_REQUEST__INIT;
	struct call working = {.s = &shim, .method = method("Start")};
	struct call first = {.s = &shim, .method = method("Delete"), .req = &of_exec};
	struct call second = {.s = &shim, .method = method("Delete"), .req = &of_all};
	struct job job = {.s = &shim, .pid = fork()};
	struct err e = {0};
	struct task *t;
	int status;

	(void)state;
	if (job.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	assert_ok(loop_init(&shim.loop, &e), e);
	t = task_new(&shim, "t", "/b");
	assert_non_null(t);
	t->init.state = PROC_RUNNING;
	assert_true(work_begin(t, &working));
	t->job = &job;
	/* For an hour already. */
	t->work_began_ms = clock_monotonic_ms() - 3600000;
	of_exec.id = of_all.id = t->id;
	of_exec.exec_id = (char *)(uintptr_t) "another";
	assert_false(work_begin(t, &first));
	run_for(50);
	assert_int_equal(waitpid(job.pid, &status, WNOHANG), 0);
	assert_false(work_begin(t, &second));
	run_for(50);
	assert_int_equal(waitpid(job.pid, &status, 0), job.pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	t->queue = NULL;
	task_free(t);
	loop_done(&shim.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_delete_of_the_container_ends_its_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
