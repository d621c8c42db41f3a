/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what may have changed to a kernel arranged: re-read what is dirty, judge the lines, make
 * the intent, compare, apply; then clear away connections that cannot go on.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "plan/intent.h"
#include "plan/plan.h"
#include "policy/spread.h"
#include "uplink/grade.h"
#include "uplink/learn.h"
#include "uplink/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void judge_line(struct daemon *d, struct line *line)
{
	enum uplink_state was = line->state;
	bool known = *line->reason;
	struct uplink_inputs inputs = { .now_us = monotonic_us() };
	struct uplink_verdict verdict;

	inputs.link = facts_link(&d->facts, line->link);
	inputs.disabled = overrides_is_disabled(&d->runtime.overrides, line->config->name);
	inputs.optimistic =
		!d->settled && !line_memories_find(&d->runtime.memories, line->config->name);
	verdict = uplink_judge(line, &inputs);
	if (verdict.again_us)
		daemon_later(d, verdict.again_us - inputs.now_us);
	if (uplink_enter(line, &verdict, realtime_us(), inputs.now_us))
		tell_state(d, line, known ? uplink_state_text(was) : "start");
}

static bool same_ways(const struct line *a, const struct line *b)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (!ip_equal(&a->family[f].address, &b->family[f].address))
			return false;
	return true;
}

static void judge_lines(struct daemon *d, const struct before *before)
{
	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		uplink_learn(&d->world.lines[i], &d->facts);
		ppp_look(d, &d->world.lines[i]);
	}
	monitors_use(d);
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		judge_line(d, &d->world.lines[i]);
	usage_follow(d, before);
	failback_follow(d, before);
	if (line_memories_take(&d->runtime.memories, d->world.lines, d->config->uplinks.n) < 0)
		log_oom();
	grade_lines(&d->world);
	spread_lines(&d->world);
	tell_lines(d);
	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		if (same_ways(&before->lines[i], &d->world.lines[i]))
			continue;
		d->recount = true;
		d->recheck = true;
	}
}

static int before_keep(struct daemon *d, struct before *ret)
{
	size_t n = d->config->uplinks.n;
	int r = 0;

	*ret = (struct before){ .lines = calloc(n + 1, sizeof(*ret->lines)) };
	if (!ret->lines)
		return -ENOMEM;
	memcpy(ret->lines, d->world.lines, n * sizeof(*ret->lines));
	/* At the start nobody knows; a line that is dead now may have died before. */
	for (size_t i = 0; !d->settled && i < n; i++)
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			ret->lines[i].family[f].usable = ret->lines[i].family[f].carries = true;
	array_foreach(&d->facts.links, link)
		r = r < 0 ? r : array_push(&ret->links, *link);
	array_foreach(&d->facts.addresses, address)
		r = r < 0 ? r : array_push(&ret->addresses, *address);
	return r;
}

static void before_done(struct before *before)
{
	free(before->lines);
	array_done(&before->links);
	array_done(&before->addresses);
}

static uint64_t hash_failures(const struct plan *plan)
{
	uint64_t hash = 0;

	array_foreach(&plan->steps, step)
		if (step->error < 0)
			hash = hash * 31 + (uint64_t)-step->error +
			       (uint64_t)(step - plan->steps.v) * 1024;
	return hash;
}

/* Says what the kernel refused: routing steps each, the transaction by its first step. */
static void report_failures(struct daemon *d, const struct plan *plan, const struct objects *wanted)
{
	uint64_t hash = hash_failures(plan);
	bool nft_said = false;

	if (hash == d->failures)
		return;
	d->failures = hash;
	array_foreach(&plan->steps, step) {
		_cleanup_free_ char *text = NULL;
		bool nft = step->kind >= OBJECT_NFT_TABLE;
		size_t size;
		FILE *out;

		if (step->error >= 0 || (nft && nft_said))
			continue;
		nft_said = nft_said || nft;
		out = open_memstream(&text, &size);
		if (!out)
			continue;
		step_print(step, &d->found, wanted, out);
		fclose(out);
		text[strcspn(text, "\n")] = '\0';
		log_errno(LOG_WARNING, step->error, "the kernel refuses%s: %s",
			  nft ? " a transaction, whose first step is" : "", text);
	}
}

