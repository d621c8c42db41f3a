/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statements of what the daemon has found out about lines, see lab.c.
 */
#include "lab_words.h"

#include <stdio.h>
#include <string.h>

static struct line *take_line(struct lab *lab, struct words *words)
{
	const char *name = take(words);
	int i = config_find_uplink(lab->config, name);

	if (i < 0)
		fail_msg("there is no uplink \"%s\"", name);
	return &lab->world.lines[i];
}

static enum line_health take_health(struct words *words)
{
	const char *word = take(words);
	enum line_health health = 0;

	while (health < HEALTH_MAX && strcmp(line_health_text(health), word) != 0)
		health++;
	if (health == HEALTH_MAX)
		fail_msg("\"%s\" is no health of a line", word);
	return health;
}

void lab_read_quality(struct lab *lab, struct words *words)
{
	struct line_quality *quality = &take_line(lab, words)->quality;
	const char *reason;

	quality->health = take_health(words);
	quality->measured = quality->health == HEALTH_GOOD || quality->health == HEALTH_POOR ||
			    quality->health == HEALTH_BAD;
	quality->loss = (double)take_amount(words, "loss") / 100;
	quality->latency_us = (uint32_t)take_amount(words, "latency") * 1000;
	quality->jitter_us = (uint32_t)take_amount(words, "jitter") * 1000;
	quality->answered_us = take_amount(words, "answered") * 1000000;
	quality->good_since_us = take_amount(words, "good-since") * 1000000;
	reason = take_option(words, "reason");
	snprintf(quality->reason, sizeof(quality->reason), "%s", reason ? reason : "");
}

void lab_read_known(struct lab *lab, struct words *words)
{
	struct line_trust *trust = &take_line(lab, words)->trust;

	trust->known = true;
	trust->level = (uint32_t)take_amount(words, "level");
}

void lab_read_ppp(struct lab *lab, struct words *words)
{
	struct line_ppp *ppp = &take_line(lab, words)->ppp;
	bool up = take_flag(words, "up"), down = take_flag(words, "down");
	const char *text;

	assert_true(up != down);
	ppp->known = true;
	ppp->up = up;
	ppp->persists = take_flag(words, "persists");
	ppp->mtu = (uint32_t)take_amount(words, "mtu");
	for (size_t i = 0; i < ELEMENTS_OF(ppp->dns); i++)
		if ((text = take_option(words, "dns")))
			ppp->dns[i] = address(text);
	if ((text = take_option(words, "peer")))
		ppp->peer = address(text);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		ppp->carries[f] = up;
}

void lab_read_rate(struct lab *lab, struct words *words)
{
	struct line_usage *usage = &take_line(lab, words)->usage;

	usage->rate_up = take_amount(words, "up");
	usage->rate_down = take_amount(words, "down");
}

void lab_read_month(struct lab *lab, struct words *words)
{
	struct line *line = take_line(lab, words);

	line->usage.month_bytes = take_amount(words, "bytes");
}

void lab_read_held(struct lab *lab, struct words *words)
{
	take_line(lab, words)->held = true;
}

void lab_read_delegated(struct lab *lab, struct words *words)
{
	struct line *line = take_line(lab, words);

	assert_true(line->delegated.n < ELEMENTS_OF(line->delegated.v));
	line->delegated.v[line->delegated.n++] = prefix(take(words));
}
