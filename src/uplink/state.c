/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of a line. What can be seen at once (the operator, the link, its carrier,
 * address and gateway, the end of a PPP session) decides at once; what is left is for the probes
 * to say, and for how far the line is trusted.
 *
 * A state that waits says for how long in all, never how long still: a reason that changed with
 * each look would be a change to tell of each time.
 */
#include "uplink/state.h"

#include "monitor/monitor.h"
#include "uplink/trust.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *missing(const struct line *line)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (ip_is_set(&line->family[f].address))
			return "no gateway";
	return "no address";
}

static bool has_way(const struct line *line, enum family_index f)
{
	return line->family[f].routed && ip_is_set(&line->family[f].address);
}

static const char *ways(const struct line *line)
{
	if (has_way(line, FAMILY_V4) && has_way(line, FAMILY_V6))
		return "IPv4 and IPv6";
	return has_way(line, FAMILY_V4) ? "IPv4" : "IPv6";
}

_printf_(2, 3) static struct uplink_verdict
	verdict(enum uplink_state state, const char *format, ...)
{
	struct uplink_verdict verdict = { .state = state };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(verdict.reason, sizeof(verdict.reason), format, arguments);
	va_end(arguments);
	return verdict;
}

static bool is_carrying(enum uplink_state state)
{
	return state == UPLINK_UP || state == UPLINK_DEGRADED;
}

/* The targets as written, as many as fit. */
static struct uplink_verdict waiting(const struct line *line, const char *what)
{
	struct uplink_verdict waiting = verdict(UPLINK_PROBING, "waiting for %s from", what);
	const char *between = " ";

	for (size_t i = 0; i < line->config->probes.n; i++) {
		const struct config_probe *probe = &line->config->probes.v[i];

		for (size_t k = 0; k == 0 || k < probe->targets.n; k++) {
			const char *text = probe->targets.n ? probe->targets.v[k].text
					   : probe->path    ? probe->path
							    : "gateway";
			size_t at = strlen(waiting.reason);

			if (at + strlen(between) + strlen(text) + strlen(" ...") >=
			    sizeof(waiting.reason)) {
				strcat(waiting.reason, " ...");
				return waiting;
			}
			snprintf(waiting.reason + at, sizeof(waiting.reason) - at, "%s%s", between,
				 text);
			between = ", ";
		}
	}
	return waiting;
}

/* How long `pass` answers in a row take: silent lines are asked at least once a MONITOR_BRISK_US.
 */
static uint64_t proof_us(const struct config_uplink *uplink)
{
	uint64_t shortest = MONITOR_BRISK_US;

	for (size_t i = 0; i < uplink->probes.n; i++)
		if (uplink->probes.v[i].interval_ms * 1000 < shortest)
			shortest = uplink->probes.v[i].interval_ms * 1000;
	return uplink->pass * shortest;
}

/* It is back since then: is it trusted? Otherwise *ret says so. */
static bool is_trusted(const struct line *line, uint64_t since_us, uint64_t proof_us,
		       uint64_t now_us, struct uplink_verdict *ret)
{
	struct line_trust trust = line->trust;
	uint64_t wait, penalty, level_us;

	trust_decay(&trust, now_us);
	penalty = trust_penalty_us(&trust);
	level_us = trust_next_us(&trust);
	wait = penalty > proof_us ? penalty : proof_us;
	if (is_carrying(line->state) || !line->trust.known ||
	    line->config->failback == FAILBACK_AT_ONCE || now_us >= since_us + wait)
		return true;
	*ret = verdict(UPLINK_PROBING, "back, trusted after %g s", (double)wait / 1000000);
	if (trust.level)
		snprintf(ret->reason + strlen(ret->reason),
			 sizeof(ret->reason) - strlen(ret->reason), " (%u outages lately)",
			 trust.level + TRUST_OUTAGES);
	ret->again_us = since_us + wait;
	if (level_us && level_us < ret->again_us)
		ret->again_us = level_us;
	return false;
}

