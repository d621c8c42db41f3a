/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks every decider for its share.
 */
#include "plan/intent.h"

#include "domain/domain.h"
#include "policy/policy.h"
#include "service/service.h"

#include <errno.h>

static int intent_gather(const struct world *world, struct slots *slots, struct objects *objects)
{
	*objects = (struct objects){ 0 };
	want_table(objects, NFT_INET);
	slots_begin(slots);
	sysctls_intent(world, objects);
	domain_intent(world, objects);
	routes_intent(world, objects);
	marks_intent(world, objects);
	nearby_intent(world, objects);
	resolvers_intent(world, objects);
	policies_intent(world, slots, objects);
	service_intent(world, slots, objects);
	leave_intent(world, objects);
	segments_intent(world, objects);
	return objects->error;
}

int intent_make(const struct world *world, struct slots *slots, struct objects *ret)
{
	int r;

	*ret = (struct objects){ 0 };
	if (world->flushed)
		return 0;
	r = intent_gather(world, slots, ret);
	if (r == -EOVERFLOW) {
		objects_done(ret);
		slots_done(slots);
		r = intent_gather(world, slots, ret);
	}
	if (r < 0)
		return r;
	slots_finish(slots);
	return objects_seal(ret);
}
