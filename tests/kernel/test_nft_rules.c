/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule language: the kernel gets from us, expression by expression, what it gets from nft(8)
 * for the same text.
 */
#include "nft_fixture.h"

#include "kernel/netlink.h"
#include "kernel/nft/compile.h"
#include "kernel/nft/nft.h"

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

static const char *const inet_phrases[] = {
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
	"jhash ip saddr mod 7 seed 0x5 vmap @picks",
	"jhash ip saddr . th sport mod 7 seed 0x5 offset 100 vmap @picks",
	"jhash ip saddr & 255.255.255.0 . ip daddr mod 7 seed 0x5 offset 100 vmap @picks",
	"jhash th sport mod 7 seed 5 offset 100 vmap @picks",
	"meta l4proto tcp dnat ip to jhash ip saddr mod 7 seed 0x5 offset 100 map @slots4",
	"meta l4proto tcp dnat ip6 to jhash ip6 saddr . ip6 daddr . tcp dport mod 7 seed 1 offset 100 map @servers6",
	"dnat ip addr to numgen inc mod 3 offset 4096 map @servers4",
	"dnat ip addr to jhash ip saddr mod 7 seed 0x5 offset 100 map @servers4",
	"dnat ip addr to meta mark map @address4",
	"meta l4proto tcp dnat ip to meta mark map @server4",
	"meta l4proto tcp dnat ip to 10.0.0.1:80",
	"meta l4proto tcp dnat ip6 to [fd00::1]:80",
	"dnat ip to 10.0.0.1",
	"dnat ip6 to fd00::1",
	"meta mark set numgen inc mod 7 offset 100 map @marks",
	"meta mark set numgen inc mod 7 offset 100",
	"meta mark set jhash ip saddr mod 7 seed 0x5 offset 100 map @marks",
	"meta mark set jhash ip saddr . ip daddr mod 7 seed 0x5 offset 100",
	"meta mark set ip saddr . th sport . ip daddr . th dport map @conns4 goto other/1-a.b",
	"meta mark set ip6 saddr . th sport . ip6 daddr . th dport map @conns6 accept",
	"meta mark set ct mark map @change",
	"meta mark set meta mark & 0x0000ffff map @change",
	"ct mark set meta mark map @change",
	"meta mark set ip saddr & 255.255.255.0 map @clients4",
	"meta mark & 0x0000ffff vmap @restore",
	"update @conns4 { ip saddr . th sport . ip daddr . th dport timeout 5m : meta mark }",
	"add @clients4 { ip saddr timeout 5m : meta mark }",
	"update @clients4 { ip saddr & 255.255.255.0 timeout 5m : meta mark }",
	"update @clients4 { ip saddr : 5 }",
	"delete @clients4 { ip saddr : meta mark }",
	"update @group4 { ip saddr & 255.255.255.0 . ip daddr . th dport timeout 5m : meta mark }",
	"update @returns4 { ip saddr timeout 5m : ip daddr }",
	"update @returns4 { ip saddr timeout 5m : 10.0.0.1 }",
	"update @seen4 { ip saddr . th sport timeout 10m }",
	"add @sticky4 { ip saddr timeout 1m limit rate over 10/second burst 20 packets } drop",
	"update @sticky4 { ip saddr limit rate over 600/minute } drop",
	"add @counted4 { ip saddr ct count over 5 } drop",
	"limit rate over 10/second drop",
	"limit rate over 10/second burst 20 packets drop",
	"limit rate 10/second burst 20 packets accept",
	"ct count over 10 drop",
	"notrack",
	"ct helper set \"ftp\"",
	"ct label set 0",
	"ct label set 127",
	"ct state new ct label set 40 accept",
	"ct label 1 accept",
	"ct label 127 accept",
	"snat ip6 prefix to 2001:db8:1::/64",
	"ip6 saddr fd00::/48 snat ip6 prefix to 2001:db8:1:8000::/49",
	"snat ip prefix to 10.0.0.0/24",
	"tcp option maxseg size set rt mtu",
	"tcp flags syn tcp option maxseg size set rt mtu",
	"icmpv6 type 133-137 accept",
	"reject with icmp prot-unreachable",
	"reject with icmp port-unreachable",
	"reject with icmpv6 addr-unreachable",
	"reject with icmpv6 port-unreachable",
	"reject with icmpx host-unreachable",
	"ip daddr set 10.0.0.1",
	"ip saddr set 10.0.0.1",
	"ip6 daddr set fd00::1",
	"ip6 saddr set fd00::1",
	"udp dport set 53",
	"tcp sport set 53",
	"sctp dport set 53",
	"ip frag-off set ip frag-off & 0xbfff",
	"ip frag-off set 0",
	"tcp option maxseg size set 1360",
	"tcp flags syn tcp option maxseg size set 1360",
	"@th,64,32 0x01020304 accept",
	"@nh,96,32 & 0xffffff00 == 0x0a000000 accept",
	"icmp type destination-unreachable @th,192,32 0x01020304 accept",
	"ip length 100 accept",
	"ip length 100-200 accept",
	"ip id 5 accept",
	"ip frag-off & 0x1fff != 0 accept",
	"ip frag-off & 0x3fff == 0 accept",
	"ip protocol icmp accept",
	"ip protocol != 17 accept",
	"icmp type echo-request accept",
	"icmp code 4 accept",
	"icmpv6 type packet-too-big accept",
	"icmpv6 type 135 accept",
	"meta length 100 accept",
	"meta length 100-200 accept",
	"meta protocol ip accept",
	"iif 1 accept",
	"ct original ip saddr 10.0.0.1 accept",
	"ct original ip daddr != 10.0.0.0/8 accept",
	"ct reply ip6 daddr fd00::1 accept",
	"meta l4proto tcp ct original proto-dst 80 accept",
	"meta l4proto tcp ct reply proto-src 80 accept",
	"frag more-fragments 1 accept",
	"frag frag-off 0 accept",
	"exthdr frag exists accept",
	"tcp dport 80 accept",
	"udp sport 53-54 accept",
};

