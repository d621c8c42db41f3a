/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IPv4 neighbour answers a request by broadcast (RFC 826). The kernel's own neighbour table has
 * no say: it would believe in a neighbour for long after that is gone.
 *
 * A reply does not tell which request it answers, so that it counts for every check of the target
 * that is under way.
 */
#include "probe/neighbour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/epoll.h>

enum {
	IPV4_SIZE = 4
};

struct arp_packet {
	uint16_t hardware, protocol;
	uint8_t hardware_size, protocol_size;
	uint16_t operation;
	uint8_t sender_mac[ETH_ALEN], sender[IPV4_SIZE], target_mac[ETH_ALEN], target[IPV4_SIZE];
} __attribute__((packed));

struct arp_state {
	struct neighbour_device device;
};

/* Of what arrives only: what leaves may be seen, too. */
static bool is_reply(const struct probe *probe, const struct arp_packet *packet,
		     const struct sockaddr_ll *from)
{
	const struct arp_state *arp = probe->state;

	return from->sll_pkttype != PACKET_OUTGOING && packet->protocol == htons(ETHERTYPE_IP) &&
	       packet->hardware_size == ETH_ALEN && packet->protocol_size == IPV4_SIZE &&
	       packet->operation == htons(ARPOP_REPLY) &&
	       memcmp(packet->sender, probe->spec.target.bytes, IPV4_SIZE) == 0 &&
	       memcmp(packet->target, probe->spec.source.bytes, IPV4_SIZE) == 0 &&
	       memcmp(packet->target_mac, arp->device.mac, ETH_ALEN) == 0;
}

static void answered(struct probe *probe, uint32_t events)
{
	struct sockaddr_ll from = { 0 };
	struct arp_packet packet;
	socklen_t size = sizeof(from);
	ssize_t got =
		recvfrom(probe->fd, &packet, sizeof(packet), 0, (struct sockaddr *)&from, &size);

	if (got < 0 && errno != EAGAIN && errno != EINTR)
		probe_end_error(probe, errno);
	else if (got == sizeof(packet) && is_reply(probe, &packet, &from))
		probe_end(probe, EVIDENCE_GOOD, "arp reply");
}

static int ask(struct probe *probe, int fd)
{
	const struct arp_state *arp = probe->state;
	struct sockaddr_ll everybody = { .sll_family = AF_PACKET,
					 .sll_protocol = htons(ETHERTYPE_ARP),
					 .sll_ifindex = arp->device.index,
					 .sll_halen = ETH_ALEN };
	struct arp_packet packet = { .hardware = htons(ARPHRD_ETHER),
				     .protocol = htons(ETHERTYPE_IP),
				     .hardware_size = ETH_ALEN,
				     .protocol_size = IPV4_SIZE,
				     .operation = htons(ARPOP_REQUEST) };

	memset(everybody.sll_addr, 0xff, ETH_ALEN);
	memcpy(packet.sender_mac, arp->device.mac, ETH_ALEN);
	memcpy(packet.sender, probe->spec.source.bytes, IPV4_SIZE);
	memcpy(packet.target, probe->spec.target.bytes, IPV4_SIZE);
	if (sendto(fd, &packet, sizeof(packet), MSG_NOSIGNAL, (struct sockaddr *)&everybody,
		   sizeof(everybody)) < 0)
		return -errno;
	return 0;
}

static int arp_start(struct probe *probe)
{
	struct arp_state *arp = probe->state;
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETHERTYPE_ARP) };

	if (fd < 0)
		return -errno;
	r = socket_watch(probe, fd, EPOLLIN, answered);
	r = r < 0 ? r : neighbour_device(&probe->spec, fd, &arp->device);
	if (r < 0)
		return neighbour_start_error(probe, r);
	address.sll_ifindex = arp->device.index;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return ask(probe, fd);
}

static const char *arp_error(const struct probe_spec *spec)
{
	return neighbour_error(spec, AF_INET);
}

const struct probe_method probe_arp = {
	.name = "arp",
	.state_size = sizeof(struct arp_state),
	.no_port = true,
	.error = arp_error,
	.start = arp_start,
};
