/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talking netlink: one socket asks and is answered, another one listens, so that answers and
 * events never mix. Every dump is read to its end, even when the reader has failed, because the
 * kernel refuses the next one until then. A dump that the kernel marks as interrupted is never
 * taken for the truth. Requests are sent many at a time; the kernel executes them in order during
 * sendmsg(2), so that all answers are there when it returns, and each is matched to its request by
 * sequence number.
 */
#include "kernel/netlink.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	RECEIVE_SIZE = 32 * 1024, /* the most that the kernel puts into one datagram of a dump */
	EVENT_BUFFER = 8 * 1024 * 1024,
	EVENTS_AT_ONCE = 1024 /* other event sources want their turn */
};

int netlink_init(struct netlink *netlink, int bus)
{
	struct netlink opened = { .socket = mnl_socket_open2(bus, SOCK_CLOEXEC) };
	int one = 1, r = 0;

	if (!opened.socket)
		return -errno;
	if (mnl_socket_bind(opened.socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(opened.socket, NETLINK_CAP_ACK, &one, sizeof(one)) < 0 ||
	    (bus == NETLINK_ROUTE &&
	     mnl_socket_setsockopt(opened.socket, NETLINK_GET_STRICT_CHK, &one, sizeof(one)) < 0))
		r = -errno;
	if (r < 0) {
		netlink_done(&opened);
		return r;
	}
	*netlink = opened;
	return 0;
}

void netlink_done(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
}

int netlink_fd(const struct netlink *netlink)
{
	return mnl_socket_get_fd(netlink->socket);
}

int netlink_join(struct netlink *netlink, int group)
{
	int size = EVENT_BUFFER;

	if (setsockopt(netlink_fd(netlink), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		return -errno;
	if (mnl_socket_setsockopt(netlink->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) <
	    0)
		return -errno;
	return 0;
}

int netlink_leave(struct netlink *netlink, int group)
{
	if (mnl_socket_setsockopt(netlink->socket, NETLINK_DROP_MEMBERSHIP, &group, sizeof(group)) <
	    0)
		return -errno;
	return 0;
}

/* Receives one datagram. Its size or a negative errno. */
static ssize_t receive(struct netlink *netlink, void *buffer, int flags)
{
	ssize_t size;

	do
		size = recv(netlink_fd(netlink), buffer, RECEIVE_SIZE, flags | MSG_TRUNC);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	return size > RECEIVE_SIZE ? -EMSGSIZE : size;
}

/* libmnl's own walk takes a length above INT_MAX for a negative one. */
int netlink_each(const void *data, size_t size, netlink_reader reader, void *userdata)
{
	const struct nlmsghdr *message;
	int r = 0;

	for (size_t at = 0; at + sizeof(*message) <= size; at += NLMSG_ALIGN(message->nlmsg_len)) {
		int error;

		message = (const void *)((const char *)data + at);
		if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > size - at)
			break;
		error = reader(message, userdata);
		r = r < 0 ? r : error;
	}
	return r;
}

int netlink_read_events(struct netlink *netlink, netlink_reader reader, void *userdata)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[RECEIVE_SIZE];
	int r = 0, error;

	for (int i = 0; i < EVENTS_AT_ONCE; i++) {
		ssize_t size = receive(netlink, buffer, MSG_DONTWAIT);

		if (size == -EAGAIN)
			break;
		error = size < 0 ? (int)size : netlink_each(buffer, (size_t)size, reader, userdata);
		if (size < 0 && size != -ENOBUFS && size != -EMSGSIZE)
			return error;
		r = r < 0 ? r : error;
	}
	return r == -EMSGSIZE ? -ENOBUFS : r;
}

/* Sends requests that follow each other in order, as one datagram. */
static int transmit(struct netlink *netlink, struct iovec *parts, size_t n)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr datagram = { .msg_name = &kernel,
				   .msg_namelen = sizeof(kernel),
				   .msg_iov = parts,
				   .msg_iovlen = n };
	ssize_t sent;

	do
		sent = sendmsg(netlink_fd(netlink), &datagram, 0);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* The errno of an NLMSG_ERROR or, since Linux 4.18, of the end of a dump. */
static int message_error(const struct nlmsghdr *message)
{
	const int *error = netlink_header(message, sizeof(*error));

	return error && *error < 0 ? *error : 0;
}

struct dump {
	uint32_t sequence;
	netlink_reader reader;
	void *userdata;
	bool finished, interrupted;
};

static int dump_message(const struct nlmsghdr *message, void *userdata)
{
	struct dump *dump = userdata;

	if (message->nlmsg_seq != dump->sequence)
		return 0;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		dump->interrupted = true;
	if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
		dump->finished = true;
		return message_error(message);
	}
	return dump->reader(message, dump->userdata);
}

