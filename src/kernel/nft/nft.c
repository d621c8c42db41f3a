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
#include "kernel/nft/nft.h"

#include "base/log.h"
#include "base/time.h"
#include "kernel/attribute.h"
#include "kernel/nft/member.h"
#include "kernel/nft/read.h"
#include "kernel/nft/socket.h"
#include "kernel/nft/text.h"

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
	DUMP_MAX_US = 1000 * 1000, /* no attempt is begun later: there are others to be served */
	REQUEST_MAX = 1024
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
	array_done(&nft->devices);
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

	if (message->nlmsg_pid != listening->own_port && nft_message_table(message) < NFT_TABLE_MAX)
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

int nft_dump(struct nft *nft, uint16_t ask, enum nft_table_id table, const char *within,
	     netlink_reader reader, void *userdata)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[REQUEST_MAX];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | ask;
	header->nfgen_family = nft_table_family(table);
	header->version = NFNETLINK_V0;
	mnl_attr_put_strz(request, NFTA_TABLE_NAME, UPLINKD_TABLE);
	if (within && !mnl_attr_put_strz_check(request, sizeof(buffer),
					       ask == NFT_MSG_GETRULE ? NFTA_RULE_CHAIN
								      : NFTA_SET_ELEM_LIST_SET,
					       within))
		return -ENAMETOOLONG;
	return netlink_dump(&nft->requests, request, reader, userdata);
}

/* NFT_MSG_GET* for NFT_MSG_NEW* of every table that is there; of tables themselves in any case. */
static int dump_kind(struct nft *nft, uint16_t ask, uint16_t kind, struct nft_reading *reading)
{
	int r = 0;

	reading->kind = kind;
	reading->set = NULL;
	for (enum nft_table_id table = 0; r == 0 && table < NFT_TABLE_MAX; table++)
		if (kind == NFT_MSG_NEWTABLE || reading->found->nft_tables[table])
			r = nft_dump(nft, ask, table, NULL, nft_read_message, reading);
	return r;
}

static int dump_elements(struct nft *nft, struct nft_reading *reading)
{
	int r = 0;

	reading->kind = NFT_MSG_NEWSETELEM;
	array_foreach(&reading->found->nft_sets, set) {
		if (r < 0 || set->flags & NFT_SET_IS_DYNAMIC)
			continue;
		reading->set = set;
		r = nft_dump(nft, NFT_MSG_GETSETELEM, set->table, set->name, nft_read_message,
			     reading);
		if (r == 0)
			r = nft_read_ranges(reading);
	}
	return r;
}

static int dump_all(struct nft *nft, struct nft_reading *reading)
{
	int r = dump_kind(nft, NFT_MSG_GETTABLE, NFT_MSG_NEWTABLE, reading);

	if (r == 0)
		r = dump_kind(nft, NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, reading);
	if (r == 0)
		r = dump_kind(nft, NFT_MSG_GETSET, NFT_MSG_NEWSET, reading);
	if (r == 0)
		r = dump_kind(nft, NFT_MSG_GETOBJ, NFT_MSG_NEWOBJ, reading);
	nft_read_definitions(reading);
	if (r == 0)
		r = dump_elements(nft, reading);
	if (r == 0)
		r = dump_kind(nft, NFT_MSG_GETRULE, NFT_MSG_NEWRULE, reading);
	nft_read_finish(reading);
	return r == -ENOENT ? -EAGAIN : r; /* gone since we heard of it */
}

static int remember_device(struct nft *nft, const struct nft_chain *chain)
{
	struct nft_device device = { 0 };
	struct nft_hook hook;

	if (!chain->hook || nft_hook_parse(chain->table, chain->hook, &hook) < 0 || !hook.device[0])
		return 0;
	memcpy(device.name, hook.device, sizeof(device.name));
	device.index = if_nametoindex(hook.device);
	return array_push(&nft->devices, device);
}

int nft_observe(struct nft *nft, struct objects *found)
{
	uint64_t end_us = monotonic_us() + DUMP_MAX_US;
	struct objects fresh = { 0 };
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < DUMP_ATTEMPTS && (i == 0 || monotonic_us() < end_us);
	     i++) {
		struct nft_reading reading = nft_reading_make(&fresh);

		r = dump_all(nft, &reading);
		nft_reading_done(&reading);
	}
	if (r == 0)
		objects_move_nft(found, &fresh);
	objects_done(&fresh);
	if (r < 0)
		return r;
	nft->devices.n = 0;
	array_foreach(&found->nft_chains, chain)
		r = r < 0 ? r : remember_device(nft, chain);
	return r;
}

bool nft_devices_changed(struct nft *nft)
{
	bool changed = false;

	array_foreach(&nft->devices, device) {
		unsigned index = if_nametoindex(device->name);

		changed = changed || index != device->index;
		device->index = index;
	}
	return changed;
}

static void read_error(const struct nlmsghdr *message, struct nft_answers *answers)
{
	const struct nlmsgerr *error = netlink_header(message, sizeof(*error));

	if (!error)
		return;
	if (error->error == 0) {
		answers->acknowledged = true;
		return;
	}
	if (answers->refusal)
		answers->refusal(nft_batch_step(answers->batch, message->nlmsg_seq), error->error,
				 answers->userdata);
	if (answers->error == 0)
		answers->error = error->error;
}

