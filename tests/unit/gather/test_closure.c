/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries of programs: this machine's own against ldd, and made ones for the search rules. */
#include "gather/closure.h"

#include <stdalign.h>

#include "gather/elf_make.h"
#include "gather/scratch.h"

struct result {
	struct file_list files;
	struct closure c;
};

static void begin(struct scratch *s, struct result *r)
{
	memset(r, 0, sizeof *r);
	r->c = (struct closure){.a = &s->a, .files = &r->files};
}

static const struct host_file *find(const struct result *r, const char *box)
{
	for (size_t i = 0; i < r->files.n; i++)
		if (strcmp(r->files.v[i].box, box) == 0)
			return &r->files.v[i];
	return NULL;
}

/* Every file that ldd names is there under that name and points to the same file; returns how many. */
static size_t compare_with_ldd(const struct result *r, const char *program)
{
	char cmd[300], line[600], *path;
	size_t n = 0;
	FILE *f;

	snprintf(cmd, sizeof cmd, "ldd %s", program);
	f = popen(cmd, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		const struct host_file *hf;
		struct stat want, got;

		path = strchr(line, '/');
		if (!path)
			continue;
		*strchr(path, ' ') = '\0';
		hf = find(r, path);
		if (!hf)
			fail_msg("%s is missing", path);
		assert_int_equal(stat(path, &want), 0);
		assert_int_equal(lstat(hf->path, &got), 0);
		assert_true(S_ISREG(got.st_mode));
		assert_int_equal(want.st_ino, got.st_ino);
		n++;
	}
	assert_int_equal(pclose(f), 0);
	return n;
}

static void like_ldd(struct scratch *s, const char *program)
{
	struct result r;
	size_t extra = 0;

	begin(s, &r);
	assert_ok(closure_program(&r.c, program, "/", &s->e), s->e);
	assert_false(r.c.is_static);
	for (size_t i = 0; i < r.files.n; i++)
		extra += strcmp(r.files.v[i].box, LDCACHE_PATH) == 0;
	/* Not one more than ldd says: what a monitor does not need has no place in its box. */
	assert_int_equal(compare_with_ldd(&r, program) + extra, r.files.n);
}

static void a_small_program(void **state)
{
	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	like_ldd(*state, "/bin/ls");
}

static void qemu(void **state)
{
	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	if (access("/usr/bin/qemu-system-x86_64", X_OK) < 0)
		return;
	like_ldd(*state, "/usr/bin/qemu-system-x86_64");
}

static const char *put_elf(struct scratch *s, const char *name, const struct elf_make *m)
{
	static alignas(16) unsigned char image[ELF_MAKE_BYTES];

	elf_make(m, image);
	return scratch_put(s, name, image, sizeof image);
}

static void static_program(void **state)
{
	struct scratch *s = *state;
	const char *p = put_elf(s, "prog", &(struct elf_make){.type = ET_EXEC});
	struct result r;

	begin(s, &r);
	assert_ok(closure_program(&r.c, p, "/", &s->e), s->e);
	assert_true(r.c.is_static);
	assert_int_equal(r.files.n, 0);
}

static void no_program(void **state)
{
	struct scratch *s = *state;
	struct result r;

	begin(s, &r);
	assert_fails(closure_program(&r.c, scratch_text(s, "sh", "#!/bin/sh\n"), "/", &s->e), s->e, ENOEXEC,
		     "is not a program for this machine");
	assert_fails(closure_program(&r.c, put_elf(s, "f", &(struct elf_make){.machine = ELF_MAKE_FOREIGN}),
				     "/", &s->e),
		     s->e, ENOEXEC, "is not a program for this machine");
	assert_fails(closure_program(&r.c, put_elf(s, "o", &(struct elf_make){.type = ET_REL}), "/", &s->e),
		     s->e, ENOEXEC, "is not a program");
	assert_fails(closure_program(&r.c, scratch_path(s, "none"), "/", &s->e), s->e, ENOENT,
		     "cannot be read");
	assert_fails(closure_program(&r.c, put_elf(s, "i", &(struct elf_make){.interp = "/no/such/ld.so"}),
				     "/", &s->e),
		     s->e, ENOENT, "needs the loader '/no/such/ld.so'");
}

/* A loader of our own in the scratch directory, so that nothing of this machine is needed. */
static const char *loader(struct scratch *s)
{
	return scratch_text(s, "ld-test.so.1", "loader");
}

