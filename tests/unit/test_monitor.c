/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judgement on a line by its probes, in simulated time: what silence, losses, slow answers and
 * unsent questions lead to, and when.
 */
#include "lab.h"
#include "simulate.h"

#include <stdio.h>
#include <string.h>

#define START (1000 * (uint64_t)SECOND)

/* What happens to the simulated line, and what was seen of the monitor. */
struct line_model {
	double loss[MONITOR_TARGETS_MAX];
	int64_t trip_us[MONITOR_TARGETS_MAX];
	uint64_t silent_from_us, silent_to_us;
	uint64_t packets_per_s; /* of connections, both ways; 0: counters are not looked at */
	bool point_to_point, one_way, noise;
	uint64_t slow_to_us;  /* what is asked before is answered then: a neighbour is looked for */
	bool stutters;        /* every other question cannot be sent */
	bool questions_count; /* each brings a packet back, whatever is in it */
	unsigned rate;        /* answers a second of a target; 0: it answers all it is asked */
	unsigned losing;      /* so many answers to come are lost on the way */
	uint64_t next_us[MONITOR_TARGETS_MAX];
	uint64_t questions, suspicions, bad, poor, unsent, reasons;
	bool was_suspicious;
	char reason[sizeof(((struct line_quality *)0)->reason)];
};

static int64_t fate(struct simulation *s, unsigned target)
{
	struct line_model *model = s->userdata;

	if (++model->questions % 2 == 0 && model->stutters)
		return FATE_UNSENT;
	if (s->now_us >= model->silent_from_us && s->now_us < model->silent_to_us)
		return FATE_LOST;
	if (s->now_us < model->slow_to_us)
		return (int64_t)(model->slow_to_us - s->now_us);
	if (model->trip_us[target] <= 0 || simulation_random(&s->seed) < model->loss[target])
		return model->trip_us[target] < 0 ? model->trip_us[target] : FATE_LOST;
	if (model->rate && s->now_us < model->next_us[target])
		return FATE_LOST;
	if (model->rate)
		model->next_us[target] = s->now_us + SECOND / model->rate;
	if (model->losing) {
		model->losing--;
		return FATE_LOST;
	}
	return model->trip_us[target];
}

/* Traffic goes on in both directions until the line is silent; then we still send. */
static struct monitor_passive counters(struct simulation *s)
{
	const struct line_model *model = s->userdata;
	uint64_t age = s->now_us - START, heard = age;

	if (s->now_us > model->silent_from_us && !model->one_way)
		heard = model->silent_from_us - START;
	return (struct monitor_passive){
		.sent = age * model->packets_per_s / SECOND,
		.replies = heard * model->packets_per_s / SECOND,
		.received = (model->noise ? age : heard) * model->packets_per_s / SECOND +
			    (model->questions_count ? model->questions : 0),
		.point_to_point = model->point_to_point,
	};
}

static void count(struct simulation *s)
{
	const struct line_quality *quality = monitor_quality(s->monitor);
	struct line_model *model = s->userdata;

	model->suspicions += quality->suspicious && !model->was_suspicious;
	model->was_suspicious = quality->suspicious;
	model->bad += quality->health == HEALTH_BAD;
	model->poor += quality->health == HEALTH_POOR;
	model->unsent += quality->health == HEALTH_UNSENT;
	model->reasons += strcmp(model->reason, quality->reason) != 0;
	memcpy(model->reason, quality->reason, sizeof(model->reason));
}

static bool is_bad(const struct simulation *s)
{
	return monitor_quality(s->monitor)->health == HEALTH_BAD;
}

static bool is_good(const struct simulation *s)
{
	return monitor_quality(s->monitor)->health == HEALTH_GOOD;
}

static bool is_suspicious(const struct simulation *s)
{
	return monitor_quality(s->monitor)->suspicious;
}

static struct simulation simulate(struct line_model *model, size_t targets)
{
	struct simulation s = {
		.fate = fate, .look = count, .userdata = model, .seed = 0x9e3779b97f4a7c15
	};

	for (size_t i = 0; i < targets; i++)
		if (!model->trip_us[i])
			model->trip_us[i] = 20 * MS;
	if (model->packets_per_s)
		s.counters = counters;
	if (!model->silent_to_us)
		model->silent_from_us = model->silent_to_us = UINT64_MAX;
	simulation_defaults(&s, targets);
	return s;
}

