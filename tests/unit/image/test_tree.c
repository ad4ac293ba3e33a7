/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as it is read: complete, in order, without leaving it. */
#include "image/tree.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "grove.h"

static void everything_is_seen(void **state)
{
	struct grove *g = *state;
	struct tree_node *n;
	const struct timespec when[2] = {{1, 2}, {1234567890, 987654321}};

	grow_dir(g, "dir", 0751);
	grow_file(g, "dir/inner", 10, 0644);
	grow_file(g, "file", 5000, 04755);
	assert_int_equal(utimensat(g->fd, "file", when, 0), 0);
	assert_int_equal(symlinkat("/no/such/target", g->fd, "link"), 0);
	assert_int_equal(mkfifoat(g->fd, "fifo", 0600), 0);
	assert_int_equal(fchownat(g->fd, "file", getuid(), getgid(), 0), 0);
	assert_ok(grove_read(g), g->e);
	assert_int_equal(g->t.nodes, 6);
	assert_int_equal(g->t.bytes, 5010);
	assert_string_equal(g->t.top->name, "");
	assert_int_equal(g->t.top->nlink, 3);
	n = grove_find(g, "file");
	assert_int_equal(n->size_bytes, 5000);
	assert_int_equal(n->mtime_s, 1234567890);
	assert_int_equal(n->mtime_ns, 987654321);
	assert_int_equal(n->uid, getuid());
	n = grove_find(g, "link");
	assert_true(S_ISLNK(n->mode));
	assert_string_equal(n->target, "/no/such/target");
	assert_int_equal(n->size_bytes, 15);
	assert_true(S_ISFIFO(grove_find(g, "fifo")->mode));
	n = grove_find(g, "dir");
	assert_int_equal(n->mode, S_IFDIR | 0751);
	assert_string_equal(tree_path(n->kids[0], &g->a), "dir/inner");
	assert_string_equal(tree_path(g->t.top, &g->a), ".");
}

static void names_in_byte_order(void **state)
{
	/* What a shell or a locale would make something else of. */
	static const char *const names[] = {"\x01", "-rf", "..a", "A",        "Z",       "a\nb",
					    "a b",  "ab",  "b'",  "\xc3\xa4", "\xff\xfe"};
	struct grove *g = *state;

	for (size_t i = sizeof(names) / sizeof(names[0]); i-- > 0;)
		grow_file(g, names[i], 1, 0600);
	assert_ok(grove_read(g), g->e);
	assert_int_equal(g->t.top->nkids, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < g->t.top->nkids; i++)
		assert_string_equal(g->t.top->kids[i]->name, names[i]);
}

static void hard_links_are_one(void **state)
{
	struct grove *g = *state;
	struct tree_node *a, *b;

	grow_dir(g, "d", 0755);
	grow_file(g, "one", 100, 0600);
	assert_int_equal(linkat(g->fd, "one", g->fd, "d/two", 0), 0);
	assert_int_equal(linkat(g->fd, "one", g->fd, "three", 0), 0);
	assert_ok(grove_read(g), g->e);
	a = grove_find(g, "one");
	b = grove_find(g, "three");
	assert_ptr_equal(a->same, b->same);
	assert_ptr_equal(grove_find(g, "d")->kids[0]->same, a->same);
	assert_int_equal(a->same->nlink, 3);
	assert_int_equal(g->t.bytes, 100);
}

static void a_name_is_skipped_at_the_top_only(void **state)
{
	struct grove *g = *state;

	grow_dir(g, ".urunc", 0700);
	grow_file(g, ".urunc/rw.img", 1, 0600);
	grow_dir(g, "d", 0755);
	grow_dir(g, "d/.urunc", 0755);
	g->limits.skip = ".urunc";
	assert_ok(grove_read(g), g->e);
	assert_int_equal(g->t.top->nkids, 1);
	assert_string_equal(grove_find(g, "d")->kids[0]->name, ".urunc");
}

static void limits_hold(void **state)
{
	struct grove *g = *state;

	grow_file(g, "a", 100, 0600);
	grow_file(g, "b", 100, 0600);
	g->limits.max_nodes = 2;
	assert_fails(grove_read(g), g->e, EOPNOTSUPP, "more than 2 files");
	g->limits = (struct tree_limits){.max_nodes = 3, .max_bytes = 199};
	assert_fails(grove_read(g), g->e, E2BIG, "199 bytes");
	g->limits.max_bytes = 200;
	g->e = (struct err){0};
	assert_ok(grove_read(g), g->e);
}

/* Attributes of an overlay count only where the tree is one of its layers. */
static void overlay_attributes(void **state)
{
	struct grove *g = *state;

	unit_needs_root();
	grow_dir(g, "d", 0755);
	grow_xattr(g, "d", "trusted.overlay.opaque", "y", 1);
	grow_xattr(g, "d", "trusted.overlay.origin", "x", 1);
	grow_xattr(g, "d", "trusted.mine", "x", 1);
	assert_ok(grove_read(g), g->e);
	assert_int_equal(grove_find(g, "d")->nxattrs, 0);
	g->limits.layer = true;
	assert_ok(grove_read(g), g->e);
	assert_int_equal(grove_find(g, "d")->nxattrs, 2);
	grow_xattr(g, "d", "trusted.overlay.redirect", "/x", 2);
	assert_fails(grove_read(g), g->e, EOPNOTSUPP, "trusted.overlay.redirect");
}

static void what_changed_is_refused(void **state)
{
	struct grove *g = *state;
	int fd = -1;

	grow_file(g, "a", 100, 0600);
	assert_ok(grove_read(g), g->e);
	assert_ok(tree_open(g->fd, grove_find(g, "a"), &g->a, &fd, &g->e), g->e);
	close(fd);
	assert_int_equal(unlinkat(g->fd, "a", 0), 0);
	grow_file(g, "a", 101, 0600);
	assert_fails(tree_open(g->fd, grove_find(g, "a"), &g->a, &fd, &g->e), g->e, EAGAIN, "'a'");
	assert_int_equal(unlinkat(g->fd, "a", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", g->fd, "a"), 0);
	g->e = (struct err){0};
	assert_true(tree_open(g->fd, grove_find(g, "a"), &g->a, &fd, &g->e) < 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, grove_setup, grove_teardown)
	const struct CMUnitTest tests[] = {
		T(everything_is_seen),
		T(names_in_byte_order),
		T(hard_links_are_one),
		T(a_name_is_skipped_at_the_top_only),
		T(limits_hold),
		T(overlay_attributes),
		T(what_changed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
