/* SPDX-License-Identifier: Apache-2.0 */
/* The archive behind the image's initrd, read back as a kernel would. */
#include <sys/stat.h>

#include "plan/world.h"

struct member {
	char name[256];
	unsigned mode, uid, gid;
	const unsigned char *data;
	size_t n;
};

static unsigned hex8(const unsigned char *p)
{
	char text[9] = {0};

	memcpy(text, p, 8);
	return (unsigned)strtoul(text, NULL, 16);
}

/* One newc member at *at; false at the trailer. */
static bool next_member(const unsigned char *p, size_t n, size_t *at, struct member *m)
{
	size_t name_bytes;

	assert_true(*at + 110 <= n);
	assert_memory_equal(p + *at, "070701", 6);
	m->mode = hex8(p + *at + 14);
	m->uid = hex8(p + *at + 22);
	m->gid = hex8(p + *at + 30);
	m->n = hex8(p + *at + 54);
	name_bytes = hex8(p + *at + 94);
	assert_true(name_bytes > 0 && name_bytes <= sizeof(m->name) && *at + 110 + name_bytes <= n);
	memcpy(m->name, p + *at + 110, name_bytes);
	assert_int_equal(m->name[name_bytes - 1], 0);
	*at = (*at + 110 + name_bytes + 3) & ~(size_t)3;
	m->data = p + *at;
	assert_true(*at + m->n <= n);
	*at = (*at + m->n + 3) & ~(size_t)3;
	return strcmp(m->name, "TRAILER!!!") != 0;
}

/* What sandbox writes behind the image's own bytes: data, the host's file, padding, tail. */
static unsigned char *whole(struct arena *a, const struct box_op *op, size_t *ret_n)
{
	size_t padded = (op->host_bytes + 3) & ~(size_t)3, n = op->data.n + padded + op->tail.n;
	unsigned char *p = arena_alloc(a, n + 1);

	memcpy(p, op->data.p, op->data.n);
	memset(p + op->data.n, 'H', op->host_bytes);
	memcpy(p + op->data.n + padded, op->tail.p, op->tail.n);
	*ret_n = n;
	return p;
}

static void members_of_a_plan(void **state)
{
	struct world *w = *state;
	const struct box_op *op;
	struct member m;
	unsigned char *p;
	size_t n, at = 0;

	assert_planned(w);
	op = world_op(w, "/initrd");
	assert_int_equal(op->data.n % 4, 0); /* the host's bytes begin aligned */
	p = whole(&w->a, op, &n);
	assert_true(next_member(p, n, &at, &m));
	assert_string_equal(m.name, "urunit.conf");
	assert_int_equal(m.mode, S_IFREG | 0400);
	assert_int_equal(m.uid + m.gid, 0);
	assert_int_equal(m.n, w->p.vm.files.v[0].data.n);
	assert_memory_equal(m.data, w->p.vm.files.v[0].data.p, m.n);
	assert_true(next_member(p, n, &at, &m));
	assert_string_equal(m.name, "urunit");
	assert_int_equal(m.mode, S_IFREG | 0755);
	assert_int_equal(m.n, 40001);
	assert_int_equal(m.data[0], 'H');
	assert_int_equal(m.data[40000], 'H');
	assert_false(next_member(p, n, &at, &m));
	assert_int_equal(at, n);
	assert_in_range(initrd_added_bytes(op), n, n + 8);
}

static void files_of_ours_only(void **state)
{
	struct world *w = *state;
	const struct box_op *op;
	struct member m;
	size_t at = 0;

	w->f.config.replace_urunit = false;
	assert_planned(w);
	op = world_op(w, "/initrd");
	assert_null(op->host_src);
	assert_int_equal(op->host_bytes, 0);
	assert_int_equal(op->tail.n, 0);
	assert_true(next_member(op->data.p, op->data.n, &at, &m));
	assert_string_equal(m.name, "urunit.conf");
	assert_false(next_member(op->data.p, op->data.n, &at, &m));
	assert_int_equal(at, op->data.n);
}

