/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks and tags. A hook is written in one form only, with the priority as a number, so that
 * texts can be compared. A tag is a comment in nft's userdata format (type, length, text and its
 * NUL): it survives that a person saves the ruleset and loads it again.
 */
#include "kernel/nft/text.h"

#include "base/array.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HOOKS_MAX = NF_INET_INGRESS + 1
};

static const char *const hooks[NFT_TABLE_MAX][HOOKS_MAX] = {
	[NFT_INET] = {
		[NF_INET_PRE_ROUTING] = "prerouting",   [NF_INET_LOCAL_IN] = "input",
		[NF_INET_FORWARD] = "forward",          [NF_INET_LOCAL_OUT] = "output",
		[NF_INET_POST_ROUTING] = "postrouting", [NF_INET_INGRESS] = "ingress",
	},
	[NFT_NETDEV] = {
		[NF_NETDEV_INGRESS] = "ingress",
		[NF_NETDEV_EGRESS] = "egress",
	},
};

static int hook_number(enum nft_table_id table, const char *name, uint32_t *ret)
{
	for (uint32_t i = 0; i < HOOKS_MAX; i++)
		if (hooks[table][i] && strcmp(hooks[table][i], name) == 0) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

int nft_hook_parse(enum nft_table_id table, const char *text, struct nft_hook *ret)
{
	struct nft_hook hook = { 0 };
	char name[16];
	int used = 0;
	int fields =
		table == NFT_NETDEV
			? sscanf(text, "type %15s hook %15s device %15s priority %" SCNd32 "%n",
				 hook.type, name, hook.device, &hook.priority, &used) -
				  1
			: sscanf(text, "type %15s hook %15s priority %" SCNd32 "%n", hook.type,
				 name, &hook.priority, &used);

	if (fields != 3 || text[used] || hook_number(table, name, &hook.number) < 0)
		return -EINVAL;
	*ret = hook;
	return 0;
}

/* A hook of a device that is gone has none to name, which is no text of ours. */
struct nft_hook_text nft_hook_text(enum nft_table_id table, const struct nft_hook *hook)
{
	const char *name = hook->number < HOOKS_MAX ? hooks[table][hook->number] : NULL;
	struct nft_hook_text ret;

	snprintf(ret.text, sizeof(ret.text), "type %s hook %s%s%s priority %" PRId32, hook->type,
		 name ? name : "?", table == NFT_NETDEV ? " device " : "", hook->device,
		 hook->priority);
	return ret;
}

static const char mark[] = "uplinkd:";

void nft_tag_write(uint64_t tag, uint8_t ret[NFT_TAG_SIZE])
{
	char text[NFT_TAG_SIZE - 2];

	snprintf(text, sizeof(text), "%s%016" PRIx64, mark, tag);
	ret[0] = NFTNL_UDATA_RULE_COMMENT;
	ret[1] = sizeof(text);
	memcpy(ret + 2, text, sizeof(text));
}

static uint64_t tag_of_comment(const uint8_t *comment, size_t size)
{
	char text[NFT_TAG_SIZE - 2];
	const size_t skip = sizeof(mark) - 1;

	if (size != sizeof(text) || memcmp(comment, mark, skip) != 0 || comment[size - 1])
		return 0;
	memcpy(text, comment, size);
	return strspn(text + skip, "0123456789abcdef") == size - skip - 1
		       ? strtoull(text + skip, NULL, 16)
		       : 0;
}

uint64_t nft_tag_read(const void *userdata, size_t size)
{
	const uint8_t *data = userdata;

	while (size >= 2 && size - 2 >= data[1]) {
		if (data[0] == NFTNL_UDATA_RULE_COMMENT)
			return tag_of_comment(data + 2, data[1]);
		size -= 2U + data[1];
		data += 2 + data[1];
	}
	return 0;
}