static void assert_reason(const struct simulation *s, const char *wanted)
{
	assert_string_equal(monitor_quality(s->monitor)->reason, wanted);
}

static void calm_asks_once_in_an_interval(void **state)
{
	for (size_t n = 1; n <= MONITOR_TARGETS_MAX; n++) {
		struct line_model model = { 0 };
		struct simulation s = simulate(&model, n);
		uint64_t before[MONITOR_TARGETS_MAX];

		simulation_start(&s, START + 123);
		simulation_run(&s, START + 10 * SECOND, NULL);
		memcpy(before, s.asked, sizeof(before));
		simulation_run(&s, START + 1010 * (uint64_t)SECOND, NULL);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(s.asked[i] - before[i], 1000);
		assert_int_equal(model.suspicions + model.bad + model.poor, 0);
		assert_true(is_good(&s));
		assert_true(monitor_quality(s.monitor)->measured);
		assert_int_equal(monitor_quality(s.monitor)->latency_us, 20 * MS);
		assert_int_equal(monitor_quality(s.monitor)->jitter_us, 0);
		simulation_end(&s);
	}
}

/* How long a silence takes to be seen, from any moment of a second on. */
static void silence_is_seen_in_time(void **state)
{
	for (size_t n = 1; n <= MONITOR_TARGETS_MAX; n++) {
		uint64_t sum = 0, longest = 0;
		unsigned runs = 200;

		for (unsigned i = 0; i < runs; i++) {
			struct line_model model = { .silent_from_us =
							    START + 60 * SECOND + i * 5 * MS,
						    .silent_to_us = UINT64_MAX,
						    .packets_per_s = i % 2 * 50 };
			struct simulation s = simulate(&model, n);
			uint64_t took;

			simulation_start(&s, START + i);
			assert_false(simulation_run(&s, START + 100 * SECOND, is_bad));
			took = s.now_us - model.silent_from_us;
			sum += took;
			longest = took > longest ? took : longest;
			assert_int_equal(monitor_quality(s.monitor)->good_since_us, 0);
			simulation_end(&s);
		}
		assert_in_range(longest, 300 * MS, 1500 * MS);
		assert_in_range(sum / runs, 300 * MS, 1000 * MS);
	}
}

/* What waited for a neighbour at first teaches no patience that lasts, nor is it latency. */
static void a_slow_beginning_is_forgotten(void **state)
{
	for (unsigned i = 0; i < 200; i++) {
		struct line_model model = { .slow_to_us = START + 2 * SECOND,
					    .silent_from_us = START + 3100 * MS + i % 100 * 10 * MS,
					    .silent_to_us = UINT64_MAX };
		struct simulation s = simulate(&model, i < 100 ? 1 : 2);

		s.limits.latency.low = 200;
		simulation_start(&s, START);
		simulation_run(&s, START + 3100 * MS, NULL);
		assert_true(is_good(&s));
		assert_false(simulation_run(&s, START + 100 * SECOND, is_bad));
		assert_in_range(s.now_us - model.silent_from_us, 300 * MS, 1500 * MS);
		simulation_end(&s);
	}
}

/* Answers take this long all of a sudden; or the target answers only so often, and one is lost. */
static void what_a_line_may_do_at_once_is_no_silence(void **state)
{
	static const struct {
		size_t targets;
		int64_t trip_us;
		unsigned rate; /* answers a second; 0: all */
		bool bad;
	} cases[] = {
		{ 1, 400 * MS, 0, false }, { 1, 550 * MS, 0, true }, { 2, 400 * MS, 0, false },
		{ 2, 550 * MS, 0, false }, { 2, 700 * MS, 0, true }, { 3, 550 * MS, 0, false },
		{ 1, 20 * MS, 5, false },  { 2, 20 * MS, 1, false },
	};

	for (size_t i = 0; i < ELEMENTS_OF(cases); i++)
		for (unsigned at = 0; at < 1000; at += 50) {
			struct line_model model = { 0 };
			struct simulation s = simulate(&model, cases[i].targets);

			simulation_start(&s, START);
			simulation_run(&s, START + 70 * SECOND + at * MS, NULL);
			for (size_t k = 0; k < cases[i].targets; k++)
				model.trip_us[k] = cases[i].trip_us;
			model.rate = cases[i].rate;
			model.losing = cases[i].rate > 0;
			simulation_run(&s, START + 100 * SECOND, NULL);
			assert_int_equal(model.bad > 0, cases[i].bad);
			simulation_end(&s);
		}
}

