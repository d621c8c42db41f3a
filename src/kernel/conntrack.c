/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection tracking table: read, watched, pruned, and given marks.
 *
 * An entry that is to be changed is named by copying the attributes that the kernel named it with,
 * so that whatever makes an entry unique (zones, ICMP types, a protocol not thought of) is there.
 * Changes go out on a socket of their own while the dump that finds them still runs. An entry that
 * is gone by then needs no change.
 *
 * The kernel keeps no events for connections that began while nobody listened (unless
 * nf_conntrack_events is 1): these end without a word.
 */
#include "kernel/conntrack.h"

#include "kernel/attribute.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <poll.h>

enum {
	TUPLE_MAX = 160,          /* twice what any protocol needs */
	FILTER_PROTOCOL = 1 << 3, /* CTA_FILTER_F_CTA_PROTO_NUM, net/netfilter/nf_internals.h */
	HEAR_MAX = 64,            /* readings of events in a row, as more may come all the time */
	VERSION = 1               /* with 0 a deletion by mark takes no notice of the family
				     (ctnetlink_del_conntrack) */
};

int conntrack_init(struct conntrack *conntrack)
{
	int r = netlink_init(&conntrack->dumps, NETLINK_NETFILTER);

	r = r < 0 ? r : netlink_init(&conntrack->changes, NETLINK_NETFILTER);
	return r < 0 ? r : netlink_init(&conntrack->events, NETLINK_NETFILTER);
}

void conntrack_done(struct conntrack *conntrack)
{
	netlink_done(&conntrack->dumps);
	netlink_done(&conntrack->changes);
	netlink_done(&conntrack->events);
}

static struct nlmsghdr *put_header(struct nlmsghdr *message, uint8_t family)
{
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = family;
	header->version = VERSION;
	return message;
}

