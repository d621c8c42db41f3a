/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How good the judgement by probes is, in simulated time: how often random loss alone takes a line
 * down, and how long silence goes unnoticed. Next to it the same line under dpinger
 * (dpinger_model.h).
 *
 * curves DAYS: of simulated time for each figure. Prints "NAME\tVALUE\tUNIT" lines.
 */
#include "../unit/simulate.h"
#include "dpinger_model.h"

#include "base/array.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	TRIP_US = 20 * MS,
	DAY_S = 86400,
	TARGETS = 3,
	SILENCES = 500 /* a day */
};

static const double losses[] = { 0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4 };
static const double silent_at[] = { 0, 0.02, 0.1 }; /* losses, before */

/* How often, and for which share of the time, a line was taken for dead that lived. */
struct blame {
	double alarms_a_day, percent;
};

struct line_model {
	double loss;
	uint64_t silent_us; /* from then on */
	struct blame *blame;
	bool was_bad;
	uint64_t last_us;
};

static int64_t fate(struct simulation *s, unsigned target)
{
	const struct line_model *model = s->userdata;

	if (s->now_us >= model->silent_us || simulation_random(&s->seed) < model->loss)
		return FATE_LOST;
	return TRIP_US;
}

static bool is_bad(const struct simulation *s)
{
	return monitor_quality(s->monitor)->health == HEALTH_BAD;
}

static void count_alarm(struct simulation *s)
{
	struct line_model *model = s->userdata;

	if (model->was_bad)
		model->blame->percent += (double)(s->now_us - model->last_us);
	else
		model->blame->alarms_a_day += is_bad(s);
	model->was_bad = is_bad(s);
	model->last_us = s->now_us;
}

static struct blame blame_us(double loss, size_t targets, unsigned days)
{
	struct blame blame = { 0 };
	struct line_model model = { .loss = loss, .silent_us = UINT64_MAX, .blame = &blame };
	struct simulation s = {
		.fate = fate, .look = count_alarm, .userdata = &model, .seed = 88172645463325252
	};

	simulation_defaults(&s, targets);
	simulation_start(&s, SECOND);
	simulation_run(&s, days * (uint64_t)DAY_S * SECOND, NULL);
	simulation_end(&s);
	blame.alarms_a_day /= days;
	blame.percent *= 100.0 / ((double)days * DAY_S * SECOND);
	return blame;
}

static uint64_t our_detection_us(double loss, size_t targets, uint64_t *seed)
{
	struct line_model model = { .loss = loss };
	struct simulation s = { .fate = fate, .userdata = &model };
	uint64_t took_us = 0;

	simulation_random(seed);
	s.seed = *seed;
	model.silent_us = (uint64_t)((70 + simulation_random(seed)) * SECOND);
	simulation_defaults(&s, targets);
	simulation_start(&s, SECOND);
	/* Taken for dead before it is: that is for the other curve. */
	if (simulation_run(&s, model.silent_us, is_bad) &&
	    !simulation_run(&s, model.silent_us + 100 * SECOND, is_bad))
		took_us = s.now_us - model.silent_us;
	simulation_end(&s);
	return took_us;
}

static struct blame blame_dpinger(double loss, unsigned days)
{
	uint64_t steps = days * (uint64_t)DAY_S * 1000 / DPINGER_SEND_MS, bad = 0, alarms = 0;
	uint64_t seed = 88172645463325252;
	struct dpinger dpinger = { 0 };
	bool was_bad = false;

	for (uint64_t i = 0; i < steps; i++) {
		bool is_bad = dpinger_step(&dpinger, simulation_random(&seed) >= loss);

		alarms += is_bad && !was_bad;
		bad += is_bad;
		was_bad = is_bad;
	}
	return (struct blame){ .alarms_a_day = (double)alarms / days,
			       .percent = (double)bad * 100 / (double)steps };
}

static uint64_t dpinger_detection_us(double loss, uint64_t *seed)
{
	uint64_t silent_ms = (uint64_t)((70 + simulation_random(seed)) * 1000);
	struct dpinger dpinger = { 0 };
	bool alarm = false;

	while (dpinger.now_ms < silent_ms)
		alarm = dpinger_step(&dpinger, simulation_random(seed) >= loss);
	if (alarm)
		return 0;
	while (!dpinger_step(&dpinger, false))
		continue;
	return (dpinger.now_ms - DPINGER_SEND_MS / 2 - silent_ms) * 1000;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static const char *who(size_t targets)
{
	static const char *const texts[TARGETS + 1] = { "dpinger", "1 target", "2 targets",
							"3 targets" };

	return texts[targets];
}

static void print_quantiles(size_t targets, double loss, uint64_t *took_us, size_t n)
{
	static const struct {
		const char *name;
		double share;
	} quantiles[] = { { "median", 0.5 }, { "99 %", 0.99 }, { "longest", 1 } };

	if (!n)
		return;
	qsort(took_us, n, sizeof(*took_us), compare);
	for (size_t i = 0; i < ELEMENTS_OF(quantiles); i++) {
		size_t at = (size_t)(quantiles[i].share * (double)(n - 1));

		printf("silence at %.0f %% loss, %s: %s\t%.2f\ts\n", loss * 100, who(targets),
		       quantiles[i].name, (double)took_us[at] / SECOND);
	}
}

static void print_detection(double loss, size_t targets, unsigned days)
{
	size_t n = 0, runs = days * (size_t)SILENCES;
	uint64_t *took_us = calloc(runs, sizeof(*took_us)), seed = 88172645463325252;

	if (!took_us)
		abort();
	for (size_t i = 0; i < runs; i++) {
		uint64_t took = targets ? our_detection_us(loss, targets, &seed)
					: dpinger_detection_us(loss, &seed);

		if (took)
			took_us[n++] = took;
	}
	print_quantiles(targets, loss, took_us, n);
	free(took_us);
}

static void print_blame(double loss, const char *who, struct blame blame)
{
	printf("taken for dead at %.0f %% loss, %s\t%.2f\t1/day\n", loss * 100, who,
	       blame.alarms_a_day);
	printf("taken for dead at %.0f %% loss, %s: share of the time\t%.1f\t%%\n", loss * 100, who,
	       blame.percent);
}

int main(int argc, char **argv)
{
	unsigned days = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

	if (!days) {
		fprintf(stderr, "usage: %s DAYS\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < ELEMENTS_OF(losses); i++)
		for (size_t n = 0; n <= TARGETS; n++)
			print_blame(losses[i], who(n),
				    n ? blame_us(losses[i], n, days)
				      : blame_dpinger(losses[i], days));
	for (size_t i = 0; i < ELEMENTS_OF(silent_at); i++)
		for (size_t n = 0; n <= TARGETS; n++)
			print_detection(silent_at[i], n, days);
	return 0;
}
