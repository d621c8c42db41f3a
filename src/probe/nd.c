/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IPv6 neighbour answers a solicitation by multicast (RFC 4861, sections 4.3, 4.4 and 7): from
 * the source, or for a link-local neighbour from our own link-local address, which the kernel
 * chooses. What has crossed a router (hop limit below 255) is no neighbour's.
 *
 * As with ARP, an advertisement counts for every check of the target that is under way.
 */
#include "probe/neighbour.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/epoll.h>

enum {
	HOPS = 255
};

struct solicitation {
	struct nd_neighbor_solicit header;
	struct nd_opt_hdr option;
	uint8_t mac[ETH_ALEN];
};

static int set_options(int fd)
{
	const int hops = HOPS, on = 1;
	struct icmp6_filter filter;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

static int hop_limit(struct msghdr *message)
{
	int hops = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
		if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&hops, CMSG_DATA(part), sizeof(hops));
	return hops;
}

static void answered(struct probe *probe, uint32_t events)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
	struct nd_neighbor_advert advert = { 0 };
	struct iovec part = { &advert, sizeof(advert) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(probe->fd, &message, 0);

	if (size < 0 && errno != EAGAIN && errno != EINTR)
		probe_end_error(probe, errno);
	else if (size == sizeof(advert) && hop_limit(&message) == HOPS && advert.nd_na_code == 0 &&
		 memcmp(&advert.nd_na_target, probe->spec.target.bytes,
			sizeof(advert.nd_na_target)) == 0)
		probe_end(probe, EVIDENCE_GOOD, "neighbour advertisement");
}

/* ff02::1:ff00:0/104 and the last 24 bits of the target (RFC 4291, section 2.7.1). */
static void multicast_address(const struct probe_spec *spec, int device, struct sockaddr_in6 *ret)
{
	static const uint8_t prefix[13] = { 0xff, 2, [11] = 1, 0xff };

	*ret = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_scope_id = (uint32_t)device };
	memcpy(ret->sin6_addr.s6_addr, prefix, sizeof(prefix));
	memcpy(ret->sin6_addr.s6_addr + sizeof(prefix), spec->target.bytes + sizeof(prefix),
	       sizeof(ret->sin6_addr) - sizeof(prefix));
}

static int ask(struct probe *probe, int fd, const struct neighbour_device *device)
{
	struct solicitation solicitation = {
		.header.nd_ns_type = ND_NEIGHBOR_SOLICIT,
		.option = { ND_OPT_SOURCE_LINKADDR, 1 }, /* of 8 bytes, the MAC address included */
	};
	struct sockaddr_in6 to;

	memcpy(&solicitation.header.nd_ns_target, probe->spec.target.bytes,
	       sizeof(solicitation.header.nd_ns_target));
	memcpy(solicitation.mac, device->mac, sizeof(solicitation.mac));
	multicast_address(&probe->spec, device->index, &to);
	if (sendto(fd, &solicitation, sizeof(solicitation), MSG_NOSIGNAL, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		return -errno;
	return 0;
}

static int nd_start(struct probe *probe)
{
	struct probe_spec spec = probe->spec;
	struct neighbour_device device;
	int fd, r;

	if (ip_is_link_local(&spec.target))
		spec.source = (struct ip_address){ 0 };
	fd = socket_open(&spec, SOCK_RAW, IPPROTO_ICMPV6);
	if (fd < 0)
		return fd;
	r = socket_watch(probe, fd, EPOLLIN, answered);
	r = r < 0 ? r : neighbour_device(&spec, fd, &device);
	if (r < 0)
		return neighbour_start_error(probe, r);
	r = set_options(fd);
	return r < 0 ? r : ask(probe, fd, &device);
}

static const char *nd_error(const struct probe_spec *spec)
{
	return neighbour_error(spec, AF_INET6);
}

const struct probe_method probe_nd = {
	.name = "nd",
	.no_port = true,
	.error = nd_error,
	.start = nd_start,
};