static void a_silent_line_is_asked_and_its_return_seen(void **state)
{
	static const uint64_t intervals[] = { 100 * MS, SECOND, 60 * SECOND,
					      3600 * (uint64_t)SECOND };

	for (size_t i = 0; i < ELEMENTS_OF(intervals); i++) {
		struct line_model model = { .silent_from_us = START + 2 * intervals[i] + SECOND,
					    .silent_to_us =
						    START + 4 * intervals[i] + 60 * SECOND };
		struct simulation s = simulate(&model, 2);

		s.limits.targets[0].interval_us = s.limits.targets[1].interval_us = intervals[i];
		simulation_start(&s, START);
		assert_false(simulation_run(&s, model.silent_to_us, is_bad));
		assert_reason(&s, "no answer from target 1, target 2");
		assert_true(simulation_run(&s, model.silent_to_us, is_good));
		assert_false(simulation_run(&s, UINT64_MAX, is_good));
		assert_in_range(s.now_us, model.silent_to_us,
				model.silent_to_us + SECOND + 20 * MS);
		assert_int_equal(monitor_quality(s.monitor)->good_since_us, s.now_us);
		assert_reason(&s, "");
		/* What was lost in the silence is not held against it, and it proves itself soon.
		 */
		memset(s.asked, 0, sizeof(s.asked));
		simulation_run(&s, s.now_us + 5 * SECOND, NULL);
		assert_true(is_good(&s));
		assert_true(s.asked[0] + s.asked[1] >= 9);
		assert_true(monitor_quality(s.monitor)->loss < 0.01);
		simulation_end(&s);
	}
}

static void losses_alone_are_no_alarm(void **state)
{
	uint64_t steps = 0, suspicions = 0;

	for (size_t n = 1; n <= 3; n++)
		for (unsigned run = 0; run < 1000; run++) {
			struct line_model model = { .loss = { 0.02, 0.02, 0.02 } };
			struct simulation s = simulate(&model, n);

			s.seed += run * 7919 + n;
			simulation_start(&s, START + run * 997);
			simulation_run(&s, START + 600 * (uint64_t)SECOND, NULL);
			assert_int_equal(model.bad, 0);
			assert_int_equal(model.poor, 0);
			assert_true(monitor_quality(s.monitor)->loss < 0.15);
			steps += s.steps;
			suspicions += model.suspicions;
			simulation_end(&s);
		}
	/* The line was doubted all the same. */
	assert_true(steps > 1000 * 1000);
	assert_true(suspicions > 3000 * 10);
}

/* Loss up to what the line has anyway never looks like silence. */
static void heavy_losses_are_told_as_losses(void **state)
{
	static const struct {
		double loss;
		enum line_health health;
	} cases[] = { { 0.05, HEALTH_GOOD }, { 0.3, HEALTH_POOR }, { 0.8, HEALTH_BAD } };

	for (size_t i = 0; i < ELEMENTS_OF(cases); i++)
		for (unsigned run = 0; run < 20; run++) {
			struct line_model model = { .loss = { cases[i].loss } };
			struct simulation s = simulate(&model, 1);
			double loss;

			s.seed += run * 7919;
			simulation_start(&s, START);
			simulation_run(&s, START + 300 * (uint64_t)SECOND, NULL);
			loss = monitor_quality(s.monitor)->loss;
			if (cases[i].health != HEALTH_BAD) {
				assert_int_equal(monitor_quality(s.monitor)->health,
						 cases[i].health);
				assert_int_equal(model.bad, 0);
				assert_true(loss > cases[i].loss - 0.2 &&
					    loss < cases[i].loss + 0.2);
			} else {
				assert_true(model.bad > 0);
			}
			if (cases[i].health == HEALTH_POOR)
				assert_memory_equal(monitor_quality(s.monitor)->reason, "loss ", 5);
			simulation_end(&s);
		}
}

