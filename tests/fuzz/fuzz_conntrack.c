/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as a datagram of ctnetlink.
 */
#include "kernel/conntrack.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_flow(const struct nlmsghdr *message, void *userdata)
{
	struct flow flow;

	if (conntrack_read_flow(message, &flow) && !ip_is_set(&flow.client))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *message = malloc(size); /* aligned as a receive buffer is */

	if (message && size) {
		memcpy(message, data, size);
		netlink_each(message, size, read_flow, NULL);
	}
	free(message);
	return 0;
}
