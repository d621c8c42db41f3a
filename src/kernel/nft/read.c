/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says about our tables, as objects. Everything in them is reported, also what
 * others put there, so that the difference removes it; what our texts cannot express gets one that
 * no wanted object has. Left out are only things that go with others: anonymous sets and chains,
 * which belong to a rule, and the elements of dynamic sets, which belong to the packet path; and
 * named objects other than helpers, which do nothing without a rule. Elements are in
 * read_elements.c.
 *
 * Messages of several dumps must be of one generation of the ruleset, which each carries.
 */
#include "kernel/nft/read.h"

#include "kernel/attribute.h"
#include "kernel/netlink.h"
#include "kernel/nft/batch.h"
#include "kernel/nft/text.h"
#include "kernel/nft/types.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define UNKNOWN "?" /* a type that we do not know */

enum {
	ATTRIBUTES_MAX = 31 /* of any message of ours, and some more */
};

struct nft_reading nft_reading_make(struct objects *found)
{
	memset(found->nft_tables, 0, sizeof(found->nft_tables));
	found->nft_chains.n = 0;
	found->nft_sets.n = 0;
	found->nft_helpers.n = 0;
	found->nft_elements.n = 0;
	found->nft_rules.n = 0;
	arena_done(&found->arena);
	return (struct nft_reading){ .found = found, .generation = -1 };
}

void nft_reading_done(struct nft_reading *reading)
{
	array_done(&reading->bounds);
}

int nft_read_keep(struct nft_reading *reading, const char *text, const char **ret)
{
	const char *copy = text ? arena_strdup(&reading->found->arena, text) : NULL;

	if (!copy)
		return text ? -ENOMEM : -EBADMSG;
	*ret = copy;
	return 0;
}

static int read_table(struct nft_reading *reading, enum nft_table_id table,
		      const struct nlattr **attributes)
{
	reading->found->nft_tables[table] = true;
	reading->dormant[table] =
		attribute_be32(attributes[NFTA_TABLE_FLAGS]) & NFT_TABLE_F_DORMANT;
	return 0;
}

/* A hook that is switched off or drops has another text than any wanted one. */
static int read_hook(struct nft_reading *reading, enum nft_table_id table,
		     const struct nlattr **attributes, const char **ret)
{
	const struct nlattr *where[NFTA_HOOK_MAX + 1];
	const char *type = attribute_string(attributes[NFTA_CHAIN_TYPE]);
	bool drops = attribute_be32(attributes[NFTA_CHAIN_POLICY]) != NF_ACCEPT;
	struct nft_hook hook = { 0 };

	attributes_nested(attributes[NFTA_CHAIN_HOOK], where, NFTA_HOOK_MAX);
	hook.number = attribute_be32(where[NFTA_HOOK_HOOKNUM]);
	hook.priority = (int32_t)attribute_be32(where[NFTA_HOOK_PRIORITY]);
	strncpy(hook.type, type ? type : UNKNOWN, sizeof(hook.type) - 1);
	if (attribute_string(where[NFTA_HOOK_DEV]))
		strncpy(hook.device, attribute_string(where[NFTA_HOOK_DEV]),
			sizeof(hook.device) - 1);
	*ret = arena_printf(&reading->found->arena, "%s%s%s", nft_hook_text(table, &hook).text,
			    drops ? " policy drop" : "", reading->dormant[table] ? " dormant" : "");
	return *ret ? 0 : -ENOMEM;
}

static int read_chain(struct nft_reading *reading, enum nft_table_id table,
		      const struct nlattr **attributes)
{
	struct nft_chain chain = { .table = table };
	int r;

	if (attribute_be32(attributes[NFTA_CHAIN_FLAGS]) & NFT_CHAIN_BINDING)
		return 0;
	r = nft_read_keep(reading, attribute_string(attributes[NFTA_CHAIN_NAME]), &chain.name);
	if (r == 0 && attributes[NFTA_CHAIN_HOOK])
		r = read_hook(reading, table, attributes, &chain.hook);
	return r < 0 ? r : array_push(&reading->found->nft_chains, chain);
}

