/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One target of a line's probes. An answer is missing when a question is older than the target's
 * patience and no later one was answered; that is worked out anew whenever it matters, because a
 * late answer teaches more patience, and then others are not missing any more.
 *
 * Figures are made of the questions of the calm alone. Those of a burst are asked because an answer
 * was missing, so counting them would make every loss look like many.
 */
#include "monitor/probed.h"

#include "monitor/monitor.h"

#include <stdio.h>
#include <string.h>

enum {
	FIRST_PATIENCE_US = 1000 * 1000, /* before any round trip: RFC 6298, 2.1 */
	SMOOTH = 16,                     /* samples that the mean is over, more or less */
	QUICK = 2                        /* answers in a row in less than half the time */
};

static double distance(double a, double b)
{
	return a > b ? a - b : b - a;
}

void probed_init(struct probed *target, const char *name, uint64_t interval_us, uint64_t timeout_us,
		 uint64_t offset_us)
{
	uint64_t questions;

	*target = (struct probed){ .interval_us = interval_us ? interval_us : 1,
				   .timeout_us = timeout_us,
				   .offset_us = offset_us };
	snprintf(target->name, sizeof(target->name), "%s", name);
	questions = PROBED_WINDOW_US / target->interval_us;
	if (questions < PROBED_WINDOW_MIN)
		questions = PROBED_WINDOW_MIN;
	target->bucket_size = (uint32_t)((questions + PROBED_BUCKETS - 1) / PROBED_BUCKETS);
}

void probed_restart(struct probed *target, uint64_t now_us)
{
	struct probed fresh;
	bool exacting = target->exacting;

	probed_init(&fresh, target->name, target->interval_us, target->timeout_us,
		    target->offset_us);
	*target = fresh;
	target->exacting = exacting;
	target->next_us = now_us;
}

void probed_excuse(struct probed *target)
{
	for (size_t i = 0; i < target->n; i++)
		target->questions[i].sample = false;
}

void probed_forget_losses(struct probed *target)
{
	probed_excuse(target);
	memset(target->buckets, 0, sizeof(target->buckets));
	target->sum = (struct bucket){ 0 };
}

uint64_t probed_slot(const struct probed *target, uint64_t now_us, uint64_t interval_us)
{
	uint64_t offset = target->offset_us % interval_us;

	return (now_us + interval_us - offset) / interval_us * interval_us + offset;
}

static void count_sample(struct probed *target, bool lost)
{
	struct bucket *bucket = &target->buckets[target->bucket];

	if (bucket->asked >= target->bucket_size) {
		target->bucket = (target->bucket + 1) % PROBED_BUCKETS;
		bucket = &target->buckets[target->bucket];
		target->sum.asked -= bucket->asked;
		target->sum.lost -= bucket->lost;
		*bucket = (struct bucket){ 0 };
	}
	bucket->asked++;
	bucket->lost += lost;
	target->sum.asked++;
	target->sum.lost += lost;
}

/* Returns whether it was under way, and then what it was. */
static bool take_question(struct probed *target, uint64_t sent_us, struct question *ret)
{
	for (size_t i = 0; i < target->n; i++) {
		if (target->questions[i].sent_us != sent_us)
			continue;
		*ret = target->questions[i];
		target->n--;
		memmove(&target->questions[i], &target->questions[i + 1],
			(target->n - i) * sizeof(*target->questions));
		return true;
	}
	return false;
}

void probed_asked(struct probed *target, uint64_t now_us, bool sample)
{
	struct question oldest;

	if (target->n == PROBED_QUESTIONS_MAX &&
	    take_question(target, target->questions[0].sent_us, &oldest) && oldest.sample)
		count_sample(target, true);
	target->questions[target->n++] = (struct question){ .sent_us = now_us, .sample = sample };
}

static void learn_afresh(struct probed *target, double trip)
{
	target->trip = trip;
	target->variation = trip / 2;
	target->quick = 0;
	if (target->measured < SMOOTH)
		target->measured = 0;
}

/*
 * Once more than it takes otherwise can be that a neighbour had to be found, or that a queue was
 * full. When that is over, what it taught is not unlearned but dropped: it would be seconds of
 * patience for half a minute. At the beginning that is the rule, and one quicker answer enough.
 */
