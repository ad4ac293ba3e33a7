/* SPDX-License-Identifier: Apache-2.0 */
/* At build time: turns the sections of a BPF object file into a C file, so that the program needs no loader library. */
#include <elf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "pod/"
#define MAP_BYTES 20 /* struct map_def */

static unsigned char *image;
static size_t bytes;
static Elf64_Ehdr *head;
static Elf64_Shdr *sections;
static const Elf64_Sym *symbols;
static const char *names, *symbol_names;
static size_t nsymbols;
static unsigned maps_section;

static void *at(size_t offset, size_t n)
{
	if (offset > bytes || n > bytes - offset)
		errx(1, "the object file is torn");
	return image + offset;
}

static void read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	long n;

	if (!f || fseek(f, 0, SEEK_END) < 0 || (n = ftell(f)) < 0)
		err(1, "%s", path);
	rewind(f);
	bytes = (size_t)n;
	image = malloc(bytes ? bytes : 1);
	if (!image || fread(image, 1, bytes, f) != bytes)
		err(1, "%s", path);
	fclose(f);
}

static void find_sections(void)
{
	unsigned i;

	head = at(0, sizeof(*head));
	if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_machine != EM_BPF)
		errx(1, "not a BPF object file");
	sections = at(head->e_shoff, head->e_shnum * sizeof(*sections));
	names = at(sections[head->e_shstrndx].sh_offset, sections[head->e_shstrndx].sh_size);
	for (i = 0; i < head->e_shnum; i++) {
		const char *name = names + sections[i].sh_name;

		if (sections[i].sh_type == SHT_SYMTAB) {
			symbols = at(sections[i].sh_offset, sections[i].sh_size);
			nsymbols = sections[i].sh_size / sizeof(*symbols);
			symbol_names = at(sections[sections[i].sh_link].sh_offset, 1);
		}
		if (strcmp(name, "maps") == 0)
			maps_section = i;
		/* Data and functions outside of the programs would need a linker. */
		if (sections[i].sh_size && (strcmp(name, ".text") == 0 || strncmp(name, ".rodata", 7) == 0 ||
					    strcmp(name, ".data") == 0 || strcmp(name, ".bss") == 0))
			errx(1, "section %s is not empty: everything must be inlined", name);
	}
	if (!symbols || !maps_section)
		errx(1, "no symbols or no section 'maps'");
}

/* Maps are numbered by their place in the section. */
static void write_maps(void)
{
	const Elf64_Shdr *s = &sections[maps_section];
	size_t n = s->sh_size / MAP_BYTES, i, k;

	printf("const struct pod_map pod_maps[] = {\n");
	for (i = 0; i < n; i++) {
		const unsigned *def = at(s->sh_offset + i * MAP_BYTES, MAP_BYTES);
		const char *name = NULL;

		for (k = 0; k < nsymbols; k++) {
			if (symbols[k].st_shndx == maps_section && symbols[k].st_value == i * MAP_BYTES &&
			    ELF64_ST_TYPE(symbols[k].st_info) == STT_OBJECT)
				name = symbol_names + symbols[k].st_name;
		}
		if (!name)
			errx(1, "map %zu has no name", i);
		printf("\t{\"%s\", %u, %u, %u, %u, %u},\n", name, def[0], def[1], def[2], def[3], def[4]);
	}
	printf("};\nconst size_t pod_nmaps = %zu;\n\n", n);
}

static size_t write_relocations(unsigned program, const char *name)
{
	size_t n = 0, i, k;

	printf("static const struct pod_reloc relocs_%s[] = {\n", name);
	for (i = 0; i < head->e_shnum; i++) {
		const Elf64_Rel *rel;

		if (sections[i].sh_type != SHT_REL || sections[i].sh_info != program)
			continue;
		rel = at(sections[i].sh_offset, sections[i].sh_size);
		for (k = 0; k < sections[i].sh_size / sizeof(*rel); k++) {
			const Elf64_Sym *sym;

			if (ELF64_R_SYM(rel[k].r_info) >= nsymbols)
				errx(1, "a relocation without a symbol");
			sym = &symbols[ELF64_R_SYM(rel[k].r_info)];
			if (sym->st_shndx != maps_section)
				errx(1, "%s refers to '%s', which is no map", name,
				     symbol_names + sym->st_name);
			printf("\t{%zu, %zu},\n", (size_t)rel[k].r_offset / 8,
			       (size_t)sym->st_value / MAP_BYTES);
			n++;
		}
	}
	printf("};\n");
	return n;
}

int main(int argc, char **argv)
{
	unsigned i;
	size_t k;

	if (argc != 2)
		errx(2, "usage: bpf2c OBJECT >FILE.c");
	read_file(argv[1]);
	find_sections();
	printf("/* Made by mk/bpf2c.c. */\n#include \"net/pod_code.h\"\n\n");
	write_maps();
	for (i = 0; i < head->e_shnum; i++) {
		const char *name = names + sections[i].sh_name;
		const unsigned long long *code;

		if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		name += strlen(PREFIX);
		code = at(sections[i].sh_offset, sections[i].sh_size);
		printf("static const uint64_t insns_%s[] = {", name);
		for (k = 0; k < sections[i].sh_size / 8; k++)
			printf("%s0x%016llx,", k % 5 ? " " : "\n\t", code[k]);
		printf("\n};\n");
		k = write_relocations(i, name);
		printf("const struct pod_code pod_code_%s = {\"%s\", insns_%s, %zu, relocs_%s, %zu};\n\n",
		       name, name, name, (size_t)sections[i].sh_size / 8, name, k);
	}
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
