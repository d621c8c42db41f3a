/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/ip.h"

/*
 * Tells the neighbours on a link that `address` is to be found here: gratuitous ARP, or an
 * unsolicited neighbour advertisement. A link without Ethernet addresses has nobody to tell, and
 * that is success.
 */
int announce(int link, const struct ip_address *address);