static int fill(struct world *w, struct guest_file *files, size_t n, struct box_op *op)
{
	struct launch_plan p = {.vm.files = {files, n}};

	*op = (struct box_op){0};
	w->e = (struct err){0};
	return initrd_fill(&p, &w->a, op, &w->e);
}

static void names_stay_inside(void **state)
{
	static const char *const bad[] = {"/../x", "..", "/a/../b", "/a/..", "//..//x"};
	static const char *const good[] = {"/a..b/c", "/...", "a/..b", "/a/b../c"};
	struct world *w = *state;
	struct box_op op;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct guest_file f = {.path = bad[i], .data = {"x", 1}};

		assert_fails(fill(w, &f, 1, &op), w->e, EINVAL, "has '..' in its path");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct guest_file f = {.path = good[i], .mode = 0644, .data = {"x", 1}};
		struct member m;
		size_t at = 0;

		assert_ok(fill(w, &f, 1, &op), w->e);
		assert_true(next_member(op.data.p, op.data.n, &at, &m));
		assert_string_equal(m.name, good[i] + strspn(good[i], "/"));
	}
}

static void one_file_of_the_host_below_4_gib(void **state)
{
	struct world *w = *state;
	struct box_op op;
	struct guest_file f[2] = {{.path = "/a", .host_path = "/host/a", .host_bytes = UINT32_MAX},
				  {.path = "/b", .host_path = "/host/b", .host_bytes = 1}};
	const unsigned char *p;

	assert_ok(fill(w, f, 1, &op), w->e);
	assert_int_equal(op.host_bytes, UINT32_MAX);
	p = op.data.p;
	assert_int_equal(hex8(p + 54), UINT32_MAX);
	assert_fails(fill(w, f, 2, &op), w->e, EINVAL, "'/host/b' too");
	f[0].host_bytes++;
	assert_fails(fill(w, f, 1, &op), w->e, EINVAL, "below 4 GiB");
}

/* An older urunit's text, and members that are directories. */
static void raw_and_directories(void **state)
{
	struct guest_file files[] = {
		{.path = "/etc", .mode = S_IFDIR | 0755},
		{.path = "/etc/hosts", .mode = 0644, .data = {"h", 1}},
		{.path = GUEST_FILE_RAW, .mode = 0400, .data = {"UES\nUEE\n", 8}},
	};
	struct world *w = *state;
	struct launch_plan p = {.vm.files = {files, 2}};
	struct box_op op = {.kind = BOX_INITRD};
	struct member m;
	size_t at = 0;

	assert_ok(initrd_fill(&p, &w->a, &op, &w->e), w->e);
	assert_true(next_member((const unsigned char *)op.data.p, op.data.n, &at, &m));
	assert_string_equal(m.name, "etc");
	assert_int_equal(m.mode, 040755);
	assert_int_equal(m.n, 0);
	assert_true(next_member((const unsigned char *)op.data.p, op.data.n, &at, &m));
	assert_string_equal(m.name, "etc/hosts");
	assert_int_equal(m.mode, 0100644);
	p.vm.files.v = &files[2];
	p.vm.files.n = 1;
	assert_ok(initrd_fill(&p, &w->a, &op, &w->e), w->e);
	assert_int_equal(op.data.n, 8);
	assert_memory_equal(op.data.p, "UES\nUEE\n", 8);
	assert_int_equal(op.tail.n, 0);
	op.src = "/boot/initrd";
	assert_fails(initrd_fill(&p, &w->a, &op, &w->e), w->e, EINVAL, "cannot have another one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(members_of_a_plan),   world_test(files_of_ours_only),
		world_test(names_stay_inside),   world_test(one_file_of_the_host_below_4_gib),
		world_test(raw_and_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
