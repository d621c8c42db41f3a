/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "intent/objects.h"

#include <stdio.h>

/* The difference between what was found and what is wanted, as steps in the order to take them. */

enum object_kind {
	OBJECT_SYSCTL,
	OBJECT_TUNNEL,
	OBJECT_ALIAS,
	OBJECT_ROUTE,
	OBJECT_RULE,
	OBJECT_NFT_TABLE,
	OBJECT_NFT_CHAIN,
	OBJECT_NFT_SET,
	OBJECT_NFT_HELPER,
	OBJECT_NFT_ELEMENT,
	OBJECT_NFT_RULE,
	OBJECT_KIND_MAX
};

enum step_action {
	STEP_ADD,
	STEP_CHANGE,
	STEP_DELETE
};

struct step {
	enum object_kind kind;
	enum step_action action;
	const void *wanted; /* the object's struct; NULL for a deletion and for a table */
	const void *found;  /* the object's struct; NULL for a table and for an addition, but for a
			  dynamic set of a table that is made again, whose elements are kept */
	enum nft_table_id table; /* of nft objects */
	/* Filled in by who applies it: */
	int error;       /* negative errno */
	bool refused;    /* of all nft steps, which fail together: this is the one not liked */
	uint64_t handle; /* of an nft rule that was added or changed */
};

/* Steps point into the objects they were made from, which must outlive the plan. */
struct plan {
	ARRAY(struct step) steps;
};

/*
 * Both sides sealed. The order: sysctls, then tunnels, aliases, routes and rules that are added or
 * changed, but for a rule that catches everything; the nft steps, to be committed as one
 * transaction in the given order; that rule; then the rules, routes, aliases and tunnels that go. A
 * route that moves to a link that no route was over goes before the nft steps and comes after them.
 * If the definition of a chain, set or helper changed, its table is deleted and added with
 * everything in it. Surplus sysctls are not steps. 0 or -ENOMEM.
 */
int plan_diff(const struct objects *found, const struct objects *wanted, struct plan *ret);
void plan_done(struct plan *plan);

/* One line a step, "+", "~" or "-" first; `sets` (wanted or found) tells the types of elements. */
void plan_print(const struct plan *plan, const struct objects *found, const struct objects *wanted,
		FILE *out);
/* Every object, a line each, in the same words. */
void objects_print(const struct objects *objects, FILE *out);
void step_print(const struct step *step, const struct objects *found, const struct objects *wanted,
		FILE *out);

/*
 * Says that the nft steps of `plan` are done: the nft part of `wanted` becomes that of `found`,
 * with the handles of the rules. The steps' pointers to nft objects and to sysctls are dead then.
 */
void plan_adopt_nft(struct objects *found, struct objects *wanted, const struct plan *plan);
