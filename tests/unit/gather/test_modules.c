/* SPDX-License-Identifier: Apache-2.0 */
/* Modules of a container root: its own lists, believed in nothing but names of files inside of it. */
#include "gather/parts.h"
#include "guests/guest.h"

#include "gather/scratch.h"

static struct module_facts look(struct scratch *s)
{
	struct facts f = {.id = "c"};
	struct plan_wants w = {.guest = guest_find("linux")};

	w.meta.binary = "/boot/vmlinuz";
	assert_ok(gather_modules(s->fd, &f, &w, &s->a, &s->e), s->e);
	return f.modules;
}

static const struct kernel_module *get(const struct module_facts *m, const char *name)
{
	for (size_t i = 0; i < m->list.n; i++)
		if (streq(m->list.v[i].name, name))
			return &m->list.v[i];
	fail_msg("no '%s'", name);
	return NULL;
}

/* As much of an x86 kernel as says which it is. */
static void kernel(struct scratch *s, const char *version)
{
	char k[0x400] = {0};

	memcpy(k + 0x202, "HdrS", 4);
	k[0x20f] = 0x01; /* 0x100, and 0x200 more */
	memcpy(k + 0x300, version, strlen(version));
	scratch_put(s, "boot/vmlinuz", k, sizeof(k));
}

static void files(struct scratch *s, const char *release)
{
	scratch_text(s, arena_printf(&s->a, "lib/modules/%s/modules.dep", release),
		     "kernel/virtio/virtio.ko: kernel/virtio/virtio_ring.ko\n"
		     "kernel/virtio/virtio_ring.ko:\n"
		     "kernel/block/virtio_blk.ko: kernel/virtio/virtio.ko kernel/virtio/virtio_ring.ko\n"
		     "kernel/rng/virtio-rng.ko.xz:\n");
	scratch_text(s, arena_printf(&s->a, "lib/modules/%s/modules.builtin", release),
		     "kernel/fs/ext4/ext4.ko\n");
	scratch_text(s, arena_printf(&s->a, "lib/modules/%s/kernel/virtio/virtio.ko", release), "12345");
	scratch_text(s, arena_printf(&s->a, "lib/modules/%s/kernel/virtio/virtio_ring.ko", release), "123");
	scratch_text(s, arena_printf(&s->a, "lib/modules/%s/kernel/block/virtio_blk.ko", release), "1");
	scratch_text(s, arena_printf(&s->a, "lib/modules/%s/kernel/rng/virtio-rng.ko.xz", release), "12");
}

static void the_kernel_says_which(void **state)
{
	struct scratch *s = *state;
	struct module_facts m;
	const struct kernel_module *k;

	kernel(s, "6.1.0-x (debian) #1");
	files(s, "6.1.0-x");
	files(s, "5.0");
	m = look(s);
	assert_string_equal(m.release, "6.1.0-x");
	assert_true(m.known);
	k = get(&m, "virtio_blk");
	assert_string_equal(k->path, "/lib/modules/6.1.0-x/kernel/block/virtio_blk.ko");
	assert_int_equal(k->needs.n, 2);
	assert_string_equal(k->needs.v[0], "/lib/modules/6.1.0-x/kernel/virtio/virtio_ring.ko");
	assert_string_equal(k->needs.v[1], "/lib/modules/6.1.0-x/kernel/virtio/virtio.ko");
	assert_int_equal(k->bytes, 9);
	assert_true(get(&m, "ext4")->builtin);
	assert_non_null(get(&m, "virtio_rng")->path);
	assert_null(get(&m, "erofs")->path);
	assert_false(get(&m, "erofs")->builtin);
}

static void the_only_directory(void **state)
{
	struct scratch *s = *state;

	scratch_text(s, "boot/vmlinuz",
		     "\x7f"
		     "ELF");
	assert_null(look(s).release);
	files(s, "6.6");
	assert_string_equal(look(s).release, "6.6");
	files(s, "6.7");
	assert_null(look(s).release);
	assert_false(look(s).known);
}

static void hostile_ones(void **state)
{
	struct scratch *s = *state;
	struct facts f = {.id = "c"};
	struct plan_wants w = {.guest = guest_find("linux")};

	w.meta.binary = "/boot/vmlinuz";
	kernel(s, "../../x");
	assert_null(look(s).release);
	kernel(s, "6.1");
	files(s, "6.1");
	/* A list that leads out of the root, to a file that is none, or to nothing. */
	scratch_text(s, "lib/modules/6.1/modules.dep", "../../../../../../etc/virtio_blk.ko: a");
	assert_int_equal(gather_modules(s->fd, &f, &w, &s->a, &s->e), -ENOENT);
	assert_non_null(strstr(s->e.msg, "kernel modules of the container root"));
	scratch_text(s, "lib/modules/6.1/modules.dep", "kernel/virtio_blk.ko:");
	assert_int_equal(mkfifo(scratch_path(s, "lib/modules/6.1/kernel/virtio_blk.ko"), 0644), 0);
	assert_true(gather_modules(s->fd, &f, &w, &s->a, &s->e) < 0);
	scratch_text(s, "lib/modules/6.1/modules.dep", "\n\n:::\nvirtio_blk\nvirtio_blk.ko");
	assert_null(get(&(struct module_facts){.list = look(s).list}, "virtio_blk")->path);
}

/* n times the same file for each of these modules. */
static int needing(struct scratch *s, size_t modules, size_t n)
{
	static const char *const names[] = {"virtio_blk", "erofs", "ext4", "overlay", "9p", "virtio_net"};
	struct facts f = {.id = "c"};
	struct plan_wants w = {.guest = guest_find("linux")};
	struct strbuf dep = STRBUF(&s->a);

	w.meta.binary = "/boot/vmlinuz";
	for (size_t i = 0; i < modules; i++) {
		scratch_text(s, arena_printf(&s->a, "lib/modules/6.1/%s.ko", names[i]), "1");
		sb_addf(&dep, "%s.ko:", names[i]);
		for (size_t k = 0; k < n; k++)
			sb_add(&dep, " virtio_blk.ko");
		sb_add(&dep, "\n");
	}
	scratch_text(s, "lib/modules/6.1/modules.dep", dep.p);
	return gather_modules(s->fd, &f, &w, &s->a, &s->e);
}

static void too_many_needs(void **state)
{
	struct scratch *s = *state;

	kernel(s, "6.1");
	assert_ok(needing(s, 4, 64), s->e);
	assert_fails(needing(s, 1, 65), s->e, E2BIG,
		     "'virtio_blk' need more other modules than allowed (64 for one");
	assert_fails(needing(s, 6, 50), s->e, E2BIG, "256 for all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(the_kernel_says_which),
		scratch_test(the_only_directory),
		scratch_test(hostile_ones),
		scratch_test(too_many_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
