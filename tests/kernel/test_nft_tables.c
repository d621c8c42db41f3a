/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two tables on a real kernel: each is changed without the other, hooks follow their devices,
 * helpers are there for rules, and what the packet path keeps is seen, corrected and left alone.
 */
#include "nft_fixture.h"

#include "kernel/nft/member.h"
#include "kernel/nft/nft.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Connections by their ends, as direct routing keeps them. */
static void want_both(struct fixture *f, const char *inet_priority, const char *device)
{
	char hook[96];

	objects_done(&f->wanted);
	want_table(&f->wanted, NFT_INET);
	snprintf(hook, sizeof(hook), "type filter hook prerouting priority %s", inet_priority);
	want_chain(&f->wanted, "same", hook);
	want_set(&f->wanted, "seen", "ipv4_addr", NULL, NFT_SET_IS_DYNAMIC);
	want_helper(&f->wanted, "ftp", "ftp", IPPROTO_TCP, AF_UNSPEC);
	want_helper(&f->wanted, "ftp6", "ftp", IPPROTO_TCP, AF_INET6);
	want_nft(&f->wanted, "same", "ip saddr 10.0.0.1 ct helper set \"ftp\"");
	want_table(&f->wanted, NFT_NETDEV);
	snprintf(hook, sizeof(hook), "type filter hook ingress device %s priority -300", device);
	want_chain(&f->wanted, "same", hook);
	want_chain(&f->wanted, "known", NULL);
	want_set(&f->wanted, "seen", "ipv4_addr", "mark", NFT_SET_IS_DYNAMIC);
	want_set(&f->wanted, "limited", "ipv4_addr", NULL, NFT_SET_IS_DYNAMIC | NFT_SET_IS_COUNTED);
	want_nft(&f->wanted, "same", "counter");
	want_nft(&f->wanted, "same", "meta mark set ip saddr map @seen goto known");
	want_nft(&f->wanted, "same", "ip saddr 127.0.0.2 update @seen { ip saddr timeout 5m : 7 }");
	want_nft(&f->wanted, "known", "fwd ip to 10.1.0.9 device 1");
}

static void both_are_found(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;

	want_both(f, "-150", "lo");
	assert_int_equal(settle(f), 15);
	assert_int_equal(settle(f), 0);
	before = output_of("nft list ruleset");
	run("file=$(mktemp) && trap 'rm -f \"$file\"' EXIT && nft list ruleset > \"$file\" && "
	    "nft flush ruleset && nft -f \"$file\"");
	after = output_of("nft list ruleset");
	assert_string_equal(before, after);
	assert_int_equal(settle(f), 0);
	objects_done(&f->wanted);
	assert_int_equal(settle(f), 2);
}

static void one_is_made_again(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;

	want_both(f, "-150", "lo");
	settle(f);
	before = output_of("nft -a list table netdev uplinkd");
	want_both(f, "-140", "lo");
	assert_int_equal(settle(f), 7);
	assert_int_equal(settle(f), 0);
	after = output_of("nft -a list table netdev uplinkd");
	assert_string_equal(before, after);
}

static void others_are_heard_in_both(void **state)
{
	struct fixture *f = *state;

	want_both(f, "-150", "lo");
	settle(f);
	assert_false(changed_by_others(f));
	run("nft add rule netdev uplinkd known counter");
	assert_true(changed_by_others(f));
	assert_int_equal(settle(f), 1);
	run("nft delete table netdev uplinkd");
	assert_true(changed_by_others(f));
	assert_int_equal(settle(f), 9);
	assert_int_equal(settle(f), 0);
	assert_false(changed_by_others(f));
}

/* Whether frames that arrive at red are seen: the questions for a neighbour of black. */
static bool is_hooked(void)
{
	_cleanup_free_ char *seen = NULL;

	run("ip address add 10.2.0.1/24 dev black && ! ping -q -c 1 -W 1 10.2.0.2 >/dev/null");
	seen = output_of("nft list chain netdev uplinkd same | grep -c 'packets [1-9]'; true");
	return seen[0] == '1';
}

static void hooks_follow_devices(void **state)
{
	struct fixture *f = *state;

	make_red();
	want_both(f, "-150", "red");
	settle(f);
	assert_false(nft_devices_changed(f->nft));
	run("ip link delete red");
	assert_true(nft_devices_changed(f->nft));
	assert_int_equal(nft_observe(f->nft, &f->found), 0);
	assert_false(nft_devices_changed(f->nft));
	make_red();
	assert_true(nft_devices_changed(f->nft));
	settle(f);
	assert_int_equal(settle(f), 0);
	assert_true(is_hooked());
}

