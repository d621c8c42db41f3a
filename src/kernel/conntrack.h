/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/kernel.h"
#include "kernel/netlink.h"

/* Connection tracking: ctnetlink. See kernel_ops for what each operation promises. */

struct conntrack {
	struct netlink dumps, changes, events; /* two, since entries change during a dump of them */
	enum flow_watch watch;
};

/* After a failure conntrack_done() too. */
int conntrack_init(struct conntrack *conntrack);
void conntrack_done(struct conntrack *conntrack);
int conntrack_dump(struct conntrack *conntrack, void (*each)(const struct flow *, void *),
		   void *userdata);
int conntrack_dump_mark(struct conntrack *conntrack, uint8_t family, uint32_t mark, uint32_t mask,
			void (*each)(const struct flow *, void *), void *userdata);
int conntrack_delete_mark(struct conntrack *conntrack, uint8_t family, uint32_t mark, uint32_t mask,
			  bool (*match)(const struct flow *, void *), void *userdata);
int conntrack_delete_datagrams(struct conntrack *conntrack, uint8_t family, uint32_t mark,
			       uint32_t mask);
int conntrack_delete(struct conntrack *conntrack, bool (*match)(const struct flow *, void *),
		     void *userdata);
int conntrack_adopt(struct conntrack *conntrack, const struct flow_owner *owners, size_t n,
		    uint32_t mask);
int conntrack_watch(struct conntrack *conntrack, enum flow_watch watch);
int conntrack_read_events(struct conntrack *conntrack, const struct kernel_callbacks *callbacks);
int conntrack_hear(struct conntrack *conntrack, const struct kernel_callbacks *callbacks);

/* For conntrack*.c and the fuzzer. */

/* The attributes of a message about an entry, CTA_MAX + 1 of them; false when it is about something
 * else. */
bool conntrack_read_attributes(const struct nlmsghdr *message, uint8_t *ret_family,
			       const struct nlattr **ret);
/* Whether a message tells a whole flow, and which. */
bool conntrack_read_flow(const struct nlmsghdr *message, struct flow *ret);
