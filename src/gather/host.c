/* SPDX-License-Identifier: Apache-2.0 */
/* The machine we run on, and where our own urunit lies on it. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gather/parts.h"
#include "guests/guest.h"
#include "monitors/monitor.h"

#define CPUS_MAX 8192

#if defined(__x86_64__)
#define HOST_ARCH ARCH_X86_64
#elif defined(__aarch64__)
#define HOST_ARCH ARCH_AARCH64
#else
#error "urunc knows x86_64 and aarch64"
#endif

/* CPUs that this process may use: what a guest can have at once. */
static uint32_t count_cpus(void)
{
	unsigned long mask[CPUS_MAX / (8 * sizeof(unsigned long))] = {0};
	uint32_t n = 0;

	if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)mask) < 0)
		return 1;
	for (size_t i = 0; i < sizeof mask / sizeof mask[0]; i++)
		n += (uint32_t)__builtin_popcountl(mask[i]);
	return n ? n : 1;
}

static bool is_file(const char *path, uint64_t *ret_bytes)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	*ret_bytes = (uint64_t)st.st_size;
	return true;
}

/* "urunit" in the directory of the running program; NULL if that is unknown. */
static const char *beside_program(struct arena *a)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *slash;

	if (n <= 0 || (size_t)n >= sizeof exe - 1)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	return slash ? arena_printf(a, "%.*s/urunit", (int)(slash - exe), exe) : NULL;
}

static int find_urunit(struct facts *f, struct arena *a, struct err *e)
{
	struct host_facts *h = &f->host;
	const char *path = f->config.urunit_path;

	if (path) {
		if (!is_file(path, &h->urunit_bytes))
			return err_set(
				e, ENOENT,
				"urunit '%s' is no regular file: correct urunit_path in section [runtime] of %s",
				path, f->config.source ? f->config.source : "the configuration");
		h->urunit_path = path;
		return 0;
	}
	path = beside_program(a);
	if (!path || !is_file(path, &h->urunit_bytes)) {
		path = URUNC_LIBEXECDIR "/urunc/urunit";
		if (!is_file(path, &h->urunit_bytes))
			return 0;
	}
	h->urunit_path = path;
	return 0;
}

int gather_host(struct facts *f, const struct plan_wants *w, struct arena *a, struct err *e)
{
	struct host_facts *h = &f->host;
	struct sysinfo si;
	struct utsname u;

	h->arch = HOST_ARCH;
	if (uname(&u) < 0)
		return err_sys(e, "cannot ask the kernel for its name");
	h->kernel_release = arena_strdup(a, u.release);
	if (!h->kernel_release)
		return err_oom(e);
	h->cpus = count_cpus();
	if (sysinfo(&si) < 0)
		return err_sys(e, "cannot ask the kernel for the size of memory");
	h->memory_bytes = (uint64_t)si.totalram * si.mem_unit;
	h->systemd = access("/run/systemd/system", F_OK) == 0;
	h->has_tun = access("/dev/net/tun", F_OK) == 0;
	/* Only guests that can use it look for it. */
	return w->guest && w->guest->urunit ? find_urunit(f, a, e) : 0;
}
