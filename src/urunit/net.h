/* SPDX-License-Identifier: Apache-2.0 */
/* The little network set-up that does not wait for the kernel: loopback and a bare default route. */
#ifndef URUNC_URUNIT_NET_H
#define URUNC_URUNIT_NET_H

#include <stddef.h>
#include <stdint.h>

#define UNET_ROUTE_BYTES 36

/* Brings "lo" up; kernels without a network are fine. */
void unet_loopback_up(void);

/* Writes the rtnetlink request "default dev <ifindex>" (IPv4, scope link) to out; returns its size. */
size_t unet_route_request(uint8_t out[UNET_ROUTE_BYTES], uint32_t ifindex);

/* Adds the default route through eth0; failure is told on the console. */
void unet_default_route(void);

#endif
