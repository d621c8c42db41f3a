/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor of a line. Every call records what happened and then lets settle() draw all
 * conclusions, so they do not depend on the order in which things are told.
 *
 * A target raises suspicion when it stops answering, not for as long as it does not: one that is
 * dead or limits its answers costs nothing more while the others answer. Suspicion is about a
 * moment, the sending of the first question that went unanswered; an answer to any question since
 * shows that the line lives, however late it comes.
 */
#include "monitor/monitoring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t monitor_sendable(const struct monitor *m)
{
	size_t n = 0;

	array_foreach(&m->targets, t)
		n += !probed_is_unsent(t);
	return n;
}

size_t monitor_needed(const struct monitor *m)
{
	size_t n = monitor_sendable(m);

	return m->quorum < n ? m->quorum : n;
}

static size_t count_standing(const struct monitor *m, enum probed_standing standing)
{
	size_t n = 0;

	array_foreach(&m->targets, t)
		n += !probed_is_unsent(t) && t->standing == standing;
	return n;
}

uint64_t monitor_pace_us(const struct monitor *m, const struct probed *target)
{
	bool brisk = m->recovering || m->burst.vetoed;

	return brisk ? least(target->interval_us, MONITOR_BRISK_US) : target->interval_us;
}

/* Returns since when an answer is missing of a target that answered so far; 0: none is. */
static uint64_t judge_targets(struct monitor *m, uint64_t now_us)
{
	uint64_t about = 0;

	array_foreach(&m->targets, t) {
		enum probed_standing was = t->standing;
		uint64_t missing;

		probed_judge(t, now_us);
		if (!m->burst.on)
			t->awaited = was != PROBED_MISSING;
		if (probed_is_unsent(t) || t->standing != PROBED_MISSING || was == t->standing)
			continue;
		missing = probed_missing_us(t, now_us);
		about = about ? least(about, missing) : missing;
	}
	return about;
}

static enum line_health health_of(const struct monitor *m)
{
	enum level level = m->levels[monitor_worst(m)];

	if (m->silent)
		return HEALTH_BAD;
	if (!monitor_sendable(m))
		return HEALTH_UNSENT;
	if (!m->heard)
		return HEALTH_UNKNOWN;
	return level == LEVEL_HIGH ? HEALTH_BAD : level == LEVEL_LOW ? HEALTH_POOR : HEALTH_GOOD;
}

static void conclude(struct monitor *m)
{
	enum line_health health = health_of(m);
	bool anew = health != m->quality.health;
	size_t size = sizeof(m->quality.reason);

	m->quality.health = health;
	m->quality.suspicious = m->burst.on;
	if (m->silent || m->burst.excused)
		return;
	if (health == HEALTH_UNSENT)
		snprintf(m->quality.reason, size, "%s", m->targets.v->reason);
	else if (health == HEALTH_POOR || health == HEALTH_BAD)
		monitor_describe(m, monitor_worst(m), anew);
	else
		m->quality.reason[0] = '\0';
}

/* Losses of the silence are told already. */
static void recover(struct monitor *m)
{
	m->silent = false;
	memset(m->levels, 0, sizeof(m->levels));
	array_foreach(&m->targets, t)
		probed_forget_losses(t);
}

static bool is_answered(const struct monitor *m)
{
	size_t n = count_standing(m, PROBED_OK);

	return n && n >= monitor_needed(m) && !m->silent;
}

/* A line that is down for its figures has to prove itself anew, as one that was silent has. */
static void note_answers(struct monitor *m, uint64_t now_us)
{
	bool good = is_answered(m) && m->levels[monitor_worst(m)] != LEVEL_HIGH;

	if (good && !m->quality.good_since_us)
		m->quality.good_since_us = m->recalled_us ? m->recalled_us : now_us;
	if (good || m->silent || m->burst.on)
		m->recalled_us = 0;
	if (!good)
		m->quality.good_since_us = 0;
	if (good &&
	    now_us >= m->quality.good_since_us + m->pass * least(m->shortest_us, MONITOR_BRISK_US))
		m->recovering = false;
}

