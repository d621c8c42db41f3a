/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"
#include "intent/objects.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Our nftables tables: read them, change them in one transaction, hear of changes by others. */

struct nft;

/* Subscribes to notifications, so that what happens from now on is not missed. */
int nft_open(struct nft **ret);
void nft_free(struct nft *nft);
DEFINE_CLEANUP(struct nft *, nft_free)

/* Becomes readable when there are notifications for nft_read_events(). */
int nft_event_fd(const struct nft *nft);
/*
 * Reads the notifications that have arrived. *ret_changed: somebody else changed our tables, or
 * notifications were lost. Our own transactions do not count.
 */
int nft_read_events(struct nft *nft, bool *ret_changed);

/*
 * Replaces the nft part of `found`, whose arena starts afresh, by what is in the kernel, sorted as
 * objects_seal() sorts. -EAGAIN when others change nftables too fast to be read consistently.
 */
int nft_observe(struct nft *nft, struct objects *found);

/*
 * True when a device that a chain of ours is hooked into went, came or was replaced since the last
 * look: up to Linux 6.15 the kernel silently takes such a chain out with the device.
 */
bool nft_devices_changed(struct nft *nft);

/*
 * Takes the steps, all of nft kinds, in their order as one transaction: either all of them or none.
 * Fills in step.error, the same for all, step.refused, and step.handle of rules that were added or
 * changed.
 */
int nft_apply(struct nft *nft, struct step *steps, size_t n);

/* Messages that asked for a change, and dumps, so far. */
uint64_t nft_changes(const struct nft *nft);
uint64_t nft_dumps(const struct nft *nft);
