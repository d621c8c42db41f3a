/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbours that the kernel waits for. It asks for one once a second, and also goes on doing so by
 * the clock of the first question when the carrier has come meanwhile. Deleting the entry would
 * end that, but answers with errors to all packets that wait for it; put back to where nothing has
 * been asked yet (NUD_NONE), it keeps them, and is asked for with the next use (NTF_USE).
 */
#include "kernel/attribute.h"
#include "kernel/rtnl/rtnl.h"

#include <errno.h>
#include <linux/neighbour.h>

static void put_neighbour(struct nlmsghdr *message, int link, const struct ip_address *address,
			  uint8_t flags)
{
	struct ndmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->ndm_family = address->family;
	header->ndm_ifindex = link;
	header->ndm_flags = flags;
	attribute_put_address(message, NDA_DST, address);
}

static int read_state(const struct nlmsghdr *message, void *userdata)
{
	const struct ndmsg *header = netlink_header(message, sizeof(*header));
	uint16_t *state = userdata;

	if (message->nlmsg_type == RTM_NEWNEIGH && header)
		*state = header->ndm_state;
	return 0;
}

static int ask_state(struct netlink *netlink, int link, const struct ip_address *address,
		     uint16_t *ret)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[NETLINK_MESSAGE_MAX];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	int r;

	*ret = NUD_NONE;
	request->nlmsg_type = RTM_GETNEIGH;
	put_neighbour(request, link, address, 0);
	r = netlink_ask(netlink, request, read_state, ret);
	return r == -ENOENT ? 0 : r;
}

int rtnl_ask_neighbour(struct rtnl *rtnl, int link, const struct ip_address *address)
{
	struct netlink_batch batch = { .netlink = &rtnl->requests };
	uint16_t state;
	int r = ask_state(&rtnl->requests, link, address, &state), error = 0;

	if (r < 0 || !(state & (NUD_INCOMPLETE | NUD_FAILED)))
		return r;
	put_neighbour(netlink_batch_add(&batch, RTM_NEWNEIGH, NLM_F_REPLACE, &error), link, address,
		      0);
	put_neighbour(netlink_batch_add(&batch, RTM_NEWNEIGH, 0, &error), link, address, NTF_USE);
	netlink_batch_flush(&batch);
	return error;
}
