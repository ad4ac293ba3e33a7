/* SPDX-License-Identifier: Apache-2.0 */
/* Asks KVM to run eight instructions: opening the device proves nothing where guest code is emulated badly. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "common/fd.h"
#include "gather/parts.h"

#if defined(__x86_64__)
#define MEMORY_BYTES 0x10000u
#define CODE_AT 0x1000u
#define MXCSR_AT 0x2000u
#define STACK_AT 0x8000u
#define RUN_TRIES 16

/* Real mode: fninit; cr4 |= OSFXSR|OSXMMEXCPT; ldmxcsr [0x2000]; hlt. Every modern guest does the like early. */
static const unsigned char code[] = {
	0xdb, 0xe3,                         /* fninit */
	0x0f, 0x20, 0xe0,                   /* mov eax, cr4 */
	0x66, 0x0d, 0x00, 0x06, 0x00, 0x00, /* or eax, 0x600 */
	0x0f, 0x22, 0xe0,                   /* mov cr4, eax */
	0x0f, 0xae, 0x16, 0x00, 0x20,       /* ldmxcsr [0x2000] */
	0xf4,                               /* hlt */
};
static const uint32_t mxcsr_default = 0x1f80;

struct mapping {
	void *p;
	size_t n;
};

static void unmap(struct mapping *m)
{
	if (m->p)
		munmap(m->p, m->n);
}
#define _cleanup_map_ __attribute__((cleanup(unmap)))

static bool map(struct mapping *m, size_t n, int flags, int fd)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		return false;
	*m = (struct mapping){p, n};
	return true;
}

static bool set_registers(int vcpu)
{
	struct kvm_regs regs = {.rip = CODE_AT, .rsp = STACK_AT, .rflags = 2};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return false;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.ds.base = 0;
	return ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0 && ioctl(vcpu, KVM_SET_REGS, &regs) == 0;
}

/* Does the code reach its HLT? */
static bool reaches_halt(int kvm, int vm, int vcpu)
{
	_cleanup_map_ struct mapping memory = {0}, shared = {0};
	struct kvm_userspace_memory_region region = {.memory_size = MEMORY_BYTES};
	int shared_bytes = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	const struct kvm_run *run;
	int r = -1;

	if (shared_bytes < (int)sizeof *run || !map(&shared, (size_t)shared_bytes, MAP_SHARED, vcpu) ||
	    !map(&memory, MEMORY_BYTES, MAP_SHARED | MAP_ANONYMOUS, -1))
		return false;
	memcpy((char *)memory.p + CODE_AT, code, sizeof code);
	memcpy((char *)memory.p + MXCSR_AT, &mxcsr_default, sizeof mxcsr_default);
	region.userspace_addr = (uintptr_t)memory.p;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 || !set_registers(vcpu))
		return false;
	for (int i = 0; i < RUN_TRIES; i++) {
		r = ioctl(vcpu, KVM_RUN, 0);
		if (r == 0 || (errno != EINTR && errno != EAGAIN))
			break;
	}
	run = shared.p;
	return r == 0 && run->exit_reason == KVM_EXIT_HLT;
}

struct kvm_facts kvm_run_code(int kvm)
{
	struct kvm_facts f = {.verdict = KVM_OPENS};
	_cleanup_fd_ int vm = -1, vcpu = -1;
	int khz;

	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		f.verdict = KVM_ABSENT; /* a device of that name, but not KVM */
		return f;
	}
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return f;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		return f;
	khz = ioctl(vcpu, KVM_GET_TSC_KHZ, 0);
	f.tsc_khz = khz > 0 ? (uint32_t)khz : 0;
	if (reaches_halt(kvm, vm, vcpu))
		f.verdict = KVM_WORKS;
	return f;
}
#else
struct kvm_facts kvm_run_code(int kvm)
{
	bool is_kvm = ioctl(kvm, KVM_GET_API_VERSION, 0) == KVM_API_VERSION;

	return (struct kvm_facts){.verdict = is_kvm ? KVM_WORKS : KVM_ABSENT};
}
#endif
