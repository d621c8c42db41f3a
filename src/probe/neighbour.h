/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "probe/socket.h"

#include <net/ethernet.h>
#include <stdint.h>

/* What asking a neighbour takes, in either family. */

struct neighbour_device {
	int index;
	uint8_t mac[ETH_ALEN];
};

/*
 * The spec's device, by any socket. -ENODEV: there is none, -EAFNOSUPPORT: it has no neighbours, as
 * it is no Ethernet.
 */
int neighbour_device(const struct probe_spec *spec, int fd, struct neighbour_device *ret);
/* What a method's start() returns for such an error. */
int neighbour_start_error(struct probe *probe, int error);
/* What is wrong with such a spec for this family, see struct probe_method. */
const char *neighbour_error(const struct probe_spec *spec, uint8_t family);
