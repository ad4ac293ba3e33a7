/* SPDX-License-Identifier: Apache-2.0 */
/* The frequency of the time stamp counter, out of the page that perf shares with user space. */
#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "gather/parts.h"

#if defined(__x86_64__)
#define NS_PER_MS 1000000u

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
	uint64_t khz = 0;

	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return 0;
	page = mmap(NULL, page_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return 0;
	/* ns = ticks * time_mult >> time_shift */
	if (page->cap_user_time && page->time_mult != 0 && page->time_shift < 44)
		khz = ((uint64_t)NS_PER_MS << page->time_shift) / page->time_mult;
	munmap((void *)(uintptr_t)page, page_bytes);
	return khz <= UINT32_MAX ? (uint32_t)khz : 0;
}
#else
uint32_t tsc_khz_from_perf(void)
{
	return 0;
}
#endif
