/* SPDX-License-Identifier: Apache-2.0 */
/* Mewz: a WebAssembly program and its kernel in one file, which knows nothing but its address. */
#include <errno.h>

#include "guests/firmware.h"
#include "guests/guest.h"
#include "guests/networds.h"

#define MIB (1024ull * 1024)
/* The program's linear memory and the kernel's pools are laid out for this much. */
#define LEAST_BYTES (512 * MIB)
#define EXIT_PORT 0x501

static const char *const monitors[] = {"qemu", NULL};
/* It finds its devices by what a BIOS wrote for this one. */
static const char *const machines[] = {"pc", NULL};

static uint64_t min_memory(const struct guest_image *img)
{
	uint64_t kernel = img->kernel_memory_bytes > 0 ? img->kernel_memory_bytes : img->kernel_bytes;

	return kernel > LEAST_BYTES ? kernel : LEAST_BYTES;
}

/* "ip" without "gateway" would leave its network off. */
static int cmdline(const struct app_desc *app, const struct vm_desc *vm, struct strbuf *out, struct err *e)
{
	struct networds w;

	(void)app;
	(void)e;
	if (vm->nics.n > 0 && networds_ipv4(&vm->nics.v[0], &w))
		sb_addf(out, "ip=%s/%u gateway=%s", w.address, w.prefix,
			w.gateway != NULL ? w.gateway : "0.0.0.0");
	return 0;
}

static const struct guest_ops mewz = {
	.name = "mewz",
	.roots = 1u << ROOT_NONE,
	.monitors = monitors,
	.machines = machines,
	.archs = 1u << ARCH_X86_64,
	.max_nics = 1,
	.no_args = true,
	.no_env = true,
	.modern_virtio = true,
	.exit_port = EXIT_PORT,
	.exit_ok = -1,
	.min_memory = min_memory,
	.adjust = firmware_complete,
	.cmdline = cmdline,
};
GUEST_REGISTER(mewz);