/* The text of a type, if it is as large as we think it is; verdicts have the kernel's own size. */
static int read_types(struct nft_reading *reading, const struct nlattr *number,
		      const struct nlattr *size, const char *unknown, const char **ret)
{
	struct nft_types types;

	if (nft_types_from_number(attribute_be32(number), &types) < 0 ||
	    (types.size && types.size != attribute_be32(size)))
		return nft_read_keep(reading, unknown, ret);
	return nft_read_keep(reading, nft_types_text(&types).text, ret);
}

static bool is_ours(uint32_t flags)
{
	const uint32_t dynamic = NFT_SET_TIMEOUT | NFT_SET_EVAL;

	return !(flags & ~(NFT_SET_INTERVAL | NFT_SET_MAP | NFT_SET_CONCAT | dynamic)) &&
	       (flags & dynamic) != NFT_SET_TIMEOUT;
}

static int read_set(struct nft_reading *reading, enum nft_table_id table,
		    const struct nlattr **attributes)
{
	uint32_t flags = attribute_be32(attributes[NFTA_SET_FLAGS]);
	struct nft_set set = { .table = table };
	int r;

	if (flags & NFT_SET_ANONYMOUS)
		return 0;
	set.flags |= flags & NFT_SET_INTERVAL ? NFT_SET_IS_INTERVAL : 0;
	if (flags & NFT_SET_EVAL)
		set.flags |=
			NFT_SET_IS_DYNAMIC | (flags & NFT_SET_TIMEOUT ? 0 : NFT_SET_IS_COUNTED);
	r = nft_read_keep(reading, attribute_string(attributes[NFTA_SET_NAME]), &set.name);
	if (r == 0)
		r = read_types(reading, is_ours(flags) ? attributes[NFTA_SET_KEY_TYPE] : NULL,
			       attributes[NFTA_SET_KEY_LEN],
			       flags & NFT_SET_CONCAT ? UNKNOWN NFT_SEPARATOR UNKNOWN : UNKNOWN,
			       &set.key);
	if (r == 0 && flags & NFT_SET_MAP)
		r = read_types(reading, attributes[NFTA_SET_DATA_TYPE],
			       attributes[NFTA_SET_DATA_LEN], UNKNOWN, &set.data);
	return r < 0 ? r : array_push(&reading->found->nft_sets, set);
}

static int read_helper(struct nft_reading *reading, enum nft_table_id table,
		       const struct nlattr **attributes)
{
	const struct nlattr *data[NFTA_CT_HELPER_MAX + 1];
	struct nft_helper helper = { .table = table };
	uint16_t family;
	int r;

	if (attribute_be32(attributes[NFTA_OBJ_TYPE]) != NFT_OBJECT_CT_HELPER)
		return 0;
	attributes_nested(attributes[NFTA_OBJ_DATA], data, NFTA_CT_HELPER_MAX);
	family = attribute_be16(data[NFTA_CT_HELPER_L3PROTO]);
	helper.family = family == NFPROTO_INET ? AF_UNSPEC : (uint8_t)family;
	helper.protocol = attribute_u8(data[NFTA_CT_HELPER_L4PROTO]);
	r = nft_read_keep(reading, attribute_string(attributes[NFTA_OBJ_NAME]), &helper.name);
	if (r == 0)
		r = nft_read_keep(reading, attribute_string(data[NFTA_CT_HELPER_NAME]),
				  &helper.type);
	return r < 0 ? r : array_push(&reading->found->nft_helpers, helper);
}

static const struct nft_chain *find_chain(const struct objects *found, enum nft_table_id table,
					  const char *name)
{
	struct nft_chain key = { .table = table, .name = name };

	return found->nft_chains.n ? bsearch(&key, found->nft_chains.v, found->nft_chains.n,
					     sizeof(key), nft_chain_compare)
				   : NULL;
}