static void the_losses_of_a_line_are_no_silence(void **state)
{
	for (unsigned run = 0; run < 8; run++) {
		struct line_model model = { .loss = { 0.2, 0.2 } };
		struct simulation s = simulate(&model, 1 + run % 2);

		s.seed += run;
		s.limits.loss = (struct config_marks){ 0 };
		simulation_start(&s, START);
		simulation_run(&s, START + 20000 * (uint64_t)SECOND, NULL);
		assert_int_equal(model.bad, 0);
		simulation_end(&s);
	}
}

/* Bursts ask more while answers are missing, which must not show in the figure. */
static void bursts_do_not_count(void **state)
{
	double sum = 0;
	unsigned runs = 300;

	for (unsigned run = 0; run < runs; run++) {
		struct line_model model = { .loss = { 0.1 } };
		struct simulation s = simulate(&model, 1);

		s.seed += run;
		simulation_start(&s, START);
		simulation_run(&s, START + 300 * (uint64_t)SECOND, NULL);
		sum += monitor_quality(s.monitor)->loss;
		simulation_end(&s);
	}
	assert_true(sum / runs > 0.09 && sum / runs < 0.11);
}

static void one_target_that_limits_answers_fails_nothing(void **state)
{
	static const double losses[] = { 0.5, 0.9, 1 };

	for (size_t i = 0; i < ELEMENTS_OF(losses); i++) {
		struct line_model model = { .loss = { losses[i], 0.01 } };
		struct simulation s = simulate(&model, 2);

		simulation_start(&s, START);
		simulation_run(&s, START + 30000 * (uint64_t)SECOND, NULL);
		assert_int_equal(model.bad + model.poor, 0);
		assert_true(monitor_quality(s.monitor)->loss < 0.15);
		/* It is not asked more for it than a few times each time that it stops. */
		assert_true(s.asked[0] < 2 * 30000 && s.asked[1] < 2 * 30000);
		assert_true(monitor_target_quality(s.monitor, 0).loss > losses[i] - 0.3);
		simulation_end(&s);
	}
}

static void the_quorum_decides(void **state)
{
	for (uint32_t quorum = 1; quorum <= 3; quorum++)
		for (size_t dead = 0; dead <= 3; dead++) {
			struct line_model model = { 0 };
			struct simulation s = simulate(&model, 3);

			for (size_t i = 0; i < dead; i++)
				model.loss[i] = 1;
			s.limits.quorum = quorum;
			simulation_start(&s, START);
			simulation_run(&s, START + 30 * SECOND, NULL);
			assert_int_equal(is_good(&s), 3 - dead >= quorum);
			assert_int_equal(is_bad(&s), 3 - dead < quorum);
			assert_int_equal(model.bad > 0, 3 - dead < quorum);
			simulation_end(&s);
		}
}

/* A queue fills: answers take a second all at once, and connections go on. */
static void a_full_queue_is_no_silence(void **state)
{
	struct line_model model = { .packets_per_s = 50, .noise = true };
	struct simulation s = simulate(&model, 1);

	simulation_start(&s, START);
	simulation_run(&s, START + 60 * SECOND, NULL);
	model.trip_us[0] = SECOND;
	assert_false(simulation_run(&s, START + 70 * SECOND, is_suspicious));
	simulation_run(&s, START + 600 * (uint64_t)SECOND, NULL);
	assert_int_equal(model.bad, 0);
	assert_true(is_good(&s));
	assert_true(monitor_quality(s.monitor)->latency_us > 900 * MS);
	/* It was learned: the line is not doubted for ever. */
	assert_true(model.suspicions < 10);
	simulation_end(&s);
}

/* Probes are filtered from some moment on, while connections go on; then these end, too. */
static void answers_to_others_veto_for_as_long_as_they_come(void **state)
{
	struct line_model model = { .packets_per_s = 20,
				    .one_way = true,
				    .silent_from_us = START + 60 * SECOND,
				    .silent_to_us = UINT64_MAX };
	struct simulation s = simulate(&model, 1);

	simulation_start(&s, START);
	simulation_run(&s, START + 300 * (uint64_t)SECOND, NULL);
	assert_int_equal(model.bad, 0);
	assert_reason(&s, "no answer from target 1, but connections are answered");
	/* And is told of once. */
	assert_int_equal(model.suspicions, 1);
	assert_int_equal(model.reasons, 1);
	assert_true(s.asked[0] < 400);
	assert_true(monitor_quality(s.monitor)->loss < 0.001);
	model.one_way = false;
	model.silent_from_us = s.now_us;
	assert_false(simulation_run(&s, s.now_us + 60 * SECOND, is_bad));
	assert_in_range(s.now_us - model.silent_from_us, 300 * MS, 1800 * MS);
	assert_reason(&s, "no answer from target 1");
	simulation_end(&s);
}

