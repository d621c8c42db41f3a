/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our nftables table on a real kernel: what is applied is found again, nft(8) lists it, loads what
 * it listed and that is still the same to us; changes touch what they must; strangers are heard
 * of, and left alone in their own tables.
 */
#include "nft_fixture.h"

#include "base/ip.h"
#include "kernel/nft/nft.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	SETS = 18,
	OBJECTS = 58
};

static void want_again(struct fixture *f)
{
	objects_done(&f->wanted);
	want_table(&f->wanted, NFT_INET);
}

static void key_of_range(struct nft_key *key, const char *interface, const char *address)
{
	struct ip_address ip = address_of(address);

	nft_key_interface(key, interface);
	nft_key_address(key, &ip);
}

static void want_sets(struct objects *objects)
{
	want_usual_sets(objects);
	want_set(objects, "target4", "ipv4_addr", "ipv4_addr . inet_service", 0);
	want_set(objects, "own4", "ifname . ipv4_addr", NULL, 0);
	want_set(objects, "inside6", "ipv6_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "routed6", "ifname . ipv6_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "web/daddr4", "ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
}

static void want_service(struct objects *objects, const char *address, uint16_t port,
			 const char *chain)
{
	struct ip_address vip = address_of(address);
	struct nft_key key = { 0 };

	nft_key_address(&key, &vip);
	nft_key_u8(&key, IPPROTO_TCP);
	nft_key_port(&key, port);
	want_verdict(objects, vip.family == AF_INET6 ? "services6" : "services4", &key, "%s",
		     chain);
}

static void want_slot(struct objects *objects, uint32_t slot, const char *address, uint16_t port)
{
	struct ip_address server = address_of(address);
	struct nft_key key = { 0 }, data = { 0 };

	nft_key_u32(&key, slot);
	nft_key_address(&data, &server);
	nft_key_port(&data, port);
	want_mapped(objects, server.family == AF_INET6 ? "slots6" : "slots4", &key, &data);
}

static void want_named(struct objects *objects, const char *set, const char *interface,
		       const char *chain)
{
	struct nft_key key = { 0 };

	nft_key_interface(&key, interface);
	want_verdict(objects, set, &key, "%s", chain);
}

static void want_numbered(struct objects *objects, const char *set, uint32_t number,
			  const char *chain)
{
	struct nft_key key = { 0 };

	nft_key_u32(&key, number);
	if (chain)
		want_verdict(objects, set, &key, "%s", chain);
	else
		want_member(objects, set, &key);
}

static void want_elements(struct objects *objects)
{
	const struct ip_prefix inside[] = { prefix_of("10.0.0.0/24"),  prefix_of("10.0.1.0/24"),
					    prefix_of("192.0.2.7/32"), prefix_of("240.0.0.0/4"),
					    prefix_of("fd00::/8"),     prefix_of("ff00::/8") };
	struct nft_key first = { 0 }, last = { 0 }, first6 = { 0 }, last6 = { 0 };
	struct nft_key ppp0 = { 0 }, source = { 0 }, own = { 0 };
	struct ip_address address = address_of("198.51.100.7");

	want_service(objects, "203.0.113.5", 80, "service/www");
	want_service(objects, "2001:db8::5", 80, "service/www");
	want_slot(objects, 4096, "172.16.0.2", 80);
	want_slot(objects, 4097, "172.16.0.3", 8000);
	want_slot(objects, 0, "fd00::2", 80);
	want_numbered(objects, "picks", 0, "mark/dsl0");
	want_numbered(objects, "picks", 1, "mark/dsl0");
	want_numbered(objects, "restore", 0x100, "mark/dsl0");
	want_numbered(objects, "line_index", 7, NULL);
	want_named(objects, "from", "ppp0", "mark/dsl0");
	nft_key_interface(&ppp0, "ppp0");
	nft_key_address(&source, &address);
	want_mapped(objects, "source4", &ppp0, &source);
	key_of_range(&own, "ppp0", "198.51.100.7");
	want_member(objects, "own4", &own);
	want_prefixes(objects, "inside4", AF_INET, inside, ELEMENTS_OF(inside));
	want_prefixes(objects, "inside6", AF_INET6, inside, ELEMENTS_OF(inside));
	key_of_range(&first, "ppp0", "198.51.100.0");
	key_of_range(&last, "ppp0", "198.51.100.127");
	want_range(objects, "routed4", &first, &last);
	key_of_range(&first6, "ppp0", "2001:db8::");
	key_of_range(&last6, "ppp0", "2001:db8::ffff:ffff:ffff:ffff");
	want_range(objects, "routed6", &first6, &last6);
}

static void want_rules(struct objects *objects)
{
	want_chain(objects, "mark_pre", "type filter hook prerouting priority -150");
	want_chain(objects, "mark_out", "type route hook output priority -150");
	want_chain(objects, "serve", "type nat hook prerouting priority -100");
	want_chain(objects, "leave", "type nat hook postrouting priority 100");
	want_chain(objects, "egress", "type filter hook postrouting priority 110");
	want_chain(objects, "mark/dsl0", NULL);
	want_chain(objects, "service/www", NULL);
	want_nft(objects, "mark/dsl0", "meta mark set meta mark & 0xffff00ff | 0x00000100");
	want_nft(objects, "mark/dsl0", "update @sticky4 { ip saddr timeout 10m }");
	want_nft(objects, "mark_pre", "iifname vmap @from");
	want_nft(objects, "mark_pre", "ct mark & 0x0000ff00 vmap @restore");
	want_nft(objects, "mark_pre",
		 "ct state new ct direction original fib daddr oif "
		 "@line_index numgen inc mod 2 offset 0 vmap @picks");
	want_nft(objects, "mark_out", "oif @line_index accept");
	want_nft(objects, "serve", "ip daddr . meta l4proto . th dport vmap @services4");
	want_nft(objects, "serve", "ip6 daddr . meta l4proto . th dport vmap @services6");
	want_nft(objects, "service/www",
		 "meta l4proto tcp dnat ip to numgen inc mod 2 offset 4096 map @slots4");
	want_nft(objects, "service/www",
		 "meta l4proto tcp dnat ip6 to numgen inc mod 1 offset 0 map @slots6");
	want_nft(objects, "leave", "ip saddr @inside4 snat ip to oifname map @source4");
	want_nft(objects, "leave", "ct status dnat masquerade");
	want_nft(objects, "egress", "iifname . ip saddr @routed4 accept");
	want_nft(objects, "egress", "oif @line_index oifname . ip saddr != @own4 counter drop");
}

static void want_everything(struct fixture *f)
{
	want_again(f);
	want_sets(&f->wanted);
	want_elements(&f->wanted);
	want_rules(&f->wanted);
}

static void applied_is_found(void **state)
{
	struct fixture *f = *state;
	uint64_t changes;

	want_everything(f);
	assert_int_equal(settle(f), 1 + OBJECTS);
	changes = nft_changes(f->nft);
	assert_int_equal(settle(f), 0);
	assert_int_equal(nft_changes(f->nft), changes);
}

static void reload(void)
{
	run("file=$(mktemp) && trap 'rm -f \"$file\"' EXIT && nft list ruleset > \"$file\" && "
	    "nft flush ruleset && nft -f \"$file\"");
}

static void nft_lists_and_loads(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;

	want_everything(f);
	settle(f);
	before = output_of("nft list ruleset");
	reload();
	after = output_of("nft list ruleset");
	assert_string_equal(before, after);
	assert_non_null(strstr(before, "typeof numgen inc mod 2 : ip daddr . th dport"));
	assert_non_null(strstr(before, "4096 : 172.16.0.2 . 80"));
	assert_non_null(strstr(before, "203.0.113.5 . tcp . 80 : goto service/www"));
	assert_non_null(strstr(before, "10.0.0.0/23, 192.0.2.7,"));
	assert_non_null(strstr(before, "\"ppp0\" . 198.51.100.0/25"));
	assert_int_equal(settle(f), 0);
}

static void element_changes_alone(void **state)
{
	struct fixture *f = *state;

	want_everything(f);
	want_chain(&f->wanted, "other", NULL);
	settle(f);
	array_foreach(&f->wanted.nft_elements, element) {
		if (strcmp(element->set, "slots4") == 0)
			element->data = (const uint8_t *)"\x0a\x00\x00\x09\x00\x50\x00\x00";
		if (strcmp(element->set, "restore") == 0)
			element->chain = "other";
	}
	assert_int_equal(settle(f), 3);
	assert_int_equal(settle(f), 0);
}

/* Every way for one range to become others. */
static void ranges_change(void **state)
{
	static const char *const steps[][3] = {
		{ "10.0.0.0/24" }, { "10.0.0.0/23" },
		{ "10.0.1.0/24" }, { "10.0.1.0/26", "10.0.1.128/25" },
		{ "10.0.0.0/8" },  { "10.0.0.0/16", "10.2.0.0/16", "255.0.0.0/8" },
		{ "0.0.0.0/0" },   { "0.0.0.0/32", "255.255.255.255/32" },
		{ NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS_OF(steps); i++) {
		struct ip_prefix prefixes[3];
		size_t n = 0;

		want_again(f);
		want_set(&f->wanted, "nets", "ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
		while (n < 3 && steps[i][n]) {
			prefixes[n] = prefix_of(steps[i][n]);
			n++;
		}
		want_prefixes(&f->wanted, "nets", AF_INET, prefixes, n);
		assert_int_not_equal(settle(f), 0);
		assert_int_equal(settle(f), 0);
	}
}

static void want_three(struct fixture *f, const char *second)
{
	want_again(f);
	want_chain(&f->wanted, "three", NULL);
	want_nft(&f->wanted, "three", "meta mark 0x00000001 accept");
	if (second)
		want_nft(&f->wanted, "three", "%s", second);
	want_nft(&f->wanted, "three", "meta mark 0x00000003 accept");
}

static void rule_changes_in_place(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *text = NULL;

	want_three(f, "meta mark 0x00000002 accept");
	settle(f);
	want_three(f, "meta mark 0x00000004 drop");
	assert_int_equal(settle(f), 1);
	assert_int_equal(settle(f), 0);
	text = output_of("nft list ruleset | sed -n 's/^\\t\\tmeta mark 0x0000000//p' | "
			 "cut -d ' ' -f 1,2 | tr '\\n' ' '");
	assert_string_equal(text, "1 accept 4 drop 3 accept ");
	want_three(f, NULL);
	assert_int_equal(settle(f), 2);
	assert_int_equal(settle(f), 0);
}

static void strangers_are_removed(void **state)
{
	struct fixture *f = *state;

	want_everything(f);
	settle(f);
	run("nft -f - <<'END'\n"
	    "table inet uplinkd {\n"
	    "	map theirs { type ether_addr : verdict; elements = { 02:00:00:00:00:01 : drop }; }\n"
	    "	map ranges {\n"
	    "		type mark . inet_service : verdict; flags interval, timeout;\n"
	    "		elements = { 1-5 . 80 timeout 1h : goto other };\n"
	    "	}\n"
	    "	map numbers {\n"
	    "		type inet_service : verdict; flags interval;\n"
	    "		elements = { 1-5 : goto other, * : goto mark/dsl0 };\n"
	    "	}\n"
	    "	chain other { }\n"
	    "	chain more {\n"
	    "		type filter hook input priority 7; policy drop;\n"
	    "		tcp dport { 80, 443 } ether saddr vmap @theirs\n"
	    "		meta mark vmap { 1 : accept, 2 : drop }\n"
	    "		meta mark 3 jump {\n"
	    "			counter drop\n"
	    "		}\n"
	    "	}\n"
	    "	chain egress { counter; }\n"
	    "}\n"
	    "END");
	run("nft insert rule inet uplinkd egress ip saddr { 10.0.0.1, 10.0.0.9 } accept");
	run("nft add element inet uplinkd inside4 '{ 172.20.0.0/16 }'");
	run("nft add element inet uplinkd restore '{ 0x9900 : drop }'");
	assert_int_not_equal(settle(f), 0);
	assert_int_equal(settle(f), 0);
}

/* A table put to sleep and a chain that drops are not what is wanted. */
static void definitions_are_restored(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;

	want_everything(f);
	settle(f);
	before = output_of("nft -s list ruleset");
	run("nft 'add table inet uplinkd { flags dormant; }'");
	assert_int_not_equal(settle(f), 0);
	run("nft 'add chain inet uplinkd egress { policy drop; }'");
	assert_int_not_equal(settle(f), 0);
	assert_int_equal(settle(f), 0);
	after = output_of("nft -s list ruleset");
	assert_string_equal(before, after);
}

static void other_tables_stay(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;

	run("nft -f - <<'END'\n"
	    "table ip uplinkd { set s { type ipv4_addr; elements = { 10.0.0.1 }; }; }\n"
	    "table inet other { chain input { type filter hook input priority 0; counter; }; }\n"
	    "END");
	before = output_of("nft list ruleset");
	want_everything(f);
	settle(f);
	objects_done(&f->wanted);
	assert_int_equal(settle(f), 1);
	assert_int_equal(settle(f), 0);
	after = output_of("nft list ruleset");
	assert_string_equal(before, after);
	assert_false(changed_by_others(f));
}

static void others_are_heard(void **state)
{
	static const char *const commands[] = {
		"nft add rule inet uplinkd egress counter",
		"nft add element inet uplinkd line_index '{ 9 }'",
		"nft delete element inet uplinkd inside4 '{ 192.0.2.7 }'",
		"nft flush chain inet uplinkd egress",
		"nft flush ruleset",
	};
	struct fixture *f = *state;

	want_everything(f);
	settle(f);
	assert_false(changed_by_others(f));
	run("nft add table inet other && nft delete table inet other");
	assert_false(changed_by_others(f));
	for (size_t i = 0; i < ELEMENTS_OF(commands); i++) {
		run("%s", commands[i]);
		assert_true(has_events(f));
		assert_true(changed_by_others(f));
		assert_false(changed_by_others(f));
		assert_int_not_equal(settle(f), 0);
		assert_int_equal(settle(f), 0);
		assert_false(changed_by_others(f));
	}
}

/* All or nothing, and the same error everywhere. */
static void failure_leaves_all(void **state)
{
	struct fixture *f = *state;
	struct nft_chain chain = { .name = "new" };
	struct nft_rule rule = { .chain = "absent", .text = "accept" };
	struct step steps[] = {
		{ .kind = OBJECT_NFT_CHAIN, .action = STEP_ADD, .wanted = &chain },
		{ .kind = OBJECT_NFT_RULE, .action = STEP_ADD, .wanted = &rule },
	};

	want_everything(f);
	settle(f);
	assert_int_equal(nft_apply(f->nft, steps, 2), -ENOENT);
	assert_int_equal(steps[0].error, -ENOENT);
	assert_int_equal(steps[1].error, -ENOENT);
	rule.chain = "new";
	rule.text = "nonsense";
	assert_int_equal(nft_apply(f->nft, steps, 2), -EINVAL);
	assert_int_equal(settle(f), 0);
	assert_int_equal(nft_apply(f->nft, steps, 0), 0);
}

/* Elements that fill many messages, and a batch far larger than a socket's usual buffer. */
static void thousands_are_found(void **state)
{
	enum {
		SERVICES = 2000
	};
	struct fixture *f = *state;

	want_again(f);
	want_sets(&f->wanted);
	for (unsigned i = 0; i < SERVICES; i++) {
		char chain[32], address[32];

		snprintf(chain, sizeof(chain), "service/%u", i);
		snprintf(address, sizeof(address), "198.18.%u.%u", i / 250, i % 250);
		want_chain(&f->wanted, chain, NULL);
		want_nft(&f->wanted, chain,
			 "meta l4proto tcp dnat ip to numgen inc mod 2 offset %u map @slots4",
			 i * 2);
		want_service(&f->wanted, address, 80, chain);
		want_slot(&f->wanted, i * 2, "10.0.0.1", 80);
		want_slot(&f->wanted, i * 2 + 1, "10.0.0.2", 80);
	}
	assert_int_equal(settle(f), 1 + SETS + SERVICES * 5);
	assert_int_equal(settle(f), 0);
	assert_false(changed_by_others(f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(applied_is_found, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(nft_lists_and_loads, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(element_changes_alone, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(ranges_change, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(rule_changes_in_place, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(strangers_are_removed, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(definitions_are_restored, nft_set_up,
						nft_tear_down),
		cmocka_unit_test_setup_teardown(other_tables_stay, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(others_are_heard, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(failure_leaves_all, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(thousands_are_found, nft_set_up, nft_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
