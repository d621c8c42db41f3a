/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes of lines: asks whom the monitor of a line (monitor/monitor.h) wants asked, over that
 * line and nowhere else, and hands back what became of it. What the monitor says then is the line's
 * quality, by which arrange() judges.
 *
 * A question belongs to the address that it was sent from: when the line gets another one, or goes,
 * those under way are dropped and the monitor begins anew. It starts from the event loop, never
 * from within the arrangement, so that the line's table is there before anything is sent by its
 * mark.
 */
#include "daemon/state.h"
#include "daemon/watch.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "policy/spread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	ACCURACY_US = 1000,
	COUNTERS_US = 500 * 1000,    /* rather now, with something else, than by themselves later */
	REASONS_US = 1 * 1000 * 1000 /* a new reason alone makes a new arrangement not more often */
};

struct monitors {
	struct probes *probes;
	sd_event_source *timer;
	ARRAY(struct watch *) v;
};

/* NULL when there is no such line any more. */
static struct line *line_of(const struct watch *watch)
{
	struct world *world = &watch->daemon->world;
	int index = config_find_uplink(world->config, watch->name);

	return index < 0 ? NULL : &world->lines[index];
}

static bool lines_go_by_latency(const struct config *config)
{
	for (size_t i = 0; i < config->policies.n; i++)
		if (config->policies.v[i].scheduler == SCHEDULER_LEAST_LATENCY)
			return true;
	return false;
}

/* What the monitor says is the line's quality. Judges the lines again if it makes a difference. */
static void publish(const struct watch *watch, struct line *line)
{
	const struct line_quality *now = monitor_quality(watch->monitor), was = line->quality;
	struct daemon *d = watch->daemon;

	line->quality = *now;
	if (now->health != was.health || now->suspicious != was.suspicious)
		daemon_soon(d);
	else if (strcmp(now->reason, was.reason) != 0)
		daemon_later(d, REASONS_US);
	if (now->latency_us != was.latency_us && lines_go_by_latency(d->config) &&
	    spread_lines(&d->world))
		daemon_soon(d);
}

static void hear(struct question *question, const struct probe_answer *answer)
{
	struct monitor *monitor = question->watch->monitor;

	if (answer->evidence == EVIDENCE_GOOD)
		monitor_answered(monitor, question->target, question->sent_us, answer->ended_us);
	else if (answer->evidence == EVIDENCE_UNSENT)
		monitor_unsent(monitor, question->target, question->sent_us, answer->ended_us,
			       answer->reason);
	else
		monitor_missed(monitor, question->target, question->sent_us, answer->ended_us,
			       answer->reason);
}

static void look(struct watch *watch);
static void set_timer(struct monitors *monitors);

static void on_answer(const struct probe_answer *answer, void *userdata)
{
	struct question *question = userdata, *next;
	struct watch *watch = question->watch;
	unsigned target = question->target;

	if (answer->evidence != EVIDENCE_GOOD)
		log_debug("uplink %s: %s: %s", watch->name, watch->targets[target].text,
			  answer->reason);
	question->probe = NULL;
	/* The oldest first: how long it took teaches patience, and only the first is learned from.
	 */
	for (question = TAILQ_FIRST(&watch->questions); question; question = next) {
		next = TAILQ_NEXT(question, entry);
		if (question->target != target || question->probe)
			continue;
		hear(question, answer);
		question_free(question);
	}
	look(watch);
	set_timer(watch->daemon->monitors);
}

/* A script that takes its time is not started again beside itself. */
static int put(struct watch *watch, unsigned target, const struct probe_spec *spec, uint64_t now_us)
{
	bool waits = spec->kind == PROBE_SCRIPT && watch_is_asking(watch, target);
	struct question *question = calloc(1, sizeof(*question));
	int r = 0;

	if (!question)
		return -ENOMEM;
	*question = (struct question){ .watch = watch, .target = target, .sent_us = now_us };
	if (!waits)
		r = probe_once(watch->daemon->monitors->probes, spec, on_answer, question,
			       &question->probe);
	if (r < 0)
		free(question);
	else
		TAILQ_INSERT_TAIL(&watch->questions, question, entry);
	return r;
}

