/* SPDX-License-Identifier: Apache-2.0 */
/* The cheapest monitor there can be, for measuring what is around it: blocks for ever, with no libc and no start-up. */

static long pause_for_ever(void)
{
	long r;

#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(r) : "a"(34L) : "rcx", "r11", "memory"); /* pause */
#elif defined(__aarch64__)
	register long nr __asm__("x8") = 73; /* ppoll of nothing */
	register long x0 __asm__("x0") = 0;
	register long x1 __asm__("x1") = 0;
	register long x2 __asm__("x2") = 0;
	register long x3 __asm__("x3") = 0;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(nr), "r"(x1), "r"(x2), "r"(x3) : "memory");
	r = x0;
#else
#error "add this architecture's pause"
#endif
	return r;
}

__attribute__((noreturn)) void _start(void);

void _start(void)
{
	for (;;)
		(void)pause_for_ever();
}
