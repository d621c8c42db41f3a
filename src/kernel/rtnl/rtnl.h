/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/facts.h"
#include "intent/line.h"
#include "intent/objects.h"
#include "kernel/netlink.h"
#include "plan/plan.h"

#include <linux/rtnetlink.h>

/* Links, tunnels, addresses, routes and rules: rtnetlink. */

enum {
	RTNL_GONE_MAX = 16
};

struct rtnl {
	struct netlink requests, events;
	struct {
		int link;
		struct line_counters counters;
	} gone[RTNL_GONE_MAX]; /* the last links that went, in turn */
	size_t gone_n;
	/* The kernel (5.18) keeps IFA_PROTO; as long as that is not known, the aliases we added. */
	bool told;
	ARRAY(struct alias_object) untold;
};

/* Subscribes, so that nothing that happens after this is missed. After a failure rtnl_done() too.
 */
int rtnl_init(struct rtnl *rtnl);
void rtnl_done(struct rtnl *rtnl);
/* Adds to *parts (enum kernel_part) what the notifications that arrived make out of date. */
int rtnl_read_events(struct rtnl *rtnl, unsigned *parts);
/* What a link that went had carried, if it is one of the last. 0 or -ENODEV. */
int rtnl_gone(const struct rtnl *rtnl, int link, struct line_counters *ret);
/* As kernel_ops.observe, for links, addresses, routes and rules. */
int rtnl_observe(struct rtnl *rtnl, unsigned parts, struct facts *facts, struct objects *found);
/* Takes steps on tunnels, aliases, routes and rules, in order. 0 or the first error. */
int rtnl_apply(struct rtnl *rtnl, struct step *steps, size_t n);

/* See kernel_ops.ask_neighbour. */
int rtnl_ask_neighbour(struct rtnl *rtnl, int link, const struct ip_address *address);

/* Whether this kernel makes such tunnels, found out by making one. 1, 0 or an error. */
int rtnl_can(struct rtnl *rtnl, enum tunnel_kind kind, uint8_t family);

/* For rtnl_*.c and the fuzzer. */

enum {
	RTNL_DEFAULT_METRIC6 = 1024 /* what the kernel makes of metric 0 in IPv6 */
};

/* Where the messages of a dump go. */
struct rtnl_reading {
	struct rtnl *rtnl;
	uint8_t family; /* others are left out; AF_UNSPEC: any */
	struct facts *facts;
	struct objects *found;
};

/* The netlink_reader of every dump: appends what the message tells. Userdata: rtnl_reading. */
int rtnl_read(const struct nlmsghdr *message, void *userdata);
int rtnl_read_route(const struct nlmsghdr *message, struct rtnl_reading *reading);
/* Appends the link to found->tunnels if it is a tunnel of ours. */
int rtnl_read_tunnel(const struct ifinfomsg *header, const struct nlattr **attributes,
		     struct rtnl_reading *reading);
/* Requests to take a step on a tunnel; its error is the batch's to fill in. */
void rtnl_send_tunnel(struct netlink_batch *batch, struct step *step);
/* The table of a message that has a whole struct rtmsg. */
uint32_t rtnl_route_table(const struct nlmsghdr *message);
/* The netlink_reader of notifications. Userdata: the parts, unsigned. */
int rtnl_read_event(const struct nlmsghdr *message, void *userdata);
