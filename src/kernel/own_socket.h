/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/flow.h"
#include "kernel/netlink.h"

/* See kernel_ops.end_socket for what is promised. */
int own_socket_end(struct netlink *netlink, const struct flow *flow, int link);
