/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that had to use a metered line are ended as soon as a line that they would rather
 * have had is back, and it is looked for them until none is found: they may have begun while the
 * rules changed. Which those are, their labels say (policy/labels.h), so that what belongs on the
 * metered line is left alone.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "policy/labels.h"

#include <errno.h>
#include <string.h>

enum {
	SWEEP_US = 1000 * 1000
};

/* The record of a line and family, made when there is none; NULL: out of memory. */
static struct sweep *sweep_of(struct daemon *d, const struct line *metered, enum family_index f)
{
	struct sweep sweep = { .f = f, .metered = metered->number };

	array_foreach(&d->sweeps, known)
		if (known->metered == metered->number && known->f == f)
			return known;
	if (array_push(&d->sweeps, sweep) < 0)
		return NULL;
	return &d->sweeps.v[d->sweeps.n - 1];
}

/* The lines for which the metered one need not stand in now. A new one makes it urgent. */
static void note_back(const struct daemon *d, const struct line *metered, struct sweep *sweep)
{
	uint32_t was[FLOW_LABEL_WORDS];

	memcpy(was, sweep->labels, sizeof(was));
	memset(sweep->labels, 0, sizeof(sweep->labels));
	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		const struct line *line = &d->world.lines[i];
		unsigned label = LABEL_LINE + line->number;

		if (labels_line_is_back(line, metered, sweep->f))
			sweep->labels[label / 32] |= 1U << label % 32;
	}
	for (size_t i = 0; i < ELEMENTS_OF(was); i++)
		if (sweep->labels[i] & ~was[i]) {
			sweep->again = true;
			sweep->at_us = 0;
		}
}

struct found {
	struct ending ending;
	const struct sweep *sweep;
	size_t n;
};

static bool is_sought(const struct flow *flow, void *userdata)
{
	struct found *found = userdata;
	uint32_t common = 0;

	for (size_t i = 0; i < FLOW_LABEL_WORDS; i++)
		common |= flow->labels[i] & found->sweep->labels[i];
	if (!common)
		return false;
	found->n++;
	tell_ends(&found->ending, flow);
	return true;
}

static int look(struct daemon *d, const struct line *metered, struct sweep *sweep)
{
	struct found found = { .ending = { .d = d }, .sweep = sweep };
	bool first = sweep->at_us == 0;
	uint64_t now_us = monotonic_us();
	int r;

	if (now_us < sweep->at_us) {
		daemon_later(d, sweep->at_us - now_us);
		return 0;
	}
	r = d->kernel->ops->flows_delete_mark(d->kernel, family_of(sweep->f),
					      line_mark(&d->world, metered),
					      d->config->gateway.mark_mask, is_sought, &found);
	if (found.n)
		log_info("uplink %s: %zu connections end, as a better line is back",
			 metered->config->name, found.n);
	sweep->again = r < 0 || found.n || first;
	sweep->at_us = now_us + SWEEP_US;
	if (sweep->again)
		daemon_later(d, SWEEP_US);
	return r < 0 ? r : found.ending.error;
}

int sweep_metered(struct daemon *d)
{
	int r = 0;

	for (size_t i = 0; i < d->config->uplinks.n && !d->world.flushed; i++)
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
			const struct line *metered = &d->world.lines[i];
			struct sweep *sweep;

			if (!metered->config->metered || !metered->family[f].carries)
				continue;
			sweep = sweep_of(d, metered, f);
			if (!sweep)
				return -ENOMEM;
			note_back(d, metered, sweep);
			if (sweep->again)
				r = r < 0 ? r : look(d, metered, sweep);
		}
	return r;
}
