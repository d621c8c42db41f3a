/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a line is trusted: the penalty of outages, and the state machine with probes, which waits
 * by it; and that a restart of the daemon changes nothing of that.
 */
#include "lab.h"
#include "simulate.h"

#include "uplink/memory.h"
#include "uplink/state.h"
#include "uplink/trust.h"

#include <stdio.h>
#include <string.h>

#define START (1000 * (uint64_t)SECOND)

/* Seconds of outages, and then the wait, in seconds, at a later one. */
static const struct {
	unsigned outages[12];
	unsigned at, wait;
} penalties[] = {
	{ { 0 }, 1, 0 },
	{ { 1 }, 1, 0 },
	{ { 1, 2, 3 }, 4, 0 },
	{ { 1, 2, 3, 4 }, 4, 10 },
	{ { 1, 2, 3, 4, 5 }, 5, 20 },
	{ { 1, 2, 3, 4, 5, 6, 7, 8 }, 8, 160 },
	{ { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 9, 300 },
	{ { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, 11, 300 },
	/* The fourth in ten minutes, not sooner. */
	{ { 1, 300, 500, 600 }, 600, 10 },
	{ { 1, 300, 500, 601 }, 601, 0 },
	{ { 1, 300, 500, 601, 899 }, 899, 10 },
	/* One level in ten minutes without an outage. */
	{ { 1, 2, 3, 4, 5 }, 604, 20 },
	{ { 1, 2, 3, 4, 5 }, 605, 10 },
	{ { 1, 2, 3, 4, 5 }, 1204, 10 },
	{ { 1, 2, 3, 4, 5 }, 1205, 0 },
	{ { 1, 2, 3, 4, 5, 400 }, 604, 40 },
	{ { 1, 2, 3, 4, 5, 400 }, 999, 40 },
	{ { 1, 2, 3, 4, 5, 400 }, 1000, 20 },
	/* Each that is alone only keeps the level from falling. */
	{ { 1, 2, 3, 4, 5, 604, 1203 }, 1802, 20 },
	{ { 1, 2, 3, 4, 5, 604, 1203 }, 1803, 10 },
	/* The longest wait takes as long to leave as its level says. */
	{ { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, 611, 160 },
	{ { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, 3611, 0 },
};

static void outages_cost_trust(void **state)
{
	for (size_t i = 0; i < ELEMENTS_OF(penalties); i++) {
		struct line_trust trust = { 0 };

		for (size_t k = 0; penalties[i].outages[k]; k++)
			trust_outage(&trust, START + penalties[i].outages[k] * (uint64_t)SECOND);
		trust_decay(&trust, START + penalties[i].at * (uint64_t)SECOND);
		if (trust_penalty_us(&trust) != penalties[i].wait * (uint64_t)SECOND)
			fail_msg("case %zu: %llu us", i,
				 (unsigned long long)trust_penalty_us(&trust));
		assert_int_equal(trust_next_us(&trust) != 0, trust.level != 0);
	}
}

/* However often it is looked at in between. */
static void looking_changes_nothing(void **state)
{
	uint64_t seed = 42;

	for (unsigned run = 0; run < 2000; run++) {
		struct line_trust often = { 0 }, seldom = { 0 };
		uint64_t now = START;

		for (unsigned i = 0; i < 30; i++) {
			double r = simulation_random(&seed);

			now += (uint64_t)(r * r * r * 2000 * SECOND);
			trust_decay(&often, now);
			trust_decay(&often, now);
			if (simulation_random(&seed) < 0.5)
				continue;
			trust_outage(&often, now);
			trust_outage(&seldom, now);
			assert_int_equal(trust_penalty_us(&often), trust_penalty_us(&seldom));
			assert_true(trust_penalty_us(&often) <= 300 * (uint64_t)SECOND);
			assert_true(trust_next_us(&often) == 0 || trust_next_us(&often) > now);
		}
	}
}

/*
 * A line's life, told step by step. A step lasts so many seconds and begins with: A the interface
 * goes, D the operator disables the line, C the carrier goes, L all of it is there; and of probes
 * U nothing is known, G answers, P answers above a mark, B silence, X cannot be sent. The state is
 * that at the end, after the judgements that were asked for.
 */
struct step {
	char link, probes;
	unsigned seconds;
	enum uplink_state state;
	const char *reason;
};

static struct config_target target = { .text = "192.0.2.9" };
static struct config_probe probe = { .targets = { .v = &target, .n = 1 }, .interval_ms = 1000 };

struct life {
	struct config_uplink config;
	struct line line;
	struct link link;
	char probes;
	uint64_t now_us;
	unsigned changes, judgements;
};

static void set_quality(struct life *life, char probes)
{
	static const struct {
		char letter;
		enum line_health health;
		const char *reason;
	} table[] = {
		{ 'U', HEALTH_UNKNOWN, "" },        { 'G', HEALTH_GOOD, "" },
		{ 'P', HEALTH_POOR, "loss 23 %" },  { 'B', HEALTH_BAD, "no answer from 192.0.2.9" },
		{ 'X', HEALTH_UNSENT, "no route" },
	};
	struct line_quality *quality = &life->line.quality;

	for (size_t i = 0; i < ELEMENTS_OF(table); i++) {
		if (table[i].letter != probes)
			continue;
		quality->health = table[i].health;
		strcpy(quality->reason, table[i].reason);
	}
	if (probes != 'G' && probes != 'P')
		quality->good_since_us = 0;
	else if (!quality->good_since_us)
		quality->good_since_us = life->now_us;
	life->probes = probes;
}

static struct uplink_verdict judge(struct life *life, const struct step *step, bool optimistic)
{
	struct uplink_inputs inputs = { .link = step->link == 'A' ? NULL : &life->link,
					.disabled = step->link == 'D',
					.optimistic = optimistic,
					.now_us = life->now_us };
	struct uplink_verdict verdict;

	life->link = (struct link){ .up = true, .carrier = step->link == 'L' };
	verdict = uplink_judge(&life->line, &inputs);
	assert_true(verdict.again_us == 0 || verdict.again_us > life->now_us);
	life->changes += uplink_enter(&life->line, &verdict, life->now_us, life->now_us);
	assert_true(++life->judgements < 1000);
	return verdict;
}

/* Also looks when nobody asked, which must change nothing. */
static void live(struct life *life, const struct step *step, bool optimistic)
{
	uint64_t end_us = life->now_us + step->seconds * (uint64_t)SECOND;
	struct uplink_verdict verdict;

	set_quality(life, step->probes);
	verdict = judge(life, step, optimistic);
	while (verdict.again_us && verdict.again_us <= end_us) {
		unsigned changes = life->changes;

		life->now_us = (life->now_us + verdict.again_us) / 2;
		assert_int_equal(judge(life, step, optimistic).again_us, verdict.again_us);
		assert_int_equal(life->changes, changes);
		life->now_us = verdict.again_us;
		verdict = judge(life, step, optimistic);
	}
	life->now_us = end_us;
}

static struct life begin(bool probes, enum failback failback)
{
	struct life life = {
		.config = { .name = "l", .interface = "wan0", .pass = 5, .failback = failback },
		.now_us = START,
	};

	if (probes) {
		life.config.probes.v = &probe;
		life.config.probes.n = 1;
	}
	life.line.family[FAMILY_V4].address = address("192.0.2.2");
	life.line.family[FAMILY_V4].routed = true;
	return life;
}

static void assert_life(const char *name, bool probes, enum failback failback, bool optimistic,
			const struct step *steps, size_t n)
{
	struct life life = begin(probes, failback);

	life.line.config = &life.config;
	for (size_t i = 0; i < n; i++) {
		live(&life, &steps[i], optimistic && i == 0);
		if (life.line.state != steps[i].state ||
		    strcmp(life.line.reason, steps[i].reason) != 0)
			fail_msg("%s, step %zu: %s (%s), wanted %s (%s)", name, i + 1,
				 uplink_state_text(life.line.state), life.line.reason,
				 uplink_state_text(steps[i].state), steps[i].reason);
	}
}

#define LIFE(name, probes, failback, optimistic, ...)                                       \
	do {                                                                                \
		const struct step steps[] = { __VA_ARGS__ };                                \
		assert_life(name, probes, failback, optimistic, steps, ELEMENTS_OF(steps)); \
	} while (0)

#define FIRST  "waiting for the first answer from 192.0.2.9"
#define AGAIN  "waiting for an answer from 192.0.2.9"
#define SILENT "no answer from 192.0.2.9"
#define BACK   "back, trusted after 5 s"

static void lines_live(void **state)
{
	LIFE("first appearance", true, FAILBACK_WHEN_STABLE, false,
	     { 'A', 'U', 1, UPLINK_ABSENT, "interface does not exist" },
	     { 'L', 'U', 1, UPLINK_PROBING, FIRST }, { 'L', 'G', 0, UPLINK_UP, "IPv4" },
	     { 'L', 'P', 1, UPLINK_DEGRADED, "loss 23 %" }, { 'L', 'G', 0, UPLINK_UP, "IPv4" });
	LIFE("silent from the first", true, FAILBACK_WHEN_STABLE, false,
	     { 'L', 'U', 1, UPLINK_PROBING, FIRST }, { 'L', 'B', 1, UPLINK_DOWN, SILENT },
	     { 'L', 'G', 0, UPLINK_UP, "IPv4" });
	LIFE("return", true, FAILBACK_WHEN_STABLE, false, { 'L', 'G', 1, UPLINK_UP, "IPv4" },
	     { 'L', 'B', 1, UPLINK_DOWN, SILENT }, { 'L', 'G', 4, UPLINK_PROBING, BACK },
	     { 'L', 'G', 1, UPLINK_UP, "IPv4" });
	LIFE("return to worse", true, FAILBACK_WHEN_STABLE, false,
	     { 'L', 'G', 1, UPLINK_UP, "IPv4" }, { 'L', 'B', 1, UPLINK_DOWN, SILENT },
	     { 'L', 'P', 4, UPLINK_PROBING, BACK }, { 'L', 'P', 1, UPLINK_DEGRADED, "loss 23 %" });
	LIFE("relapse", true, FAILBACK_WHEN_STABLE, false, { 'L', 'G', 1, UPLINK_UP, "IPv4" },
	     { 'L', 'B', 1, UPLINK_DOWN, SILENT }, { 'L', 'G', 4, UPLINK_PROBING, BACK },
	     { 'L', 'B', 1, UPLINK_DOWN, SILENT }, { 'L', 'G', 4, UPLINK_PROBING, BACK },
	     { 'L', 'G', 1, UPLINK_UP, "IPv4" });
	LIFE("carrier", true, FAILBACK_WHEN_STABLE, false, { 'L', 'G', 1, UPLINK_UP, "IPv4" },
	     { 'C', 'U', 1, UPLINK_DOWN, "no carrier" }, { 'L', 'U', 9, UPLINK_PROBING, AGAIN },
	     { 'L', 'G', 4, UPLINK_PROBING, BACK }, { 'L', 'G', 1, UPLINK_UP, "IPv4" });
	LIFE("another address", true, FAILBACK_WHEN_STABLE, false,
	     { 'L', 'G', 1, UPLINK_UP, "IPv4" }, { 'L', 'U', 1, UPLINK_UP, "IPv4" },
	     { 'L', 'G', 1, UPLINK_UP, "IPv4" }, { 'L', 'U', 1, UPLINK_UP, "IPv4" },
	     { 'L', 'B', 1, UPLINK_DOWN, SILENT });
	LIFE("at once", true, FAILBACK_AT_ONCE, false, { 'L', 'G', 1, UPLINK_UP, "IPv4" },
	     { 'L', 'B', 1, UPLINK_DOWN, SILENT }, { 'L', 'G', 0, UPLINK_UP, "IPv4" });
	LIFE("start", true, FAILBACK_WHEN_STABLE, true, { 'L', 'U', 1, UPLINK_UP, "IPv4" },
	     { 'L', 'U', 1, UPLINK_UP, "IPv4" }, { 'L', 'B', 1, UPLINK_DOWN, SILENT },
	     { 'L', 'G', 1, UPLINK_PROBING, BACK });
	LIFE("disabled", true, FAILBACK_WHEN_STABLE, false, { 'L', 'G', 1, UPLINK_UP, "IPv4" },
	     { 'D', 'U', 1, UPLINK_DISABLED, "disabled by the operator" },
	     { 'L', 'U', 1, UPLINK_PROBING, FIRST }, { 'L', 'G', 0, UPLINK_UP, "IPv4" });
	LIFE("unsent", true, FAILBACK_WHEN_STABLE, false, { 'L', 'U', 1, UPLINK_PROBING, FIRST },
	     { 'L', 'X', 0, UPLINK_UP, "IPv4; probes cannot be sent: no route" },
	     { 'L', 'B', 1, UPLINK_DOWN, SILENT },
	     { 'L', 'X', 0, UPLINK_UP, "IPv4; probes cannot be sent: no route" },
	     { 'L', 'G', 0, UPLINK_UP, "IPv4" });
	LIFE("no probes", false, FAILBACK_WHEN_STABLE, false, { 'L', 'U', 1, UPLINK_UP, "IPv4" },
	     { 'C', 'U', 1, UPLINK_DOWN, "no carrier" }, { 'L', 'U', 0, UPLINK_UP, "IPv4" });
}

#define FLAP                                           \
	{ 'L', 'U', 0, UPLINK_UP, "IPv4" },            \
	{                                              \
		'C', 'U', 1, UPLINK_DOWN, "no carrier" \
	}

static void flapping_lines_wait(void **state)
{
	static const char ten[] = "back, trusted after 10 s (4 outages lately)",
			  forty[] = "back, trusted after 40 s (6 outages lately)",
			  five[] = "back, trusted after 20 s (5 outages lately)";

	LIFE("without probes", false, FAILBACK_WHEN_STABLE, false, FLAP, FLAP, FLAP, FLAP,
	     { 'L', 'U', 9, UPLINK_PROBING, ten }, { 'C', 'U', 1, UPLINK_DOWN, "no carrier" },
	     { 'L', 'U', 9, UPLINK_PROBING, ten }, { 'L', 'U', 1, UPLINK_UP, "IPv4" },
	     { 'C', 'U', 1, UPLINK_DOWN, "no carrier" }, { 'L', 'U', 19, UPLINK_PROBING, five },
	     { 'L', 'U', 1, UPLINK_UP, "IPv4" });
	LIFE("at once", false, FAILBACK_AT_ONCE, false, FLAP, FLAP, FLAP, FLAP, FLAP,
	     { 'L', 'U', 0, UPLINK_UP, "IPv4" });
	/* The level falls while the line waits, or is away. */
	LIFE("time heals", false, FAILBACK_WHEN_STABLE, false, FLAP, FLAP, FLAP, FLAP,
	     { 'C', 'U', 595, UPLINK_DOWN, "no carrier" }, { 'L', 'U', 3, UPLINK_PROBING, ten },
	     { 'L', 'U', 1, UPLINK_UP, "IPv4" });
	/* The longer of the two waits. */
	LIFE("with probes", true, FAILBACK_AT_ONCE, false, { 'L', 'G', 1, UPLINK_UP, "IPv4" },
	     { 'L', 'B', 1, UPLINK_DOWN, SILENT }, { 'L', 'G', 1, UPLINK_UP, "IPv4" },
	     { 'L', 'B', 1, UPLINK_DOWN, SILENT }, { 'L', 'G', 1, UPLINK_UP, "IPv4" });
	LIFE("with probes", true, FAILBACK_WHEN_STABLE, false, { 'L', 'G', 1, UPLINK_UP, "IPv4" },
	     { 'C', 'U', 0, UPLINK_DOWN, "no carrier" }, { 'L', 'G', 6, UPLINK_UP, "IPv4" },
	     { 'C', 'U', 0, UPLINK_DOWN, "no carrier" }, { 'L', 'G', 6, UPLINK_UP, "IPv4" },
	     { 'C', 'U', 0, UPLINK_DOWN, "no carrier" }, { 'L', 'G', 6, UPLINK_UP, "IPv4" },
	     { 'C', 'U', 0, UPLINK_DOWN, "no carrier" }, { 'L', 'G', 9, UPLINK_PROBING, ten },
	     { 'L', 'G', 1, UPLINK_UP, "IPv4" }, { 'C', 'U', 0, UPLINK_DOWN, "no carrier" },
	     { 'L', 'G', 20, UPLINK_UP, "IPv4" }, { 'C', 'U', 0, UPLINK_DOWN, "no carrier" },
	     { 'L', 'G', 30, UPLINK_PROBING, forty }, { 'L', 'B', 1, UPLINK_DOWN, SILENT },
	     { 'L', 'G', 39, UPLINK_PROBING, forty }, { 'L', 'G', 1, UPLINK_UP, "IPv4" });
}

static void the_end_of_a_session_is_told(void **state)
{
	static const struct {
		char link;
		bool known, up;
		const char *end;
		enum uplink_state state;
		const char *reason;
	} cases[] = {
		{ 'A', true, false, "LCP terminated by peer", UPLINK_ABSENT,
		  "PPP: LCP terminated by peer" },
		{ 'C', true, false, "Modem hangup", UPLINK_DOWN, "PPP: Modem hangup" },
		{ 'L', true, false, "Modem hangup", UPLINK_DOWN, "PPP: Modem hangup" },
		{ 'A', true, false, "", UPLINK_ABSENT, "interface does not exist" },
		{ 'L', true, true, "Modem hangup", UPLINK_UP, "IPv4" },
		{ 'A', false, false, "Modem hangup", UPLINK_ABSENT, "interface does not exist" },
		{ 'D', true, false, "Modem hangup", UPLINK_DISABLED, "disabled by the operator" },
	};

	for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
		struct life life = begin(false, FAILBACK_WHEN_STABLE);
		struct step step = { cases[i].link, 'U', 0, cases[i].state, cases[i].reason };

		life.line.config = &life.config;
		life.line.ppp.known = cases[i].known;
		life.line.ppp.up = cases[i].up;
		strcpy(life.line.ppp.end, cases[i].end);
		live(&life, &step, false);
		assert_int_equal(life.line.state, cases[i].state);
		assert_string_equal(life.line.reason, cases[i].reason);
	}
}

static struct step any_step(uint64_t *seed)
{
	double r = simulation_random(seed);

	return (struct step){ .link = "LLLLLACD"[(size_t)(simulation_random(seed) * 8)],
			      .probes = "UGGGPBX"[(size_t)(simulation_random(seed) * 7)],
			      .seconds = 1 + (unsigned)(r * r * r * 700) };
}

/* Any life at all: a verdict that waits ends, and outages are counted as they are. */
static void any_life_may_be_led(void **state)
{
	uint64_t seed = 7;

	for (unsigned run = 0; run < 3000; run++) {
		struct life life = begin(run % 2, (enum failback)(run % FAILBACK_MAX));

		life.line.config = &life.config;
		for (unsigned i = 0; i < 40; i++) {
			struct line_trust was = life.line.trust;
			enum uplink_state before = life.line.state;
			struct step step = any_step(&seed);
			bool carried = before == UPLINK_UP || before == UPLINK_DEGRADED;
			bool lost;

			life.judgements = 0;
			live(&life, &step, i == 0 && run % 3 == 0);
			lost = carried &&
			       (life.line.state == UPLINK_DOWN || life.line.state == UPLINK_ABSENT);
			assert_int_equal(life.line.trust.outages_us[0] != was.outages_us[0], lost);
			assert_true(*life.line.reason);
			if (step.link == 'L' && (step.probes == 'G' || !life.config.probes.n) &&
			    step.seconds > 310)
				assert_int_equal(life.line.state, UPLINK_UP);
		}
	}
}

/* Another daemon goes on with the line, which has not been asked anything yet. */
static void restart(struct life *life, const struct step *step)
{
	struct line_memories left = { 0 }, found = { 0 };
	struct line line = { .config = &life->config };
	_cleanup_free_ char *text = NULL, *again = NULL;
	struct step unasked = *step;

	memcpy(line.family, life->line.family, sizeof(line.family));
	assert_int_equal(line_memories_take(&left, &life->line, 1), 0);
	assert_int_equal(line_memories_to_text(&left, &text), 0);
	assert_int_equal(line_memories_from_text(&found, text), 0);
	assert_int_equal(line_memories_to_text(&found, &again), 0);
	assert_string_equal(text, again);
	line_memories_recall(&found, &line, 1, life->now_us);
	line_memories_done(&left);
	line_memories_done(&found);
	life->line = line;
	unasked.probes = 'U';
	life->line.quality.health = HEALTH_UNKNOWN;
	judge(life, &unasked, false);
	set_quality(life, step->probes);
	judge(life, step, false);
}

/* Two lines lead the same life, one of them under daemons that do not live long. */
static void a_restart_is_no_news(void **state)
{
	uint64_t seed = 11;

	for (unsigned run = 0; run < 3000; run++) {
		struct life one = begin(run % 2, (enum failback)(run / 2 % FAILBACK_MAX)),
			    many = one;

		one.line.config = &one.config;
		many.line.config = &many.config;
		for (unsigned i = 0; i < 40; i++) {
			struct step step = any_step(&seed);

			if (step.link != 'L') /* over which nobody can be asked */
				step.probes = 'U';
			one.judgements = many.judgements = 0;
			live(&one, &step, i == 0 && run % 3 == 0);
			live(&many, &step, i == 0 && run % 3 == 0);
			if (simulation_random(&seed) < 0.5)
				restart(&many, &step);
			judge(&one, &step, false);
			judge(&many, &step, false);
			if (one.line.state != many.line.state ||
			    strcmp(one.line.reason, many.line.reason) != 0)
				fail_msg("run %u, step %u: %s (%s), after restarts %s (%s)", run, i,
					 uplink_state_text(one.line.state), one.line.reason,
					 uplink_state_text(many.line.state), many.line.reason);
			assert_int_equal(one.line.trust.level, many.line.trust.level);
			assert_memory_equal(one.line.trust.outages_us, many.line.trust.outages_us,
					    sizeof(one.line.trust.outages_us));
		}
	}
}

static void damaged_memories_are_left_out(void **state)
{
	static const char *const texts[] = {
		"",
		"l",
		"l up 0 1 0 0 0 0 0",
		"l up 0 1 0 0 0 0 0 1 2",
		"l elsewhere 0 1 0 0 0 0 0 0 0 0",
		"l up 0 1 7 0 0 0 0 0 0 0",
		"l up 0 1 4000000000 0 0 0 0 0 0 0",
		"l up 0 1 1 5 0 0 0 3 4 0",
		"l up x 1 1 5 0 0 0 4 3 0",
	};
	struct line_memories memories = { 0 };

	for (size_t i = 0; i < ELEMENTS_OF(texts); i++) {
		assert_int_equal(line_memories_from_text(&memories, texts[i]), 0);
		assert_int_equal(memories.v.n, 0);
	}
	assert_int_equal(line_memories_from_text(&memories, "l down 1 1 6 5 0 0 3 4 3 0\n"
							    "l up 0 1 1 5 0 0 0 4 3 0\n"
							    "m up 0 1 1 5 0 0 0 4 3 0\n"),
			 0);
	assert_int_equal(memories.v.n, 2);
	assert_int_equal(line_memories_find(&memories, "l")->state, UPLINK_DOWN);
	assert_int_equal(line_memories_find(&memories, "l")->trust.level, 6);
	assert_null(line_memories_find(&memories, "n"));
	line_memories_done(&memories);
}

/* Its clock began anew, so that what happened then is still to come. */
static void another_boot_is_forgotten(void **state)
{
	struct life life = begin(true, FAILBACK_WHEN_STABLE);
	struct line_memories memories = { 0 };

	life.line.config = &life.config;
	assert_int_equal(
		line_memories_from_text(&memories, "l down 1 1 3 2000 0 0 0 2000 1000 500"), 0);
	line_memories_recall(&memories, &life.line, 1, 1999);
	assert_int_equal(life.line.trust.level, 0);
	assert_false(life.line.trust.known || life.line.ended);
	assert_null(line_memories_find(&memories, "l"));
	assert_int_equal(
		line_memories_from_text(&memories, "l down 1 1 3 2000 0 0 0 2000 1000 500"), 0);
	line_memories_recall(&memories, &life.line, 1, 2000);
	assert_int_equal(life.line.trust.level, 3);
	assert_true(life.line.trust.known && life.line.ended);
	line_memories_done(&memories);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outages_cost_trust),
		cmocka_unit_test(looking_changes_nothing),
		cmocka_unit_test(lines_live),
		cmocka_unit_test(flapping_lines_wait),
		cmocka_unit_test(the_end_of_a_session_is_told),
		cmocka_unit_test(any_life_may_be_led),
		cmocka_unit_test(a_restart_is_no_news),
		cmocka_unit_test(damaged_memories_are_left_out),
		cmocka_unit_test(another_boot_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
