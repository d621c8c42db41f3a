/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "netns.h"

#include "intent/objects.h"
#include "kernel/nft/nft.h"

#include <stdbool.h>
#include <stddef.h>

/* What the tests of the nftables part share: a namespace of their own, and both sides. */

struct fixture {
	struct nft *nft;
	struct objects wanted, found;
};

int nft_set_up(void **state);
int nft_tear_down(void **state);
/* Brings the kernel from what it has to what is wanted. Returns the number of steps. */
size_t settle(struct fixture *f);
/* Notifications wait; somebody else has changed our tables, say all that wait. */
bool has_events(struct fixture *f);
bool changed_by_others(struct fixture *f);
/* 13 sets of every sort that our tables have. */
void want_usual_sets(struct objects *objects);
