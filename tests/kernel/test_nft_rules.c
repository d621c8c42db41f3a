/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule language: the kernel gets from us, expression by expression, what it gets from nft(8)
 * for the same text.
 */
#include "netns.h"

#include "kernel/netlink.h"
#include "kernel/nft.h"
#include "kernel/nft_compile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cmocka.h>

static const char *const phrases[] = {
	"meta nfproto ipv4 accept",
	"meta nfproto != ipv6 accept",
	"meta l4proto tcp accept",
	"meta l4proto 47 accept",
	"meta l4proto ipv6-icmp accept",
	"meta l4proto != udp accept",
	"meta mark 0x00000100 accept",
	"meta mark & 0x0000ff00 != 0x00000100 accept",
	"meta mark & 0x0000ff00 == 0 accept",
	"meta mark 1-5 accept",
	"meta skuid 108 accept",
	"meta skuid != 108 accept",
	"meta skuid 100-110 accept",
	"meta skgid 5 accept",
	"iifname \"eth0\" accept",
	"iifname eth0 accept",
	"oifname != \"fifteen-letters\" accept",
	"oif 1 accept",
	"oif @line_index accept",
	"oif != @line_index accept",
	"fib daddr oif @line_index accept",
	"fib daddr oif 1 accept",
	"ct state new accept",
	"ct state established,related accept",
	"ct state == new accept",
	"ct state != new accept",
	"ct state invalid drop",
	"ct state untracked drop",
	"ct direction original accept",
	"ct direction != reply accept",
	"ct status dnat accept",
	"ct status snat accept",
	"ct mark 0x00000100 accept",
	"ct mark & 0x0000ff00 == 0x00000100 accept",
	"ct mark & 0x0000ff00 vmap @restore",
	"meta mark & 0x0000ff00 vmap @restore",
	"iifname vmap @from",
	"ip saddr 10.0.0.1 accept",
	"ip saddr != 10.0.0.1 accept",
	"ip saddr 10.0.0.0/8 accept",
	"ip daddr 10.0.0.0/9 accept",
	"ip daddr != 10.0.0.0/9 accept",
	"ip saddr 0.0.0.0/0 accept",
	"ip saddr 10.0.0.1-10.0.0.5 accept",
	"ip saddr != 10.0.0.1-10.0.0.5 accept",
	"ip daddr & 240.0.0.0 == 224.0.0.0 accept",
	"ip saddr @inside4 accept",
	"ip saddr != @inside4 ip daddr @inside4 drop",
	"ip6 saddr fd00::/8 accept",
	"ip6 saddr fd00::1 accept",
	"ip6 daddr fd00::/63 accept",
	"ip6 daddr fd00::1-fd00::9 accept",
	"ip6 daddr & ffc0:: == fe80:: accept",
	"ip6 saddr & ffff:ffff:ffff:ffff:: @sticky6 accept",
	"ip dscp 46 accept",
	"ip dscp != 46 accept",
	"ip6 dscp 46 accept",
	"ip6 dscp 0x3 accept",
	"meta l4proto udp th sport 53 accept",
	"meta l4proto tcp th dport 80 accept",
	"meta l4proto tcp th dport 80-90 accept",
	"meta l4proto tcp th dport != 80-90 accept",
	"tcp flags syn accept",
	"tcp flags & 0x17 == 0x02 accept",
	"tcp flags & 0x17 != 0x02 reject with tcp reset",
	"ct state new tcp flags & 0x17 != 0x02 ip saddr != @inside4 reject with tcp reset",
	"ip saddr 10.0.0.1 meta l4proto tcp ip daddr . meta l4proto . th dport vmap @services4",
	"ip daddr . meta l4proto . th dport vmap @services4",
	"ip6 daddr . meta l4proto . th dport vmap @services6",
	"iifname . ip saddr @routed4 accept",
	"oifname . ip saddr != @routed4 accept",
	"ip saddr . ip daddr @hairpin4 accept",
	"numgen inc mod 4 offset 7 vmap @picks",
	"numgen inc mod 4 vmap @picks",
	"meta mark set meta mark & 0xffff00ff | 0x00000100",
	"meta mark set ct mark & 0x0000ff00",
	"meta mark set ct mark",
	"meta mark set 0x00000100",
	"ct mark set meta mark & 0x0000ff00",
	"ct mark set ct mark & 0xffff00ff | 0x00000100",
	"ct mark set meta mark",
	"ct mark set 7",
	"update @sticky4 { ip saddr timeout 10m }",
	"update @sticky4 { ip saddr }",
	"delete @sticky4 { ip saddr }",
	"update @sticky6 { ip6 saddr & ffff:ffff:ffff:ffff:: timeout 10m }",
	"delete @sticky6 { ip6 saddr & ffff:ffff:ffff:ffff:: }",
	"reject with icmpx no-route",
	"reject with icmpx port-unreachable",
	"reject with icmpx admin-prohibited",
	"reject with tcp reset",
	"counter",
	"counter accept",
	"jump other/1-a.b",
	"goto other/1-a.b",
	"return",
	"drop",
	"meta l4proto tcp dnat ip to numgen inc mod 3 offset 4096 map @slots4",
	"meta l4proto udp dnat ip6 to numgen inc mod 3 offset 4096 map @slots6",
	"snat ip to 10.0.0.1",
	"snat ip6 to fd00::1",
	"snat ip to oifname map @source4",
	"ip saddr @inside4 snat ip to oifname map @source4",
	"masquerade",
	"ct status dnat masquerade",
};

