/* SPDX-License-Identifier: Apache-2.0 */
/* The two notes of a Solo5 binary. Layouts: elf_abi.h and mft_abi.h of Solo5; rules: elf_load_note() and mft_validate()
 * of its tenders, which look only at the first note of each segment. */
#include "gather/solo5.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#define NOTE_ABI 0x31494241u      /* "ABI1" */
#define NOTE_MANIFEST 0x3154464du /* "MFT1" */
#define OWNER "Solo5"
#define HEAD_BYTES 20u /* Elf64_Nhdr and the padded owner */

/* struct abi1_info, aligned to 4: target, version, two words for later. */
#define ABI_LEAST_BYTES 8u
#define ABI_MAX_BYTES 32u
/* struct mft, aligned to 8: version, number of entries, entries. */
#define MANIFEST_PAD_BYTES 4u
#define MANIFEST_HEAD_BYTES 8u
#define MANIFEST_VERSION 1u
/* struct mft_entry: name with its NUL, type, 24 bytes for the tender's own use, whether it is attached. */
#define ENTRY_BYTES 104u
#define ENTRY_TYPE_AT 68u
#define ENTRY_ATTACHED_AT 96u
#define ENTRIES_MAX 64u
#define NAME_MAX_BYTES 67u
#define TYPE_RESERVED (1u << 30)
#define MANIFEST_MAX_BYTES (MANIFEST_HEAD_BYTES + ENTRIES_MAX * ENTRY_BYTES)

/* What the notes say, and the first thing that is wrong with them. */
struct reading {
	const struct elf_file *elf;
	struct arena *a;
	const char *problem;
	bool oom;
};

static void problem(struct reading *r, const char *text)
{
	if (r->problem == NULL)
		r->problem = text;
	r->oom |= text == NULL;
}

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Bytes after the head of the segment's first note, when that is the wanted one. */
static bool is_note(const struct reading *r, const struct elf_segment *s, uint32_t type, uint32_t *ret)
{
	unsigned char head[HEAD_BYTES];

	if (s->type != PT_NOTE || s->filesz < HEAD_BYTES || elf_pread(r->elf, s->offset, head, HEAD_BYTES) < 0)
		return false;
	if (get32(head) != sizeof(OWNER) || get32(head + 8) != type ||
	    memcmp(head + 12, OWNER, sizeof(OWNER)) != 0)
		return false;
	*ret = get32(head + 4);
	return true;
}

/* The contents of the note behind `pad` bytes, at most `max` of them: 1 read, 0 no such note, or it cannot be had. */
static int load(struct reading *r, uint32_t type, const char *what, size_t pad, unsigned char *buf,
		size_t max, size_t *ret_n)
{
	for (size_t i = 0; i < r->elf->nsegments; i++) {
		const struct elf_segment *s = &r->elf->segments[i];
		uint32_t n;

		if (!is_note(r, s, type, &n))
			continue;
		if (n < pad || n > pad + max || s->filesz < (uint64_t)HEAD_BYTES + n ||
		    elf_pread(r->elf, s->offset + HEAD_BYTES + pad, buf, n - pad) < 0) {
			problem(r, arena_printf(r->a, "%s has an impossible size (%u bytes)", what, n));
			return 0;
		}
		*ret_n = n - pad;
		return 1;
	}
	return 0;
}

static void read_abi(struct reading *r, struct solo5_abi *abi)
{
	unsigned char buf[ABI_MAX_BYTES];
	uint32_t target;
	size_t n;

	if (load(r, NOTE_ABI, "its ABI note", 0, buf, sizeof(buf), &n) == 0)
		return;
	if (n < ABI_LEAST_BYTES) {
		problem(r, "its ABI note is too short");
		return;
	}
	target = get32(buf);
	if (target < SOLO5_HVT || target > SOLO5_XEN) {
		problem(r, arena_printf(r->a, "its ABI note names the unknown target %u", target));
		return;
	}
	abi->target = (int)target;
	abi->version = get32(buf + 4);
}

static bool is_name(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '0' && s[n] <= '9'))
		n++;
	return n > 0 && s[n] == '\0';
}

