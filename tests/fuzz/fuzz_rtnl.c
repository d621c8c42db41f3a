/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as a datagram of rtnetlink, read as the answer to a dump in both families and as news.
 */
#include "kernel/rtnl/rtnl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(uint8_t family, const void *message, size_t size)
{
	struct rtnl rtnl = { 0 };
	struct facts facts = { 0 };
	struct objects found = { 0 };
	struct rtnl_reading reading = { &rtnl, family, &facts, &found };

	netlink_each(message, size, rtnl_read, &reading);
	rtnl_done(&rtnl);
	facts_done(&facts);
	objects_done(&found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *message = malloc(size); /* aligned as a receive buffer is */
	unsigned parts = 0;

	if (message && size) {
		memcpy(message, data, size);
		read_as(AF_INET, message, size);
		read_as(AF_INET6, message, size);
		netlink_each(message, size, rtnl_read_event, &parts);
	}
	free(message);
	return 0;
}