/* What an Ethernet hears of others is no evidence; what a point-to-point link hears is. */
static void noise_vetoes_nothing(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct line_model model = { .packets_per_s = 50,
					    .noise = true,
					    .point_to_point = i,
					    .silent_from_us = START + 60 * SECOND,
					    .silent_to_us = UINT64_MAX };
		struct simulation s = simulate(&model, 1);

		simulation_start(&s, START);
		assert_int_equal(simulation_run(&s, START + 62 * SECOND, is_bad), i);
		simulation_end(&s);
	}
}

/* Beyond the peer of a point-to-point link all is dead, and the peer says so. */
static void refusals_veto_nothing(void **state)
{
	struct line_model model = { .packets_per_s = 50,
				    .point_to_point = true,
				    .questions_count = true,
				    .silent_to_us = UINT64_MAX };
	struct simulation s = simulate(&model, 2);

	model.silent_from_us = START + 60 * SECOND;
	simulation_start(&s, START);
	simulation_run(&s, model.silent_from_us, NULL);
	model.silent_to_us = model.silent_from_us; /* for the counters alone */
	model.trip_us[0] = model.trip_us[1] = FATE_REFUSED;
	assert_false(simulation_run(&s, START + 62 * SECOND, is_bad));
	simulation_run(&s, START + 120 * SECOND, NULL);
	assert_true(is_bad(&s));
	simulation_end(&s);
}

/* Behind a captive portal much is answered, but not what was asked for. */
static void wrong_answers_are_a_verdict_where_that_was_asked(void **state)
{
	for (unsigned exacting = 0; exacting < 2; exacting++) {
		struct line_model model = { .packets_per_s = 50 };
		struct simulation s = simulate(&model, 1);

		s.limits.targets[0].exacting = exacting;
		simulation_start(&s, START);
		simulation_run(&s, START + 60 * SECOND, NULL);
		model.trip_us[0] = FATE_REFUSED;
		assert_int_equal(!simulation_run(&s, START + 65 * SECOND, is_bad), exacting);
		simulation_end(&s);
	}
}

/* Too few answers are packets, too. */
static void a_quorum_holds_on_point_to_point_links(void **state)
{
	struct line_model model = { .packets_per_s = 1,
				    .point_to_point = true,
				    .questions_count = true,
				    .silent_from_us = START,
				    .silent_to_us = START };
	struct simulation s = simulate(&model, 3);

	s.limits.quorum = 2;
	simulation_start(&s, START);
	simulation_run(&s, START + 60 * SECOND, NULL);
	assert_true(is_good(&s));
	model.loss[1] = model.loss[2] = 1;
	assert_false(simulation_run(&s, START + 62 * SECOND, is_bad));
	simulation_end(&s);
}

/* What was too slow has to prove itself: its answers until then count for nothing. */
static void a_line_that_was_too_slow_is_good_since_then(void **state)
{
	struct line_model model = { .trip_us = { 20 * MS } };
	struct simulation s = simulate(&model, 1);

	s.limits.latency = (struct config_marks){ 0, 100 };
	simulation_start(&s, START);
	simulation_run(&s, START + 60 * SECOND, NULL);
	model.trip_us[0] = 150 * MS;
	assert_false(simulation_run(&s, START + 200 * SECOND, is_bad));
	assert_reason(&s, "latency 101 ms");
	assert_int_equal(monitor_quality(s.monitor)->good_since_us, 0);
	model.trip_us[0] = 20 * MS;
	assert_false(simulation_run(&s, START + 400 * SECOND, is_good));
	assert_int_equal(monitor_quality(s.monitor)->good_since_us, s.now_us);
	simulation_end(&s);
}

static void traffic_without_answers_is_suspicious(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct line_model model = { .packets_per_s = i ? 20 : 0,
					    .silent_from_us = START + 601 * (uint64_t)SECOND,
					    .silent_to_us = UINT64_MAX };
		struct simulation s = simulate(&model, 1);

		s.limits.targets[0].interval_us = 60 * SECOND;
		simulation_start(&s, START);
		assert_false(simulation_run(&s, START + 1000 * (uint64_t)SECOND, is_bad));
		if (i)
			assert_in_range(s.now_us - model.silent_from_us, 0, 4 * SECOND);
		else
			assert_in_range(s.now_us - model.silent_from_us, 19 * SECOND, 60 * SECOND);
		simulation_end(&s);
	}
}

