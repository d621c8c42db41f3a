/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A monitor in doubt: the rounds of questions, and what they come to. How much has to go unanswered
 * for a verdict grows with the loss that the line has anyway: chance alone must not bring it about.
 *
 * The rounds are also spread over a while: answers may take half a second all of a sudden, as when
 * somebody fills a queue behind us, and many routers answer only a few questions a second.
 */
#include "monitor/monitoring.h"

#include <stdio.h>
#include <string.h>

enum {
	ROUNDS_STRETCH = 4, /* times `fail`, at most, on a line with losses */
	/*
	 * Of an interval, or a second if that is less: how long a verdict takes at least. Silence
	 * is noticed the later, the fewer targets there are, and is to be known within 1.5 s.
	 */
	SPREAD_PERCENT = 60,
	SPREAD_ALONE_PERCENT = 45 /* without a target to spare */
};

#define CHANCE_MAX 1e-9 /* of losses alone looking like silence, each time one is lost */

static bool shows_life(const struct monitor *m, const struct probed *target)
{
	return !probed_is_unsent(target) && target->standing == PROBED_OK &&
	       target->answered_sent_us >= m->burst.about_us;
}

bool monitor_is_alive(const struct monitor *m)
{
	size_t n = 0;

	array_foreach(&m->targets, t)
		n += shows_life(m, t);
	return n && n >= monitor_needed(m);
}

/* The pace has become faster. */
static void hurry(struct monitor *m, uint64_t now_us)
{
	array_foreach(&m->targets, t)
		t->next_us = least(t->next_us, probed_slot(t, now_us, monitor_pace_us(m, t)));
}

/* Rounds without answers that the verdict takes. */
static uint32_t rounds_needed(const struct monitor *m, size_t questions)
{
	double loss = monitor_figure(m, FIGURE_LOSS, true), chance = loss;
	uint32_t rounds = 0;

	while (rounds < m->fail || (chance > CHANCE_MAX && rounds < m->fail * ROUNDS_STRETCH)) {
		for (size_t i = 0; i < questions; i++)
			chance *= loss;
		rounds++;
	}
	return rounds;
}

/* Not before what is under way can have been answered, or many would be. */
static uint64_t round_us(const struct monitor *m)
{
	uint64_t most = m->shortest_us > MONITOR_BURST_US ? m->shortest_us : MONITOR_BURST_US;
	uint64_t round = UINT64_C(2) * MONITOR_BURST_US;

	array_foreach(&m->targets, t)
		if (t->awaited && !probed_is_unsent(t))
			round = least(round, probed_patience_us(t) / 2);
	round = round > MONITOR_BURST_US ? round : MONITOR_BURST_US;
	return least(round, most);
}

static bool is_refused(const struct monitor *m, const struct probed *target)
{
	return target->refused && target->missed_sent_us >= m->burst.about_us;
}

/* Between two questions, so that the verdict comes no earlier than it may. */
static uint64_t spread_us(const struct monitor *m, bool spare, uint64_t now_us)
{
	uint64_t pace = least(m->shortest_us, MONITOR_BRISK_US), patience = 0;
	uint64_t least_us = pace * (spare ? SPREAD_PERCENT : SPREAD_ALONE_PERCENT) / 100, spent;

	array_foreach(&m->targets, t) {
		if (!t->awaited || probed_is_unsent(t))
			continue;
		if (is_refused(m, t)) /* which is an answer, and no late one */
			return 0;
		if (probed_patience_us(t) > patience)
			patience = probed_patience_us(t);
	}
	spent = now_us - m->burst.about_us + patience;
	return m->burst.steps > 1 && least_us > spent ? (least_us - spent) / (m->burst.steps - 1)
						      : 0;
}

/* One that is the only way to be answered is asked twice a round: one loss is to matter less. */
static void begin_burst(struct monitor *m, uint64_t now_us)
{
	size_t spare = monitor_sendable(m) - monitor_needed(m);
	uint32_t turns = spare ? 1 : 2;
	uint64_t spread;

	m->burst.on = true;
	m->burst.vetoed = false;
	m->burst.next_us = now_us;
	m->burst.final_us = 0;
	m->burst.step = 0;
	m->burst.steps = (rounds_needed(m, (spare + 1) * turns) - 1) * turns + 1;
	m->burst.step_us = round_us(m) / turns;
	spread = spread_us(m, spare, now_us);
	if (spread > m->burst.step_us)
		m->burst.step_us = spread;
	passive_begin(&m->passive);
}

