/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/*
 * Schedulers that know lines as lines: by their latency and by their use. They remember what they
 * chose, so that two lines that are about equal do not take turns for no reason.
 *
 * least-latency  the line with the lowest mean round trip takes all new connections of a family. Of
 *                those that are measured; with none, the best by weight and order. Another takes
 *                over when it is better by a fifth and 5 ms.
 * least-used     by turns, weighted by what is free now of each line's bandwidth: the smaller of
 *                its shares of all that is free down and up. Only when a weight has changed by a
 *                tenth, and by 1/100 of all.
 * overflow       the first line, in order of `use`, that is used below the policy's share of its
 *                bandwidth in both directions; once above it is so until below 9/10 of that. With
 *                all above, the least used; another takes over when it is better by 10 percent
 *                of the bandwidth.
 *
 * What choice_candidates() leaves out takes no part: grade and tier come first.
 */
enum {
	SPREAD_WEIGHT_MAX = 20 /* of least-used, in the rings: they are to be short */
};

/* One line alone takes all new connections of such a policy. */
bool spread_is_single(const struct config_policy *policy);

/* Some policy goes by the rates of lines. */
bool spread_goes_by_rates(const struct config *config);

/* Chooses anew, by the figures of now. True when that changes anything. */
bool spread_lines(struct world *world);

/* What a line weighs in such a policy, by what spread_lines() found; 0: not known. */
uint32_t spread_weight(const struct policy_state *state, unsigned line);
