/* SPDX-License-Identifier: Apache-2.0 */
/* The whole contract of a monitor: pure functions over plain data. One file per monitor registers one of these. */
#ifndef URUNC_MONITORS_MONITOR_H
#define URUNC_MONITORS_MONITOR_H

#include <stdint.h>

#include "common/err.h"
#include "common/str.h"
#include "machine/machine.h"

enum {
	MON_KVM = 1u << 0, /* can use /dev/kvm */
	MON_NEEDS_KVM = 1u << 1,
	MON_TCG = 1u << 2,
	MON_BLOCK = 1u << 3,
	MON_9P = 1u << 4,
	MON_VIRTIOFS = 1u << 5,
	MON_NET = 1u << 6,
	MON_TAP_FD = 1u << 7, /* takes a tap by descriptor */
	MON_INITRD = 1u << 8,
	MON_CTL = 1u << 9,   /* control channel on an inherited socket */
	MON_ARGS = 1u << 10, /* hands the guest's command line over as it is, newlines included */
};

/* As many interfaces can a monitor have that takes taps by descriptor: they all travel in one message. */
#define NICS_BY_FD_MAX 8

/* What a signal asked of the container becomes when the guest neither has urunit to hear it nor knows a power button. */
enum stop_action {
	STOP_SIGNAL_MONITOR, /* send `signo` to the monitor, then KILL after the grace time */
	STOP_KILL,
	STOP_MESSAGE, /* the power button; then KILL after the grace time */
};
struct stop_policy {
	int action;          /* enum stop_action */
	int32_t signo;       /* for STOP_SIGNAL_MONITOR */
	bool zero_is_signal; /* the monitor exits 0 when told to stop: report 128+n of the signal asked */
	/* The same of one that exits with another code; 0 = there is none. Death by `signo` itself always counts so. */
	uint32_t code;
};
/* How the supervisor presses the guest's power button: it writes `message` to the monitor's control socket, which is
 * vm.api_fd's other end, or vm.api_path (where the monitor listens) when `path` is set. */
struct powerdown {
	const char *message;
	const char *path; /* becomes vm.api_path; NULL: vm.api_fd is used */
	unsigned archs;   /* bit set of 1 << enum arch where it works */
};

/* A run-time file of the monitor, searched in dirs (NULL-terminated; first hit counts). In the box it is
 * data_dir/name, or its own host path when keep_path. name may be a glob when keep_path. */
struct monitor_file {
	const char *name;
	const char *const *dirs;
	bool keep_path;
	bool optional;
	unsigned archs; /* hosts that have it: a bit set of 1 << enum arch; 0 = any */
};

struct monitor_ops {
	const char *name; /* "qemu": the value of the hypervisor key */
	unsigned caps;    /* MON_* */

	/* Arrays of two are indexed by enum arch, lists end with NULL. */
	const char *const *binaries[2]; /* names to look up; NULL = the monitor does not exist there */
	const char *const *machines[2]; /* best first; NULL = there is only one, without a name */
	const char *consoles[2];        /* how Linux names the serial console */
	int end[2];                     /* enum machine_end */
	/* This machine type under TCG has no timer against which a Linux kernel could calibrate its TSC: the
	 * guest must be told the frequency. NULL = none is like that. */
	const char *tsc_machine;

	const struct monitor_file *files; /* ends with name == NULL; may be NULL */
	const char *const *firmwares[2];  /* names among files, best first; NULL = the machine's own choice */
	const char *const *env;           /* the monitor's whole environment, KEY=VALUE; NULL = empty */

	/* What the monitor needs besides guest memory and the sizes of kernel and initrd; by enum accel. */
	uint64_t overhead_bytes[3];
	uint64_t overhead_per_vcpu_bytes;

	const struct stop_policy *stop;
	const struct powerdown *powerdown; /* NULL = it has no power button */
	uint32_t max_vcpus;                /* 0 = any number */
	uint64_t memory_step_bytes;        /* guest memory is rounded down to this; 0 = any number of bytes */
	uint64_t max_memory_bytes;         /* a guest never gets more; 0 = as much as there is */
	/* The Solo5 binaries that it runs (enum solo5_target). A kernel with the notes of another target is refused;
	 * SOLO5_NONE = no Solo5 binary runs here. */
	int solo5_target;
	/* The kernel formats (bit set of 1 << enum kernel_format) for which plan needs vm.monitor_version, got by running
	 * the monitor with --version; 0 = never, all = ~0u. */
	unsigned version_formats;
	/* A list of src/sandbox/seccomp; NULL: "monitor", the coarse one for monitors that filter themselves. */
	const char *seccomp_profile;

	/* Does this machine open that file of `files`, now that all about it is decided? NULL = it opens all of them. */
	bool (*opens)(const struct vm_desc *vm, const char *name);
	/* May this machine type start this kernel? NULL = any. */
	bool (*machine_ok)(const char *machine, const struct vm_desc *vm);
	/* Refuses early, in words. */
	int (*check)(const struct vm_desc *vm, struct err *e) _must_check_;
	/* One word per element, argv[0] included. */
	int (*argv)(const struct vm_desc *vm, struct strv *words, struct err *e) _must_check_;
	/* A file that the monitor wants in the box (a JSON configuration). NULL = none. */
	int (*config_file)(const struct vm_desc *vm, struct arena *a, struct guest_file *ret, struct err *e)
		_must_check_;
};

/* Registration: a pointer in a linker section; objects are linked directly, so none is dropped. */
#define MONITOR_REGISTER(ops_)                                                                               \
	static const struct monitor_ops *const ops_##_entry                                                  \
		__attribute__((used, section("urunc_monitors"))) = &(ops_)

const struct monitor_ops *monitor_find(const char *name); /* exact, case counts; NULL if unknown */
/* Walks the registry in name order: *i starts at 0; NULL at the end. */
const struct monitor_ops *monitor_next(size_t *i);

#endif