static void ask(struct watch *watch, const struct line *line, unsigned target, uint64_t now_us)
{
	struct probe_spec spec = watch->targets[target].spec;
	const char *wrong = watch_complete(watch, line, &watch->targets[target], &spec);
	int r = wrong ? 0 : put(watch, target, &spec, now_us);

	if (r < 0)
		wrong = strerrordesc_np(-r);
	if (wrong)
		monitor_unsent(watch->monitor, target, now_us, now_us, wrong);
}

static void look_at_counters(struct watch *watch, const struct line *line, uint64_t now_us)
{
	struct daemon *d = watch->daemon;
	const struct link *link = facts_link(&d->facts, watch->link);
	struct line_counters counters;
	struct monitor_passive passive;
	char chain[CONFIG_NAME_MAX + 8];
	int r;

	if (!link || (!monitor_wants_passive(watch->monitor, now_us) &&
		      now_us < watch->counted_us + COUNTERS_US))
		return;
	snprintf(chain, sizeof(chain), "from/%s", line->config->name);
	r = d->kernel->ops->line_counters(d->kernel, watch->link, chain, &counters);
	if (r < 0) {
		log_errno(LOG_DEBUG, r, "uplink %s: no counters, ignoring", watch->name);
		return;
	}
	watch->counted_us = now_us;
	passive = (struct monitor_passive){ .received = counters.received,
					    .sent = counters.sent,
					    .replies = counters.replies,
					    .point_to_point = link->point_to_point &&
							      !watch_has_conversations(watch) };
	monitor_passive(watch->monitor, &passive, now_us);
}

/* Asks whom the monitor wants asked now. */
static void look(struct watch *watch)
{
	struct line *line = line_of(watch);
	uint64_t now_us = monotonic_us();
	uint32_t due;

	if (!line || !watch->asking)
		return;
	look_at_counters(watch, line, now_us);
	/* Until there is none: what could not be sent may be due again sooner. */
	while ((due = monitor_due(watch->monitor, now_us, &watch->due_us)))
		for (unsigned i = 0; i < watch->n; i++)
			if (due & UINT32_C(1) << i)
				ask(watch, line, i, now_us);
	publish(watch, line);
}