/* The kernel lists chain by chain. */
static int read_rule(struct nft_reading *reading, enum nft_table_id table,
		     const struct nlattr **attributes)
{
	const struct nlattr *userdata = attributes[NFTA_RULE_USERDATA];
	const char *chain = attribute_string(attributes[NFTA_RULE_CHAIN]);
	struct nft_rule rule = { .table = table,
				 .handle = attribute_be64(attributes[NFTA_RULE_HANDLE]) };

	if (!chain)
		return -EBADMSG;
	if (!reading->chain || reading->chain->table != table ||
	    strcmp(reading->chain->name, chain) != 0) {
		reading->chain = find_chain(reading->found, table, chain);
		reading->index = 0;
	}
	if (!reading->chain)
		return 0;
	rule.chain = reading->chain->name;
	rule.index = reading->index++;
	if (userdata)
		rule.tag = nft_tag_read(mnl_attr_get_payload(userdata),
					mnl_attr_get_payload_len(userdata));
	return array_push(&reading->found->nft_rules, rule);
}

static int read_object(struct nft_reading *reading, enum nft_table_id table,
		       const struct nlattr **attributes)
{
	switch (reading->kind) {
	case NFT_MSG_NEWTABLE:
		return read_table(reading, table, attributes);
	case NFT_MSG_NEWCHAIN:
		return read_chain(reading, table, attributes);
	case NFT_MSG_NEWSET:
		return read_set(reading, table, attributes);
	case NFT_MSG_NEWOBJ:
		return read_helper(reading, table, attributes);
	case NFT_MSG_NEWSETELEM:
		return nft_read_elements(reading, table, attributes);
	case NFT_MSG_NEWRULE:
		return read_rule(reading, table, attributes);
	}
	return 0;
}

enum nft_table_id nft_message_table(const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = netlink_header(message, sizeof(*header));
	const struct nlattr *attributes[NFTA_TABLE_NAME + 1];
	enum nft_table_id table = 0;
	const char *name;

	if (!header || NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return NFT_TABLE_MAX;
	attributes_of_message(message, sizeof(*header), attributes, NFTA_TABLE_NAME);
	name = attribute_string(attributes[NFTA_TABLE_NAME]);
	if (!name || strcmp(name, UPLINKD_TABLE) != 0)
		return NFT_TABLE_MAX;
	while (table < NFT_TABLE_MAX && nft_table_family(table) != header->nfgen_family)
		table++;
	return table;
}

int nft_read_message(const struct nlmsghdr *message, void *userdata)
{
	struct nft_reading *reading = userdata;
	const struct nfgenmsg *header = netlink_header(message, sizeof(*header));
	const struct nlattr *attributes[ATTRIBUTES_MAX + 1];
	enum nft_table_id table = nft_message_table(message);

	if (table == NFT_TABLE_MAX || NFNL_MSG_TYPE(message->nlmsg_type) != reading->kind)
		return 0;
	if (reading->generation >= 0 && header->res_id != reading->generation)
		return -EAGAIN;
	reading->generation = header->res_id;
	attributes_of_message(message, sizeof(*header), attributes, ATTRIBUTES_MAX);
	return read_object(reading, table, attributes);
}

/* While others change our table a dump may show an object twice. */
void nft_read_definitions(struct nft_reading *reading)
{
	array_sort(&reading->found->nft_chains, nft_chain_compare);
	array_sort(&reading->found->nft_sets, nft_set_compare);
}

void nft_read_finish(struct nft_reading *reading)
{
	array_sort(&reading->found->nft_helpers, nft_helper_compare);
	array_sort(&reading->found->nft_elements, nft_element_compare);
	array_sort(&reading->found->nft_rules, nft_rule_compare);
}