/* Sends a question, and reads until the end of a dump, or what acknowledges any other. */
static int converse(struct netlink *netlink, struct nlmsghdr *request, uint16_t flags,
		    netlink_reader reader, void *userdata)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[RECEIVE_SIZE];
	struct iovec part = { request, request->nlmsg_len };
	struct dump dump = { ++netlink->sequence, reader, userdata };
	int r;

	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = dump.sequence;
	r = transmit(netlink, &part, 1);
	if (r < 0)
		return r;
	while (!dump.finished) {
		ssize_t size = receive(netlink, buffer, 0);
		int error = size < 0 ? (int)size
				     : netlink_each(buffer, (size_t)size, dump_message, &dump);

		if (size < 0)
			return error;
		r = r < 0 ? r : error;
	}
	return r < 0 ? r : dump.interrupted ? -EAGAIN : 0;
}

int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, netlink_reader reader,
		 void *userdata)
{
	netlink->dumps++;
	return converse(netlink, request, NLM_F_DUMP, reader, userdata);
}

int netlink_ask(struct netlink *netlink, struct nlmsghdr *request, netlink_reader reader,
		void *userdata)
{
	return converse(netlink, request, NLM_F_ACK, reader, userdata);
}

struct nlmsghdr *netlink_batch_add(struct netlink_batch *batch, uint16_t type, uint16_t flags,
				   int *error)
{
	struct netlink_request *request;

	if (batch->n == NETLINK_BATCH_MAX)
		netlink_batch_flush(batch);
	request = &batch->requests[batch->n++];
	memset(request, 0, sizeof(*request));
	request->error = error;
	mnl_nlmsg_put_header(request->bytes);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return &request->header;
}

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ESRCH || error == -EADDRNOTAVAIL || error == -ENODEV;
}

static void request_answered(struct netlink_request *request, int error)
{
	if (is_gone(error) && !(request->header.nlmsg_flags & NLM_F_CREATE))
		error = 0;
	if (*request->error == 0)
		*request->error = error;
	request->error = NULL;
}

static int batch_message(const struct nlmsghdr *message, void *userdata)
{
	struct netlink_batch *batch = userdata;
	uint32_t i = message->nlmsg_seq - batch->requests[0].header.nlmsg_seq;

	if (message->nlmsg_type == NLMSG_ERROR && i < batch->n && batch->requests[i].error)
		request_answered(&batch->requests[i], message_error(message));
	return 0;
}

static int batch_send(struct netlink_batch *batch)
{
	struct iovec parts[NETLINK_BATCH_MAX];

	for (size_t i = 0; i < batch->n; i++) {
		struct nlmsghdr *message = &batch->requests[i].header;

		assert(message->nlmsg_len <= NETLINK_MESSAGE_MAX);
		message->nlmsg_seq = ++batch->netlink->sequence;
		parts[i] = (struct iovec){ message, NLMSG_ALIGN(message->nlmsg_len) };
	}
	batch->netlink->changes += batch->n;
	return transmit(batch->netlink, parts, batch->n);
}

void netlink_batch_flush(struct netlink_batch *batch)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[RECEIVE_SIZE];
	int r;

	if (batch->n == 0)
		return;
	r = batch_send(batch);
	while (r == 0) {
		ssize_t size = receive(batch->netlink, buffer, MSG_DONTWAIT);

		r = size < 0 ? (int)size : netlink_each(buffer, (size_t)size, batch_message, batch);
	}
	for (size_t i = 0; i < batch->n; i++)
		if (batch->requests[i].error)
			request_answered(&batch->requests[i], r == -EAGAIN ? -EIO : r);
	batch->n = 0;
}

const void *netlink_header(const struct nlmsghdr *message, size_t size)
{
	return mnl_nlmsg_get_payload_len(message) < size ? NULL : mnl_nlmsg_get_payload(message);
}