static int answer_message(const struct nlmsghdr *message, void *userdata)
{
	struct nft_answers *answers = userdata;
	size_t step = nft_batch_step(answers->batch, message->nlmsg_seq);

	answers->any = true;
	if (message->nlmsg_type == NLMSG_ERROR)
		read_error(message, answers);
	else if (answers->echo && step != SIZE_MAX)
		answers->echo(step, message, answers->userdata);
	return 0;
}

static int read_answers(struct nft *nft, struct nft_answers *answers)
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

int nft_transact(struct nft *nft, struct nft_batch *batch, struct nft_answers *answers)
{
	int r;

	nft->requests.sequence += (uint32_t)batch->steps.n + 2;
	r = send_batch(nft, batch);
	return r < 0 ? r : read_answers(nft, answers);
}

struct taking {
	struct step *steps;
	size_t n; /* what comes behind is carried over and no step */
};

static void take_handle(size_t i, const struct nlmsghdr *message, void *userdata)
{
	const struct nlattr *attributes[NFTA_RULE_HANDLE + 1];
	const struct taking *taking = userdata;

	if (i >= taking->n || taking->steps[i].kind != OBJECT_NFT_RULE ||
	    message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		return;
	attributes_of_message(message, sizeof(struct nfgenmsg), attributes, NFTA_RULE_HANDLE);
	if (attributes[NFTA_RULE_HANDLE])
		taking->steps[i].handle = attribute_be64(attributes[NFTA_RULE_HANDLE]);
}

/* Which step was not liked. */
static void log_refusal(const struct step *step, int error)
{
	const void *object = step->wanted ? step->wanted : step->found;
	const struct nft_chain *chain = object;
	const struct nft_set *set = object;
	const struct nft_element *element = object;
	const struct nft_rule *rule = object;
	const struct nft_helper *helper = object;

	if (step->kind == OBJECT_NFT_CHAIN)
		log_errno(LOG_DEBUG, error, "nftables refuses chain %s", chain->name);
	else if (step->kind == OBJECT_NFT_SET)
		log_errno(LOG_DEBUG, error, "nftables refuses set %s", set->name);
	else if (step->kind == OBJECT_NFT_HELPER)
		log_errno(LOG_DEBUG, error, "nftables refuses ct helper %s of type %s",
			  helper->name, helper->type);
	else if (step->kind == OBJECT_NFT_ELEMENT)
		log_errno(LOG_DEBUG, error, "nftables refuses elements of %s", element->set);
	else if (step->kind == OBJECT_NFT_RULE)
		log_errno(LOG_DEBUG, error, "nftables refuses rule %u of %s: %s", rule->index,
			  rule->chain, rule->text ? rule->text : "deletion");
	else
		log_errno(LOG_DEBUG, error, "nftables refuses the table");
}

/* The first that is refused is the one: others may fail for want of it. */
static void take_refusal(size_t i, int error, void *userdata)
{
	const struct taking *taking = userdata;

	if (i >= taking->n)
		return;
	for (size_t before = 0; before < i; before++)
		if (taking->steps[before].refused)
			return;
	taking->steps[i].refused = true;
	log_refusal(&taking->steps[i], error);
}

static void make(struct nft_batch *batch, uint32_t sequence, const struct taking *taking,
		 const struct nft_carried *carried)
{
	nft_batch_begin(batch, sequence);
	nft_batch_steps(batch, taking->steps, taking->n);
	nft_carry_put(batch, carried, taking->n);
	nft_batch_end(batch);
}

static int take_steps(struct nft *nft, struct step *steps, size_t n)
{
	struct taking taking = { steps, n };
	struct nft_carried carried = { 0 };
	struct nft_batch batch = { 0 };
	struct nft_answers answers = {
		.batch = &batch, .echo = take_handle, .refusal = take_refusal, .userdata = &taking
	};
	int r = nft_carry_take(nft, steps, n, &carried);

	if (r == 0) {
		make(&batch, nft->requests.sequence + 1, &taking, &carried);
		r = batch.error;
	}
	if (r == 0)
		r = nft_transact(nft, &batch, &answers);
	else if (batch.steps.n)
		take_refusal(batch.steps.v[batch.steps.n - 1], r, &taking);
	nft_batch_done(&batch);
	nft_carried_done(&carried);
	return r;
}

int nft_apply(struct nft *nft, struct step *steps, size_t n)
{
	int r = n ? take_steps(nft, steps, n) : 0;

	if (r < 0)
		log_errno(LOG_DEBUG, r, "nftables transaction failed");
	for (size_t i = 0; i < n; i++) {
		const struct nft_chain *chain = steps[i].wanted;
		bool hooked = r == 0 && steps[i].kind == OBJECT_NFT_CHAIN && chain;

		steps[i].error = r;
		if (hooked && remember_device(nft, chain) < 0)
			return -ENOMEM;
	}
	return r;
}
