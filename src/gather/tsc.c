/* SPDX-License-Identifier: Apache-2.0 */
/* The frequency of the time stamp counter, out of the page that perf shares with user space. */
#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "gather/parts.h"

#define NS_PER_MS 1000000u
#define SHIFT_MAX 43u /* NS_PER_MS, shifted, still fits */

/* ns = ticks * mult >> shift */
uint32_t tsc_khz_from_factors(uint32_t mult, uint32_t shift)
{
	uint64_t khz;

	if (mult == 0 || shift > SHIFT_MAX)
		return 0;
	khz = (((uint64_t)NS_PER_MS << shift) + mult / 2) / mult;
	return khz <= UINT32_MAX ? (uint32_t)khz : 0;
}

#if defined(__x86_64__)

uint32_t tsc_khz_from_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof attr,
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	const struct perf_event_mmap_page *page;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	_cleanup_fd_ int fd = -1;
	uint32_t khz = 0;

	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return 0;
	page = mmap(NULL, page_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return 0;
	if (page->cap_user_time)
		khz = tsc_khz_from_factors(page->time_mult, page->time_shift);
	munmap((void *)(uintptr_t)page, page_bytes);
	return khz;
}
#else
uint32_t tsc_khz_from_perf(void)
{
	return 0;
}
#endif
