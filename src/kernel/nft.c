/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket side of nftables. Notifications carry the port of who asked for the change, which is
 * how our own are told from those of others. A dump is taken again when the ruleset changed while
 * it was read, be it by a stranger in a table of his own: the kernel cannot tell.
 *
 * A transaction is one datagram, executed while it is sent; all answers wait in the socket when
 * sendto(2) returns. A large one is echoed and announced at as great a length, all at once, so
 * that every buffer must have room for it.
 */
#include "kernel/nft.h"

#include "base/log.h"
#include "kernel/netlink.h"
#include "kernel/nft_batch.h"
#include "kernel/nft_read.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum {
	RECEIVE_BUFFER = 64 * 1024 * 1024, /* a limit; nothing is set aside */
	BATCH_OVERHEAD = 4096,
	DUMP_ATTEMPTS = 16,
	REQUEST_MAX = 1024
};

struct nft {
	struct netlink requests, events;
};

static int set_buffer(struct netlink *netlink, int option, size_t size)
{
	int value = (int)size;

	return setsockopt(netlink_fd(netlink), SOL_SOCKET, option, &value, sizeof(value)) < 0
		       ? -errno
		       : 0;
}

int nft_open(struct nft **ret)
{
	_cleanup_(nft_freep) struct nft *nft = calloc(1, sizeof(*nft));
	int r;

	if (!nft)
		return -ENOMEM;
	r = netlink_init(&nft->events, NETLINK_NETFILTER);
	if (r == 0)
		r = netlink_join(&nft->events, NFNLGRP_NFTABLES);
	if (r == 0)
		r = set_buffer(&nft->events, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	if (r == 0)
		r = netlink_init(&nft->requests, NETLINK_NETFILTER);
	if (r == 0)
		r = set_buffer(&nft->requests, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	if (r == 0)
		*ret = TAKE_PTR(nft);
	return r;
}

void nft_free(struct nft *nft)
{
	if (!nft)
		return;
	netlink_done(&nft->requests);
	netlink_done(&nft->events);
	free(nft);
}

int nft_event_fd(const struct nft *nft)
{
	return netlink_fd(&nft->events);
}

uint64_t nft_changes(const struct nft *nft)
{
	return nft->requests.changes;
}

uint64_t nft_dumps(const struct nft *nft)
{
	return nft->requests.dumps;
}

struct listening {
	uint32_t own_port;
	bool changed;
};

static int event_message(const struct nlmsghdr *message, void *userdata)
{
	struct listening *listening = userdata;

	if (message->nlmsg_pid != listening->own_port && nft_message_is_ours(message))
		listening->changed = true;
	return 0;
}

int nft_read_events(struct nft *nft, bool *ret_changed)
{
	struct listening listening = { .own_port = mnl_socket_get_portid(nft->requests.socket) };
	int r = netlink_read_events(&nft->events, event_message, &listening);

	if (r < 0 && r != -ENOBUFS)
		return r;
	*ret_changed = listening.changed || r == -ENOBUFS;
	return 0;
}

/* Asks for what is in our table, NFT_MSG_GET* for NFT_MSG_NEW*; `set` only for elements. */
static int dump(struct nft *nft, uint16_t ask, uint16_t kind, const struct nft_set *set,
		struct nft_reading *reading)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[REQUEST_MAX];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | ask;
	header->nfgen_family = NFPROTO_INET;
	header->version = NFNETLINK_V0;
	mnl_attr_put_strz(request, NFTA_TABLE_NAME, UPLINKD_TABLE);
	if (set &&
	    !mnl_attr_put_strz_check(request, sizeof(buffer), NFTA_SET_ELEM_LIST_SET, set->name))
		return -ENAMETOOLONG;
	reading->kind = kind;
	reading->set = set;
	return netlink_dump(&nft->requests, request, nft_read_message, reading);
}

static int dump_elements(struct nft *nft, struct nft_reading *reading)
{
	int r = 0;

	array_foreach(&reading->found->nft_sets, set) {
		if (r < 0 || set->flags & NFT_SET_IS_DYNAMIC)
			continue;
		r = dump(nft, NFT_MSG_GETSETELEM, NFT_MSG_NEWSETELEM, set, reading);
		if (r == 0)
			r = nft_read_ranges(reading);
	}
	return r;
}

static int dump_all(struct nft *nft, struct nft_reading *reading)
{
	int r = dump(nft, NFT_MSG_GETTABLE, NFT_MSG_NEWTABLE, NULL, reading);

	if (r < 0 || !reading->found->nft_table)
		return r;
	r = dump(nft, NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, NULL, reading);
	if (r == 0)
		r = dump(nft, NFT_MSG_GETSET, NFT_MSG_NEWSET, NULL, reading);
	nft_read_definitions(reading);
	if (r == 0)
		r = dump_elements(nft, reading);
	if (r == 0)
		r = dump(nft, NFT_MSG_GETRULE, NFT_MSG_NEWRULE, NULL, reading);
	nft_read_finish(reading);
	return r == -ENOENT ? -EAGAIN : r; /* gone since we heard of it */
}

int nft_observe(struct nft *nft, struct objects *found)
{
	int r = -EAGAIN;

	for (int i = 0; i < DUMP_ATTEMPTS && r == -EAGAIN; i++) {
		struct nft_reading reading = nft_reading_make(found);

		r = dump_all(nft, &reading);
		nft_reading_done(&reading);
	}
	return r;
}

/* The answers to a transaction. */
struct answers {
	const struct nft_batch *batch;
	struct step *steps;
	bool any, acknowledged;
	int error;     /* the first one */
	size_t failed; /* the step it is about, or SIZE_MAX */
};

static void read_error(const struct nlmsghdr *message, struct answers *answers)
{
	const struct nlmsgerr *error = netlink_header(message, sizeof(*error));

	if (!error)
		return;
	if (error->error == 0) {
		answers->acknowledged = true;
	} else if (answers->error == 0) {
		answers->error = error->error;
		answers->failed = nft_batch_step(answers->batch, message->nlmsg_seq);
	}
}

static void read_echo(const struct nlmsghdr *message, struct answers *answers)
{
	const struct nlattr *attributes[NFTA_RULE_HANDLE + 1];
	size_t i = nft_batch_step(answers->batch, message->nlmsg_seq);

	netlink_attributes(message, sizeof(struct nfgenmsg), attributes, NFTA_RULE_HANDLE);
	if (i != SIZE_MAX && answers->steps[i].kind == OBJECT_NFT_RULE &&
	    attributes[NFTA_RULE_HANDLE] &&
	    mnl_attr_validate(attributes[NFTA_RULE_HANDLE], MNL_TYPE_U64) == 0)
		answers->steps[i].handle = be64toh(mnl_attr_get_u64(attributes[NFTA_RULE_HANDLE]));
}

static int answer_message(const struct nlmsghdr *message, void *userdata)
{
	struct answers *answers = userdata;

	answers->any = true;
	if (message->nlmsg_type == NLMSG_ERROR)
		read_error(message, answers);
	else if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		read_echo(message, answers);
	return 0;
}

static int read_answers(struct nft *nft, struct answers *answers)
{
	int r = 0;

	do {
		int error;

		answers->any = false;
		error = netlink_read_events(&nft->requests, answer_message, answers);
		r = r < 0 ? r : error;
	} while (answers->any);
	if (answers->error)
		return answers->error;
	return r == 0 && !answers->acknowledged ? -EIO : r;
}

static int send_batch(struct nft *nft, const struct nft_batch *batch)
{
	int r = set_buffer(&nft->requests, SO_SNDBUFFORCE, batch->bytes.n + BATCH_OVERHEAD);

	if (r < 0)
		return r;
	nft->requests.changes += batch->steps.n;
	while (mnl_socket_sendto(nft->requests.socket, batch->bytes.v, batch->bytes.n) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Which step was not liked. */
static void log_refusal(const struct step *step, int error)
{
	const void *object = step->wanted ? step->wanted : step->found;
	const struct nft_chain *chain = object;
	const struct nft_set *set = object;
	const struct nft_element *element = object;
	const struct nft_rule *rule = object;

	if (step->kind == OBJECT_NFT_CHAIN)
		log_errno(LOG_DEBUG, error, "nftables refuses chain %s", chain->name);
	else if (step->kind == OBJECT_NFT_SET)
		log_errno(LOG_DEBUG, error, "nftables refuses set %s", set->name);
	else if (step->kind == OBJECT_NFT_ELEMENT)
		log_errno(LOG_DEBUG, error, "nftables refuses elements of %s", element->set);
	else if (step->kind == OBJECT_NFT_RULE)
		log_errno(LOG_DEBUG, error, "nftables refuses rule %u of %s: %s", rule->index,
			  rule->chain, rule->text ? rule->text : "deletion");
	else
		log_errno(LOG_DEBUG, error, "nftables refuses the table");
}

static int transact(struct nft *nft, struct nft_batch *batch, struct answers *answers)
{
	int r;

	nft->requests.sequence += (uint32_t)batch->steps.n + 2;
	r = send_batch(nft, batch);
	return r < 0 ? r : read_answers(nft, answers);
}

int nft_apply(struct nft *nft, struct step *steps, size_t n)
{
	struct nft_batch batch;
	struct answers answers = { .batch = &batch, .steps = steps, .failed = SIZE_MAX };
	int r;

	if (n == 0)
		return 0;
	r = nft_batch_make(&batch, steps, n, nft->requests.sequence + 1);
	if (r == 0)
		r = transact(nft, &batch, &answers);
	else if (batch.steps.n)
		answers.failed = batch.steps.v[batch.steps.n - 1];
	if (r < 0 && answers.failed < n)
		log_refusal(&steps[answers.failed], r);
	else if (r < 0)
		log_errno(LOG_DEBUG, r, "nftables transaction failed");
	for (size_t i = 0; i < n; i++)
		steps[i].error = r;
	nft_batch_done(&batch);
	return r;
}
