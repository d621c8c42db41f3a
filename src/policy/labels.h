/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "policy/choice.h"

/*
 * Labels that connections get with their line, for when lines come and go. High numbers are ours,
 * as people begin with low ones.
 */
enum {
	LABEL_KEEP = 28, /* waits for its line to come back */
	LABEL_LINE = 28  /* plus a line's number: had to do without that line */
};

/* Some policy keeps. */
bool labels_keep_some(const struct config *config);
/* Some policy keeps, or some line is metered. */
bool labels_are_wanted(const struct config *config);

/* What a policy's connections get. */
void want_keep_label(const struct world *world, const struct config_policy *policy,
		     const char *chain, struct objects *objects);

/*
 * What the connections of a choice get that has a metered line in it: a label for each of the lines
 * in `use` (NULL: all lines) of a lower tier that are not as good now. With `any_tier` those of
 * every tier.
 */
void want_line_labels(const struct world *world, const struct uplink_refs *use,
		      const struct choice *choice, enum family_index f, bool any_tier,
		      const char *chain, struct objects *objects);

/* The line is as good again as the metered one that stood in for it. */
bool labels_line_is_back(const struct line *line, const struct line *metered, enum family_index f);
