/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as a datagram of nftables, read as the answer to each of the dumps in turn, and as the
 * text of a rule.
 */
#include "kernel/netlink.h"
#include "kernel/nft/compile.h"
#include "kernel/nft/read.h"

#include <stdio.h> /* libnftnl's headers need it */

#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_kind(struct nft_reading *reading, uint16_t kind, const void *messages, size_t size)
{
	reading->kind = kind;
	netlink_each(messages, size, nft_read_message, reading);
}

/* As nft_observe() does it. */
static void read_all(const void *messages, size_t size)
{
	struct objects found = { 0 };
	struct nft_reading reading = nft_reading_make(&found);

	read_kind(&reading, NFT_MSG_NEWTABLE, messages, size);
	read_kind(&reading, NFT_MSG_NEWCHAIN, messages, size);
	read_kind(&reading, NFT_MSG_NEWSET, messages, size);
	read_kind(&reading, NFT_MSG_NEWOBJ, messages, size);
	nft_read_definitions(&reading);
	array_foreach(&found.nft_sets, set) {
		reading.set = set;
		read_kind(&reading, NFT_MSG_NEWSETELEM, messages, size);
		nft_read_ranges(&reading);
	}
	read_kind(&reading, NFT_MSG_NEWRULE, messages, size);
	nft_read_finish(&reading);
	nft_reading_done(&reading);
	objects_done(&found);
}

static void compile(enum nft_table_id table, const uint8_t *data, size_t size)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	char *text = strndup((const char *)data, size);

	if (rule && text)
		nft_compile(table, text, rule);
	if (rule)
		nftnl_rule_free(rule);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *messages = malloc(size); /* aligned as a receive buffer is */

	if (messages && size) {
		memcpy(messages, data, size);
		read_all(messages, size);
		compile(NFT_INET, data, size);
		compile(NFT_NETDEV, data, size);
	}
	free(messages);
	return 0;
}
