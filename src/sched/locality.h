/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "sched/sched.h"

/*
 * lblc and lblcr know which targets a destination went to. When an entry of theirs leaves: idle for
 * a day, or, while there are more than LOCALITY_ENTRIES, for six minutes; the former is looked for
 * every half hour, the latter every minute (ip_vs_lblc.c, ip_vs_lblcr.c, lblc_expiration).
 */
#define LOCALITY_IDLE_MS    UINT64_C(86400000)
#define LOCALITY_CROWDED_MS UINT64_C(360000)

enum {
	LOCALITY_ENTRIES = 16384
};

/*
 * lblc: a destination that went to target i goes to wlc's pick instead: i takes no connections, or
 * has more active ones than its weight while another has less than half its own. Thresholds do not
 * count, as in IPVS.
 */
bool lblc_leaves(const struct target *targets, size_t n, size_t i);

/* lblcr: the targets one destination went to. Zero-initialised is empty. */
struct lblcr_set {
	ARRAY(uint16_t) targets; /* indexes, in the order they joined */
	uint64_t changed_ms;     /* when one joined or left */
};

/*
 * The target for one more connection to the destination: the least loaded of the set, or wlc's
 * pick, which joins it, when that one leaves by lblc_leaves(). A set of several that has not
 * changed for `keep_ms` (IPVS: LOCALITY_IDLE_MS) loses its most loaded. Index, -ENOENT when there
 * is none to take, or -ENOMEM and then the set is as it was, or smaller.
 */
int lblcr_pick(struct lblcr_set *set, struct target *targets, size_t n, uint64_t now_ms,
	       uint64_t keep_ms);
void lblcr_set_done(struct lblcr_set *set);