/* Connections that need no answers are doubted once, not for as long as they go on. */
static void traffic_that_needs_no_answers_is_left_alone(void **state)
{
	struct line_model model = { .packets_per_s = 50,
				    .silent_from_us = START + 60 * SECOND,
				    .silent_to_us = START + 60 * SECOND };
	struct simulation s = simulate(&model, 1);

	simulation_start(&s, START);
	simulation_run(&s, START + 600 * (uint64_t)SECOND, NULL);
	assert_int_equal(model.suspicions, 1);
	assert_true(is_good(&s));
	simulation_end(&s);
}

/* What was not sent is not part of the evidence. */
static void a_verdict_takes_questions_that_were_sent(void **state)
{
	struct line_model model = { .silent_from_us = START + 60 * SECOND + 1,
				    .silent_to_us = UINT64_MAX };
	struct simulation s = simulate(&model, 1);
	uint64_t before;

	simulation_start(&s, START);
	simulation_run(&s, model.silent_from_us, NULL);
	before = s.asked[0];
	model.stutters = true;
	assert_false(simulation_run(&s, START + 70 * SECOND, is_bad));
	assert_true(s.asked[0] - before >= 10);
	simulation_end(&s);
}

/* The only target that answers cannot be asked any more; the other has been silent for long. */
static void what_cannot_be_asked_does_not_answer(void **state)
{
	struct line_model model = { .loss = { 1, 0 } };
	struct simulation s = simulate(&model, 2);

	simulation_start(&s, START);
	simulation_run(&s, START + 60 * SECOND, NULL);
	assert_true(is_good(&s));
	model.trip_us[1] = FATE_UNSENT;
	simulation_run(&s, START + 64 * SECOND, NULL);
	assert_true(is_bad(&s));
	assert_reason(&s, "no answer from target 1");
	simulation_end(&s);
}

static void unsent_is_not_silence(void **state)
{
	struct line_model model = { .trip_us = { FATE_UNSENT, FATE_UNSENT } };
	struct simulation s = simulate(&model, 2);

	simulation_start(&s, START);
	simulation_run(&s, START + 30 * SECOND, NULL);
	assert_int_equal(monitor_quality(s.monitor)->health, HEALTH_UNSENT);
	assert_int_equal(model.bad, 0);
	assert_reason(&s, "no buffer space");
	assert_true(s.asked[0] < 40);
	/* One can be sent: it alone counts, even where two are asked for. */
	s.limits.quorum = 2;
	model.trip_us[1] = 20 * MS;
	assert_false(simulation_run(&s, START + 40 * SECOND, is_good));
	assert_int_equal(monitor_target_quality(s.monitor, 0).health, HEALTH_UNSENT);
	assert_string_equal(monitor_target_quality(s.monitor, 0).reason, "no buffer space");
	assert_int_equal(monitor_target_quality(s.monitor, 1).health, HEALTH_GOOD);
	model.loss[1] = 1;
	assert_false(simulation_run(&s, s.now_us + 2 * SECOND, is_bad));
	assert_reason(&s, "no answer from target 2");
	/* That nothing can be sent now does not say that it is back. */
	model.trip_us[1] = FATE_UNSENT;
	assert_true(simulation_run(&s, s.now_us + 10 * SECOND, is_good));
	assert_true(is_bad(&s));
	simulation_end(&s);
}

static void a_refusal_is_seen_at_once_and_told(void **state)
{
	struct line_model model = { 0 };
	struct simulation s = simulate(&model, 1);

	s.limits.targets[0].name = "192.0.2.1";
	simulation_start(&s, START);
	simulation_run(&s, START + 10 * SECOND - 500 * MS, NULL);
	model.trip_us[0] = FATE_REFUSED;
	assert_false(simulation_run(&s, START + 60 * SECOND, is_bad));
	assert_in_range(s.now_us, START + 10 * SECOND + 200 * MS, START + 10 * SECOND + 300 * MS);
	assert_reason(&s, "no answer from 192.0.2.1 (network is unreachable)");
	/* Another time it is silence alone. */
	model.trip_us[0] = 20 * MS;
	assert_false(simulation_run(&s, START + 60 * SECOND, is_good));
	simulation_run(&s, START + 100 * SECOND, NULL);
	model.loss[0] = 1;
	assert_false(simulation_run(&s, START + 102 * SECOND, is_bad));
	assert_reason(&s, "no answer from 192.0.2.1");
	simulation_end(&s);
}

