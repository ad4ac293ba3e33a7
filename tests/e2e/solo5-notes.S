/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that says it is a Solo5 binary: headers and the two notes, and nothing to run. Assembled, then copied out byte by
 * byte:	cc -c -DTARGET=2 -DBLOCK -o x.o solo5-notes.S && objcopy -O binary -j .data x.o FILE
 * TARGET: 1 hvt, 2 spt, 3 virtio (with a Multiboot header). NET, BLOCK: it wants a device "service", "storage";
 * TWO: "alpha" and "omega", both disks.
 */
#if defined(__x86_64__)
#define MACHINE 62
#else
#define MACHINE 183
#endif
#define ADDRESS 0x100000

	.data
start:
	.byte	0x7f
	.ascii	"ELF"
	.byte	2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
	.short	2, MACHINE
	.long	1
	.quad	ADDRESS, segments - start, 0
	.long	0
	.short	64, 56, 3, 64, 0, 0

	.macro	segment kind, from, bytes
	.long	\kind, 5
	.quad	\from - start, ADDRESS + (\from - start), ADDRESS + (\from - start), \bytes, \bytes, 4
	.endm
segments:
	segment	1, start, (end-start)
	segment	4, abi, (abi_end-abi)
	segment	4, manifest, (end-manifest)

#if TARGET == 3
	.balign	4
	.long	0x1badb002, 0, -0x1badb002
#endif

	.macro	note type, bytes
	.long	6, \bytes, \type
	.asciz	"Solo5"
	.balign	4
	.endm
	.balign	8
abi:
	note	0x31494241, 16
	.long	TARGET, 2, 0, 0
abi_end:

	.macro	entry name, type
0:	.asciz	"\name"
	.zero	68 - (. - 0b)
	.long	\type
	.zero	32
	.endm
	.balign	8
manifest:
	note	0x3154464d, (end-manifest-20)
	.long	0, 1, (end - entries) / 104
entries:
	entry	"", 0x40000000
#ifdef NET
	entry	"service", 2
#endif
#ifdef BLOCK
	entry	"storage", 1
#endif
#ifdef TWO
	entry	"alpha", 1
	entry	"omega", 1
#endif
end:
