/* SPDX-License-Identifier: Apache-2.0 */
/* How a kind of guest wants its machine described. One file per guest registers one of these. */
#ifndef URUNC_GUESTS_GUEST_H
#define URUNC_GUESTS_GUEST_H

#include "common/err.h"
#include "common/str.h"
#include "machine/machine.h"

enum guest_archives {
	ARCHIVES_NONE, /* its initrd is no archive, or none that files can be added to */
	ARCHIVES_MANY, /* one behind the other, each compressed or not */
	ARCHIVES_ONE,  /* an uncompressed newc one; it stops at the first end mark */
};

struct guest_ops {
	const char *name;            /* "linux": the value of the unikernelType key */
	unsigned roots;              /* bit set of 1 << enum root_kind that it can use */
	const char *const *monitors; /* names it can run on, NULL-terminated */
	const char *const *machines; /* machine types it can boot on, NULL-terminated; NULL = any */
	unsigned archs;              /* bit set of 1 << enum arch; 0 = all */
	/* File systems that it can read as its root from a block device, NULL-terminated; NULL = it never looks. */
	const char *const *block_filesystems;
	uint32_t max_vcpus;           /* 0 = any number */
	uint32_t max_disks, max_nics; /* 0 = none */
	bool no_args,
		no_env; /* it cannot be given process.args (rumprun's peers take them) or process.env: a warning */
	bool bare_args;               /* process.args begins with an argument, not with the program's name */
	enum guest_archives archives; /* how it reads what it is given as initrd */
	bool powerdown;               /* hears the monitor's power button */
	bool modern_virtio;           /* struct vm_desc */
	bool rng;                     /* struct vm_desc */
	uint32_t exit_port;           /* struct vm_desc; used on x86-64 only */
	int32_t exit_ok; /* the value written to exit_port that means success; -1: the value is the status */
	/* The least guest memory that can work, from file sizes in img (bytes). NULL = 1 MiB. */
	uint64_t (*min_memory)(const struct guest_image *img);
	/* Devices, names, files for the initrd; runs before cmdline. May be NULL. */
	int (*adjust)(const struct app_desc *, struct vm_desc *, struct arena *, struct err *) _must_check_;
	/* The guest's command line; refuse (never cut) what does not fit. */
	int (*cmdline)(const struct app_desc *, const struct vm_desc *, struct strbuf *, struct err *)
		_must_check_;
	size_t max_cmdline_bytes; /* 0 = no limit known */
	/* Adds a line for each thing that will not reach the guest but need not stop it; runs once, at create. May be NULL. */
	void (*warn)(const struct app_desc *, struct strv *warnings);
	bool sysctls;  /* takes app_desc.sysctls, whatever its init is */
	bool urunit;   /* an init whose path contains "urunit" is ours to replace and to talk to */
	bool tsc_hint; /* takes app_desc.tsc_early_khz; a machine that needs it is offered only then */
};

#define GUEST_REGISTER(ops_)                                                                                 \
	static const struct guest_ops *const ops_##_entry                                                    \
		__attribute__((used, section("urunc_guests"))) = &(ops_)

const struct guest_ops *guest_find(const char *name);
const struct guest_ops *guest_next(size_t *i);

#endif