static void marks_are_left_well_below(void **state)
{
	static const struct {
		int64_t trip_ms;
		enum line_health health;
		const char *reason;
	} cases[] = {
		{ 190, HEALTH_GOOD, "" },          { 300, HEALTH_POOR, "latency 2" },
		{ 160, HEALTH_POOR, "latency 2" }, { 140, HEALTH_GOOD, "" },
		{ 900, HEALTH_BAD, "latency 5" },  { 400, HEALTH_BAD, "latency 5" },
		{ 300, HEALTH_POOR, "latency 3" }, { 20, HEALTH_GOOD, "" },
	};
	struct line_model model = { .trip_us = { 20 * MS } };
	struct simulation s = simulate(&model, 1);

	s.limits.latency = (struct config_marks){ 200, 500 };
	simulation_start(&s, START);
	for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
		const struct line_quality *quality = monitor_quality(s.monitor);

		model.trip_us[0] = cases[i].trip_ms * MS;
		simulation_run(&s, START + (i + 1) * 200 * (uint64_t)SECOND, NULL);
		assert_int_equal(quality->health, cases[i].health);
		assert_memory_equal(quality->reason, cases[i].reason,
				    strlen(cases[i].reason) + !*cases[i].reason);
	}
	simulation_end(&s);
}

static void a_restart_forgets(void **state)
{
	struct line_model model = { .silent_from_us = START + 30 * SECOND,
				    .silent_to_us = UINT64_MAX };
	struct simulation s = simulate(&model, 2);
	uint64_t answered_us;

	simulation_start(&s, START);
	simulation_run(&s, START + 40 * SECOND, is_bad);
	answered_us = monitor_quality(s.monitor)->answered_us;
	assert_true(answered_us > 0);
	monitor_restart(s.monitor, s.now_us);
	assert_int_equal(monitor_quality(s.monitor)->health, HEALTH_UNKNOWN);
	assert_int_equal(monitor_quality(s.monitor)->answered_us, answered_us);
	assert_reason(&s, "");
	/* What was asked before does not count. */
	monitor_answered(s.monitor, 0, s.now_us - 1, s.now_us);
	monitor_missed(s.monitor, 1, s.now_us - 1, s.now_us, "gone");
	assert_int_equal(monitor_quality(s.monitor)->health, HEALTH_UNKNOWN);
	s.n = 0;
	s.due_us = s.now_us;
	assert_false(simulation_run(&s, s.now_us + 4 * SECOND, is_bad));
	simulation_end(&s);
}

/* Anything at all: it neither stops asking nor asks without measure, and its figures are sane. */
/* Asked about by another monitor before: good since then, unless an answer is missing first. */
static void what_was_known_goes_on(void **state)
{
	for (unsigned silent_ms = 0; silent_ms <= 3000; silent_ms += 1500) {
		struct line_model model = { .silent_from_us = START,
					    .silent_to_us = START + silent_ms * MS };
		struct simulation s = simulate(&model, 2);
		const struct line_quality *quality;

		simulation_start(&s, START);
		quality = monitor_quality(s.monitor);
		monitor_recall(s.monitor, START - 2 * SECOND, START - 60 * SECOND);
		assert_int_equal(quality->answered_us, START - 2 * SECOND);
		assert_int_equal(quality->good_since_us, 0);
		simulation_run(&s, START + 10 * SECOND, NULL);
		assert_true(quality->answered_us > START);
		if (silent_ms)
			assert_true(quality->good_since_us >= START + silent_ms * MS);
		else
			assert_int_equal(quality->good_since_us, START - 60 * SECOND);
		monitor_restart(s.monitor, s.now_us);
		simulation_run(&s, s.now_us + 10 * SECOND, NULL);
		assert_true(quality->good_since_us > START + 9 * SECOND);
		simulation_end(&s);
	}
}