static void a_helper_that_lacks_is_named(void **state)
{
	struct fixture *f = *state;
	struct plan plan;
	size_t refused = 0;

	want_both(f, "-150", "lo");
	settle(f);
	want_both(f, "-150", "lo");
	want_table(&f->wanted, NFT_INET);
	want_helper(&f->wanted, "none", "nonesuch", IPPROTO_TCP, AF_INET);
	want_nft(&f->wanted, "same", "ct helper set \"none\"");
	assert_int_equal(objects_seal(&f->wanted), 0);
	assert_int_equal(plan_diff(&f->found, &f->wanted, &plan), 0);
	assert_true(nft_apply(f->nft, plan.steps.v, plan.steps.n) < 0);
	array_foreach(&plan.steps, step) {
		const struct nft_helper *helper = step->wanted;

		refused += step->refused;
		if (step->refused) {
			assert_int_equal(step->kind, OBJECT_NFT_HELPER);
			assert_string_equal(helper->type, "nonesuch");
		}
	}
	assert_int_equal(refused, 1);
	plan_done(&plan);
}

struct seen {
	size_t n;
	uint8_t key[4];
	uint32_t mark;
	uint64_t expires_ms;
};

static void see(const uint8_t *key, size_t key_size, const uint8_t *data, size_t data_size,
		uint64_t expires_ms, void *userdata)
{
	struct seen *seen = userdata;

	assert_int_equal(key_size, 4);
	seen->n++;
	memcpy(seen->key, key, sizeof(seen->key));
	seen->expires_ms = expires_ms;
	if (data) {
		assert_int_equal(data_size, sizeof(seen->mark));
		memcpy(&seen->mark, data, sizeof(seen->mark));
	}
}

static struct seen members(struct fixture *f, enum nft_table_id table, const char *set)
{
	struct seen seen = { 0 };

	assert_int_equal(nft_members(f->nft, table, set, see, &seen), 0);
	return seen;
}

static void members_are_seen_and_changed(void **state)
{
	const uint8_t first[] = { 192, 0, 2, 1 }, second[] = { 192, 0, 2, 2 },
		      mark[] = { 9, 0, 0, 0 };
	const struct nft_member one = { first, mark, 4, 4, 60000 };
	const struct nft_member two = { second, mark, 4, 4, 0 };
	const struct nft_member both[] = { one, two };
	struct fixture *f = *state;
	struct seen seen;

	want_both(f, "-150", "lo");
	settle(f);
	assert_int_equal(nft_members(f->nft, NFT_NETDEV, "absent", see, &seen), -ENOENT);
	assert_int_equal(nft_members_change(f->nft, NFT_NETDEV, "absent", NULL, 0, &one, 1),
			 -ENOENT);
	assert_int_equal(members(f, NFT_NETDEV, "seen").n, 0);
	assert_int_equal(nft_members_change(f->nft, NFT_NETDEV, "seen", &one, 1, NULL, 0), 0);
	seen = members(f, NFT_NETDEV, "seen");
	assert_int_equal(seen.n, 1);
	assert_memory_equal(seen.key, first, sizeof(first));
	assert_int_equal(seen.mark, 9);
	assert_true(seen.expires_ms > 0 && seen.expires_ms <= 60000);
	assert_int_equal(nft_members_change(f->nft, NFT_NETDEV, "seen", &two, 1, both, 2), 0);
	seen = members(f, NFT_NETDEV, "seen");
	assert_int_equal(seen.n, 1);
	assert_memory_equal(seen.key, second, sizeof(second));
	assert_int_equal(seen.expires_ms, 0);
	assert_int_equal(nft_members_change(f->nft, NFT_NETDEV, "seen", NULL, 0, both, 2), 0);
	assert_int_equal(nft_members_change(f->nft, NFT_NETDEV, "seen", NULL, 0, both, 2), 0);
	assert_int_equal(members(f, NFT_NETDEV, "seen").n, 0);
	assert_int_equal(members(f, NFT_INET, "seen").n, 0);
	assert_false(changed_by_others(f));
}

/* What packets have left is there for the next settlement, also when its table is made again. */
static void members_stay(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	want_both(f, "-150", "lo");
	settle(f);
	run("ping -q -c 1 -W 10 -I 127.0.0.2 127.0.0.1 >/dev/null");
	seen = members(f, NFT_NETDEV, "seen");
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.mark, 7);
	assert_true(seen.expires_ms > 200000 && seen.expires_ms <= 300000);
	want_both(f, "-140", "lo");
	settle(f);
	assert_int_equal(members(f, NFT_NETDEV, "seen").n, 1);
	run("nft flush chain netdev uplinkd known");
	assert_int_equal(settle(f), 1);
	assert_int_equal(members(f, NFT_NETDEV, "seen").n, 1);
	run("nft 'add chain netdev uplinkd same { policy drop; }'");
	settle(f);
	seen = members(f, NFT_NETDEV, "seen");
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.mark, 7);
	assert_true(seen.expires_ms > 100000 && seen.expires_ms <= 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_are_found, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(one_is_made_again, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(others_are_heard_in_both, nft_set_up,
						nft_tear_down),
		cmocka_unit_test_setup_teardown(hooks_follow_devices, nft_set_up, nft_tear_down),
		cmocka_unit_test_setup_teardown(a_helper_that_lacks_is_named, nft_set_up,
						nft_tear_down),
		cmocka_unit_test_setup_teardown(members_are_seen_and_changed, nft_set_up,
						nft_tear_down),
		cmocka_unit_test_setup_teardown(members_stay, nft_set_up, nft_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
