/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A monitor's figures: loss, latency and jitter of the line, and where they are between the marks.
 * They are those of the best targets, as many as must answer: one that is dead or limits its
 * answers does not make the line a bad one.
 */
#include "monitor/monitoring.h"

#include <stdio.h>
#include <string.h>

enum {
	MEASURED_MIN = 10 /* round trips before they are held against the line */
};

double monitor_figure(const struct monitor *m, enum figure figure, bool to_judge)
{
	double v[MONITOR_TARGETS_MAX];
	size_t n = 0, at = monitor_needed(m);

	array_foreach(&m->targets, t) {
		double value = figure == FIGURE_LOSS      ? probed_loss(t, to_judge)
			       : figure == FIGURE_LATENCY ? t->mean
							  : t->deviation;
		size_t i;

		if (probed_is_unsent(t) || (!t->measured && figure != FIGURE_LOSS) ||
		    (to_judge && figure != FIGURE_LOSS && t->measured < MEASURED_MIN))
			continue;
		for (i = n++; i > 0 && v[i - 1] > value; i--)
			v[i] = v[i - 1];
		v[i] = value;
	}
	return at && at <= n ? v[at - 1] : -1;
}

/* Above a mark from when it is passed until well below. */
static enum level level_of(const struct config_marks *marks, enum level was, double value)
{
	double low = marks->low, high = marks->high;

	if (value < 0)
		return was;
	if (marks->high && (value > high || (was == LEVEL_HIGH && value > high * 3 / 4)))
		return LEVEL_HIGH;
	if (marks->low && (value > low || (was != LEVEL_GOOD && value > low * 3 / 4)))
		return LEVEL_LOW;
	return LEVEL_GOOD;
}

enum figure monitor_worst(const struct monitor *m)
{
	enum figure worst = FIGURE_LOSS;

	for (enum figure i = 0; i < FIGURE_MAX; i++)
		if (m->levels[i] > m->levels[worst])
			worst = i;
	return worst;
}

/* In percent, or milliseconds. */
static double scaled(enum figure figure, double value)
{
	return value < 0 ? value : figure == FIGURE_LOSS ? value * 100 : value / 1000;
}

void monitor_measure(struct monitor *m)
{
	double loss = monitor_figure(m, FIGURE_LOSS, false),
	       latency = monitor_figure(m, FIGURE_LATENCY, false),
	       jitter = monitor_figure(m, FIGURE_JITTER, false);
	struct line_quality *q = &m->quality;

	for (enum figure i = 0; i < FIGURE_MAX && m->heard && !m->silent; i++)
		m->levels[i] =
			level_of(&m->marks[i], m->levels[i], scaled(i, monitor_figure(m, i, true)));
	m->stale = false;
	/* While it is silent nothing is: the figures would stay those of before. */
	q->measured = loss >= 0 && latency >= 0 && !m->silent;
	q->loss = loss >= 0 ? loss : 0;
	q->latency_us = latency >= 0 ? (uint32_t)latency : 0;
	q->jitter_us = jitter >= 0 ? (uint32_t)jitter : 0;
}

/* A reason keeps the figure that it began with: it is not to change with each answer. */
void monitor_describe(struct monitor *m, enum figure which, bool anew)
{
	static const char *const names[FIGURE_MAX] = { "loss", "latency", "jitter" };
	double value = scaled(which, monitor_figure(m, which, which != FIGURE_LOSS));
	char *text = m->quality.reason;

	if (!anew && strncmp(text, names[which], strlen(names[which])) == 0)
		return;
	snprintf(text, sizeof(m->quality.reason), "%s %.0f %s", names[which], value,
		 which == FIGURE_LOSS ? "%" : "ms");
}
