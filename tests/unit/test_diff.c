/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference, as the text that `uplinkctl plan` shows: what each kind of object can go
 * through, the order of the steps, and what is known without reading it back.
 */
#include "lab.h"

#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

static char *plan_text(const struct objects *found, const struct objects *wanted)
{
	struct plan plan;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(plan_diff(found, wanted, &plan), 0);
	plan_print(&plan, found, wanted, out);
	assert_int_equal(fclose(out), 0);
	plan_done(&plan);
	return text;
}

/* Fills the two sides and compares the plan from one to the other. */
static void assert_plan(void (*fill)(struct objects *found, struct objects *wanted),
			const char *golden)
{
	struct objects found = { 0 }, wanted = { 0 };
	_cleanup_free_ char *text = NULL;

	fill(&found, &wanted);
	assert_int_equal(objects_seal(&found), 0);
	assert_int_equal(objects_seal(&wanted), 0);
	text = plan_text(&found, &wanted);
	assert_string_equal(text, golden);
	objects_done(&found);
	objects_done(&wanted);
}

static void put_alias(struct objects *objects, const char *text, const char *label)
{
	struct alias_object alias = { .link = 2, .prefix = prefix(text) };

	snprintf(alias.label, sizeof(alias.label), "%s", label);
	want_alias(objects, &alias);
}

static void put_route(struct objects *objects, const char *text, const char *gateway)
{
	struct route_object route = {
		.table = 201, .destination = prefix(text), .link = 3, .gateway = address(gateway)
	};

	want_route(objects, &route);
}

static void put_rule(struct objects *objects, uint32_t priority, uint32_t table)
{
	struct rule_object rule = { .family = AF_INET, .priority = priority, .table = table };

	want_rule(objects, &rule);
}

static void put_slot(struct objects *objects, uint32_t slot, const char *server)
{
	struct ip_address ip = address(server);
	struct nft_key key = { 0 }, data = { 0 };

	nft_key_u32(&key, slot);
	nft_key_address(&data, &ip);
	want_mapped(objects, "slots", &key, &data);
}

static void put_verdict(struct objects *objects, uint32_t mark, const char *chain)
{
	struct nft_key key = { 0 };

	nft_key_u32(&key, mark);
	want_verdict(objects, "known", &key, "%s", chain);
}

static void fill_routing(struct objects *found, struct objects *wanted)
{
	put_alias(found, "203.0.113.1/24", "same");
	put_alias(wanted, "203.0.113.1/24", "same");
	put_alias(found, "203.0.113.2/24", "old");
	put_alias(wanted, "203.0.113.2/24", "new");
	put_alias(found, "203.0.113.3/24", "gone");
	put_alias(wanted, "203.0.113.4/24", "come");
	put_route(found, "10.1.0.0/16", "192.0.2.1");
	put_route(wanted, "10.1.0.0/16", "192.0.2.1");
	put_route(found, "10.2.0.0/16", "192.0.2.1");
	put_route(wanted, "10.2.0.0/16", "192.0.2.2");
	put_route(found, "10.3.0.0/16", "192.0.2.1");
	put_route(wanted, "10.4.0.0/16", "192.0.2.1");
	put_rule(found, 100, 201);
	put_rule(wanted, 100, 201);
	put_rule(found, 300, 201);
	put_rule(wanted, 300, 202);
}

static void routing_steps_are_ordered(void **state)
{
	assert_plan(fill_routing, "~ address 203.0.113.2/24 link 2 label new\n"
				  "+ address 203.0.113.4/24 link 2 label come\n"
				  "~ route table 201 10.2.0.0/16 metric 0 via 192.0.2.2 link 3\n"
				  "+ route table 201 10.4.0.0/16 metric 0 via 192.0.2.1 link 3\n"
				  "+ rule ipv4 300: lookup 202\n"
				  "- rule ipv4 300: lookup 201\n"
				  "- route table 201 10.3.0.0/16 metric 0 via 192.0.2.1 link 3\n"
				  "- address 203.0.113.3/24 link 2 label gone\n");
}

static void fill_moving(struct objects *found, struct objects *wanted)
{
	struct route_object way = { .table = 201, .destination = prefix("0.0.0.0/0"), .link = 3 },
			    base = way;

	base.table = 200;
	base.link = 4;
	want_route(found, &way);
	want_route(found, &base);
	way.link = 5;
	base.link = 3;
	want_route(wanted, &way);
	want_route(wanted, &base);
	want_table(wanted, NFT_INET);
}

