/* SPDX-License-Identifier: Apache-2.0 */
/* What KVM is good for on this host, remembered until the next boot. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/proc.h"
#include "gather/parts.h"

#define CACHE_NAME "kvm-probe"
#define CACHE_MAX_BYTES 256u

/* "BOOTID DEVICE VERDICT TSC_KHZ\n"; true and *ret if the first two are ours. */
static bool parse_cache(char *text, const char *boot_id, uint64_t device, struct kvm_facts *ret)
{
	char *word[4];
	uint64_t dev, khz;

	text[strcspn(text, "\n")] = '\0';
	for (int i = 0; i < 4; i++) {
		word[i] = text;
		text = strchr(text, ' ');
		if (i == 3)
			break;
		if (!text)
			return false;
		*text++ = '\0';
	}
	if (!streq(word[0], boot_id) || !str_u64(word[1], 0, UINT64_MAX, &dev) || dev != device ||
	    !str_u64(word[3], 0, UINT32_MAX, &khz))
		return false;
	for (int v = 0; kvm_verdict_names[v]; v++) {
		if (!streq(word[2], kvm_verdict_names[v]))
			continue;
		*ret = (struct kvm_facts){v, (uint32_t)khz};
		return true;
	}
	return false;
}

/* Only a file that nobody but us can have written counts. */
static bool read_cache(int dir, const char *boot_id, uint64_t device, struct kvm_facts *ret)
{
	_cleanup_fd_ int fd = openat(dir, CACHE_NAME,
				     O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	char text[CACHE_MAX_BYTES];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022) != 0)
		return false;
	n = read(fd, text, sizeof text - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return parse_cache(text, boot_id, device, ret);
}

static void write_cache(int dir, const char *boot_id, uint64_t device, struct kvm_facts f, struct arena *a)
{
	char *text = arena_printf(a, "%s %llu %s %u\n", boot_id, (unsigned long long)device,
				  kvm_verdict_names[f.verdict], f.tsc_khz);
	struct err e = {0};

	if (text && file_write_atomic(dir, CACHE_NAME, 0644, text, strlen(text), &e) < 0)
		log_debug("the result of the KVM probe is not kept: %s", e.msg);
}

struct kvm_facts kvm_probe(const char *device, const char *cache_dir, struct arena *a)
{
	_cleanup_fd_ int kvm = open(device, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), dir = -1;
	struct kvm_facts f = {.verdict = KVM_ABSENT};
	char boot_id[BOOT_ID_BYTES];
	struct err e = {0};
	struct stat st = {0};
	uint64_t number;
	bool usable;

	/* What cannot be opened is looked at again each time: its rights may change without a boot. */
	usable = kvm >= 0 && fstat(kvm, &st) == 0 && S_ISCHR(st.st_mode);
	number = usable ? st.st_rdev : 0;
	if (cache_dir && boot_id_read(boot_id, &e) == 0) {
		dir = open(cache_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 && path_mkdirs(cache_dir, 0700, &e) == 0)
			dir = open(cache_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (dir >= 0 && read_cache(dir, boot_id, number, &f))
		return f;
	if (usable)
		f = kvm_run_code(kvm);
	if (f.tsc_khz == 0)
		f.tsc_khz = tsc_khz_from_perf();
	if (dir >= 0)
		write_cache(dir, boot_id, number, f, a);
	return f;
}