void monitor_doubt(struct monitor *m, uint64_t about_us, uint64_t now_us)
{
	bool awaited = false;

	array_foreach(&m->targets, t)
		awaited = awaited || (t->awaited && !probed_is_unsent(t));
	if (!awaited)
		array_foreach(&m->targets, t)
			t->awaited = true;
	m->burst.about_us = about_us;
	begin_burst(m, now_us);
}

static void end_burst(struct monitor *m)
{
	m->burst = (struct burst){ .about_us = m->burst.about_us };
}

/* No verdict before the last question that counts has had its time. */
static bool is_waiting(const struct monitor *m, uint64_t now_us)
{
	if (m->burst.step < m->burst.steps)
		return true;
	array_foreach(&m->targets, t)
		if (t->awaited && !probed_is_unsent(t) &&
		    probed_expires_us(t, m->burst.final_us, now_us))
			return true;
	return false;
}

/* Everybody who does not show life was asked for something, and it came out wrong. */
static bool is_known_wrong(const struct monitor *m)
{
	array_foreach(&m->targets, t)
		if (!probed_is_unsent(t) && !shows_life(m, t) &&
		    (!t->exacting || !is_refused(m, t)))
			return false;
	return true;
}

/* Why the network itself says so, if it does for all who are silent. */
static const char *refusal(const struct monitor *m)
{
	const char *reason = NULL;

	array_foreach(&m->targets, t) {
		if (probed_is_unsent(t) || shows_life(m, t))
			continue;
		if (!is_refused(m, t) || (reason && strcmp(reason, t->reason) != 0))
			return NULL;
		reason = t->reason;
	}
	return reason;
}

/* Appends what fits; false if it does not. */
static bool append(char *text, size_t size, const char *before, const char *word, const char *after)
{
	size_t at = strlen(text);

	if (at + strlen(before) + strlen(word) + strlen(after) >= size)
		return false;
	snprintf(text + at, size - at, "%s%s%s", before, word, after);
	return true;
}

static void describe_silence(struct monitor *m, const char *but)
{
	char *text = m->quality.reason;
	size_t size = sizeof(m->quality.reason) - strlen(but);
	const char *why = refusal(m), *between = " ";
	bool fits = true;

	snprintf(text, size, "no answer from");
	array_foreach(&m->targets, t) {
		if (probed_is_unsent(t) || shows_life(m, t))
			continue;
		fits = fits && append(text, size, between, t->name, "");
		between = ", ";
	}
	if (!fits || (why && strlen(text) + strlen(" ()") + strlen(why) >= size))
		snprintf(text, size, "no answer from any of %zu targets", m->targets.n);
	if (why)
		append(text, size, " (", why, ")");
	append(text, sizeof(m->quality.reason), but, "", "");
}

static void fall_silent(struct monitor *m, uint64_t now_us)
{
	describe_silence(m, "");
	m->silent = true;
	m->recovering = true;
	end_burst(m);
	hurry(m, now_us);
}

static void veto(struct monitor *m, uint64_t now_us)
{
	describe_silence(m, ", but connections are answered");
	m->burst.vetoed = m->burst.excused = true;
	array_foreach(&m->targets, t)
		probed_excuse(t);
	hurry(m, now_us);
}

void monitor_resolve(struct monitor *m, uint64_t now_us)
{
	if (monitor_is_alive(m) || !monitor_sendable(m))
		end_burst(m);
	else if (m->burst.vetoed && now_us >= m->passive.evidence_us + MONITOR_BRISK_US)
		begin_burst(m, now_us);
	else if (!m->burst.vetoed && !is_waiting(m, now_us))
		m->passive.evidence_us && !is_known_wrong(m) ? veto(m, now_us)
							     : fall_silent(m, now_us);
}
