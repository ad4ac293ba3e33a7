/* SPDX-License-Identifier: Apache-2.0 */
/* The list of containers and their processes. */
#include "unit.h"

#include "shim/shim.h"
#include "shim/task.h"

static struct shim shim;

static void found_by_name_until_freed(void **state)
{
	struct task *one = task_new(&shim, "one", "/b/1"), *two = task_new(&shim, "two", "/b/2");

	(void)state;
	assert_ptr_equal(task_find(&shim, "one"), one);
	assert_ptr_equal(task_find(&shim, "two"), two);
	assert_null(task_find(&shim, "three"));
	assert_string_equal(two->bundle, "/b/2");
	task_free(one);
	assert_null(task_find(&shim, "one"));
	assert_ptr_equal(task_find(&shim, "two"), two);
	task_free(two);
	assert_null(shim.tasks);
}

static void execs_belong_to_their_task(void **state)
{
	struct task *t = task_new(&shim, "t", "/b");
	struct proc *e1 = task_add_exec(t, "e1"), *e2 = task_add_exec(t, "e2");

	(void)state;
	assert_ptr_equal(task_proc(t, ""), &t->init);
	assert_ptr_equal(task_proc(t, NULL), &t->init);
	assert_ptr_equal(task_proc(t, "e1"), e1);
	assert_ptr_equal(task_proc(t, "e2"), e2);
	assert_ptr_equal(e1->task, t);
	assert_int_equal(e1->state, PROC_CREATED);
	task_remove_exec(e1);
	assert_null(task_proc(t, "e1"));
	assert_ptr_equal(task_proc(t, "e2"), e2);
	task_free(t);
}

static void names_that_are_no_paths(void **state)
{
	char longest[SHIM_ID_MAX + 2];

	(void)state;
	assert_true(id_is_valid("a"));
	assert_true(id_is_valid("0f-x_y.z"));
	assert_false(id_is_valid(""));
	assert_false(id_is_valid("."));
	assert_false(id_is_valid("../x"));
	assert_false(id_is_valid("a/b"));
	assert_false(id_is_valid("-x"));
	assert_false(id_is_valid("a\n"));
	memset(longest, 'a', sizeof(longest));
	longest[SHIM_ID_MAX] = '\0';
	assert_true(id_is_valid(longest));
	longest[SHIM_ID_MAX] = 'a';
	longest[SHIM_ID_MAX + 1] = '\0';
	assert_false(id_is_valid(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_name_until_freed),
		cmocka_unit_test(execs_belong_to_their_task),
		cmocka_unit_test(names_that_are_no_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
