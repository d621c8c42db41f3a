/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Router advertisements. They come from the link-local address of the interface, as those of the
 * daemon that usually sends them do, so that hosts take both for the same router's; whatever that
 * one says and we know nothing of (hop limit, timers, MTU) is left unspecified.
 */
#include "kernel/advertise.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct message {
	struct nd_router_advert advert;
	struct nd_opt_prefix_info prefixes[ADVERTISED_MAX];
};

enum {
	PREFIX_UNITS = sizeof(struct nd_opt_prefix_info) / 8,
	HOP_LIMIT = 255 /* hosts take none that may have come from elsewhere */
};

static int open_link(int link)
{
	const int hops = HOP_LIMIT, off = 0;
	_cleanup_close_ int fd =
		socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &link, sizeof(link)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off, sizeof(off)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Both for what is on the link and for autoconfiguration, which is what lifetimes are for. */
static struct nd_opt_prefix_info prefix_make(const struct advertised *advertised)
{
	struct nd_opt_prefix_info option = {
		.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION,
		.nd_opt_pi_len = PREFIX_UNITS,
		.nd_opt_pi_prefix_len = advertised->net.length,
		.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO,
		.nd_opt_pi_valid_time = htonl(advertised->valid_s),
		.nd_opt_pi_preferred_time = htonl(advertised->preferred_s),
	};

	memcpy(&option.nd_opt_pi_prefix, advertised->net.address.bytes,
	       sizeof(option.nd_opt_pi_prefix));
	return option;
}

int advertise(const struct advertisement *advertisement)
{
	_cleanup_close_ int fd = open_link(advertisement->link);
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_scope_id = (uint32_t)advertisement->link };
	struct message message = {
		.advert.nd_ra_type = ND_ROUTER_ADVERT,
		.advert.nd_ra_router_lifetime = htons(advertisement->router_s),
	};
	size_t size =
		offsetof(struct message, prefixes) + advertisement->n * sizeof(message.prefixes[0]);

	if (fd < 0)
		return fd;
	inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
	for (size_t i = 0; i < advertisement->n; i++)
		message.prefixes[i] = prefix_make(&advertisement->v[i]);
	if (sendto(fd, &message, size, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}
