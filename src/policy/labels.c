/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a connection remembers besides its line: whether it waits for that line, and which others it
 * would rather have had. The latter is what makes it safe to end connections of a metered line: one
 * whose lines are all still away, or that belongs on the metered line, would only come back to it.
 */
#include "policy/labels.h"

bool labels_keep_some(const struct config *config)
{
	array_foreach(&config->policies, policy)
		if (policy->on_failover == FAILOVER_KEEP)
			return true;
	return false;
}

bool labels_are_wanted(const struct config *config)
{
	if (labels_keep_some(config))
		return true;
	array_foreach(&config->uplinks, uplink)
		if (uplink->metered)
			return true;
	return false;
}

void want_keep_label(const struct world *world, const struct config_policy *policy,
		     const char *chain, struct objects *objects)
{
	if (policy->on_failover == FAILOVER_KEEP && !world->facts->lacks_labels)
		want_nft(objects, chain, "ct label set %d", LABEL_KEEP);
}

static enum line_grade grade_in(const struct line *line, enum family_index f)
{
	return line->family[f].usable ? line->grade : GRADE_NONE;
}

bool labels_line_is_back(const struct line *line, const struct line *metered, enum family_index f)
{
	return line != metered && line->family[f].usable && line->grade >= grade_in(metered, f);
}

static bool is_used(const struct uplink_refs *use, unsigned index)
{
	for (size_t i = 0; use && i < use->n; i++)
		if (use->v[i] == index)
			return true;
	return !use;
}

/* Some metered line of the choice stands in for it. */
static bool is_missed(const struct line *line, const struct choice *choice, enum family_index f,
		      bool any_tier)
{
	for (size_t i = 0; i < choice->n; i++) {
		const struct line *chosen = choice->lines[i];

		if (chosen->config->metered && line != chosen &&
		    (any_tier || line->config->tier < chosen->config->tier) &&
		    !labels_line_is_back(line, chosen, f))
			return true;
	}
	return false;
}

void want_line_labels(const struct world *world, const struct uplink_refs *use,
		      const struct choice *choice, enum family_index f, bool any_tier,
		      const char *chain, struct objects *objects)
{
	for (unsigned i = 0; i < world->config->uplinks.n && !world->facts->lacks_labels; i++) {
		const struct line *line = &world->lines[i];

		if (is_used(use, i) && is_missed(line, choice, f, any_tier))
			want_nft(objects, chain, "meta nfproto %s ct label set %u",
				 f == FAMILY_V6 ? "ipv6" : "ipv4", LABEL_LINE + line->number);
	}
}
