/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "plan/plan.h"

/* Appends a copy; objects_seal() brings it to its place. */
int fake_objects_add(struct objects *objects, enum object_kind kind, const void *object);
/* Takes out the one that is the same by identity, if there is one. */
void fake_objects_remove(struct objects *objects, enum object_kind kind, const void *object);
/* Takes out a table and all that is in it. */
void fake_objects_clear(struct objects *objects, enum nft_table_id table);
/* Replaces those of a kind. */
int fake_objects_copy(struct objects *from, struct objects *to, enum object_kind kind);
/* Replaces all of nftables. */
int fake_objects_copy_nft(struct objects *from, struct objects *to);