/* Only the first of two could ever be attached. */
static bool is_twice(const struct solo5_abi *abi, const char *name, int kind)
{
	for (size_t i = 0; i < abi->devices.n; i++)
		if (abi->devices.v[i].kind == kind && streq(abi->devices.v[i].name, name))
			return true;
	return false;
}

static void read_entry(struct reading *r, const unsigned char *p, unsigned number, struct solo5_abi *abi)
{
	const char *name = (const char *)p;
	uint32_t type = get32(p + ENTRY_TYPE_AT);

	if (p[NAME_MAX_BYTES] != '\0')
		problem(r, arena_printf(r->a, "entry %u of its manifest has a name without end", number));
	else if (p[ENTRY_ATTACHED_AT] != 0)
		problem(r, arena_printf(r->a, "entry %u of its manifest says that it is attached already",
					number));
	else if (number == 0 && (type != TYPE_RESERVED || name[0] != '\0'))
		problem(r, "its manifest does not begin with the reserved entry");
	else if (type >= TYPE_RESERVED)
		return;
	else if (type != SOLO5_BLOCK && type != SOLO5_NET)
		problem(r,
			arena_printf(r->a, "entry %u of its manifest has the unknown type %u", number, type));
	else if (!is_name(name))
		problem(r, arena_printf(r->a,
					"entry %u of its manifest has a name that is not made of A-Z a-z 0-9",
					number));
	else if (is_twice(abi, name, (int)type))
		problem(r, arena_printf(r->a, "its manifest names device '%s' twice", name));
	else {
		struct solo5_device *d = &abi->devices.v[abi->devices.n];

		*d = (struct solo5_device){arena_strdup(r->a, name), (int)type};
		r->oom |= d->name == NULL;
		abi->devices.n += d->name != NULL;
	}
}

static void read_manifest(struct reading *r, struct solo5_abi *abi)
{
	unsigned char buf[MANIFEST_MAX_BYTES];
	uint32_t entries;
	size_t n;

	if (load(r, NOTE_MANIFEST, "its manifest", MANIFEST_PAD_BYTES, buf, sizeof(buf), &n) == 0) {
		problem(r, "it has no manifest");
		return;
	}
	if (n < MANIFEST_HEAD_BYTES || get32(buf) != MANIFEST_VERSION) {
		problem(r, "its manifest is of an unknown version");
		return;
	}
	entries = get32(buf + 4);
	if (entries < 1 || entries > ENTRIES_MAX || n != MANIFEST_HEAD_BYTES + entries * ENTRY_BYTES) {
		problem(r, arena_printf(r->a, "its manifest has %u entries in %zu bytes", entries, n));
		return;
	}
	abi->devices.v = arena_array(r->a, entries, sizeof(*abi->devices.v));
	r->oom |= abi->devices.v == NULL;
	for (unsigned i = 0; i < entries && r->problem == NULL && !r->oom; i++)
		read_entry(r, buf + MANIFEST_HEAD_BYTES + i * ENTRY_BYTES, i, abi);
}

static bool has_note(const struct reading *r, uint32_t type)
{
	uint32_t n;

	for (size_t i = 0; i < r->elf->nsegments; i++)
		if (is_note(r, &r->elf->segments[i], type, &n))
			return true;
	return false;
}

int solo5_read(const struct elf_file *elf, struct arena *a, struct solo5_abi *ret, const char **ret_problem,
	       struct err *e)
{
	struct reading r = {.elf = elf, .a = a};
	struct solo5_abi abi = {0};
	bool built_for = has_note(&r, NOTE_ABI);

	if (built_for || has_note(&r, NOTE_MANIFEST)) {
		if (!elf->is64)
			problem(&r, "it is a 32-bit file");
		if (!built_for)
			problem(&r, "it has no ABI note (it was built with a Solo5 before 0.6)");
		if (r.problem == NULL)
			read_abi(&r, &abi);
		if (r.problem == NULL)
			read_manifest(&r, &abi);
	}
	if (r.oom)
		return err_oom(e);
	if (r.problem != NULL)
		abi.devices.n = 0;
	*ret = abi;
	*ret_problem = r.problem;
	return 0;
}
