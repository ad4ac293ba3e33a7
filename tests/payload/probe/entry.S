/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of the probe guest: 32-bit protected mode, flat segments, ebx = struct hvm_start_info. */
	.code32
	.section .note.pvh, "a", @note
	.align 4
	.long 4, 4, 18			/* name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long start

	.text
	.globl start
start:	cli
	movl $stack_top, %esp
	pushl %ebx
	call probe_main			/* true in al: stay */
	testb %al, %al
	jnz stay
	/* An interrupt without a table is a triple fault: the machine resets, and -no-reboot ends the monitor. */
	lidt no_idt
	int3
stay:	hlt				/* interrupts are off: for ever */
	jmp stay

	.align 8
no_idt:	.word 0
	.long 0

	.bss
	.align 16
	.skip 16384
stack_top:
	.section .note.GNU-stack, "", @progbits
