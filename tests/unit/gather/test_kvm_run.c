/* SPDX-License-Identifier: Apache-2.0 */
/* wrap: ioctl */
/* The KVM probe against a played device, and against the real one if there is one. */
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "gather/parts.h"
#include "gather/scratch.h"

#define SHARED_BYTES 12288

/* The played device. */
static struct {
	bool on;
	int api, khz, run_result, run_errno;
	int fail_vm, fail_vcpu;
	uint32_t exit_reason;
	int vcpu; /* a file of the shared area's size */
	unsigned nruns, nopen;
	uint64_t rip, memory;
} play;

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static int run(void)
{
	play.nruns++;
	errno = play.run_errno;
	if (play.run_result == 0)
		assert_int_equal(pwrite(play.vcpu, &play.exit_reason, 4,
					offsetof(struct kvm_run, exit_reason)),
				 4);
	return play.run_result;
}

static int new_vcpu(void)
{
	if (play.fail_vcpu)
		return -1;
	play.vcpu = memfd_create("vcpu", MFD_CLOEXEC);
	assert_int_equal(ftruncate(play.vcpu, SHARED_BYTES), 0);
	return play.vcpu;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!play.on)
		return __real_ioctl(fd, request, arg);
	switch (request) {
	case KVM_GET_API_VERSION:
		return play.api;
	case KVM_CREATE_VM:
		return play.fail_vm ? -1 : memfd_create("vm", MFD_CLOEXEC);
	case KVM_CREATE_VCPU:
		return new_vcpu();
	case KVM_GET_TSC_KHZ:
		return play.khz;
	case KVM_GET_VCPU_MMAP_SIZE:
		return SHARED_BYTES;
	case KVM_SET_USER_MEMORY_REGION:
		play.memory = ((struct kvm_userspace_memory_region *)arg)->userspace_addr;
		return 0;
#if defined(__x86_64__)
	case KVM_GET_SREGS:
		memset(arg, 0xff, sizeof(struct kvm_sregs));
		return 0;
	case KVM_SET_SREGS:
		assert_int_equal(((struct kvm_sregs *)arg)->cs.base, 0);
		return 0;
	case KVM_SET_REGS:
		play.rip = ((struct kvm_regs *)arg)->rip;
		/* The guest finds fninit where it begins. */
		assert_memory_equal((const void *)(uintptr_t)(play.memory + play.rip), "\xdb\xe3", 2);
		return 0;
#endif
	case KVM_RUN:
		return run();
	default:
		fail_msg("unexpected ioctl %lx", request);
		return -1;
	}
}

static void begin(void)
{
	memset(&play, 0, sizeof play);
	play.on = true;
	play.api = KVM_API_VERSION;
	play.exit_reason = KVM_EXIT_HLT;
	play.khz = 2700000;
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static struct kvm_facts probe(void)
{
	int before = open_fds();
	struct kvm_facts f = kvm_run_code(-1);

	play.on = false;
	assert_int_equal(open_fds(), before);
	return f;
}

static void works(void **state)
{
	struct kvm_facts f;

	(void)state;
	begin();
	f = probe();
	assert_int_equal(f.verdict, KVM_WORKS);
#if defined(__x86_64__)
	assert_int_equal(f.tsc_khz, 2700000);
	assert_int_equal(play.nruns, 1);
#endif
}

static void not_kvm(void **state)
{
	(void)state;
	begin();
	play.api = -1;
	assert_int_equal(probe().verdict, KVM_ABSENT);
	begin();
	play.api = KVM_API_VERSION - 1;
	assert_int_equal(probe().verdict, KVM_ABSENT);
}

#if defined(__x86_64__)
/* Guest code that ends in any other way, or cannot even be begun: the device opens, no more. */
static void only_opens(void **state)
{
	static const uint32_t exits[] = {KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_SHUTDOWN, KVM_EXIT_FAIL_ENTRY,
					 KVM_EXIT_UNKNOWN, KVM_EXIT_IO};

	(void)state;
	for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
		begin();
		play.exit_reason = exits[i];
		assert_int_equal(probe().verdict, KVM_OPENS);
	}
	begin();
	play.run_result = -1;
	play.run_errno = ENXIO;
	assert_int_equal(probe().verdict, KVM_OPENS);
	assert_int_equal(play.nruns, 1);
	begin();
	play.fail_vm = 1;
	assert_int_equal(probe().verdict, KVM_OPENS);
	begin();
	play.fail_vcpu = 1;
	assert_int_equal(probe().verdict, KVM_OPENS);
}

static void interruptions_end(void **state)
{
	(void)state;
	begin();
	play.run_result = -1;
	play.run_errno = EINTR;
	assert_int_equal(probe().verdict, KVM_OPENS);
	assert_in_range(play.nruns, 2, 100);
}

static void unknown_frequency(void **state)
{
	(void)state;
	begin();
	play.khz = -EIO;
	assert_int_equal(probe().tsc_khz, 0);
}
#endif

static void real_device(void **state)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct kvm_facts f;

	(void)state;
	play.on = false;
	assert_int_equal(kvm_run_code(null).verdict, KVM_ABSENT);
	close(null);
	if (fd < 0)
		return;
	f = kvm_run_code(fd);
	if (f.verdict == KVM_ABSENT) /* the word of the device itself, not of its name */
		assert_int_not_equal(ioctl(fd, KVM_GET_API_VERSION, 0), KVM_API_VERSION);
	close(fd);
	if (f.verdict == KVM_ABSENT)
		return;
	assert_in_range(f.verdict, KVM_OPENS, KVM_WORKS);
}

int main(void)
{
	const struct CMUnitTest tests[] =
	{ cmocka_unit_test(works),
	  cmocka_unit_test(not_kvm),
#if defined(__x86_64__)
	  cmocka_unit_test(only_opens),
	  cmocka_unit_test(interruptions_end),
	  cmocka_unit_test(unknown_frequency),
#endif
	  cmocka_unit_test(real_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
