/* SPDX-License-Identifier: Apache-2.0 */
/* Masquerading for one tap of the static mode: a table of nf_tables with one chain and one rule. */
#ifndef URUNC_NET_NFT_H
#define URUNC_NET_NFT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define NFT_PREFIX "urunc-"

/* What leaves by `link` from subnet (24 bits, network order) gets the link's address. nf: a NETLINK_NETFILTER socket. */
int nft_masquerade(int nf, const char *table, uint32_t subnet, uint32_t link, struct err *e) _must_check_;
/* A missing table is success, as is a kernel without nf_tables. */
int nft_drop(int nf, const char *table, struct err *e) _must_check_;
/* Copies the name of a table of ours, "" if there is none. */
int nft_any(int nf, char *ret, size_t n, struct err *e) _must_check_;

#endif
