/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "sched/sched.h"

/* Longest ring; weights whose exact cycle is longer are scaled down to it, the least by 1. */
enum {
	RING_MAX = 65536,
	RING_BY_LOAD = 64
};

/* The next picks of a scheduler, to be walked round and round by the kernel; empty: nothing to
 * pick. */
struct ring {
	ARRAY(uint16_t) picks; /* indexes of targets */
};

/*
 * One exact cycle, or, for a scheduler that goes by load, the next RING_BY_LOAD picks as if each
 * had been taken by a connection that stays. A ring of equal picks is cut to one. `n` is at most
 * 65535. 0 or -ENOMEM.
 */
int ring_make(enum scheduler_id id, const struct target *targets, size_t n, struct ring *ret);
void ring_done(struct ring *ring);
