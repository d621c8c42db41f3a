/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How good a choice each line is.
 */
#include "uplink/grade.h"

static bool has_way(const struct line *line, enum family_index f)
{
	return line->family[f].routed && ip_is_set(&line->family[f].address);
}

static enum line_grade grade_of(const struct line *line)
{
	return line->state == UPLINK_UP ? GRADE_FULL : GRADE_NONE;
}

void grade_lines(struct world *world)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		struct line *line = &world->lines[i];

		line->grade = grade_of(line);
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			line->family[f].usable = line->grade != GRADE_NONE && has_way(line, f);
	}
}