static void anything_may_happen(void **state)
{
	for (unsigned run = 0; run < 200; run++) {
		struct line_model model = { .packets_per_s = run % 3 * 10, .noise = run % 5 == 0 };
		uint64_t seed = run * 31 + 17, begin, shortest = UINT64_MAX, sum = 0, span;
		size_t n = 1 + run % MONITOR_TARGETS_MAX;
		struct simulation s = simulate(&model, n);

		s.limits.quorum = 1 + (uint32_t)(simulation_random(&seed) * (double)n);
		s.limits.fail = 1 + (uint32_t)(simulation_random(&seed) * 8);
		s.limits.latency = (struct config_marks){ 50, 100 };
		s.limits.jitter = (struct config_marks){ 10, 30 };
		for (size_t i = 0; i < n; i++) {
			struct monitor_target *target = &s.limits.targets[i];

			target->interval_us =
				(uint64_t)(100 * MS / (simulation_random(&seed) + 3e-3));
			target->timeout_us =
				(uint64_t)(10 * MS / (simulation_random(&seed) + 2e-4));
			shortest = target->interval_us < shortest ? target->interval_us : shortest;
		}
		s.seed = seed;
		begin = START + seed % SECOND;
		simulation_start(&s, begin);
		for (unsigned i = 0; i < 24; i++) {
			for (size_t k = 0; k < n; k++) {
				double r = simulation_random(&seed);

				model.loss[k] = simulation_random(&seed) < 0.3 ? 1 : r * r;
				model.trip_us[k] = r < 0.1   ? FATE_UNSENT
						   : r < 0.2 ? FATE_REFUSED
							     : (int64_t)(r * r * 500 * MS) + 1;
			}
			if (run % 7 == 0 && i == 12) {
				monitor_restart(s.monitor, s.now_us);
				s.n = 0;
				s.due_us = s.now_us;
			}
			simulation_run(&s, s.now_us + 5 * SECOND, NULL);
			assert_in_range(s.due_us, s.now_us, s.now_us + shortest);
			assert_true(monitor_quality(s.monitor)->loss >= 0);
			assert_true(monitor_quality(s.monitor)->loss <= 1);
			assert_true(monitor_quality(s.monitor)->health < HEALTH_MAX);
		}
		span = s.now_us - begin;
		for (size_t i = 0; i < n; i++)
			sum += s.asked[i];
		assert_true(sum <= n * (span / (50 * MS) + span / shortest + 100));
		simulation_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calm_asks_once_in_an_interval),
		cmocka_unit_test(silence_is_seen_in_time),
		cmocka_unit_test(a_slow_beginning_is_forgotten),
		cmocka_unit_test(what_a_line_may_do_at_once_is_no_silence),
		cmocka_unit_test(a_silent_line_is_asked_and_its_return_seen),
		cmocka_unit_test(losses_alone_are_no_alarm),
		cmocka_unit_test(heavy_losses_are_told_as_losses),
		cmocka_unit_test(the_losses_of_a_line_are_no_silence),
		cmocka_unit_test(bursts_do_not_count),
		cmocka_unit_test(one_target_that_limits_answers_fails_nothing),
		cmocka_unit_test(the_quorum_decides),
		cmocka_unit_test(a_full_queue_is_no_silence),
		cmocka_unit_test(answers_to_others_veto_for_as_long_as_they_come),
		cmocka_unit_test(noise_vetoes_nothing),
		cmocka_unit_test(refusals_veto_nothing),
		cmocka_unit_test(wrong_answers_are_a_verdict_where_that_was_asked),
		cmocka_unit_test(a_quorum_holds_on_point_to_point_links),
		cmocka_unit_test(a_line_that_was_too_slow_is_good_since_then),
		cmocka_unit_test(traffic_without_answers_is_suspicious),
		cmocka_unit_test(traffic_that_needs_no_answers_is_left_alone),
		cmocka_unit_test(a_verdict_takes_questions_that_were_sent),
		cmocka_unit_test(what_cannot_be_asked_does_not_answer),
		cmocka_unit_test(unsent_is_not_silence),
		cmocka_unit_test(a_refusal_is_seen_at_once_and_told),
		cmocka_unit_test(marks_are_left_well_below),
		cmocka_unit_test(a_restart_forgets),
		cmocka_unit_test(what_was_known_goes_on),
		cmocka_unit_test(anything_may_happen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
