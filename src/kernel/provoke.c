/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a TCP client speak, so that it learns at once that its connection is gone.
 *
 * Who waits for an answer sends nothing, and a reset counts only with the sequence number that the
 * client expects, which nobody but the server knows. So the service's address sends the client a
 * SYN with ACK. In a connection that stands this is answered with an ACK whatever its numbers
 * (RFC 793, page 71, and RFC 5961, section 4), that ACK tells the number, and the rules answer it
 * with a reset that counts. No other segment with unknown numbers comes through a stateful firewall
 * or a NAT before the client: connection tracking of Linux takes an acknowledged SYN in the
 * direction of the replies for one that is in line with a new attempt of the client, and lets it
 * pass (nf_conntrack_proto_tcp.c, TCP_CONNTRACK_IGNORE). It opens nothing in our own table either,
 * as no connection begins so. A timestamp is there because a connection that uses them has to
 * ignore what has none (RFC 7323, section 3.2); an old one is answered with an ACK as well.
 *
 * The source need not be an address of this box: the sockets write the whole packet. They receive
 * nothing (IPPROTO_RAW).
 */
#include "kernel/provoke.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "kernel/checksum.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum {
	HOPS = 64,
	/* What waits for neighbours that do not answer must not hold up the rest. */
	BUFFER_SIZE = 8 * 1024 * 1024
};

struct segment {
	struct tcphdr header;
	uint8_t options[2]; /* nothing, twice */
	uint8_t timestamp[10];
} __attribute__((packed));

/* A packet of either family: its header ends where the segment begins. */
struct packet {
	union {
		struct ip6_hdr v6;
		struct {
			uint8_t unused[sizeof(struct ip6_hdr) - sizeof(struct iphdr)];
			struct iphdr v4;
		};
	};
	struct segment segment;
} __attribute__((packed));

void provoker_init(struct provoker *provoker)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		provoker->fds[f] = -1;
}

void provoker_done(struct provoker *provoker)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		closep(&provoker->fds[f]);
	provoker_init(provoker);
}

/* The pseudo header's sums are those of its parts, in either family. */
static uint16_t segment_checksum(const struct segment *segment, const struct flow *flow)
{
	size_t size = ip_size(flow->client.family);
	uint32_t sum = checksum_add(0, segment, sizeof(*segment));

	sum = checksum_add(sum, flow->destination.bytes, size);
	sum = checksum_add(sum, flow->client.bytes, size);
	return checksum_close(sum + IPPROTO_TCP + sizeof(*segment));
}

static struct segment segment_make(const struct flow *flow)
{
	struct segment segment = {
		.header = { .source = htons(flow->destination_port),
			    .dest = htons(flow->client_port),
			    .seq = htonl(flow->id),
			    .ack_seq = htonl(~flow->id),
			    .doff = sizeof(segment) / 4,
			    .syn = 1,
			    .ack = 1 },
		.options = { TCPOPT_NOP, TCPOPT_NOP },
		.timestamp = { TCPOPT_TIMESTAMP, TCPOLEN_TIMESTAMP },
	};

	segment.header.check = segment_checksum(&segment, flow);
	return segment;
}

/* The kernel fills in the length, the identification and the checksum of IPv4. */
static size_t packet_make(const struct flow *flow, struct packet *ret)
{
	*ret = (struct packet){ .segment = segment_make(flow) };
	if (flow->client.family == AF_INET6) {
		ret->v6.ip6_flow = htonl(6u << 28);
		ret->v6.ip6_plen = htons(sizeof(ret->segment));
		ret->v6.ip6_nxt = IPPROTO_TCP;
		ret->v6.ip6_hlim = HOPS;
		memcpy(&ret->v6.ip6_src, flow->destination.bytes, sizeof(ret->v6.ip6_src));
		memcpy(&ret->v6.ip6_dst, flow->client.bytes, sizeof(ret->v6.ip6_dst));
		return sizeof(*ret);
	}
	ret->v4 = (struct iphdr){
		.version = 4, .ihl = sizeof(ret->v4) / 4, .ttl = HOPS, .protocol = IPPROTO_TCP
	};
	memcpy(&ret->v4.saddr, flow->destination.bytes, sizeof(ret->v4.saddr));
	memcpy(&ret->v4.daddr, flow->client.bytes, sizeof(ret->v4.daddr));
	return sizeof(ret->v4) + sizeof(ret->segment);
}

static int open_socket(struct provoker *provoker, uint8_t family)
{
	int *fd = &provoker->fds[family_index(family)];
	int size = BUFFER_SIZE;

	if (*fd >= 0)
		return *fd;
	*fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
	if (*fd < 0)
		return -errno;
	if (setsockopt(*fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		log_errno(LOG_DEBUG, -errno, "cannot have a large buffer");
	return *fd;
}

/* Who is behind a line that is dead as well cannot be told, and need not be: a blackhole answers
 * EINVAL, and rules that drop what has no business on a line, EPERM. */
static bool is_unreachable(int error)
{
	return error == EINVAL || error == EPERM || error == ENETUNREACH || error == EHOSTUNREACH;
}

static int send_packet(int fd, const struct packet *packet, size_t size,
		       const struct ip_address *to)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	bool is_v6 = to->family == AF_INET6;
	const uint8_t *start = (const uint8_t *)packet + sizeof(*packet) - size;
	ssize_t sent;

	memcpy(&v4.sin_addr, to->bytes, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, to->bytes, sizeof(v6.sin6_addr));
	sent = is_v6 ? sendto(fd, start, size, 0, (const struct sockaddr *)&v6, sizeof(v6))
		     : sendto(fd, start, size, 0, (const struct sockaddr *)&v4, sizeof(v4));
	return sent < 0 && !is_unreachable(errno) ? -errno : 0;
}

int provoke(struct provoker *provoker, const struct flow *flow, uint32_t mark)
{
	struct packet packet;
	size_t size;
	int fd;

	if (flow->protocol != IPPROTO_TCP)
		return 0;
	fd = open_socket(provoker, flow->client.family);
	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		return -errno;
	size = packet_make(flow, &packet);
	return send_packet(fd, &packet, size, &flow->client);
}
