/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sched/sched.h"

/*
 * lblc and lblcr know which targets a destination went to; what was idle for a day is forgotten
 * (ip_vs_lblc.c, ip_vs_lblcr.c, lblc_expiration).
 */
#define LOCALITY_IDLE_MS UINT64_C(86400000)

/*
 * lblc: a destination that went to target i goes to wlc's pick instead: i takes no connections, or
 * has more active ones than its weight while another has less than half its own. Thresholds do not
 * count, as in IPVS.
 */
bool lblc_leaves(const struct target *targets, size_t n, size_t i);
