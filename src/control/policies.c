/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a policy shows of itself: its selectors as a sentence for people, since programs that want
 * them have the file, and the lines it would give a connection to right now.
 */
#include "control/bus.h"
#include "policy/choice.h"

#include <inttypes.h>
#include <stdio.h>

struct policy_view {
	struct bus_view head;
	const char *name, *scheduler, *otherwise;
	char *matches;
	char **use, **lines;
	uint64_t sticky_ms;
	uint32_t position;
};

static size_t policy_count(const struct world *world)
{
	return world->config->policies.n;
}

static const char *policy_name(const struct world *world, size_t index)
{
	return world->config->policies.v[index].name;
}

/* A sentence under construction: "user 108 or 109, to 192.0.2.0/24 or 198.51.100.1". */
struct sentence {
	FILE *out;
	const char *selector; /* the one that is being written */
};

/* What goes before the next word: the selector's name before its first one, "or" after that. */
static FILE *word(struct sentence *sentence, const char *selector)
{
	if (sentence->selector == selector)
		fputs(" or ", sentence->out);
	else
		fprintf(sentence->out, "%s%s ", sentence->selector ? ", " : "", selector);
	sentence->selector = selector;
	return sentence->out;
}

static void say_prefixes(struct sentence *sentence, const char *selector,
			 const struct prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->n; i++)
		fputs(ip_prefix_text(&prefixes->v[i]).text, word(sentence, selector));
}

static void say_ports(struct sentence *sentence, const struct port_range *range)
{
	const char *protocol = protocol_text(range->protocol);
	FILE *out = word(sentence, "protocol");

	if (protocol)
		fputs(protocol, out);
	else
		fprintf(out, "%" PRIu8, range->protocol);
	if (range->first)
		fprintf(out, "/%" PRIu16, range->first);
	if (range->first != range->last)
		fprintf(out, "-%" PRIu16, range->last);
}

static void say_process(struct sentence *sentence, const struct config_policy *policy)
{
	for (size_t i = 0; i < policy->users.n; i++)
		fprintf(word(sentence, "user"), "%" PRIu32, policy->users.v[i]);
	for (size_t i = 0; i < policy->groups.n; i++)
		fprintf(word(sentence, "group"), "%" PRIu32, policy->groups.v[i]);
	if (policy->unit)
		fputs(policy->unit, word(sentence, "unit"));
	if (policy->cgroup)
		fputs(policy->cgroup, word(sentence, "cgroup"));
}

static void say_packet(struct sentence *sentence, const struct config_policy *policy)
{
	for (size_t i = 0; i < policy->interfaces.n; i++)
		fputs(policy->interfaces.v[i], word(sentence, "interface"));
	say_prefixes(sentence, "from", &policy->from);
	say_prefixes(sentence, "to", &policy->to);
	for (size_t i = 0; i < policy->ports.n; i++)
		say_ports(sentence, &policy->ports.v[i]);
	if (policy->dscp >= 0)
		fprintf(word(sentence, "dscp"), "%d", policy->dscp);
}

static char *look_matches(const struct config_policy *policy, struct arena *arena)
{
	_cleanup_free_ char *text = NULL;
	struct sentence sentence = {};
	const char *fit;
	size_t size;

	sentence.out = open_memstream(&text, &size);
	if (!sentence.out)
		return NULL;
	say_process(&sentence, policy);
	say_packet(&sentence, policy);
	if (!sentence.selector)
		fputs("everything", sentence.out);
	if (fclose(sentence.out) == EOF)
		return NULL;
	fit = text_for_bus(arena, text);
	return fit ? arena_strdup(arena, fit) : NULL;
}

static char **look_use(const struct config *config, const struct uplink_refs *use,
		       struct arena *arena)
{
	char **list = text_list(arena, use->n);

	for (size_t i = 0; list && i < use->n; i++) {
		list[i] = arena_strdup(arena, config->uplinks.v[use->v[i]].name);
		if (!list[i])
			return NULL;
	}
	return list;
}

static bool choice_has(const struct choice *choice, const struct line *line)
{
	for (size_t i = 0; i < choice->n; i++)
		if (choice->lines[i] == line)
			return true;
	return false;
}

/* Those that new connections of one family or the other would get. */
static char **look_lines(const struct world *world, const struct config_policy *policy,
			 struct arena *arena)
{
	struct choice v4 = choice_make(world, policy, FAMILY_V4);
	struct choice v6 = choice_make(world, policy, FAMILY_V6);
	char **list = text_list(arena, policy->use.n), **next = list;

	for (size_t i = 0; list && i < policy->use.n; i++) {
		const struct line *line = &world->lines[policy->use.v[i]];

		if (!choice_has(&v4, line) && !choice_has(&v6, line))
			continue;
		*next = arena_strdup(arena, line->config->name);
		if (!*next++)
			return NULL;
	}
	return list;
}

static struct bus_view *policy_look(const struct world *world, size_t index, struct arena *arena)
{
	static const char *const otherwise[] = {
		[OTHERWISE_REJECT] = "reject",
		[OTHERWISE_DROP] = "drop",
		[OTHERWISE_ANY] = "any",
	};
	struct policy_view *view = arena_alloc(arena, sizeof(*view));
	const struct config_policy *policy = &world->config->policies.v[index];

	if (!view)
		return NULL;
	view->name = policy->name;
	view->position = (uint32_t)index;
	view->scheduler = scheduler_id_text(policy->scheduler);
	view->otherwise = otherwise[policy->otherwise];
	view->sticky_ms = policy->sticky_ms;
	view->matches = look_matches(policy, arena);
	view->use = look_use(world->config, &policy->use, arena);
	view->lines = look_lines(world, policy, arena);
	return view->matches && view->use && view->lines ? &view->head : NULL;
}

/* A change of Lines is not announced: it follows from the State of the lines in Use, which is. */
static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	VIEW_CONSTANT("Name", "s", struct policy_view, name),
	VIEW_PROPERTY("Position", "u", struct policy_view, position),
	VIEW_PROPERTY("Matches", "s", struct policy_view, matches),
	VIEW_PROPERTY("Use", "as", struct policy_view, use),
	VIEW_UNANNOUNCED("Lines", "as", struct policy_view, lines),
	VIEW_PROPERTY("Scheduler", "s", struct policy_view, scheduler),
	VIEW_PROPERTY("StickyMs", "t", struct policy_view, sticky_ms),
	VIEW_PROPERTY("Otherwise", "s", struct policy_view, otherwise),
	SD_BUS_VTABLE_END,
};

const struct bus_class policy_class = {
	.path = BUS_ROOT "/policy",
	.interface = BUS_NAME ".Policy",
	.vtable = vtable,
	.count = policy_count,
	.name = policy_name,
	.look = policy_look,
};