/* Nobody asks, or nobody can: the line is as good as it looks. */
static struct uplink_verdict judge_unasked(const struct line *line, uint64_t now_us)
{
	uint64_t since_us = line->state == UPLINK_PROBING ? line->trust.back_us : now_us;
	struct uplink_verdict wait;

	if (!is_trusted(line, since_us, 0, now_us, &wait))
		return wait;
	if (line->quality.health == HEALTH_UNSENT)
		return verdict(UPLINK_UP, "%s; probes cannot be sent: %s", ways(line),
			       line->quality.reason);
	return verdict(UPLINK_UP, "%s", ways(line));
}

static struct uplink_verdict judge_answers(const struct line *line, uint64_t now_us)
{
	const struct line_quality *quality = &line->quality;
	struct uplink_verdict wait;

	if (!is_carrying(line->state) && !quality->good_since_us)
		return waiting(line, "answers");
	if (!is_trusted(line, quality->good_since_us, proof_us(line->config), now_us, &wait))
		return wait;
	if (quality->health == HEALTH_POOR)
		return verdict(UPLINK_DEGRADED, "%s", quality->reason);
	return verdict(UPLINK_UP, *quality->reason ? "%s; %s" : "%s", ways(line), quality->reason);
}

static struct uplink_verdict judge_by_probes(const struct line *line, bool optimistic,
					     uint64_t now_us)
{
	switch (line->quality.health) {
	case HEALTH_UNKNOWN:
		if (is_carrying(line->state) || optimistic)
			return verdict(UPLINK_UP, "%s", ways(line));
		return waiting(line, line->trust.known ? "an answer" : "the first answer");
	case HEALTH_GOOD:
	case HEALTH_POOR:
		return judge_answers(line, now_us);
	case HEALTH_BAD:
		return verdict(UPLINK_DOWN, "%s", line->quality.reason);
	case HEALTH_UNSENT:
	case HEALTH_MAX:
		break;
	}
	return judge_unasked(line, now_us);
}

struct uplink_verdict uplink_judge(const struct line *line, const struct uplink_inputs *inputs)
{
	bool ended = line->ppp.known && !line->ppp.up && *line->ppp.end;
	const struct link *link = inputs->link;

	if (inputs->disabled)
		return verdict(UPLINK_DISABLED, "disabled by the operator");
	if (ended)
		return verdict(link ? UPLINK_DOWN : UPLINK_ABSENT, "PPP: %s", line->ppp.end);
	if (!link)
		return verdict(UPLINK_ABSENT, "interface does not exist");
	if (!link->up)
		return verdict(UPLINK_DOWN, "interface is switched off");
	if (!link->carrier)
		return verdict(UPLINK_DOWN, "no carrier");
	if (!has_way(line, FAMILY_V4) && !has_way(line, FAMILY_V6))
		return verdict(UPLINK_DOWN, "%s", missing(line));
	if (!line->config->probes.n)
		return judge_unasked(line, inputs->now_us);
	return judge_by_probes(line, inputs->optimistic, inputs->now_us);
}

/* The operator's word begins a new life: nothing that was his doing is held against the line. */
static void learn_trust(struct line *line, enum uplink_state state, uint64_t now_us)
{
	trust_decay(&line->trust, now_us);
	if (is_carrying(line->state) && (state == UPLINK_DOWN || state == UPLINK_ABSENT))
		trust_outage(&line->trust, now_us);
	if (state == UPLINK_PROBING && line->state != UPLINK_PROBING)
		line->trust.back_us = now_us;
	if (is_carrying(state))
		line->trust.known = true;
	if (state == UPLINK_DISABLED)
		line->trust.known = false;
}

bool uplink_enter(struct line *line, const struct uplink_verdict *verdict, uint64_t realtime_us,
		  uint64_t now_us)
{
	bool moved = line->state != verdict->state || !*line->reason;
	bool changed = moved || strcmp(line->reason, verdict->reason) != 0;

	learn_trust(line, verdict->state, now_us);
	if (moved)
		line->since_us = realtime_us;
	line->state = verdict->state;
	memcpy(line->reason, verdict->reason, sizeof(line->reason));
	return changed;
}
