/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of lines over a restart. Only what stays the same while nothing happens is in it, so
 * that the text changes, and is written, when a line's state does and hardly ever else: hence the
 * times of answers are those of lines that do not carry. The monotonic clock goes on from one
 * daemon to the next, but not over a boot: a time that is still to come is of another boot.
 */
#include "uplink/memory.h"

#include "base/cleanup.h"
#include "uplink/trust.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_carrying(enum uplink_state state)
{
	return state == UPLINK_UP || state == UPLINK_DEGRADED;
}

static struct line_memory memory_of(const struct line *line)
{
	struct line_memory memory = { .state = line->state, .trust = line->trust };

	snprintf(memory.name, sizeof(memory.name), "%s", line->config->name);
	memory.held = line->held || (line->ended && line->config->failback == FAILBACK_MANUAL);
	if (line->state == UPLINK_PROBING)
		memory.good_since_us = line->quality.good_since_us;
	if (!is_carrying(line->state))
		memory.answered_us = line->quality.answered_us;
	return memory;
}

int line_memories_take(struct line_memories *memories, const struct line *lines, size_t n)
{
	struct line_memories taken = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = array_push(&taken.v, memory_of(&lines[i]));
	if (r < 0) {
		line_memories_done(&taken);
		return r;
	}
	line_memories_done(memories);
	*memories = taken;
	return 0;
}

const struct line_memory *line_memories_find(const struct line_memories *memories, const char *name)
{
	array_foreach(&memories->v, memory)
		if (strcmp(memory->name, name) == 0)
			return memory;
	return NULL;
}

static bool is_past(const struct line_memory *memory, uint64_t now_us)
{
	const struct line_trust *trust = &memory->trust;

	/* The others that trust has are not after the last outage. */
	return trust->outages_us[0] <= now_us && trust->level_us <= now_us &&
	       trust->back_us <= now_us && memory->good_since_us <= now_us &&
	       memory->answered_us <= now_us;
}

static void recall(const struct line_memory *memory, struct line *line)
{
	line->state = memory->state;
	line->trust = memory->trust;
	line->ended = memory->held;
	line->quality.good_since_us = memory->good_since_us;
	line->quality.answered_us = memory->answered_us;
	line->told.level = memory->trust.level;
}

static void forget_other_boots(struct line_memories *memories, uint64_t now_us)
{
	size_t kept = 0;

	array_foreach(&memories->v, memory)
		if (is_past(memory, now_us))
			memories->v.v[kept++] = *memory;
	memories->v.n = kept;
}

void line_memories_recall(struct line_memories *memories, struct line *lines, size_t n,
			  uint64_t now_us)
{
	forget_other_boots(memories, now_us);
	for (size_t i = 0; i < n; i++) {
		const struct line_memory *memory =
			line_memories_find(memories, lines[i].config->name);

		if (memory)
			recall(memory, &lines[i]);
	}
}

void line_memories_done(struct line_memories *memories)
{
	array_done(&memories->v);
}

int line_memories_to_text(const struct line_memories *memories, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	array_foreach(&memories->v, memory) {
		const struct line_trust *trust = &memory->trust;

		fprintf(out, "%s %s %d %d %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
			memory->name, uplink_state_text(memory->state), memory->held, trust->known,
			trust->level, trust->level_us, trust->back_us, memory->good_since_us,
			memory->answered_us);
		for (size_t i = 0; i < TRUST_OUTAGES; i++)
			fprintf(out, " %" PRIu64, trust->outages_us[i]);
		fprintf(out, "\n");
	}
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

static bool state_from_text(const char *text, enum uplink_state *ret)
{
	for (enum uplink_state state = 0; state < UPLINK_STATE_MAX; state++)
		if (strcmp(uplink_state_text(state), text) == 0) {
			*ret = state;
			return true;
		}
	return false;
}

static bool outages_from_text(const char *text, struct line_trust *trust)
{
	for (size_t i = 0; i < TRUST_OUTAGES; i++) {
		int length;

		if (sscanf(text, " %" SCNu64 "%n", &trust->outages_us[i], &length) != 1 ||
		    (i && trust->outages_us[i] > trust->outages_us[i - 1]))
			return false;
		text += length;
	}
	return true;
}

static bool from_line(const char *text, struct line_memory *ret)
{
	struct line_trust *trust = &ret->trust;
	int held, known, length;
	char state[16];

	if (sscanf(text,
		   "%32s %15s %d %d %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 "%n",
		   ret->name, state, &held, &known, &trust->level, &trust->level_us,
		   &trust->back_us, &ret->good_since_us, &ret->answered_us, &length) != 9 ||
	    !state_from_text(state, &ret->state) || trust->level > TRUST_LEVEL_MAX)
		return false;
	ret->held = held;
	trust->known = known;
	return outages_from_text(text + length, trust);
}

int line_memories_from_text(struct line_memories *memories, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	memories->v.n = 0;
	if (!copy)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n"))) {
		struct line_memory memory = { 0 };

		if (from_line(line, &memory) && !line_memories_find(memories, memory.name) &&
		    array_push(&memories->v, memory) < 0)
			return -ENOMEM;
	}
	return 0;
}
