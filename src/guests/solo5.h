/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of guests that were built with Solo5: the binary's manifest names them, and wants every one of them. */
#ifndef URUNC_GUESTS_SOLO5_H
#define URUNC_GUESTS_SOLO5_H

#include "guests/guest.h"

/* Both tenders and the bindings for virtio keep this much. */
#define SOLO5_GUEST_CMDLINE_MAX_BYTES 8191u

/* Gives each disk and network interface of vm the name of a device in vm->solo5, in the manifest's order, the one that
 * app asks for first. Refuses, by names, what is declared and not there, and what is there and not declared; interfaces
 * only once the network is known. A binary that declares no network device at all gets no interface. Without a manifest
 * nothing is done. */
int solo5_name_devices(const struct app_desc *app, struct vm_desc *vm, struct arena *a, struct err *e)
	_must_check_;
/* The binary is loaded at 1 MiB; below it lie what the tender says and the command line. */
uint64_t solo5_min_memory(const struct guest_image *img);

#endif