/* To a link that nothing of ours was over: its gate comes first. Another one has its gate. */
static void routes_follow_the_gate_of_a_new_link(void **state)
{
	assert_plan(fill_moving, "~ route table 200 0.0.0.0/0 metric 0 link 3\n"
				 "- route table 201 0.0.0.0/0 metric 0 link 3\n"
				 "+ nft table inet uplinkd\n"
				 "+ route table 201 0.0.0.0/0 metric 0 link 5\n");
}

static void put_own(struct objects *objects, const char *interface, const char *text)
{
	struct ip_address own = address(text);
	struct nft_key key = { 0 };

	nft_key_interface(&key, interface);
	nft_key_address(&key, &own);
	want_member(objects, "own4", &key);
}

static void fill_lost_address(struct objects *found, struct objects *wanted)
{
	struct route_object way = { .table = 201,
				    .destination = prefix("0.0.0.0/0"),
				    .link = 3,
				    .source = address("192.0.2.9") },
			    hole = { .table = 201,
				     .destination = prefix("0.0.0.0/0"),
				     .type = ROUTE_BLACKHOLE,
				     .metric = 9 };

	want_table(found, NFT_INET);
	want_table(wanted, NFT_INET);
	want_set(found, "own4", "ifname . ipv4_addr", NULL, 0);
	want_set(wanted, "own4", "ifname . ipv4_addr", NULL, 0);
	put_own(found, "dsl0", "192.0.2.5");
	put_own(wanted, "dsl0", "192.0.2.9");
	want_route(found, &hole);
	want_route(wanted, &hole);
	want_route(wanted, &way);
	way.table = 202;
	want_route(wanted, &way);
}

/* Connections still have the address that is gone. A line that comes has none. */
static void routes_follow_the_gate_that_closes(void **state)
{
	assert_plan(fill_lost_address,
		    "+ route table 202 0.0.0.0/0 metric 0 link 3 src 192.0.2.9\n"
		    "- nft element own4 \"dsl0\" . 192.0.2.5\n"
		    "+ nft element own4 \"dsl0\" . 192.0.2.9\n"
		    "+ route table 201 0.0.0.0/0 metric 0 link 3 src 192.0.2.9\n");
}

/* Every value of a route counts, and only they do: the identity alone makes no change. */
static void every_value_of_a_route_counts(void **state)
{
	const struct route_object base = { .table = 201, .destination = prefix("10.0.0.0/8") };
	struct route_object changed[] = { base, base, base, base, base };

	changed[0].type = ROUTE_BLACKHOLE;
	changed[1].link = 3;
	changed[2].gateway = address("192.0.2.1");
	changed[3].source = address("192.0.2.2");
	changed[4].onlink = true;
	for (size_t i = 0; i < ELEMENTS_OF(changed); i++) {
		struct objects found = { 0 }, wanted = { 0 };
		struct plan plan;

		want_route(&found, &base);
		want_route(&wanted, &changed[i]);
		assert_int_equal(plan_diff(&found, &wanted, &plan), 0);
		assert_int_equal(plan.steps.n, 1);
		assert_int_equal(plan.steps.v[0].action, STEP_CHANGE);
		plan_done(&plan);
		objects_done(&found);
		objects_done(&wanted);
	}
}

static void fill_nft(struct objects *found, struct objects *wanted)
{
	want_table(found, NFT_INET);
	want_table(wanted, NFT_INET);
	want_chain(found, "base", "type filter hook prerouting priority -150");
	want_chain(wanted, "base", "type filter hook prerouting priority -150");
	want_chain(found, "old", NULL);
	want_chain(wanted, "new", NULL);
	want_set(found, "slots", "numgen", "ipv4_addr", 0);
	want_set(wanted, "slots", "numgen", "ipv4_addr", 0);
	want_set(wanted, "known", "mark", "verdict", 0);
	want_set(found, "spent", "mark", NULL, 0);
	put_slot(found, 0, "172.16.0.1");
	put_slot(wanted, 0, "172.16.0.1");
	put_slot(found, 1, "172.16.0.1");
	put_slot(wanted, 1, "172.16.0.2");
	put_slot(found, 2, "172.16.0.1");
	put_verdict(wanted, 0x100, "new");
	want_nft(found, "base", "accept");
	want_nft(wanted, "base", "accept");
	want_nft(found, "base", "goto old");
	want_nft(wanted, "base", "goto new");
	want_nft(wanted, "base", "drop");
	want_nft_salted(found, "old", 1, "return");
	want_nft_salted(wanted, "new", 1, "return");
}

