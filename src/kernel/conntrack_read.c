/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ctnetlink says about an entry, as a value. A missing attribute reads as zero: the kernel
 * tells counters only when it counts, and in an update only what has changed.
 */
#include "kernel/attribute.h"
#include "kernel/conntrack.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_sctp.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

enum {
	STATE_UNTOLD = UINT8_MAX
};

/* One direction: addresses in source, destination; ports in host order. */
struct tuple {
	uint8_t protocol;
	struct ip_address source, destination;
	uint16_t source_port, destination_port;
};

static struct tuple read_tuple(const struct nlattr *attribute, uint8_t family)
{
	const struct nlattr *parts[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1],
		*proto[CTA_PROTO_MAX + 1];
	bool v6 = family == AF_INET6;

	attributes_nested(attribute, parts, CTA_TUPLE_MAX);
	attributes_nested(parts[CTA_TUPLE_IP], ip, CTA_IP_MAX);
	attributes_nested(parts[CTA_TUPLE_PROTO], proto, CTA_PROTO_MAX);
	return (struct tuple){
		.protocol = attribute_u8(proto[CTA_PROTO_NUM]),
		.source = attribute_address(ip[v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC], family),
		.destination = attribute_address(ip[v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST], family),
		.source_port = attribute_be16(proto[CTA_PROTO_SRC_PORT]),
		.destination_port = attribute_be16(proto[CTA_PROTO_DST_PORT]),
	};
}

/* The state that its protocol has put the entry into; STATE_UNTOLD where there is none. */
static uint8_t read_state(const struct nlattr *attribute)
{
	const struct nlattr *info[CTA_PROTOINFO_MAX + 1], *tcp[CTA_PROTOINFO_TCP_MAX + 1],
		*sctp[CTA_PROTOINFO_SCTP_MAX + 1];

	attributes_nested(attribute, info, CTA_PROTOINFO_MAX);
	attributes_nested(info[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX);
	attributes_nested(info[CTA_PROTOINFO_SCTP], sctp, CTA_PROTOINFO_SCTP_MAX);
	if (tcp[CTA_PROTOINFO_TCP_STATE])
		return attribute_u8(tcp[CTA_PROTOINFO_TCP_STATE]);
	if (sctp[CTA_PROTOINFO_SCTP_STATE])
		return attribute_u8(sctp[CTA_PROTOINFO_SCTP_STATE]);
	return STATE_UNTOLD;
}

/* As IPVS counts (ip_vs_proto_tcp.c, ip_vs_proto_sctp.c). */
static bool is_active(uint8_t protocol, uint8_t state)
{
	if (protocol == IPPROTO_SCTP)
		return state == SCTP_CONNTRACK_ESTABLISHED;
	if (protocol != IPPROTO_TCP)
		return false;
	return state == TCP_CONNTRACK_SYN_SENT || state == TCP_CONNTRACK_SYN_SENT2 ||
	       state == TCP_CONNTRACK_SYN_RECV || state == TCP_CONNTRACK_ESTABLISHED;
}

static bool is_open(uint8_t protocol, uint8_t state)
{
	return protocol == IPPROTO_TCP && state >= TCP_CONNTRACK_SYN_RECV &&
	       state <= TCP_CONNTRACK_LAST_ACK;
}

/* None without nf_conntrack_acct. */
static void read_counters(const struct nlattr *attribute, enum flow_direction direction,
			  struct flow *flow)
{
	const struct nlattr *counters[CTA_COUNTERS_MAX + 1];

	attributes_nested(attribute, counters, CTA_COUNTERS_MAX);
	flow->packets[direction] = attribute_be64(counters[CTA_COUNTERS_PACKETS]);
	flow->bytes[direction] = attribute_be64(counters[CTA_COUNTERS_BYTES]);
}

static void read_labels(const struct nlattr *attribute, struct flow *flow)
{
	if (attribute && mnl_attr_get_payload_len(attribute) == sizeof(flow->labels))
		memcpy(flow->labels, mnl_attr_get_payload(attribute), sizeof(flow->labels));
}

bool conntrack_read_attributes(const struct nlmsghdr *message, uint8_t *ret_family,
			       const struct nlattr **ret)
{
	const struct nfgenmsg *header = netlink_header(message, sizeof(*header));

	if (!header || NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_CTNETLINK ||
	    (header->nfgen_family != AF_INET && header->nfgen_family != AF_INET6))
		return false;
	*ret_family = header->nfgen_family;
	attributes_of_message(message, sizeof(*header), ret, CTA_MAX);
	return true;
}

static bool has_states(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_SCTP;
}

/* An update of such an entry that does not tell the state tells nothing that is counted. */
bool conntrack_read_flow(const struct nlmsghdr *message, struct flow *ret)
{
	bool ended = NFNL_MSG_TYPE(message->nlmsg_type) == IPCTNL_MSG_CT_DELETE;
	const struct nlattr *attributes[CTA_MAX + 1];
	struct tuple original, reply;
	uint8_t state;
	uint8_t family;

	if (!conntrack_read_attributes(message, &family, attributes))
		return false;
	original = read_tuple(attributes[CTA_TUPLE_ORIG], family);
	reply = read_tuple(attributes[CTA_TUPLE_REPLY], family);
	state = read_state(attributes[CTA_PROTOINFO]);
	if (has_states(original.protocol) && state == STATE_UNTOLD && !ended)
		return false;
	*ret = (struct flow){
		.id = attribute_be32(attributes[CTA_ID]),
		.mark = attribute_be32(attributes[CTA_MARK]),
		.protocol = original.protocol,
		.active = is_active(original.protocol, state),
		.open = is_open(original.protocol, state),
		.state = state == STATE_UNTOLD ? 0 : state,
		.assured = attribute_be32(attributes[CTA_STATUS]) & IPS_ASSURED,
		.timeout_s = attribute_be32(attributes[CTA_TIMEOUT]),
		.client = original.source,
		.destination = original.destination,
		.client_port = original.source_port,
		.destination_port = original.destination_port,
		.server = reply.source,
		.server_port = reply.source_port,
		.seen = reply.destination,
		.seen_port = reply.destination_port,
	};
	read_labels(attributes[CTA_LABELS], ret);
	read_counters(attributes[CTA_COUNTERS_ORIG], FLOW_ORIGINAL, ret);
	read_counters(attributes[CTA_COUNTERS_REPLY], FLOW_REPLY, ret);
	return ip_is_set(&ret->client) && ip_is_set(&ret->seen);
}