static const char *const refused[] = {
	"nonsense",
	"accept nonsense",
	"jump",
	"meta",
	"meta mark",
	"meta mark set",
	"meta mark set ip saddr",
	"meta mark & 0xff",
	"meta mark 0x100000000",
	"meta mark -1",
	"meta mark 0x",
	"meta mark @",
	"meta mark vmap",
	"meta mark vmap set",
	"meta nfproto ipv4 ip6 saddr fd00::1",
	"meta l4proto udp tcp flags syn",
	"ip saddr 10.0.0.1 ip6 saddr fd00::1",
	"ip saddr fd00::1",
	"ip saddr 10.0.0.0/33",
	"ip saddr 10.0.0.1-",
	"ip6 saddr 10.0.0.0/8",
	"ip dscp 64",
	"ct state nonsense",
	"ct state new,",
	"ct direction 300",
	"th dport 65536",
	"iifname \"\"",
	"iifname sixteen-letters-",
	"iifname . ip saddr accept",
	"iifname . @routed4",
	"ip6 saddr . ip6 daddr . ip6 saddr . ip6 daddr . meta mark @x",
	"numgen inc mod 0 vmap @picks",
	"numgen inc mod 4 map @picks",
	"dnat to 10.0.0.1",
	"dnat ip to fd00::1",
	"dnat ip to numgen inc mod 3 offset 4096 @slots4",
	"snat ip to oifname @source4",
	"update @sticky4 { ip saddr",
	"update sticky4 { ip saddr }",
	"update @sticky4 { ip saddr timeout 10 }",
	"reject",
	"reject with icmpx nonsense",
	"socket cgroupv2 level",
	"socket cgroupv2 level 1 -",
};