static void settle(struct monitor *m, uint64_t now_us)
{
	uint64_t about = judge_targets(m, now_us);
	bool failing = count_standing(m, PROBED_MISSING) + monitor_needed(m) > monitor_sendable(m);

	if (m->silent) {
		if (monitor_is_alive(m))
			recover(m);
	} else if (m->burst.on) {
		monitor_resolve(m, now_us);
	} else if (monitor_sendable(m) && (about || failing)) {
		monitor_doubt(m, about ? about : now_us, now_us);
	}
	m->heard = m->heard || is_answered(m);
	if (m->stale)
		monitor_measure(m);
	note_answers(m, now_us);
	conclude(m);
}

int monitor_new(const struct monitor_limits *limits, uint64_t now_us, struct monitor **ret)
{
	struct monitor *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	*m = (struct monitor){ .targets.n = limits->n,
			       .quorum = limits->quorum ? limits->quorum : 1,
			       .fail = limits->fail ? limits->fail : 1,
			       .pass = limits->pass,
			       .marks = { limits->loss, limits->latency, limits->jitter },
			       .shortest_us = UINT64_MAX,
			       .targets.v = calloc(limits->n, sizeof(*m->targets.v)) };
	if (!m->targets.v) {
		free(m);
		return -ENOMEM;
	}
	for (size_t i = 0; i < m->targets.n; i++) {
		const struct monitor_target *target = &limits->targets[i];
		char number[PROBED_NAME_MAX];

		snprintf(number, sizeof(number), "target %zu", i + 1);
		probed_init(&m->targets.v[i], target->name ? target->name : number,
			    target->interval_us, target->timeout_us,
			    target->interval_us * i / m->targets.n);
		m->targets.v[i].exacting = target->exacting;
		m->shortest_us = least(m->shortest_us, target->interval_us);
	}
	monitor_restart(m, now_us);
	*ret = m;
	return 0;
}

void monitor_free(struct monitor *m)
{
	if (!m)
		return;
	free(m->targets.v);
	free(m);
}

void monitor_restart(struct monitor *m, uint64_t now_us)
{
	m->began_us = now_us;
	m->recalled_us = 0;
	m->heard = m->silent = m->recovering = false;
	m->burst = (struct burst){ 0 };
	m->passive = (struct passive){ 0 };
	memset(m->levels, 0, sizeof(m->levels));
	m->quality = (struct line_quality){ .answered_us = m->quality.answered_us };
	array_foreach(&m->targets, t)
		probed_restart(t, now_us);
}

void monitor_recall(struct monitor *m, uint64_t answered_us, uint64_t good_since_us)
{
	m->recalled_us = good_since_us;
	m->quality.answered_us = answered_us;
}

static bool is_burst_due(const struct monitor *m, uint64_t now_us)
{
	return m->burst.on && !m->burst.vetoed && now_us >= m->burst.next_us;
}

static uint64_t next_due(const struct monitor *m, uint64_t now_us)
{
	uint64_t next = UINT64_MAX;

	array_foreach(&m->targets, t) {
		uint64_t expires = probed_expires_us(t, now_us, now_us);

		next = least(next, t->next_us);
		if (expires && !m->silent && !probed_is_unsent(t))
			next = least(next, expires);
	}
	if (m->burst.on)
		next = least(next, m->burst.vetoed ? m->passive.evidence_us + MONITOR_BRISK_US
						   : m->burst.next_us);
	if (m->passive.known)
		next = least(next, passive_is_due(&m->passive, now_us)
					   ? now_us + MONITOR_BRISK_US
					   : m->passive.read_us + MONITOR_BRISK_US);
	return next;
}

