/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends a TCP socket of this box (sock_diag). A socket whose address is gone cannot be reached by
 * any packet, and one whose address lives on, while its line does not, gets no answer to a packet;
 * this is how both learn of it. A kernel may be built without.
 */
#include "kernel/own_socket.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

/* A socket that is bound to a link is found by its index only, and any other by each. */
static struct inet_diag_sockid identity(const struct flow *flow, int link)
{
	struct inet_diag_sockid id = { .idiag_sport = htons(flow->client_port),
				       .idiag_dport = htons(flow->destination_port),
				       .idiag_if = (uint32_t)link,
				       .idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } };
	size_t size = ip_size(flow->client.family);

	memcpy(id.idiag_src, flow->client.bytes, size);
	memcpy(id.idiag_dst, flow->destination.bytes, size);
	return id;
}

int own_socket_end(struct netlink *netlink, const struct flow *flow, int link)
{
	struct inet_diag_req_v2 wanted = { .sdiag_family = flow->client.family,
					   .sdiag_protocol = IPPROTO_TCP,
					   .idiag_states = UINT32_MAX,
					   .id = identity(flow, link) };
	struct netlink_batch batch = { .netlink = netlink };
	struct nlmsghdr *message;
	int r;

	if (!netlink->socket) {
		r = netlink_init(netlink, NETLINK_SOCK_DIAG);
		if (r < 0)
			return r;
	}
	r = 0;
	message = netlink_batch_add(&batch, SOCK_DESTROY, 0, &r);
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof(wanted)), &wanted, sizeof(wanted));
	netlink_batch_flush(&batch);
	return r;
}