static uint16_t message_type(enum cntl_msg_types type)
{
	return (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
}

static void put_mark(struct nlmsghdr *message, uint32_t mark, uint32_t mask)
{
	mnl_attr_put_u32(message, CTA_MARK, htonl(mark));
	mnl_attr_put_u32(message, CTA_MARK_MASK, htonl(mask));
}

/* Of one family; of all: AF_UNSPEC. With a mask only those that have the mark under it. */
struct among {
	uint8_t family;
	uint32_t mark, mask;
};

static int dump(struct conntrack *conntrack, struct among among, netlink_reader reader,
		void *userdata)
{
	uint8_t buffer[NETLINK_MESSAGE_MAX] = { 0 };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = message_type(IPCTNL_MSG_CT_GET);
	put_header(request, among.family);
	if (among.mask)
		put_mark(request, among.mark, among.mask);
	return netlink_dump(&conntrack->dumps, request, reader, userdata);
}

struct each {
	void (*call)(const struct flow *flow, void *userdata);
	void *userdata;
};

static int each_flow(const struct nlmsghdr *message, void *userdata)
{
	struct each *each = userdata;
	struct flow flow;

	if (conntrack_read_flow(message, &flow))
		each->call(&flow, each->userdata);
	return 0;
}

int conntrack_dump(struct conntrack *conntrack, void (*each)(const struct flow *, void *),
		   void *userdata)
{
	struct each call = { each, userdata };

	return dump(conntrack, (struct among){ 0 }, each_flow, &call);
}

int conntrack_dump_mark(struct conntrack *conntrack, uint8_t family, uint32_t mark, uint32_t mask,
			void (*each)(const struct flow *, void *), void *userdata)
{
	struct among among = { .family = family, .mark = mark, .mask = mask };
	struct each call = { each, userdata };

	return dump(conntrack, among, each_flow, &call);
}

/* A walk over the table that changes some of the entries. */
struct sweep {
	struct netlink_batch batch;
	struct among among;
	bool (*match)(const struct flow *flow, void *userdata); /* which to delete */
	void *userdata;
	const struct flow_owner *owners; /* to whom to give the others */
	size_t n;
	uint32_t mask;
	int error; /* first failure of a change */
};

static const struct flow_owner *find_owner(const struct sweep *sweep, const struct flow *flow)
{
	for (size_t i = 0; i < sweep->n; i++)
		if (flow_is_of(flow, &sweep->owners[i].address))
			return &sweep->owners[i];
	return NULL;
}

static void copy_attribute(struct nlmsghdr *message, const struct nlattr *attribute)
{
	if (attribute)
		mnl_attr_put(message, attribute->nla_type, mnl_attr_get_payload_len(attribute),
			     mnl_attr_get_payload(attribute));
}

/* A request about the very entry of `told`, or NULL when it cannot be named: a request to delete
 * that names nothing would delete everything. */
static struct nlmsghdr *entry_request(struct sweep *sweep, const struct nlmsghdr *told,
				      enum cntl_msg_types type)
{
	const struct nlattr *attributes[CTA_MAX + 1], *tuple, *zone;
	struct nlmsghdr *message;
	uint8_t family;

	if (!conntrack_read_attributes(told, &family, attributes))
		return NULL;
	tuple = attributes[CTA_TUPLE_ORIG];
	zone = attributes[CTA_ZONE];
	if (!tuple || mnl_attr_get_len(tuple) > TUPLE_MAX ||
	    (zone && mnl_attr_get_payload_len(zone) != sizeof(uint16_t)))
		return NULL;
	message = netlink_batch_add(&sweep->batch, message_type(type), 0, &sweep->error);
	put_header(message, family);
	copy_attribute(message, tuple);
	copy_attribute(message, zone);
	mnl_attr_put_u32(message, CTA_ID, attribute_u32(attributes[CTA_ID]));
	return message;
}

static int sweep_run(struct conntrack *conntrack, struct sweep *sweep, netlink_reader reader)
{
	int r;

	sweep->batch.netlink = &conntrack->changes;
	r = dump(conntrack, sweep->among, reader, sweep);
	netlink_batch_flush(&sweep->batch);
	return r < 0 ? r : sweep->error;
}

static int delete_entry(const struct nlmsghdr *message, void *userdata)
{
	struct sweep *sweep = userdata;
	struct flow flow;

	if (!conntrack_read_flow(message, &flow) || !sweep->match(&flow, sweep->userdata))
		return 0;
	return entry_request(sweep, message, IPCTNL_MSG_CT_DELETE) ? 0 : -EBADMSG;
}

int conntrack_delete(struct conntrack *conntrack, bool (*match)(const struct flow *, void *),
		     void *userdata)
{
	struct sweep sweep = { .match = match, .userdata = userdata };

	return sweep_run(conntrack, &sweep, delete_entry);
}

/* In one request, when there is nothing to ask about. */
static int delete_all(struct conntrack *conntrack, const struct among *among)
{
	struct netlink_batch batch = { .netlink = &conntrack->changes };
	struct nlmsghdr *message;
	int r = 0;

	message = netlink_batch_add(&batch, message_type(IPCTNL_MSG_CT_DELETE), 0, &r);
	put_header(message, among->family);
	put_mark(message, among->mark, among->mask);
	netlink_batch_flush(&batch);
	return r;
}

/* The tuple says which protocol, the filter that this is all it says. */
static void put_protocol(struct nlmsghdr *message, uint8_t protocol)
{
	struct nlattr *tuple = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
	struct nlattr *part = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);

	mnl_attr_put_u8(message, CTA_PROTO_NUM, protocol);
	mnl_attr_nest_end(message, part);
	mnl_attr_nest_end(message, tuple);
	part = mnl_attr_nest_start(message, CTA_FILTER);
	mnl_attr_put_u32(message, CTA_FILTER_ORIG_FLAGS, FILTER_PROTOCOL);
	mnl_attr_put_u32(message, CTA_FILTER_REPLY_FLAGS, 0);
	mnl_attr_nest_end(message, part);
}

int conntrack_delete_datagrams(struct conntrack *conntrack, uint8_t family, uint32_t mark,
			       uint32_t mask)
{
	struct netlink_batch batch = { .netlink = &conntrack->changes };
	struct nlmsghdr *message;
	int r = 0;

	message = netlink_batch_add(&batch, message_type(IPCTNL_MSG_CT_DELETE), 0, &r);
	put_header(message, family);
	put_mark(message, mark, mask);
	put_protocol(message, IPPROTO_UDP);
	netlink_batch_flush(&batch);
	/* What knows no filter here takes the tuple for that of one entry, and misses its
	 * addresses. */
	return r == -EINVAL ? -EOPNOTSUPP : r;
}