static void want_sets(struct objects *objects)
{
	want_set(objects, "services4", "ipv4_addr . inet_proto . inet_service", "verdict", 0);
	want_set(objects, "services6", "ipv6_addr . inet_proto . inet_service", "verdict", 0);
	want_set(objects, "slots4", "numgen", "ipv4_addr . inet_service", 0);
	want_set(objects, "slots6", "numgen", "ipv6_addr . inet_service", 0);
	want_set(objects, "picks", "numgen", "verdict", 0);
	want_set(objects, "from", "ifname", "verdict", 0);
	want_set(objects, "restore", "mark", "verdict", 0);
	want_set(objects, "line_index", "iface_index", NULL, 0);
	want_set(objects, "source4", "ifname", "ipv4_addr", 0);
	want_set(objects, "inside4", "ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "routed4", "ifname . ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "hairpin4", "ipv4_addr . ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "sticky4", "ipv4_addr", NULL, NFT_SET_IS_DYNAMIC);
	want_set(objects, "sticky6", "ipv6_addr", NULL, NFT_SET_IS_DYNAMIC);
}

static void apply(const struct objects *wanted)
{
	_cleanup_(nft_freep) struct nft *nft = NULL;
	struct objects nothing = { 0 };
	struct plan plan;

	assert_int_equal(nft_open(&nft), 0);
	assert_int_equal(plan_diff(&nothing, wanted, &plan), 0);
	assert_int_equal(nft_apply(nft, plan.steps.v, plan.steps.n), 0);
	plan_done(&plan);
}

/* In a copy of our table: nft 1.0.6 takes a map declared by `typeof` in the same file only. */
static void give_to_nft(void)
{
	FILE *pipe = popen("{ nft list table inet uplinkd | sed '1s/uplinkd/theirs/'; cat; } | "
			   "nft -f -",
			   "we");

	assert_non_null(pipe);
	for (size_t i = 0; i < ELEMENTS_OF(phrases); i++)
		fprintf(pipe, "add rule inet theirs rules %s\n", phrases[i]);
	assert_int_equal(pclose(pipe), 0);
}

/* The expressions of a table's rules as text, a rule after the other. */
struct listing {
	const char *table;
	ARRAY(char *) rules;
};

static int print_expression(struct nftnl_expr *expression, void *userdata)
{
	FILE *out = userdata;
	char text[512];

	assert_true(nftnl_expr_snprintf(text, sizeof(text), expression, NFTNL_OUTPUT_DEFAULT, 0) <
		    (int)sizeof(text));
	fprintf(out, "[%s %s]", nftnl_expr_get_str(expression, NFTNL_EXPR_NAME), text);
	return 0;
}

static int list_rule(const struct nlmsghdr *message, void *userdata)
{
	struct listing *listing = userdata;
	struct nftnl_rule *rule = nftnl_rule_alloc();
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(rule);
	assert_non_null(out);
	assert_int_equal(nftnl_rule_nlmsg_parse(message, rule), 0);
	nftnl_expr_foreach(rule, print_expression, out);
	fclose(out);
	if (strcmp(nftnl_rule_get_str(rule, NFTNL_RULE_TABLE), listing->table) == 0)
		assert_int_equal(array_push(&listing->rules, text), 0);
	else
		free(text);
	nftnl_rule_free(rule);
	return 0;
}

static struct listing list_rules(const char *table)
{
	struct listing listing = { .table = table };
	struct netlink netlink;
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	header->nfgen_family = NFPROTO_INET;
	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	assert_int_equal(netlink_init(&netlink, NETLINK_NETFILTER), 0);
	assert_int_equal(netlink_dump(&netlink, request, list_rule, &listing), 0);
	netlink_done(&netlink);
	return listing;
}

static void listing_done(struct listing *listing)
{
	array_foreach(&listing->rules, rule)
		free(*rule);
	array_done(&listing->rules);
}

static void want_table(struct objects *objects, size_t rules)
{
	objects_done(objects);
	objects->nft_table = true;
	want_sets(objects);
	want_chain(objects, "rules", NULL);
	want_chain(objects, "other/1-a.b", NULL);
	for (size_t i = 0; i < rules; i++)
		want_nft(objects, "rules", "%s", phrases[i]);
	assert_int_equal(objects_seal(objects), 0);
}

static void compiled_as_by_nft(void **state)
{
	struct objects wanted = { 0 };
	struct listing ours, theirs;

	want_table(&wanted, 0);
	apply(&wanted);
	give_to_nft();
	want_table(&wanted, ELEMENTS_OF(phrases));
	apply(&wanted);
	ours = list_rules("uplinkd");
	theirs = list_rules("theirs");
	assert_int_equal(ours.rules.n, ELEMENTS_OF(phrases));
	assert_int_equal(theirs.rules.n, ELEMENTS_OF(phrases));
	for (size_t i = 0; i < ELEMENTS_OF(phrases); i++)
		if (strcmp(ours.rules.v[i], theirs.rules.v[i]) != 0)
			fail_msg("%s:\n%s\n%s", phrases[i], ours.rules.v[i], theirs.rules.v[i]);
	listing_done(&ours);
	listing_done(&theirs);
	objects_done(&wanted);
}

/* nft(8) knows control groups by their path only. */
static void cgroup_is_compiled(void **state)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nftnl_expr_iter *all;
	struct nftnl_expr *load, *compare;
	uint64_t id = 4711;
	uint32_t size;

	assert_non_null(rule);
	assert_int_equal(nft_compile("socket cgroupv2 level 2 4711 accept", rule), 0);
	all = nftnl_expr_iter_create(rule);
	load = nftnl_expr_iter_next(all);
	compare = nftnl_expr_iter_next(all);
	assert_int_equal(nftnl_expr_get_u32(load, NFTNL_EXPR_SOCKET_KEY), NFT_SOCKET_CGROUPV2);
	assert_int_equal(nftnl_expr_get_u32(load, NFTNL_EXPR_SOCKET_LEVEL), 2);
	assert_memory_equal(nftnl_expr_get(compare, NFTNL_EXPR_CMP_DATA, &size), &id, sizeof(id));
	assert_int_equal(size, sizeof(id));
	nftnl_expr_iter_destroy(all);
	nftnl_rule_free(rule);
}

static void others_are_refused(void **state)
{
	char text[2048];

	for (size_t i = 0; i < ELEMENTS_OF(refused); i++) {
		struct nftnl_rule *rule = nftnl_rule_alloc();

		assert_non_null(rule);
		if (nft_compile(refused[i], rule) != -EINVAL)
			fail_msg("taken for a rule: %s", refused[i]);
		nftnl_rule_free(rule);
	}
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(nft_compile(text, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiled_as_by_nft),
		cmocka_unit_test(cgroup_is_compiled),
		cmocka_unit_test(others_are_refused),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