static void missing_library(void **state)
{
	struct scratch *s = *state;
	const char *p = put_elf(s, "prog",
				&(struct elf_make){.interp = loader(s), .needed = {"libnowhere-urunc.so.9"}});
	struct result r;

	begin(s, &r);
	assert_fails(closure_program(&r.c, p, "/", &s->e), s->e, ENOENT,
		     "needs library 'libnowhere-urunc.so.9'");
}

/* $ORIGIN of the program is where it lies in the box; that of a library is its own directory. */
static void origin(void **state)
{
	struct scratch *s = *state;
	const char *ld = loader(s);
	const char *p = put_elf(s, "opt/bin/prog",
				&(struct elf_make){.interp = ld,
						   .needed = {"liba.so"},
						   .runpath = "$ORIGIN/../lib"});
	const char *a = put_elf(s, "opt/lib/liba.so",
				&(struct elf_make){.needed = {"libb.so", "ld-test.so.1"},
						   .runpath = "${ORIGIN}/deep"});
	const char *b = put_elf(s, "opt/lib/deep/libb.so", &(struct elf_make){0});
	struct result r;

	begin(s, &r);
	/* In the box, liba.so is /lib/liba.so, and so $ORIGIN is /lib for it: libb.so must be in /lib/deep. */
	assert_int_equal(symlink(s->dir, scratch_path(s, "link")), 0);
	assert_ok(closure_program(&r.c, p, "/", &s->e), s->e);
	assert_string_equal(r.files.v[0].box, ld);
	assert_non_null(find(&r, "/lib/liba.so"));
	assert_string_equal(find(&r, "/lib/liba.so")->path, a);
	assert_non_null(find(&r, "/lib/deep/libb.so"));
	assert_string_equal(find(&r, "/lib/deep/libb.so")->path, b);
}

/* DT_RPATH counts for the libraries of libraries, DT_RUNPATH only for one's own. */
static void rpath_is_inherited(void **state)
{
	struct scratch *s = *state;
	const char *dir = scratch_path(s, "x"), *ld = loader(s), *p;
	struct result r;

	put_elf(s, "x/liba.so", &(struct elf_make){.needed = {"libb-urunc.so"}});
	put_elf(s, "x/libb-urunc.so", &(struct elf_make){0});
	p = put_elf(s, "prog", &(struct elf_make){.interp = ld, .needed = {"liba.so"}, .rpath = dir});
	begin(s, &r);
	assert_ok(closure_program(&r.c, p, "/", &s->e), s->e);
	assert_non_null(find(&r, scratch_path(s, "x/libb-urunc.so")));
	p = put_elf(s, "prog", &(struct elf_make){.interp = ld, .needed = {"liba.so"}, .runpath = dir});
	begin(s, &r);
	assert_fails(closure_program(&r.c, p, "/", &s->e), s->e, ENOENT, "needs library 'libb-urunc.so'");
	/* DT_RUNPATH switches DT_RPATH of the same file off. */
	p = put_elf(s, "prog",
		    &(struct elf_make){.interp = ld,
				       .needed = {"liba.so"},
				       .rpath = dir,
				       .runpath = "/nowhere"});
	begin(s, &r);
	assert_fails(closure_program(&r.c, p, "/", &s->e), s->e, ENOENT, "needs library 'liba.so'");
}

static void search_goes_on_behind_wrong_files(void **state)
{
	struct scratch *s = *state;
	const char *list = arena_printf(&s->a, "relative:$LIB/x::%s/1:%s/2:%s/3:%s/4", s->dir, s->dir, s->dir,
					s->dir);
	const char *p = put_elf(s, "prog",
				&(struct elf_make){.interp = loader(s),
						   .needed = {"liba.so"},
						   .runpath = list});
	struct result r;

	put_elf(s, "1/liba.so", &(struct elf_make){.machine = ELF_MAKE_FOREIGN});
	put_elf(s, "2/liba.so", &(struct elf_make){.is32 = true});
	scratch_text(s, "3/liba.so", "/* GNU ld script */");
	put_elf(s, "4/liba.so", &(struct elf_make){0});
	begin(s, &r);
	assert_ok(closure_program(&r.c, p, "/", &s->e), s->e);
	assert_non_null(find(&r, scratch_path(s, "4/liba.so")));
	assert_null(find(&r, scratch_path(s, "1/liba.so")));
}