/* On a link that is down nobody listens; its aliases are announced when the carrier comes. */
static void announce_alias(struct daemon *d, const struct alias_object *alias)
{
	int r = d->kernel->ops->announce(d->kernel, alias->link, &alias->prefix.address);

	if (r < 0 && r != -ENETDOWN)
		log_errno(LOG_WARNING, r, "cannot announce %s, ignoring",
			  ip_text(&alias->prefix.address).text);
}

static bool had_carrier(const struct before *before, int link)
{
	array_foreach(&before->links, old)
		if (old->index == link)
			return old->carrier;
	return false;
}

/* What was sent into a line without a carrier has the kernel waiting for its gateway. */
static void ask_gateways(struct daemon *d, const struct line *line, const struct before *before)
{
	const struct link *link = facts_link(&d->facts, line->link);

	if (!link || !link->carrier || had_carrier(before, line->link))
		return;
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		const struct ip_address *gateway = &line->family[f].gateway;
		int r = ip_is_set(gateway)
				? d->kernel->ops->ask_neighbour(d->kernel, line->link, gateway)
				: 0;

		if (r < 0)
			log_errno(LOG_WARNING, r, "cannot ask for gateway %s, ignoring",
				  ip_text(gateway).text);
	}
}

static void announce_aliases(struct daemon *d, const struct plan *plan, const struct before *before)
{
	array_foreach(&plan->steps, step) {
		const struct alias_object *alias = step->wanted;

		if (step->kind == OBJECT_ALIAS && step->action == STEP_ADD && step->error == 0)
			announce_alias(d, alias);
	}
	array_foreach(&d->found.aliases, alias) {
		const struct link *link = facts_link(&d->facts, alias->link);

		if (link && link->carrier && !had_carrier(before, alias->link))
			announce_alias(d, alias);
	}
}

static bool has_nft_steps(const struct plan *plan, int *ret_error)
{
	array_foreach(&plan->steps, step)
		if (step->kind >= OBJECT_NFT_TABLE) {
			*ret_error = step->error;
			return true;
		}
	return false;
}

/* What is found when the plan is done: the nft part by what was wanted, the rest by its events. */
static void adopt(struct daemon *d, struct objects *wanted, const struct plan *plan)
{
	int error = 0;

	if (!has_nft_steps(plan, &error))
		return;
	if (error == 0)
		plan_adopt_nft(&d->found, wanted, plan);
	else
		d->dirty |= KERNEL_NFT;
}

int make_plan(struct daemon *d, struct objects *wanted, struct plan *plan)
{
	int r = intent_make(&d->world, &d->runtime.slots, wanted);

	if (r == 0)
		r = d->kernel->ops->observe_sysctls(d->kernel, wanted, &d->found);
	return r < 0 ? r : plan_diff(&d->found, wanted, plan);
}

/* Makes the kernel what it should be. 0, or the first thing that the kernel refused. */
static int converge(struct daemon *d, const struct before *before)
{
	struct objects wanted = { 0 };
	struct plan plan = { 0 };
	int r = make_plan(d, &wanted, &plan);

	if (r == 0)
		r = runtime_keep_sysctls(&d->runtime, &plan);
	if (r < 0) {
		log_errno(LOG_ERR, r, "cannot make a plan");
	} else {
		runtime_save(&d->runtime);
		if (plan.steps.n)
			r = d->kernel->ops->apply(d->kernel, &plan);
		log_debug("%zu steps", plan.steps.n);
		report_failures(d, &plan, &wanted);
		announce_aliases(d, &plan, before);
		adopt(d, &wanted, &plan);
	}
	plan_done(&plan);
	array_done(&d->found.sysctls);
	objects_done(&wanted);
	return r;
}

void look_anew(struct daemon *d)
{
	d->dirty = KERNEL_EVERYTHING;
	d->unread.due_us = 0;
}