static void set_timer(struct monitors *monitors)
{
	uint64_t at_us = UINT64_MAX;

	array_foreach(&monitors->v, watch)
		if ((*watch)->asking && (*watch)->due_us < at_us)
			at_us = (*watch)->due_us;
	if (at_us == UINT64_MAX) {
		sd_event_source_set_enabled(monitors->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(monitors->timer, at_us);
	sd_event_source_set_enabled(monitors->timer, SD_EVENT_ONESHOT);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct monitors *monitors = userdata;
	uint64_t now_us = monotonic_us();

	array_foreach(&monitors->v, watch)
		if ((*watch)->asking && (*watch)->due_us <= now_us)
			look(*watch);
	set_timer(monitors);
	return 0;
}

int monitors_new(sd_event *event, struct monitors **ret)
{
	struct monitors *monitors = calloc(1, sizeof(*monitors));
	int r = monitors ? probes_new(event, &monitors->probes) : -ENOMEM;

	r = r < 0 ? r
		  : sd_event_add_time(event, &monitors->timer, CLOCK_MONOTONIC, UINT64_MAX,
				      ACCURACY_US, on_time, monitors);
	if (r < 0) {
		monitors_free(monitors);
		return r;
	}
	*ret = monitors;
	return 0;
}

void monitors_free(struct monitors *monitors)
{
	if (!monitors)
		return;
	array_foreach(&monitors->v, watch)
		watch_free(*watch);
	array_done(&monitors->v);
	sd_event_source_disable_unref(monitors->timer);
	probes_free(monitors->probes);
	free(monitors);
}

static struct watch *find_watch(const struct monitors *monitors, const struct watch *like)
{
	array_foreach(&monitors->v, watch)
		if ((*watch)->spec == like->spec && strcmp((*watch)->name, like->name) == 0)
			return *watch;
	return NULL;
}

static int add_watch(struct monitors *monitors, const struct config_uplink *uplink,
		     const struct watch *wanted, struct watch **ret)
{
	_cleanup_(watch_freep) struct watch *watch = NULL;
	int r = watch_start(wanted, uplink, &watch);

	r = r < 0 ? r : array_push(&monitors->v, watch);
	if (r == 0)
		*ret = TAKE_PTR(watch);
	return r;
}

static bool can_ask(const struct daemon *d, const struct line *line)
{
	const struct link *link = facts_link(&d->facts, line->link);

	return link && link->carrier && !d->world.flushed &&
	       !overrides_is_disabled(&d->runtime.overrides, line->config->name) &&
	       (ip_is_set(&line->family[FAMILY_V4].address) ||
		ip_is_set(&line->family[FAMILY_V6].address));
}

/* Goes on, begins anew or rests, as the line's link and addresses are now. */
static void follow(struct watch *watch, struct line *line)
{
	struct ip_address address[FAMILY_INDEX_MAX];
	uint64_t now_us = monotonic_us();

	watch_addresses(watch, line, address);
	if (!can_ask(watch->daemon, line)) {
		drop_questions(watch);
		watch->asking = false;
		line->quality = (struct line_quality){ 0 };
		return;
	}
	if (!watch->asking || watch->link != line->link ||
	    memcmp(watch->address, address, sizeof(address)) != 0) {
		drop_questions(watch);
		monitor_restart(watch->monitor, now_us);
		if (!watch->link)
			monitor_recall(watch->monitor, line->quality.answered_us,
				       line->quality.good_since_us);
		watch->asking = true;
		watch->link = line->link;
		memcpy(watch->address, address, sizeof(address));
		watch->due_us = now_us;
	}
	line->quality = *monitor_quality(watch->monitor);
}

static void use_line(struct daemon *d, struct line *line)
{
	struct watch wanted = watch_want(d, line->config), *watch;
	int r = 0;

	if (wanted.n == 0) {
		line->quality = (struct line_quality){ 0 };
		return;
	}
	watch = find_watch(d->monitors, &wanted);
	if (!watch)
		r = add_watch(d->monitors, line->config, &wanted, &watch);
	if (r < 0 || !watch) {
		log_errno(LOG_ERR, r, "uplink %s cannot be probed", line->config->name);
		line->quality = (struct line_quality){ 0 };
		return;
	}
	watch->kept = true;
	follow(watch, line);
}

void monitors_use(struct daemon *d)
{
	struct monitors *monitors = d->monitors;
	size_t kept = 0;

	array_foreach(&monitors->v, watch)
		(*watch)->kept = false;
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		use_line(d, &d->world.lines[i]);
	array_foreach(&monitors->v, watch)
		if ((*watch)->kept)
			monitors->v.v[kept++] = *watch;
		else
			watch_free(*watch);
	monitors->v.n = kept;
	set_timer(monitors);
}

bool monitors_target(const struct daemon *d, const struct line *line, size_t i,
		     struct control_probe *ret)
{
	array_foreach(&d->monitors->v, watch) {
		if (strcmp((*watch)->name, line->config->name) != 0 || i >= (*watch)->n)
			continue;
		ret->kind = probe_kind_name((*watch)->targets[i].spec.kind);
		ret->target = (*watch)->targets[i].text;
		ret->quality = monitor_target_quality((*watch)->monitor, (unsigned)i);
		if (!(*watch)->asking)
			ret->quality =
				(struct line_quality){ .answered_us = ret->quality.answered_us,
						       .reason = "not asked" };
		return true;
	}
	return false;
}

void monitors_suspect(struct daemon *d, const struct line *line)
{
	array_foreach(&d->monitors->v, watch)
		if (strcmp((*watch)->name, line->config->name) == 0 && (*watch)->asking) {
			monitor_suspect((*watch)->monitor, monotonic_us());
			(*watch)->due_us = 0;
		}
	set_timer(d->monitors);
}

bool monitors_ask(const struct daemon *d, const struct flow *flow)
{
	array_foreach(&d->monitors->v, watch)
		if (watch_asks(*watch, flow))
			return true;
	return false;
}
