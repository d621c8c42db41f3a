/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <libmnl/libmnl.h>
#include <stdint.h>

/* What rtnetlink and ctnetlink share: a socket, dumps, runs of requests, events. */

struct netlink {
	struct mnl_socket *socket;
	uint32_t sequence;
	uint64_t changes, dumps; /* messages sent so far */
};

/* Looks at one message. 0, or a negative errno that is remembered while the rest is read. */
typedef int (*netlink_reader)(const struct nlmsghdr *message, void *userdata);

/* `bus`: NETLINK_ROUTE or NETLINK_NETFILTER. */
int netlink_init(struct netlink *netlink, int bus);
void netlink_done(struct netlink *netlink);
int netlink_fd(const struct netlink *netlink);
/* Subscribing to and leaving a multicast group; the first makes the receive buffer a large one. */
int netlink_join(struct netlink *netlink, int group);
int netlink_leave(struct netlink *netlink, int group);
/*
 * Reads the notifications that have arrived, without waiting. -ENOBUFS, after reading what is
 * left, when some were lost.
 */
int netlink_read_events(struct netlink *netlink, netlink_reader reader, void *userdata);
/*
 * Sends a dump request (the type, family header and attributes are the caller's) and hands every
 * answer to `reader`. -EAGAIN: what is dumped changed meanwhile and the answers may contradict
 * each other.
 */
int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, netlink_reader reader,
		 void *userdata);
/* The same for a question about a single object. */
int netlink_ask(struct netlink *netlink, struct nlmsghdr *request, netlink_reader reader,
		void *userdata);
/* Calls `reader` for each whole message of a buffer. */
int netlink_each(const void *data, size_t size, netlink_reader reader, void *userdata);

enum {
	NETLINK_MESSAGE_MAX = 256,
	NETLINK_BATCH_MAX = 64
};

struct netlink_request {
	int *error;
	union {
		struct nlmsghdr header;
		uint8_t bytes[NETLINK_MESSAGE_MAX];
	};
};

/* Changes on their way: sent together, answered one by one. */
struct netlink_batch {
	struct netlink *netlink;
	size_t n;
	struct netlink_request requests[NETLINK_BATCH_MAX];
};

/*
 * The next request to fill in, at most NETLINK_MESSAGE_MAX bytes; sends what there is when there
 * is no room. *error must be 0 and receives the first failure of the requests it is given to.
 * A request without NLM_F_CREATE is about something that exists: when it is gone, that is success.
 */
struct nlmsghdr *netlink_batch_add(struct netlink_batch *batch, uint16_t type, uint16_t flags,
				   int *error);
/* Sends what is left and waits for the answers. */
void netlink_batch_flush(struct netlink_batch *batch);

/* The fixed part of a message, or NULL when it is shorter than `size`. */
const void *netlink_header(const struct nlmsghdr *message, size_t size);