static void nft_steps_are_ordered(void **state)
{
	assert_plan(fill_nft, "+ nft map known mark : verdict\n"
			      "+ nft chain new\n"
			      "- nft element slots 2 : 172.16.0.1\n"
			      "- nft rule old 0: return\n"
			      "+ nft element known 0x00000100 : goto new\n"
			      "~ nft element slots 1 : 172.16.0.2\n"
			      "~ nft rule base 1: goto new\n"
			      "+ nft rule base 2: drop\n"
			      "+ nft rule new 0: return\n"
			      "- nft chain old\n"
			      "- nft set spent mark\n");
}

/* The same text with another salt is another rule: its counters must start again. */
static void fill_salts(struct objects *found, struct objects *wanted)
{
	want_table(found, NFT_INET);
	want_table(wanted, NFT_INET);
	want_nft_salted(found, "base", 1, "numgen inc mod 2 offset 0 vmap @picks");
	want_nft_salted(wanted, "base", 2, "numgen inc mod 2 offset 0 vmap @picks");
}

static void another_salt_replaces_the_rule(void **state)
{
	assert_plan(fill_salts, "~ nft rule base 0: numgen inc mod 2 offset 0 vmap @picks\n");
}

static void fill_redefinition(struct objects *found, struct objects *wanted)
{
	const struct rule_object marked = {
		.family = AF_INET, .priority = 101, .mark = 0x100, .mask = 0xff00, .table = 201
	};

	want_table(found, NFT_INET);
	want_table(wanted, NFT_INET);
	want_rule(wanted, &marked);
	put_rule(wanted, 300, 201);
	want_chain(found, "base", NULL);
	want_chain(wanted, "base", NULL);
	want_nft(found, "base", "accept");
	want_nft(wanted, "base", "accept");
	want_set(found, "slots", "numgen", "ipv4_addr", 0);
	want_set(wanted, "slots", "numgen", "ipv4_addr . inet_service", 0);
}

/* Marks have where to lead before they are given; what has none stays till then. */
static void a_redefinition_rebuilds_the_table(void **state)
{
	assert_plan(fill_redefinition, "+ rule ipv4 101: fwmark 0x100/0xff00 lookup 201\n"
				       "- nft table inet uplinkd\n"
				       "+ nft table inet uplinkd\n"
				       "+ nft map slots numgen : ipv4_addr . inet_service\n"
				       "+ nft chain base\n"
				       "+ nft rule base 0: accept\n"
				       "+ rule ipv4 300: lookup 201\n");
}

static void fill_rehooked(struct objects *found, struct objects *wanted)
{
	want_table(found, NFT_INET);
	want_table(wanted, NFT_INET);
	want_chain(found, "base", "type filter hook prerouting priority -150");
	want_chain(wanted, "base", "type filter hook prerouting priority -200");
}

static void another_hook_is_a_redefinition(void **state)
{
	assert_plan(fill_rehooked, "- nft table inet uplinkd\n"
				   "+ nft table inet uplinkd\n"
				   "+ nft chain base type filter hook prerouting priority -200\n");
}

static void fill_two_tables(struct objects *found, struct objects *wanted)
{
	want_table(found, NFT_INET);
	want_table(wanted, NFT_INET);
	want_helper(found, "ftp", "ftp", 6, AF_INET);
	want_helper(wanted, "ftp", "ftp", 6, AF_UNSPEC);
	want_chain(found, "base", NULL);
	want_chain(wanted, "base", NULL);
	want_set(found, "seen", "mark", NULL, NFT_SET_IS_DYNAMIC);
	want_set(wanted, "seen", "mark", NULL, NFT_SET_IS_DYNAMIC);
	want_table(found, NFT_NETDEV);
	want_table(wanted, NFT_NETDEV);
	want_chain(found, "base", "type filter hook ingress device ppp0 priority -300");
	want_chain(wanted, "base", "type filter hook ingress device ppp0 priority -300");
	want_helper(found, "old", "ftp", 6, AF_INET6);
	want_nft(found, "base", "accept");
	want_nft(wanted, "base", "drop");
}

/* The same names in both: what changes in one is nothing to the other. */
static void tables_are_apart(void **state)
{
	assert_plan(fill_two_tables, "- nft table inet uplinkd\n"
				     "+ nft table inet uplinkd\n"
				     "+ nft set seen mark dynamic\n"
				     "+ nft ct helper ftp type ftp protocol 6\n"
				     "+ nft chain base\n"
				     "~ nft netdev rule base 0: drop\n"
				     "- nft netdev ct helper old type ftp protocol 6 ipv6\n");
}

