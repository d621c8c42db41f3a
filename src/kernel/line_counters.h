/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/line.h"
#include "kernel/netlink.h"
#include "kernel/nft/nft.h"

/* See kernel_ops.line_counters. `routing` is a socket of NETLINK_ROUTE. */
int line_counters_read(struct netlink *routing, struct nft *nft, int link, const char *chain,
		       struct line_counters *ret);