/* Once, as long as it is the same. */
static void note_unread(struct daemon *d, unsigned part, int error)
{
	if (d->unread.error != error)
		log_errno(LOG_ERR, error, "cannot read the kernel's %s, going by what is known",
			  part == KERNEL_NFT ? "packet filter" : "control groups");
	d->unread.parts |= part;
	d->unread.error = error;
	d->unread.due_us = monotonic_us() + RETRY_US;
	d->dirty |= part;
}

/*
 * Lines do not wait for these: others may change the packet filter faster than it can be read, and
 * take all there is of what control groups are watched by. 0 or a negative errno.
 */
static int observe_more(struct daemon *d, unsigned parts)
{
	static const unsigned more[] = { KERNEL_NFT, KERNEL_CGROUPS };

	if (monotonic_us() >= d->unread.due_us)
		d->unread.parts = 0;
	d->dirty |= parts & d->unread.parts;
	parts &= ~d->unread.parts;
	for (size_t i = 0; i < ELEMENTS_OF(more); i++)
		if (parts & more[i]) {
			int r = d->kernel->ops->observe(d->kernel, more[i], &d->facts, &d->found);

			if (r < 0)
				note_unread(d, more[i], r);
			else if (more[i] == KERNEL_NFT)
				d->unread.nft = true;
		}
	if (!d->unread.parts)
		d->unread.error = 0;
	return d->unread.error;
}

/* Reads what is dirty. 0 or a negative errno, logged; *ret: what is known is enough to go by. */
static int observe(struct daemon *d, bool *ret)
{
	const unsigned more = KERNEL_NFT | KERNEL_CGROUPS;
	unsigned parts = d->dirty;
	int r;

	/* A link may be gone before its addresses were said to be: whose they were must be known.
	 */
	if (parts & KERNEL_LINKS)
		parts |= KERNEL_ADDRESSES;
	d->dirty = 0;
	r = d->kernel->ops->observe(d->kernel, parts & ~more, &d->facts, &d->found);
	if (r < 0) {
		d->dirty |= parts;
		*ret = false;
		return log_errno(LOG_ERR, r, "cannot read the kernel's state");
	}
	r = observe_more(d, parts & more);
	*ret = d->unread.nft;
	return r;
}

/* From what was read to what should be, and to what went with it. */
static int rearrange(struct daemon *d, const struct before *before)
{
	bool afresh = !d->found.nft_tables[NFT_INET] && !d->world.flushed;
	int r;

	judge_lines(d, before);
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		ask_gateways(d, &d->world.lines[i], before);
	look_inside(d);
	if (afresh)
		adopt_flows(d);
	if (recount_is_due(d))
		recount(d);
	census_plan(d);
	if (d->recheck)
		checks_use(d);
	d->recheck = false;
	d->ring_us = monotonic_us();
	r = checks_remember(d);
	r = r < 0 ? r : judge_services(d);
	r = r < 0 ? log_oom() : converge(d, before);
	/* Again, for those that began between the first time and the marks. */
	if (afresh)
		adopt_flows(d);
	clear_flows(d, before);
	clear_delegated(d);
	deprecate(d);
	return r;
}

/* What no packet waits for. */
static void follow_up(struct daemon *d)
{
	resolver_use(d);
	bury(d);
	if (d->control)
		control_look_at_lines(d->control, &d->world);
	redials_look(d);
	ppp_keep(d);
	d->settled = true;
}

int arrange(struct daemon *d)
{
	struct before before = { 0 };
	int r = before_keep(d, &before);
	bool read = false;

	sd_event_source_set_enabled(d->storm, SD_EVENT_OFF);
	d->arranging = true;
	r = r < 0 ? log_oom() : observe(d, &read);
	if (read) {
		int error = rearrange(d, &before);

		r = r < 0 ? r : error;
	}
	tell_untold(d);
	if (read)
		follow_up(d);
	if (r < 0)
		daemon_later(d, RETRY_US);
	before_done(&before);
	return r;
}