/* In a chain at the ingress of lo, whose index is 1. */
static const char *const netdev_phrases[] = {
	"ip saddr 10.0.0.1 accept",
	"ip6 saddr fd00::1 accept",
	"meta protocol ip meta l4proto tcp accept",
	"meta protocol ip ip saddr 10.0.0.1 accept",
	"meta protocol arp accept",
	"icmp type destination-unreachable accept",
	"icmpv6 type packet-too-big accept",
	"ip dscp 46 accept",
	"ip daddr . meta l4proto . th dport vmap @services4",
	"ip6 daddr . meta l4proto . th dport vmap @services6",
	"meta mark set ip saddr . th sport . ip daddr . th dport map @conns4 goto known",
	"meta mark set numgen inc mod 7 offset 100 map @marks",
	"meta mark & 0x0000ffff vmap @restore",
	"update @conns4 { ip saddr . th sport . ip daddr . th dport timeout 5m : meta mark }",
	"tcp flags syn reject with tcp reset",
	"reject with icmp prot-unreachable",
	"reject with icmpv6 port-unreachable",
	"reject with icmpx port-unreachable",
	"ip saddr 10.0.0.1 reject with icmpx port-unreachable",
	"notrack",
	"fwd ip to 10.0.0.1 device \"lo\"",
	"fwd ip6 to fd00::1 device \"lo\"",
	"fwd ip to 10.0.0.1 device 1",
	"fwd ip to meta mark map @address4 device meta mark map @links",
	"fwd ip to meta mark map @address4 device \"lo\"",
	"ip daddr set 10.0.0.1",
	"ip frag-off set ip frag-off & 0xbfff",
	"udp dport set 53",
	"frag more-fragments 1 accept",
	"ip frag-off & 0x1fff != 0 accept",
	"iifname \"lo\" accept",
	"meta length 100-200 accept",
	"limit rate over 10/second drop",
	"counter accept",
};

