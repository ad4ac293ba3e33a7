/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping a resident process small. The kernel maps code in pieces of 64 KiB around each place that is touched; a wait
 * that calls into libc would keep two or three such pieces, one that makes its own system calls keeps one. */
#include "runtime/slim.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define MAX_RANGES 4

extern const ElfW(Ehdr) __ehdr_start; /* made by the linker */

/* The loaded segments that nobody writes. */
struct ranges {
	struct {
		uintptr_t start;
		size_t n;
	} v[MAX_RANGES];
	size_t n;
};

void slim_stack(void)
{
	const uintptr_t span = 512 << 10;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(PAGE - 1);

	/* Not all of it may exist; what does not is no loss. One page more than our own frame stays. */
	madvise((void *)(here - span), span - PAGE, MADV_DONTNEED);
}

static struct ranges find_ranges(void)
{
	const ElfW(Phdr) *ph = (const ElfW(Phdr) *)((uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);
	uintptr_t base = (uintptr_t)&__ehdr_start;
	struct ranges r = {.n = 0};

	/* A program that may be loaded anywhere counts its addresses from where it is. */
	if (__ehdr_start.e_type == ET_EXEC)
		base = 0;
	for (size_t i = 0; i < __ehdr_start.e_phnum && r.n < MAX_RANGES; i++) {
		uintptr_t start = (base + ph[i].p_vaddr) & ~(PAGE - 1);
		uintptr_t end = (base + ph[i].p_vaddr + ph[i].p_memsz + PAGE - 1) & ~(PAGE - 1);

		if (ph[i].p_type != PT_LOAD || ph[i].p_flags & PF_W)
			continue;
		r.v[r.n].start = start;
		r.v[r.n++].n = end - start;
	}
	return r;
}

#if defined(__x86_64__)
static inline __attribute__((always_inline)) long call(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline __attribute__((always_inline)) long call(long nr, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d, x4 __asm__("x4") = e;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory", "cc");
	return x0;
}
#else
static inline long call(long nr, long a, long b, long c, long d, long e)
{
	long r = syscall(nr, a, b, c, d, e);

	return r < 0 ? -errno : r;
}
#endif

/* Aligned, so that it never lies across two pieces. No stack protector: its failure path is far away. */
static __attribute__((noinline, aligned(256), no_stack_protector)) int drop_and_wait(
	const struct ranges *r, struct pollfd *fds, size_t n, const struct timespec *timeout)
{
	for (size_t i = 0; i < r->n; i++)
		call(SYS_madvise, (long)r->v[i].start, (long)r->v[i].n, MADV_DONTNEED, 0, 0);
	return (int)call(SYS_ppoll, (long)fds, (long)n, (long)timeout, 0, 0);
}

int slim_poll(struct pollfd *fds, size_t n, int timeout_ms)
{
	const struct timespec ts = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000l};
	const struct ranges r = find_ranges();

	return drop_and_wait(&r, fds, n, timeout_ms < 0 ? NULL : &ts);
}
