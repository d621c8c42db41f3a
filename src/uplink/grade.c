/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How good a choice each line is. The grade is the line's; what it means for a family also depends
 * on whether there is a way out in it, and on the schedule: a line that rests keeps its
 * connections, so "carries" and "is usable" are two things.
 */
#include "uplink/grade.h"

enum {
	TURNS_US = 30 * 1000 * 1000 /* an answer that is later by less is no reason to move */
};

static bool has_way(const struct line *line, enum family_index f)
{
	return line->family[f].routed && ip_is_set(&line->family[f].address);
}

static bool is_over_quota(const struct line *line)
{
	return line->config->quota.bytes && line->usage.month_bytes >= line->config->quota.bytes;
}

static bool is_working(const struct line *line)
{
	return line->state == UPLINK_UP || line->state == UPLINK_DEGRADED;
}

/* It has answered since it came back, as far as anybody asks. */
static bool has_answered(const struct line *line)
{
	switch (line->quality.health) {
	case HEALTH_GOOD:
	case HEALTH_POOR:
	case HEALTH_UNSENT:
		return true;
	case HEALTH_UNKNOWN:
		return !line->config->probes.n;
	case HEALTH_BAD:
	case HEALTH_MAX:
		break;
	}
	return false;
}

static enum line_grade grade_of(const struct line *line)
{
	switch (line->state) {
	case UPLINK_UP:
		return line->held || is_over_quota(line) ? GRADE_RESERVE : GRADE_FULL;
	case UPLINK_DEGRADED:
		return GRADE_DEGRADED;
	case UPLINK_PROBING:
		return has_answered(line) ? GRADE_PROBING : GRADE_NONE;
	case UPLINK_DISABLED:
	case UPLINK_ABSENT:
	case UPLINK_DOWN:
	case UPLINK_STATE_MAX:
		break;
	}
	return GRADE_NONE;
}

/* Nothing speaks against it but that nobody answers. */
static bool is_merely_silent(const struct world *world, const struct line *line,
			     enum family_index f)
{
	const struct link *link = facts_link(world->facts, line->link);

	return (line->state == UPLINK_DOWN || line->state == UPLINK_PROBING) && !line->resting &&
	       link && link->up && link->carrier && has_way(line, f) &&
	       !(line->ppp.known && !line->ppp.up && *line->ppp.end);
}

/* Lines that lose most of what they are asked answer by turns, which is not to be followed. */
static bool is_about_equal(const struct line *a, const struct line *b)
{
	uint64_t x = a->quality.answered_us, y = b->quality.answered_us;

	return x && y && (x > y ? x - y : y - x) < TURNS_US;
}

static bool answered_later(const struct line *a, const struct line *b, enum family_index f)
{
	if (a->last[f] != b->last[f] && is_about_equal(a, b))
		return a->last[f];
	if (a->quality.answered_us != b->quality.answered_us)
		return a->quality.answered_us > b->quality.answered_us;
	if (a->config->tier != b->config->tier)
		return a->config->tier < b->config->tier;
	return a->config->weight > b->config->weight;
}

/* NULL: there is no need of one, or there is none. */
static struct line *find_last(struct world *world, enum family_index f)
{
	struct line *last = NULL;

	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		struct line *line = &world->lines[i];

		if (line->family[f].usable)
			return NULL;
		if (is_merely_silent(world, line, f) && (!last || answered_later(line, last, f)))
			last = line;
	}
	return last;
}

static void grade_last(struct world *world, enum family_index f)
{
	struct line *last = find_last(world, f);

	for (size_t i = 0; i < world->config->uplinks.n; i++)
		world->lines[i].last[f] = &world->lines[i] == last;
	if (!last)
		return;
	last->grade = last->grade == GRADE_NONE ? GRADE_LAST : last->grade;
	last->family[f].carries = last->family[f].usable = true;
}

void grade_lines(struct world *world)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		struct line *line = &world->lines[i];

		line->grade = grade_of(line);
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
			line->family[f].carries = line->grade != GRADE_NONE && has_way(line, f);
			line->family[f].usable = line->family[f].carries && !line->resting;
		}
	}
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		grade_last(world, f);
}

/* Another line serves as well as if this one were not there. */
static bool is_replaced(const struct world *world, const struct line *line)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		const struct line *other = &world->lines[i];

		if (other != line && other->state == UPLINK_UP && !other->held && !other->resting &&
		    !is_over_quota(other))
			return true;
	}
	return false;
}

void hold_lines(struct world *world, const struct line *before)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		struct line *line = &world->lines[i];

		if (is_working(&before[i]) && !is_working(line))
			line->ended = true;
		if (line->config->failback != FAILBACK_MANUAL || line->state == UPLINK_DISABLED)
			line->held = line->ended = false;
		if (is_working(line) && line->ended) {
			line->held = true;
			line->ended = false;
		}
	}
	/* One after the other: of several, the first that is let go of replaces the rest. */
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		struct line *line = &world->lines[i];

		if (line->held && is_working(line) && !is_replaced(world, line))
			line->held = false;
	}
}