static void circles_end(void **state)
{
	struct scratch *s = *state;
	const char *p = put_elf(s, "prog",
				&(struct elf_make){.interp = loader(s),
						   .needed = {"liba.so", "liba.so"},
						   .rpath = s->dir});
	struct result r;

	put_elf(s, "liba.so", &(struct elf_make){.needed = {"libb.so", "liba.so"}});
	put_elf(s, "libb.so", &(struct elf_make){.needed = {"liba.so"}});
	begin(s, &r);
	assert_ok(closure_program(&r.c, p, "/", &s->e), s->e);
	assert_non_null(find(&r, scratch_path(s, "liba.so")));
	assert_non_null(find(&r, scratch_path(s, "libb.so")));
	assert_null(find(&r, p));
}

static void a_broken_library_is_named(void **state)
{
	struct scratch *s = *state;
	const char *p = put_elf(s, "prog",
				&(struct elf_make){.interp = loader(s),
						   .needed = {"liba.so"},
						   .rpath = s->dir});
	alignas(16) unsigned char image[ELF_MAKE_BYTES];
	struct result r;

	elf_make(&(struct elf_make){.needed = {"x"}}, image);
	((Elf64_Phdr *)(image + sizeof(Elf64_Ehdr)))[1].p_filesz = 1ull << 63;
	scratch_put(s, "liba.so", image, sizeof image);
	begin(s, &r);
	assert_fails(closure_program(&r.c, p, "/", &s->e), s->e, EBADMSG,
		     "liba.so', which has a broken dynamic section");
}

static void musl(void **state)
{
	struct scratch *s = *state;
	const char *ld = scratch_text(s, "ld-musl-x86_64.so.1", "loader");
	const char *p = put_elf(s, "prog",
				&(struct elf_make){.interp = ld,
						   .needed = {"libc.musl-x86_64.so.1", "liba.so"},
						   .rpath = s->dir});
	struct result r;

	put_elf(s, "liba.so", &(struct elf_make){.needed = {"libc.so"}});
	begin(s, &r);
	assert_ok(closure_program(&r.c, p, "/", &s->e), s->e);
	assert_int_equal(r.files.n, 2); /* the loader is the C library, and reads no cache */
}

static void modules(void **state)
{
	struct scratch *s = *state;
	const char *p = put_elf(s, "prog",
				&(struct elf_make){.interp = loader(s), .rpath = scratch_path(s, "lib")});
	const char *good = put_elf(s, "mod/good.so", &(struct elf_make){.needed = {"libm-urunc.so"}});
	const char *bad = put_elf(s, "mod/bad.so", &(struct elf_make){.needed = {"libgone-urunc.so"}});
	struct result r;

	put_elf(s, "lib/libm-urunc.so", &(struct elf_make){0});
	begin(s, &r);
	assert_ok(closure_program(&r.c, p, "/", &s->e), s->e);
	assert_fails(closure_module(&r.c, bad, bad, &s->e), s->e, ENOENT,
		     "bad.so': needs library 'libgone-urunc.so'");
	assert_null(find(&r, bad));
	assert_ok(closure_module(&r.c, good, "/fw/good.so", &s->e), s->e);
	assert_non_null(find(&r, "/fw/good.so"));
	assert_string_equal(find(&r, "/fw/good.so")->path, good);
	/* The program's DT_RPATH serves what it loads later, too. */
	assert_non_null(find(&r, scratch_path(s, "lib/libm-urunc.so")));
	assert_fails(closure_module(&r.c, scratch_path(s, "mod/none.so"), "/fw/n", &s->e), s->e, ENOENT,
		     "none.so");
	assert_fails(closure_module(&r.c, scratch_text(s, "mod/text.so", "x"), "/fw/t", &s->e), s->e, ENOEXEC,
		     "text.so");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_small_program),
		scratch_test(qemu),
		scratch_test(static_program),
		scratch_test(no_program),
		scratch_test(missing_library),
		scratch_test(origin),
		scratch_test(rpath_is_inherited),
		scratch_test(search_goes_on_behind_wrong_files),
		scratch_test(circles_end),
		scratch_test(a_broken_library_is_named),
		scratch_test(musl),
		scratch_test(modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