int conntrack_delete_mark(struct conntrack *conntrack, uint8_t family, uint32_t mark, uint32_t mask,
			  bool (*match)(const struct flow *, void *), void *userdata)
{
	struct sweep sweep = { .among = { .family = family, .mark = mark, .mask = mask },
			       .match = match,
			       .userdata = userdata };

	return match ? sweep_run(conntrack, &sweep, delete_entry)
		     : delete_all(conntrack, &sweep.among);
}

static int adopt_entry(const struct nlmsghdr *message, void *userdata)
{
	struct sweep *sweep = userdata;
	const struct flow_owner *owner;
	struct nlmsghdr *request;
	struct flow flow;

	if (!conntrack_read_flow(message, &flow) || flow.mark & sweep->mask)
		return 0;
	owner = find_owner(sweep, &flow);
	if (!owner)
		return 0;
	request = entry_request(sweep, message, IPCTNL_MSG_CT_NEW);
	if (!request)
		return -EBADMSG;
	put_mark(request, owner->mark, sweep->mask);
	return 0;
}

int conntrack_adopt(struct conntrack *conntrack, const struct flow_owner *owners, size_t n,
		    uint32_t mask)
{
	struct sweep sweep = { .owners = owners, .n = n, .mask = mask };

	return sweep_run(conntrack, &sweep, adopt_entry);
}

static const struct {
	int group;
	enum flow_watch from; /* the least watch that needs it */
} watched_groups[] = {
	{ NFNLGRP_CONNTRACK_NEW, FLOW_WATCH_ENDS },
	{ NFNLGRP_CONNTRACK_UPDATE, FLOW_WATCH_EVERYTHING },
	{ NFNLGRP_CONNTRACK_DESTROY, FLOW_WATCH_ENDS },
};

int conntrack_watch(struct conntrack *conntrack, enum flow_watch watch)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS_OF(watched_groups); i++) {
		bool is = conntrack->watch >= watched_groups[i].from;
		bool should = watch >= watched_groups[i].from;

		if (should && !is)
			r = netlink_join(&conntrack->events, watched_groups[i].group);
		else if (is && !should)
			r = netlink_leave(&conntrack->events, watched_groups[i].group);
	}
	if (r == 0)
		conntrack->watch = watch;
	return r;
}

struct watcher {
	const struct conntrack *conntrack;
	const struct kernel_callbacks *callbacks;
};

static enum flow_event message_event(const struct nlmsghdr *message)
{
	if (NFNL_MSG_TYPE(message->nlmsg_type) == IPCTNL_MSG_CT_DELETE)
		return FLOW_END;
	return message->nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL) ? FLOW_NEW : FLOW_UPDATE;
}

static int tell_event(const struct nlmsghdr *message, void *userdata)
{
	const struct watcher *watcher = userdata;
	struct flow flow;

	if (watcher->conntrack->watch && conntrack_read_flow(message, &flow))
		watcher->callbacks->flow(message_event(message), &flow,
					 watcher->callbacks->userdata);
	return 0;
}

int conntrack_read_events(struct conntrack *conntrack, const struct kernel_callbacks *callbacks)
{
	struct watcher watcher = { conntrack, callbacks };
	int r = netlink_read_events(&conntrack->events, tell_event, &watcher);

	if (r != -ENOBUFS)
		return r;
	if (conntrack->watch)
		callbacks->flow(FLOW_LOST, NULL, callbacks->userdata);
	return 0;
}

int conntrack_hear(struct conntrack *conntrack, const struct kernel_callbacks *callbacks)
{
	struct pollfd events = { .fd = netlink_fd(&conntrack->events), .events = POLLIN };
	int r = 0;

	for (int i = 0; i < HEAR_MAX && r == 0 && conntrack->watch && poll(&events, 1, 0) > 0; i++)
		r = conntrack_read_events(conntrack, callbacks);
	return r;
}
