/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The namespace is entered once for each test; what was wanted and found goes with it.
 */
#include "nft_fixture.h"

#include "plan/plan.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

int nft_set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	netns_enter();
	assert_int_equal(nft_open(&f->nft), 0);
	*state = f;
	return 0;
}

int nft_tear_down(void **state)
{
	struct fixture *f = *state;

	objects_done(&f->wanted);
	objects_done(&f->found);
	nft_free(f->nft);
	free(f);
	return 0;
}

size_t settle(struct fixture *f)
{
	struct plan plan;
	size_t n;

	assert_int_equal(objects_seal(&f->wanted), 0);
	assert_int_equal(nft_observe(f->nft, &f->found), 0);
	assert_int_equal(plan_diff(&f->found, &f->wanted, &plan), 0);
	assert_int_equal(nft_apply(f->nft, plan.steps.v, plan.steps.n), 0);
	array_foreach(&plan.steps, step) {
		assert_int_equal(step->error, 0);
		if (step->kind == OBJECT_NFT_RULE && step->action != STEP_DELETE)
			assert_int_not_equal(step->handle, 0);
	}
	n = plan.steps.n;
	plan_done(&plan);
	return n;
}

bool has_events(struct fixture *f)
{
	struct pollfd fd = { .fd = nft_event_fd(f->nft), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

bool changed_by_others(struct fixture *f)
{
	bool ever = false, changed;

	while (has_events(f)) {
		assert_int_equal(nft_read_events(f->nft, &changed), 0);
		ever = ever || changed;
	}
	return ever;
}

void want_usual_sets(struct objects *objects)
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
	want_set(objects, "sticky4", "ipv4_addr", NULL, NFT_SET_IS_DYNAMIC);
	want_set(objects, "sticky6", "ipv6_addr", NULL, NFT_SET_IS_DYNAMIC);
}