static const struct table {
	enum nft_table_id id;
	const char *family;
	uint8_t number;
	const char *const *phrases;
	size_t n;
} tables[] = {
	{ NFT_INET, "inet", NFPROTO_INET, inet_phrases, ELEMENTS_OF(inet_phrases) },
	{ NFT_NETDEV, "netdev", NFPROTO_NETDEV, netdev_phrases, ELEMENTS_OF(netdev_phrases) },
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
	"reject with icmp no-route",
	"jhash ip saddr mod 7 vmap @picks",
	"jhash ip saddr mod 7 seed 1",
	"jhash mod 7 seed 1 vmap @picks",
	"jhash ip6 saddr . ip6 daddr . ip6 saddr . th dport mod 7 seed 1 vmap @picks",
	"jhash ip dscp mod 7 seed 1 vmap @picks",
	"meta mark set ip saddr",
	"meta mark set ip saddr map clients4",
	"meta mark set numgen inc mod 7 map",
	"update @clients4 { ip saddr : }",
	"update @clients4 { ip saddr : eth0 }",
	"update @clients6 { ip6 saddr . ip6 daddr . ip6 saddr . th dport : meta mark }",
	"add @sticky4 { ip saddr limit rate over 10 }",
	"add @sticky4 { ip saddr limit rate over 0/second }",
	"add @sticky4 { ip saddr limit rate over 1/fortnight }",
	"limit rate over 10/second burst 5",
	"ct count over",
	"ct helper set ftp",
	"ct helper set \"\"",
	"ct label set 128",
	"ct label set",
	"ct label set eth0",
	"ct label 128",
	"ct label 1-2",
	"snat ip6 prefix to 10.0.0.0/24",
	"snat ip6 prefix to 2001:db8::/129",
	"snat ip6 prefix to",
	"tcp option maxseg size set rt",
	"dnat ip to 10.0.0.1:0",
	"dnat ip to 10.0.0.1:65536",
	"dnat ip6 to fd00::1:80:",
	"dnat ip6 to [fd00::1]",
	"th dport set 53",
	"ip dscp set 46",
	"ip protocol set 6",
	"meta length set 6",
	"ip saddr set fd00::1",
	"ip saddr set ip daddr & 255.0.0.0",
	"@nh,50,1 set 0",
	"@nh,50,1 1 accept",
	"@nh,0,136 1 accept",
	"@lh,0,8 1 accept",
	"@th,64 accept",
	"tcp option maxseg size set 65536",
	"fwd ip to 10.0.0.1",
	"fwd ip to 10.0.0.1 device",
	"fwd ip to 10.0.0.1 nonsense device 1",
	"fwd ip to fd00::1 device 1",
	"fwd to 10.0.0.1 device 1",
	"fwd ip to 10.0.0.1 device 0",
	"socket cgroupv2 level",
	"socket cgroupv2 level 1 -",
};