uint32_t monitor_due(struct monitor *m, uint64_t now_us, uint64_t *ret_next_us)
{
	uint32_t due = 0;
	bool burst;

	settle(m, now_us);
	burst = is_burst_due(m, now_us);
	for (size_t i = 0; i < m->targets.n; i++) {
		struct probed *target = &m->targets.v[i];
		bool calm = now_us >= target->next_us;

		if (calm)
			target->next_us = probed_slot(target, now_us, monitor_pace_us(m, target));
		if (!calm && (!burst || probed_is_unsent(target)))
			continue;
		probed_asked(target, now_us, calm && !m->silent && !m->burst.excused);
		due |= UINT32_C(1) << i;
	}
	if (burst) {
		if (++m->burst.step == m->burst.steps)
			m->burst.final_us = now_us;
		m->burst.next_us = now_us + m->burst.step_us;
	}
	*ret_next_us = next_due(m, now_us);
	return due;
}

void monitor_answered(struct monitor *m, unsigned target, uint64_t sent_us, uint64_t now_us)
{
	if (sent_us < m->began_us)
		return;
	probed_answered(&m->targets.v[target], sent_us, now_us);
	passive_spoil(&m->passive);
	m->stale = true;
	m->quality.answered_us = now_us;
	settle(m, now_us);
}

void monitor_missed(struct monitor *m, unsigned target, uint64_t sent_us, uint64_t now_us,
		    const char *reason)
{
	if (sent_us < m->began_us)
		return;
	probed_missed(&m->targets.v[target], sent_us, now_us, reason);
	if (m->targets.v[target].refused)
		passive_spoil(&m->passive);
	m->stale = true;
	settle(m, now_us);
}

/* Once may be an accident, so it is tried again soon; and a round that was not sent is none. */
void monitor_unsent(struct monitor *m, unsigned target, uint64_t sent_us, uint64_t now_us,
		    const char *reason)
{
	struct probed *t = &m->targets.v[target];

	if (sent_us < m->began_us)
		return;
	probed_unsent(t, sent_us, reason);
	m->stale = true;
	if (!probed_is_unsent(t)) {
		t->next_us = least(t->next_us, now_us + MONITOR_BURST_US);
		if (m->burst.step &&
		    (m->burst.step < m->burst.steps || sent_us == m->burst.final_us))
			m->burst.step--;
	}
	settle(m, now_us);
}

bool monitor_wants_passive(const struct monitor *m, uint64_t now_us)
{
	return m->burst.on || passive_is_due(&m->passive, now_us);
}

void monitor_suspect(struct monitor *m, uint64_t now_us)
{
	if (m->heard && !m->silent && !m->burst.on && monitor_sendable(m))
		monitor_doubt(m, now_us, now_us);
	settle(m, now_us);
}

void monitor_passive(struct monitor *m, const struct monitor_passive *passive, uint64_t now_us)
{
	if (passive_take(&m->passive, passive, now_us))
		monitor_suspect(m, now_us);
	else
		settle(m, now_us);
}

const struct line_quality *monitor_quality(const struct monitor *m)
{
	return &m->quality;
}

struct line_quality monitor_target_quality(const struct monitor *m, unsigned target)
{
	static const enum line_health healths[] = {
		[PROBED_UNKNOWN] = HEALTH_UNKNOWN,
		[PROBED_OK] = HEALTH_GOOD,
		[PROBED_MISSING] = HEALTH_BAD,
	};
	const struct probed *t = &m->targets.v[target];
	struct line_quality q = { .health = probed_is_unsent(t) ? HEALTH_UNSENT
								: healths[t->standing],
				  .measured = t->measured && !m->silent,
				  .loss = probed_loss(t, false),
				  .latency_us = (uint32_t)t->mean,
				  .jitter_us = (uint32_t)t->deviation,
				  .answered_us = t->answered_us };

	if (q.health == HEALTH_UNSENT || q.health == HEALTH_BAD)
		memcpy(q.reason, t->reason, sizeof(q.reason));
	return q;
}
