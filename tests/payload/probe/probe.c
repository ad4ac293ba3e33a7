/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest guest that proves something: a PVH kernel of a few KB that prints, on the first serial port, the command
 * line, modules and memory it was given. Then it resets the machine, or, with the word probe.wait, stays for ever.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define COM1 0x3f8u
#define LINE_STATUS (COM1 + 5)
#define TRANSMITTER_EMPTY 0x20
#define START_MAGIC 0x336ec578u

/* xen/include/public/arch-x86/hvm/start_info.h */
struct start_info {
	u32 magic, version, flags, nr_modules;
	u64 modlist, cmdline, rsdp, memmap;
	u32 memmap_entries, reserved;
};
struct module {
	u64 paddr, size, cmdline, reserved;
};
struct memory_range {
	u64 addr, size;
	u32 type, reserved;
};

u8 probe_main(const struct start_info *si);

static void outb(u32 port, u8 v)
{
	__asm__ volatile("outb %0, %w1" : : "a"(v), "d"(port));
}

static u8 inb(u32 port)
{
	u8 v;

	__asm__ volatile("inb %w1, %0" : "=a"(v) : "d"(port));
	return v;
}

static void put_char(char c)
{
	while (!(inb(LINE_STATUS) & TRANSMITTER_EMPTY))
		;
	outb(COM1, (u8)c);
}

static void put(const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			put_char('\r');
		put_char(*s);
	}
}

static void put_hex(u64 v)
{
	int shift, digit, started = 0;

	put("0x");
	for (shift = 60; shift >= 0; shift -= 4) {
		digit = (int)(v >> shift) & 15;
		if (!digit && !started && shift)
			continue;
		started = 1;
		put_char("0123456789abcdef"[digit]);
	}
}

static void put_pair(const char *key, u64 v)
{
	put(key);
	put_hex(v);
	put("\n");
}

static const void *at(u64 address)
{
	return (const void *)(u32)address;
}

static u8 has_word(const char *text, const char *word)
{
	const char *t, *w;

	for (; *text; text++) {
		for (t = text, w = word; *w && *t == *w; t++, w++)
			;
		if (!*w)
			return 1;
	}
	return 0;
}

u8 probe_main(const struct start_info *si)
{
	const struct module *m = at(si->modlist);
	const struct memory_range *r = at(si->memmap);
	const char *cmdline = si->cmdline ? at(si->cmdline) : "";
	u64 usable = 0;
	u32 i;

	put("PROBE hello\n");
	if (si->magic != START_MAGIC)
		put_pair("PROBE wrong magic ", si->magic);
	put("PROBE cmdline=<");
	put(cmdline);
	put(">\n");
	put_pair("PROBE modules=", si->nr_modules);
	for (i = 0; i < si->nr_modules; i++)
		put_pair("PROBE module size=", m[i].size);
	for (i = 0; si->version >= 1 && i < si->memmap_entries; i++) {
		if (r[i].type == 1)
			usable += r[i].size;
	}
	put_pair("PROBE memory=", usable);
	put("PROBE bye\n");
	return has_word(cmdline, "probe.wait");
}
