/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Announcements, as whole frames. ARP goes out as a request and as a reply, because some
 * neighbours only believe the one and some only the other (RFC 5227, section 3). The neighbour
 * advertisement (RFC 4861, section 7.2.6) overrides what was known and says whether we route, as
 * an advertisement that denied it would cost us our place as somebody's default router.
 */
#include "kernel/announce.h"

#include "base/cleanup.h"
#include "kernel/checksum.h"
#include "kernel/sysctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct arp_frame {
	struct ether_header ethernet;
	struct ether_arp arp;
} __attribute__((packed));

struct advertisement_frame {
	struct ether_header ethernet;
	struct ip6_hdr ip;
	struct nd_neighbor_advert advert;
	struct nd_opt_hdr option;
	uint8_t mac[ETH_ALEN];
} __attribute__((packed));

enum {
	ADVERTISEMENT_SIZE =
		sizeof(struct advertisement_frame) - offsetof(struct advertisement_frame, advert)
};

/* What the checksum of ICMPv6 covers besides the message (RFC 8200, section 8.1). */
struct pseudo_header {
	struct in6_addr source, destination;
	uint32_t length, next;
};

static const uint8_t everybody[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t all_nodes_mac[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };

static struct ether_header ethernet_make(const uint8_t *to, const uint8_t *from, uint16_t type)
{
	struct ether_header header = { .ether_type = htons(type) };

	memcpy(header.ether_dhost, to, ETH_ALEN);
	memcpy(header.ether_shost, from, ETH_ALEN);
	return header;
}

static int send_frame(int fd, const void *frame, size_t size)
{
	return send(fd, frame, size, 0) < 0 ? -errno : 0;
}

static int announce_arp(int fd, const uint8_t *mac, const struct ip_address *address,
			uint16_t operation)
{
	struct arp_frame frame = {
		.ethernet = ethernet_make(everybody, mac, ETHERTYPE_ARP),
		.arp.ea_hdr = { htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), ETH_ALEN,
				sizeof(struct in_addr), htons(operation) },
	};

	memcpy(frame.arp.arp_sha, mac, ETH_ALEN);
	memcpy(frame.arp.arp_spa, address->bytes, sizeof(frame.arp.arp_spa));
	memcpy(frame.arp.arp_tpa, address->bytes, sizeof(frame.arp.arp_tpa));
	return send_frame(fd, &frame, sizeof(frame));
}

static uint16_t icmp6_checksum(const struct advertisement_frame *frame)
{
	struct pseudo_header pseudo = { frame->ip.ip6_src, frame->ip.ip6_dst,
					htonl(ADVERTISEMENT_SIZE), htonl(IPPROTO_ICMPV6) };
	uint32_t sum = checksum_add(0, &pseudo, sizeof(pseudo));

	sum = checksum_add(sum, (const uint8_t *)frame + sizeof(*frame) - ADVERTISEMENT_SIZE,
			   ADVERTISEMENT_SIZE);
	return checksum_close(sum);
}

static bool is_router(int link)
{
	char name[IFNAMSIZ], path[64 + IFNAMSIZ];

	if (!if_indextoname((unsigned)link, name))
		return false;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/forwarding", name);
	return sysctl_number(path) > 0;
}

static int announce_neighbour(int fd, int link, const uint8_t *mac,
			      const struct ip_address *address)
{
	struct advertisement_frame frame = {
		.ethernet = ethernet_make(all_nodes_mac, mac, ETHERTYPE_IPV6),
		.ip = { .ip6_flow = htonl(6u << 28),
			.ip6_plen = htons(ADVERTISEMENT_SIZE),
			.ip6_nxt = IPPROTO_ICMPV6,
			.ip6_hlim = 255 },
		.advert.nd_na_type = ND_NEIGHBOR_ADVERT,
		.advert.nd_na_flags_reserved =
			ND_NA_FLAG_OVERRIDE | (is_router(link) ? ND_NA_FLAG_ROUTER : 0),
		.option = { ND_OPT_TARGET_LINKADDR, 1 },
	};

	inet_pton(AF_INET6, "ff02::1", &frame.ip.ip6_dst);
	memcpy(&frame.ip.ip6_src, address->bytes, sizeof(frame.ip.ip6_src));
	memcpy(&frame.advert.nd_na_target, address->bytes, sizeof(frame.advert.nd_na_target));
	memcpy(frame.mac, mac, ETH_ALEN);
	frame.advert.nd_na_cksum = icmp6_checksum(&frame);
	return send_frame(fd, &frame, sizeof(frame));
}

/* A socket that sends on the link and receives nothing, and the link's own address. */
static int open_link(int link, struct sockaddr_ll *ret_self)
{
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_ll self = { .sll_family = AF_PACKET, .sll_ifindex = link };
	socklen_t size = sizeof(self);

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&self, &size) < 0)
		return -errno;
	*ret_self = self;
	return TAKE_FD(fd);
}

int announce(int link, const struct ip_address *address)
{
	struct sockaddr_ll self = { 0 };
	_cleanup_close_ int fd = open_link(link, &self);
	int r;

	if (fd < 0)
		return fd;
	if (self.sll_hatype != ARPHRD_ETHER || self.sll_halen != ETH_ALEN)
		return 0;
	if (address->family == AF_INET6)
		return announce_neighbour(fd, link, self.sll_addr, address);
	r = announce_arp(fd, self.sll_addr, address, ARPOP_REQUEST);
	return r < 0 ? r : announce_arp(fd, self.sll_addr, address, ARPOP_REPLY);
}
