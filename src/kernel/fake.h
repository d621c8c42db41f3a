/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/kernel.h"

/* An element of a dynamic set. */
struct fake_member {
	enum nft_table_id table;
	char set[64];
	uint8_t key[64], data[64];
	size_t key_size, data_size;
	uint64_t timeout_ms;
};

struct fake_counters {
	int link;
	struct line_counters counters;
};

/*
 * A kernel in memory: apply() changes `objects`, observe() copies them and the facts out. For
 * tests.
 */
struct fake_kernel {
	struct kernel kernel;
	struct facts facts;
	struct objects objects;
	ARRAY(struct fake_member) members; /* they do not age */
	ARRAY(struct fake_counters) counters;
	bool lacks[ABILITY_MAX];
	uint64_t changes;
};

int fake_open(struct fake_kernel **ret);
