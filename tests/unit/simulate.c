/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Simulated time for monitors: events are what becomes of questions, and the monitor's own time.
 * Aborts when a monitor asks to be called in the past, or again at once without end.
 */
#include "simulate.h"

#include <stdio.h>
#include <stdlib.h>

double simulation_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (double)((*seed * UINT64_C(2685821657736338717)) >> 11) / 9007199254740992.0;
}

void simulation_defaults(struct simulation *s, size_t targets)
{
	s->limits = (struct monitor_limits){
		.n = targets, .quorum = 1, .fail = 3, .pass = 5, .loss = { 15, 50 }
	};
	for (size_t i = 0; i < targets; i++)
		s->limits.targets[i] = (struct monitor_target){ SECOND, 2 * SECOND, NULL };
}

static void require(bool what, const struct simulation *s, const char *text)
{
	if (what)
		return;
	fprintf(stderr, "seed %llu, %llu us: %s\n", (unsigned long long)s->seed,
		(unsigned long long)s->now_us, text);
	abort();
}

static void add_event(struct simulation *s, unsigned target, uint64_t after_us, bool answer)
{
	require(s->n < SIMULATION_EVENTS_MAX, s, "too many questions are under way");
	s->events[s->n++] = (struct simulated_event){ .at_us = s->now_us + after_us,
						      .sent_us = s->now_us,
						      .target = target,
						      .answer = answer };
}

static void ask(struct simulation *s, unsigned target)
{
	uint64_t timeout = s->limits.targets[target].timeout_us;
	int64_t fate = s->fate(s, target);

	s->asked[target]++;
	if (fate == FATE_UNSENT)
		monitor_unsent(s->monitor, target, s->now_us, s->now_us, "no buffer space");
	else if (fate == FATE_REFUSED)
		add_event(s, target, MS, false);
	else if (fate > 0 && (uint64_t)fate <= timeout)
		add_event(s, target, (uint64_t)fate, true);
	else
		add_event(s, target, timeout, false);
}

static size_t earliest(const struct simulation *s)
{
	size_t at = 0;

	for (size_t i = 1; i < s->n; i++)
		if (s->events[i].at_us < s->events[at].at_us)
			at = i;
	return at;
}

static void happen(struct simulation *s, size_t at)
{
	struct simulated_event event = s->events[at];
	bool refused = event.at_us - event.sent_us < s->limits.targets[event.target].timeout_us;

	s->events[at] = s->events[--s->n];
	if (event.answer)
		monitor_answered(s->monitor, event.target, event.sent_us, s->now_us);
	else
		monitor_missed(s->monitor, event.target, event.sent_us, s->now_us,
			       refused ? "network is unreachable" : "no answer within 2s");
}

static void look(struct simulation *s)
{
	unsigned again = 0;

	while (true) { /* what could not be sent may have changed what is due */
		uint32_t due;

		if (s->counters && monitor_wants_passive(s->monitor, s->now_us)) {
			struct monitor_passive counters = s->counters(s);

			monitor_passive(s->monitor, &counters, s->now_us);
		}
		due = monitor_due(s->monitor, s->now_us, &s->due_us);
		require(due >> s->limits.n == 0, s, "a target that does not exist is asked");
		for (unsigned i = 0; i < s->limits.n; i++)
			if (due & UINT32_C(1) << i)
				ask(s, i);
		require(++again < 8, s, "the monitor wants to be called again at once");
		if (!due && s->due_us > s->now_us)
			break;
	}
	s->steps++;
	if (s->look)
		s->look(s);
}

void simulation_start(struct simulation *s, uint64_t now_us)
{
	s->now_us = now_us;
	s->n = 0;
	s->events = calloc(SIMULATION_EVENTS_MAX, sizeof(*s->events));
	require(s->events && monitor_new(&s->limits, now_us, &s->monitor) == 0, s, "no memory");
	look(s);
}

bool simulation_run(struct simulation *s, uint64_t until_us,
		    bool (*stop)(const struct simulation *s))
{
	while (!stop || !stop(s)) {
		size_t at = earliest(s);
		bool event = s->n && s->events[at].at_us <= s->due_us;
		uint64_t next = event ? s->events[at].at_us : s->due_us;

		if (next > until_us) {
			s->now_us = until_us;
			return true;
		}
		s->now_us = next;
		if (event)
			happen(s, at);
		look(s);
	}
	return false;
}

void simulation_end(struct simulation *s)
{
	monitor_free(s->monitor);
	free(s->events);
	s->monitor = NULL;
	s->events = NULL;
}
