/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of steps in which the kernel can take them without a moment of wrong behaviour: turn by
 * turn, each taking the steps of a kind that are its own. Within a turn they stay as they were.
 */
#include "plan/sequence.h"

#include <string.h>

/* What the steps are seen before. */
struct scene {
	const struct objects *found;
	bool address_lost; /* the gate of a line (policy/leave.c) is to close to one of its own */
};

/* Catches everything that no rule before it did. */
static bool is_catch_all(const struct step *step, const struct scene *scene)
{
	const struct rule_object *rule = step->wanted;

	return !rule->mask && !ip_is_set(&rule->from.address) && !rule->oif[0] &&
	       !rule->suppress_default;
}

static bool is_selective(const struct step *step, const struct scene *scene)
{
	return !is_catch_all(step, scene);
}

static bool has_route_over(const struct objects *found, int link)
{
	array_foreach(&found->routes, route)
		if (route->link == link)
			return true;
	return false;
}

/* From one link to another one that no route of ours was over, so that it may have no gate yet. */
static bool moves(const struct step *step, const struct scene *scene)
{
	const struct route_object *from = step->found, *to = step->wanted;

	return step->action == STEP_CHANGE && from->link && to->link && from->link != to->link &&
	       !has_route_over(scene->found, to->link);
}

static bool has_table(const struct objects *found, uint32_t table)
{
	array_foreach(&found->routes, route)
		if (route->table == table)
			return true;
	return false;
}

/* The kernel took it out with an address, which connections still have until the gate is closed. */
static bool waits(const struct step *step, const struct scene *scene)
{
	const struct route_object *route = step->wanted;

	return step->action == STEP_ADD && scene->address_lost && ip_is_set(&route->source) &&
	       has_table(scene->found, route->table);
}

static bool stays(const struct step *step, const struct scene *scene)
{
	return !moves(step, scene) && !waits(step, scene);
}

enum {
	ADD = 1 << STEP_ADD,
	CHANGE = 1 << STEP_CHANGE,
	DELETE = 1 << STEP_DELETE,
	/* Of what changes, half: */
	LEAVE = DELETE << 1,
	ARRIVE = LEAVE << 1
};

/*
 * Tables and the rules that lead marked packets there come before the marks, and the rule for
 * what is unmarked after them: till then existing connections go where they went. Where that would
 * be by another line's gate, or none, they go nowhere.
 */
static const struct turn {
	enum object_kind kind;
	unsigned actions;
	bool (*when)(const struct step *step, const struct scene *scene); /* NULL: always */
} turns[] = {
	{ OBJECT_SYSCTL, CHANGE, NULL },
	{ OBJECT_TUNNEL, ADD | CHANGE, NULL },
	{ OBJECT_ALIAS, ADD | CHANGE, NULL },
	{ OBJECT_ROUTE, ADD | CHANGE, stays },
	{ OBJECT_ROUTE, LEAVE, moves },
	{ OBJECT_RULE, ADD | CHANGE, is_selective },
	{ OBJECT_NFT_TABLE, DELETE, NULL },
	{ OBJECT_NFT_TABLE, ADD, NULL },
	{ OBJECT_NFT_SET, ADD, NULL },
	{ OBJECT_NFT_HELPER, ADD, NULL },
	{ OBJECT_NFT_CHAIN, ADD, NULL },
	{ OBJECT_NFT_ELEMENT, DELETE, NULL },
	{ OBJECT_NFT_RULE, DELETE, NULL },
	{ OBJECT_NFT_ELEMENT, ADD | CHANGE, NULL },
	{ OBJECT_NFT_RULE, ADD | CHANGE, NULL },
	{ OBJECT_NFT_CHAIN, DELETE, NULL },
	{ OBJECT_NFT_SET, DELETE, NULL },
	{ OBJECT_NFT_HELPER, DELETE, NULL },
	{ OBJECT_ROUTE, ARRIVE, moves },
	{ OBJECT_ROUTE, ADD, waits },
	{ OBJECT_RULE, ADD | CHANGE, is_catch_all },
	{ OBJECT_RULE, DELETE, NULL },
	{ OBJECT_ROUTE, DELETE, NULL },
	{ OBJECT_ALIAS, DELETE, NULL },
	{ OBJECT_TUNNEL, DELETE, NULL },
};

static bool is_turn(const struct turn *turn, const struct step *step, const struct scene *scene)
{
	unsigned action = 1U << step->action;

	if (action == CHANGE)
		action |= LEAVE | ARRIVE;
	return step->kind == turn->kind && turn->actions & action &&
	       (!turn->when || turn->when(step, scene));
}

/* The part of the step that has its turn. */
static struct step part_of(const struct step *step, const struct turn *turn)
{
	struct step part = *step;

	if (turn->actions & LEAVE) {
		part.action = STEP_DELETE;
		part.wanted = NULL;
	} else if (turn->actions & ARRIVE) {
		part.action = STEP_ADD;
		part.found = NULL;
	}
	return part;
}

/* Appends the steps whose turn it is. */
static int take(const struct plan *from, const struct turn *turn, const struct scene *scene,
		struct plan *to)
{
	array_foreach(&from->steps, step)
		if (is_turn(turn, step, scene)) {
			int r = array_push(&to->steps, part_of(step, turn));

			if (r < 0)
				return r;
		}
	return 0;
}

static bool loses_address(const struct plan *plan)
{
	array_foreach(&plan->steps, step) {
		const struct nft_element *element = step->found;

		if (step->kind == OBJECT_NFT_ELEMENT && step->action == STEP_DELETE &&
		    (strcmp(element->set, "own4") == 0 || strcmp(element->set, "own6") == 0))
			return true;
	}
	return false;
}

int plan_sequence(const struct plan *plan, const struct objects *found, struct plan *ret)
{
	struct scene scene = { .found = found, .address_lost = loses_address(plan) };
	struct plan ordered = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS_OF(turns); i++)
		r = take(plan, &turns[i], &scene, &ordered);
	if (r < 0)
		plan_done(&ordered);
	else
		*ret = ordered;
	return r;
}