/* The step tells whose elements are to be kept. */
static void a_dynamic_set_is_remembered(void **state)
{
	struct objects found = { 0 }, wanted = { 0 };
	struct plan plan;

	fill_two_tables(&found, &wanted);
	assert_int_equal(objects_seal(&found), 0);
	assert_int_equal(objects_seal(&wanted), 0);
	assert_int_equal(plan_diff(&found, &wanted, &plan), 0);
	assert_int_equal(plan.steps.v[2].kind, OBJECT_NFT_SET);
	assert_ptr_equal(plan.steps.v[2].found, found.nft_sets.v);
	plan_done(&plan);
	objects_done(&found);
	objects_done(&wanted);
}

static void fill_flush(struct objects *found, struct objects *wanted)
{
	want_table(found, NFT_INET);
	want_chain(found, "base", NULL);
	want_nft(found, "base", "accept");
	put_rule(found, 100, 201);
	want_sysctl(found, "1", "", "net/ipv4/ip_forward");
}

static void a_flush_takes_the_table_at_once(void **state)
{
	assert_plan(fill_flush, "- nft table inet uplinkd\n"
				"- rule ipv4 100: lookup 201\n");
}

static void fill_sysctls(struct objects *found, struct objects *wanted)
{
	want_sysctl(found, "0", "", "net/ipv6/conf/all/forwarding");
	want_sysctl(wanted, "1", "", "net/ipv6/conf/all/forwarding");
	want_sysctl(found, "1", "", "net/ipv6/conf/wan0/accept_ra");
	want_sysctl(wanted, "2", "1", "net/ipv6/conf/wan0/accept_ra");
	want_sysctl(found, "0", "", "net/ipv6/conf/wan1/accept_ra"); /* off stays off */
	want_sysctl(wanted, "2", "1", "net/ipv6/conf/wan1/accept_ra");
	want_sysctl(wanted, "2", "", "net/ipv4/conf/absent/rp_filter");
	want_sysctl(found, "2", "", "net/ipv4/conf/wan0/rp_filter");
	want_sysctl(wanted, "2", "", "net/ipv4/conf/wan0/rp_filter");
}

static void sysctls_change_where_they_exist(void **state)
{
	assert_plan(fill_sysctls, "~ sysctl net/ipv6/conf/wan0/accept_ra = 2 instead of 1\n"
				  "~ sysctl net/ipv6/conf/all/forwarding = 1\n");
}

/* Handles of rules that stayed come from what was found, of others from the steps. */
static void adopting_keeps_handles(void **state)
{
	struct objects found = { 0 }, wanted = { 0 };
	struct plan plan;

	fill_nft(&found, &wanted);
	objects_seal(&found);
	objects_seal(&wanted);
	array_foreach(&found.nft_rules, rule)
		rule->handle = 10 + rule->index;
	assert_int_equal(plan_diff(&found, &wanted, &plan), 0);
	array_foreach(&plan.steps, step)
		if (step->kind == OBJECT_NFT_RULE && step->wanted)
			step->handle = 20 + ((const struct nft_rule *)step->wanted)->index;
	plan_adopt_nft(&found, &wanted, &plan);
	plan_done(&plan);
	assert_int_equal(found.nft_rules.n, 4);
	assert_int_equal(found.nft_rules.v[0].handle, 10);
	assert_int_equal(found.nft_rules.v[1].handle, 21);
	assert_int_equal(found.nft_rules.v[2].handle, 22);
	assert_int_equal(found.nft_rules.v[3].handle, 20);
	assert_int_equal(wanted.nft_rules.n, 0);
	objects_done(&wanted);
	assert_string_equal(found.nft_rules.v[1].text, "goto new");
	objects_done(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routing_steps_are_ordered),
		cmocka_unit_test(routes_follow_the_gate_that_closes),
		cmocka_unit_test(routes_follow_the_gate_of_a_new_link),
		cmocka_unit_test(every_value_of_a_route_counts),
		cmocka_unit_test(nft_steps_are_ordered),
		cmocka_unit_test(another_salt_replaces_the_rule),
		cmocka_unit_test(a_redefinition_rebuilds_the_table),
		cmocka_unit_test(another_hook_is_a_redefinition),
		cmocka_unit_test(tables_are_apart),
		cmocka_unit_test(a_dynamic_set_is_remembered),
		cmocka_unit_test(a_flush_takes_the_table_at_once),
		cmocka_unit_test(sysctls_change_where_they_exist),
		cmocka_unit_test(adopting_keeps_handles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
