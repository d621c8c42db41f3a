/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Echo. A ping socket (net.ipv4.ping_group_range) needs no privilege and is handed its own replies
 * alone; where it is not allowed a raw socket does, which is handed those of every other check of
 * the target, too. So identifier, sequence and a random payload are compared, and what differs is
 * passed over.
 */
#include "base/array.h"
#include "probe/datagram.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/random.h>

enum {
	PADDING = 40 /* to the 56 bytes of payload that ping(8) sends */
};

/* The same for both families but for its type. */
struct echo {
	uint8_t type, code;
	uint16_t checksum, id, sequence;
	uint64_t cookie[2];
	uint8_t padding[PADDING];
};

struct icmp_state {
	struct echo echo;
	bool raw;
};

static uint16_t checksum(const struct echo *echo)
{
	uint16_t words[sizeof(*echo) / 2];
	uint32_t sum = 0;

	memcpy(words, echo, sizeof(words));
	for (size_t i = 0; i < ELEMENTS_OF(words); i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A raw socket is handed nothing but echo replies. */
static int filter(int fd, uint8_t family)
{
	const struct icmp_filter v4 = { ~(1u << ICMP_ECHOREPLY) };
	struct icmp6_filter v6;
	int r;

	ICMP6_FILTER_SETBLOCKALL(&v6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &v6);
	r = family == AF_INET6 ? setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &v6, sizeof(v6))
			       : setsockopt(fd, SOL_RAW, ICMP_FILTER, &v4, sizeof(v4));
	return r < 0 ? -errno : 0;
}

static int icmp_socket(const struct probe_spec *spec, bool *ret_raw)
{
	int protocol = spec->target.family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, r;
	_cleanup_close_ int fd = socket_connect(spec, SOCK_DGRAM, protocol);

	*ret_raw = fd == -EACCES || fd == -EPERM;
	if (!*ret_raw)
		return TAKE_FD(fd);
	fd = socket_connect(spec, SOCK_RAW, protocol);
	if (fd < 0)
		return TAKE_FD(fd);
	r = filter(fd, spec->target.family);
	return r < 0 ? r : TAKE_FD(fd);
}

/* Whether the message is the reply to what was sent. A raw socket gives the IPv4 header, too. */
static bool is_reply(const struct probe *probe, const uint8_t *data, size_t size)
{
	const struct icmp_state *icmp = probe->state;
	bool v6 = probe->spec.target.family == AF_INET6;
	size_t skip = icmp->raw && !v6 && size > 0 ? (data[0] & 0x0fu) * 4u : 0;
	struct echo reply;

	if (size < skip + sizeof(reply))
		return false;
	memcpy(&reply, data + skip, sizeof(reply));
	return reply.type == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) && reply.code == 0 &&
	       (!icmp->raw || reply.id == icmp->echo.id) && reply.sequence == icmp->echo.sequence &&
	       memcmp(reply.cookie, icmp->echo.cookie, sizeof(reply.cookie)) == 0;
}

static void answered(struct probe *probe, uint32_t events)
{
	uint8_t data[256];
	size_t size;

	if (datagram_receive(probe, data, sizeof(data), &size) && is_reply(probe, data, size))
		probe_end(probe, EVIDENCE_GOOD, "echo reply");
}

static int icmp_start(struct probe *probe)
{
	struct icmp_state *icmp = probe->state;
	struct echo *echo = &icmp->echo;
	uint16_t sequence = (uint16_t)(ntohs(echo->sequence) + 1);

	memset(echo, 0, sizeof(*echo));
	if (getrandom(&echo->id, sizeof(echo->id), 0) < 0 ||
	    getrandom(echo->cookie, sizeof(echo->cookie), 0) < 0)
		return -errno;
	echo->type = probe->spec.target.family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	echo->sequence = htons(sequence);
	if (probe->spec.target.family == AF_INET)
		echo->checksum = checksum(echo);
	return datagram_send(probe, icmp_socket(&probe->spec, &icmp->raw), echo, sizeof(*echo),
			     answered);
}

const struct probe_method probe_icmp = {
	.name = "icmp",
	.state_size = sizeof(struct icmp_state),
	.no_port = true,
	.start = icmp_start,
};