static void want_sets(struct objects *objects)
{
	want_usual_sets(objects);
	want_set(objects, "hairpin4", "ipv4_addr . ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "counted4", "ipv4_addr", NULL, NFT_SET_IS_DYNAMIC | NFT_SET_IS_COUNTED);
	want_set(objects, "marks", "numgen", "mark", 0);
	want_set(objects, "servers4", "numgen", "ipv4_addr", 0);
	want_set(objects, "servers6", "numgen", "ipv6_addr . inet_service", 0);
	want_set(objects, "server4", "mark", "ipv4_addr . inet_service", 0);
	want_set(objects, "address4", "mark", "ipv4_addr", 0);
	want_set(objects, "links", "mark", "iface_index", 0);
	want_set(objects, "change", "mark", "mark", 0);
	want_set(objects, "conns4", "ipv4_addr . inet_service . ipv4_addr . inet_service", "mark",
		 NFT_SET_IS_DYNAMIC);
	want_set(objects, "conns6", "ipv6_addr . inet_service . ipv6_addr . inet_service", "mark",
		 NFT_SET_IS_DYNAMIC);
	want_set(objects, "clients4", "ipv4_addr", "mark", NFT_SET_IS_DYNAMIC);
	want_set(objects, "group4", "ipv4_addr . ipv4_addr . inet_service", "mark",
		 NFT_SET_IS_DYNAMIC);
	want_set(objects, "returns4", "ipv4_addr", "ipv4_addr", NFT_SET_IS_DYNAMIC);
	want_set(objects, "seen4", "ipv4_addr . inet_service", NULL, NFT_SET_IS_DYNAMIC);
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

/* Leaves out the one word that nft(8) does without. */
static void say(FILE *pipe, const struct table *table, const char *phrase)
{
	static const char ours[] = "dnat ip addr to ";
	const char *at = strstr(phrase, ours);
	int before = at ? (int)(at - phrase) : 0;

	if (at)
		fprintf(pipe, "add rule %s theirs rules %.*sdnat ip to %s\n", table->family, before,
			phrase, at + strlen(ours));
	else
		fprintf(pipe, "add rule %s theirs rules %s\n", table->family, phrase);
}

/* In a copy of our table: nft 1.0.6 takes a map declared by `typeof` in the same file only. */
static void give_to_nft(const struct table *table)
{
	_cleanup_free_ char *command = NULL;
	FILE *pipe;

	assert_true(asprintf(&command,
			     "{ nft list table %s uplinkd | sed '1s/uplinkd/theirs/'; cat; } | "
			     "nft -f -",
			     table->family) > 0);
	pipe = popen(command, "we");
	assert_non_null(pipe);
	for (size_t i = 0; i < table->n; i++)
		say(pipe, table, table->phrases[i]);
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

static struct listing list_rules(uint8_t family, const char *table)
{
	struct listing listing = { .table = table };
	struct netlink netlink;
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	header->nfgen_family = family;
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

static void want_phrases(struct objects *objects, const struct table *table, size_t rules)
{
	objects_done(objects);
	want_table(objects, table->id);
	want_sets(objects);
	want_chain(objects, "rules",
		   table->id == NFT_NETDEV ? "type filter hook ingress device lo priority -300"
					   : NULL);
	want_chain(objects, "other/1-a.b", NULL);
	want_chain(objects, "known", NULL);
	if (table->id == NFT_INET)
		want_helper(objects, "ftp", "ftp", IPPROTO_TCP, AF_UNSPEC);
	for (size_t i = 0; i < rules; i++)
		want_nft(objects, "rules", "%s", table->phrases[i]);
	assert_int_equal(objects_seal(objects), 0);
}

static void compare_with_nft(const struct table *table)
{
	struct objects wanted = { 0 };
	struct listing ours, theirs;

	want_phrases(&wanted, table, 0);
	apply(&wanted);
	give_to_nft(table);
	want_phrases(&wanted, table, table->n);
	apply(&wanted);
	ours = list_rules(table->number, "uplinkd");
	theirs = list_rules(table->number, "theirs");
	assert_int_equal(ours.rules.n, table->n);
	assert_int_equal(theirs.rules.n, table->n);
	for (size_t i = 0; i < table->n; i++)
		if (strcmp(ours.rules.v[i], theirs.rules.v[i]) != 0)
			fail_msg("%s:\n%s\n%s", table->phrases[i], ours.rules.v[i],
				 theirs.rules.v[i]);
	listing_done(&ours);
	listing_done(&theirs);
	objects_done(&wanted);
}

static void compiled_as_by_nft(void **state)
{
	for (size_t i = 0; i < ELEMENTS_OF(tables); i++)
		compare_with_nft(&tables[i]);
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
	assert_int_equal(nft_compile(NFT_INET, "socket cgroupv2 level 2 4711 accept", rule), 0);
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
		if (nft_compile(NFT_INET, refused[i], rule) != -EINVAL)
			fail_msg("taken for a rule: %s", refused[i]);
		nftnl_rule_free(rule);
	}
	assert_int_equal(nft_compile(NFT_NETDEV, "meta nfproto ipv4 accept", NULL), -EINVAL);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(nft_compile(NFT_INET, text, NULL), -EINVAL);
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