static void learn_trip(struct probed *target, double trip, uint64_t now_us)
{
	target->quick = trip < target->trip / 2 ? target->quick + 1 : 0;
	if (!target->trips || target->quick == (target->trips == 1 ? 1 : QUICK)) {
		learn_afresh(target, trip);
	} else {
		target->variation += (distance(target->trip, trip) - target->variation) / 4;
		target->trip += (trip - target->trip) / 8;
	}
	if (target->trips < UINT32_MAX)
		target->trips++;
	target->learned_us = now_us;
}

static void learn_sample(struct probed *target, double trip)
{
	if (!target->measured) {
		target->mean = trip;
		target->measured = 1;
		return;
	}
	if (target->measured < SMOOTH)
		target->measured++;
	target->deviation += (distance(target->mean, trip) - target->deviation) / target->measured;
	target->mean += (trip - target->mean) / target->measured;
}

void probed_answered(struct probed *target, uint64_t sent_us, uint64_t now_us)
{
	double trip = now_us > sent_us ? (double)(now_us - sent_us) : 1;
	struct question question;

	/* One at a time: of several that waited for the same, the first has told it all. */
	if (sent_us >= target->learned_us)
		learn_trip(target, trip, now_us);
	if (take_question(target, sent_us, &question) && question.sample) {
		learn_sample(target, trip);
		count_sample(target, false);
	}
	target->unsent = 0;
	target->answered_us = now_us;
	if (sent_us > target->answered_sent_us)
		target->answered_sent_us = sent_us;
}

void probed_missed(struct probed *target, uint64_t sent_us, uint64_t now_us, const char *reason)
{
	struct question question;

	if (take_question(target, sent_us, &question) && question.sample)
		count_sample(target, true);
	target->unsent = 0;
	target->refused = now_us - sent_us < target->timeout_us;
	snprintf(target->reason, sizeof(target->reason), "%s", reason);
	if (sent_us > target->missed_sent_us)
		target->missed_sent_us = sent_us;
}

/* One that is under way was sent. */
static bool was_sent_since(const struct probed *target, uint64_t since_us, uint64_t until_us)
{
	for (size_t i = 0; i < target->n; i++)
		if (target->questions[i].sent_us > since_us &&
		    target->questions[i].sent_us < until_us)
			return true;
	return false;
}

void probed_unsent(struct probed *target, uint64_t sent_us, const char *reason)
{
	struct question question;

	take_question(target, sent_us, &question);
	if (was_sent_since(target, target->unsent_sent_us, sent_us))
		target->unsent = 0;
	target->unsent_sent_us = sent_us;
	if (target->unsent < UINT32_MAX)
		target->unsent++;
	snprintf(target->reason, sizeof(target->reason), "%s", reason);
}

uint64_t probed_patience_us(const struct probed *target)
{
	double least = MONITOR_PATIENCE_US, patience = FIRST_PATIENCE_US;

	if (target->answered_us) {
		double spread = 4 * target->variation;

		patience = target->trip + (spread > least / 2 ? spread : least / 2);
		patience = patience > least ? patience : least;
	}
	return patience < (double)target->timeout_us ? (uint64_t)patience : target->timeout_us;
}

uint64_t probed_missing_us(const struct probed *target, uint64_t now_us)
{
	uint64_t patience = probed_patience_us(target);

	for (size_t i = 0; i < target->n; i++) {
		uint64_t sent = target->questions[i].sent_us;

		if (sent > target->answered_sent_us && now_us >= sent + patience)
			return sent;
	}
	return target->missed_sent_us > target->answered_sent_us ? target->missed_sent_us : 0;
}

uint64_t probed_expires_us(const struct probed *target, uint64_t until_us, uint64_t now_us)
{
	uint64_t patience = probed_patience_us(target);

	for (size_t i = 0; i < target->n; i++) {
		uint64_t sent = target->questions[i].sent_us;

		if (sent > until_us)
			break;
		if (sent > target->answered_sent_us && sent + patience > now_us)
			return sent + patience;
	}
	return 0;
}

void probed_judge(struct probed *target, uint64_t now_us)
{
	if (probed_missing_us(target, now_us))
		target->standing = PROBED_MISSING;
	else if (target->answered_us)
		target->standing = PROBED_OK;
}

double probed_loss(const struct probed *target, bool of_all)
{
	uint32_t asked = target->sum.asked, full = target->bucket_size * (PROBED_BUCKETS - 1);

	/* A bucket under way has only begun. */
	if (of_all && asked < full)
		asked = full;
	return asked ? (double)target->sum.lost / asked : 0;
}
